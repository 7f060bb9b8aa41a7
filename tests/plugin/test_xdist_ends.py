"""Workers that die, Ctrl-C and the first failure under `pytest --arc -n 2`: nothing is lost or made twice."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections import Counter

import pytest
from processes import await_end
from syrupy.assertion import SnapshotAssertion

from pytest_arc.history.folder import RunFolder, list_runs

from .conftest import Project

pytest.importorskip("xdist", reason="the extra 'xdist' is not installed")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

AGENT = """
    import asyncio, os, signal

    async def note(context):
        with open("made.txt", "a", encoding="utf-8") as file:
            print(context.scenario, context.trial, os.getpid(), file=file)
        word, _, rest = context.user.partition(" ")
        if word == "die" and context.trial == 2:
            await asyncio.sleep(0.3)
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "wait":
            await asyncio.sleep(float(rest))
        return "no" if word == "fail" else "yes"
"""


def _add(project: Project, scenarios: dict[str, str], **profile: object) -> None:
    project.write(noting=AGENT)
    project.add_agent(scenarios, target={"python": "noting:note"}, **profile)  # type: ignore[arg-type]


def _read_made(project: Project) -> tuple[Counter[tuple[str, str]], set[int]]:
    """(scenario, trial) -> how often it was made; and the processes that made them."""
    lines = [line.split() for line in (project.path / "made.txt").read_text().splitlines()]
    return Counter((scenario, trial) for scenario, trial, _ in lines), {int(pid) for _, _, pid in lines}


def _count_trials(run: RunFolder) -> Counter[tuple[str, int]]:
    return Counter((trial.case, trial.trial) for trial in run.read_trials())


@pytest.mark.parametrize("mode", ["load", "loadfile"])
def test_a_worker_that_dies_makes_errored_what_it_was_at_and_nothing_else(
    project: Project, mode: str, snapshot: SnapshotAssertion
) -> None:
    _add(project, {**{f"a{n}": "pass" for n in range(6)}, "bad": "die", "z": "pass"}, gate=0.5, trials=3)
    done = project.run("-n", "2", "-v", "--dist", mode, "--arc-concurrency", "2", plugins="xdist")
    assert done.ret == 1
    done.assert_outcomes(passed=8, errors=1)
    run = RunFolder(project.find_run())
    assert set(_count_trials(run).values()) == {1}
    (agent,) = run.read_document()["results"]["agents"]
    words = {case["id"].rpartition("/")[2]: case["outcome"] for case in agent["cases"]}
    assert words == {**{f"a{n}": "passed" for n in range(6)}, "bad": "errored", "z": "passed"}
    assert {trial.blame for trial in run.read_trials() if trial.outcome == "errored"} == {"infrastructure"}
    made, _ = _read_made(project)
    assert set(made.values()) == {1}
    assert not (run.path / "workers").exists()
    text = re.sub(r"gw\d", "GW", done.stdout.str())
    assert re.findall(r"(?m)^.*GW died.*$", text) == snapshot


def test_a_worker_that_is_not_replaced_leaves_the_run_red(project: Project) -> None:
    _add(project, {"bad": "die", **{f"a{n}": "pass" for n in range(8)}}, gate=0.5, trials=3)
    arguments = ("-n", "2", "--max-worker-restart=0", "--arc-concurrency", "2")
    done = project.run(*arguments, plugins="xdist")
    assert done.ret == 1
    done.stdout.fnmatch_lines(["*ended early: * of 9 cases were not run: workers died (gw?)*"])
    made, _ = _read_made(project)
    assert set(made.values()) == {1}


def test_ctrl_c_reports_what_has_finished_and_leaves_no_process(project: Project) -> None:
    _add(
        project,
        {**{f"slow{n}": "wait 60" for n in range(4)}, **{f"quick{n}": "pass" for n in range(6)}},
        trials=2,
    )
    process = project.start("-p", "xdist", "-n", "2", "-v")
    run = project.await_trials(12)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 2, output
    for number in range(6):
        assert output.count(f"PASSED bot.yaml::quick{number}") + output.count(f"quick{number} PASSED") == 1
    document = run.read_document()
    assert document["header"]["interrupted"] == "interrupted"
    outcomes = Counter(case["outcome"] for case in document["results"]["agents"][0]["cases"])
    assert outcomes == {"passed": 6, "not run": 4}
    await_end(_read_made(project)[1] | {process.pid})


def test_what_workers_made_before_all_were_killed_is_read_and_taken_over(project: Project) -> None:
    _add(project, {**{f"q{n}": "pass" for n in range(6)}, "slow": "wait 60"}, trials=2)
    process = project.start("-p", "xdist", "-n", "2", start_new_session=True)
    run = project.await_trials(12)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    await_end(_read_made(project)[1])
    assert not run.is_finished
    assert set(_count_trials(run).values()) == {1}
    assert run.read_trajectory("bot/q0", 1) is not None
    (project.path / "made.txt").write_text("", encoding="utf-8")
    done = project.run("-n", "2", "--arc-resume", "last", "-k", "q", plugins="xdist")
    done.stdout.fnmatch_lines([f"*12 trials are taken over from run {run.run_id}*"])
    assert not _read_made(project)[0]
    again = list_runs(project.path / ".arc")[-1]
    assert set(_count_trials(again).values()) == {1}
    assert len(_count_trials(again)) == 12


def test_the_first_failure_ends_the_run(project: Project) -> None:
    _add(project, {"bad": "fail", **{f"a{n}": "wait 0.05" for n in range(60)}}, trials=1)
    done = project.run("-n", "2", "-x", plugins="xdist")
    assert done.ret == 2
    done.stdout.fnmatch_lines(["*stopping after 1 failures*"])
    made, _ = _read_made(project)
    # Of each worker at most what it has been given already, and what that let begin.
    assert len(made) < 30
    (run,) = list_runs(project.path / ".arc")
    assert run.read_document()["header"]["interrupted"] == "stopping after 1 failures"
