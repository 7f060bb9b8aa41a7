from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.stats import detectable_drop, regression_p

counts = st.lists(st.integers(0, 20).flatmap(lambda c: st.tuples(st.just(c), st.integers(max(c, 1), 20))))


@given(baseline=counts.filter(bool), trials=st.integers(1, 20), power=st.floats(0.5, 0.95))
def test_it_is_a_drop_that_the_recorded_rates_can_take(
    baseline: list[tuple[int, int]], trials: int, power: float
) -> None:
    c0, n0 = [c for c, _ in baseline], [n for _, n in baseline]
    n1 = [trials] * len(n0)

    drop = detectable_drop(c0, n0, n1, power)

    if drop is not None:
        assert 0.0 < drop <= max(c / n for c, n in baseline)


def test_more_trials_more_baseline_and_more_scenarios_see_a_smaller_drop() -> None:
    def see(scenarios: int, before: int, now: int) -> float:
        size = scenarios
        drop = detectable_drop([before * 9 // 10] * size, [before] * size, [now] * size)
        assert drop is not None
        return drop

    assert see(50, 50, 10) < see(50, 50, 5) < see(50, 10, 5) < see(20, 10, 5)


def test_asking_for_more_power_or_fewer_false_alarms_takes_a_larger_drop() -> None:
    suite = [9] * 50, [10] * 50, [3] * 50
    usual = detectable_drop(*suite)
    powerful, strict = detectable_drop(*suite, power=0.95), detectable_drop(*suite, alpha=0.01)

    assert usual is not None
    assert powerful is not None
    assert strict is not None
    assert usual < powerful
    assert usual < strict


def test_a_suite_where_even_a_drop_to_zero_would_be_missed_has_none() -> None:
    assert detectable_drop([0] * 5, [10] * 5, [5] * 5) is None
    assert regression_p([1, 0], [1, 1], [0, 0], [1, 1]) > 0.05
    assert detectable_drop([1, 0], [1, 1], [1, 1]) is None


def test_counts_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="11 of 10 trials cannot have passed"):
        detectable_drop([11], [10], [5])
    with pytest.raises(ValueError, match="at least one scenario"):
        detectable_drop([], [], [])
    with pytest.raises(ValueError, match="the baseline has 1 scenarios, the candidate 2"):
        detectable_drop([9], [10], [5, 5])
    with pytest.raises(ValueError, match="power must lie strictly between 0 and 1"):
        detectable_drop([9], [10], [5], power=1.0)
