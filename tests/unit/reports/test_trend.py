"""Reliability from run to run, as a picture of characters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.domain.result import Estimate
from pytest_arc.reports.style import choose_glyphs
from pytest_arc.reports.trend import PLOT, Measured, draw_estimate, draw_trend
from pytest_arc.stats import wilson

ASCII = choose_glyphs("ascii")


def _estimate(passed: int, n: int) -> Estimate:
    return Estimate(passed, n, *wilson(passed, n))


def test_each_run_is_a_line_with_its_rate_inside_its_interval() -> None:
    runs = [
        Measured("20261120-090000", _estimate(5, 10)),
        Measured("20261121-090000-2", _estimate(90, 100)),
        Measured("20261122-090000", _estimate(10, 10)),
    ]

    assert draw_trend(runs, ASCII) == [
        "  20261120-090000   |     .......#......     | 50 % (23.6 to 76.4), n 10",
        "  20261121-090000-2 |                   ..#. | 90 % (82.5 to 94.5), n 100",
        "  20261122-090000   |                 ......#| 100 % (72.2 to 100), n 10",
    ]


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_picture_is_as_wide_whatever_the_rate(counts: tuple[int, int]) -> None:
    drawn = draw_estimate(_estimate(*counts), ASCII)

    assert len(drawn) == PLOT
    assert drawn.count("#") == 1
    assert drawn.strip(" ").strip(".") == "#"
