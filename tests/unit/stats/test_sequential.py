from __future__ import annotations

from itertools import accumulate, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from pytest_arc.stats import Bounds, Verdict, gate_bounds, gate_characteristics, gate_looks, gs_bounds

minima = st.floats(0.05, 0.99)
alphas = st.floats(0.005, 0.25)


@st.composite
def short_looks(draw: st.DrawFn) -> list[int]:
    return sorted(draw(st.sets(st.integers(1, 11), min_size=1, max_size=5)))


def play(bounds: Bounds, trials: tuple[int, ...]) -> tuple[Verdict, int]:
    """What a gate says to one sequence of passes (1) and failures (0), and after how many trials."""
    passed = [0, *accumulate(trials)]
    for look in bounds.looks:
        verdict = bounds.verdict(passed[look], look)
        if verdict != "inconclusive":
            return verdict, look
    return "inconclusive", bounds.looks[-1]


@settings(max_examples=40)
@given(theta=minima, alpha=alphas, looks=short_looks(), rate=st.floats(0.0, 1.0))
def test_characteristics_are_those_of_every_possible_run_played_through(
    theta: float, alpha: float, looks: list[int], rate: float
) -> None:
    bounds = gs_bounds(theta, alpha, looks)
    p_pass = p_fail = mean_trials = 0.0
    for trials in product((0, 1), repeat=looks[-1]):
        probability = rate ** sum(trials) * (1 - rate) ** (looks[-1] - sum(trials))
        verdict, seen = play(bounds, trials)
        p_pass += probability * (verdict == "pass")
        p_fail += probability * (verdict == "fail")
        mean_trials += probability * seen

    assert gate_characteristics(bounds, rate) == pytest.approx((p_pass, p_fail, mean_trials), abs=1e-9)


@given(theta=minima, alpha=alphas, S=st.integers(1, 60), max_trials=st.integers(1, 25))
def test_an_agent_exactly_at_the_minimum_is_misjudged_at_most_at_the_level(
    theta: float, alpha: float, S: int, max_trials: int
) -> None:
    bounds = gate_bounds(theta, 1 - alpha, S, max_trials)
    at_the_bar = gate_characteristics(bounds, theta)

    assert at_the_bar.p_pass <= alpha + 1e-9
    assert at_the_bar.p_fail <= alpha + 1e-9


@given(
    theta=st.floats(0.5, 0.98),
    alpha=st.floats(0.01, 0.1),
    S=st.integers(5, 60),
    max_trials=st.integers(1, 20),
)
def test_skipping_the_looks_of_the_first_round_keeps_the_level(
    theta: float, alpha: float, S: int, max_trials: int
) -> None:
    bounds = gate_bounds(theta, 1 - alpha, S, max_trials)
    at_the_bar = gate_characteristics(bounds, theta, first_look=S)

    # A run that turns round after a skipped look comes on top: less than a thousandth of the level.
    assert at_the_bar.p_pass <= alpha * 1.001
    assert at_the_bar.p_fail <= alpha * 1.001


@given(theta=minima, alpha=alphas, looks=short_looks())
def test_each_bound_is_as_near_as_the_spending_allows(theta: float, alpha: float, looks: list[int]) -> None:
    bounds = gs_bounds(theta, alpha, looks)

    for j, n in enumerate(looks):
        allowed = alpha * (n / looks[-1]) ** 0.5
        so_far = Bounds(tuple(looks[: j + 1]), bounds.pass_at[: j + 1], bounds.fail_at[: j + 1])
        kinder = Bounds(so_far.looks, (*so_far.pass_at[:-1], so_far.pass_at[-1] - 1), so_far.fail_at)
        harsher = Bounds(so_far.looks, so_far.pass_at, (*so_far.fail_at[:-1], so_far.fail_at[-1] + 1))
        assert gate_characteristics(so_far, theta).p_pass <= allowed + 1e-9
        assert gate_characteristics(so_far, theta).p_fail <= allowed + 1e-9
        assert gate_characteristics(kinder, theta).p_pass > allowed - 1e-9
        assert gate_characteristics(harsher, theta).p_fail > allowed - 1e-9


