from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from scipy.stats import contingency

from pytest_arc.stats import cmh_z, diff_ci, mean_rates, regression_ci, regression_odds_ci, regression_p

Runs = tuple[list[int], list[int], list[int], list[int]]


@st.composite
def two_runs(draw: st.DrawFn, scenarios: int = 8, most: int = 12) -> Runs:
    size = draw(st.integers(1, scenarios))
    n0, n1 = (draw(st.lists(st.integers(1, most), min_size=size, max_size=size)) for _ in range(2))
    c0, c1 = ([draw(st.integers(0, n)) for n in trials] for trials in (n0, n1))
    return c0, n0, c1, n1


def enumerate_p(runs: Runs, midp: bool) -> float:
    """The definition, without any convolution: all ways the passes can fall, one by one."""
    strata = [
        [
            (x, math.comb(t1, x) * math.comb(t0, p0 + p1 - x) / math.comb(t0 + t1, p0 + p1))
            for x in range(max(0, p0 + p1 - t0), min(t1, p0 + p1) + 1)
        ]
        for p0, t0, p1, t1 in zip(*runs, strict=True)
    ]
    observed, below, equal = sum(runs[2]), 0.0, 0.0
    for combination in product(*strata):
        probability = math.prod(p for _, p in combination)
        total = sum(x for x, _ in combination)
        below += probability * (total < observed)
        equal += probability * (total == observed)
    return below + equal * (0.5 if midp else 1.0)


@given(runs=two_runs(scenarios=4, most=5), midp=st.booleans())
def test_p_is_the_share_of_all_ways_the_passes_can_fall(runs: Runs, midp: bool) -> None:
    assert regression_p(*runs, midp) == pytest.approx(enumerate_p(runs, midp), abs=1e-10)


@given(runs=two_runs(scenarios=1, most=80))
def test_one_scenario_is_fishers_exact_test(runs: Runs) -> None:
    (c0,), (n0,), (c1,), (n1,) = runs
    table = [[c1, n1 - c1], [c0, n0 - c0]]

    _, expected = scipy_stats.fisher_exact(table, alternative="less")

    assert regression_p(*runs, midp=False) == pytest.approx(expected, abs=1e-9)


@given(broken=st.integers(0, 40), fixed=st.integers(0, 40), unchanged=st.integers(1, 40))
def test_single_trials_are_mcnemars_test(broken: int, fixed: int, unchanged: int) -> None:
    c0 = [1] * broken + [0] * fixed + [1] * unchanged
    c1 = [0] * broken + [1] * fixed + [1] * unchanged
    ones = [1] * len(c0)
    coins = (broken + fixed, 0.5)

    expected = scipy_stats.binom.cdf(fixed, *coins) - scipy_stats.binom.pmf(fixed, *coins) / 2

    assert regression_p(c0, ones, c1, ones) == pytest.approx(expected, abs=1e-9)


@given(runs=two_runs())
def test_exchanging_the_runs_turns_worse_into_better(runs: Runs) -> None:
    c0, n0, c1, n1 = runs

    assert regression_p(c0, n0, c1, n1) + regression_p(c1, n1, c0, n0) == pytest.approx(1.0)
    assert cmh_z(c0, n0, c1, n1) + cmh_z(c1, n1, c0, n0) == pytest.approx(1.0)


def test_equal_runs_without_any_failure_say_nothing() -> None:
    runs = [10] * 30, [10] * 30, [3] * 30, [3] * 30

    assert regression_p(*runs) == pytest.approx(0.5)
    assert cmh_z(*runs) == 0.5
    assert regression_odds_ci(*runs) == (0.0, math.inf)


def test_normal_approximation_comes_close_where_counts_are_large() -> None:
    runs = [160, 120, 90] * 4, [200] * 12, [150, 115, 84] * 4, [200] * 12

    assert cmh_z(*runs) == pytest.approx(regression_p(*runs), rel=0.03)


@given(runs=two_runs(), conf=st.floats(0.6, 0.99), midp=st.booleans())
def test_interval_and_test_never_contradict_each_other(runs: Runs, conf: float, midp: bool) -> None:
    level = 1 - conf
    p = regression_p(*runs, midp)
    if abs(p - level) < 1e-9:
        return

    assert (regression_odds_ci(*runs, conf, midp).high < 1.0) == (p < level)
    assert (regression_ci(*runs, conf, midp).high < 0.0) == (p < level)


