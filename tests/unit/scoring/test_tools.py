"""Checks on the tools the agent called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_arc.domain.score import Evidence, Finding

Find = Callable[..., Finding]
Happen = Callable[..., Evidence]

READ = ("read", {"file": "a.csv"})
CONVERT = ("convert", {"amount": 100, "to": "USD"})
PAY = ("pay", {"amount": 5})


def test_tool_among_others_was_called(find: Find, happen: Happen) -> None:
    assert find(happen(READ, CONVERT), calls="convert").passed


def test_missing_call_is_named_beside_those_seen(find: Find, happen: Happen) -> None:
    finding = find(happen(READ, READ, CONVERT), calls="pay")

    assert finding.reason == "it did not call pay; it called read (2 times), convert"
    assert find(happen("Done"), calls="pay").reason == "it did not call pay; it called no tool"


def test_only_the_arguments_named_must_fit(find: Find, happen: Happen) -> None:
    assert find(happen(CONVERT), calls="convert", args={"to": "USD"}).passed


def test_misfit_is_explained_by_the_nearest_call(find: Find, happen: Happen) -> None:
    happened = happen(("convert", {"amount": 1, "to": "EUR"}), ("convert", {"amount": 100, "to": "EUR"}))

    finding = find(happened, calls="convert", args={"amount": 100, "to": "USD"})

    assert finding.reason == 'it called convert with to="EUR"; expected to="USD"'


def test_argument_that_was_not_given_is_named(find: Find, happen: Happen) -> None:
    finding = find(happen(READ), calls="read", args={"sheet": {"one_of": ["Q1", "Q2"]}})

    assert finding.reason == 'it called read without sheet; expected sheet one of ["Q1", "Q2"]'


@pytest.mark.parametrize(
    "match, calls, passed",
    [
        ("at_least", [READ, CONVERT, PAY], True),
        ("at_least", [CONVERT, READ], True),
        ("at_least", [READ], False),
        ("exactly", [CONVERT, READ], True),
        ("exactly", [READ, CONVERT, PAY], False),
        ("exactly", [READ], False),
        ("at_most", [READ], True),
        ("at_most", [], True),
        ("at_most", [READ, READ], False),
        ("in_order", [PAY, READ, PAY, CONVERT], True),
        ("in_order", [CONVERT, READ], False),
    ],
)
def test_list_of_tools_is_matched_as_asked(
    find: Find, happen: Happen, match: str, calls: list[Any], passed: bool
) -> None:
    assert find(happen(*calls), calls=["read", "convert"], match=match).passed is passed


@pytest.mark.parametrize(
    "match, reason",
    [
        ("exactly", "it also called pay(amount=5); expected no more than read, convert"),
        ("in_order", "it did not call convert after read; it called convert, read, pay"),
    ],
)
def test_reason_names_what_breaks_the_match(find: Find, happen: Happen, match: str, reason: str) -> None:
    assert find(happen(CONVERT, READ, PAY), calls=["read", "convert"], match=match).reason == reason


def test_tool_listed_twice_needs_two_calls(find: Find, happen: Happen) -> None:
    assert find(happen(READ, READ), calls=["read", "read"]).passed
    finding = find(happen(READ), calls=["read", "read"])
    assert finding.reason == "it called read too seldom; it called read"


def test_general_pattern_leaves_the_particular_call_to_the_pattern_that_needs_it(
    find: Find, happen: Happen
) -> None:
    patterns = ["read", {"tool": "read", "args": {"file": "a.csv"}}]

    assert find(happen(READ, ("read", {"file": "b.csv"})), calls=patterns, match="exactly").passed
    assert not find(happen(READ), calls=patterns).passed


@pytest.mark.parametrize(
    "times, passed", [(2, True), (1, False), (0, False), ({"min": 2}, True), ({"max": 1}, False)]
)
def test_fitting_calls_are_counted(find: Find, happen: Happen, times: object, passed: bool) -> None:
    happened = happen(READ, PAY, READ)

    assert find(happened, calls="read", times=times).passed is passed


def test_wrong_count_says_both_numbers(find: Find, happen: Happen) -> None:
    finding = find(happen(READ), calls="read", times={"min": 2, "max": 3})

    assert finding.reason == "it called read 1 time; expected at least 2 and at most 3"


@pytest.mark.parametrize(
    "word, ours", [("superset", "at_least"), ("strict", "exactly"), ("subset", "at_most")]
)
def test_words_of_other_tools_are_rejected_with_ours(load: Callable[..., Any], word: str, ours: str) -> None:
    with pytest.raises(ValueError, match=f"unknown match '{word}'") as caught:
        load(calls="read", match=word)
    assert caught.value.errors()[0]["ctx"]["near_miss"] == ours  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "options, message",
    [
        ({"calls": ["a", "b"], "args": {"x": 1}}, "belong to a single tool"),
        ({"calls": ["a", "b"], "times": 2}, "belong to a single tool"),
        ({"calls": "a", "times": 2, "match": "exactly"}, "cannot be combined"),
        ({"calls": {"tool": "a", "args": {"x": 1}}, "args": {"x": 2}}, "given twice"),
        ({"calls": "a", "times": {"min": 3, "max": 2}}, "is below"),
        ({"calls": "a", "args": {"x": {"regex": "("}}}, "not a regular expression"),
        ({"calls": "a", "args": {"x": [{"gt": None}]}}, "'gt' needs a number or a text"),
        ({"calls": "a", "args": {"x": {"approx": 5}}}, "belong together"),
        ({"calls": []}, "at least 1 item"),
    ],
)
def test_options_that_cannot_work_are_rejected(
    reject: Callable[..., str], options: dict[str, Any], message: str
) -> None:
    assert message in reject(**options)


def test_forbidden_call_is_shown(find: Find, happen: Happen) -> None:
    finding = find(happen(READ, PAY), never_calls=["pay", "delete"])

    assert finding == Finding(False, "it called pay(amount=5), which it must never do")
    assert find(happen(READ), never_calls=["pay", "delete"]).reason == "it never called pay, delete"


def test_call_may_be_forbidden_with_certain_arguments_only(find: Find, happen: Happen) -> None:
    large = {"tool": "pay", "args": {"amount": {"gt": 1000}}}

    assert find(happen(PAY), never_calls=large).passed
    assert not find(happen(("pay", {"amount": 1000.01})), never_calls=large).passed


def test_title_shows_the_arguments(load: Callable[..., Any]) -> None:
    check = load(calls="convert", args={"to": "USD", "amount": {"ge": 100}})

    assert check.title == 'calls: convert(to="USD", amount at least 100)'
