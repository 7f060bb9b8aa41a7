"""What pydantic found wrong -> problems that say where, what, what is allowed, and the near miss."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from pytest_arc.domain.score import Check
from pytest_arc.errors import Problem
from pytest_arc.loading.keys import find_model, list_keys
from pytest_arc.loading.places import Found, Layer, Path, find_place, make_problem
from pytest_arc.loading.shapes import as_mapping
from pytest_arc.loading.wording import FORMS, NEEDED, describe_value, join_words, state_rule, suggest_key
from pytest_arc.registry import CHECKS, find_near_miss

__all__ = ["Origins", "explain_errors", "name_mapping"]


@dataclass
class Origins:
    """The files that merged `data` came from, and the model that describes it."""

    layers: Sequence[Layer]
    model: type[BaseModel]
    data: Any

    def find(self, path: Path) -> Found:
        return find_place(self.layers, path)

    def report(self, path: Path, message: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """A problem at the deepest place on `path` that stands in a file."""
        return make_problem(self.find(path), message, hint, at_key=at_key)


@dataclass
class _Trouble:
    """One line of a ValidationError, resolved to a place."""

    kind: str
    key: str
    """The last key on the path that was written, or is missing, or is unknown."""
    value: Any
    context: Mapping[str, Any]
    text: str
    found: Found


def explain_errors(error: ValidationError, origins: Origins) -> list[Problem]:
    """All problems of `error`; of several about the members of a union, one that says what is allowed."""
    groups: dict[tuple[Any, ...], list[_Trouble]] = {}
    for line in error.errors(include_url=False):
        trouble = _resolve(cast("dict[str, Any]", line), origins)
        own = trouble.key if trouble.kind in ("missing", "extra_forbidden") else ""
        groups.setdefault((trouble.found.path, own), []).append(trouble)
    return [_explain(group, origins) for group in _drop_shadowed(groups)]


def _resolve(line: Mapping[str, Any], origins: Origins) -> _Trouble:
    path: Path = tuple(line["loc"])
    kind = str(line["type"])
    found = origins.find(path)
    if kind in ("missing", "extra_forbidden"):
        key = str(path[-1])
    else:
        key = next((part for part in reversed(found.path) if isinstance(part, str)), "")
    return _Trouble(kind, key, line.get("input"), line.get("ctx") or {}, str(line["msg"]), found)


def _drop_shadowed(groups: Mapping[tuple[Any, ...], list[_Trouble]]) -> Iterable[list[_Trouble]]:
    """Leave out what is said of a value's form or length when something in it is wrong: the one follows
    from the other, or comes from another member of a union."""
    for (path, own), group in groups.items():
        deeper = any(len(other) > len(path) and other[: len(path)] == path for other, _ in groups)
        only_form = all(t.kind in FORMS or t.kind == "too_short" for t in group)
        if not (own == "" and only_form and deeper):
            yield group


def _explain(group: list[_Trouble], origins: Origins) -> Problem:
    trouble = next((t for t in group if t.kind not in FORMS), group[0])
    found = trouble.found
    if trouble.kind == "extra_forbidden":
        return _explain_unknown_key(trouble, origins)
    if trouble.kind == "missing":
        message = f"'{trouble.key}' is missing in {_name_here(found, origins)}"
        return make_problem(found, message, NEEDED.get(trouble.key, ""))
    if trouble.kind == "unknown_name":
        return _explain_unknown_name(trouble, origins)
    if trouble.kind == "several_names":
        return _explain_several_names(trouble, origins)
    if trouble.kind == "not_supported_yet":
        return replace(make_problem(found, trouble.text), unsupported=True)
    rules = [rule for t in group if (rule := state_rule(t.kind, t.context)) is not None]
    if not rules:
        text = str(trouble.context.get("error", trouble.text)).rstrip(".")
        return make_problem(found, f"{_uncapitalise(text)} ({_name_both(found, origins)})")
    allowed = " or ".join(dict.fromkeys(rules))
    message = f"{_name_value(found.path)} must be {allowed}, not {describe_value(trouble.value)}"
    return make_problem(found, message, _suggest_value(trouble))


def _explain_unknown_key(trouble: _Trouble, origins: Origins) -> Problem:
    found = trouble.found
    outer = found.path[:-1] if found.path[-1:] == (trouble.key,) else found.path
    model = find_model(origins.model, outer, origins.data)
    message = f"unknown key '{trouble.key}' in {name_mapping(outer, origins, found.layer.subject)}"
    hint = suggest_key(trouble.key, list_keys(model) if model else [])
    return make_problem(found, message, hint, at_key=True)


def _explain_unknown_name(trouble: _Trouble, origins: Origins) -> Problem:
    near, allowed = trouble.context.get("near_miss"), trouble.context.get("allowed", ())
    hint = f"did you mean '{near}'?" if near else f"allowed: {join_words(allowed)}"
    found = trouble.found
    message = f"{trouble.text} in {_name_container(found, origins)}"
    options = as_mapping(trouble.value)
    if options is None:
        return make_problem(found, message, hint)
    keys = list(options)
    check = next((key for key in keys[1:] if key in CHECKS.list_names()), None)
    if check and trouble.text.startswith("unknown check"):
        hint = f"the first key names the check: write '{check}' first"
    chosen = "kind" if "kind" in keys else str(trouble.context.get("name", keys[0]))
    return make_problem(origins.find((*found.path, chosen)), message, hint, at_key=chosen != "kind")


def _explain_several_names(trouble: _Trouble, origins: Origins) -> Problem:
    found, context = trouble.found, trouble.context
    place = origins.find((*found.path, str(context["second"])))
    hint = f"leave out '{context['second']}' or '{context['first']}'"
    return make_problem(place, f"{trouble.text} ({_name_container(found, origins)})", hint, at_key=True)


def _suggest_value(trouble: _Trouble) -> str:
    value = trouble.value
    if trouble.kind == "literal_error" and isinstance(value, str):
        choices = re.findall(r"'([^']*)'", str(trouble.context["expected"]))
        near = find_near_miss(value, choices)
        return f"did you mean '{near}'?" if near else ""
    if trouble.kind == "string_type" and isinstance(value, Mapping):
        return "': ' made a mapping of this: put the whole text in quotes"
    if trouble.kind == "string_type" and (value is None or isinstance(value, bool)):
        return "put the word in quotes if it is meant as text"
    if trouble.kind in ("model_type", "is_instance_of") and value in CHECKS.list_names():
        return f"write '{value}: ...' with what is expected"
    return ""


def _name_here(found: Found, origins: Origins) -> str:
    """The mapping at a place, where something is missing."""
    if found.path and isinstance(found.path[-1], int):
        named = name_mapping(found.path, origins, found.layer.subject)
        return named if " " in named else _name_value(found.path)
    return name_mapping(found.path, origins, found.layer.subject)


def _name_value(path: Path) -> str:
    """The value at the end of `path`: `'trials'`, `entry 2 of 'tags'`."""
    key = next((part for part in reversed(path) if isinstance(part, str)), None)
    name = f"'{key}'" if key else "this"
    return f"entry {path[-1] + 1} of {name}" if path and isinstance(path[-1], int) else name


def name_mapping(path: Path, origins: Origins, subject: str) -> str:
    """The mapping at the end of `path`: `profile 'x'`, `gates`, `check 'calls' of scenario 'y'`."""
    model = find_model(origins.model, path, origins.data) if path else None
    if model is not None and issubclass(model, Check) and model is not Check:
        return f"check '{model.keyword()}' of {subject}"
    return next((part for part in reversed(path) if isinstance(part, str)), subject)


def _name_container(found: Found, origins: Origins) -> str:
    """The mapping around the key or list at a place."""
    path = found.path
    while path and isinstance(path[-1], int):
        path = path[:-1]
    return name_mapping(path[:-1], origins, found.layer.subject)


def _name_both(found: Found, origins: Origins) -> str:
    """A value and what is around it: `'rates' in world`."""
    if not found.path:
        return found.layer.subject
    container = _name_container(found, origins)
    return container if container.startswith("check ") else f"{_name_value(found.path)} in {container}"


def _uncapitalise(text: str) -> str:
    return text[:1].lower() + text[1:]
