"""The check on a figure in an answer."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property
from typing import Literal

from pydantic import Field, field_validator

from pytest_arc.domain.score import Finding
from pytest_arc.language import DecimalMark, Number, find_numbers
from pytest_arc.scoring.answers import AnswerCheck
from pytest_arc.scoring.sentences import format_number, quote
from pytest_arc.scoring.tolerance import ExactDecimal, Tolerance, find_margin

__all__ = ["AnswerNumber"]


class AnswerNumber(AnswerCheck):
    """The answer names this number.

    Numbers are read as `language.find_numbers` documents: 12,345.67, 12.345,67, 12 345.67, $12k and
    (12,345.67) are numbers; dates, ordinals and identifiers are not. "1,234" alone is 1234 and "1.234"
    alone is 1.234; `decimal: ","` (or ".") says which mark the agent uses for decimals.

    With a `unit` only numbers that carry it are looked at: a currency by code, sign or word, "%", or a
    word such as days. Without one, any unit will do.

    Of several numbers any one may be the right one (`which: any`), or it must be the `first`, the `last`,
    or the `only` one (named once or more often).
    """

    answer_number: ExactDecimal = Field(max_digits=60)
    tolerance: Tolerance = "0"
    """How far it may be off: 0.01, or a share of the expected number such as 1%. Default: not at all."""
    unit: str | None = None
    which: Literal["any", "first", "last", "only"] = "any"
    decimal: DecimalMark | None = None

    @field_validator("unit")
    @classmethod
    def _is_unit(cls, unit: str | None) -> str | None:
        if unit is not None and _read_unit(unit) is None:
            raise ValueError(
                f"cannot read the unit {quote(unit)}; write a currency, %, or one word such as days"
            )
        return unit

    def describe(self) -> str:
        unit = f" {self._unit}" if self._unit else ""
        margin = f" +- {self.tolerance}" if find_margin(self.tolerance, Decimal(1)) else ""
        only = "only " if self.which == "only" else ""
        return f"{only}{format_number(self.answer_number)}{unit}{margin}"

    def judge_texts(self, texts: tuple[str, ...]) -> Finding:
        found = [number for text in texts for number in find_numbers(text, self.decimal)]
        numbers = [n for n in found if self._unit is None or _carries(n, self._unit)]
        if not numbers:
            return Finding(False, f"the answer names {self._say_none(found)}; expected {self.describe()}")
        candidates = {"first": numbers[:1], "last": numbers[-1:]}.get(self.which, numbers)
        # Of all candidates the nearest decides, unless there may be no other: then the farthest.
        decisive = (max if self.which == "only" else min)(candidates, key=self._measure_distance)
        if self._measure_distance(decisive) <= find_margin(self.tolerance, self.answer_number):
            return Finding(True, f"the answer names {_write(decisive)}")
        return Finding(
            False, f"the answer names {self._say_seen(numbers, decisive)}; expected {self.describe()}"
        )

    @cached_property
    def _unit(self) -> str | None:
        return None if self.unit is None else _read_unit(self.unit)

    def _measure_distance(self, number: Number) -> Decimal:
        return abs(number.value - self.answer_number)

    def _say_none(self, found: Sequence[Number]) -> str:
        if not found:
            return "no number"
        nearest = min(found, key=self._measure_distance)
        return f"no number in {self._unit}, the nearest is {_write(nearest)}"

    def _say_seen(self, numbers: Sequence[Number], decisive: Number) -> str:
        if len(numbers) == 1:
            return _write(decisive)
        which = {"any": "the nearest is", "only": "among them"}.get(self.which, f"the {self.which} is")
        return f"{len(numbers)} numbers, {which} {_write(decisive)}"


def _write(number: Number) -> str:
    if number.unit is None:
        return format_number(number.value)
    return f"{format_number(number.value)}{'' if number.unit == '%' else ' '}{number.unit}"


def _read_unit(unit: str) -> str | None:
    """Read a unit as it is read behind a number, so that `$`, `USD` and `dollars` are the same."""
    numbers = find_numbers(f"5 {unit}")
    if len(numbers) == 1 and numbers[0].unit is not None:
        return numbers[0].unit
    return unit.strip().lower() if unit.strip().isalpha() else None


def _carries(number: Number, unit: str) -> bool:
    return number.unit is not None and number.unit.lower() == unit.lower()
