"""The performance gate: growth per metric, what decides, what is only shown, what it says."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from pytest_arc.domain.baseline import (
    METRICS,
    Baseline,
    BaselineCase,
    BaselineRun,
    CaseHashes,
    Metric,
    Ruler,
)
from pytest_arc.domain.gates import PerformanceGate
from pytest_arc.domain.plan import AgentPlan, Case, Origin
from pytest_arc.domain.profile import AgentProfile
from pytest_arc.domain.result import TrialResult, Verdict
from pytest_arc.domain.scenario import Scenario
from pytest_arc.domain.trajectory import Usage
from pytest_arc.gates import Ledger
from pytest_arc.gates.comparison import Comparison, compare
from pytest_arc.gates.performance import judge_performance

Shows = Callable[[Verdict], str]

GATE = PerformanceGate(cost=0.15, tokens=0.15, steps=0.15)
USUAL: Mapping[Metric, float] = {"cost": 0.01, "tokens": 2000.0, "steps": 8.0, "latency": 3.0}


def _run(
    now: Mapping[Metric, float | None] = {},
    then: Mapping[Metric, float | None] = {},
    scenarios: int = 20,
    clock: Any = "virtual",
    runs: int = 1,
) -> tuple[Comparison, Ledger]:
    """Scenarios that all show `USUAL`, but for what `then` and `now` say; None: not measured."""
    same = CaseHashes("scenario", "checks")
    profile = AgentProfile.model_validate({"name": "bot", "target": {"python": "agents:agent"}})
    scenario = {"user": "go", "expect": [{"answer_contains": "yes"}]}
    cases = tuple(
        Case(
            profile,
            Scenario.model_validate({"id": f"s{n}"} | scenario),
            3,
            3,
            profile.limits,
            Origin("s.yaml"),
        )
        for n in range(scenarios)
    )
    found: dict[Metric, float | None] = {**USUAL, **now}
    expected: dict[Metric, float | None] = {**USUAL, **then}
    before: dict[Metric, float] = {name: value for name, value in expected.items() if value is not None}
    ledger = Ledger()
    for case in cases:
        for trial in range(1, 4):
            ledger.add(_make_trial(case.id, trial, found, clock))
    pooled = tuple(BaselineRun(str(n), "2026-11-21", None, n, 60) for n in range(runs))
    held = {case.scenario.id: BaselineCase(30, 30, same, before) for case in cases}
    ruler = Ruler(
        Baseline("bot", "", "", False, pooled, held, "main 3f2c1a9"), hashes=dict.fromkeys(held, same)
    )
    return compare(AgentPlan(profile, "bot.yaml", cases, 3, 3), ledger, ruler), ledger


def _make_trial(case: str, trial: int, found: Mapping[Metric, float | None], clock: Any) -> TrialResult:
    tokens, cost = found["tokens"], found["cost"]
    usage = None if tokens is None else Usage(input_tokens=round(tokens), cost_usd=cost)
    steps, latency_s = round(found["steps"] or 0), found["latency"] or 0.0
    return TrialResult(
        case, trial, 0, "passed", None, "", (), {}, None, steps, latency_s, clock=clock, usage=usage
    )


def test_an_unchanged_agent_passes(show: Shows, snapshot: SnapshotAssertion) -> None:
    verdict = judge_performance(GATE, *_run())
    assert (verdict.word, verdict.fails) == ("passed", False)
    assert show(verdict) == snapshot


def test_a_metric_that_grew_beyond_its_limit_fails_the_gate(show: Shows, snapshot: SnapshotAssertion) -> None:
    verdict = judge_performance(GATE, *_run({"cost": 0.0152, "tokens": 2040.0}))
    assert (verdict.word, verdict.fails) == ("failed", True)
    assert show(verdict) == snapshot


def test_less_is_never_a_failure(show: Shows, snapshot: SnapshotAssertion) -> None:
    verdict = judge_performance(GATE, *_run({"cost": 0.005, "tokens": 100.0, "steps": 4.0, "latency": 1.0}))
    assert verdict.word == "passed"
    assert show(verdict) == snapshot


def test_growth_that_is_the_limit_on_paper_is_neither_proved_nor_ruled_out() -> None:
    exact = _run({"steps": 22.0}, {"steps": 19.0})  # (22 + 1) / (19 + 1) = 1.15
    assert judge_performance(PerformanceGate(steps=0.15), *exact).word == "inconclusive"


def test_free_calls_have_not_grown() -> None:
    free = _run({"cost": 0.0}, {"cost": 0.0})
    assert judge_performance(PerformanceGate(cost=0.15), *free).word == "passed"


def test_a_metric_without_a_limit_decides_nothing(show: Shows, snapshot: SnapshotAssertion) -> None:
    verdict = judge_performance(PerformanceGate(tokens=0.15), *_run({"cost": 0.05, "latency": 9.0}))
    assert verdict.word == "passed"
    assert show(verdict) == snapshot


def test_a_gate_without_any_limit_decides_nothing(show: Shows, snapshot: SnapshotAssertion) -> None:
    verdict = judge_performance(PerformanceGate(), *_run())
    assert verdict.word == "inconclusive"
    assert show(verdict) == snapshot


@pytest.mark.parametrize(
    "now, then", [({"cost": None}, {}), ({}, {"cost": None}), ({"tokens": None}, {"tokens": None})]
)
def test_what_is_not_measured_on_both_sides_is_said(
    show: Shows, snapshot: SnapshotAssertion, now: Mapping[Metric, None], then: Mapping[Metric, None]
) -> None:
    verdict = judge_performance(GATE, *_run(now, then))
    assert (verdict.word, verdict.fails) == ("inconclusive", False)
    assert show(verdict) == snapshot


def test_fewer_than_five_scenarios_decide_nothing(show: Shows, snapshot: SnapshotAssertion) -> None:
    verdict = judge_performance(GATE, *_run({"cost": 1.0}, scenarios=4))
    assert verdict.word == "inconclusive"
    assert show(verdict) == snapshot


def test_latency_of_a_real_clock_is_not_judged_without_knowing_how_it_varies(
    show: Shows, snapshot: SnapshotAssertion
) -> None:
    slow = _run({"latency": 9.0}, clock="wall")
    verdict = judge_performance(PerformanceGate(latency=0.15), *slow)
    assert verdict.word == "inconclusive"
    assert show(verdict) == snapshot


def test_latency_of_a_simulated_clock_is_judged(show: Shows, snapshot: SnapshotAssertion) -> None:
    verdict = judge_performance(PerformanceGate(latency=0.15), *_run({"latency": 9.0}))
    assert verdict.word == "failed"
    assert show(verdict) == snapshot


def test_the_spread_between_runs_widens_the_bounds_and_more_runs_narrow_them() -> None:
    gate = PerformanceGate(latency=0.15, latency_sd=0.1)

    def judge(runs: int) -> tuple[str, float]:
        verdict = judge_performance(gate, *_run({"latency": 4.0}, clock="wall", runs=runs))
        (change,) = [part.change for part in verdict.parts if part.name == "latency"]
        assert change is not None
        return verdict.word, change.value - change.low

    # Growth of 33 %, limit 15 %: a distance of .147 in logarithms; 1.645 * .1 * sqrt(1 + 1/runs) is known.
    assert judge(1) == ("inconclusive", pytest.approx(0.23262, abs=1e-4))
    assert judge(10)[1] == pytest.approx(0.17252, abs=1e-4)


def test_without_a_baseline_the_gate_says_what_to_do() -> None:
    comparison, ledger = _run()
    nothing = compare(comparison.agent, ledger, Ruler(trouble="no baseline yet: arc baseline update"))
    verdict = judge_performance(PerformanceGate(cost=0.15, on_inconclusive="fail"), nothing, ledger)
    assert (verdict.word, verdict.fails) == ("inconclusive", True)
    assert verdict.reason == "no baseline yet: arc baseline update"


@settings(max_examples=50, deadline=None)
@given(
    now=st.floats(1e-4, 1.0),
    then=st.floats(1e-4, 1.0),
    limit=st.floats(0.01, 2.0),
    scenarios=st.integers(1, 30),
)
def test_verdict_and_bounds_never_contradict_each_other(
    now: float, then: float, limit: float, scenarios: int
) -> None:
    verdict = judge_performance(
        PerformanceGate(cost=limit), *_run({"cost": now}, {"cost": then}, scenarios=scenarios)
    )
    (change,) = [part.change for part in verdict.parts if part.name == "cost"]
    assert change is not None
    assert change.low <= change.value <= change.high
    offset = METRICS["cost"]
    assert change.value == pytest.approx(math.log((now + offset) / (then + offset)))
    if verdict.word == "failed":
        assert change.low > math.log1p(limit)
    if verdict.word == "passed":
        assert change.high < math.log1p(limit)
    assert (scenarios >= 5) or verdict.word == "inconclusive"
