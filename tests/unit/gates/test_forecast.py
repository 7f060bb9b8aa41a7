from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from syrupy.assertion import SnapshotAssertion

from pytest_arc.domain.baseline import Baseline, BaselineCase, CaseHashes
from pytest_arc.domain.forecast import GateForecast
from pytest_arc.domain.gates import ReliabilityGate, ThresholdGate
from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.result import Estimate
from pytest_arc.gates.forecast import chance_of_verdict, forecast_gates, hint_decision, propose_trials
from pytest_arc.stats import one_look_gate

MakeAgent = Callable[..., AgentPlan]


@settings(max_examples=50, deadline=None)
@given(
    minimum=st.floats(0.05, 0.99), S=st.integers(1, 30), trials=st.integers(1, 10), rate=st.floats(1e-6, 1)
)
def test_the_chance_of_a_verdict_is_that_of_all_counts_which_give_one(
    minimum: float, S: int, trials: int, rate: float
) -> None:
    n = S * trials
    deciding = [s for s in range(n + 1) if one_look_gate(s, n, minimum).verdict != "inconclusive"]
    expected = sum(scipy_stats.binom.pmf(deciding, n, rate)) if deciding else 0.0

    assert chance_of_verdict(minimum, 0.95, S, trials, trials, rate) == pytest.approx(expected, abs=1e-9)


def test_rounds_decide_nearly_as_often_as_all_their_trials_at_once() -> None:
    at_once = chance_of_verdict(0.9, 0.95, 50, 20, 20, 0.93)
    in_rounds = chance_of_verdict(0.9, 0.95, 50, 1, 20, 0.93)

    assert at_once - 0.1 < in_rounds < at_once


