from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.stats import mean_pass_at_k, mean_pass_hat_k, pass_at_k, pass_hat_k, reliability_ci


@st.composite
def draws(draw: st.DrawFn) -> tuple[int, int, int]:
    n = draw(st.integers(1, 10))
    return n, draw(st.integers(0, n)), draw(st.integers(1, n))


@given(draw=draws())
def test_both_are_the_share_of_all_ways_to_take_k_trials(draw: tuple[int, int, int]) -> None:
    n, c, k = draw
    taken = list(combinations([True] * c + [False] * (n - c), k))

    assert pass_at_k(n, c, k) == pytest.approx(sum(map(any, taken)) / len(taken))
    assert pass_hat_k(n, c, k) == pytest.approx(sum(map(all, taken)) / len(taken))


def test_mean_leaves_out_scenarios_with_fewer_than_k_trials() -> None:
    estimate = mean_pass_hat_k([4, 2, 1], [4, 4, 1], k=2)

    assert estimate is not None
    assert estimate.value == pytest.approx((1 + 1 / 6) / 2)
    assert estimate.scenarios == 2


def test_mean_is_not_available_where_no_scenario_has_k_trials() -> None:
    assert mean_pass_hat_k([1, 2], [2, 2], k=3) is None
    assert mean_pass_at_k([1, 2], [2, 2], k=3) is None


@given(passed=st.lists(st.integers(0, 4), min_size=1, max_size=20))
def test_at_k_1_mean_and_interval_are_the_reliability_of_the_population(passed: list[int]) -> None:
    trials = [4] * len(passed)
    low, high = reliability_ci(passed, trials, target="population")

    for estimate in (mean_pass_at_k(passed, trials, 1), mean_pass_hat_k(passed, trials, 1)):
        assert estimate == pytest.approx((sum(passed) / sum(trials), low, high, len(passed)))


@given(passed=st.lists(st.integers(0, 6), min_size=1, max_size=20), k=st.integers(1, 6))
def test_interval_holds_the_mean(passed: list[int], k: int) -> None:
    for mean in (mean_pass_at_k, mean_pass_hat_k):
        estimate = mean(passed, [6] * len(passed), k)
        assert estimate is not None
        assert 0.0 <= estimate.low <= estimate.value <= estimate.high <= 1.0


def test_interval_does_not_collapse_when_every_trial_passed() -> None:
    estimate = mean_pass_hat_k([5] * 10, [5] * 10, k=5)

    assert estimate is not None
    assert (estimate.value, estimate.high) == (1.0, 1.0)
    assert estimate.low < 0.8


@pytest.mark.parametrize("k", [0, 6])
def test_k_must_be_a_number_of_trials_that_were_run(k: int) -> None:
    with pytest.raises(ValueError, match=f"k must lie between 1 and the 5 trials, not {k}"):
        pass_hat_k(5, 3, k)
