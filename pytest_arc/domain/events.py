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
class TrialFinished:
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


Event = RunStarted | TrialStarted | TrialFinished | CaseFinished | GateDecided | RunFinished
