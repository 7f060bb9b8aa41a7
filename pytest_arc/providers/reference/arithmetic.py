"""Sums and conversions, by the tools where there are any."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from pytest_arc.providers.reference.answers import say_value
from pytest_arc.providers.reference.conversation import Conversation, ToolFailed
from pytest_arc.providers.reference.records import read_amount
from pytest_arc.providers.reference.requests import Task, split_words
from pytest_arc.providers.reference.tools import choose_operation, find_scalars, write_number

__all__ = ["answer_calculation", "convert", "evaluate"]

_EXPRESSION = re.compile(r"(?<![\w.])\d[\d,.]*(?:\s*[-+*/]\s*\d[\d,.]*)+(?![\w])")


def answer_calculation(talk: Conversation, task: Task) -> bool:
    """Do a conversion or a sum of which the request gives every part; False where it gives not all."""
    if task.files:
        return False
    amounts = [n for n in task.numbers if n.unit and len(n.unit) == 3 and n.unit.isupper()]
    percent = next((n for n in task.numbers if n.unit == "%"), None)
    base = next((n for n in task.numbers if percent and n.start > percent.start), None)
    expression = _EXPRESSION.search(task.text)
    if talk.roles.convert and task.target and len(amounts) == 1 and amounts[0].unit != task.target:
        value = convert(talk, amounts[0].value, amounts[0].unit, task.target)
        say_value(talk, f"value of {amounts[0].text}", value, task.target)
    elif percent and base:
        value = evaluate(talk, f"{base.value} * {percent.value} / 100")
        say_value(talk, f"{percent.text} of {base.text}", value, base.unit)
    elif expression and re.search(r"\s[-+*/]\s|[*+]", expression[0]):
        value = evaluate(talk, expression[0].rstrip(".,").replace(",", ""))
        say_value(talk, "result", value, None)
    else:
        return False
    return True


def evaluate(talk: Conversation, expression: str) -> Decimal:
    """The value of sums and products, by the tool where there is one."""
    expression = expression.replace("+ -", "- ").replace("- -", "+ ")
    if talk.roles.arithmetic:
        tool, parameter = talk.roles.arithmetic
        operation = choose_operation(tool, "evaluate", "calculate", "compute")
        return _find_value(talk.call(tool.name, operation | {parameter: expression}))
    total = Decimal(0)
    for sign, product in re.findall(r"([-+]?)([^-+]+)", expression.replace(" ", "")):
        value = Decimal(1)
        for operator, factor in re.findall(r"([*/]?)([\d.]+)", product):
            value = value / Decimal(factor) if operator == "/" else value * Decimal(factor)
        total += -value if sign == "-" else value
    return total


def convert(talk: Conversation, value: Decimal, code: str | None, target: str) -> Decimal:
    """Raises ToolFailed without a tool for it."""
    if code in (None, target):
        return value
    if talk.roles.convert is None:
        raise ToolFailed(f"there is no exchange rate from {code} to {target}")
    tool, names = talk.roles.convert
    parts = {names["amount"]: write_number(value), names["from"]: code, names["to"]: target}
    return _find_value(talk.call(tool.name, choose_operation(tool, "convert") | parts))


def _find_value(result: Any) -> Decimal:
    scalars = find_scalars(result) if isinstance(result, dict) else {"value": result}
    telling = {"value", "result", "total", "amount", "converted"}
    for key in sorted(scalars, key=lambda key: telling.isdisjoint(split_words(key))):
        if (value := read_amount(scalars[key])) is not None:
            return value
    raise ToolFailed("the tool gave no figure")
