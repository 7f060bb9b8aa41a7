"""One item into or out of a list in a YAML text; the rest stays as it is: comments, order, quotes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import yaml

from pytest_arc.loading.places import Place, read_places
from pytest_arc.loading.source import Source
from pytest_arc.loading.yaml import parse_yaml

__all__ = ["append_item", "remove_item"]


def append_item(source: Source, key: str, item: Mapping[str, Any]) -> str:
    """The text with `item` as the last one of the list under the top-level `key`, which may be missing.

    Raises ValueError for a list that is not written one item below the other.
    """
    text = _Text.read(source, key)
    if not text.starts:
        text.open_list(key)
    place = text.find_end(len(text.starts) - 1) if text.starts else text.key_line + 1
    text.lines[place:place] = _write_item(item, text.indent)
    return text.join()


def remove_item(source: Source, key: str, index: int) -> str:
    """The text without item `index` of the list under `key`, and without the comment right above it.

    Raises ValueError for a list that is not written one item below the other.
    """
    text = _Text.read(source, key)
    start, end = text.starts[index], text.find_end(index)
    above = text.find_end(index - 1) if index else text.key_line + 1
    while start > above and text.lines[start - 1].lstrip().startswith("#"):
        start -= 1
    # Not two blank lines where there was one on each side.
    if not "".join(text.lines[start - 1 : start] + text.lines[end : end + 1]).strip():
        end += 1
    del text.lines[start:end]
    if len(text.starts) == 1:
        line = text.lines[text.key_line]
        text.lines[text.key_line] = re.sub(r"^([^:]+:)", r"\1 []", line, count=1)
    return text.join()


@dataclass
class _Text:
    lines: list[str]
    """Without their ends."""
    line_end: str
    key_line: int
    """Counted from 0, as below; -1 when the key is missing."""
    starts: list[int]
    """Where the items begin."""
    indent: int
    """Blanks before the dash of an item."""

    @classmethod
    def read(cls, source: Source, key: str) -> _Text:
        line_end = "\r\n" if "\r\n" in source.text else "\n"
        lines = source.text.replace("\r\n", "\n").removesuffix("\n").split("\n")
        found = read_places(parse_yaml(source)).find(key)
        if found is None:
            return cls(lines, line_end, -1, [], 2)
        indents: set[int] = set()
        starts: list[int] = []
        for item in cast("list[Place]", found.children or []):
            before = lines[item.line - 1][: item.column - 1]
            if not re.fullmatch(r" *- +", before):
                raise ValueError(f"line {item.line} is no item of its own")
            starts.append(item.line - 1)
            indents.add(before.index("-"))
        return cls(lines, line_end, found.key_line - 1, starts, max(indents, default=2))

    def open_list(self, key: str) -> None:
        """Make room for the first item."""
        if self.key_line < 0:
            self.lines.append(f"{key}:")
            self.key_line = len(self.lines) - 1
            return
        opened, found = re.subn(rf"^({key}\s*:)\s*\[\s*\]", r"\1", self.lines[self.key_line])
        if not found:
            raise ValueError(f"line {self.key_line + 1} is no list")
        self.lines[self.key_line] = opened

    def find_end(self, index: int) -> int:
        """The line after the last one of an item: those indented deeper than its dash belong to it."""
        end = self.starts[index] + 1
        for number in range(end, len(self.lines)):
            line = self.lines[number]
            if line.strip() and len(line) - len(line.lstrip()) <= self.indent:
                break
            if line.strip():
                end = number + 1
        return end

    def join(self) -> str:
        return self.line_end.join([*self.lines, ""])


def _write_item(item: Mapping[str, Any], indent: int) -> list[str]:
    dump = cast("Any", yaml).safe_dump
    written: str = dump(dict(item), sort_keys=False, allow_unicode=True, width=float("inf"))
    lines = written.splitlines()
    return [" " * indent + ("  " if n else "- ") + line for n, line in enumerate(lines)]
