"""Agents with cases, and trials as they may have ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_arc.domain.baseline import Baseline, BaselineCase, CaseHashes, Ruler
from pytest_arc.domain.plan import AgentPlan, Case, Origin
from pytest_arc.domain.profile import AgentProfile
from pytest_arc.domain.result import TrialResult, Verdict
from pytest_arc.domain.scenario import Scenario
from pytest_arc.domain.score import CheckResult
from pytest_arc.gates import Ledger

OUTCOMES = {
    "p": "passed",
    "f": "failed",
    "e": "errored",
    "c": "cancelled",
    "P": "passed",
    "F": "failed",
}
SPLIT = {
    letter: CheckResult("judge: polite", "response_quality", True, letter == "P", 0.5, "", agreement=2 / 3)
    for letter in "PF"
}


def make_agent(
    *scenarios: dict[str, Any],
    gate: Any = 0.85,
    trials: int = 5,
    rounds: dict[str, int] | None = None,
    **profile: Any,
) -> AgentPlan:
    first, most = (rounds["first"], rounds["max"]) if rounds else (trials, trials)
    loaded = AgentProfile.model_validate(
        {
            "name": "bot",
            "target": {"python": "agents:agent"},
            "trials": rounds or trials,
            "gates": {} if gate is None else {"reliability": gate},
            **profile,
        }
    )
    cases = tuple(
        Case(
            profile=loaded,
            scenario=Scenario.model_validate(
                {"user": "go", "expect": [{"answer_contains": "yes"}], **scenario}
            ),
            trials=scenario.get("trials", first),
            max_trials=max(scenario.get("trials", first), most),
            limits=loaded.limits,
            origin=Origin("scenarios.yaml", 3),
        )
        for scenario in scenarios
    )
    return AgentPlan(loaded, "bot.yaml", cases, first, most)


def make_trial(case: str, trial: int, outcome: str, *checks: CheckResult) -> TrialResult:
    blame = {"f": "agent", "e": "tool"}.get(outcome)
    return TrialResult(
        case=f"bot/{case}",
        trial=trial,
        seed=0,
        outcome=OUTCOMES[outcome],  # type: ignore[arg-type]
        blame=blame,  # type: ignore[arg-type]
        reason="" if outcome == "p" else f"trial {trial} {OUTCOMES[outcome]}",
        checks=checks,
        dimensions={},
        score=None,
    )


@pytest.fixture
def agent() -> Callable[..., AgentPlan]:
    """`agent({"id": "a"}, {"id": "b", "critical": True}, gate=0.85)`."""
    return make_agent


@pytest.fixture
def trial() -> Callable[..., TrialResult]:
    """`trial("a", 2, "f")`: the second trial of scenario `a` failed."""
    return make_trial


@pytest.fixture
def ledger() -> Callable[..., Ledger]:
    """`ledger(a="ppfec")`: trials 1 to 5 of scenario `a` passed, passed, failed, errored, were cancelled.

    `P` and `F` would have ended otherwise, had a judge that was outvoted had its way.
    """

    def count(**outcomes: str) -> Ledger:
        return Ledger(
            make_trial(case, number, letter, *([SPLIT[letter]] if letter in SPLIT else []))
            for case, letters in outcomes.items()
            for number, letter in enumerate(letters, 1)
        )

    return count


@pytest.fixture
def ruler() -> Callable[..., Ruler]:
    """`ruler(a=(10, 10), b=(9, 10))`: passes and trials of the baseline; the scenarios have not changed."""

    def make(label: str = "main 3f2c1a9", **counts: tuple[int, int]) -> Ruler:
        same = CaseHashes("scenario", "checks")
        cases = {name: BaselineCase(passed, n, same) for name, (passed, n) in counts.items()}
        return Ruler(Baseline("bot", "", "", False, (), cases, label), hashes=dict.fromkeys(cases, same))

    return make


@pytest.fixture
def show() -> Callable[[Verdict], str]:
    """All that a verdict says."""

    def describe(verdict: Verdict) -> str:
        parts = [f"  {part.kind} {part.name}: {part.word}: {part.reason}" for part in verdict.parts]
        hints = [f"  > {hint}" for hint in verdict.hints]
        return "\n".join([f"{verdict.gate} {verdict.word.upper()}: {verdict.reason}", *parts, *hints])

    return describe
