"""Sudden ends: what has finished is reported and on disk, and nothing is left behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
from processes import is_alive

from pytest_arc.history.folder import list_runs

from .conftest import Project

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

SLOW = {**{f"quick/{n}": "pass" for n in range(5)}, **{f"slow/{n}": "wait 60" for n in range(5)}}


def test_ctrl_c_reports_what_has_finished_and_ends_with_two(project: Project) -> None:
    # The slow case comes first, so that the finished ones wait for their turn.
    scenarios = {"slow/first": "wait 60", **SLOW}
    project.add_agent(scenarios, gate=0.85, trials=2)
    process = project.start("-v")
    run = project.await_trials(10)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 2, output
    for number in range(5):
        assert f"bot.yaml::quick/{number} PASSED" in output
    assert "slow/first PASSED" not in output
    assert "NOT EVALUATED" in output
    assert "KeyboardInterrupt" in output
    document = run.read_document()
    assert document["header"]["interrupted"] == "interrupted"
    outcomes = [case["outcome"] for case in document["results"]["agents"][0]["cases"]]
    assert sorted(outcomes) == ["not run"] * 6 + ["passed"] * 5


@pytest.mark.parametrize("agent", ["threaded", "stubborn"])
def test_ctrl_c_does_not_wait_for_agents_that_will_not_stop(project: Project, agent: str) -> None:
    project.write(
        hanging="""
            import asyncio, time

            def threaded(text):
                time.sleep(600)

            async def stubborn(text):
                while True:
                    try:
                        await asyncio.sleep(600)
                    except asyncio.CancelledError:
                        pass
        """
    )
    project.add_agent({"quick": "pass"}, name="other", trials=1)
    project.add_agent({"a": "go"}, target={"python": f"hanging:{agent}"}, trials=3)
    process = project.start("other.yaml", "bot.yaml")
    project.await_trials(1)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 2, output
    assert not is_alive(process.pid)


def test_killed_in_mid_run_every_finished_trial_is_on_disk(project: Project) -> None:
    project.add_agent(SLOW, gate=0.85, trials=2)
    process = project.start()
    run = project.await_trials(10)
    process.kill()
    process.communicate(timeout=20)
    assert not run.is_finished
    trials = list(run.read_trials())
    assert {trial.case for trial in trials} == {f"bot/quick/{n}" for n in range(5)}
    assert all(trial.outcome == "passed" for trial in trials)
    trajectory = run.read_trajectory("bot/quick/0", 1)
    assert trajectory is not None
    assert trajectory.answer == "yes"
    assert run.read_header()["agents"][0]["id"] == "bot"


def test_a_full_disk_is_told_and_loses_no_verdict(project: Project) -> None:
    project.add_agent({f"ok/{n}": "pass" for n in range(40)}, gate=0.85)
    script = (
        "import resource, signal, sys, pytest\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))\n"
        "sys.exit(pytest.main(['-p', 'pytest_arc.plugin', '-p', 'no:cacheprovider', '--arc']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=project.path, capture_output=True, text=True, check=False
    )
    assert "41 passed" in done.stdout, done.stdout + done.stderr
    assert "results are incomplete" in done.stdout
    assert "File too large" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert done.returncode == 1
    (run,) = list_runs(project.path / ".arc")
    assert sum(1 for _ in run.read_trials()) > 10


def test_a_json_report_that_cannot_be_written_is_told_and_loses_no_verdict(project: Project) -> None:
    project.add_agent({"a": "pass"})
    project.block("results.json")
    result = project.run("--arc-json", "results.json")
    result.assert_outcomes(passed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*results are incomplete: results.json: Is a directory"])
    assert json.loads((project.find_run() / "run.json").read_text(encoding="utf-8"))["format"] == 1
