"""Whether a change moved what it is measured with: thresholds, scenarios, checks, quarantine, baseline."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from pytest_arc.domain.gates import Gates
from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.profile import AgentProfile
from pytest_arc.errors import LoadError
from pytest_arc.history.git import MergeBase, list_changed, read_then
from pytest_arc.loading.baselines import FOLDER
from pytest_arc.loading.merging import merge
from pytest_arc.loading.quarantine import FILE_NAME as QUARANTINE
from pytest_arc.loading.shapes import as_mapping
from pytest_arc.loading.source import Source, read_source
from pytest_arc.loading.yaml import parse_yaml
from pytest_arc.scoring.python import PythonCheck

__all__ = ["Movement"]

MOST_NAMED = 6
"""Of what moved; the rest is counted."""
_TABLES = (".csv", ".jsonl")


@dataclass
class Movement:
    """The working tree at `root` beside the merge base."""

    root: Path
    base: MergeBase
    agents: tuple[AgentPlan, ...]

    @cached_property
    def files(self) -> frozenset[str] | None:
        """What differs of the files that agents are measured with, relative to the root; None when git gives
        no answer."""
        places = {place for parts in self._parts.values() for place in parts.list_places()}
        return list_changed(self.root, self.base, places)

    def describe(self, agent: AgentPlan) -> str:
        """The line in every report."""
        if self.files is None:
            return f"the ruler in this change: not compared with {self.base.label}: git gives no answer"
        moved = list(self._list_moved(agent, self.files))
        if not moved:
            same = "thresholds, scenarios, checks, quarantine, baseline"
            return f"the ruler in this change: unchanged since {self.base.label} ({same})"
        rest = [f"and {len(moved) - MOST_NAMED} more"] if len(moved) > MOST_NAMED else []
        listed = ", ".join([*moved[:MOST_NAMED], *rest])
        return f"the ruler in this change: moved since {self.base.label}: {listed}"

    @cached_property
    def _parts(self) -> dict[str, _Parts]:
        return {agent.profile.id: _find_parts(agent, self.root) for agent in self.agents}

    def _list_moved(self, agent: AgentPlan, files: frozenset[str]) -> Iterator[str]:
        parts = self._parts[agent.profile.id]
        if files & parts.profiles:
            yield from self._compare_thresholds(_read_profile(agent), parts.profile)
        for path in sorted(files - parts.profiles):
            gone = "" if (self.root / path).exists() else " (removed)"
            if path in parts.scenarios:
                count = parts.scenarios[path]
                yield f"{path} ({count} scenario{'' if count == 1 else 's'})"
            elif path in parts.checks:
                yield f"{path} (a check)"
            elif path in parts.data or parts.includes_file(path):
                yield f"{path}{gone}"
        for path, name in ((parts.baseline, "baseline"), (QUARANTINE, "quarantine")):
            if path in files:
                yield name if (self.root / path).exists() else f"{name} (removed)"

    def _compare_thresholds(self, profile: AgentProfile, path: str) -> Iterator[str]:
        try:
            then = _read_profile_then(self, path)
            if then is None:
                yield f"{path} (new)"
                return
            before = _list_thresholds(
                Gates.model_validate(then.get("gates") or {}),
                then.get("trials", AgentProfile.model_fields["trials"].default),
                then.get("min_pass_rate", AgentProfile.model_fields["min_pass_rate"].default),
            )
        except (LoadError, ValidationError):
            yield f"thresholds of {path} (unreadable at {self.base.label})"
            return
        trials = profile.trials if isinstance(profile.trials, int) else profile.trials.model_dump()
        yield from _compare(before, _list_thresholds(profile.gates, trials, profile.min_pass_rate))
        sources = as_mapping(then.get("scenarios")) or {}
        include = sources.get("include", ())
        if tuple([include] if isinstance(include, str) else include) != profile.scenarios.include:
            yield f"scenarios.include of {path}"


# Thresholds, then and now.


def _read_profile(agent: AgentPlan) -> AgentProfile:
    """The profile as it is written: without gates that the settings of this run have added."""
    gates = agent.profile.gates.model_copy(update=dict.fromkeys(agent.implied_gates))
    return agent.profile.model_copy(update={"gates": gates})


_Thresholds = Mapping[str, Mapping[str, Any]]
"""What it is called -> option -> value; `""` is the value itself."""


def _read_profile_then(movement: Movement, path: str) -> dict[str, Any] | None:
    """The profile as it was, with all that it extended; None when it was not there. Raises LoadError."""
    data: dict[str, Any] = {}
    seen: set[str] = set()
    place: str | None = path
    while place is not None and place not in seen:
        text = read_then(movement.root, movement.base, place)
        if text is None:
            return None if place == path else data
        mapping = as_mapping(parse_yaml(Source(place, text)).data) or {}
        data = cast("dict[str, Any]", merge(mapping, data))
        seen.add(place)
        parent = mapping.get("extends")
        place = os.path.normpath(Path(place).parent / parent) if isinstance(parent, str) else None
    return data


def _list_thresholds(gates: Gates, trials: Any, min_pass_rate: Any) -> _Thresholds:
    listed: dict[str, Any] = {"trials": trials, "min_pass_rate": min_pass_rate}
    for name, gate in gates.model_dump(mode="json").items():
        if name in ("groups", "dimensions"):
            listed |= {f"{name}.{part}": options for part, options in gate.items()}
        elif gate is not None:
            listed[name] = gate
    if (rounds := as_mapping(trials)) is not None:
        listed["trials"] = f"{rounds.get('first', 1)} to {rounds.get('max')}"
    return {name: as_mapping(value) or {"": value} for name, value in listed.items()}


def _compare(then: _Thresholds, now: _Thresholds) -> Iterator[str]:
    for name in sorted(then.keys() | now.keys()):
        if name not in now or name not in then:
            yield f"gate {name} {'removed' if name in then else 'added'}"
            continue
        before, after = then[name], now[name]
        for option in sorted(before.keys() | after.keys()):
            old, new = before.get(option), after.get(option)
            if old != new:
                full = name if option in ("", "min", "max_drop") else f"{name}.{option}"
                yield f"threshold {full} {_show(old)} -> {_show(new)}"


def _show(value: Any) -> str:
    return "none" if value is None else str(value)


# The files that one agent is measured with.


@dataclass(frozen=True)
class _Parts:
    """Files relative to the root; what lies outside it is not known to be a part."""

    profile: str
    profiles: frozenset[str]
    """The profile and what it extends."""
    scenarios: Mapping[str, int]
    """Scenario file -> how many scenarios the agent has of it, each once whatever its rows."""
    data: frozenset[str]
    """What scenarios name as content of their world."""
    checks: frozenset[str]
    """Modules of checks in Python."""
    includes: tuple[str, ...]
    """Glob patterns in which `*` goes through folders too."""
    baseline: str

    def list_places(self) -> set[str]:
        """The files, and the folders in which one may have been added or removed."""
        files = {*self.profiles, *self.scenarios, *self.data, *self.checks, self.baseline, QUARANTINE}
        return {path for path in files if path} | {_find_folder(pattern) or "." for pattern in self.includes}

    def includes_file(self, path: str) -> bool:
        """Whether a file of that name would be a scenario file of the agent's, or rows beside them."""
        return any(
            fnmatchcase(path, pattern)
            or (path.endswith(_TABLES) and path.startswith(f"{_find_folder(pattern)}/".lstrip("/")))
            for pattern in self.includes
        )


