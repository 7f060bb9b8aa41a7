from __future__ import annotations

import math
import random
import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special
from scipy import stats as scipy_stats

from pytest_arc.stats import hl_bounds, log_ratios, perf_bounds, perf_gate

differences = st.lists(
    st.integers(-10_000, 10_000).map(lambda x: x / 1000), min_size=5, max_size=25, unique=True
)


def wilcoxon_p(d: list[float], shift: float, method: str = "exact") -> float:
    """One-sided p-value of scipy for "the shift is larger than this"."""
    result: Any = scipy_stats.wilcoxon([x - shift for x in d], alternative="greater", method=method)
    return float(result.pvalue)


@given(d=differences, conf=st.floats(0.7, 0.96))
def test_lower_bound_inverts_the_exact_wilcoxon_test(d: list[float], conf: float) -> None:
    low = hl_bounds(d, conf).low

    # Averages are multiples of .0005: half a step beside the bound no two differences tie.
    assert wilcoxon_p(d, low - 0.00013) <= 1 - conf + 1e-9
    assert wilcoxon_p(d, low + 0.00013) > 1 - conf - 1e-9


@given(d=differences, conf=st.floats(0.7, 0.96))
def test_changing_all_signs_mirrors_the_bounds(d: list[float], conf: float) -> None:
    low, estimate, high = hl_bounds(d, conf)

    assert hl_bounds([-x for x in d], conf) == pytest.approx((-high, -estimate, -low))


@given(d=differences, shift=st.floats(-5, 5))
def test_bounds_move_with_the_differences(d: list[float], shift: float) -> None:
    moved = hl_bounds([x + shift for x in d])

    assert moved == pytest.approx([bound + shift for bound in hl_bounds(d)], abs=1e-9)


@given(d=st.lists(st.floats(-1e6, 1e6), min_size=5, max_size=80), conf=st.floats(0.5, 0.95))
def test_estimate_and_bounds_are_found_among_all_averages(d: list[float], conf: float) -> None:
    averages = sorted((x + y) / 2.0 for i, x in enumerate(d) for y in d[i:])
    low, estimate, high = hl_bounds(d, conf)
    assert estimate == pytest.approx(statistics.median(averages))
    assert any(
        math.isclose(low, below, abs_tol=1e-12) and math.isclose(high, above, abs_tol=1e-12)
        for below, above in zip(averages, reversed(averages), strict=True)
    )


def test_a_sample_too_small_for_its_confidence_has_no_bounds() -> None:
    assert hl_bounds([0.1, 0.2, 0.3, 0.4]) == pytest.approx((-math.inf, 0.25, math.inf))


def test_above_fifty_differences_the_normal_limit_takes_over() -> None:
    generator = random.Random(7)
    d = [generator.gauss(0.1, 0.3) for _ in range(80)]
    low = hl_bounds(d).low

    assert wilcoxon_p(d, low - 1e-9, "approx") <= 0.05 < wilcoxon_p(d, low + 1e-9, "approx")


def test_log_ratio_is_between_geometric_means_of_a_scenario() -> None:
    assert log_ratios([[2.0, 8.0]], [[12.0]]) == pytest.approx([math.log(3)])


def test_one_is_added_to_all_values_where_one_of_them_is_zero() -> None:
    assert log_ratios([[0], [3]], [[1], [7]]) == pytest.approx([math.log(2), math.log(2)])
    assert log_ratios([[1]], [[3]], offset=1) == pytest.approx([math.log(2)])


SUITE = [[1.0, 1.3], [2.0, 2.2], [0.4], [4.0, 4.4, 5.0], [3.0], [1.5, 1.4], [8.0, 8.8]]


@pytest.mark.parametrize(
    "factor, verdict", [(1.0, "pass"), (1.15, "inconclusive"), (1.4, "fail"), (0.5, "pass")]
)
def test_verdict_depends_on_the_growth_of_every_scenario(factor: float, verdict: str) -> None:
    assert perf_gate(SUITE, [[factor * x for x in values] for values in SUITE], limit=0.15) == verdict


def test_one_stalled_trial_is_not_a_slow_agent() -> None:
    stalled = [*SUITE[:-1], [8.0, 300.0]]

    assert perf_gate(SUITE, stalled) == "inconclusive"
    assert perf_gate(SUITE * 3, [*SUITE, *SUITE, *stalled]) == "pass"


def test_fewer_than_five_scenarios_decide_nothing() -> None:
    slower = [[9 * x for x in values] for values in SUITE]

    assert perf_gate(SUITE[:4], slower[:4], conf=0.9) == "inconclusive"
    assert perf_gate(SUITE[:5], slower[:5], conf=0.9) == "fail"


def test_a_drift_of_the_surroundings_is_taken_off() -> None:
    slower = [[1.4 * x for x in values] for values in SUITE]

    assert perf_gate(SUITE, slower) == "fail"
    assert perf_gate(SUITE, slower, drift=math.log(1.4)) == "pass"
    assert perf_gate(SUITE, slower, drift=math.log(1.4), drift_se=0.5) == "inconclusive"


def test_an_uncertain_drift_alone_is_a_normal_interval() -> None:
    bounds = perf_bounds(SUITE, SUITE, conf=0.95, drift=0.1, drift_se=0.02)
    reach = special.ndtri(0.95) * 0.02

    assert bounds == pytest.approx((-0.1 - reach, -0.1, -0.1 + reach))


def test_bad_values_are_named() -> None:
    with pytest.raises(ValueError, match="at least one difference"):
        hl_bounds([])
    with pytest.raises(ValueError, match="the baseline has 1 scenarios, the candidate 2"):
        log_ratios([[1]], [[1], [2]])
    with pytest.raises(ValueError, match="each scenario needs at least one value"):
        log_ratios([[]], [[1]])
    with pytest.raises(ValueError, match=r"a ratio needs positive values, not -2\.0"):
        log_ratios([[-2.0]], [[1.0]])
    with pytest.raises(ValueError, match="limit must be above 0"):
        perf_gate(SUITE, SUITE, limit=0.0)
