"""Each function goes once over its text, whatever the text."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from pytest_arc.language import asks_about, contains_text, find_currencies, find_dates, find_numbers
from pytest_arc.redaction import Redactor

FUNCTIONS: dict[str, Callable[[str], object]] = {
    "numbers": find_numbers,
    "currencies": find_currencies,
    "dates": find_dates,
    "questions": lambda text: asks_about(text, "currency"),
    "comparison": lambda text: contains_text(text, "aab"),
    "redaction": Redactor({"API_KEY": "aaaaaaaab1"}).text,
}
BITS = [
    "1,",
    "1 ",
    "1-",
    "(1,234.00) ",
    "3 April ",
    "1/2/",
    "a",
    '?!"',
    "'",
    "\u201c",
    "``",
    "- ",
    ":\n- ",
    "1. ",
]
BITS += [
    "I need to ",
    "let me know if ",
    "to a,",
    "e.g. ",
    "eyJ",
    "-sk-",
    "Bearer a",
    "://a:",
    "US",
    "-----BEGIN ",
]
BITS += [" because i: ", "\u0130", "in 2026 "]


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("bit", BITS)
def test_twice_the_text_takes_twice_the_steps(name: str, bit: str) -> None:
    once, twice = count_lines(FUNCTIONS[name], bit * 100), count_lines(FUNCTIONS[name], bit * 200)
    # What Python counts as a line differs a little between its versions; quadratic is four times.
    assert twice <= 2.1 * once + 50


@pytest.mark.parametrize("name", FUNCTIONS)
def test_patterns_do_not_backtrack_over_a_long_text(name: str) -> None:
    # The pattern matcher's steps cannot be counted; with quadratic patterns this takes minutes, not a moment.
    for bit in BITS:
        FUNCTIONS[name]((bit * 40_000)[:40_000] + "x")


@pytest.mark.parametrize("name", ["numbers", "currencies", "dates", "comparison", "questions", "redaction"])
def test_two_hundred_thousand_characters_are_no_trouble(name: str) -> None:
    for bit in ["1", " ", "?", "'", "a", "\n", ".", "eyJ", "$"]:
        FUNCTIONS[name]((bit * 200_000)[:200_000] + "x")


def count_lines(function: Callable[[str], object], text: str) -> int:
    """Count the Python lines that run."""
    lines = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function(text)
    finally:
        sys.settrace(before)
    return lines
