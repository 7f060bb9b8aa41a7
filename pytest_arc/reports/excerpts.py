"""Which trials a page shows in full: those that tell most come first, until there is no more room."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.score import CheckResult
from pytest_arc.domain.trajectory import ToolCall, ToolResult, Trajectory
from pytest_arc.domain.view import CaseView
from pytest_arc.reports.breakdown import has_failures
from pytest_arc.reports.cases import find_passing, find_worst
from pytest_arc.reports.style import shorten

__all__ = ["MOST_ARGUMENT", "Excerpts", "Turn", "list_turns", "place_checks", "select_excerpts"]

MOST_ARGUMENT = 40
"""Characters of an argument in the line that names its call."""

Key = tuple[str, int]
"""Case id and number of a trial."""


@dataclass(frozen=True, slots=True)
class Excerpts:
    """The trials that are shown in full, as they stand on the page."""

    texts: Mapping[Key, str]
    failing: int
    """How many trials that did not pass are among them."""
    of_failing: int
    passing: int
    of_passing: int

    @property
    def is_complete(self) -> bool:
        return self.failing == self.of_failing and self.passing == self.of_passing


def select_excerpts(cases: Sequence[CaseView], write: Callable[[TrialResult], str], room: int) -> Excerpts:
    """Write trials, until their texts have used up `room` bytes.

    Of each failing case the worst trial, then one that passed, to be compared; then all others that did not
    pass; then those that passed, one of each case before a second one of any; fresh ones come last.
    """
    texts: dict[Key, str] = {}
    failing = 0
    for trial in _order(cases):
        text = write(trial)
        room -= len(text.encode("utf-8", "replace"))
        if room < 0:
            break
        texts[trial.case, trial.trial] = text
        failing += trial.outcome != "passed"
    made = [trial for case in cases for trial in case.trials]
    of_failing = sum(trial.outcome != "passed" for trial in made)
    return Excerpts(texts, failing, of_failing, len(texts) - failing, len(made) - of_failing)


def _order(cases: Sequence[CaseView]) -> Iterator[TrialResult]:
    """Every trial once."""
    seen: set[Key] = set()
    for trial in _rank(cases):
        if (trial.case, trial.trial) not in seen:
            seen.add((trial.case, trial.trial))
            yield trial


def _rank(cases: Sequence[CaseView]) -> Iterator[TrialResult]:
    bad = [case for case in cases if has_failures(case)]
    yield from filter(None, (find_worst(case.planned_trials) for case in bad))
    yield from filter(None, (find_passing(case.planned_trials) for case in bad))
    planned = [case.planned_trials for case in cases]
    yield from (trial for trials in planned for trial in trials if trial.outcome != "passed")
    most = max(map(len, planned), default=0)
    yield from (trials[place] for place in range(most) for trials in planned if place < len(trials))
    yield from (trial for case in cases for trial in case.fresh_trials)


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that was said, or one tool call with its result."""

    number: int
    """Of its first step, counted from 1, as `arc show` numbers them."""
    who: str
    """`user`, `agent`, `tool`."""
    at_s: float
    text: str = ""
    call: ToolCall | None = None
    result: ToolResult | None = None
    checks: tuple[CheckResult, ...] = ()
    """What was found in it."""

    @property
    def has_long_arguments(self) -> bool:
        """Whether one of them does not fit into a line that names the call."""
        told = self.call.arguments.values() if self.call else ()
        texts = [json.dumps(value, ensure_ascii=False, default=str) for value in told]
        return any(shorten(text, MOST_ARGUMENT) != text for text in texts)


def list_turns(trial: TrialResult, trajectory: Trajectory) -> tuple[list[Turn], list[CheckResult]]:
    """The steps of a trial, each with the checks that concern it, and the checks of the trial as a whole."""
    placed, rest = place_checks(trial.checks, trajectory)
    results = {step.id: step for step in trajectory.steps if step.kind == "tool_result"}
    called = {step.id for step in trajectory.steps if step.kind == "tool_call"}
    turns: list[Turn] = []
    for place, step in enumerate(trajectory.steps):
        turn = partial(Turn, place + 1, at_s=step.at_s, checks=tuple(placed.get(place, ())))
        if step.kind == "message":
            turns.append(turn("agent" if step.role == "assistant" else "user", text=step.text))
        elif step.kind == "tool_call":
            turns.append(turn("tool", call=step, result=results.get(step.id)))
        elif step.id not in called:
            turns.append(turn("tool", result=step))
    return turns, rest


def place_checks(
    checks: Sequence[CheckResult], trajectory: Trajectory
) -> tuple[dict[int, list[CheckResult]], list[CheckResult]]:
    """Place of a step, counted from 0 -> the checks that looked at it; and those that looked at no one step.

    A result does not say where its check looked. What an answer is held against concerns the last one, and
    what is said of a tool its last call.
    """
    placed: dict[int, list[CheckResult]] = {}
    rest: list[CheckResult] = []
    for check in checks:
        place = _find_place(check, trajectory)
        if place is None:
            rest.append(check)
        else:
            placed.setdefault(place, []).append(check)
    return placed, rest


def _find_place(check: CheckResult, trajectory: Trajectory) -> int | None:
    keyword, _, wanted = check.check.removeprefix("not ").partition(":")
    steps = list(enumerate(trajectory.steps))
    if keyword in ("calls", "never_calls"):
        places = [n for n, step in steps if step.kind == "tool_call" and _names(wanted, step.tool)]
    elif keyword == "asks" or keyword.startswith("answer_"):
        places = [n for n, step in steps if step.kind == "message" and step.role == "assistant"]
    else:
        return None
    return places[-1] if places else None


def _names(text: str, tool: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(tool)}(?![\w-])", text) is not None
