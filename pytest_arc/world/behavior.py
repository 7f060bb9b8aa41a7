"""What a simulated tool does when it is called: the protocol that behaviours implement."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar, cast

from pydantic import SerializerFunctionWrapHandler, field_validator, model_serializer

from pytest_arc.domain.profile import BehaviorSpec
from pytest_arc.world.conditions import Conditions, find_conditions
from pytest_arc.world.state import WorldState

__all__ = ["Behavior", "ToolFailure", "encode_error", "encode_result", "to_number"]


class ToolFailure(Exception):
    """The tool answers with an error, and the agent sees it. A function of the user may raise it too.

    `answer` is one plain sentence that says what was wrong and what there is, or any JSON value.
    """

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        super().__init__(str(answer))


class Behavior(BehaviorSpec):
    """A behaviour that can be run. Its fields are its options in YAML, where `kind` names it."""

    kind: ClassVar[str]

    @field_validator("conditions")
    @classmethod
    def _are_known(cls, conditions: str | dict[str, Any] | None) -> str | dict[str, Any] | None:
        if conditions is not None:
            find_conditions(conditions)
        return conditions

    @abstractmethod
    async def run(self, arguments: Mapping[str, Any], state: WorldState) -> Any:
        """Answer one call: a JSON value, decimals allowed, or a text that is given to the agent as it is.

        Raises ToolFailure for an error the agent sees, ToolSimulatorError when the simulation is broken.
        """

    def verify(self) -> str | None:
        """What makes this behaviour unusable here, found before any trial; None when nothing does."""
        return None

    @model_serializer(mode="wrap")
    def _write_kind(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Written down as it is read: two kinds with equal options are two behaviours."""
        return {"kind": self.kind, **write(self)}

    @cached_property
    def resolved_conditions(self) -> Conditions | None:
        """How slow and flaky this tool is; None: it answers at once, and without trouble."""
        return None if self.conditions is None else find_conditions(self.conditions)


def encode_result(value: Any) -> str:
    """Write what a behaviour answered as the content the agent sees.

    Raises TypeError for what JSON does not know, ValueError for infinities and for what contains itself.
    """
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_simplify)


def encode_error(answer: Any) -> str:
    """Write an error as the agent sees it: `{"error": "<a sentence>"}`, or the JSON value it is."""
    return encode_result({"error": answer} if isinstance(answer, str) else answer)


def to_number(value: Decimal) -> int | float:
    """A decimal as the JSON number that reads like it: 3 for 3 and 3E+2, 3.0 for 3.00, 0.3 for 0.1 + 0.2."""
    exponent = cast("int", value.as_tuple().exponent)
    return int(value) if exponent >= 0 else float(value)


def _simplify(value: Any) -> Any:
    if isinstance(value, Decimal) and value.is_finite():
        return to_number(value)
    raise TypeError(f"{value!r} is not JSON")