@given(theta=minima, alpha=alphas, n=st.integers(1, 400))
def test_a_single_look_is_the_exact_binomial_test(theta: float, alpha: float, n: int) -> None:
    (pass_at,), (fail_at,) = (b := gs_bounds(theta, alpha, [n])).pass_at, b.fail_at
    at_the_bar = scipy_stats.binom(n, theta)

    assert at_the_bar.sf(pass_at - 1) <= alpha + 1e-9 < at_the_bar.sf(pass_at - 2) + 2e-9
    assert at_the_bar.cdf(fail_at) <= alpha + 1e-9 < at_the_bar.cdf(fail_at + 1) + 2e-9
    assert fail_at < pass_at


def test_a_bound_that_cannot_be_reached_lies_beside_the_counts() -> None:
    bounds = gs_bounds(0.9, 0.05, [5])

    assert bounds.pass_at == (6,)
    assert gs_bounds(0.02, 0.05, [5]).fail_at == (-1,)
    assert bounds.verdict(5, 5) == "inconclusive"


def test_verdict_is_read_off_the_bounds_of_its_look() -> None:
    bounds = gate_bounds(0.9, 0.95, S=50, max_trials=1)
    pass_at, fail_at = bounds.pass_at[-1], bounds.fail_at[-1]

    assert bounds.verdict(pass_at, 50) == "pass"
    assert bounds.verdict(pass_at - 1, 50) == bounds.verdict(fail_at + 1, 50) == "inconclusive"
    assert bounds.verdict(fail_at, 50) == "fail"


def test_there_is_no_verdict_between_looks() -> None:
    with pytest.raises(ValueError, match="no look at 7 trials; looks are at 5, 10"):
        gs_bounds(0.8, 0.05, [5, 10]).verdict(7, 7)


def test_looks_are_in_rounds_over_the_scenarios_up_to_the_plan() -> None:
    assert gate_looks(10, 3) == (2, 4, 6, 8, 10, 15, 20, 25, 30)
    assert gate_looks(1, 2) == (1, 2)
    assert gate_looks(10, 7)[-2:] == (60, 70)
    assert gate_looks(10, 50)[-2:] == (200, 500)


def test_a_dead_agent_stops_long_before_the_plan_is_used_up() -> None:
    bounds = gate_bounds(0.9, 0.95, S=50, max_trials=20)

    assert gate_characteristics(bounds, 0.0).mean_trials == bounds.looks[0]
    assert gate_characteristics(bounds, 0.6).mean_trials <= 60
    assert gate_characteristics(bounds, 1.0).mean_trials <= 60


@pytest.mark.parametrize("minimum", [0.0, 1.0, -0.1, 85])
def test_a_minimum_that_nothing_can_prove_or_refute_is_refused(minimum: float) -> None:
    with pytest.raises(ValueError, match="minimum must lie strictly between 0 and 1"):
        gate_bounds(minimum, 0.95, 10, 5)


@pytest.mark.parametrize("confidence", [0.5, 1.0, 0.3, 95])
def test_a_confidence_at_which_both_answers_could_hold_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match=r"confidence must lie strictly between 0\.5 and 1"):
        gate_bounds(0.9, confidence, 10, 5)


@pytest.mark.parametrize("looks", [[], [0, 5], [5, 5], [10, 5]])
def test_looks_must_increase(looks: list[int]) -> None:
    with pytest.raises(ValueError, match="looks must be increasing"):
        gs_bounds(0.9, 0.05, looks)


@pytest.mark.parametrize("S, max_trials", [(0, 5), (5, 0)])
def test_a_plan_needs_scenarios_and_trials(S: int, max_trials: int) -> None:
    with pytest.raises(ValueError, match="at least one scenario and one trial"):
        gate_bounds(0.9, 0.95, S, max_trials)


def test_a_true_rate_is_at_most_1() -> None:
    with pytest.raises(ValueError, match="rate must lie between 0 and 1"):
        gate_characteristics(gs_bounds(0.9, 0.05, [10]), 1.1)
