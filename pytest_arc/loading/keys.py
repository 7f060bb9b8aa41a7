"""Which keys a mapping may have, found by following the path of a problem through the models."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, cast, get_args, get_origin

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

from pytest_arc.domain.profile import BehaviorSpec, TargetSpec
from pytest_arc.domain.score import Check
from pytest_arc.loading.places import Path
from pytest_arc.registry import BEHAVIORS, CHECKS, TARGETS, UnknownName

__all__ = ["find_model", "list_keys", "name_key"]

Model = type[BaseModel]


def list_keys(model: Model) -> list[str]:
    """The keys of `model` as they are written, those every check has last."""
    inherited = Check.model_fields if issubclass(model, Check) else {}
    fields = model.model_fields.items()
    own = [name_key(name, info) for name, info in fields if name not in inherited]
    return own + [name_key(name, info) for name, info in fields if name in inherited]


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
        kinds = [kind for outer in kinds for kind in _step(outer, part)]
        data = _descend(data, part)
        kinds = [specific for kind in kinds if (specific := _specialise(kind, data))]
    return next((kind for kind in kinds if _is_model(kind)), None)


def _step(kind: Any, part: str | int) -> Iterator[Any]:
    """The kinds of what stands under `part` of something of `kind`."""
    if _is_model(kind):
        for name, info in cast("Model", kind).model_fields.items():
            if part in (name, name_key(name, info)):
                yield from _unfold(info.annotation)
    elif isinstance(kind, types.GenericAlias) or get_origin(kind):
        arguments = get_args(kind)
        if arguments:
            yield from _unfold(arguments[-1] if get_origin(kind) is dict else arguments[0])


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


def _specialise(kind: Any, data: Any) -> Any:
    """For a kind that a registry chooses among, the class that `data` names."""
    if not _is_model(kind) or not isinstance(data, Mapping) or not data:
        return kind
    mapping = cast("Mapping[str, Any]", data)
    try:
        if kind is Check:
            return CHECKS.find(next(iter(mapping)))
        if kind is TargetSpec:
            return TARGETS.find(next(iter(mapping)))
        if kind is BehaviorSpec:
            return BEHAVIORS.find(str(mapping.get("kind")))
    except UnknownName:
        return None
    return kind


def _descend(data: Any, part: str | int) -> Any:
    try:
        return data[part]
    except (KeyError, IndexError, TypeError):
        return None


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
