"""What deciding costs, against a loop of plain Python in the same minutes."""

from __future__ import annotations

from typing import Any

import pytest
from measuring import Figure, compare_with_loop, judge

from pytest_arc.domain.baseline import Baseline, BaselineCase, CaseHashes, Ruler
from pytest_arc.domain.plan import AgentPlan, Case, Origin
from pytest_arc.domain.profile import AgentProfile
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.scenario import Scenario
from pytest_arc.domain.settings import Settings
from pytest_arc.gates import (
    Ledger,
    alarms,
    cases,
    decide_counting,
    evaluate,
    judge_case,
    request_fresh_trials,
    threshold,
)
from pytest_arc.planning import make_plan, plan_agent
from pytest_arc.stats import gate_bounds, regression

# Promised are 400 ms for the bounds and 50 ms for the verdicts on a machine that adds up a million numbers
# in 25 ms.
BOUNDS, VERDICTS = 16, 2


def test_bounds_of_a_large_gate_cost_little(figures: list[Figure]) -> None:
    ratios, s = compare_with_loop(lambda: gate_bounds(0.9, 0.95, S=500, max_trials=20))
    promise = "bounds of 500 scenarios x 20: CPU against 10^6 additions"
    figures.append(judge(promise, ratios, BOUNDS, "x", f"{1000 * s:.0f} ms"))


@pytest.mark.parametrize("trials", [20, {"first": 1, "max": 20}])
def test_verdicts_over_a_large_suite_cost_little(trials: object, figures: list[Figure]) -> None:
    agent = _plan(500, trials, {"reliability": 0.9})
    ledger = Ledger(_finish(case, trial) for case in agent.cases for trial in range(1, 21))
    counting = decide_counting(make_plan([agent]), Settings())

    def decide() -> None:
        _forget()
        evaluate(agent, ledger, counting, seed=0)
        for case in agent.cases:
            judge_case(case, ledger, "reliability")

    ratios, s = compare_with_loop(decide)
    promise = f"verdicts of 500 cases x 20 {'at once' if trials == 20 else 'in rounds'}: the same"
    figures.append(judge(promise, ratios, VERDICTS, "x", f"{1000 * s:.0f} ms"))


def test_the_verdict_against_a_baseline_of_a_large_suite_costs_little(figures: list[Figure]) -> None:
    agent = _plan(500, 20, {"regression": {}})
    ledger = Ledger(_finish(case, trial) for case in agent.cases for trial in range(1, 21))
    counting, ruler = decide_counting(make_plan([agent]), Settings()), _pool_runs(agent)

    def decide() -> None:
        _forget()
        request_fresh_trials(agent, ledger, counting, ruler)
        evaluate(agent, ledger, counting, 0, ruler)

    ratios, s = compare_with_loop(decide)
    promise = "verdict of 500 cases x 20 against a baseline: the same"
    figures.append(judge(promise, ratios, VERDICTS, "x", f"{1000 * s:.0f} ms"))


def _plan(scenarios: int, trials: object, gates: dict[str, Any]) -> AgentPlan:
    profile = AgentProfile.model_validate(
        {"name": "bot", "target": {"model": "reference"}, "trials": trials, "gates": gates}
    )
    expect = [{"answer_contains": "yes"}]
    found = [
        Scenario.model_validate({"id": f"g{n % 10}/s{n}", "user": "go", "expect": expect})
        for n in range(scenarios)
    ]
    return plan_agent(profile, "bot.yaml", [(one, Origin("scenarios.yaml", 3)) for one in found], Settings())


def _pool_runs(agent: AgentPlan) -> Ruler:
    """A baseline of 50 trials of each scenario; no two neighbours have the same rate."""
    same = CaseHashes("scenario", "checks")
    cases = {case.scenario.id: BaselineCase(50 - n % 8, 50, same) for n, case in enumerate(agent.cases)}
    baseline = Baseline("bot", "", "", False, (), cases)
    return Ruler(baseline, hashes=dict.fromkeys(cases, same))


def _finish(case: Case, trial: int) -> TrialResult:
    """Nine of ten pass: right at the minimum, so that no look decides and all are taken."""
    if (int(case.scenario.id.partition("/s")[2]) + trial) % 10:
        return TrialResult(case.id, trial, 0, "passed", None, "", (), {}, None)
    return TrialResult(case.id, trial, 0, "failed", "agent", "wrong", (), {}, None)


def _forget() -> None:
    """Let nothing be known from the last time: a run decides once."""
    for remembering in (
        threshold._find_bounds,
        cases._estimate,
        alarms._test_scenario,
        regression._convolve_counted,
    ):
        remembering.cache_clear()
