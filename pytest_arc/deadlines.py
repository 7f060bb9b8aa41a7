"""Time limits of many tasks, kept by one timer. Before one is over, whoever wants is told.

`asyncio.timeout` makes a timer for each use. Of many small trials none comes near its limit, and to make all
those timers and to clear them away took a twelfth of each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from weakref import WeakKeyDictionary

__all__ = ["TimeLimit"]

WARN_AT = 0.95
"""The share of its time after which a limit warns."""


class TimeLimit:
    """Gives the current task `seconds` for what is in the `with` block, as `asyncio.timeout` does.

    When they are over, the block is cancelled and raises TimeoutError. A cancellation from elsewhere goes on
    as it is. `warn` is called in the event loop when 95 % of them are over.
    """

    __slots__ = ("_cancellations", "_is_over", "_left", "_seconds", "_task", "_warn", "_watch")

    def __init__(self, seconds: float, warn: Callable[[], None] | None = None) -> None:
        self._seconds = seconds
        self._warn = warn
        self._is_over = False

    def __enter__(self) -> TimeLimit:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("a time limit needs a task, which it can cancel")
        self._task = task
        self._cancellations = task.cancelling()
        self._watch = _watches.get(loop) or _watches.setdefault(loop, _Watch())
        share = 1.0 if self._warn is None else WARN_AT
        self._watch.add(self, loop.time() + share * self._seconds)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watch.remove(self)
        if self._is_over and self._task.uncancel() <= self._cancellations and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def pause(self) -> None:
        """Stand still until `resume`, in the block."""
        self._left = self._watch.remove(self) - asyncio.get_running_loop().time()

    def resume(self) -> None:
        """Go on with the time that was left."""
        if not self._is_over:
            self._watch.add(self, asyncio.get_running_loop().time() + self._left)

    def ring(self) -> float | None:
        """Warn, or end the block. Returns in how many seconds to ring again, if at all."""
        if self._warn is not None:
            warn, self._warn = self._warn, None
            warn()
            return (1.0 - WARN_AT) * self._seconds
        self._is_over = True
        self._task.cancel()
        return None


class _Watch:
    """The limits of one event loop. Holds no reference to the loop, by which it is found."""

    def __init__(self) -> None:
        self._due: dict[TimeLimit, float] = {}
        """Limit -> when it rings, on the loop's clock."""
        self._next = float("inf")
        """When the timer goes off."""

    def add(self, limit: TimeLimit, due: float) -> None:
        self._due[limit] = due
        if due < self._next:
            self._set_timer(due)

    def remove(self, limit: TimeLimit) -> float:
        """Forget a limit. Returns when it would have rung; 0 if it has ended."""
        # The timer stays: what is due after all when it goes off is seen then.
        return self._due.pop(limit, 0.0)

    def _set_timer(self, due: float) -> None:
        self._next = due
        asyncio.get_running_loop().call_at(due, self._look, due)

    def _look(self, due: float) -> None:
        if due != self._next:
            return  # a timer for an earlier time took its place
        now = asyncio.get_running_loop().time()
        for limit, due in [(limit, due) for limit, due in self._due.items() if due <= now]:
            self.remove(limit)
            again_s = limit.ring()
            if again_s is not None:
                self._due[limit] = due + again_s
        self._next = float("inf")
        if self._due:
            self._set_timer(min(self._due.values()))


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, _Watch] = WeakKeyDictionary()
