"""What agents print, kept per trial.

Trials of one process share `sys.stdout`. While a run is on, a router stands in its place and in that of
`sys.stderr`: what is written in the context of a trial goes to that trial's buffer, everything else goes
on to where it would have gone.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TextIO

__all__ = ["TrialOutput", "capture_trial", "route_output"]

HEAD, TAIL = 32_000, 32_000
"""Characters kept of what one trial prints."""


class TrialOutput:
    """The beginning and the end of what one trial printed."""

    __slots__ = ("_head", "_length", "_tail")

    def __init__(self) -> None:
        self._head: list[str] = []
        self._tail = ""
        self._length = 0

    def write(self, text: str) -> None:
        room = HEAD - self._length
        self._length += len(text)
        if room > 0:
            self._head.append(text[:room])
        rest = text[max(room, 0) :]
        if rest:
            self._tail = (self._tail + rest)[-TAIL:]

    def read(self) -> str:
        """What was printed; a line in the middle says how much was left out."""
        if not self._length:
            return ""  # nearly always, and asked of every trial
        left_out = self._length - HEAD - len(self._tail)
        gap = f"\n... {left_out} characters left out ...\n" if left_out > 0 else ""
        return "".join(self._head) + gap + self._tail


_current: ContextVar[TrialOutput | None] = ContextVar("pytest_arc_trial_output", default=None)


def capture_trial() -> TrialOutput:
    """Collect what is printed in the current context, and in tasks and threads that copy it, from now on."""
    output = TrialOutput()
    _current.set(output)
    return output


@contextmanager
def route_output() -> Generator[None]:
    """Put the routers in place of `sys.stdout` and `sys.stderr`."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Router(before[0]), _Router(before[1])
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


class _Router(io.TextIOBase):
    def __init__(self, fallback: TextIO) -> None:
        self._fallback = fallback

    def write(self, text: str, /) -> int:
        output = _current.get()
        if output is None:
            return self._fallback.write(text)
        output.write(text)
        return len(text)

    def flush(self) -> None:
        if _current.get() is None:
            self._fallback.flush()

    def close(self) -> None:
        """Do nothing. Python closes what it collects, and flushes it before; the stream behind it is not ours
        and may be gone by then."""

    def isatty(self) -> bool:
        return self._fallback.isatty()

    def fileno(self) -> int:
        return self._fallback.fileno()

    def writable(self) -> bool:
        return True

    @property
    def encoding(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._fallback.encoding
