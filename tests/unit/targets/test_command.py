"""Agents that are programs: lines in, lines out, what their ends mean, and that none is left behind."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from processes import await_end
from pydantic import ValidationError
from syrupy.assertion import SnapshotAssertion

from pytest_arc.domain.trajectory import Message, ToolCall, ToolResult, Usage
from pytest_arc.errors import InfrastructureError, TrialError
from pytest_arc.scope import TrialScope, enter_scope
from pytest_arc.targets.command import CommandTarget
from pytest_arc.targets.program import explain_exit

from .conftest import Trial

WriteAgent = Callable[..., CommandTarget]

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")

ECHO = """
    import json, sys
    for line in sys.stdin:
        turn = json.loads(line)
        print(json.dumps({"answer": turn["user"].upper()}))
"""


@pytest.fixture
def write_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteAgent:
    """Write `agent.py` as it would stand in the project of a user, and make a target of it."""
    monkeypatch.chdir(tmp_path)

    def write(code: str = ECHO, **options: Any) -> CommandTarget:
        (tmp_path / "agent.py").write_text(dedent(code), encoding="utf-8")
        return CommandTarget.model_validate({"command": [sys.executable, "agent.py"], **options})

    return write


def complain(target: CommandTarget, *says: str) -> str:
    with pytest.raises(TrialError) as caught:
        Trial(says=says or ("Hello",)).run(target)
    return f"{caught.value.blame}: {caught.value}"


# Lines in, lines out.


def test_one_process_answers_all_turns_of_a_trial(write_agent: WriteAgent) -> None:
    target = write_agent("""
        import json, sys
        for turns, line in enumerate(sys.stdin, 1):
            turn = json.loads(line)
            print()
            print(json.dumps({"answer": f"{turns}: {turn['user']}, {len(turn['conversation'])} messages"}))
    """)

    assert Trial(says=("Grüße", "Two")).run(target).answers == ("1: Grüße, 1 messages", "2: Two, 3 messages")


def test_program_is_told_everything_about_the_turn(write_agent: WriteAgent) -> None:
    target = write_agent("""
        import json, os, sys
        turn = json.loads(input())
        turn["trace"] = os.environ["TRACEPARENT"].split("-")[1] == turn["session_id"]
        turn["region"] = os.environ["REGION"]
        print(json.dumps({"answer": json.dumps(turn)}))
    """, env={"REGION": "eu"})  # fmt: skip
    scope = TrialScope("a/b", "b", trial=1, attempt=1, seed=7)

    async def hold() -> str:
        enter_scope(scope)
        trial = Trial()
        await trial.converse(target)
        return trial.context.finish().answer

    assert json.loads(asyncio.run(hold())) == {
        "user": "Hello",
        "conversation": [{"role": "user", "content": "Hello"}],
        "system_prompt": "Be kind",
        "session_id": scope.trace_id,
        "scenario": "greetings/hello",
        "trial": 1,
        "seed": 7,
        "trace": True,
        "region": "eu",
    }


def test_tool_calls_and_usage_are_taken_over(write_agent: WriteAgent) -> None:
    target = write_agent("""
        import json
        input()
        print(json.dumps({
            "answer": "Done",
            "tool_calls": [{"name": "find", "arguments": {"id": 7}, "result": [1]}],
            "usage": {"model_calls": 2, "input_tokens": 5, "output_tokens": 7, "cost_usd": 0.5},
        }))
    """, reports_tool_calls=True, reports_usage=True)  # fmt: skip

    trajectory = Trial().run(target)

    assert [step.model_copy(update={"at_s": 0.0}) for step in trajectory.steps[1:]] == [
        ToolCall(id="call-1-1", tool="find", arguments={"id": 7}),
        ToolResult(id="call-1-1", tool="find", content="[1]"),
        Message(role="assistant", text="Done"),
    ]
    assert trajectory.usage == Usage(model_calls=2, input_tokens=5, output_tokens=7, cost_usd=0.5)


def test_target_shows_only_what_it_promises(write_agent: WriteAgent) -> None:
    assert write_agent().observes == {"answer", "latency"}
    assert write_agent(reports_tool_calls=True).observes == {"answer", "latency", "tool_calls"}
    assert write_agent(reports_usage=True).observes == {"answer", "latency", "usage"}


def test_standard_error_is_the_output_of_the_trial(
    write_agent: WriteAgent, capsys: pytest.CaptureFixture[str]
) -> None:
    Trial().run(write_agent("import sys; print('Grüße', file=sys.stderr)\n" + dedent(ECHO)))

    assert capsys.readouterr().err == "Grüße\n"


# What its end means.


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("raise ValueError('no such ledger')", id="raises"),
        pytest.param("raise SystemExit(3)", id="exits"),
        pytest.param("pass", id="ends at once"),
        pytest.param("import os; os.kill(os.getpid(), 9)", id="killed", marks=posix_only),
        pytest.param("import os; os.kill(os.getpid(), 15)", id="terminated", marks=posix_only),
        pytest.param("import os; os.abort()", id="aborted", marks=posix_only),
        pytest.param("import sys; sys.exit(137)", id="a shell tells of a kill"),
        pytest.param("import sys; sys.exit(143)", id="a shell tells of a termination"),
        pytest.param("import sys; sys.exit(127)", id="a shell finds no program"),
        pytest.param("import os, time; os.close(1); time.sleep(60)", id="closes its output"),
        pytest.param("print('Loading the model ...')", id="prints text"),
        pytest.param("print('[1, 2]')", id="prints a list"),
        pytest.param('print(\'{"text": "hi"}\')', id="prints no answer"),
        pytest.param("print('{\"answer\": 7}')", id="prints a number"),
        pytest.param("print('x' * 11_000_000)", id="prints too long a line"),
        pytest.param('print(\'{"answer": ""}\')\nprint(\'{"answer": "again"}\')', id="prints two lines"),
        pytest.param('print(\'{"answer": ""}\')\nraise SystemExit(4)', id="exits after its answer"),
    ],
)
def test_trouble_is_explained(write_agent: WriteAgent, code: str, snapshot: SnapshotAssertion) -> None:
    assert complain(write_agent(f"input()\n{code}")) == snapshot


def test_promised_reports_that_are_missing_are_a_failure(
    write_agent: WriteAgent, snapshot: SnapshotAssertion
) -> None:
    assert [
        complain(write_agent(**{option: True})) for option in ("reports_tool_calls", "reports_usage")
    ] == (snapshot)


def test_an_answer_given_before_the_turn_was_read_still_counts(write_agent: WriteAgent) -> None:
    target = write_agent("""
        import os
        print('{"answer": "bye"}')
        os.close(0)
    """)

    assert Trial(says=("x" * 1_000_000,)).run(target).answer == "bye"


@pytest.mark.parametrize(
    "code, told",
    [
        (-9, "exit code 137: killed, often out of memory"),
        (137, "exit code 137: killed, often out of memory"),
        (-15, "exit code 143: terminated"),
        (-24, "exit code 152: its limit of processor time was used up"),
        (126, "exit code 126: a program could not be executed"),
        (0xC0000005, "exit code 3221225477: crashed by an access violation"),
        (1, "exit code 1"),
        (255, "exit code 255"),
    ],
)
def test_exit_codes_are_put_into_words(code: int, told: str) -> None:
    assert explain_exit(code) == told


@posix_only
def test_memory_is_limited(write_agent: WriteAgent) -> None:
    target = write_agent("input()\nx = bytearray(2_000_000_000)", memory_mb=500)

    assert complain(target).endswith("with exit code 1; last on standard error: 'MemoryError'")


@posix_only
def test_processor_time_is_limited(write_agent: WriteAgent) -> None:
    assert "exit code 152: its limit of processor time was used up" in complain(
        write_agent("input()\nwhile True: pass", cpu_s=1)
    )


@posix_only
def test_a_limited_program_runs_as_any_other(write_agent: WriteAgent) -> None:
    assert Trial().run(write_agent(memory_mb=1000, cpu_s=60)).answer == "HELLO"


# No process left behind.


FAMILY = """
    import json, os, subprocess, sys, time
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open("pids.tmp", "w") as file:
        file.write(f"{os.getpid()} {child.pid}")
    os.replace("pids.tmp", "pids")
