"""The simulated tools that come with the package: `tools: [spreadsheet_analyzer]` in a profile."""

from __future__ import annotations

from typing import Any

from pytest_arc.domain.profile import Tool
from pytest_arc.world.calculator import CalculatorBehavior
from pytest_arc.world.spreadsheet import SpreadsheetBehavior
from pytest_arc.world.sql import SqlBehavior

__all__ = ["DATABASE_QUERY", "FINANCIAL_CALCULATOR", "SPREADSHEET_ANALYZER"]

Schema = dict[str, Any]


def _text(description: str) -> Schema:
    return {"type": "string", "description": description}


def _number(description: str) -> Schema:
    return {"type": "number", "description": description}


def _object(properties: Schema, *required: str) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_CONDITION = _object(
    {
        "column": _text("Name of the column"),
        "op": {"type": "string", "enum": ["=", "!=", "<", "<=", ">", ">=", "contains"]},
        "value": {
            "type": ["string", "number", "boolean", "null"],
            "description": "Compared as a number with numbers, else as text; null is an empty cell; "
            "'contains' ignores case",
        },
    },
    "column",
    "op",
    "value",
)

SPREADSHEET_ANALYZER = Tool(
    name="spreadsheet_analyzer",
    description="Read and aggregate CSV and XLSX files",
    parameters=_object(
        {
            "file": _text("Name of the file"),
            "sheet": _text("Name of the sheet; the first one when left out"),
            "operation": {
                "type": "string",
                "enum": ["describe", "rows", "sum", "mean", "min", "max", "count"],
                "default": "describe",
                "description": "describe lists sheets, columns and numbers of rows; rows lists at most 200",
            },
            "column": _text("The column to aggregate, or the only one to list"),
            "group_by": _text("A column; aggregates for each of its values"),
            "where": {
                "type": "array",
                "items": _CONDITION,
                "description": "Only rows that meet all of these conditions",
            },
        },
        "file",
    ),
    behavior=SpreadsheetBehavior(),
)

FINANCIAL_CALCULATOR = Tool(
    name="financial_calculator",
    description="Exact decimal arithmetic, percentages and currency conversion",
    parameters=_object(
        {
            "operation": {
                "type": "string",
                "enum": ["evaluate", "percent_of", "percent_change", "convert"],
            },
            "expression": _text("For evaluate: numbers, + - * / ** ( ), and % after a number for hundredths"),
            "percent": _number("For percent_of: how many percent"),
            "of": _number("For percent_of: of what"),
            "old": _number("For percent_change: the value before"),
            "new": _number("For percent_change: the value after"),
            "amount": _number("For convert: how much"),
            "from_currency": _text("For convert: ISO code such as EUR"),
            "to_currency": _text("For convert: ISO code such as USD"),
        },
        "operation",
    ),
    behavior=CalculatorBehavior(),
)

DATABASE_QUERY = Tool(
    name="database_query",
    description="Run a SQL query on the finance database",
    parameters=_object(
        {"sql": _text("One SQLite statement; the tables are listed by SELECT name, sql FROM sqlite_master")},
        "sql",
    ),
    behavior=SqlBehavior(),
)
