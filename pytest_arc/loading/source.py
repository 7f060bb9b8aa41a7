"""One file as it was found: its text, its lines, and problems that point into it."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pytest_arc.errors import LoadError, Problem
from pytest_arc.registry import find_near_miss

__all__ = ["MAX_BYTES", "Source", "read_source", "show_path", "suggest_file"]

MAX_BYTES = 5_000_000
"""Above this a file is no longer something that a person keeps and reviews."""

# What YAML counts as printable; everything else would make its parser give up without a line number.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


@dataclass(frozen=True)
class Source:
    """A text and the path a user knows it by."""

    path: str
    text: str

    @functools.cached_property
    def lines(self) -> list[str]:
        return _LINE_BREAK.split(self.text)

    def report(self, line: int, column: int, message: str, hint: str = "") -> Problem:
        """A problem at `line` and `column`, both counted from 1."""
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return Problem(self.path, line, column, message, text, hint)


def show_path(path: Path) -> str:
    """`path` as the user would type it from where they stand: relative below it, else absolute; posix."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve() would follow links away
    here = Path.cwd()
    return (absolute.relative_to(here) if absolute.is_relative_to(here) else absolute).as_posix()


def read_source(path: Path) -> Source:
    """Read a UTF-8 text of at most `MAX_BYTES`; raise LoadError."""
    shown = show_path(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise LoadError([Problem(shown, 0, 0, f"cannot be read: {error.strerror}")]) from None
    if len(data) > MAX_BYTES:
        hint = "split it, or move rows into a CSV or JSONL file"
        raise LoadError([Problem(shown, 0, 0, "the file is larger than 5 MB", hint=hint)])
    source = Source(shown, _decode(shown, data))
    unprintable = _UNPRINTABLE.search(source.text)
    if unprintable:
        line, column = _locate(source.text[: unprintable.start()])
        code = ord(unprintable.group())
        raise LoadError([source.report(line, column, f"character U+{code:04X} cannot stand in a text file")])
    return source


def _decode(shown: str, data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise LoadError([Problem(shown, 1, 1, "the file is UTF-16, not UTF-8", hint="save it as UTF-8")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig")
        readable = Source(shown, data.decode("utf-8-sig", errors="replace"))
        message = f"the file is not UTF-8: byte 0x{data[error.start]:02X} is part of no character"
        raise LoadError([readable.report(*_locate(before), message, "save it as UTF-8")]) from None


def _locate(before: str) -> tuple[int, int]:
    lines = _LINE_BREAK.split(before)
    return len(lines), len(lines[-1]) + 1


def suggest_file(path: Path, asking: str = "") -> str:
    """A hint for a file that is not there: its likely namesake in the folder, other than the one `asking`."""
    names: Iterable[str] = ()
    if path.parent.is_dir():
        names = [entry.name for entry in path.parent.iterdir() if entry.name != asking]
    else:
        return f"there is no folder {show_path(path.parent)}"
    near = find_near_miss(path.name, names)
    return f"did you mean '{near}'?" if near else f"looked in {show_path(path.parent)}"