"""


def wait_for_pids() -> list[int]:
    give_up = time.monotonic() + 30
    while not Path("pids").exists() and time.monotonic() < give_up:
        time.sleep(0.01)
    return [int(pid) for pid in Path("pids").read_text().split()]


@posix_only
@pytest.mark.parametrize(
    "ending",
    [
        pytest.param("time.sleep(600)", id="hangs"),
        pytest.param(
            "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)", id="will not end"
        ),
    ],
)
def test_a_program_that_hangs_is_ended_with_all_its_children(write_agent: WriteAgent, ending: str) -> None:
    target = write_agent(dedent(FAMILY) + ending)
    with pytest.raises(TimeoutError):
        Trial(watchdog_s=1.0).run(target)

    await_end(wait_for_pids())


@posix_only
def test_children_that_outlive_the_program_are_ended(write_agent: WriteAgent) -> None:
    target = write_agent(dedent(FAMILY) + 'input()\nprint(\'{"answer": "hi"}\')')

    assert Trial().run(target).answer == "hi"
    await_end(wait_for_pids())


@posix_only
def test_cancelled_twice_it_leaves_nothing(write_agent: WriteAgent) -> None:
    target = write_agent(
        dedent(FAMILY) + "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    )

    async def cancel() -> None:
        task = asyncio.create_task(Trial().converse(target))
        await asyncio.to_thread(wait_for_pids)
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0.1)
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    await_end(wait_for_pids())


def test_a_program_that_does_not_end_is_ended_and_its_time_does_not_count(
    write_agent: WriteAgent, capsys: pytest.CaptureFixture[str]
) -> None:
    target = write_agent('import time\ninput()\nprint(\'{"answer": "hi"}\')\ntime.sleep(600)')

    trajectory = Trial().run(target)

    assert trajectory.answer == "hi"
    assert trajectory.latency_s - trajectory.steps[-1].at_s < 1.0
    assert "it went on for 2 s after its standard input was closed" in capsys.readouterr().err


# What is found before any trial.


def test_a_program_that_is_not_there_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "agent.txt").touch()

    def verify(name: str) -> str | None:
        return CommandTarget(command=(name,)).verify()

    assert verify(sys.executable) is None
    assert verify("no-such-program") == "there is no program 'no-such-program' on PATH"
    assert verify("./no/such") == "there is no program './no/such'"
    if sys.platform != "win32":
        assert verify("agent.txt") == "'agent.txt' is not on PATH; write './agent.txt'"
        assert verify("./agent.txt") == "'./agent.txt' is not executable"


@posix_only
def test_a_program_that_cannot_be_started_is_no_failure_of_the_agent(tmp_path: Path) -> None:
    program = tmp_path / "agent"
    program.write_bytes(b"\x7fnothing that runs")
    program.chmod(0o755)

    with pytest.raises(InfrastructureError, match=r"cannot be started: .*Exec format error"):
        Trial().run(CommandTarget(command=(str(program),)))


@pytest.mark.parametrize(
    "options",
    [{"command": []}, {"command": "python agent.py"}, {"command": ["x"], "memory_mb": 0}],
)
def test_options_are_validated(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CommandTarget.model_validate(options)


def test_identity_follows_the_program_and_not_its_keys(write_agent: WriteAgent) -> None:
    before = write_agent(env={"KEY": "s3cret"}).identify()

    assert write_agent(env={"KEY": "0ther"}).identify() == before
    assert write_agent(ECHO + "# changed", env={"KEY": "s3cret"}).identify() != before
    assert "s3cret" not in str(before)


def test_advice_says_how_a_trial_shows_more(write_agent: WriteAgent) -> None:
    assert write_agent().advise("tool_calls") == "'reports_tool_calls: true' promises that the program tells"
