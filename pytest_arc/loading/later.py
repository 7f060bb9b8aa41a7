"""Keys whose feature is not there yet: reported when used, never ignored."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from pytest_arc.domain.frozen import Frozen
from pytest_arc.errors import Problem
from pytest_arc.loading.keys import choose_kinds, is_for_later, list_kinds, name_key
from pytest_arc.loading.places import Path, make_problem
from pytest_arc.loading.problems import Origins, name_mapping
from pytest_arc.loading.shapes import as_list, as_mapping

__all__ = ["explain_unsupported", "list_unsupported"]

Use = tuple[Path, str]
"""Path of a key, and the feature it asks for."""


def list_unsupported(model: type[BaseModel], data: Any) -> list[Use]:
    """Every key of `data`, which `model` describes, that this version cannot serve.

    Data is searched, not what it became, so that such keys are found beside mistakes too.
    """
    return list(_walk((model,), data, ()))


def explain_unsupported(uses: Iterable[Use], origins: Origins) -> list[Problem]:
    """A problem for each of `uses`."""
    return [_report(path, feature, origins) for path, feature in uses]


def _walk(kinds: tuple[Any, ...], data: Any, path: Path) -> Iterator[Use]:
    mapping = as_mapping(data)
    if mapping is None:
        for index, item in enumerate(as_list(data) or ()):
            _, inner = _look_up(kinds, 0)
            if inner and isinstance(item, (dict, list)):
                yield from _walk(inner, item, (*path, index))
        return
    kinds = tuple(choose_kinds(kinds, mapping))
    feature = _find_feature(kinds)
    if feature:
        yield path, feature
        return
    for key, value in mapping.items():
        is_later, inner = _look_up(kinds, key)
        if is_later and value not in (None, [], {}):
            yield (*path, key), ""
        elif inner and isinstance(value, (dict, list)):
            yield from _walk(inner, value, (*path, key))


@functools.lru_cache(maxsize=4096)
def _look_up(kinds: tuple[Any, ...], part: str | int) -> tuple[bool, tuple[Any, ...]]:
    """Whether `part` of one of `kinds` is for a later version, and what may stand there."""
    inner = tuple(inner for kind in kinds for inner in list_kinds(kind, part))
    return any(part in _list_later(kind) for kind in kinds), inner


@functools.cache
def _find_feature(kinds: tuple[Any, ...]) -> str:
    """What one of `kinds` stands for, if that is for a later version."""
    models = (kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Frozen))
    return next((model.not_supported_yet for model in models if model.not_supported_yet), "")


def _list_later(kind: Any) -> frozenset[str]:
    """The keys of a model that are for a later version."""
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return frozenset()
    fields = kind.model_fields.items()
    return frozenset(name_key(name, info) for name, info in fields if is_for_later(info))


def _report(path: Path, feature: str, origins: Origins) -> Problem:
    found = origins.find(path)
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    outer = path[: len(path) - 1 - path[::-1].index(key)] if key else ()
    container = name_mapping(outer, origins, found.layer.subject)
    hint = f"that would be {feature}" if feature else ""
    problem = make_problem(found, f"'{key}' in {container} is not supported yet", hint, at_key=True)
    return replace(problem, unsupported=True)
