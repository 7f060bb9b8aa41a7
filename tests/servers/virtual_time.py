"""An event loop in which nobody waits: when all are asleep, its clock goes on to whoever wakes first."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["run_virtually"]

T = TypeVar("T")


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Like `asyncio.run`, for tasks that sleep and wait for one another: not for threads and sockets."""
    with asyncio.Runner(loop_factory=_VirtualLoop) as runner:
        return runner.run(main)


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._now_s = 100_000.0
        super().__init__(_Impatient(self))

    def time(self) -> float:
        return self._now_s

    def skip(self, seconds: float) -> None:
        self._now_s += seconds


class _Impatient(selectors.DefaultSelector):
    def __init__(self, loop: _VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout:
            self._loop.skip(timeout)
        return super().select(0 if timeout is not None else None)
