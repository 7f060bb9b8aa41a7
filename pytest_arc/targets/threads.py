"""Threads for agents that are plain functions.

Unlike those of `asyncio.to_thread`, these are daemons: an agent that hangs does not keep the process from
ending. They are reused, because starting one costs more than a trivial trial.
"""

from __future__ import annotations

import asyncio
import ctypes
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

__all__ = ["run_in_thread"]


async def run_in_thread(function: Callable[[], Any]) -> Any:
    """Call `function` in a thread, in a copy of the current context; return or raise what it does.

    When the caller is cancelled meanwhile, SystemExit is raised in the thread: an endless loop in Python
    ends, a call into C goes on until it returns.
    """
    loop = asyncio.get_running_loop()
    job = _Job(function, copy_context(), loop, loop.create_future())
    worker = _take_worker()
    worker.jobs.put(job)
    try:
        result, error = await job.future
    except asyncio.CancelledError:
        worker.stop(job)
        raise
    if error is not None:
        raise error
    return result


@dataclass(eq=False, slots=True)
class _Job:
    function: Callable[[], Any]
    context: Context
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[tuple[Any, BaseException | None]]
    """Gets result and error as a value: a future cannot hold StopIteration as an exception."""

    def run(self) -> None:
        try:
            outcome = self.context.run(self.function), None
        except BaseException as error:
            outcome = None, error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self.loop.call_soon_threadsafe(self._deliver, outcome)

    def _deliver(self, outcome: tuple[Any, BaseException | None]) -> None:
        if not self.future.done():
            self.future.set_result(outcome)


class _Worker(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="pytest-arc agent", daemon=True)
        self.jobs: SimpleQueue[_Job] = SimpleQueue()
        self._current: _Job | None = None
        self._lock = threading.Lock()
        self._stopped = False

    def run(self) -> None:
        while not self._stopped:
            job = self.jobs.get()
            self._current = job
            job.run()
            self._rest()

    def stop(self, job: _Job) -> None:
        """Give up on `job`, and on this thread with it: a stopped worker gets no further one."""
        with self._lock:
            self._stopped = True
            if self._current is job and self.ident is not None:
                _raise_in_thread(self.ident, SystemExit)

    def _rest(self) -> None:
        with self._lock:
            self._current = None
            if not self._stopped:
                _idle.append(self)


_idle: list[_Worker] = []


def _take_worker() -> _Worker:
    try:
        return _idle.pop()
    except IndexError:
        worker = _Worker()
        worker.start()
        return worker


def _raise_in_thread(ident: int, error: type[BaseException]) -> None:
    # CPython only, and the only way to end a thread that loops: left alone it would take its share of
    # every later trial's time.
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(error))
