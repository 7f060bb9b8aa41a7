"""Going on with a run that ended too early, and making again what errored."""

from __future__ import annotations

import json
import re
import shutil
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from pytest_arc.history.flakiness import read_history
from pytest_arc.history.folder import RunFolder, list_runs

from .conftest import Project

SUITE = {f"s{n}": "pass" if n % 3 else "fail" for n in range(10)}


def _cut(project: Project, trials: int) -> RunFolder:
    """Leave the only run as it is when its process is killed: no end, and half a line more."""
    folder = project.find_run()
    (folder / "run.json").unlink()
    path = folder / "trials.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:trials]) + lines[trials][:20])
    return RunFolder(folder)


def _read_results(folder: Path) -> Any:
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))["results"]


def _find_last(project: Project) -> RunFolder:
    return list_runs(project.path / ".arc")[-1]


def test_a_run_that_was_killed_is_gone_on_with(project: Project) -> None:
    project.add_agent(SUITE, gate=0.5)
    project.run()
    whole = _read_results(project.find_run())
    first = _cut(project, 23)
    done = project.run("--arc-resume", "last")
    done.stdout.fnmatch_lines([f"*23 trials are taken over from run {first.run_id}*"])
    again = _find_last(project)
    assert again.run_id != first.run_id
    assert _read_results(again.path) == whole
    assert sum(1 for trial in again.read_written() if trial.trajectory) == 50


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_no_trial_is_lost_or_doubled_by_sigkill(project: Project) -> None:
    quick = {f"quick/{n}": "pass" for n in range(20)}
    project.add_agent({**quick, "slow": "wait 60"}, trials=2)
    process = project.start()
    try:
        while not any(sum(1 for _ in run.read_trials()) >= 30 for run in list_runs(project.path / ".arc")):
            assert process.poll() is None
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=20)
    kept = sum(1 for _ in _find_last(project).read_trials())
    project.add_agent({**quick, "slow": "wait 60"}, trials=2, limits={"timeout_s": 60})
    done = project.run("--arc-resume", "last", "-k", "quick")
    done.stdout.fnmatch_lines([f"*{kept} trials are taken over*"])
    again = _find_last(project)
    made = Counter((trial.case, trial.trial) for trial in again.read_trials())
    assert len(made) == 40
    assert set(made.values()) == {1}


def test_what_was_taken_over_counts_once_in_history(project: Project) -> None:
    project.add_agent({f"s{n}": "pass" for n in range(3)}, target={"python": "agents:obey"})
    project.run()
    project.run("--arc-only-errored")
    (scenario, *_) = read_history(project.path / ".arc").list_scenarios()
    assert scenario.n == 5


def test_only_what_errored_is_made_again(project: Project) -> None:
    project.write(switch="def work():\n    raise OSError('down')\n")
    tool = {"name": "shaky", "behavior": {"kind": "python", "function": "switch:work"}}
    agent = {"tools": [tool], "trials": 3}
    project.add_agent({"calls": "call shaky", "talks": "pass"}, **agent)
    project.run()
    assert _count(project) == {"errored": 3, "passed": 3}
    done = project.run("--arc-only-errored")
    done.stdout.fnmatch_lines(["*3 trials are taken over*"])
    assert len(list_runs(project.path / ".arc")) == 2
    assert _count(project) == {"errored": 3, "passed": 3}


def _count(project: Project) -> Counter[str]:
    return Counter(trial.outcome for trial in _find_last(project).read_trials())


def test_a_run_of_something_else_is_refused_and_every_difference_named(
    project: Project, snapshot: SnapshotAssertion
) -> None:
    project.add_agent({"same": "pass", "other": "pass", "judged": "pass"})
    project.run("--arc-seed", "3")
    project.add_agent(
        {
            "same": "pass",
            "other": "fail",
            "judged": {"user": "pass", "expect": [{"answer_contains": "no"}]},
            "added": "pass",
        },
        trials=3,
        system_prompt="Be quick.",
    )
    done = project.run("--arc-resume", "--arc-seed=4")
    assert done.ret == 4
    assert _say(done) == snapshot


@pytest.mark.parametrize("trouble", ["none", "header", "newer"])
def test_a_run_that_cannot_be_read_is_refused(
    project: Project, trouble: str, snapshot: SnapshotAssertion
) -> None:
    project.add_agent({"a": "pass"})
    if trouble != "none":
        project.run()
        header = project.find_run() / "header.json"
        told = json.loads(header.read_text(encoding="utf-8"))
        header.write_text("{" if trouble == "header" else json.dumps(told | {"format": 99}), "utf-8")
    done = project.run("--arc-resume", "last")
    assert done.ret == 4
    assert _say(done) == snapshot


def test_a_path_after_the_bare_flag_is_taken_for_a_run_and_that_is_said(
    project: Project, snapshot: SnapshotAssertion
) -> None:
    path = project.add_agent({"a": "pass"})
    project.run()
    done = project.run("--arc-resume", path.name)
    assert done.ret == 4
    assert _say(done) == snapshot


def _say(done: pytest.RunResult) -> str:
    text = "\n".join(line for line in done.errlines if line)
    return re.sub(r"\d{8}-\d{6}(-\d+)?", "RUN", re.sub(r"in /.*/\.arc", "in PROJECT/.arc", text))


def test_a_run_of_another_machine_is_named_by_its_folder(project: Project, tmp_path: Path) -> None:
    project.add_agent(SUITE, gate=0.5)
    project.run()
    whole = _read_results(project.find_run())
    there = tmp_path / "artifact"
    shutil.move(_cut(project, 7).path, there)
    done = project.run(f"--arc-resume={there}")
    done.stdout.fnmatch_lines(["*7 trials are taken over from run artifact*"])
    assert _read_results(project.find_run()) == whole
