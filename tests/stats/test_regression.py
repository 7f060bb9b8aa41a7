"""The regression gate as a whole, on agents whose rates are known: how often it is wrong, what it finds.

Runs go as a session does them: first trials, the fresh ones the gate asks for until it asks for none, and
what became of its alarms: one that stands is a red gate. Figures in comments are of thousands of runs. The
tests repeat some with fixed seeds, enough that the asserted bound is well away from the figure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import pytest

from pytest_arc.domain.baseline import Baseline, BaselineCase, CaseHashes, Ruler
from pytest_arc.domain.gates import RegressionGate
from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.result import TrialResult
from pytest_arc.gates import Ledger
from pytest_arc.gates.alarms import answer_alarms
from pytest_arc.gates.comparison import compare
from pytest_arc.gates.regression import request_confirmation

Agents = Callable[..., AgentPlan]

SAME = CaseHashes("scenario", "checks")
USUAL = [0.99] * 40 + [0.90] * 12 + [0.60] * 6 + [0.20] * 2
SUITES = {"all .9": [0.9] * 50, "half .99, half .6": [0.99] * 25 + [0.6] * 25}


@pytest.mark.parametrize("groups", [1, 5])
def test_an_unchanged_agent_is_seldom_red(agent: Agents, groups: int) -> None:
    # Red in .006 of the runs with one group, in .013 with five; 16 of 300 have a chance below 1e-6 then.
    runs = 300
    red = _count_red(agent(60, 5, groups), USUAL, USUAL, pooled=50, runs=runs, seed=1)
    assert red <= 0.05 * runs


def test_one_dead_scenario_is_found(agent: Agents) -> None:
    # Found in every one of thousands. All of 100 here: at least .97 with 95 % confidence.
    plan = agent(60, 5, 5)
    dead = [0.0, *USUAL[1:]]
    random = Random(2)
    for _ in range(100):
        ruler = _draw_baseline(plan, USUAL, 50, random)
        assert "g0/s0" in _run_against(plan, ruler, dead, random)


@pytest.mark.parametrize("suite", SUITES)
def test_an_even_drop_of_ten_points_is_found(agent: Agents, suite: str) -> None:
    # Found in .84 and .78 of the runs: .75 is 2.4 standard deviations below the lower one at 1,000.
    rates = SUITES[suite]
    runs = 1000
    lower = [rate - 0.1 for rate in rates]
    red = _count_red(agent(50, 3), rates, lower, pooled=10, runs=runs, seed=3)
    assert red >= 0.75 * runs


def _count_red(
    plan: AgentPlan, then: Sequence[float], now: Sequence[float], pooled: int, runs: int, seed: int
) -> int:
    random = Random(seed)
    return sum(
        bool(_run_against(plan, _draw_baseline(plan, then, pooled, random), now, random)) for _ in range(runs)
    )


def _draw_baseline(plan: AgentPlan, rates: Sequence[float], trials: int, random: Random) -> Ruler:
    cases = {
        case.scenario.id: BaselineCase(sum(random.random() < rate for _ in range(trials)), trials, SAME)
        for case, rate in zip(plan.cases, rates, strict=True)
    }
    baseline = Baseline("bot", "", "", False, (), cases, "main 3f2c1a9")
    return Ruler(baseline, hashes=dict.fromkeys(cases, SAME))


def _run_against(plan: AgentPlan, ruler: Ruler, rates: Sequence[float], random: Random) -> list[str]:
    """What the gate fails for: scenarios, groups, the suite."""
    gate = RegressionGate()
    rate_of = {case.id: rate for case, rate in zip(plan.cases, rates, strict=True)}
    ledger = Ledger()

    def run_trials(case: str, count: int) -> None:
        first = len(ledger.list_trials(case)) + 1
        for trial in range(first, first + count):
            outcome = "passed" if random.random() < rate_of[case] else "failed"
            ledger.add(TrialResult(case, trial, 0, outcome, None, "", (), {}, None))

    for case in plan.cases:
        run_trials(case.id, plan.trials)
    comparison = compare(plan, ledger, ruler)
    while missing := request_confirmation(gate, comparison, ledger):
        for case, count in missing.items():
            run_trials(case, count)
    return [answer.alarm.name for answer in answer_alarms(gate, comparison, ledger) if answer.stands]
