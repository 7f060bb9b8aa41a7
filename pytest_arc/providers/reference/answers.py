"""How the policy words an answer: figures with their units, caveats, sources."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from pytest_arc.providers.reference.conversation import Conversation
from pytest_arc.providers.reference.requests import Task, split_words

__all__ = ["Answer", "Figure", "count_nouns", "name_result", "write_figure"]


_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


@dataclass(frozen=True)
class Figure:
    """A result with what it is a result of."""

    name: str
    value: Decimal
    unit: str | None


class Answer:
    """One answer in the making: sentences, caveats, sources."""

    def __init__(self, talk: Conversation) -> None:
        self.talk = talk
        self.sentences: list[str] = []
        self.caveats: list[str] = []
        self.sources: list[str] = []

    def say(self, kind: str, **parts: str) -> None:
        self.sentences.append(self.talk.phrase(kind, **parts))

    def warn(self, kind: str, **parts: str) -> None:
        self.caveats.append(self.talk.phrase(kind, **parts))

    def write(self) -> str:
        talk = self.talk
        parts = [*self.sentences, *dict.fromkeys(self.caveats)]
        if talk.decide("scope") == "may_add":
            parts.append(talk.phrase("extra"))
        if self.sources and talk.decide("source_citing") == "cite":
            parts.append(talk.phrase("source", source=", ".join(dict.fromkeys(self.sources))))
        return " ".join(parts)


def write_figure(talk: Conversation, figure: Figure) -> str:
    """A figure as it is written, rounded as the prompt wants it, with its unit."""
    value = _round(talk, figure.value)
    text = f"{value:,f}"
    unit = figure.unit
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


def name_result(task: Task, column: str | None) -> str:
    word = {"mean": "average", "max": "largest", "min": "smallest"}.get(task.measure or "", "total")
    name = " ".join(split_words(column)) if column else ""
    period = f" for {task.periods[0].text}" if len(task.periods) == 1 else ""
    return (word if name in ("", word) else f"{word} {name}") + period


def count_nouns(number: int, noun: str) -> str:
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number} {noun if number == 1 else plural}"
