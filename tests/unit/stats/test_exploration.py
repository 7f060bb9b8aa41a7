from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from pytest_arc.stats import neyman, sec_reward, sec_update, softmax

strata = st.lists(st.tuples(st.integers(1, 100), st.floats(0.01, 0.5)), min_size=1, max_size=6)


@given(strata=strata, budget=st.floats(1, 1000), data=st.data())
def test_no_other_split_of_the_budget_estimates_the_mean_better(
    strata: list[tuple[int, float]], budget: float, data: st.DataObject
) -> None:
    sizes, spreads = zip(*strata, strict=True)
    best = neyman(sizes, spreads, budget)
    other = data.draw(st.lists(st.floats(0.01, 1), min_size=len(sizes), max_size=len(sizes)))

    def variance(split: list[float]) -> float:
        return sum((N * sd) ** 2 / n for N, sd, n in zip(sizes, spreads, split, strict=True))

    assert sum(best) == pytest.approx(budget)
    assert variance(best) <= variance([budget * n / sum(other) for n in other]) * (1 + 1e-9)


def test_strata_without_any_spread_share_by_size() -> None:
    assert neyman([10, 30], [0.0, 0.0], 8) == [2.0, 6.0]


@given(p=st.floats(0, 1))
def test_a_trial_teaches_its_mean_absolute_standardised_advantage(p: float) -> None:
    sd = math.sqrt(p * (1 - p))
    expected = (p * (1 - p) + (1 - p) * p) / sd if sd > 0 else 0.0

    assert sec_reward([p]) == pytest.approx([expected])


def test_only_the_category_that_was_tried_moves_towards_its_reward() -> None:
    values = [0.2, 0.4, 0.6]

    assert sec_update(values, c=1, r=1.0, alpha=0.25) == pytest.approx([0.2, 0.55, 0.6])
    assert values == [0.2, 0.4, 0.6]


@given(Q=st.lists(st.floats(-1000, 1000), min_size=1, max_size=8), tau=st.floats(0.05, 10))
def test_softmax_is_that_of_scipy(Q: list[float], tau: float) -> None:
    assert softmax(Q, tau) == pytest.approx(special.softmax([q / tau for q in Q]).tolist(), abs=1e-12)


def test_softmax_of_nothing_is_nothing() -> None:
    assert softmax([]) == []


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="2 sizes, but 1 standard deviations"):
        neyman([1, 2], [0.1], 5)
    with pytest.raises(ValueError, match="cannot be negative"):
        neyman([1, 2], [0.1, -0.1], 5)
    with pytest.raises(ValueError, match="every stratum is empty"):
        neyman([0, 0], [0.1, 0.1], 5)
    with pytest.raises(ValueError, match="pass rates lie between 0 and 1"):
        sec_reward([1.5])
    with pytest.raises(ValueError, match="there is no category 2 among 2"):
        sec_update([0.1, 0.2], 2, 1.0)
    with pytest.raises(ValueError, match="alpha must lie above 0"):
        sec_update([0.1], 0, 1.0, alpha=0.0)
    with pytest.raises(ValueError, match="tau must be above 0"):
        softmax([0.1], 0.0)
