"""The same suite, its trials made elsewhere: `--arc-executor` in pytest."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import time
from typing import Any

import pytest
from processes import await_end
from syrupy.assertion import SnapshotAssertion

from .conftest import Project

SUITE = {
    "passes": "pass",
    "sometimes": "pass 3",
    "fails": "fail",
    "crashes": "crash",
    "breaks": "break",
    "recovers": "break 2",
}


def _drop_folder(project: Project) -> None:
    """Let the run that is read next be the only one."""
    shutil.rmtree(project.path / ".arc")


def test_results_are_the_same_to_the_byte_with_every_executor(project: Project) -> None:
    project.add_agent(SUITE, gate=0.5)
    documents: dict[str, dict[str, Any]] = {}
    for executor in ("local", "subprocess"):
        result = project.run("--arc-executor", executor, "-v")
        assert result.ret == 1
        documents[executor] = project.read_run()
        _drop_folder(project)
    there, here = documents["subprocess"], documents["local"]
    assert there["header"]["executor"] == "subprocess"
    assert here["header"]["executor"] == "local"
    assert there["header"]["results_sha256"] == here["header"]["results_sha256"]
    assert json.dumps(there["results"]) == json.dumps(here["results"])


def test_hooks_stay_here_and_what_they_register_is_found_there(project: Project) -> None:
    project.write(
        conftest="""
        import os
        from own_checks import Polite

        def pytest_arc_register(registry):
            registry.CHECKS.register("polite", Polite)

        def pytest_arc_trial_start(case, trial):
            with open("started.txt", "a") as file:
                file.write(f"{os.getpid()}\\n")
        """,
        own_checks="""
        import os
        from pytest_arc import Check, Finding

        class Polite(Check):
            polite: str

            def judge(self, evidence):
                return Finding(self.polite in evidence.trajectory.answer, f"judged by {os.getpid()}")
        """,
    )
    project.add_agent({"a": {"user": "pass", "expect": [{"polite": "yes"}]}}, trials=3)
    project.run("--arc-executor", "subprocess").assert_outcomes(passed=1)
    assert project.path.joinpath("started.txt").read_text().split() == [str(os.getpid())] * 3
    judges = {trial["checks"][0]["reason"] for trial in _read_trials(project)}
    assert all(judge.startswith("judged by ") for judge in judges)
    assert f"judged by {os.getpid()}" not in judges


def _read_trials(project: Project) -> list[dict[str, Any]]:
    """Those of the only case."""
    (agent,) = project.read_run()["results"]["agents"]
    (case,) = agent["cases"]
    return case["trials"]


def test_answers_recorded_in_children_are_replayed_to_the_byte_anywhere(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pydantic_ai", reason="the extra 'models' is not installed")
    from openai_like import Answer, ModelServer

    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789abcdef")
    suite = {f"case/{number}": f"question {number}" for number in range(4)}
    with ModelServer(lambda call: Answer(f"yes, {call.number}", input_tokens=1000)) as server:
        target = {"model": "openai:gpt-4o-mini", "base_url": server.openai_url}
        project.add_agent(suite, trials=3, target=target)
        project.run("--arc-record", "once", "--arc-executor", "subprocess").assert_outcomes(passed=4)
        assert len(server.calls) == 12
    monkeypatch.delenv("OPENAI_API_KEY")
    digests = {project.read_run()["header"]["results_sha256"]}
    for executor in ("local", "subprocess"):
        shutil.rmtree(project.path / ".arc" / "runs")
        project.run("--arc-record", "none", "--arc-executor", executor).assert_outcomes(passed=4)
        digests.add(project.read_run()["header"]["results_sha256"])
    assert len(digests) == 1


def test_what_agents_print_stands_with_their_case(project: Project) -> None:
    project.write(chatty="async def answer(text):\n    print('heard', text)\n    return 'no'\n")
    project.add_agent({"one": "first", "two": "second"}, trials=1, target={"python": "chatty:answer"})
    output = project.run("--arc-executor", "subprocess").stdout.str()
    first, _, second = output.partition("_ two _")
    assert "heard first" in first
    assert "heard second" not in first
    assert "heard second" in second


def test_secrets_in_profiles_are_sent_by_name_and_work(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOT_TOKEN", "kq7f-29ab-55xx")
    project.add_agent({"a": "pass"}, trials=1, target={"command": [sys.executable, "bot.py", "${BOT_TOKEN}"]})
    project.write(
        bot="""
        import json, sys
        for line in sys.stdin:
            print(json.dumps({"answer": "yes" if sys.argv[1] == "kq7f-29ab-55xx" else "no"}), flush=True)
        """
    )
    project.run("--arc-executor", "subprocess").assert_outcomes(passed=1)


def test_under_a_debugger_trials_stay_here(project: Project) -> None:
    project.add_agent({"a": "pass"}, trials=1)
    project.run("--arc-executor", "subprocess", "--pdb").assert_outcomes(passed=1)
    assert project.read_run()["header"]["executor"] == "local"


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("ending", ["ctrl-c", "-x"])
def test_a_run_that_is_broken_off_leaves_no_process_behind(project: Project, ending: str) -> None:
    project.write(
        stubborn="""
        import asyncio, os

        async def answer(text):
            with open("pids.txt", "a") as file:
                file.write(f"{os.getpid()}\\n")
            if text == "fail":
                return "no"
            await asyncio.sleep(600)
        """
    )
    target = {"python": "stubborn:answer", "isolation": "process"}
    says = {"a": "fail" if ending == "-x" else "wait", "b": "wait", "c": "wait"}
    project.add_agent(says, trials=1, target=target, limits={"timeout_s": 600})
    process = project.start(*([ending] if ending == "-x" else []), "--arc-concurrency", "3")
    pids = project.path / "pids.txt"
    deadline = time.monotonic() + 60
    while ending == "ctrl-c" and not (pids.exists() and len(pids.read_text().split()) == 3):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    if ending == "ctrl-c":
        process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == (2 if ending == "ctrl-c" else 1), output
    await_end(map(int, pids.read_text().split()))


@pytest.mark.parametrize(
    "executor",
    [
        'executor = "subproces"',
        'executor = "batch"',
        "executor = {workers = 2}",
        'executor = {kind = "subprocess", worker = 2}',
        'executor = {kind = "subprocess", workers = 0}',
        "executor = 3",
    ],
)
def test_an_executor_that_there_is_not(project: Project, executor: str, snapshot: SnapshotAssertion) -> None:
    project.add_agent({"a": "pass"})
    (project.path / "pyproject.toml").write_text(f"[tool.pytest-arc]\n{executor}\n", encoding="utf-8")
    result = project.run()
    assert result.ret == 4
    assert _read_message(project, result) == snapshot


def test_a_flag_names_an_executor_that_there_is_not(project: Project, snapshot: SnapshotAssertion) -> None:
    project.add_agent({"a": "pass"})
    result = project.run("--arc-executor", "subproces")
    assert result.ret == 4
    assert _read_message(project, result) == snapshot


def test_a_scenario_that_is_too_large_to_be_sent(project: Project, snapshot: SnapshotAssertion) -> None:
    large = "".join(f"{number * number},\n" for number in range(200_000))
    world = {"files": {"ledger.csv": {"text": large}}}
    project.add_agent({"a": "pass", "b": {"user": "pass", "world": world}})
    result = project.run("--arc-executor", "subprocess")
    assert result.ret == 4
    assert _read_message(project, result) == snapshot


def test_a_check_that_no_other_process_could_import(project: Project, snapshot: SnapshotAssertion) -> None:
    project.write(
        conftest="""
        from pytest_arc import Check, Finding

        def make():
            class Polite(Check):
                polite: str

                def judge(self, evidence):
                    return Finding(True, "it is")

            return Polite

        def pytest_arc_register(registry):
            registry.CHECKS.register("polite", make())
        """
    )
    project.add_agent({"a": {"user": "pass", "expect": [{"polite": "yes"}]}}, trials=1)
    result = project.run("--arc-executor", "subprocess")
    assert result.ret == 4
    assert _read_message(project, result) == snapshot


def test_an_agent_that_only_this_process_knows(project: Project, snapshot: SnapshotAssertion) -> None:
    project.write(
        conftest="""
        import sys, types

        ghost = sys.modules["ghost"] = types.ModuleType("ghost")
        ghost.answer = lambda text: "yes"
        """
    )
    project.add_agent({"a": "pass"}, trials=1, target={"python": "ghost:answer"})
    result = project.run("--arc-executor", "subprocess")
    assert result.ret == 1
    assert _read_trials(project)[0]["reason"] == snapshot


def _read_message(project: Project, result: pytest.RunResult) -> str:
    """What stands between pytest's own lines."""
    text = "\n".join(result.stdout.lines + result.stderr.lines)
    lines = [line for line in text.splitlines() if line.strip()]
    start = next((n for n, line in enumerate(lines) if re.match(r"(ERROR|!+ .*Exit)", line)), 0)
    return "\n".join(lines[start:]).replace(str(project.path), "<project>")
