"""A list of a file changes by one item, and nothing else does."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.loading.editing import append_item, remove_item
from pytest_arc.loading.source import Source

TEXT = """\
# Reviewed every Monday.
arc_quarantine: 1   # the format

entries:
  # Two right answers.
  - scenario: a
    reason: |
      # not a comment

      but text
  - {scenario: b}   # short

  # About c.
  -   scenario: 'c'
# The end.
"""


def _append(text: str, item: dict[str, str]) -> str:
    return append_item(Source("q.yaml", text), "entries", item)


def _remove(text: str, index: int) -> str:
    return remove_item(Source("q.yaml", text), "entries", index)


def test_an_item_goes_behind_the_last_one() -> None:
    assert _append(TEXT, {"scenario": "d", "owner": "@ada"}) == TEXT.replace(
        "'c'\n", "'c'\n  - scenario: d\n    owner: '@ada'\n"
    )


def test_a_removed_item_takes_the_comment_above_it_along() -> None:
    assert _remove(TEXT, 0) == TEXT.replace(
        "  # Two right answers.\n  - scenario: a\n    reason: |\n      # not a comment\n\n      but text\n",
        "",
    )
    assert _remove(TEXT, 1) == TEXT.replace("  - {scenario: b}   # short\n", "")
    assert _remove(TEXT, 2) == TEXT.replace("  # About c.\n  -   scenario: 'c'\n", "")


def test_no_two_blank_lines_are_left_where_an_item_stood() -> None:
    text = "entries:\n  - scenario: a\n\n  - scenario: b\n\n  - scenario: c\n"
    assert _remove(text, 1) == "entries:\n  - scenario: a\n\n  - scenario: c\n"


@pytest.mark.parametrize(
    "text", ["arc: 1\nentries: [] # none\n", "arc: 1\nentries: []", "entries: []\r\narc: 1\r\n"]
)
def test_an_empty_list_opens_for_an_item_and_closes_after_it(text: str) -> None:
    opened = _append(text, {"scenario": "a"})
    assert yaml.safe_load(opened)["entries"] == [{"scenario": "a"}]
    assert _remove(opened, 0).rstrip() == text.rstrip()


def test_a_list_that_is_missing_is_begun() -> None:
    assert _append("arc: 1\n", {"scenario": "a"}) == "arc: 1\nentries:\n  - scenario: a\n"


def test_items_without_indentation_get_siblings_without_indentation() -> None:
    assert _append("entries:\n- scenario: a\n", {"scenario": "b"}) == (
        "entries:\n- scenario: a\n- scenario: b\n"
    )


def test_line_ends_of_windows_stay() -> None:
    text = "entries:\r\n  - scenario: a\r\n"
    assert _append(text, {"scenario": "b"}) == text + "  - scenario: b\r\n"


@pytest.mark.parametrize(
    "text", ["entries: [{scenario: a}]\n", '{"entries": [{"scenario": "a"}]}\n', "{entries: []}\n"]
)
def test_a_list_in_brackets_is_not_touched(text: str) -> None:
    with pytest.raises(ValueError, match="line 1 is no"):
        _append(text, {"scenario": "b"})


@given(st.lists(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1), max_size=4))
def test_any_text_survives_being_written(values: list[str]) -> None:
    text = "entries: []\n"
    for value in values:
        text = _append(text, {"scenario": value})
    assert yaml.safe_load(text)["entries"] == [{"scenario": value} for value in values]
    for _ in values:
        text = _remove(text, 0)
    assert text == "entries: []\n"
