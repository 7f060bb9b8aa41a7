from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

SALES = """date,region,amount,note
2026-01-03,EMEA,12.50,first
2026-01-09,APAC,0.1,
2026-02-01,EMEA,0.2,Late fee
2026-02-11,,100,
"""
TOOL = "spreadsheet_analyzer"


@pytest.fixture
def sales(answer: Callable[..., Any]) -> Callable[..., Any]:
    return lambda **arguments: answer(
        TOOL, {"file": "sales.csv"} | arguments, files={"sales.csv": {"text": SALES}}
    )


@pytest.fixture
def refusal(complain: Callable[..., str]) -> Callable[..., str]:
    return lambda **arguments: complain(
        TOOL, {"file": "sales.csv"} | arguments, files={"sales.csv": {"text": SALES}}
    )


def test_a_file_is_described_by_default(sales: Callable[..., Any]):
    assert sales() == {
        "file": "sales.csv",
        "sheets": [{"name": "sales", "columns": ["date", "region", "amount", "note"], "rows": 4}],
    }


def test_rows_are_listed_as_mappings(sales: Callable[..., Any]):
    result = sales(operation="rows", where=[{"column": "amount", "op": "<", "value": 1}])

    assert result == {
        "columns": ["date", "region", "amount", "note"],
        "rows": [
            {"date": "2026-01-09", "region": "APAC", "amount": 0.1, "note": None},
            {"date": "2026-02-01", "region": "EMEA", "amount": 0.2, "note": "Late fee"},
        ],
        "row_count": 2,
    }


def test_one_column_can_be_listed(sales: Callable[..., Any]):
    assert sales(operation="rows", column="amount")["rows"][0] == {"amount": 12.5}


@pytest.mark.parametrize(
    "operation, value", [("sum", 112.8), ("mean", 28.2), ("min", 0.1), ("max", 100), ("count", 4)]
)
def test_a_column_is_aggregated_without_noise(sales: Callable[..., Any], operation: str, value: float):
    assert sales(operation=operation, column="amount") == {
        "operation": operation,
        "column": "amount",
        "value": value,
        "row_count": 4,
    }


def test_groups_come_in_the_order_of_the_file(sales: Callable[..., Any]):
    assert sales(operation="sum", column="amount", group_by="region") == {
        "operation": "sum",
        "column": "amount",
        "group_by": "region",
        "groups": [
            {"group": "EMEA", "value": 12.7, "row_count": 2},
            {"group": "APAC", "value": 0.1, "row_count": 1},
            {"group": None, "value": 100, "row_count": 1},
        ],
    }


def test_rows_are_counted_without_a_column_and_filled_cells_with_one(sales: Callable[..., Any]):
    assert sales(operation="count")["value"] == 4
    assert sales(operation="count", column="note")["value"] == 2


def test_dates_have_a_first_and_a_last_one(sales: Callable[..., Any]):
    assert sales(operation="max", column="date")["value"] == "2026-02-11"


@pytest.mark.parametrize(
    "condition, count",
    [
        ({"column": "region", "op": "=", "value": "EMEA"}, 2),
        ({"column": "region", "op": "=", "value": "emea"}, 0),
        ({"column": "region", "op": "!=", "value": "EMEA"}, 2),
        ({"column": "region", "op": "=", "value": None}, 1),
        ({"column": "region", "op": "!=", "value": None}, 3),
        ({"column": "amount", "op": "=", "value": 0.1}, 1),
        ({"column": "amount", "op": "=", "value": "0.10"}, 1),
        ({"column": "amount", "op": ">=", "value": 12.5}, 2),
        ({"column": "amount", "op": ">", "value": "much"}, 0),
        ({"column": "amount", "op": "<", "value": "NaN"}, 0),
        ({"column": "date", "op": ">=", "value": "2026-02-01"}, 2),
        ({"column": "region", "op": "<", "value": "B"}, 1),
        ({"column": "note", "op": "contains", "value": "late"}, 1),
    ],
)
def test_rows_are_filtered(sales: Callable[..., Any], condition: dict[str, Any], count: int):
    assert sales(operation="count", where=[condition])["value"] == count


def test_rows_must_meet_all_conditions(sales: Callable[..., Any]):
    both = [
        {"column": "region", "op": "=", "value": "EMEA"},
        {"column": "amount", "op": "<", "value": 1},
    ]

    assert sales(operation="sum", column="amount", where=both)["value"] == 0.2


def test_nothing_left_sums_to_0_of_0_rows_and_has_no_mean(sales: Callable[..., Any]):
    nothing = [{"column": "amount", "op": "<", "value": 0}]

    assert sales(operation="sum", column="amount", where=nothing) == {
        "operation": "sum",
        "column": "amount",
        "value": 0,
        "row_count": 0,
    }
    assert sales(operation="mean", column="amount", where=nothing)["value"] is None


def test_a_long_listing_is_cut_off_and_says_so(answer: Callable[..., Any]):
    files = {"long.csv": {"text": "n\n" + "\n".join(map(str, range(1, 251)))}}
    result = answer(TOOL, {"file": "long.csv", "operation": "rows"}, files=files)

    assert (len(result["rows"]), result["row_count"], result["truncated"]) == (200, 250, True)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            {"file": "sale.csv"},
            "there is no file 'sale.csv'; there are: sales.csv; did you mean 'sales.csv'?",
        ),
        (
            {"operation": "sum", "column": "amounts"},
            "there is no column 'amounts'; there are: date, region, amount, note; did you mean 'amount'?",
        ),
        ({"operation": "sum"}, "'sum' needs the argument 'column'; there are: date, region, amount, note"),
        (
            {"operation": "sum", "column": "region"},
            "column 'region' is not all numbers: it has 'EMEA'",
        ),
        ({"sheet": "January"}, "there is no sheet 'January'; there are: sales"),
        (
            {"column": "amount"},
            "'column' goes with one of the operations rows, sum, mean, min, max, count; "
            "this one is 'describe'",
        ),
        (
            {"operation": "rows", "group_by": "region"},
            "'group_by' goes with one of the operations sum, mean, min, max, count",
        ),
        (
            {"where": [{"column": "amount", "op": "like", "value": 1}], "operation": "count"},
            "the argument 'where[0].op' must be one of =, !=, <, <=, >, >=, contains; it is \"like\"",
        ),
    ],
)
def test_what_cannot_be_done_says_what_can(
    refusal: Callable[..., str], arguments: dict[str, Any], message: str
):
    assert refusal(**arguments) == message


def test_a_world_without_files_says_so(complain: Callable[..., str]):
    assert complain(TOOL, {"file": "x.csv"}) == "there is no file 'x.csv'; there are none"
