"""Where the keys and values of a file stand, found only when something is to be reported."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

from pytest_arc.errors import Problem
from pytest_arc.loading.yaml import Parsed, next_event, open_events

__all__ = ["Found", "Layer", "Path", "Place", "find_place", "make_problem", "read_places"]

Path = tuple[str | int, ...]


@dataclass(slots=True)
class Place:
    """One value: line and column of itself and of its key, counted from 1."""

    line: int
    column: int
    key_line: int = 0
    key_column: int = 0
    children: dict[str, Place] | list[Place] | None = None

    def find(self, part: str | int) -> Place | None:
        """The child under `part`; a number also counts the values of a mapping."""
        if self.children is None:
            return None
        if isinstance(self.children, dict) and isinstance(part, str):
            return self.children.get(part)
        if isinstance(part, str):
            return None
        places = list(self.children.values()) if isinstance(self.children, dict) else self.children
        return places[part] if 0 <= part < len(places) else None


@dataclass
class Layer:
    """A part of a file that took part in a merge."""

    parsed: Parsed
    subject: str
    """As messages name it: `profile 'x'`, `defaults`."""
    prefix: Path = ()

    @functools.cached_property
    def root(self) -> Place | None:
        place: Place | None = read_places(self.parsed)
        for part in self.prefix:
            place = place and place.find(part)
        return place


@dataclass(frozen=True)
class Found:
    """The deepest place on a path that stands in a file."""

    layer: Layer
    place: Place
    path: Path
    """As much of the wanted path as was found, without the tags that unions put into it."""
    rest: Path


@dataclass
class _Chain:
    """Layers that all hold the place reached so far; the first one wins."""

    steps: list[tuple[Layer, Place]] = field(default_factory=list[tuple[Layer, Place]])

    def follow(self, part: str | int) -> _Chain | None:
        found = [(layer, child) for layer, place in self.steps if (child := place.find(part))]
        if not found:
            return None
        # Mappings are merged; anything else of a higher layer hides what lies below it.
        merged = isinstance(found[0][1].children, dict)
        return _Chain(found if merged else found[:1])


def find_place(layers: Sequence[Layer], path: Path) -> Found:
    """Follow `path` through merged `layers`, the first of which wins."""
    start = [(layer, layer.root) for layer in layers]
    chain = _Chain([(layer, root) for layer, root in start if root is not None])
    if not chain.steps:
        return Found(layers[0], Place(1, 1, 1, 1), (), path)
    matched: list[str | int] = []
    last = 0
    for index, part in enumerate(path):
        following = chain.follow(part)
        if following:
            chain, last = following, index + 1
            matched.append(part)
    layer, place = chain.steps[0]
    return Found(layer, place, tuple(matched), path[last:])


def make_problem(found: Found, message: str, hint: str = "", *, at_key: bool = False) -> Problem:
    """A problem at a place, or at the key that stands before it."""
    place = found.place
    line, column = (place.line, place.column)
    if at_key and place.key_line:
        line, column = place.key_line, place.key_column
    return found.layer.parsed.source.report(line, column, message, hint)


def read_places(parsed: Parsed) -> Place:
    """The places of all values of a text that `parse_yaml` has understood."""
    if parsed.places is None:
        parsed.places = _PlaceReader(parsed).read()
    return cast("Place", parsed.places)


class _PlaceReader:
    def __init__(self, parsed: Parsed) -> None:
        self.loader = open_events(parsed.source)
        self.anchors: dict[str, Place] = {}

    def read(self) -> Place:
        next_event(self.loader)
        next_event(self.loader)
        return self._read(next_event(self.loader))

    def _read(self, event: Any) -> Place:
        mark = event.start_mark
        place = Place(mark.line + 1, mark.column + 1)
        if isinstance(event, yaml.AliasEvent):
            known = self.anchors.get(cast("str", event.anchor))
            place.children = known.children if known else None
            return place
        if event.anchor:
            self.anchors[event.anchor] = place
        if isinstance(event, yaml.SequenceStartEvent):
            place.children = self._read_items()
        elif isinstance(event, yaml.MappingStartEvent):
            place.children = self._read_keys()
        return place

    def _read_items(self) -> list[Place]:
        items: list[Place] = []
        while not isinstance(event := next_event(self.loader), yaml.SequenceEndEvent):
            items.append(self._read(event))
        return items

    def _read_keys(self) -> dict[str, Place]:
        keys: dict[str, Place] = {}
        merged: list[Place] = []
        while not isinstance(event := next_event(self.loader), yaml.MappingEndEvent):
            place = self._read(next_event(self.loader))
            place.key_line, place.key_column = event.start_mark.line + 1, event.start_mark.column + 1
            if event.value == "<<" and event.implicit[0]:
                merged.extend(place.children if isinstance(place.children, list) else [place])
            else:
                keys.setdefault(event.value, place)
        for other in merged:
            if isinstance(other.children, dict):
                keys = {**other.children, **keys}
        return keys
