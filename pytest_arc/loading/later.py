"""Keys whose feature is not there yet: reported when used, never ignored."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from pydantic import BaseModel

from pytest_arc.domain.frozen import Frozen
from pytest_arc.errors import Problem
from pytest_arc.loading.keys import name_key
from pytest_arc.loading.places import Path, make_problem
from pytest_arc.loading.problems import Origins, name_mapping

__all__ = ["explain_unsupported", "list_unsupported"]


Use = tuple[Path, str]
"""Path of a key, and the feature it asks for."""


def list_unsupported(model: Frozen) -> list[Use]:
    """Every key of `model` that was set and that this version cannot serve."""
    return list(_walk(model, ()))


def explain_unsupported(uses: Iterable[Use], origins: Origins) -> list[Problem]:
    """A problem for each of `uses`."""
    return [_report(path, feature, origins) for path, feature in uses]


def _walk(value: Any, path: Path) -> Iterator[Use]:
    if isinstance(value, Frozen):
        if value.not_supported_yet:
            yield path, value.not_supported_yet
            return
        later = _list_later(type(value))
        for name in value.model_fields_set:
            part = getattr(value, name)
            if name in later and part is not None and part != ():
                yield (*path, later[name]), ""
            elif isinstance(part, (Frozen, tuple, dict)):
                key = name_key(name, type(value).model_fields[name])
                yield from _walk(part, (*path, key))
    elif isinstance(value, tuple):
        for index, item in enumerate(cast("tuple[Any, ...]", value)):
            if isinstance(item, Frozen):
                yield from _walk(item, (*path, index))
    elif isinstance(value, dict):
        for key, item in cast("Mapping[str, Any]", value).items():
            if isinstance(item, Frozen):
                yield from _walk(item, (*path, key))


@functools.cache
def _list_later(model: type[BaseModel]) -> Mapping[str, str]:
    """Field -> key, of the fields of `model` that are for a later version."""
    return {
        name: name_key(name, info)
        for name, info in model.model_fields.items()
        if isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get("not_supported_yet")
    }


def _report(path: Path, feature: str, origins: Origins) -> Problem:
    found = origins.find(path)
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    outer = path[: len(path) - 1 - path[::-1].index(key)] if key else ()
    container = name_mapping(outer, origins, found.layer.subject)
    hint = f"that would be {feature}" if feature else ""
    problem = make_problem(found, f"'{key}' in {container} is not supported yet", hint, at_key=True)
    return replace(problem, unsupported=True)
