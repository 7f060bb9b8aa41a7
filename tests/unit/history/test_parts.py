"""Runs that several processes make: what is read of one that has no end."""

from __future__ import annotations

from pathlib import Path

from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.trajectory import Message, Trajectory
from pytest_arc.history.folder import RunFolder, list_below, list_runs
from pytest_arc.history.writer import RunWriter, reserve_folder
from pytest_arc.redaction import Redactor

TALK = Trajectory(steps=(Message(role="assistant", text="yes"),))


def _make_result(trial: int) -> TrialResult:
    return TrialResult("a/x", trial, trial, "passed", None, "", (), {}, None, trajectory=TALK)


def _write(path: Path, trials: list[int]) -> RunWriter:
    writer = RunWriter(path, Redactor({}), path=path)
    for trial in trials:
        writer.add(_make_result(trial))
    writer.close()
    return writer


def test_trials_of_parts_are_those_of_a_run_that_has_no_end_each_once(tmp_path: Path) -> None:
    run = reserve_folder(tmp_path)
    assert list_runs(tmp_path) == []
    _write(run, [1])
    first = _write(run / "workers" / "gw0", [1, 3])
    _write(run / "workers" / "gw1", [2])
    assert first.run_id == run.name
    folder = RunFolder(run)
    assert [trial.trial for trial in folder.read_trials()] == [1, 3, 2]
    assert [written.result.trial for written in folder.read_written()] == [1, 3, 2]
    assert all(written.trajectory for written in folder.read_written())
    assert folder.read_trajectory("a/x", 2) == TALK
    assert [found.path for found in list_below(tmp_path)] == [run]
    (run / "run.json").write_text("{}", encoding="utf-8")
    assert [trial.trial for trial in folder.read_trials()] == [1]


def test_trials_are_read_at_the_places_where_they_were_written(tmp_path: Path) -> None:
    writer = _write(tmp_path / "part", [1, 2, 3])
    place = writer.find_lines(_make_result(2))
    assert place is not None
    (written,) = RunFolder(tmp_path / "part").read_at([place])
    assert written.result.trial == 2
    assert '"text":"yes"' in written.trajectory
    assert writer.find_lines(_make_result(4)) is None
