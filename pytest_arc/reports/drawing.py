"""Small pictures as SVG: numbers in, markup out, and no text of anybody's.

Colours are classes of the page's style, and `currentColor` where no style is let through.
"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_arc.domain.result import Estimate

__all__ = ["draw_bar", "draw_histogram", "draw_interval"]

WIDTH, HEIGHT = 240, 18
BINS = 60


def draw_interval(estimate: Estimate, minimum: float | None = None, then: float | None = None) -> str:
    """A rate as a dot on a line from 0 to 100 %, its interval as a whisker; the minimum that is asked as an
    upright line, the rate of the baseline as a hollow diamond."""
    middle = HEIGHT / 2
    parts = [_line(_x(0), middle, _x(1), middle, "track")]
    parts += [_line(_x(tick), middle - 2, _x(tick), middle + 2, "track") for tick in (0, 0.25, 0.5, 0.75, 1)]
    if minimum is not None:
        parts.append(_line(_x(minimum), 1, _x(minimum), HEIGHT - 1, "limit"))
    parts.append(_line(_x(estimate.low), middle, _x(estimate.high), middle, "whisker"))
    if then is not None:
        diamond = f"M{_x(then):g} {middle - 5:g}l5 5-5 5-5-5z"
        parts.append(f'<path class="diamond" d="{diamond}" fill="none" stroke="currentColor"/>')
    dot = f'cx="{_x(estimate.rate):g}" cy="{middle:g}" r="4"'
    parts.append(f'<circle class="dot" {dot} fill="currentColor"/>')
    return _svg(parts, HEIGHT)


def draw_bar(share: float) -> str:
    """A share of 1 as a bar."""
    track = f'<rect class="empty" {_place_bar(1)} fill="none" stroke="currentColor"/>'
    full = f'<rect class="full" {_place_bar(share)} fill="currentColor"/>'
    return _svg([track, full], HEIGHT)


def _place_bar(share: float) -> str:
    return f'x="{_x(0):g}" y="5" width="{_x(share) - _x(0):g}" height="8"'


def draw_histogram(now: Sequence[float], then: Sequence[float], most: float) -> str:
    """How often each value from 0 to `most` came, upwards; those of `then` downwards, to a scale of its own.

    Greater values are in the last column.
    """
    middle, height = 44.0, 62 if then else 46
    parts = _draw_columns(now, most, middle, -40.0, "now")
    parts += _draw_columns(then, most, middle, 16.0, "then")
    parts.append(_line(_x(0), middle, _x(1), middle, "axis"))
    return _svg(parts, height)


def _draw_columns(values: Sequence[float], most: float, middle: float, reach: float, name: str) -> list[str]:
    counts = [0] * BINS
    for value in values:
        counts[min(BINS - 1, int(value / most * BINS) if most else 0)] += 1
    tallest = max(counts)
    width = (_x(1) - _x(0)) / BINS
    path = ""
    for column, count in enumerate(counts):
        if count:
            height = reach * count / tallest
            path += f"M{_x(0) + column * width:.1f} {middle:g}v{height:.1f}h{width:.1f}v{-height:.1f}z"
    return [f'<path class="{name}" d="{path}" fill="currentColor"/>'] if path else []


def _x(share: float) -> float:
    return round(6 + share * (WIDTH - 12), 1)


def _line(x1: float, y1: float, x2: float, y2: float, name: str) -> str:
    place = f'x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"'
    return f'<line class="{name}" {place} stroke="currentColor"/>'


def _svg(parts: Sequence[str], height: int) -> str:
    # The numbers stand beside it: whoever listens to the page misses nothing.
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    return f'<svg {size} aria-hidden="true" focusable="false">{"".join(parts)}</svg>'
