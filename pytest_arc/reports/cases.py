"""One case that is below its bar, explained."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pytest_arc.domain.result import CaseOutcome, TrialResult
from pytest_arc.domain.score import DIMENSIONS
from pytest_arc.domain.trajectory import Trajectory
from pytest_arc.reports.style import Glyphs, format_bound, wrap
from pytest_arc.reports.transcript import find_divergence, format_transcript

__all__ = [
    "contrast_transcripts",
    "describe_case",
    "describe_end",
    "describe_requests",
    "find_passing",
    "find_worst",
    "list_checks",
    "list_dimensions",
    "list_requests",
    "name_trial",
]


def describe_case(
    heading: str,
    outcome: CaseOutcome,
    trials: Sequence[TrialResult],
    read_trajectory: Callable[[TrialResult], Trajectory | None],
    glyphs: Glyphs,
    address: str,
    trace_ids: bool = False,
) -> str:
    """Why a case is below its bar: rate, worst trial, its checks and transcript, how to repeat it.

    `heading` has the place of the scenario and its title; `address` names the case in commands:
    `last::currency/eur[Q1]`. With `trace_ids`, the providers' ids of every model call of the trials that did
    not pass.
    """
    lines = [
        *wrap("", _say_rate(outcome), 0),
        f"  {heading}".rstrip(),
    ]
    worst = find_worst(trials)
    if worst is None:
        return "\n".join(lines)
    lines += ["", *describe_end(worst)]
    lines += list_checks(worst, glyphs)
    lines += contrast_transcripts(worst, find_passing(trials), read_trajectory)
    lines += ["", *list_dimensions(worst, glyphs)]
    if trace_ids:
        requests = list_requests(trials, read_trajectory)
        lines += ["", *requests] if requests else []
    where = name_trial(address, worst)
    lines += ["", f"  repeat  arc debug '{where}'", f"  look    arc show '{where}'"]
    return "\n".join(lines)


def find_worst(trials: Sequence[TrialResult]) -> TrialResult | None:
    """The trial that tells most about what is wrong: failed before errored, then the lowest score."""
    bad = [trial for trial in trials if trial.outcome in ("failed", "errored")]
    return min(bad, key=_badness, default=None)


def find_passing(trials: Sequence[TrialResult]) -> TrialResult | None:
    return next((trial for trial in trials if trial.outcome == "passed"), None)


def name_trial(address: str, trial: TrialResult) -> str:
    return f"{address}#{trial.trial}"


def _badness(trial: TrialResult) -> tuple[bool, float, int]:
    return trial.outcome != "failed", -1.0 if trial.score is None else trial.score, trial.trial


def _say_rate(outcome: CaseOutcome) -> str:
    estimate = outcome.estimate
    if estimate is None:
        return outcome.reason
    low, high = format_bound(estimate.low, up=False), format_bound(estimate.high, up=True)
    return f"{outcome.reason} (95 % interval {low} to {high} %)"


def describe_end(trial: TrialResult) -> list[str]:
    """How a trial ended, and whose doing it was, in one paragraph."""
    head = f"  trial {trial.trial} {trial.outcome}"
    return wrap(f"{head} ", f"(blame: {trial.blame}): {trial.reason}", 4) if trial.blame else [head]


def list_checks(trial: TrialResult, glyphs: Glyphs) -> list[str]:
    """One paragraph for each check: whether it held, and why."""
    marks = {True: glyphs.passed, False: glyphs.failed, None: "-"}
    lines: list[str] = []
    for check in trial.checks:
        note = "" if check.gating else " (does not gate)"
        lines += wrap(f"    {marks[check.passed]} ", f"{check.check}{note}: {check.reason}", 6)
    return lines


def contrast_transcripts(
    worst: TrialResult,
    passing: TrialResult | None,
    read_trajectory: Callable[[TrialResult], Trajectory | None],
) -> list[str]:
    """What was said and done in `worst`, and in a passing trial from where the two differ."""
    trajectory = read_trajectory(worst)
    if trajectory is None or not trajectory.steps:
        return []
    lines = ["", f"  transcript of trial {worst.trial}", *format_transcript(trajectory)]
    other = read_trajectory(passing) if passing is not None else None
    if passing is None or other is None:
        return lines
    step = find_divergence(trajectory, other)
    if step > len(trajectory.steps) and step > len(other.steps):
        return [*lines, "", f"  trial {passing.trial} passed with the same steps: look at state and latency"]
    rest = other.model_copy(update={"steps": other.steps[step - 1 :]})
    return [
        *lines,
        "",
        f"  trial {passing.trial} passed: same until step {step - 1}, then",
        *_renumber(format_transcript(rest, most=6), step - 1),
    ]


def _renumber(lines: list[str], offset: int) -> list[str]:
    renumbered: list[str] = []
    for line in lines:
        number = line[2:5].strip()
        renumbered.append(f"  {int(number) + offset:>3}{line[5:]}" if number.isdigit() else line)
    return renumbered


def list_requests(
    trials: Sequence[TrialResult], read_trajectory: Callable[[TrialResult], Trajectory | None]
) -> list[str]:
    """What providers call the model calls of trials that did not pass, for their support and logs."""
    bad = [(trial, read_trajectory(trial)) for trial in trials if trial.outcome != "passed"]
    return [line for trial, trajectory in bad if trajectory for line in describe_requests(trial, trajectory)]


def describe_requests(trial: TrialResult, trajectory: Trajectory) -> list[str]:
    """One paragraph; nothing where no provider gave an id."""
    ids = ", ".join(f"{call.request_id} ({call.model})" for call in trajectory.model_calls)
    return wrap(f"  requests of trial {trial.trial}  ", ids, 4) if ids else []


def list_dimensions(trial: TrialResult, glyphs: Glyphs) -> list[str]:
    """The five dimensions in one paragraph."""
    parts = [
        f"{name} {trial.dimensions[name]:.2f}" if name in trial.dimensions else f"{name} {'-':>4}"
        for name in DIMENSIONS
    ]
    return wrap("  scores  ", ", ".join(parts), 10)
