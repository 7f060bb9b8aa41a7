from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.language import contains_text, normalise_text


@pytest.mark.parametrize(
    "haystack, needle",
    [
        ("The total is 5 EUR.", "eur"),
        ("It doesn\u2019t add up", "doesn't add"),
        ("\u201cnet\u201d only", '"net" only'),
        ("5\u00a0EUR", "5 EUR"),
        ("month\u2013end", "month-end"),
        ("two\n  words", "two words"),
        ("\uff25\uff35\uff32", "EUR"),
        ("co\u00adoperate", "cooperate"),
        ("cost: $5", "$"),
        ("12 %", "%"),
        ("EUR5 EUR", "EUR"),
        ("STRASSE", "stra\u00dfe"),
    ],
)
def test_typography_makes_no_difference(haystack: str, needle: str) -> None:
    assert contains_text(haystack, needle)


@pytest.mark.parametrize(
    "haystack, needle", [("Europe", "EUR"), ("EUR55", "EUR5"), ("neuro", "euro"), ("12", "1"), ("", "x")]
)
def test_words_are_not_found_inside_words(haystack: str, needle: str) -> None:
    assert not contains_text(haystack, needle)


def test_case_counts_when_asked_for() -> None:
    assert not contains_text("eur", "EUR", ignore_case=False)
    assert contains_text("in EUR", "EUR", ignore_case=False)


@pytest.mark.parametrize("needle", ["", " \n", "\u200b"])
def test_looking_for_nothing_is_an_error(needle: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        contains_text("anything", needle)


@given(st.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise_text(normalise_text(text)) == normalise_text(text)


@given(st.text(), st.text(alphabet="abc $-\u2019\u00e9", min_size=1).filter(str.strip), st.text())
def test_a_text_set_off_by_spaces_is_found(before: str, needle: str, after: str) -> None:
    assert contains_text(f"{before} {needle} {after}", needle)
