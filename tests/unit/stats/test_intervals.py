from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special
from scipy import stats as scipy_stats

from pytest_arc.stats import clopper_pearson, jeffreys, wilson

confidences = st.floats(0.5, 0.999)


@st.composite
def counts(draw: st.DrawFn, most: int = 2000) -> tuple[int, int]:
    trials = draw(st.integers(1, most))
    return draw(st.integers(0, trials)), trials


@given(counts=counts(), conf=confidences)
def test_wilson_is_that_of_scipy(counts: tuple[int, int], conf: float) -> None:
    expected = scipy_stats.binomtest(*counts).proportion_ci(conf, method="wilson")

    assert wilson(*counts, conf) == pytest.approx((expected.low, expected.high), abs=1e-9)


@given(counts=counts(), conf=confidences)
def test_clopper_pearson_is_that_of_scipy(counts: tuple[int, int], conf: float) -> None:
    expected = scipy_stats.binomtest(*counts).proportion_ci(conf, method="exact")

    assert clopper_pearson(*counts, conf) == pytest.approx((expected.low, expected.high), abs=1e-9)


@given(counts=counts(), conf=confidences)
def test_jeffreys_cuts_equal_tails_off_the_posterior(counts: tuple[int, int], conf: float) -> None:
    passed, trials = counts
    low, high = jeffreys(passed, trials, conf)

    a, b, tail = passed + 0.5, trials - passed + 0.5, (1 - conf) / 2
    assert low == pytest.approx(special.betaincinv(a, b, tail), abs=1e-9)
    assert high == pytest.approx(special.betaincinv(a, b, 1 - tail), abs=1e-9)


@pytest.mark.parametrize("interval", [wilson, clopper_pearson])
def test_one_sided_bounds_at_95_percent_are_the_two_sided_ones_at_90(interval: type) -> None:
    assert interval(45, 50, 0.95, sided=1) == pytest.approx(interval(45, 50, 0.90))


def test_wilson_ends_exactly_at_0_and_1() -> None:
    assert wilson(0, 7).low == 0.0
    assert wilson(7, 7).high == 1.0
    assert wilson(9.267, 9.267).high == 1.0


@given(counts=counts(), conf=confidences)
def test_intervals_hold_the_rate_and_stay_within_0_and_1(counts: tuple[int, int], conf: float) -> None:
    rate = counts[0] / counts[1]
    for low, high in (wilson(*counts, conf), clopper_pearson(*counts, conf)):
        assert 0.0 <= low <= rate + 1e-12
        assert rate - 1e-12 <= high <= 1.0


@given(counts=counts(200), conf=confidences)
def test_swapping_passes_and_failures_mirrors_the_interval(counts: tuple[int, int], conf: float) -> None:
    passed, trials = counts
    for interval in (wilson, clopper_pearson, jeffreys):
        low, high = interval(passed, trials, conf)
        assert interval(trials - passed, trials, conf) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@pytest.mark.parametrize("interval", [wilson, clopper_pearson, jeffreys])
@pytest.mark.parametrize(
    "passed, trials, message",
    [
        (0, 0, "at least one trial is needed, not 0"),
        (6, 5, "6 of 5 trials cannot have passed"),
        (-1, 5, "-1 of 5 trials cannot have passed"),
    ],
)
def test_impossible_counts_are_named(interval: type, passed: int, trials: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        interval(passed, trials)


@pytest.mark.parametrize("conf", [0.0, 1.0, 95.0, math.nan])
def test_confidence_outside_0_and_1_is_refused(conf: float) -> None:
    with pytest.raises(ValueError, match="conf must lie strictly between 0 and 1"):
        wilson(1, 2, conf)


def test_bounds_are_one_or_two_sided() -> None:
    with pytest.raises(ValueError, match="sided must be 1 or 2, not 3"):
        wilson(1, 2, sided=3)
