"""What everything in this package is made of: values that never change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar, cast, dataclass_transform

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from pytest_arc.registry import Registry, UnknownName

__all__ = ["Frozen", "Named", "choose_by_first_key", "choose_by_kind", "find_named", "record"]


T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """A dataclass with slots that type checkers hold to be frozen, and Python does not.

    For what every trial makes anew: `frozen=True` sets each field by a call of `object.__setattr__`, which
    takes three times as long, and of a small trial's time a twentieth.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)


class Frozen(BaseModel):
    """A value: immutable, without unknown keys, equal by content.

    A subclass that stands for a feature of a later version says so in `not_supported_yet`; a field does
    the same with `json_schema_extra={"not_supported_yet": True}`. Loading rejects both, when used, with a
    located message.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        serialize_by_alias=True,
        coerce_numbers_to_str=True,  # `version: 1.10` and `answer_contains: 998.00` need no quotes
    )
    not_supported_yet: ClassVar[str] = ""


class Named(Frozen):
    """Something that YAML chooses by name: a check, a target, a behaviour. Its fields are its options."""


def choose_by_first_key(registry: Registry) -> BeforeValidator:
    """Validate a flat mapping whose first key names a class of `registry`; the rest are its options."""

    def choose(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        mapping = cast("Mapping[str, Any]", value)
        if not mapping:
            raise PydanticCustomError("empty_named", "an empty {kind}", {"kind": registry.kind})
        return find_named(registry, str(next(iter(mapping)))).model_validate(mapping)

    return BeforeValidator(choose)


def choose_by_kind(registry: Registry) -> BeforeValidator:
    """Validate a mapping whose key `kind` names a class of `registry`."""

    def choose(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        options = dict(cast("Mapping[str, Any]", value))
        kind = options.pop("kind", None)
        if kind is None:
            raise PydanticCustomError(
                "missing_kind", "a {what} needs the key 'kind'", {"what": registry.kind}
            )
        return find_named(registry, str(kind)).model_validate(options)

    return BeforeValidator(choose)


def find_named(registry: Registry, name: str) -> Any:
    """Look `name` up, for use in validators: an unknown one becomes a validation error with a hint."""
    try:
        return registry.find(name)
    except UnknownName as unknown:
        raise PydanticCustomError(
            "unknown_name",
            "{message}",
            {"message": str(unknown), "allowed": list(unknown.allowed), "near_miss": unknown.near_miss},
        ) from None
