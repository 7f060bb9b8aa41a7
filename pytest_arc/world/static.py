"""`kind: static`: canned answers, chosen by the arguments.

behavior:
  kind: static
  answers:
    - when: {sku: A17}
      returns: {price: 12.5, currency: EUR}
    - when: {sku: B2}
      returns: B2 was discontinued
      error: true
  otherwise:
    returns: []
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, cast

from pydantic import Field, field_validator, model_validator

from pytest_arc.domain.frozen import Frozen
from pytest_arc.world.behavior import Behavior, ToolFailure
from pytest_arc.world.state import WorldState

__all__ = ["CannedAnswer", "StaticBehavior"]


class CannedAnswer(Frozen):
    """One answer, and the arguments it belongs to."""

    when: dict[str, Any] = Field(default_factory=dict)
    """Arguments that must have these values; mappings inside are matched in part. Empty: any call."""
    returns: Any
    """A text, given as it is, or any JSON value."""
    error: bool = False
    """Whether the tool answers with an error: a text then becomes `{"error": text}`."""

    def matches(self, arguments: Mapping[str, Any]) -> bool:
        return _matches(self.when, arguments)


class StaticBehavior(Behavior):
    """Answers with the first of `answers` that fits, else with `otherwise`, else with an error."""

    kind: ClassVar[str] = "static"

    answers: tuple[CannedAnswer, ...] = ()
    otherwise: CannedAnswer | None = None

    @field_validator("otherwise", mode="before")
    @classmethod
    def _from_short_form(cls, value: Any) -> Any:
        """`otherwise: Out of stock` is short for `otherwise: {returns: Out of stock}`."""
        if isinstance(value, (str, int, float, list)):
            return {"returns": cast("Any", value)}
        return value

    @model_validator(mode="after")
    def _answers_something(self) -> StaticBehavior:
        if not self.answers and self.otherwise is None:
            raise ValueError("a static tool needs 'answers' or 'otherwise'")
        if self.otherwise is not None and self.otherwise.when:
            raise ValueError("'otherwise' fits every call; 'when' belongs to 'answers'")
        return self

    async def run(self, arguments: Mapping[str, Any], state: WorldState) -> Any:
        found = next((answer for answer in self.answers if answer.matches(arguments)), self.otherwise)
        if found is None:
            given = json.dumps(arguments, ensure_ascii=False, default=str)
            raise ToolFailure(f"nothing is known for the arguments {given}")
        if found.error:
            raise ToolFailure(found.returns)
        return found.returns


def _matches(expected: Any, given: Any) -> bool:
    """Whether `given` holds all that is `expected`. `1` is `1.0`, and `true` is not `1`."""
    if isinstance(expected, Mapping):
        wanted = cast("Mapping[str, Any]", expected)
        return isinstance(given, Mapping) and all(
            key in given and _matches(value, given[key]) for key, value in wanted.items()
        )
    if isinstance(expected, (list, tuple)):
        items = cast("list[Any]", expected)
        return (
            isinstance(given, (list, tuple))
            and len(cast("list[Any]", given)) == len(items)
            and all(_matches(one, other) for one, other in zip(items, cast("list[Any]", given), strict=True))
        )
    return isinstance(expected, bool) == isinstance(given, bool) and expected == given
