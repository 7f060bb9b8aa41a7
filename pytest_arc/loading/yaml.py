"""YAML and JSON texts -> plain data, by a strict reading.

Events of the parser are turned into data directly: no tree of nodes, so that a file of ten thousand
scenarios costs little more memory than its data. The places of all keys and values are found by reading
the text again, when there is something to report (`pytest_arc.loading.places`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

from pytest_arc.errors import LoadError, Problem
from pytest_arc.loading.scalars import explain_ambiguity, read_plain
from pytest_arc.loading.source import Source
from pytest_arc.loading.syntax import explain_syntax_error

__all__ = ["MAX_DEPTH", "MAX_EXPANDED_NODES", "Parsed", "next_event", "open_events", "parse_yaml"]

MAX_DEPTH = 60
"""Mappings and lists inside each other."""
MAX_EXPANDED_NODES = 100_000
"""Values that aliases may add to what stands in the file."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT_TAG = "tag:yaml.org,2002:str"


@dataclass
class Parsed:
    """A text, its data, and what is wrong with it."""

    source: Source
    data: Any = None
    problems: list[Problem] = field(default_factory=list[Problem])
    item_lines: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    """Top-level key -> line of each item of the list it holds."""
    places: Any = None
    """Kept by `pytest_arc.loading.places` once it has read them."""


def parse_yaml(source: Source) -> Parsed:
    """Read `source`. Raises LoadError when it cannot be understood at all.

    Problems that leave something to go on with (duplicate keys, ambiguous texts) are in the result.
    """
    parsed = Parsed(source)
    try:
        parsed.data = _Reader(parsed).read()
    except yaml.MarkedYAMLError as error:
        raise LoadError([*parsed.problems, explain_syntax_error(source, error)]) from None
    except _Stopped:
        raise LoadError(parsed.problems) from None
    return parsed


def open_events(source: Source) -> Any:
    """A loader that gives the parser's events."""
    text = _prepare_json(source.text) if source.path.endswith(".json") else source.text
    return _Loader(text)


def next_event(loader: Any) -> Any:
    """The next event; past this point nothing of the parser's types is known."""
    return loader.get_event()


# Outside of its strings JSON may hold tabs, and inside them halves of characters; YAML has neither.
_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)


def _prepare_json(text: str) -> str:
    def join(match: re.Match[str]) -> str:
        pair = bytes.fromhex(match.group(2) + match.group(3))
        return match.group(1) + pair.decode("utf-16-be")

    return _SURROGATES.sub(join, text.replace("\t", " "))


_COMMENT = re.compile(r" #(?P<glued>\S)?")


class _Stopped(Exception):
    """Reading on makes no sense; the reason is among the problems."""


@dataclass
class _Anchor:
    value: Any
    nodes: int


