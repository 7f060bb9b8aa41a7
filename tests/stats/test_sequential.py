"""The gate in rounds as a whole, on agents whose rates are known: how often it is wrong, when it stops.

Exact figures come from the gate's own bounds, by a recursion that `tests/unit` holds to enumeration. The
simulations go the way of a session instead: a ledger of trials, some of them errored, and the looks that
are made of it. Figures in comments are of those recursions; the tests repeat runs with fixed seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from random import Random

import pytest

from pytest_arc.domain.plan import AgentPlan, Case
from pytest_arc.domain.result import TrialResult
from pytest_arc.gates import Ledger
from pytest_arc.gates.rounds import Schedule, make_schedule
from pytest_arc.gates.threshold import Look, take_look
from pytest_arc.stats import Bounds, gate_bounds, gate_characteristics, gate_interval, gate_looks, gs_bounds

Agents = Callable[..., AgentPlan]

PLANS = [
    (5, 20, 0.8),
    (10, 5, 0.85),
    (20, 5, 0.9),
    (20, 20, 0.95),
    (50, 5, 0.85),
    (50, 20, 0.9),
    (200, 5, 0.7),
]


@pytest.mark.parametrize("rounds_first", [0, 1, 3])
@pytest.mark.parametrize("scenarios, most, minimum", PLANS)
def test_just_at_the_minimum_it_is_seldom_wrong(
    scenarios: int, most: int, minimum: float, rounds_first: int
) -> None:
    bounds = gate_bounds(minimum, 0.95, scenarios, most)
    below, above = minimum - 1e-9, minimum + 1e-9

    assert gate_characteristics(bounds, below, first_look=scenarios * rounds_first).p_pass <= 0.0501
    assert gate_characteristics(bounds, above, first_look=scenarios * rounds_first).p_fail <= 0.0501


@pytest.mark.parametrize("rate", [1.0, 0.6])
@pytest.mark.parametrize("first_look", [1, 50])
def test_a_clear_agent_is_decided_with_at_most_60_of_1000_trials(rate: float, first_look: int) -> None:
    bounds = gate_bounds(0.9, 0.95, S=50, max_trials=20)
    seen = gate_characteristics(bounds, rate, first_look)

    assert seen.mean_trials <= 60
    assert (seen.p_pass if rate == 1.0 else seen.p_fail) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("errored", [0.0, 0.05])
@pytest.mark.parametrize("scenarios, first, most, minimum", [(10, 1, 10, 0.85), (20, 2, 5, 0.9)])
def test_on_its_way_through_a_run_it_is_seldom_wrong(
    agent: Agents, scenarios: int, first: int, most: int, minimum: float, errored: float
) -> None:
    # Each error has a chance of at most .05; 40 of 500 have a chance below .003 then.
    plan = _plan(agent, scenarios, first, most, minimum)
    looks = _run_often(plan, minimum, errored, runs=500, seed=4)

    assert sum(look.answer == "pass" for look in looks) <= 40
    assert sum(look.answer == "fail" for look in looks) <= 40


def test_the_interval_of_a_run_covers_its_true_rate(agent: Agents) -> None:
    # Each end misses with a chance of at most .05; 20 of 200 have a chance below .003 then.
    plan = _plan(agent, 10, 1, 10, 0.85)
    for rate in (0.8, 0.9, 0.97):
        ends = [
            gate_interval(look.bounds, look.passed, look.scored, 0.85, 0.95, first_look=look.first_look)
            for look in _run_often(plan, rate, errored=0.05, runs=200, seed=5)
        ]
        assert sum(low > rate for low, _ in ends) <= 20
        assert sum(high < rate for _, high in ends) <= 20


@pytest.mark.parametrize("first_look", [0, 1])
@pytest.mark.parametrize("scenarios, most, minimum", [(10, 5, 0.85), (5, 20, 0.8), (20, 10, 0.9)])
@pytest.mark.parametrize("missing", [0.05, 0.3])
def test_whichever_trials_go_missing_the_level_holds(
    scenarios: int, most: int, minimum: float, missing: float, first_look: int
) -> None:
    # The scored trials of each look are known when it is made, and whether a trial is missing has nothing
    # to do with its outcome: given the pattern, what the gate does is exact again.
    random, planned = Random(6), gate_looks(scenarios, most)
    for _ in range(20):
        scored = _lose_trials(planned, missing, random)
        bounds = _shift_bounds(minimum, planned, scored)
        first = scored[planned.index(scenarios)] if first_look else 1
        seen = gate_characteristics(bounds, minimum, first_look=first)

        assert seen.p_pass <= 0.053
        assert seen.p_fail <= 0.053


def _lose_trials(planned: Sequence[int], missing: float, random: Random) -> list[int]:
    """How many trials are scored at each look when each errs with this chance."""
    kept = [random.random() >= missing for _ in range(planned[-1])]
    return [sum(kept[:upto]) for upto in planned]


def _shift_bounds(minimum: float, planned: Sequence[int], scored: Sequence[int]) -> Bounds:
    """What each look decides, when it knows of the trials missing so far and expects no others."""
    looks: list[int] = []
    pass_at: list[int] = []
    fail_at: list[int] = []
    for j, n in enumerate(scored):
        if n == (looks[-1] if looks else 0):
            continue
        to_come = (later - (planned[j] - n) for later in planned[j + 1 :])
        bounds = _find_bounds(minimum, tuple(sorted({*scored[: j + 1], *to_come} - {0})))
        index = bounds.looks.index(n)
        looks.append(n)
        pass_at.append(bounds.pass_at[index])
        fail_at.append(bounds.fail_at[index])
    return Bounds(tuple(looks), tuple(pass_at), tuple(fail_at))


@lru_cache(maxsize=1000)
def _find_bounds(minimum: float, looks: tuple[int, ...]) -> Bounds:
    return gs_bounds(minimum, 0.05, looks)


def _plan(agent: Agents, scenarios: int, first: int, most: int, minimum: float) -> AgentPlan:
    return agent(scenarios, {"first": first, "max": most}, gates={"reliability": minimum, "errors": 1.0})


def _run_often(agent: AgentPlan, rate: float, errored: float, runs: int, seed: int) -> list[Look]:
    """The last look of each run of an agent whose trials pass at this rate, and err at that."""
    random, schedule = Random(seed), make_schedule(agent, ["reliability"], seed)
    looks = (_run(agent, schedule, rate, errored, random) for _ in range(runs))
    return [look for look in looks if look is not None]


def _run(agent: AgentPlan, schedule: Schedule, rate: float, errored: float, random: Random) -> Look | None:
    """Trials up to each look, until one of them decides."""
    ledger = Ledger()
    begin = 0
    look = None
    for upto in schedule.looks:
        for case, trial in schedule.order[begin:upto]:
            ledger.add(_try(case, trial, rate, errored, random))
        begin = upto
        look = take_look(agent, "reliability", ledger, schedule)
        if look is not None and look.answer != "inconclusive":
            break
    return look


def _try(case: Case, trial: int, rate: float, errored: float, random: Random) -> TrialResult:
    if random.random() < errored:
        return TrialResult(case.id, trial, 0, "errored", "tool", "", (), {}, None)
    if random.random() < rate:
        return TrialResult(case.id, trial, 0, "passed", None, "", (), {}, None)
    return TrialResult(case.id, trial, 0, "failed", "agent", "", (), {}, None)
