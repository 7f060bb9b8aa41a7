"""Runs in containers of Modal, from the command line: the same results, one plain message for each trouble.

The server is `tests/modal_standin`; containers are processes, unless a test has no use for them.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from syrupy.assertion import SnapshotAssertion

pytest.importorskip("modal", reason="needs the extra 'modal'")

from grpclib import Status
from modal_standin import ModalStandin
from openai_like import ModelServer
from standin_protocol import Refusal

from pytest_arc.executors.modal import executor

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="containers speak on Unix sockets")

if TYPE_CHECKING:
    from shapes import Arc, Write

SETTINGS = """
[tool.pytest-arc.executor]
kind = "modal"
containers = 2
"""

LOOKS = """
import os

def moody(text):
    token = os.environ.get("MODAL_TOKEN_SECRET", "no token")
    return f"{text} {os.environ.get('GREETING')} {os.environ.get('LEDGER_PASSWORD')} {token}"
"""

ASKS = """
import os
import httpx2

def moody(text):
    body = {"model": "m", "messages": [{"role": "user", "content": text}]}
    answer = httpx2.post(os.environ["OPENAI_BASE_URL"] + "/chat/completions", json=body)
    return answer.json()["choices"][0]["message"]["content"]
"""

ONE = """
arc_scenarios: 1
scenarios:
  - {id: greet/hello, user: hello, expect: [{answer_contains: hello}]}
