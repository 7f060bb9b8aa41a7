"""The check on what the simulated tools hold after the trial."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_arc.domain.score import Evidence, Finding

Find = Callable[..., Finding]
STATE = {
    "tables": {
        "payments": [{"id": 1, "status": "sent", "amount": 0.1}, {"id": 2, "status": "new", "amount": 0.2}]
    },
    "files": ["ledger.csv"],
    "rates": {},
    "calls": {"pay": 1},
}


@pytest.fixture
def after(happen: Callable[..., Evidence]) -> Evidence:
    return happen("Done", state=STATE)


@pytest.mark.parametrize(
    "expression, right, wrong",
    [
        ("tables.payments[?status=='sent'] | length(@)", {"equals": 1}, {"equals": 2}),
        ("tables.payments[?id==`2`].status | [0]", {"not_equals": "sent"}, {"not_equals": "new"}),
        ("calls.pay", {"ge": 1, "le": 1}, {"ge": 1, "le": 0}),
        ("calls.pay", {"gt": 0, "lt": 2}, {"gt": 1, "lt": 2}),
        ("files", {"contains": "ledger.csv"}, {"contains": "ledger"}),
        ("files[0]", {"matches": r"\.csv$"}, {"matches": r"\.xlsx$"}),
        (
            "sum(tables.payments[].amount)",
            {"approx": 0.3, "tolerance": 0.001},
            {"approx": 0.4, "tolerance": 0.001},
        ),
        ("tables.payments[0].status", {"one_of": ["sent", "done"]}, {"one_of": ["new"]}),
        ("tables.refunds", {"exists": False}, {"exists": True}),
    ],
)
def test_operator_tells_right_from_wrong(
    find: Find, after: Evidence, expression: str, right: dict[str, Any], wrong: dict[str, Any]
) -> None:
    assert find(after, state=expression, **right).passed
    assert not find(after, state=expression, **wrong).passed


def test_expression_may_compare_by_itself(find: Find, after: Evidence) -> None:
    assert find(after, state="length(files) == `1`").passed


def test_reason_gives_what_is_there(find: Find, after: Evidence) -> None:
    finding = find(after, state="length(files)", equals=0)

    assert finding.reason == "'length(files)' is 1; expected 0"


def test_missing_path_fails_the_check_and_says_so(find: Find, after: Evidence) -> None:
    finding = find(after, state="tables.refunds", ge=1)

    assert finding == Finding(False, "'tables.refunds' is not there (or null); expected at least 1")


def test_function_on_a_missing_path_fails_the_check_and_says_so(find: Find, after: Evidence) -> None:
    finding = find(after, state="length(tables.refunds)", equals=0)

    assert finding.passed is False
    assert finding.reason.endswith("cannot be computed: length() was given null (a path is not there)")


@pytest.mark.parametrize("expression", ["tables.refunds", "files[?@=='x']", "length(files) == `2`"])
def test_expression_alone_must_be_true(find: Find, after: Evidence, expression: str) -> None:
    finding = find(after, state=expression)

    assert finding.passed is False
    assert finding.reason.endswith("expected it to be true")


@pytest.mark.parametrize(
    "expression, message",
    [
        ("tables[", "not a JMESPath expression: it ends too early"),
        ("tables.x b", "unexpected 'b' at character 10"),
        ("size(files)", "JMESPath has no function 'size'; it has: abs, avg,"),
        ("files[?contains(@)]", "the function 'contains' takes 2 arguments, not 1"),
        ("", "at least 1 character"),
    ],
)
def test_broken_expression_is_rejected_when_loaded(
    reject: Callable[..., str], expression: str, message: str
) -> None:
    assert message in reject(state=expression)


def test_broken_operator_is_rejected_when_loaded(reject: Callable[..., str]) -> None:
    assert "not a regular expression" in reject(state="files[0]", matches="(")
    assert "needs a number or a text" in reject(state="files[0]", gt=[1])


def test_operator_without_a_value_is_rejected(reject: Callable[..., str]) -> None:
    assert "'equals' has no value; 'exists: false' expects null" in reject(state="files", equals=None)


def test_title_says_what_is_expected(load: Callable[..., Any]) -> None:
    assert load(state="length(files)", ge=1, le=3).title == "state: length(files) -> at least 1 and at most 3"
    assert load(state="files", exists=False).title == "state: files -> no value"
