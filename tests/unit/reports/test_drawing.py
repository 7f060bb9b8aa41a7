from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from pytest_arc.domain.result import Estimate
from pytest_arc.reports.drawing import BINS, WIDTH, draw_bar, draw_histogram, draw_interval


def _find(svg: str, name: str) -> ElementTree.Element:
    (found,) = [node for node in ElementTree.fromstring(svg) if node.get("class") == name]
    return found


def test_an_interval_is_drawn_where_its_numbers_are() -> None:
    svg = draw_interval(Estimate(1, 2, 0.25, 0.75), minimum=0.5, then=1.0)
    whisker, inner = _find(svg, "whisker"), WIDTH - 12

    assert float(_find(svg, "dot").attrib["cx"]) == 6 + inner / 2
    assert float(whisker.attrib["x1"]) == 6 + inner / 4
    assert float(whisker.attrib["x2"]) == 6 + inner * 3 / 4
    assert float(_find(svg, "limit").attrib["x1"]) == 6 + inner / 2
    assert _find(svg, "diamond").attrib["d"].startswith(f"M{WIDTH - 6} ")


def test_a_bar_is_as_long_as_its_share() -> None:
    svg = draw_bar(0.25)

    assert float(_find(svg, "full").attrib["width"]) == pytest.approx((WIDTH - 12) / 4)


def test_columns_are_as_high_as_their_counts_and_the_last_has_what_is_beyond() -> None:
    svg = draw_histogram([0, 0, 0, 0, 5, 5, 10, 99], [5.0], 10)
    now = _read_columns(_find(svg, "now"))

    assert now == {0: -40.0, BINS // 2: -20.0, BINS - 1: -20.0}
    assert _read_columns(_find(svg, "then")) == {BINS // 2: 16.0}


def test_nothing_is_drawn_of_nothing() -> None:
    svg = ElementTree.fromstring(draw_histogram([0.0, 0.0], [], 0.0))

    assert [node.get("class") for node in svg] == ["now", "axis"]


def _read_columns(path: ElementTree.Element) -> dict[int, float]:
    """Column -> its height, upwards negative."""
    columns = re.findall(r"M([\d.]+) [\d.]+v(-?[\d.]+)", path.attrib["d"])
    width = (WIDTH - 12) / BINS
    return {round((float(x) - 6) / width): float(height) for x, height in columns}