"""


def _sign_in(monkeypatch: pytest.MonkeyPatch, server: ModalStandin) -> None:
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def modal(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModalStandin]:
    """A workspace with real containers."""
    with ModalStandin(tmp_path_factory.mktemp("modal")) as server:
        _sign_in(monkeypatch, server)
        yield server


@pytest.fixture
def inline(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModalStandin]:
    """A workspace without containers."""
    with ModalStandin(tmp_path_factory.mktemp("modal"), inline=True) as server:
        _sign_in(monkeypatch, server)
        yield server


def _run(arc: Arc, *arguments: str) -> dict[str, Any]:
    done = arc("run", "configs", "--json", "run.json", *arguments)
    assert not done.err, done.err
    return json.loads(Path("run.json").read_text(encoding="utf-8"))


def _list_trials(document: dict[str, Any]) -> list[dict[str, Any]]:
    cases = [case for agent in document["results"]["agents"] for case in agent["cases"]]
    return [trial for case in cases for trial in case["trials"]]


def _hide(text: str) -> str:
    text = re.sub(r"(took|other|about|here about) [\d.]+ (s|min)", r"\1 TIME", text)
    text = re.sub(r"\d+ times as fast|no faster", "SPEED", text)
    text = re.sub(r"im-[0-9a-f]+", "im-ID", text)
    return re.sub(r"/tmp/\S+|[A-Z]:\\\S+", "PATH", text)


def test_results_are_those_of_a_run_here_to_the_byte(project: Path, modal: ModalStandin, arc: Arc) -> None:
    here = _run(arc)
    there = _run(arc, "--executor", '{"kind": "modal", "containers": 2}')
    assert json.dumps(there["results"]) == json.dumps(here["results"])
    assert (here["header"]["executor"], there["header"]["executor"]) == ("local", "modal")
    (pool,) = modal.pools
    assert len(pool.started) == 2
    assert list(modal.apps.values()) == ["APP_DISCONNECT_REASON_ENTRYPOINT_COMPLETED"]


def test_before_and_after_a_run_its_cost_and_time_are_said(
    project: Path, inline: ModalStandin, arc: Arc, write: Write, snapshot: SnapshotAssertion
) -> None:
    write({"pyproject.toml": SETTINGS})
    arc("run", "configs", "--executor", "local")
    lines = arc("run", "configs").out.splitlines()
    announced = [line for line in lines if line.startswith("modal")]
    (first,) = [number for number, line in enumerate(lines) if line.startswith("  modal   ")]
    assert _hide("\n".join([*announced, *lines[first : first + 3]])) == snapshot


def test_containers_have_what_is_named_and_never_the_token(
    modal: ModalStandin, arc: Arc, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREETING", "good morning")
    modal.rules.secrets["ledger"] = {"LEDGER_PASSWORD": "open-sesame"}
    executor = 'env = ["GREETING"]\nsecrets = ["ledger"]\n'
    write({"pyproject.toml": SETTINGS + executor, "demo_agents.py": LOOKS, "scenarios/greetings.yaml": ONE})
    arc("run", "configs", "--trials", "1")
    shown = arc("show", "last::greet/hello#1").out
    assert "hello good morning" in shown
    assert "open-sesame no token" in shown
    built = "\n".join(command for image in modal.images for command in image.commands)
    assert modal.rules.token_secret not in built
    assert modal.rules.token_secret not in modal.read_logs()


def test_recorded_answers_go_along_and_new_ones_come_back(
    project: Path, modal: ModalStandin, arc: Arc, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({"demo_agents.py": ASKS})
    there = ("--executor", '{"kind": "modal", "containers": 2, "env": ["OPENAI_BASE_URL"]}')
    with ModelServer(lambda call: f"answer {call.number} to {call.last_text}") as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.openai_url)
        recorded = _run(arc, "--record", "new", *there)
        asked = len(server.calls)
    replayed = [_run(arc, "--record", "none", *place) for place in ((), there)]
    assert asked == 16
    for run in replayed:
        assert json.dumps(run["results"]) == json.dumps(recorded["results"])


BAD_SETTINGS = {
    "a variable that is not set": 'env = ["NOT_SET_ANYWHERE"]',
    "the token": 'env = ["MODAL_TOKEN_SECRET"]',
    "a folder that is not there": 'image = {local_source = ["prompts"]}',
    "a file of requirements that is not there": 'image = {requirements = ["-r nothing.txt"]}',
    "a version of Python": 'image = {python = "three"}',
    "no container": "containers = 0",
    "an unknown key": "container = 5",
}


@pytest.mark.parametrize("line", BAD_SETTINGS.values(), ids=BAD_SETTINGS)
def test_bad_settings_are_one_message(
    inline: ModalStandin, arc: Arc, write: Write, snapshot: SnapshotAssertion, line: str
) -> None:
    settings = SETTINGS if "containers" not in line else SETTINGS.replace("containers = 2\n", "")
    write({"pyproject.toml": settings + line})
    done = arc("run", "configs")
    assert (done.code, _hide(done.err)) == snapshot
    assert inline.apps == {}


def _forget_token(modal: ModalStandin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODAL_TOKEN_ID")
    monkeypatch.delenv("MODAL_TOKEN_SECRET")


def _spoil_token(modal: ModalStandin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODAL_TOKEN_ID", "ak-wrong1234")


def _go_offline(modal: ModalStandin, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("MODAL_SERVER_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
    monkeypatch.setattr(executor, "PREFLIGHT_S", 1.0)


def _refuse(call: str, status: Status, message: str) -> Callable[[ModalStandin, Any], None]:
    def refuse(modal: ModalStandin, monkeypatch: pytest.MonkeyPatch) -> None:
        modal.rules.refused[call] = Refusal(status, message)

    return refuse


STARTS = {
    "no token": _forget_token,
    "bad token": _spoil_token,
    "unreachable": _go_offline,
    "workspace limit": _refuse("FunctionCreate", Status.RESOURCE_EXHAUSTED, "container limit of 5 exceeded"),
    "old client": _refuse("ClientHello", Status.FAILED_PRECONDITION, "client version 1.3.0 is too old"),
    "no right": _refuse("AppCreate", Status.PERMISSION_DENIED, "no access to environment main"),
    "refused option": _refuse("FunctionCreate", Status.INVALID_ARGUMENT, "memory is more than allowed"),
}


@pytest.mark.parametrize("spoil", STARTS.values(), ids=STARTS)
def test_what_keeps_a_run_from_starting_is_one_message(
    inline: ModalStandin,
    arc: Arc,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    snapshot: SnapshotAssertion,
    spoil: Callable[[ModalStandin, Any], None],
) -> None:
    write({"pyproject.toml": SETTINGS})
    spoil(inline, monkeypatch)
    done = arc("run", "configs")
    assert (done.code, _hide(done.err).replace(str(inline.port), "PORT")) == snapshot


def test_a_stack_trace_is_shown_to_those_who_ask_for_it(
    project: Path, inline: ModalStandin, arc: Arc, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({"pyproject.toml": SETTINGS})
    monkeypatch.setenv("MODAL_TOKEN_ID", "ak-wrong1234")
    done = arc("run", "configs", "--debug")
    assert done.err.startswith("Traceback (most recent call last):")
    assert "modal.exception.AuthError" in done.err
    assert "arc: executor modal: Modal refused the token ending ...1234" in done.err


def test_a_server_that_says_nothing_is_given_up_before_the_client_would(
    project: Path, inline: ModalStandin, arc: Arc, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({"pyproject.toml": SETTINGS})
    assert executor.PREFLIGHT_S == 10
    monkeypatch.setattr(executor, "PREFLIGHT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("MODAL_SERVER_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        done = arc("run", "configs")
    assert (done.code, done.err.splitlines()[0]) == (4, "arc: executor modal: cannot reach Modal")


def test_a_package_that_is_nowhere_ends_in_the_log_of_the_build(
    inline: ModalStandin, arc: Arc, write: Write, snapshot: SnapshotAssertion
) -> None:
    write({"pyproject.toml": SETTINGS + 'image = {requirements = ["no-such-package-anywhere>=2"]}'})
    done = arc("run", "configs")
    assert (done.code, _hide(done.err)) == snapshot


def test_a_secret_that_the_workspace_does_not_have_is_one_message(
    inline: ModalStandin, arc: Arc, write: Write, snapshot: SnapshotAssertion
) -> None:
    write({"pyproject.toml": SETTINGS + 'secrets = ["ledger"]'})
    done = arc("run", "configs")
    assert (done.code, _hide(done.err)) == snapshot


def test_without_modal_the_extra_is_named(
    project: Path, arc: Arc, write: Write, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion
) -> None:
    write({"pyproject.toml": SETTINGS})
    monkeypatch.setattr("pytest_arc.extras.find_spec", lambda name: None)
    done = arc("run", "configs")
    assert (done.code, done.err) == snapshot


def test_a_scenario_above_two_mib_is_one_message(
    inline: ModalStandin, arc: Arc, write: Write, snapshot: SnapshotAssertion
) -> None:
    long = f"arc_scenarios: 1\nscenarios:\n  - id: a/long\n    user: {'x' * 3_000_000}\n"
    write(
        {
            "pyproject.toml": SETTINGS,
            "scenarios/greetings.yaml": long + "    expect: [{answer_contains: x}]\n",
        }
    )
    done = arc("run", "configs")
    assert (done.code, done.err) == snapshot


AGENTS = {
    "that imports what only this machine has": (
        "def moody(text):\n    import only_here\n    return text",
        "the containers have no module 'only_here', which is here: add its package to"
        " executor.image.requirements, or its folder to executor.image.local_source",
    ),
    "that cannot be imported there": (
        "import os\n\nif 'MODAL_IS_REMOTE' in os.environ:\n    import ledger_library\n\n"
        "def moody(text):\n    return text",
        "where trials are made, cannot import 'demo_agents:moody': demo_agents imports 'ledger_library',"
        " which is not installed: add its package to executor.image.requirements",
    ),
    "that kills its container": (
        "import os\n\ndef moody(text):\n    os.kill(os.getpid(), 9)",
        "the container of the trial died (Runner failed with exit code: 137)",
    ),
}


@pytest.mark.parametrize("agent,reason", AGENTS.values(), ids=AGENTS)
def test_a_trial_that_containers_cannot_make_is_errored_and_not_failed(
    modal: ModalStandin, arc: Arc, write: Write, agent: str, reason: str
) -> None:
    write({"pyproject.toml": SETTINGS, "demo_agents.py": agent, "scenarios/greetings.yaml": ONE})
    write({"lib/only_here.py": "", "conftest.py": ""})
    sys.path.append(str(Path("lib").absolute()))
    done = arc("run", "configs", "--trials", "1", "--json", "run.json")
    (trial,) = _list_trials(json.loads(Path("run.json").read_text(encoding="utf-8")))
    assert (done.code, trial["outcome"], trial["blame"]) == (1, "errored", "infrastructure")
    assert trial["reason"].startswith(reason)


def test_a_secret_of_a_target_that_containers_do_not_have_is_named(
    modal: ModalStandin, arc: Arc, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_TOKEN", "kq7f-29ab-ledger-55")
    target = (
        'target: {http: {url: "http://127.0.0.1:9/chat", headers: {Authorization: "Bearer ${LEDGER_TOKEN}"}}}'
    )
    profile = Path("configs/echo.yaml").read_text(encoding="utf-8")
    profile = profile.replace('target: {python: "demo_agents:moody"}', target)
    write({"pyproject.toml": SETTINGS, "configs/echo.yaml": profile, "scenarios/greetings.yaml": ONE})
    (trial,) = _list_trials(_run(arc, "--trials", "1"))
    assert trial["reason"] == "LEDGER_TOKEN is not set where this trial is made: name it in executor.env"


def test_a_trial_whose_container_died_once_is_made_again(
    modal: ModalStandin, project: Path, arc: Arc, write: Write
) -> None:
    agent = f"""
