"""How the policy words figures: rounded, with their units, and said to be of what."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from pytest_arc.providers.reference.conversation import Conversation
from pytest_arc.providers.reference.requests import Task, name_column

__all__ = ["Figure", "count_nouns", "name_result", "say_value", "write_figure"]

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


@dataclass(frozen=True)
class Figure:
    """A result with what it is a result of."""

    name: str
    value: Decimal
    unit: str | None


def say_value(talk: Conversation, what: str, value: Decimal, unit: str | None) -> None:
    talk.say("value", what=what, value=write_figure(talk, value, unit))


def write_figure(talk: Conversation, value: Decimal, unit: str | None) -> str:
    """A figure as it is written, rounded as the prompt wants it, with its unit."""
    text = f"{_round(talk, value):,f}"
    if not unit or talk.decide("units") == "never" or talk.slips("unit"):
        return text
    if unit in _SYMBOLS and not talk.looks_at_currency:
        return f"-{_SYMBOLS[unit]}{text[1:]}" if text.startswith("-") else f"{_SYMBOLS[unit]}{text}"
    return f"{text} {unit}"


def _round(talk: Conversation, value: Decimal) -> Decimal:
    policy = talk.decide("rounding")
    if talk.slips("round"):
        policy = "whole" if policy != "whole" else "2"
    if policy == "exact":
        return value.normalize() if value != value.to_integral_value() else value.quantize(Decimal(1))
    places = 0 if policy == "whole" else int(policy)
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def name_result(task: Task, column: str) -> str:
    """What the figure is: "total amount for Q1 2026"."""
    word = {"mean": "average", "max": "largest", "min": "smallest"}.get(task.measure or "", "total")
    name = name_column(column)
    period = f" for {task.periods[0].text}" if len(task.periods) == 1 else ""
    return (word if name in ("", word) else f"{word} {name}") + period


def count_nouns(number: int, noun: str) -> str:
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number} {noun if number == 1 else plural}"
