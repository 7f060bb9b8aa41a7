"""Sums and conversions, by the tools where there are any."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from pytest_arc.providers.reference.answers import Answer, Figure, write_figure
from pytest_arc.providers.reference.conversation import Conversation, ToolFailed
from pytest_arc.providers.reference.records import read_amount
from pytest_arc.providers.reference.requests import Task, split_words
from pytest_arc.providers.reference.tools import choose_operation, find_scalars

__all__ = ["answer_calculation", "convert", "evaluate"]


def answer_calculation(talk: Conversation, task: Task, out: Answer) -> bool:
    """A conversion or a sum of which the request gives every part."""
    if task.files:
        return False
    amounts = [n for n in task.numbers if n.unit and len(n.unit) == 3 and n.unit.isupper()]
    if (
        task.target
        and len(amounts) == 1
        and amounts[0].unit != task.target
        and talk.roles.convert
        and not task.group
    ):
        value = convert(talk, amounts[0].value, amounts[0].unit or "", task.target)
        out.say(
            "value",
            what=f"value of {amounts[0].text}",
            value=write_figure(talk, Figure("", value, task.target)),
        )
        return True
    percent = next((n for n in task.numbers if n.unit == "%"), None)
    base = next((n for n in task.numbers if n.unit != "%" and percent and n.start > percent.start), None)
    if percent and base:
        value = evaluate(talk, f"{base.value} * {percent.value} / 100")
        out.say(
            "value",
            what=f"{percent.text} of {base.text}",
            value=write_figure(talk, Figure("", value, base.unit)),
        )
        return True
    expression = re.search(r"(?<![\w.])\d[\d,.]*(?:\s*[-+*/]\s*\d[\d,.]*)+(?![\w])", task.text)
    if expression and re.search(r"\s[-+*/]\s|[*+]", expression[0]):
        value = evaluate(talk, expression[0].rstrip(".,").replace(",", ""))
        out.say("value", what="result", value=write_figure(talk, Figure("", value, None)))
        return True
    return False


def evaluate(talk: Conversation, expression: str) -> Decimal:
    """The value of sums, differences and one product with a quotient, by the tool where there is one."""
    role = talk.roles.arithmetic
    if role:
        result = talk.call(
            role[0].name,
            choose_operation(role[0], "evaluate", "calculate", "compute") | {role[1]: expression},
        )
        return _find_value(result)
    total, sign = Decimal(0), 1
    for term in re.findall(r"[-+]|[^-+]+", expression.replace(" ", "")):
        if term in "+-":
            sign = -1 if term == "-" else 1
            continue
        value = Decimal(1)
        for operator, factor in re.findall(r"([*/]?)([\d.]+)", term):
            value = value / Decimal(factor) if operator == "/" else value * Decimal(factor)
        total, sign = total + sign * value, 1
    return total


def convert(talk: Conversation, value: Decimal, code: str, target: str) -> Decimal:
    role = talk.roles.convert
    if code == target:
        return value
    if role is None:
        raise ToolFailed(f"there is no exchange rate from {code} to {target}")

    names = role[1]
    arguments: dict[str, Any] = choose_operation(role[0], "convert") | {
        names["amount"]: _plain(value),
        names["from"]: code,
        names["to"]: target,
    }
    return _find_value(talk.call(role[0].name, arguments))


def _find_value(result: Any) -> Decimal:

    scalars = find_scalars(result) if isinstance(result, dict) else {"value": result}
    named = [
        key for key in scalars if set(split_words(key)) & {"value", "result", "total", "amount", "converted"}
    ]
    numbers = [value for key in (*named, *scalars) if (value := read_amount(scalars[key])) is not None]
    if not numbers:
        raise ToolFailed("the tool gave no figure")
    return numbers[0]


def _plain(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
