from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from pytest_arc.stats import cluster_se, least_passing_scenarios, n_eff, reliability_ci, wilson


@st.composite
def suites(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    trials = draw(st.lists(st.integers(1, 20), min_size=2, max_size=30))
    return [draw(st.integers(0, n)) for n in trials], trials


@given(passed=st.lists(st.integers(0, 5), min_size=2, max_size=30))
def test_with_equal_trials_the_standard_error_is_that_of_the_mean_of_rates(passed: list[int]) -> None:
    expected = statistics.stdev(c / 5 for c in passed) / math.sqrt(len(passed))

    assert cluster_se(passed, [5] * len(passed)) == pytest.approx(expected, abs=1e-12)


@given(suite=suites(), conf=st.floats(0.6, 0.99))
def test_effective_trials_never_exceed_the_trials(suite: tuple[list[int], list[int]], conf: float) -> None:
    assert 0.0 <= n_eff(*suite, conf) <= sum(suite[1])


@given(suite=suites(), conf=st.floats(0.6, 0.99), sided=st.sampled_from([1, 2]))
def test_effective_trials_follow_the_formula_with_quantiles_of_scipy(
    suite: tuple[list[int], list[int]], conf: float, sided: int
) -> None:
    (c, n), tail = suite, (1 - conf) / sided
    p = sum(c) / sum(n)
    spread = sum((ci - p * ni) ** 2 for ci, ni in zip(c, n, strict=True))
    if spread < 1e-12:
        return
    variance = len(n) / (len(n) - 1) * spread / sum(n) ** 2
    shrink = special.ndtri(tail) / special.stdtrit(len(n) - 1, tail)

    expected = min(sum(n), p * (1 - p) / variance * shrink**2)

    assert n_eff(c, n, conf, sided) == pytest.approx(expected, rel=1e-6)


def test_more_trials_of_always_passing_scenarios_tell_the_population_nothing_more() -> None:
    few = reliability_ci([3] * 20, [3] * 20, target="population")
    many = reliability_ci([300] * 20, [300] * 20, target="population")

    assert few == many == wilson(20, 20)


def test_scenarios_that_always_agree_within_count_once_each_for_the_population() -> None:
    passed = [10] * 15 + [0] * 5
    population = reliability_ci(passed, [10] * 20, target="population")
    suite = reliability_ci(passed, [10] * 20, target="suite")

    assert population.low < wilson(15, 20).low
    assert population.low < suite.low < suite.high < population.high


def test_scenarios_without_spread_count_every_trial() -> None:
    assert n_eff([4] * 6, [5] * 6) == 30.0


def test_one_scenario_leaves_the_population_open() -> None:
    assert reliability_ci([3], [5], target="population") == (0.0, 1.0)
    assert reliability_ci([5], [5], target="population") == wilson(1, 1)


def test_suite_interval_is_wilson_over_all_trials() -> None:
    assert reliability_ci([5, 3, 1], [5, 5, 2]) == wilson(9, 12)


def test_standard_error_needs_two_scenarios() -> None:
    with pytest.raises(ValueError, match="at least two are needed"):
        cluster_se([3], [5])


@pytest.mark.parametrize(
    "c, n, message",
    [
        ([], [], "at least one scenario is needed"),
        ([1], [1, 1], "1 numbers of passes, but 2 numbers of trials"),
        ([1, 2], [1, 1], "2 of 1 trials cannot have passed"),
        ([0], [0], "at least one trial is needed"),
    ],
)
def test_impossible_suites_are_named(c: list[int], n: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        reliability_ci(c, n)


def test_unknown_target_is_named() -> None:
    with pytest.raises(ValueError, match="not 'everyone'"):
        reliability_ci([1], [2], target="everyone")  # pyright: ignore[reportArgumentType]


@given(minimum=st.floats(0.01, 0.99), confidence=st.floats(0.51, 0.999))
def test_the_least_passing_scenarios_prove_the_minimum_of_the_population_and_one_fewer_does_not(
    minimum: float, confidence: float
) -> None:
    least = least_passing_scenarios(minimum, confidence)

    assert reliability_ci([3] * least, [3] * least, confidence, "population").low >= minimum
    if least > 1:
        fewer = [3] * (least - 1)
        assert reliability_ci(fewer, fewer, confidence, "population").low < minimum
