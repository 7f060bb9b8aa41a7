"""What deciding costs, against a loop of plain Python in the same minutes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import pytest
from measuring import Figure, judge

from pytest_arc.domain.plan import AgentPlan, Case, Origin
from pytest_arc.domain.profile import AgentProfile
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.scenario import Scenario
from pytest_arc.domain.settings import Settings
from pytest_arc.gates import Ledger, decide_counting, evaluate, judge_case, threshold
from pytest_arc.planning import make_plan
from pytest_arc.stats import gate_bounds

# Promised are 400 ms for the bounds and 50 ms for the verdicts on a machine that adds up a million numbers
# in 25 ms.
BOUNDS, VERDICTS = 16, 2


def test_bounds_of_a_large_gate_cost_little(figures: list[Figure]) -> None:
    ratios, ms = _compare(lambda: gate_bounds(0.9, 0.95, S=500, max_trials=20))
    promise = "bounds of 500 scenarios x 20: CPU against 10^6 additions"
    figures.append(judge(promise, ratios, BOUNDS, "x", f"{ms:.0f} ms"))


@pytest.mark.parametrize("trials", [20, {"first": 1, "max": 20}])
def test_verdicts_over_a_large_suite_cost_little(trials: object, figures: list[Figure]) -> None:
    agent = _make_agent(500, 20, trials)
    ledger = Ledger(_finish(case, trial) for case in agent.cases for trial in range(1, 21))
    counting = decide_counting(make_plan([agent]), Settings())

    def decide() -> None:
        threshold._find_bounds.cache_clear()
        evaluate(agent, ledger, counting, seed=0)
        for case in agent.cases:
            judge_case(case, ledger, "reliability")

    ratios, ms = _compare(decide)
    promise = f"verdicts of 500 cases x 20 {'at once' if trials == 20 else 'in rounds'}: the same"
    figures.append(judge(promise, ratios, VERDICTS, "x", f"{ms:.0f} ms"))


def _compare(command: Callable[[], object]) -> tuple[list[float], float]:
    """CPU times of a command as multiples of the loop's, run in turn; and its median in milliseconds."""
    pairs = [(_time(command), _time(_add_up)) for _ in range(9)]
    return [ours / loop for ours, loop in pairs], 1000 * statistics.median(ours for ours, _ in pairs)


def _time(command: Callable[[], object]) -> float:
    started = time.process_time()
    command()
    return time.process_time() - started


def _add_up() -> int:
    total = 0
    for number in range(1_000_000):
        total += number
    return total


def _make_agent(scenarios: int, most: int, trials: object) -> AgentPlan:
    profile = AgentProfile.model_validate(
        {"name": "bot", "target": {"python": "agents:agent"}, "trials": trials, "gates": {"reliability": 0.9}}
    )
    first = most if trials == most else 1
    expect = [{"answer_contains": "yes"}]
    cases = tuple(
        Case(
            profile=profile,
            scenario=Scenario.model_validate({"id": f"s{n}", "user": "go", "expect": expect}),
            trials=first,
            max_trials=most,
            limits=profile.limits,
            origin=Origin("scenarios.yaml", 3),
        )
        for n in range(scenarios)
    )
    return AgentPlan(profile, "bot.yaml", cases, first, most)


def _finish(case: Case, trial: int) -> TrialResult:
    """Nine of ten pass: right at the minimum, so that no look decides and all are taken."""
    if (int(case.scenario.id[1:]) + trial) % 10:
        return TrialResult(case.id, trial, 0, "passed", None, "", (), {}, None)
    return TrialResult(case.id, trial, 0, "failed", "agent", "wrong", (), {}, None)
