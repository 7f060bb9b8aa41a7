from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.reports.visible import cut, make_visible


@pytest.mark.parametrize(
    "text, shown",
    [
        ("12,50 \u20ac\tand\nmore", "12,50 \u20ac\tand\nmore"),
        ("one\r\ntwo\rthree", "one\ntwo\u240dthree"),
        ("\x1b[31mred\x07\x00", "\u241b[31mred\u2407\u2400"),
        ("\x7f\x9b", "\u2421[U+009B]"),
        ("exe.\u202egnp", "exe.[U+202E]gnp"),
        ("a\u200bb\ufeffc", "a[U+200B]b[U+FEFF]c"),
        ("half \ud83d", "half [U+D83D]"),
        (
            "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
            "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
        ),
    ],
)
def test_only_what_hides_or_drives_is_replaced(text: str, shown: str) -> None:
    assert make_visible(text) == shown


@given(st.text(st.characters()))
def test_what_is_shown_can_be_written_and_has_no_control(text: str) -> None:
    shown = make_visible(text)

    shown.encode("utf-8")
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n"]
    assert make_visible(shown) == shown


def test_a_cut_says_how_much_is_missing() -> None:
    assert cut("abcdef", 4) == ("abcd", 2)
    assert cut("abc", 4) == ("abc", 0)
