from __future__ import annotations

import pytest

from pytest_arc.reports.style import (
    choose_glyphs,
    format_bound,
    format_duration,
    format_money,
    format_percent,
    shorten,
    wrap,
)


@pytest.mark.parametrize("rate, text", [(0.704, "70.4 %"), (1.0, "100 %"), (0.0, "0 %"), (0.9999, "100 %")])
def test_percentages(rate: float, text: str) -> None:
    assert format_percent(rate) == text


@pytest.mark.parametrize(
    "value, up, text",
    [(0.85449, False, "85.4"), (0.85441, True, "85.5"), (1.0, True, "100"), (0.0, False, "0")],
)
def test_bounds_are_rounded_away_from_the_rate(value: float, up: bool, text: str) -> None:
    assert format_bound(value, up) == text


@pytest.mark.parametrize(
    "seconds, text",
    [(0.04, "0.0 s"), (1.25, "1.2 s"), (59.96, "1 min 0 s"), (291.0, "4 min 51 s"), (7500, "2 h 5 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    "usd, text", [(3.4, "$3.40"), (0.0, "$0.00"), (0.00123, "$0.0012"), (1234.5, "$1234.50")]
)
def test_money(usd: float, text: str) -> None:
    assert format_money(usd) == text


def test_shortened_text_is_one_line_of_at_most_the_width() -> None:
    assert shorten("one\n  two", 20) == "one two"
    assert shorten("a" * 30, 10) == "aaaaaa ..."


def test_glyphs_are_ascii_where_the_encoding_needs_it() -> None:
    assert choose_glyphs("utf-8").passed == "\u2713"
    for encoding in ("ascii", "cp1252", None, "no-such-encoding"):
        glyphs = choose_glyphs(encoding)
        assert all(part.isascii() for part in (glyphs.full, glyphs.empty, glyphs.passed, glyphs.failed))


def test_wrapped_text_hangs_below_its_label_and_keeps_long_words_whole() -> None:
    lines = wrap("  cost", "word " * 30 + "a" * 90, 10)
    assert lines[0].startswith("  cost    word")
    assert all(line.startswith(" " * 10) for line in lines[1:])
    assert lines[-1].strip() == "a" * 90
    assert all(len(line) <= 80 for line in lines[:-1])
