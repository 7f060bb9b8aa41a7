"""What a run tells its listeners, in this order."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_arc.domain.plan import Case, Plan, TrialSpec
from pytest_arc.domain.result import CaseOutcome, TrialResult, Verdict

__all__ = [
    "CaseFinished",
    "Event",
    "GateDecided",
    "RunFinished",
    "RunStarted",
    "TrialEnded",
    "TrialFinished",
    "TrialStarted",
]


@dataclass(frozen=True, slots=True)
class RunStarted:
    run_id: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class TrialStarted:
    spec: TrialSpec


@dataclass(frozen=True, slots=True)
class TrialEnded:
    """In the thread that made the trial, and in its context; nothing has been taken out of it yet."""

    result: TrialResult


@dataclass(frozen=True, slots=True)
class TrialFinished:
    """In the thread of whoever waits for the trial, which is written down now."""

    result: TrialResult


@dataclass(frozen=True, slots=True)
class CaseFinished:
    case: Case
    outcome: CaseOutcome


@dataclass(frozen=True, slots=True)
class GateDecided:
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class RunFinished:
    run_id: str
    interrupted: bool


Event = RunStarted | TrialStarted | TrialEnded | TrialFinished | CaseFinished | GateDecided | RunFinished
