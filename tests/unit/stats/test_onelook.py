from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from pytest_arc.stats import gs_bounds, least_passing_trials, one_look_gate, one_look_interval

minima = st.floats(0.01, 0.995)
confidences = st.floats(0.51, 0.999)


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int]:
    trials = draw(st.integers(1, 600))
    return draw(st.integers(0, trials)), trials


@given(counts=counts(), minimum=minima, confidence=confidences)
def test_verdict_and_interval_never_contradict_each_other(
    counts: tuple[int, int], minimum: float, confidence: float
) -> None:
    gate = one_look_gate(*counts, minimum, confidence)

    assert (gate.verdict == "pass") == (gate.low >= minimum)
    assert (gate.verdict == "fail") == (gate.high <= minimum)
    assert 0.0 <= gate.low <= gate.high <= 1.0


@given(counts=counts(), confidence=confidences, end=st.sampled_from(["low", "high"]))
def test_they_agree_even_where_the_minimum_is_the_very_end_of_the_interval(
    counts: tuple[int, int], confidence: float, end: str
) -> None:
    minimum = getattr(one_look_interval(*counts, confidence), end)
    if not 0.0 < minimum < 1.0:
        return

    gate = one_look_gate(*counts, minimum, confidence)

    assert (gate.verdict == "pass") == (gate.low >= minimum)
    assert (gate.verdict == "fail") == (gate.high <= minimum)


@given(counts=counts(), minimum=minima, confidence=confidences)
def test_the_interval_shown_is_the_inverted_test_to_the_last_digits(
    counts: tuple[int, int], minimum: float, confidence: float
) -> None:
    gate = one_look_gate(*counts, minimum, confidence)

    assert (gate.low, gate.high) == pytest.approx(one_look_interval(*counts, confidence), abs=1e-9)


@given(counts=counts(), minimum=minima, confidence=confidences)
def test_verdict_is_that_of_the_exact_binomial_test_of_scipy(
    counts: tuple[int, int], minimum: float, confidence: float
) -> None:
    passed, trials = counts
    p_good = scipy_stats.binom.sf(passed - 1, trials, minimum)
    p_bad = scipy_stats.binom.cdf(passed, trials, minimum)
    alpha = 1 - confidence
    if min(abs(p_good - alpha), abs(p_bad - alpha)) < 1e-9:
        return

    expected = "pass" if p_good < alpha else "fail" if p_bad < alpha else "inconclusive"

    assert one_look_gate(passed, trials, minimum, confidence).verdict == expected


@given(counts=counts(), minimum=minima, confidence=confidences)
def test_one_pass_more_never_makes_the_verdict_worse(
    counts: tuple[int, int], minimum: float, confidence: float
) -> None:
    passed, trials = counts
    order = ["fail", "inconclusive", "pass"]
    now = one_look_gate(passed, trials, minimum, confidence)
    better = one_look_gate(min(passed + 1, trials), trials, minimum, confidence)

    assert order.index(better.verdict) >= order.index(now.verdict)
    assert better.low >= now.low
    assert (better.pass_at, better.fail_at) == (now.pass_at, now.fail_at)


def test_the_verdict_stands_at_its_bounds() -> None:
    gate = one_look_gate(223, 250, minimum=0.85)

    assert gate.pass_at <= 223
    assert gate.verdict == "pass"
    assert one_look_gate(gate.pass_at - 1, 250, 0.85).verdict == "inconclusive"
    assert one_look_gate(gate.fail_at + 1, 250, 0.85).verdict == "inconclusive"
    assert one_look_gate(gate.fail_at, 250, 0.85).verdict == "fail"


def test_nineteen_all_passing_trials_are_the_least_that_prove_85_percent() -> None:
    assert least_passing_trials(0.85, 0.95) == 19
    assert one_look_gate(19, 19, 0.85).verdict == "pass"
    assert one_look_gate(18, 18, 0.85).verdict == "inconclusive"


@given(minimum=st.floats(0.01, 0.999), confidence=confidences)
def test_fewer_trials_than_the_least_cannot_pass_and_so_many_can(minimum: float, confidence: float) -> None:
    least = least_passing_trials(minimum, confidence)

    assert gs_bounds(minimum, 1 - confidence, [least]).pass_at[0] <= least
    if least > 1:
        assert gs_bounds(minimum, 1 - confidence, [least - 1]).pass_at[0] == least


def test_a_tail_equal_to_the_level_is_within_it() -> None:
    # Four passes at one half have a chance of exactly 1/16.
    assert least_passing_trials(0.5, 1 - 1 / 16) == 4


def test_a_gate_without_trials_has_no_verdict() -> None:
    with pytest.raises(ValueError, match="at least one trial is needed"):
        one_look_gate(0, 0, 0.85)


def test_a_gate_needs_more_than_even_confidence() -> None:
    with pytest.raises(ValueError, match=r"confidence must lie strictly between 0\.5 and 1, not 0\.5"):
        one_look_interval(5, 10, 0.5)
    with pytest.raises(ValueError, match="minimum must lie strictly"):
        least_passing_trials(1.0)
