from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

TOOL = "financial_calculator"
RATES = {"EUR/USD": 1.08, "GBP/USD": 1.25}


@pytest.mark.parametrize(
    "arguments, value",
    [
        ({"operation": "evaluate", "expression": "0.1 + 0.2"}, 0.3),
        ({"operation": "evaluate", "expression": "10 / 4"}, 2.5),
        ({"operation": "evaluate", "expression": "1 / 3"}, 1 / 3),
        ({"operation": "percent_of", "percent": 19, "of": 249.99}, 47.4981),
        ({"operation": "percent_change", "old": 80, "new": 100}, 25),
        ({"operation": "percent_change", "old": -200, "new": -100}, 50),
    ],
)
def test_values_are_exact(answer: Callable[..., Any], arguments: dict[str, Any], value: float):
    assert answer(TOOL, arguments) == {"operation": arguments["operation"], "value": value}


def test_whole_numbers_are_written_whole(call: Callable[..., Any]):
    reply = call(TOOL, {"operation": "evaluate", "expression": "10 / 2"})

    assert reply.content == '{"operation": "evaluate", "value": 5}'


def convert(amount: float, source: str, target: str) -> dict[str, Any]:
    return {"operation": "convert", "amount": amount, "from_currency": source, "to_currency": target}


@pytest.mark.parametrize(
    "arguments, value, rate",
    [
        (convert(100, "EUR", "USD"), 108.0, 1.08),
        (convert(108, "USD", "EUR"), 100, 1 / 1.08),
        (convert(7.5, "CHF", "CHF"), 7.5, 1),
        (convert(100, "eur", " usd "), 108.0, 1.08),
    ],
)
def test_money_is_converted_at_the_scenarios_rates(
    answer: Callable[..., Any], arguments: dict[str, Any], value: float, rate: float
):
    result = answer(TOOL, arguments, rates=RATES)

    assert result["value"] == value
    assert result["rate"] == pytest.approx(rate)
    assert result["currency"] == arguments["to_currency"].strip().upper()


@pytest.mark.parametrize(
    "arguments, message",
    [
        (convert(1, "EUR", "GBP"), "there is no rate from EUR to GBP; there are: EUR/USD, GBP/USD"),
        ({"operation": "convert", "amount": 1}, "'convert' needs the argument 'from_currency'"),
        ({"operation": "percent_of", "percent": 5}, "'percent_of' needs the argument 'of', a number"),
        ({"operation": "percent_change", "old": 0, "new": 5}, "there is no change in percent from 0"),
        ({"operation": "evaluate"}, "'evaluate' needs the argument 'expression'"),
        ({"operation": "evaluate", "expression": "1/0"}, "division by zero"),
        (
            {"operation": "percent_of", "percent": 1e600, "of": 1},
            "the argument 'percent' must be a finite number",
        ),
    ],
)
def test_what_cannot_be_computed_is_an_error_the_agent_sees(
    complain: Callable[..., str], arguments: dict[str, Any], message: str
):
    assert complain(TOOL, arguments, rates=RATES) == message


def test_a_world_without_rates_says_so(complain: Callable[..., str]):
    assert complain(TOOL, convert(1, "EUR", "USD")) == "there is no rate from EUR to USD; there are no rates"
