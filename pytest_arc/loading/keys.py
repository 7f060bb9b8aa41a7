"""Which keys a mapping may have, found by following a path through the models."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Union, cast, get_args, get_origin

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

from pytest_arc.domain.frozen import list_own_keys
from pytest_arc.domain.profile import BehaviorSpec, TargetSpec
from pytest_arc.domain.scenario import Scenario
from pytest_arc.domain.score import Check
from pytest_arc.loading.places import Path
from pytest_arc.registry import BEHAVIORS, CHECKS, TARGETS, UnknownName

__all__ = ["FILLED_IN", "choose_kinds", "find_model", "is_for_later", "list_keys", "list_kinds", "name_key"]

Model = type[BaseModel]

FILLED_IN = frozenset({"prompt_file", "sha256", "sources"})
"""Fields that loading fills in; they are not for authors."""


def list_keys(model: Model) -> list[str]:
    """The keys of `model` as they are written; those that every check has stand last."""
    inherited = Check.model_fields if issubclass(model, Check) else {}
    named = {
        name: name_key(name, info)
        for name, info in model.model_fields.items()
        if name not in FILLED_IN and not is_for_later(info)
    }
    own = [key for name, key in named.items() if name not in inherited]
    extra = ["for_each"] if model is Scenario else []
    return own + extra + [key for name, key in named.items() if name in inherited]


def is_for_later(info: FieldInfo) -> bool:
    """Whether the field stands for a feature of a later version."""
    extra = info.json_schema_extra
    return isinstance(extra, Mapping) and bool(cast("Mapping[str, Any]", extra).get("not_supported_yet"))


def name_key(name: str, info: FieldInfo) -> str:
    """How the field `name` is spelled in a file."""
    alias = info.validation_alias
    if isinstance(alias, AliasChoices):
        return next((choice for choice in alias.choices if isinstance(choice, str)), name)
    return alias if isinstance(alias, str) else info.alias or name


def find_model(model: Model, path: Path, data: Any) -> Model | None:
    """The model of the mapping at `path` in `data`, which `model` describes; None when it is none."""
    kinds: list[Any] = [model]
    for part in path:
        data = _descend(data, part)
        kinds = choose_kinds([inner for kind in kinds for inner in list_kinds(kind, part)], data)
    return next((kind for kind in kinds if _is_model(kind)), None)


@functools.lru_cache(maxsize=4096)
def list_kinds(kind: Any, part: str | int) -> tuple[Any, ...]:
    """The types that may stand under `part` of a value of type `kind`, without unions and annotations."""
    return tuple(_list_kinds(kind, part))


def _list_kinds(kind: Any, part: str | int) -> Iterator[Any]:
    if _is_model(kind):
        for name, info in cast("Model", kind).model_fields.items():
            if part == name_key(name, info):
                yield from _unfold(info.annotation)
    elif get_args(kind):
        is_mapping = get_origin(kind) is dict
        if is_mapping == isinstance(part, str):
            yield from _unfold(get_args(kind)[-1 if is_mapping else 0])


def _unfold(annotation: Any) -> Iterator[Any]:
    """Take `Annotated` and unions off."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _unfold(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for member in get_args(annotation):
            yield from _unfold(member)
    else:
        yield annotation


def choose_kinds(kinds: Iterable[Any], data: Any) -> list[Any]:
    """`kinds`, those that a registry chooses among replaced by the class that `data` names."""
    chosen = [_choose(kind, data) for kind in kinds]
    return [kind for kind in chosen if kind is not None]


def _choose(kind: Any, data: Any) -> Any:
    if kind not in (Check, TargetSpec, BehaviorSpec) or not isinstance(data, Mapping) or not data:
        return kind
    mapping = cast("Mapping[str, Any]", data)
    try:
        if kind is Check:
            return CHECKS.find(next(iter(mapping)))
        if kind is TargetSpec:
            names = list_own_keys(TARGETS, mapping)
            return TARGETS.find(names[0]) if names else None
        return BEHAVIORS.find(str(mapping.get("kind")))
    except UnknownName:
        return None


def _descend(data: Any, part: str | int) -> Any:
    try:
        return data[part]
    except (KeyError, IndexError, TypeError):
        return None


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
