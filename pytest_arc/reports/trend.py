"""How reliable an agent was from run to run, as a picture of characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_arc.domain.result import Estimate
from pytest_arc.reports.style import Glyphs, format_bound, format_percent

__all__ = ["Measured", "draw_estimate", "draw_trend"]

PLOT = 24
"""Columns from 0 to 100 %."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of an agent."""

    run: str
    estimate: Estimate


def draw_trend(runs: Sequence[Measured], glyphs: Glyphs) -> list[str]:
    """A line for each run, in the order given: the rate within its interval, on a scale from 0 to 100 %."""
    wide = max((len(run.run) for run in runs), default=0)
    return [
        f"  {run.run:<{wide}} |{draw_estimate(run.estimate, glyphs)}| {_write(run.estimate)}" for run in runs
    ]


def draw_estimate(estimate: Estimate, glyphs: Glyphs, width: int = PLOT) -> str:
    """The interval, and in it the rate; blanks elsewhere."""
    last = width - 1
    low, rate, high = (round(value * last) for value in (estimate.low, estimate.rate, estimate.high))
    cells = [glyphs.empty if low <= place <= high else " " for place in range(width)]
    cells[rate] = glyphs.full
    return "".join(cells)


def _write(estimate: Estimate) -> str:
    low, high = format_bound(estimate.low, up=False), format_bound(estimate.high, up=True)
    return f"{format_percent(estimate.rate)} ({low} to {high}), n {estimate.n}"
