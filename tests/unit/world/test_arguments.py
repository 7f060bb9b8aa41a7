from __future__ import annotations

from typing import Any

import pytest

from pytest_arc.errors import ToolSimulatorError
from pytest_arc.world.arguments import check_schema, find_violation
from pytest_arc.world.builtin import DATABASE_QUERY, FINANCIAL_CALCULATOR, SPREADSHEET_ANALYZER

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "account": {"type": "string", "minLength": 2},
        "amount": {"type": "number"},
        "when": {"type": "object", "properties": {"day": {"type": "integer"}}, "required": ["day"]},
        "mode": {"enum": ["fast", "slow", None]},
        "tags": {"type": "array", "items": {"type": ["string", "null"]}},
    },
    "required": ["account"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    "arguments, violation",
    [
        ({"account": "A1", "amount": 5, "tags": ["x", None]}, None),
        ({}, "the argument 'account' is missing"),
        ({"account": 17}, "the argument 'account' must be a text; it is 17"),
        ({"account": "A1", "amount": "5"}, "the argument 'amount' must be a number; it is \"5\""),
        ({"account": "A1", "amount": True}, "the argument 'amount' must be a number; it is true"),
        ({"account": "A1", "when": {}}, "the argument 'when.day' is missing"),
        (
            {"account": "A1", "when": {"day": 1.5}},
            "the argument 'when.day' must be a whole number; it is 1.5",
        ),
        ({"account": "A1", "tags": ["x", 2]}, "the argument 'tags[1]' must be a text or null; it is 2"),
        (
            {"account": "A1", "mode": "warp"},
            "the argument 'mode' must be one of fast, slow, null; it is \"warp\"",
        ),
        (
            {"acount": "A1"},
            "there is no argument 'acount'; there are: account, amount, when, mode, tags; "
            "did you mean 'account'?",
        ),
        ({"account": "A"}, "the argument 'account': 'A' is too short"),
    ],
)
def test_a_violation_names_the_argument_and_what_is_allowed(arguments: dict[str, Any], violation: str | None):
    assert find_violation(SCHEMA, arguments) == violation


def test_a_long_value_is_shortened():
    violation = find_violation(SCHEMA, {"account": ["x" * 500]})

    assert violation is not None
    assert len(violation) < 150


@pytest.mark.parametrize(
    "schema, trouble",
    [
        (
            {"type": "object", "properties": {"a": {"type": "strin"}}},
            "properties.a.type: 'strin' is not valid",
        ),
        ({"type": "array"}, "the parameters of a tool are an object"),
        ({"properties": {"a": {"pattern": "("}}}, "properties.a.pattern: '(' is not a 'regex'"),
        ({"properties": []}, "properties: [] is not of type 'object'"),
    ],
)
def test_a_broken_schema_is_found_before_any_trial_and_is_trouble_of_the_tool(
    schema: dict[str, Any], trouble: str
):
    assert (check_schema(schema) or "").startswith(trouble)
    with pytest.raises(ToolSimulatorError, match="the tool's parameters are no JSON schema"):
        find_violation(schema, {})


def test_what_breaks_a_schema_only_in_use_is_trouble_of_the_tool():
    schema = {"type": "object", "properties": {"a": {"$ref": "#/nowhere"}}}

    with pytest.raises(ToolSimulatorError, match="cannot be used as a JSON schema"):
        find_violation(schema, {"a": "x"})


@pytest.mark.parametrize(
    "tool", [SPREADSHEET_ANALYZER, FINANCIAL_CALCULATOR, DATABASE_QUERY], ids=lambda tool: tool.name
)
def test_the_schemas_of_the_built_in_tools_are_right_and_closed(tool: Any):
    assert check_schema(tool.parameters) is None
    assert tool.parameters["additionalProperties"] is False
