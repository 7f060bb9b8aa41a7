from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from pytest_arc.stats import classify, flaky_posterior


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int]:
    trials = draw(st.integers(1, 500))
    return draw(st.integers(0, trials)), trials


@given(counts=counts(), lo=st.floats(0.01, 0.4), hi=st.floats(0.5, 0.99))
def test_chances_are_those_of_the_beta_posterior(counts: tuple[int, int], lo: float, hi: float) -> None:
    a, b = counts[0] + 0.5, counts[1] - counts[0] + 0.5
    below, above = special.betainc(a, b, lo), special.betaincc(a, b, hi)

    assert flaky_posterior(*counts, lo, hi) == pytest.approx((below, 1 - below - above, above), abs=1e-9)


@given(counts=counts())
def test_the_class_is_the_one_that_holds_nine_tenths(counts: tuple[int, int]) -> None:
    posterior = flaky_posterior(*counts)
    names = ("stable-fail", "flaky", "stable-pass")

    expected = [name for name, chance in zip(names, posterior, strict=True) if chance >= 0.9]

    assert [classify(*counts)] == (expected or ["unknown"])


@given(counts=counts())
def test_passes_and_failures_are_treated_alike(counts: tuple[int, int]) -> None:
    mirrored = flaky_posterior(counts[1] - counts[0], counts[1])

    assert flaky_posterior(*counts) == pytest.approx(tuple(reversed(mirrored)), abs=1e-12)


def test_a_few_trials_never_make_a_scenario_stable_or_one_failure_in_many_flaky() -> None:
    assert classify(3, 3) == "unknown"
    assert classify(100, 100) == "stable-pass"
    assert classify(0, 100) == "stable-fail"
    assert classify(50, 100) == "flaky"
    assert classify(199, 200) == "stable-pass"


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="at least one trial"):
        flaky_posterior(0, 0)
    with pytest.raises(ValueError, match="lo must be below hi"):
        flaky_posterior(1, 2, lo=0.6, hi=0.4)
    with pytest.raises(ValueError, match=r"level must lie strictly between 0\.5 and 1"):
        classify(1, 2, level=0.5)
