"""The target of a profile, before it becomes a class: environment, paths, the flag's short form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import BeforeValidator, ValidationError

from pytest_arc.domain.frozen import Frozen, list_own_keys
from pytest_arc.domain.profile import AnyTarget, TargetSpec
from pytest_arc.errors import LoadError, Problem
from pytest_arc.loading.places import Layer, Place
from pytest_arc.loading.places import Path as KeyPath
from pytest_arc.loading.problems import Origins, explain_errors
from pytest_arc.loading.shapes import as_mapping
from pytest_arc.loading.source import Source
from pytest_arc.loading.wording import join_words
from pytest_arc.loading.yaml import Parsed
from pytest_arc.registry import TARGETS, UnknownName

__all__ = ["expand_variables", "is_other_kind", "parse_target", "resolve_recording"]

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class _Flag(Frozen):
    target: Annotated[
        AnyTarget, BeforeValidator(lambda text: {text: text} if isinstance(text, str) else text)
    ]


def parse_target(text: str) -> TargetSpec:
    """The target that `--arc-target` names: `reference`, `python:pkg.module:agent`, `replay:FILE`.

    Raises LoadError.
    """
    flag = Parsed(Source("--arc-target", text), places=Place(0, 0))
    kind, colon, option = text.partition(":")
    try:
        TARGETS.find(kind)
    except UnknownName as unknown:
        near = unknown.near_miss
        hint = f"did you mean '{near}'?" if near else f"allowed: {join_words(unknown.allowed)}"
        raise LoadError([Problem(flag.source.path, 0, 0, str(unknown), hint=hint)]) from None
    data: Any = {"target": resolve_recording({kind: option} if colon else kind, Path.cwd())}
    try:
        target = _Flag.model_validate(data).target
    except ValidationError as error:
        origins = Origins([Layer(flag, "--arc-target")], _Flag, data)
        raise LoadError(explain_errors(error, origins)) from None
    if target.not_supported_yet:
        message = f"{target.not_supported_yet} is not supported yet"
        raise LoadError([Problem(flag.source.path, 0, 0, message, unsupported=True)])
    return target


def is_other_kind(target: Any, below: Any) -> bool:
    """Whether a target is of another kind than the one that it builds on: the options of that say nothing."""
    own, lower = as_mapping(target), as_mapping(below)
    if own is None or lower is None:
        return False
    names = list_own_keys(TARGETS, own)
    return bool(names) and not any(name in lower for name in names)


def resolve_recording(target: Any, folder: Path) -> Any:
    """A `replay` target with the path of its file made absolute, seen from `folder`."""
    options = as_mapping(target)
    if options is None or not isinstance(options.get("replay"), str):
        return target
    return {**options, "replay": (folder / options["replay"]).resolve().as_posix()}


def expand_variables(
    value: Any, environ: Mapping[str, str], path: KeyPath
) -> tuple[Any, list[tuple[KeyPath, str]]]:
    """`value` with every `${NAME}` replaced, and the paths at which a variable is not set, with its name."""
    missing = [(place, name) for place, name in _list_variables(value, path) if name not in environ]
    return (value, missing) if missing else (_replace(value, environ), [])


def _list_variables(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, str):
        for match in _VARIABLE.finditer(value):
            yield path, match[1]
    elif isinstance(value, dict):
        for key, item in cast("Mapping[str, Any]", value).items():
            yield from _list_variables(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _list_variables(item, (*path, index))


def _replace(value: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: environ[match[1]], value)
    if isinstance(value, dict):
        return {key: _replace(item, environ) for key, item in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list):
        return [_replace(item, environ) for item in cast("list[Any]", value)]
    return value
