"""A terminal: a pseudo-terminal for a program, and a screen that understands what is written to it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_SEQUENCE = re.compile(r"\x1b(?:\[(?P<number>[\d;]*)(?P<final>[A-Za-z])|(?P<plain>[D78]))")


class Screen:
    """What people see, and what has moved out at the top. Knows as much of a VT100 as is used here."""

    def __init__(self, columns: int, rows: int) -> None:
        self._columns, self._rows = columns, rows
        self._lines = [[" "] * columns for _ in range(rows)]
        self._gone: list[str] = []
        self._x = self._y = 0
        self._saved = (0, 0)

    @property
    def text(self) -> str:
        """All lines, without the blanks at their ends and below the last."""
        return "\n".join([*self._gone, *("".join(line).rstrip() for line in self._lines)]).rstrip()

    def feed(self, text: str) -> None:
        """Raises ValueError for a sequence that it does not know."""
        place = 0
        while place < len(text):
            if text[place] != "\x1b":
                self._put(text[place])
                place += 1
                continue
            found = _SEQUENCE.match(text, place)
            if found is None:
                raise ValueError(f"what is {text[place : place + 8]!r}?")
            self._obey(found)
            place = found.end()

    def _put(self, character: str) -> None:
        if character == "\r":
            self._x = 0
        elif character == "\n":
            self._move_down()
        elif character.isprintable():
            if self._x == self._columns:  # the row was full: only now the next one begins
                self._x = 0
                self._move_down()
            self._lines[self._y][self._x] = character
            self._x += 1
        else:
            raise ValueError(f"what is {character!r}?")

    def _move_down(self) -> None:
        if self._y < self._rows - 1:
            self._y += 1
        else:
            self._gone.append("".join(self._lines.pop(0)).rstrip())
            self._lines.append([" "] * self._columns)

    def _obey(self, found: re.Match[str]) -> None:
        number = found["number"] or "0"
        match found["plain"] or found["final"]:
            case "m":
                pass
            case "D":
                self._move_down()
            case "7":
                self._saved = (self._x, self._y)
            case "8":
                self._x, self._y = self._saved
            case "A":
                self._y = max(0, self._y - max(1, int(number)))
            case "J" if number == "0":
                self._erase_line()
                self._lines[self._y + 1 :] = [[" "] * self._columns for _ in self._lines[self._y + 1 :]]
            case "K" if number == "0":
                self._erase_line()
            case other:
                raise ValueError(f"what is {number}{other}?")

    def _erase_line(self) -> None:
        self._lines[self._y][self._x :] = [" "] * (self._columns - min(self._x, self._columns))


@dataclass
class Watched:
    """A program that ran on a terminal."""

    code: int
    raw: str
    seen: list[str] = field(default_factory=list[str])
    """The whole screen after each piece that was read."""

    @property
    def text(self) -> str:
        """What stays on the screen."""
        return self.seen[-1]


def run_on_terminal(
    command: Sequence[str], cwd: Path, columns: int = 80, rows: int = 24, env: Mapping[str, str] = {}
) -> Watched:
    """Run a program on a terminal of that size until it ends."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    # COLUMNS would be believed by others, and tells nothing of this terminal.
    environ = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "NO_COLOR")}
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=cwd, env={**environ, "TERM": "xterm", **env}
    )
    os.close(theirs)
    screen, raw, seen = Screen(columns, rows), b"", [""]
    fed = 0
    with contextlib.suppress(OSError):  # so Linux says that nobody is left to write
        while data := os.read(ours, 65536):
            raw += data
            # A piece may end within a character or a sequence: what is behind the last line break waits.
            ready = raw[: max(raw.rfind(b"\n"), raw.rfind(b"\x1b8") + 1) + 1]
            screen.feed(ready[fed:].decode())
            fed = max(fed, len(ready))
            seen.append(screen.text)
    screen.feed(raw[fed:].decode())
    os.close(ours)
    return Watched(process.wait(), raw.decode(), [*seen, screen.text])