from pathlib import Path
import os

def moody(text):
    died = Path({str(project / "died")!r})
    if not died.exists():
        died.touch()
        os.kill(os.getpid(), 9)
    return text
"""
    write({"pyproject.toml": SETTINGS, "demo_agents.py": agent, "scenarios/greetings.yaml": ONE})
    (trial,) = _list_trials(_run(arc, "--trials", "1"))
    assert trial["outcome"] == "passed"
    assert len(modal.pools[0].started) == 2


def test_what_is_named_in_local_source_goes_along(modal: ModalStandin, arc: Arc, write: Write) -> None:
    agent = (
        "from pathlib import Path\n\ndef moody(text):\n    return Path('prompts/greeting.txt').read_text()"
    )
    write({"pyproject.toml": SETTINGS + 'image = {local_source = ["prompts"]}', "demo_agents.py": agent})
    write({"prompts/greeting.txt": "hello", "scenarios/greetings.yaml": ONE})
    assert [trial["outcome"] for trial in _list_trials(_run(arc, "--trials", "1"))] == ["passed"]


def test_an_agent_that_blocks_past_its_limit_has_failed(
    modal: ModalStandin, arc: Arc, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "BACKSTOP_S", 1.0)
    agent = "import time\n\nasync def moody(text):\n    time.sleep(600)"
    profile = Path("configs/echo.yaml").read_text(encoding="utf-8") + "limits: {timeout_s: 1}\n"
    write({"pyproject.toml": SETTINGS, "demo_agents.py": agent, "configs/echo.yaml": profile})
    write({"scenarios/greetings.yaml": ONE})
    (trial,) = _list_trials(_run(arc, "--trials", "1", "--attempts", "1"))
    assert (trial["outcome"], trial["blame"]) == ("failed", "agent")
    assert trial["reason"].startswith("the trial went on past its time limit")


def test_ctrl_c_keeps_what_has_finished_and_leaves_no_container(
    modal: ModalStandin, project: Path, write: Write
) -> None:
    agent = (
        "import asyncio\n\nasync def moody(text, context):\n"
        "    await asyncio.sleep(600 if context.trial > 2 else 0)\n    return text"
    )
    write({"pyproject.toml": SETTINGS, "demo_agents.py": agent})
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest_arc", "run", "configs"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=project,
        env=dict(os.environ),
    )
    trials = project / ".arc" / "runs"
    _wait(lambda: sum(len(path.read_text().splitlines()) for path in trials.glob("*/trials.jsonl")) >= 8)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (2, ""), out
    assert "8 of 16 trials had finished" in out
    _wait(lambda: not modal.containers)
    assert "running" not in modal.apps.values()


def _wait(is_over: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_over():
        assert time.monotonic() < deadline
        time.sleep(0.05)
