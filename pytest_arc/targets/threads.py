"""Threads for agents that are plain functions.

Unlike those of `asyncio.to_thread` they are daemons, so that an agent that hangs does not keep the process
from ending, and there are as many as there are jobs, so that it does not keep others waiting. They hand
their results to the event loop in batches: waking it costs more than a trivial job.
"""

from __future__ import annotations

import asyncio
import ctypes
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

__all__ = ["lend_thread", "run_in_thread"]

T = TypeVar("T")


async def run_in_thread(function: Callable[[], Any]) -> Any:
    """Call `function` in a thread, in a copy of the current context; return or raise what it does.

    When the caller is cancelled meanwhile, SystemExit is raised in the thread: an endless loop in Python
    ends, a call into C goes on until it returns.
    """
    job = _Job(function, asyncio.get_running_loop())
    if _lenders:
        _lenders[-1].put(job)
    else:
        if not _idle.acquire(blocking=False):
            threading.Thread(target=_work, name="pytest-arc agent", daemon=True).start()
        _jobs.put(job)
    try:
        result, error = await job.future
    except asyncio.CancelledError:
        job.stop()
        raise
    if error is not None:
        raise error
    return result


def lend_thread(run: Callable[[], T]) -> T:
    """Call `run` in a thread of its own, and do here meanwhile what it gives to threads.

    For debuggers: plain functions then run on the main thread, where breakpoints are at home.
    """
    outcome: list[_Outcome] = []
    jobs: SimpleQueue[_Job] = SimpleQueue()

    def work() -> None:
        try:
            outcome.append((run(), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=work, name="pytest-arc trial", daemon=True)
    _lenders.append(jobs)
    try:
        thread.start()
        while thread.is_alive():
            with suppress(Empty):
                jobs.get(timeout=0.02).run()
    finally:
        _lenders.remove(jobs)
    result, error = outcome[0]
    if error is not None:
        raise error
    return result


class _Job:
    __slots__ = ("context", "function", "future", "loop", "outbox", "stopped", "thread")

    def __init__(self, function: Callable[[], Any], loop: asyncio.AbstractEventLoop) -> None:
        self.function = function
        self.context = copy_context()
        self.loop = loop
        self.outbox = _outboxes.get(loop) or _outboxes.setdefault(loop, _Outbox())
        self.future: asyncio.Future[_Outcome] = loop.create_future()
        self.thread: int | None = None
        """The thread that is at work on it."""
        self.stopped = False

    def run(self) -> bool:
        """Do the job in the current thread; tell whether the thread can be used again."""
        with _lock:
            if self.stopped:
                return True
            self.thread = threading.get_ident()
        try:
            outcome = self.context.run(self.function), None
        except BaseException as error:
            outcome = None, error
        self.outbox.send(self, outcome)
        with _lock:
            self.thread = None
            return not self.stopped

    def stop(self) -> None:
        with _lock:
            self.stopped = True
            if self.thread is not None:
                # CPython only, and the only way to end a thread that loops: left alone it would take its
                # share of every later trial's time.
                ident, error = ctypes.c_ulong(self.thread), ctypes.py_object(SystemExit)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, error)


class _Outbox:
    """What is done and waits for one event loop to take it."""

    def __init__(self) -> None:
        self._done: deque[tuple[_Job, _Outcome]] = deque()
        self._is_announced = False

    def send(self, job: _Job, outcome: _Outcome) -> None:
        self._done.append((job, outcome))
        if not self._is_announced:
            self._is_announced = True
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                job.loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        # In this order: what is sent from here on is announced again.
        self._is_announced = False
        while self._done:
            job, outcome = self._done.popleft()
            if not job.future.done():
                job.future.set_result(outcome)


def _work() -> None:
    while _jobs.get().run():
        _idle.release()


# Result and error as a value: a future cannot hold StopIteration as an exception.
_Outcome = tuple[Any, BaseException | None]
_jobs: SimpleQueue[_Job] = SimpleQueue()
_idle = threading.Semaphore(0)
"""Threads without a job, less the jobs that wait for one of them."""
_lenders: list[SimpleQueue[_Job]] = []
"""Of the threads that are lent: idle ones, which an earlier run has left, must not take their jobs."""
_outboxes: WeakKeyDictionary[asyncio.AbstractEventLoop, _Outbox] = WeakKeyDictionary()
_lock = threading.Lock()
