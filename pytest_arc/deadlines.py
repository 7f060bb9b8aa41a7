"""Time limits of many tasks, kept by one timer.

`asyncio.timeout` makes a timer for each use. Of many small trials none comes near its limit, and to make all
those timers and to clear them away took a twelfth of each.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from weakref import WeakKeyDictionary

__all__ = ["TimeLimit"]


class TimeLimit:
    """Gives the current task `seconds` for what is in the `with` block, as `asyncio.timeout` does.

    When they are over, the block is cancelled and raises TimeoutError. A cancellation from elsewhere goes on
    as it is.
    """

    __slots__ = ("_cancellations", "_is_over", "_seconds", "_task", "_watch")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._is_over = False

    def __enter__(self) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is None:
            raise RuntimeError("a time limit needs a task, which it can cancel")
        self._task = task
        self._cancellations = task.cancelling()
        self._watch = _watches.get(loop) or _watches.setdefault(loop, _Watch())
        self._watch.add(self, loop.time() + self._seconds)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watch.remove(self)
        if self._is_over and self._task.uncancel() <= self._cancellations and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def end(self) -> None:
        """Time is up."""
        self._is_over = True
        self._task.cancel()


class _Watch:
    """The limits of one event loop. Holds no reference to the loop, by which it is found."""

    def __init__(self) -> None:
        self._due: dict[TimeLimit, float] = {}
        """Limit -> when it is over, on the loop's clock."""
        self._next = float("inf")
        """When the timer goes off."""

    def add(self, limit: TimeLimit, due: float) -> None:
        self._due[limit] = due
        if due < self._next:
            self._set_timer(due)

    def remove(self, limit: TimeLimit) -> None:
        # The timer stays: what is due after all when it goes off is seen then.
        self._due.pop(limit, None)

    def _set_timer(self, due: float) -> None:
        self._next = due
        asyncio.get_running_loop().call_at(due, self._look, due)

    def _look(self, due: float) -> None:
        if due != self._next:
            return  # a timer for an earlier time took its place
        now = asyncio.get_running_loop().time()
        for limit in [limit for limit, due in self._due.items() if due <= now]:
            self.remove(limit)
            limit.end()
        self._next = float("inf")
        if self._due:
            self._set_timer(min(self._due.values()))


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, _Watch] = WeakKeyDictionary()