@given(runs=two_runs(scenarios=1, most=30), conf=st.floats(0.6, 0.99))
def test_odds_ratio_of_one_scenario_has_the_exact_interval_of_scipy(runs: Runs, conf: float) -> None:
    (c0,), (n0,), (c1,), (n1,) = runs
    if not 0 < c0 + c1 < n0 + n1:
        return
    table = [[c1, n1 - c1], [c0, n0 - c0]]

    expected = contingency.odds_ratio(table, kind="conditional").confidence_interval(conf)

    actual = regression_odds_ci(*runs, (1 + conf) / 2, midp=False)
    assert actual == pytest.approx((expected.low, expected.high), rel=1e-5)


@given(runs=two_runs(), conf=st.floats(0.6, 0.99))
def test_change_of_rate_stays_possible_and_its_ends_in_order(runs: Runs, conf: float) -> None:
    low, high = regression_ci(*runs, conf)

    assert -1.0 <= low <= high <= 1.0


@given(runs=two_runs(), conf=st.floats(0.76, 0.999))
def test_change_of_rate_lies_between_its_bounds(runs: Runs, conf: float) -> None:
    then, now = mean_rates(*runs)
    low, high = regression_ci(*runs, conf)
    assert low - 1e-9 <= now - then <= high + 1e-9


def test_scenarios_that_always_passed_say_how_much_they_may_have_lost() -> None:
    low, high = regression_ci([50] * 20, [50] * 20, [5] * 20, [5] * 20)
    # Of 100 trials that passed, Wilson's one-sided bound leaves z^2 / (100 + z^2) = .0263 to fail.
    assert low == pytest.approx(-0.02634, abs=1e-5)
    assert 0.0 < high < 0.01


@pytest.mark.parametrize("rates", [[0.9] * 20, [0.99] * 10 + [0.6] * 10])
def test_a_drop_is_ruled_out_wrongly_in_one_case_of_twenty_at_most(rates: list[float]) -> None:
    # Not in .05 of the runs: 36 of 400 would have a chance below .001 then.
    random = Random(5)
    wrong = 0
    for _ in range(400):
        then = [sum(random.random() < rate for _ in range(20)) for rate in rates]
        now = [sum(random.random() < rate - 0.05 for _ in range(5)) for rate in rates]
        wrong += regression_ci(then, [20] * 20, now, [5] * 20).low > -0.05
    assert wrong < 36


def test_change_of_rate_reflects_the_drop_that_was_seen() -> None:
    low, high = regression_ci([45] * 20, [50] * 20, [35] * 20, [50] * 20)

    assert -0.3 < low < -0.2 < high < -0.1


@given(runs=two_runs(), conf=st.floats(0.6, 0.99))
def test_paired_interval_is_the_t_interval_of_scipy_over_changes_and_two_pseudo_changes(
    runs: Runs, conf: float
) -> None:
    changes = [p1 / t1 - p0 / t0 for p0, t0, p1, t1 in zip(*runs, strict=True)]
    changes += [1 / min(runs[3]), -1 / min(runs[3])]

    expected = scipy_stats.t.interval(
        conf, len(changes) - 1, loc=sum(changes) / len(changes), scale=scipy_stats.sem(changes)
    )

    assert diff_ci(*runs, (1 + conf) / 2) == pytest.approx(expected, abs=1e-8)


def test_paired_interval_keeps_a_width_when_every_scenario_agrees() -> None:
    low, high = diff_ci([10] * 30, [10] * 30, [3] * 30, [3] * 30)

    assert low < -0.02 < 0.02 < high


@pytest.mark.parametrize("function", [regression_p, cmh_z, diff_ci, regression_odds_ci, regression_ci])
def test_runs_of_different_scenarios_are_refused(function: Callable[..., object]) -> None:
    with pytest.raises(ValueError, match="the baseline has 2 scenarios, the candidate 1"):
        function([1, 1], [2, 2], [1], [2])
    with pytest.raises(ValueError, match="3 of 2 trials cannot have passed"):
        function([3], [2], [1], [2])
