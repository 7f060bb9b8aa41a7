"""`arc show RUN::CASE --contrast`: a trial that passed beside one that did not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_arc.cli.console import Console
from pytest_arc.cli.records import CaseRecord, Record
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.trajectory import Trajectory
from pytest_arc.errors import UsageError
from pytest_arc.history.document import describe_trial
from pytest_arc.reports.cases import describe_end, find_passing, find_worst, list_checks, name_trial
from pytest_arc.reports.contrast import align_steps, draw_contrast

__all__ = ["Pair", "describe_contrast", "find_pair", "say_contrast"]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two trials of one case."""

    case: CaseRecord
    bad: TrialResult
    """The one that tells most about what is wrong."""
    passing: TrialResult


def find_pair(case: CaseRecord) -> Pair:
    """Raises UsageError when no trial of the case passed, or every one."""
    bad, passing = find_worst(case.trials), find_passing(case.trials)
    if bad is None or passing is None:
        kind = "passed" if passing is None else "failed or errored"
        raise UsageError(f"no trial of {case.id} {kind}: there are no two to be held side by side")
    return Pair(case, bad, passing)


def say_contrast(console: Console, record: Record, pair: Pair) -> None:
    """Why the one failed, then both step by step."""
    bad, passing = pair.bad, pair.passing
    console.say()
    for line in describe_end(bad):
        console.say(line, bad.outcome)
    console.say_all(list_checks(bad, console.glyphs))
    left, right = _read(record, pair)
    console.say()
    heads = f"trial {bad.trial} {bad.outcome}", f"trial {passing.trial} passed"
    console.say_all(draw_contrast(left, right, heads))
    console.say()
    for trial in (bad, passing):
        console.say(f"  whole   arc show '{name_trial(f'{record.run_id}::{pair.case.scenario}', trial)}'")


def describe_contrast(record: Record, pair: Pair) -> dict[str, Any]:
    """Both trials as they were recorded, and which of their steps belong together, counted from 1."""
    left, right = _read(record, pair)
    passages = [
        {
            "same": passage.is_same,
            "trial": list(range(passage.left[0] + 1, passage.left[1] + 1)),
            "passing": list(range(passage.right[0] + 1, passage.right[1] + 1)),
        }
        for passage in align_steps(left, right)
    ]
    return {
        "case": pair.case.id,
        "trial": _describe(pair.bad, left),
        "passing": _describe(pair.passing, right),
        "passages": passages,
    }


def _read(record: Record, pair: Pair) -> tuple[Trajectory, Trajectory]:
    left, right = record.read_trajectory(pair.bad), record.read_trajectory(pair.passing)
    if left is None or right is None:
        raise UsageError(f"run {record.run_id} has no transcripts of {pair.case.id}: they were not written")
    return left, right


def _describe(trial: TrialResult, trajectory: Trajectory) -> dict[str, Any]:
    steps = trajectory.model_dump(mode="json")["steps"]
    return {**describe_trial(trial), "steps": steps}
