from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from pytest_arc.stats import Bounds, gate_bounds, gate_interval, gs_bounds, one_look_gate, one_look_interval

minima = st.floats(0.05, 0.99)
alphas = st.floats(0.005, 0.25)
rates = st.floats(1e-6, 1.0)


@st.composite
def looks_of_a_plan(draw: st.DrawFn) -> list[int]:
    return sorted(draw(st.sets(st.integers(1, 60), min_size=2, max_size=6)))


def list_ends(bounds: Bounds, rate: float, first_look: int = 1) -> dict[tuple[int, int], float]:
    """Every way a gate can end, as trials and passes, with its probability: look by look, count by count."""
    ends: dict[tuple[int, int], float] = {}
    running, before = {0: 1.0}, 0
    for n in bounds.looks:
        if n < first_look:
            continue
        reached: defaultdict[int, float] = defaultdict(float)
        for passed, chance in running.items():
            for more, mass in enumerate(scipy_stats.binom.pmf(range(n - before + 1), n - before, rate)):
                reached[passed + more] += chance * mass
        is_last = n == bounds.looks[-1]
        over = {s for s in reached if is_last or bounds.verdict(s, n) != "inconclusive"}
        ends |= {(n, s): reached[s] for s in over}
        running, before = {s: chance for s, chance in reached.items() if s not in over}, n
    return ends


def is_as_good(end: tuple[int, int], seen: tuple[int, int], bounds: Bounds) -> bool:
    """Stagewise: having passed earlier is better, having failed earlier is worse, else more passes are."""
    (n, s), (n_seen, s_seen) = end, seen
    if n < n_seen:
        return bounds.verdict(s, n) == "pass"
    # A run that is still open after the look that ended this one may have had any count above it there.
    return s >= s_seen if n == n_seen else False


@settings(max_examples=60)
@given(theta=minima, alpha=alphas, looks=looks_of_a_plan(), data=st.data())
def test_at_each_end_so_good_or_so_bad_a_run_has_exactly_the_chance_allowed(
    theta: float, alpha: float, looks: list[int], data: st.DataObject
) -> None:
    bounds = gs_bounds(theta, alpha, looks)
    last = looks[-1]
    passed = data.draw(st.sampled_from(sorted(s for n, s in list_ends(bounds, 0.5) if n == last) or [-1]))
    assume(passed >= 0)

    low, high = gate_interval(bounds, passed, last, theta, 1 - alpha)

    good = sum(p for end, p in list_ends(bounds, low).items() if is_as_good(end, (last, passed), bounds))
    better = sum(
        p for end, p in list_ends(bounds, high).items() if is_as_good(end, (last, passed + 1), bounds)
    )
    assert good == pytest.approx(alpha if low > 0 else 1.0, abs=1e-5)
    assert 1 - better == pytest.approx(alpha if high < 1 else 1.0, abs=1e-5)


@settings(max_examples=40)
@given(theta=minima, alpha=alphas, looks=looks_of_a_plan(), rate=rates, skipped=st.integers(0, 2))
def test_each_end_is_wrong_at_most_at_the_level_however_the_gate_ended(
    theta: float, alpha: float, looks: list[int], rate: float, skipped: int
) -> None:
    bounds = gs_bounds(theta, alpha, looks)
    first_look = looks[min(skipped, len(looks) - 1)]
    too_high = too_low = 0.0
    for (n, passed), chance in list_ends(bounds, rate, first_look).items():
        if chance > 1e-12:
            low, high = gate_interval(bounds, passed, n, theta, 1 - alpha, first_look)
            too_high += chance * (low > rate + 1e-6)
            too_low += chance * (high < rate - 1e-6)

    assert too_high <= alpha + 1e-6
    assert too_low <= alpha + 1e-6


@pytest.mark.parametrize("rate", [0.80, 0.895, 0.90, 0.905, 0.95, 0.99])
@pytest.mark.parametrize("first_look", [1, 20])
def test_it_covers_the_true_rate_of_a_suite_in_rounds(rate: float, first_look: int) -> None:
    bounds = gate_bounds(0.9, 0.95, S=20, max_trials=10)
    ends = {end: p for end, p in list_ends(bounds, rate, first_look).items() if p > 1e-9}
    intervals = {end: gate_interval(bounds, end[1], end[0], 0.9, 0.95, first_look) for end in ends}

    assert sum(p for end, p in ends.items() if intervals[end].low <= rate) >= 0.95 - 1e-6
    assert sum(p for end, p in ends.items() if intervals[end].high >= rate) >= 0.95 - 1e-6


@given(
    theta=minima,
    alpha=alphas,
    looks=looks_of_a_plan(),
    at=st.integers(0, 5),
    skipped=st.integers(0, 2),
    share=rates,
)
def test_it_never_contradicts_the_verdict(
    theta: float, alpha: float, looks: list[int], at: int, skipped: int, share: float
) -> None:
    bounds = gs_bounds(theta, alpha, looks)
    trials = looks[at % len(looks)]
    first_look = min(trials, looks[min(skipped, len(looks) - 1)])
    passed = round(share * trials)

    low, high = gate_interval(bounds, passed, trials, theta, 1 - alpha, first_look)

    verdict = bounds.verdict(passed, trials)
    assert (verdict == "pass") == (low >= theta)
    assert (verdict == "fail") == (high <= theta)
    assert 0.0 <= low <= high <= 1.0


@given(theta=minima, alpha=alphas, n=st.integers(1, 300), share=rates)
def test_with_one_look_it_is_the_interval_of_the_one_look_gate(
    theta: float, alpha: float, n: int, share: float
) -> None:
    bounds, passed = gs_bounds(theta, alpha, [n]), round(share * n)
    gate = one_look_gate(passed, n, theta, 1 - alpha)

    assert gate_interval(bounds, passed, n, theta, 1 - alpha) == (gate.low, gate.high)


def test_the_first_look_that_is_made_counts_as_one_look_whatever_was_skipped() -> None:
    bounds = gate_bounds(0.9, 0.95, S=50, max_trials=20)

    assert gate_interval(bounds, 38, 50, 0.9, first_look=50) == one_look_interval(38, 50)
    assert gate_interval(bounds, 38, 50, 0.9).high > one_look_interval(38, 50).high + 0.001


def test_a_run_that_stopped_because_it_looked_well_claims_less_than_one_planned_that_long() -> None:
    bounds = gate_bounds(0.9, 0.95, S=50, max_trials=20)
    passed = bounds.pass_at[bounds.looks.index(300)]

    in_rounds, planned = gate_interval(bounds, passed, 300, 0.9), one_look_interval(passed, 300)

    assert 0.9 <= in_rounds.low < planned.low - 0.005


def test_it_can_be_asked_only_at_looks_that_are_made() -> None:
    bounds = gs_bounds(0.8, 0.05, [5, 10, 20])

    with pytest.raises(ValueError, match="no look at 7 trials"):
        gate_interval(bounds, 7, 7, 0.8)
    with pytest.raises(ValueError, match="the look at 5 trials is skipped; the first is at 10 or more"):
        gate_interval(bounds, 5, 5, 0.8, first_look=10)
    with pytest.raises(ValueError, match="21 of 20 trials cannot have passed"):
        gate_interval(bounds, 21, 20, 0.8)
