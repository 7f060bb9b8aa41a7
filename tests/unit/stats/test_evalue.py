from __future__ import annotations

import math
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate
from scipy import stats as scipy_stats

from pytest_arc.stats import log_e

Side = Literal["pass", "fail"]
sides = st.sampled_from(["pass", "fail"])


@settings(max_examples=50)
@given(data=st.data(), n=st.integers(1, 60), theta=st.floats(0.2, 0.9), side=sides)
def test_e_value_is_the_integral_over_the_alternatives(
    data: st.DataObject, n: int, theta: float, side: Side
) -> None:
    s = data.draw(st.floats(0, n))
    ends = (theta, 1) if side == "pass" else (0, theta)

    def weigh(q: float) -> float:
        ratio = s * math.log(q / theta) + (n - s) * math.log((1 - q) / (1 - theta))
        return float(scipy_stats.beta.pdf(q, 4, 2)) * math.exp(ratio)

    mixture, _ = integrate.quad(weigh, *ends, epsabs=0, epsrel=1e-9, limit=400)
    share = scipy_stats.beta.cdf(ends[1], 4, 2) - scipy_stats.beta.cdf(ends[0], 4, 2)

    assert log_e(s, n, theta, side, a=4, b=2) == pytest.approx(math.log(mixture / share), abs=1e-5)


@given(n=st.integers(1, 200), theta=st.floats(0.05, 0.98), side=sides)
def test_e_value_of_an_agent_at_the_bar_is_1_on_average(n: int, theta: float, side: Side) -> None:
    log_chances = scipy_stats.binom.logpmf(range(n + 1), n, theta)

    mean = math.fsum(math.exp(log_p + log_e(s, n, theta, side)) for s, log_p in enumerate(log_chances))

    assert mean == pytest.approx(1.0, abs=1e-6)


@given(
    theta=st.floats(0.05, 0.95),
    side=sides,
    spread=st.floats(0.0, 1.0),
)
def test_scores_between_0_and_1_at_the_bar_give_at_most_1_on_average(
    theta: float, side: Side, spread: float
) -> None:
    reach = spread * min(theta, 1 - theta)
    mean = sum(math.exp(log_e(theta + sign * reach, 1, theta, side)) for sign in (-1, 1)) / 2

    assert mean <= 1.0 + 1e-9


def test_evidence_has_a_size_where_no_float_could_hold_it() -> None:
    assert log_e(20_000, 20_000, 0.5, "pass") > 10_000
    assert log_e(0, 20_000, 0.9, "pass") < -5
    assert math.isfinite(log_e(0, 20_000, 0.9, "pass"))


def test_the_default_prior_is_worth_five_trials_around_the_bar() -> None:
    assert log_e(45, 50, 0.8, "pass") == log_e(45, 50, 0.8, "pass", a=4.0, b=5.0 * (1 - 0.8))


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="theta must lie strictly"):
        log_e(1, 1, 1.0, "pass")
    with pytest.raises(ValueError, match=r"3\.5 of 3 trials"):
        log_e(3.5, 3, 0.9, "pass")
    with pytest.raises(ValueError, match="a and b must be positive"):
        log_e(1, 2, 0.9, "pass", a=0.0)
    with pytest.raises(ValueError, match="side must be 'pass' or 'fail'"):
        log_e(1, 2, 0.9, "both")  # pyright: ignore[reportArgumentType]