class _Reader:
    def __init__(self, parsed: Parsed) -> None:
        self.parsed = parsed
        self.source = parsed.source
        self.loader = open_events(parsed.source)
        self.anchors: dict[str, _Anchor | None] = {}
        self.nodes = 0
        self.expanded = 0
        self.top_key = ""
        self.cut_lines = {n for n, line in enumerate(self.source.lines) if " #" in line}

    def read(self) -> Any:
        next_event(self.loader)
        if isinstance(next_event(self.loader), yaml.StreamEndEvent):
            self.parsed.problems.append(Problem(self.source.path, 1, 1, "the file is empty"))
            raise _Stopped
        first = next_event(self.loader)
        data = self._read_node(first, 0)
        next_event(self.loader)
        following = next_event(self.loader)
        if not isinstance(following, yaml.StreamEndEvent):
            self._report(following, "a second document begins here", "write one document in a file")
        if data is None and not self.parsed.problems:
            self._report(first, "the file is empty")
            raise _Stopped
        return data

    def _report(self, event: Any, message: str, hint: str = "") -> None:
        mark = event.start_mark
        self.parsed.problems.append(self.source.report(mark.line + 1, mark.column + 1, message, hint))

    def _read_node(self, event: Any, depth: int) -> Any:
        self.nodes += 1
        if isinstance(event, yaml.ScalarEvent) and event.anchor is None:
            return self._read_scalar(event)
        if isinstance(event, yaml.AliasEvent):
            return self._read_alias(event)
        if depth > MAX_DEPTH:
            self._report(event, f"more than {MAX_DEPTH} mappings and lists inside each other")
            raise _Stopped
        return self._read_anchored(event, depth)

    def _read_anchored(self, event: Any, depth: int) -> Any:
        before = self.nodes
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            value: Any = self._read_scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._read_sequence(event, depth)
        else:
            value = self._read_mapping(event, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchor(value, self.nodes - before + 1)
        return value

    def _read_alias(self, event: Any) -> Any:
        if event.anchor not in self.anchors:
            hint = "put a text that begins with * in quotes"
            self._report(event, f"no '&{event.anchor}' stands before this '*{event.anchor}'", hint)
            return None
        anchor = self.anchors[event.anchor]
        if anchor is None:
            self._report(event, f"'*{event.anchor}' stands inside of what it repeats")
            raise _Stopped
        self.nodes += anchor.nodes
        self.expanded += anchor.nodes
        if self.expanded > MAX_EXPANDED_NODES:
            self._report(event, f"aliases repeat more than {MAX_EXPANDED_NODES:,} values")
            raise _Stopped
        return anchor.value

    def _read_sequence(self, event: Any, depth: int) -> list[Any]:
        self._check_tag(event)
        values: list[Any] = []
        lines = self.parsed.item_lines.setdefault(self.top_key, []) if depth == 1 else None
        while not isinstance(item := next_event(self.loader), yaml.SequenceEndEvent):
            if lines is not None:
                lines.append(item.start_mark.line + 1)
            values.append(self._read_node(item, depth + 1))
        return values

    def _read_mapping(self, event: Any, depth: int) -> dict[str, Any]:
        self._check_tag(event)
        values: dict[str, Any] = {}
        merged: list[Any] = []
        first_lines: dict[str, int] = {}
        while not isinstance(key_event := next_event(self.loader), yaml.MappingEndEvent):
            key = self._read_key(key_event)
            if depth == 0:
                self.top_key = key
            value_event = next_event(self.loader)
            if event.flow_style and _has_no_value(key_event, value_event):
                hint = "inside {...} a comma ends a text: put the whole text in quotes"
                self._report(key_event, f"key '{key}' has no value", hint)
            value = self._read_node(value_event, depth + 1)
            if key == "<<" and key_event.implicit[0]:
                merged.extend(cast("list[Any]", value) if isinstance(value, list) else [value])
            elif key in first_lines:
                self._report(
                    key_event, f"key '{key}' is here twice", f"it is also in line {first_lines[key]}"
                )
            else:
                first_lines[key] = key_event.start_mark.line + 1
                values[key] = value
        return self._merge(event, values, merged) if merged else values

    def _merge(self, event: Any, values: dict[str, Any], merged: list[Any]) -> dict[str, Any]:
        for other in merged:
            if not isinstance(other, Mapping):
                self._report(event, "'<<' can only take over the keys of a mapping")
                continue
            values = {**cast("Mapping[str, Any]", other), **values}
        return values

    def _read_key(self, event: Any) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            hint = "put a text that begins with { or [ in quotes"
            self._report(event, "a key must be a text", hint)
            raise _Stopped
        return event.value

    def _read_scalar(self, event: Any) -> Any:
        text: str = event.value
        if not event.implicit[0]:
            if event.tag not in (None, "!", _TEXT_TAG):
                self._check_tag(event)
            return text
        if event.end_mark.line in self.cut_lines:
            self._check_comment(event, text)
        ambiguity = explain_ambiguity(text)
        if ambiguity:
            self._report(event, *ambiguity)
            return text
        return read_plain(text)

    def _check_comment(self, event: Any, text: str) -> None:
        """Prose loses its end to ` #`. A comment is told by two spaces before it, or one word before it."""
        line: int = event.end_mark.line
        column: int = event.end_mark.column
        cut = _COMMENT.match(self.source.lines[line], column)
        if cut and text and isinstance(read_plain(text), str) and (" " in text or cut["glued"]):
            hint = "put the text in quotes; or, for a comment, two spaces before the #"
            message = "the text ends here: ' #' begins a comment"
            self.parsed.problems.append(self.source.report(line + 1, column + 2, message, hint))

    def _check_tag(self, event: Any) -> None:
        if event.tag is not None and not event.tag.startswith("tag:yaml.org,2002:"):
            self._report(event, f"unknown tag '{event.tag}'", "put a text that begins with ! in quotes")
        elif event.tag is not None and event.tag.rpartition(":")[2] not in ("str", "map", "seq"):
            self._report(event, f"tag '{event.tag.rpartition(':')[2]}' is not allowed")


def _has_no_value(key: Any, value: Any) -> bool:
    return (
        isinstance(value, yaml.ScalarEvent)
        and value.value == ""
        and value.start_mark.index == value.end_mark.index == key.end_mark.index
        and value.implicit[0]
    )