def _find_folder(pattern: str) -> str:
    """The folder that all files of a glob pattern are in; empty for the root."""
    return re.split(r"[*?\[]", pattern)[0].rpartition("/")[0]


def _find_parts(agent: AgentPlan, root: Path) -> _Parts:
    places = _Places(root)
    scenarios: dict[str, set[int]] = {}
    data: set[str] = set()
    modules: set[str] = set()
    for case in agent.cases:
        scenarios.setdefault(places.find(case.origin.path), set()).add(case.origin.line)
        world = case.scenario.world
        for source in (*world.files.values(), *world.tables.values()):
            if source.path:
                data.add(places.find(source.path))
        modules |= {check.python for check in case.scenario.expect if isinstance(check, PythonCheck)}
    folder = Path(agent.path).parent
    return _Parts(
        profile=places.find(agent.path),
        profiles=frozenset(
            places.find(path)
            for path in (_list_profiles(agent.path) if agent.profile.extends else [agent.path])
        ),
        scenarios={path: len(lines) for path, lines in scenarios.items() if path},
        data=frozenset(data),
        checks=frozenset(places.find_module(name.partition(":")[0]) for name in modules),
        includes=tuple(
            found.replace("**/", "")
            for pattern in agent.profile.scenarios.include
            if (found := places.find(str(folder / pattern)))
        ),
        baseline=f"{FOLDER}/{agent.profile.name}.json",
    )


def _list_profiles(path: str) -> Iterator[str]:
    """The profile and what it extends, each as the user would type it."""
    seen: set[str] = set()
    while path not in seen:
        seen.add(path)
        yield path
        try:
            mapping = as_mapping(parse_yaml(read_source(Path(path))).data) or {}
        except LoadError:
            return  # an agent made in code has no file
        parent = mapping.get("extends")
        if isinstance(parent, str):
            path = os.path.normpath(Path(path).parent / parent)


class _Places:
    """Paths as users type them, or absolute -> posix paths relative to the root; "" for those outside."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._known: dict[str, str] = {}

    def find(self, path: str) -> str:
        if path not in self._known:
            absolute = Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve() would follow links away
            inside = absolute.is_relative_to(self._root) and absolute != self._root
            self._known[path] = absolute.relative_to(self._root).as_posix() if inside else ""
        return self._known[path]

    def find_module(self, name: str) -> str:
        """The file of a module of the project's own."""
        stem = name.replace(".", "/")
        for candidate in (f"{stem}.py", f"{stem}/__init__.py"):
            if (self._root / candidate).is_file():
                return candidate
        return ""
