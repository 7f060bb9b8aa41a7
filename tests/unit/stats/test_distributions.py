from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special
from scipy import stats as scipy_stats

from pytest_arc.stats.distributions import (
    Pmf,
    beta_quantile,
    betainc,
    binomial_pmf,
    convolve,
    convolve_all,
    hypergeometric_pmf,
    log_betainc,
    normal_cdf,
    normal_quantile,
    t_quantile,
)

rates = st.floats(0.001, 0.999)
shapes = st.floats(0.1, 2000.0)


@given(trials=st.integers(0, 3000), rate=rates | st.sampled_from([0.0, 1.0]))
def test_binomial_masses_are_those_of_scipy(trials: int, rate: float) -> None:
    pmf = binomial_pmf(trials, rate)

    for value in {0, pmf.first, (pmf.first + pmf.last) // 2, int(trials * rate), pmf.last, trials}:
        assert pmf.probability(value) == pytest.approx(scipy_stats.binom.pmf(value, trials, rate), abs=1e-12)


@given(data=st.data(), successes=st.integers(0, 300), failures=st.integers(1, 300))
def test_hypergeometric_masses_are_those_of_scipy(data: st.DataObject, successes: int, failures: int) -> None:
    draws = data.draw(st.integers(0, successes + failures))
    population = (successes + failures, successes, draws)

    pmf = hypergeometric_pmf(successes, failures, draws)

    for value in range(pmf.first - 1, pmf.last + 2):
        assert pmf.probability(value) == pytest.approx(
            scipy_stats.hypergeom.pmf(value, *population), abs=1e-12
        )


@given(data=st.data(), successes=st.integers(1, 40), failures=st.integers(1, 40), log_odds=st.floats(-6, 6))
def test_noncentral_hypergeometric_masses_are_the_tilted_central_ones(
    data: st.DataObject, successes: int, failures: int, log_odds: float
) -> None:
    draws = data.draw(st.integers(1, successes + failures - 1))
    values = range(max(0, draws - failures), min(draws, successes) + 1)
    weights = [
        math.comb(successes, x) * math.comb(failures, draws - x) * math.exp(log_odds * x) for x in values
    ]

    pmf = hypergeometric_pmf(successes, failures, draws, math.exp(log_odds))

    for value, weight in zip(values, weights, strict=True):
        assert pmf.probability(value) == pytest.approx(weight / math.fsum(weights), abs=1e-12)


def test_sum_of_two_dice() -> None:
    die = Pmf(1, [1 / 6] * 6)

    total = convolve(die, die)

    assert (total.first, total.last) == (2, 12)
    assert total.probability(7) == pytest.approx(6 / 36)
    assert total.below(4) == pytest.approx(3 / 36)


@given(trials=st.lists(st.integers(0, 30), max_size=12), rate=rates)
def test_sum_of_binomials_of_one_rate_is_a_binomial(trials: list[int], rate: float) -> None:
    total = convolve_all(binomial_pmf(n, rate) for n in trials)

    for value in range(sum(trials) + 1):
        assert total.probability(value) == pytest.approx(
            scipy_stats.binom.pmf(value, sum(trials), rate), abs=1e-12
        )


def test_cutting_keeps_only_the_named_values() -> None:
    kept = Pmf(3, [0.1, 0.2, 0.3, 0.4]).cut(4, 5)

    assert kept == Pmf(4, [0.2, 0.3])
    assert kept.total() == pytest.approx(0.5)
    assert Pmf(3, [0.5, 0.5]).cut(7, 9).masses == []
    assert Pmf(3, [0.5, 0.5]).cut(0, 2).masses == []


@given(p=st.floats(1e-12, 1.0 - 1e-12))
def test_normal_quantile_is_that_of_scipy(p: float) -> None:
    assert normal_quantile(p) == pytest.approx(special.ndtri(p), rel=1e-10, abs=1e-12)


@given(z=st.floats(-30.0, 30.0))
def test_normal_cdf_is_that_of_scipy(z: float) -> None:
    assert normal_cdf(z) == pytest.approx(special.ndtr(z), rel=1e-12)


@given(a=shapes, b=shapes, x=st.floats(0.0, 1.0))
def test_incomplete_beta_is_that_of_scipy(a: float, b: float, x: float) -> None:
    assert betainc(a, b, x) == pytest.approx(special.betainc(a, b, x), rel=1e-9, abs=1e-15)


def test_incomplete_beta_has_a_logarithm_where_its_value_is_too_small_for_a_float() -> None:
    # At integer shapes the tail is a binomial sum whose first term outweighs all others: C(n, a) x^a.
    expected = math.log(math.comb(1000, 500)) + 500 * math.log(1e-6) + 500 * math.log1p(-1e-6)

    assert special.betainc(500, 501, 1e-6) == 0.0
    assert log_betainc(500, 501, 1e-6) == pytest.approx(expected, abs=1e-5)


@given(p=st.floats(1e-6, 1.0 - 1e-6), a=st.floats(0.5, 2000.0), b=st.floats(0.5, 2000.0))
def test_beta_quantile_is_that_of_scipy(p: float, a: float, b: float) -> None:
    assert beta_quantile(p, a, b) == pytest.approx(special.betaincinv(a, b, p), rel=1e-7, abs=1e-12)


@given(p=st.floats(1e-6, 1.0 - 1e-6), df=st.integers(1, 500))
def test_t_quantile_is_that_of_scipy(p: float, df: int) -> None:
    assert t_quantile(p, df) == pytest.approx(special.stdtrit(df, p), rel=1e-8, abs=1e-8)
