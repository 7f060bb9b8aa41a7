"""What everything in this package is made of: values that never change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar, cast, dataclass_transform

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from pytest_arc.registry import Registry, UnknownName

__all__ = [
    "Frozen",
    "Named",
    "choose_by_first_key",
    "choose_by_kind",
    "choose_by_own_key",
    "find_named",
    "list_own_keys",
    "record",
]


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
    file_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that are paths of files: where a trial is made on another machine, their content goes along."""


class Named(Frozen):
    """Something that YAML chooses by name: a check, a target, a behaviour. Its fields are its options."""


def choose_by_first_key(registry: Registry) -> BeforeValidator:
    """Validate a flat mapping whose first key names a class of `registry`; the rest are its options."""
    return _choose_by_key(registry, lambda mapping: str(next(iter(mapping))))


def choose_by_own_key(registry: Registry) -> BeforeValidator:
    """Validate a flat mapping, one key of which names a class of `registry`, wherever it stands."""

    def find_name(mapping: Mapping[str, Any]) -> str:
        names = list_own_keys(registry, mapping)
        if len(names) > 1:
            context = {"what": registry.kind, "first": names[0], "second": names[1]}
            raise PydanticCustomError(
                "several_names", "a {what} is '{first}' or '{second}', not both", context
            )
        return names[0] if names else _guess_own_key(registry, mapping)

    return _choose_by_key(registry, find_name)


def _choose_by_key(registry: Registry, find_name: Callable[[Mapping[str, Any]], str]) -> BeforeValidator:
    def choose(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        mapping = cast("Mapping[str, Any]", value)
        if not mapping:
            raise PydanticCustomError("empty_named", "an empty {kind}", {"kind": registry.kind})
        return find_named(registry, find_name(mapping)).model_validate(mapping)

    return BeforeValidator(choose)


def list_own_keys(registry: Registry, keys: Iterable[str]) -> list[str]:
    """The keys that name a class of `registry` and are no option of another one that is named."""
    keys = [str(key) for key in keys]
    named = [key for key in keys if key in registry.builtin]
    # Entry points are slow to read: they may name a class only where the built-in one leaves a key over.
    if len(named) == 1 and _list_options(registry.find(named[0])).issuperset({*keys} - {named[0]}):
        return named
    known = registry.list_names()
    classes = {key: registry.find(key) for key in keys if key in known}
    return [
        key
        for key, own in classes.items()
        if not any(key in _list_options(other) for other in classes.values() if other is not own)
    ]


def _list_options(kind: type[BaseModel]) -> set[str]:
    return {info.alias or name for name, info in kind.model_fields.items()}


def _guess_own_key(registry: Registry, keys: Iterable[str]) -> str:
    """Of keys that name nothing, the one that was meant to: like a name, or else the first."""
    unknown = [UnknownName(registry.kind, str(key), registry.list_names(), registry.synonyms) for key in keys]
    return next((name for name in unknown if name.near_miss), unknown[0]).name


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
            {
                "message": str(unknown),
                "name": name,
                "allowed": list(unknown.allowed),
                "near_miss": unknown.near_miss,
            },
        ) from None