def test_an_agent_far_from_the_minimum_is_decided_for_certain() -> None:
    assert chance_of_verdict(0.9, 0.95, 50, 1, 20, 0.6) == pytest.approx(1.0, abs=1e-9)
    assert chance_of_verdict(0.9, 0.95, 50, 1, 20, 1.0) == pytest.approx(1.0, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(
    minimum=st.floats(0.5, 0.95),
    S=st.integers(1, 15),
    trials=st.integers(1, 30),
    room=st.integers(0, 10),
    rate=st.floats(0, 1),
)
def test_proposed_trials_are_more_than_planned_and_likely_to_decide(
    minimum: float, S: int, trials: int, room: int, rate: float
) -> None:
    most = trials + room

    proposed = propose_trials(minimum, 0.95, S, trials, most, rate)

    if proposed is None:
        first = trials if room else 100
        assert most >= 100 or chance_of_verdict(minimum, 0.95, S, first, 100, rate) < 0.8
    else:
        assert most < proposed <= 100
        first = trials if room else proposed
        assert chance_of_verdict(minimum, 0.95, S, first, proposed, rate) >= 0.8


def hint(passed: int, n: int, plan: tuple[int, int, int], minimum: float = 0.9, **known: float) -> list[str]:
    estimate = Estimate(passed, n, 0.0, 1.0)
    return list(hint_decision(ThresholdGate(min=minimum), estimate, *plan, **known))


def test_an_undecided_gate_says_what_would_decide_it(snapshot: SnapshotAssertion) -> None:
    assert {
        "of the design": hint(24, 25, (5, 5, 5), minimum=0.85, cost_usd=0.0104, time_s=2.0),
        "free": hint(24, 25, (5, 5, 5), minimum=0.85, time_s=2.0),
        "costs nothing": hint(24, 25, (5, 5, 5), minimum=0.85, cost_usd=0.0),
        "likely to fail": hint(40, 50, (10, 5, 5)),
        "all passed": hint(3, 3, (1, 3, 3)),
        "one more": hint(1, 2, (1, 2, 2), minimum=0.1),
        "in rounds": hint(920, 1000, (50, 3, 20), cost_usd=0.0104, time_s=2.0),
        "too near": hint(46, 50, (10, 5, 5), cost_usd=0.0104, time_s=200.0),
        "much too near": hint(45, 50, (10, 5, 5)),
        "at the end of the ladder": hint(899, 1000, (10, 100, 100)),
    } == snapshot


def test_the_chance_told_is_the_exact_one() -> None:
    (sentence,) = hint(24, 25, (5, 5, 5), minimum=0.85)
    exact = chance_of_verdict(0.85, 0.95, 5, 10, 10, 0.96)

    assert sentence.endswith(f"is then {int(exact * 100)} %.")


def find(agent: AgentPlan, baseline: Baseline | None = None) -> dict[str, GateForecast]:
    return {gate.gate: gate for gate in forecast_gates(agent, baseline=baseline).gates}


def scenarios(count: int, **keys: Any) -> list[dict[str, Any]]:
    return [{"id": f"s{number}", **keys} for number in range(count)]


def test_a_gate_with_too_few_trials_cannot_pass_but_can_fail(agent: MakeAgent) -> None:
    gate = find(agent(*scenarios(3), gate=0.85, trials=5))["reliability"]

    assert (gate.can_pass, gate.can_fail) == (False, True)
    assert gate.note == "cannot pass with 15 trials: 19 all-passing are the least"


def test_a_low_minimum_cannot_fail_with_few_trials(agent: MakeAgent) -> None:
    gate = find(agent(*scenarios(1), gate=0.2, trials=5))["reliability"]

    assert (gate.can_pass, gate.can_fail) == (True, False)


def test_chances_are_told_five_points_above_and_below_the_minimum(agent: MakeAgent) -> None:
    above, below = find(agent(*scenarios(50), gate=0.9))["reliability"].chances

    assert (above.rate, below.rate) == pytest.approx((0.95, 0.85))
    assert above.verdict == chance_of_verdict(0.9, 0.95, 50, 5, 5, above.rate)
    assert below.verdict == chance_of_verdict(0.9, 0.95, 50, 5, 5, below.rate)


@pytest.mark.parametrize("minimum, rates", [(0.98, (0.99, 0.93)), (0.04, (0.09, 0.02))])
def test_near_0_and_1_they_are_told_half_the_way(
    agent: MakeAgent, minimum: float, rates: tuple[float, float]
) -> None:
    chances = find(agent(*scenarios(50), gate=minimum))["reliability"].chances

    assert tuple(chance.rate for chance in chances) == pytest.approx(rates)


def test_a_group_is_forecast_over_its_own_scenarios(agent: MakeAgent) -> None:
    bot = agent(*scenarios(20), {"id": "fx/eur"}, gates={"groups": {"fx": 0.85}, "reliability": 0.85})

    gates = find(bot)

    assert gates["reliability"].can_pass
    assert gates["group/fx"].note == "cannot pass with 5 trials: 19 all-passing are the least"


def test_scenarios_set_aside_do_not_count(agent: MakeAgent) -> None:
    forecast = forecast_gates(agent(*scenarios(3), {"id": "x", "skip": "later"}, {"id": "y", "xfail": "bug"}))

    assert (forecast.cases, forecast.trials) == (4, 20)
    assert forecast.gates[0].note == "cannot pass with 15 trials: 19 all-passing are the least"


def test_a_gate_whose_scenarios_are_all_set_aside_decides_nothing(agent: MakeAgent) -> None:
    gate = find(agent({"id": "x", "xfail": "bug"}))["reliability"]

    assert (gate.can_pass, gate.can_fail, gate.note) == (False, False, "no scenario counts for it")


def test_a_population_needs_scenarios_not_trials(agent: MakeAgent) -> None:
    gate: Mapping[str, Any] = {"min": 0.9, "over": "population"}
    few = find(agent(*scenarios(10), gate=gate, trials=100))["reliability"]
    enough = find(agent(*scenarios(35), gate=gate, trials=1))["reliability"]

    assert (few.can_pass, few.can_fail, few.chances) == (False, True, ())
    assert few.note == "cannot pass with 10 scenarios: 35 all-passing are the least"
    assert enough.can_pass
    assert isinstance(agent(*scenarios(1), gate=gate).profile.gates.reliability, ReliabilityGate)


def test_a_dimension_counts_the_scenarios_with_a_check_that_speaks_for_it(agent: MakeAgent) -> None:
    fault = {"tools": [{"name": "search"}], "gates": {"dimensions": {"error_handling": 0.8}}}
    faulty = scenarios(9, faults=[{"tool": "search", "kind": "timeout"}])
    named = {"id": "x", "expect": [{"answer_contains": "a", "dimension": "error_handling"}]}
    plain = {"id": "y"}

    nine, ten = find(agent(*faulty, plain, **fault)), find(agent(*faulty, named, plain, **fault))

    assert nine["dimension/error_handling"] == GateForecast(
        "dimension/error_handling", False, False, "9 scenarios measure it; 10 are the least"
    )
    assert ten["dimension/error_handling"].can_pass
    assert ten["dimension/error_handling"].can_fail


def test_performance_needs_five_scenarios(agent: MakeAgent) -> None:
    keys = {"gates": {"performance": 0.15}}

    assert find(agent(*scenarios(5), **keys))["performance"].can_fail
    assert find(agent(*scenarios(1), **keys))["performance"] == GateForecast(
        "performance", False, False, "1 scenario measures it; 5 are the least"
    )


def record(passed: int, n: int, *ids: str) -> Baseline:
    cases = {id: BaselineCase(passed, n, CaseHashes("s", "c")) for id in ids}
    return Baseline("bot", "i", "python agents:agent", False, (), cases, label="main 3f2c1a9")


def test_regression_says_how_small_a_drop_it_would_find(agent: MakeAgent) -> None:
    bot = agent(*scenarios(20), gates={"regression": 0.05})
    ids = [case.scenario.id for case in bot.cases]

    small, large = (find(bot, record(n * 9 // 10, n, *ids))["regression"] for n in (50, 10))

    assert small.detectable_drop is not None
    assert large.detectable_drop is not None
    assert 0.05 < small.detectable_drop < large.detectable_drop < 0.2
    assert small.note == "against main 3f2c1a9, 1,000 trials"


def test_regression_without_something_to_compare_with_decides_nothing(agent: MakeAgent) -> None:
    bot = agent(*scenarios(2), gates={"regression": 0.05})

    assert find(bot)["regression"].note == "no baseline to compare with"
    assert find(bot, record(9, 10, "other"))["regression"].note == "main 3f2c1a9 has none of these scenarios"
    blind = find(bot, record(0, 10, "s0", "s1"))["regression"]
    assert blind == GateForecast(
        "regression", True, False, "even a drop to 0 % would be missed (main 3f2c1a9, 20 trials)"
    )
