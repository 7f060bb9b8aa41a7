"""Where the line of a run stands while it goes: below the cursor of a terminal, or now and then in a log.

On a terminal the line is drawn one row below where the cursor is, and the cursor goes back. Before anything
else is written the line is taken away, and what comes goes on where it would have gone. Nothing stays.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from typing import TextIO

__all__ = ["DRAW_EVERY_S", "SAY_EVERY_S", "LogTicker", "ScreenTicker", "Ticker", "can_redraw"]

DRAW_EVERY_S = 0.2
"""More often nobody reads it, and a terminal at the other end of a slow line would not keep up."""
SAY_EVERY_S = 30.0

ERASE = "\x1b[J"
"""From the cursor to the end of the screen."""
MAKE_ROOM = "\x1bD\x1b[A"
"""A row down, where at the foot of the screen all moves up, and back: now there is a row below."""
SAVE, RESTORE = "\x1b7", "\x1b8"

Describe = Callable[[int, str], str]
"""Width in columns and encoding -> the line."""


def can_redraw(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether a line can be taken away again there. Consoles of Windows name no TERM by themselves."""
    return stream.isatty() and environ.get("TERM", "") not in ("", "dumb", "unknown")


class Ticker:
    """Says nothing: where nobody looks. `tick` may be called as often as one likes."""

    def tick(self) -> None:
        """It may be time to say how the run goes."""

    def clear(self) -> None:
        """Something else is about to be written."""


class ScreenTicker(Ticker):
    """One line on a terminal that is always the newest."""

    def __init__(
        self,
        screen: TextIO,
        describe: Describe,
        is_clear: Callable[[int], bool] = lambda width: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`is_clear` says whether the cursor of a terminal of that width is where it seems to be: after the
        last character of a full row it is not."""
        self._screen = screen
        self._describe = describe
        self._is_clear = is_clear
        self._clock = clock
        self._drawn_s = clock()
        self._is_shown = False

    def tick(self) -> None:
        now_s = self._clock()
        if now_s - self._drawn_s < DRAW_EVERY_S:
            return
        self._drawn_s = now_s
        width = measure_width(self._screen)
        if not self._is_clear(width):
            return
        # The last column stays free: who writes there is on the next row, or not, as terminals like it.
        line = self._describe(width - 1, self._screen.encoding)
        self._write(f"{ERASE}{MAKE_ROOM}{SAVE}\r\n{line}{RESTORE}")
        self._is_shown = True

    def clear(self) -> None:
        if self._is_shown:
            self._write(ERASE)
            self._is_shown = False

    def _write(self, text: str) -> None:
        try:
            self._screen.write(text)
            self._screen.flush()
        except (OSError, ValueError):  # the terminal is gone: whoever writes results will hear of it
            self._is_shown = False


class LogTicker(Ticker):
    """A line every half a minute, for logs of CI and terminals that cannot take anything away."""

    def __init__(
        self,
        say: Callable[[str], None],
        describe: Describe,
        width: int = 80,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._say = say
        self._width = width
        self._describe = describe
        self._clock = clock
        self._said_s = clock()

    def tick(self) -> None:
        now_s = self._clock()
        if now_s - self._said_s >= SAY_EVERY_S:
            self._said_s = now_s
            self._say(self._describe(self._width, "utf-8"))


def measure_width(screen: TextIO) -> int:
    """Columns of the terminal itself; COLUMNS may say something else, and the line would run over."""
    try:
        columns = os.get_terminal_size(screen.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    return columns or shutil.get_terminal_size().columns
