"""Trials in this process: one event loop in a thread of its own, at most so many trials at once."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from pytest_arc.domain.plan import TrialSpec
from pytest_arc.domain.result import TrialResult

__all__ = ["LocalExecutor"]

RunTrial = Callable[[TrialSpec], Awaitable[TrialResult]]


class LocalExecutor:
    """Runs trials first in, first out.

    `on_result` is called in the executor's thread, exactly once for each trial that was started, with a
    result or with the exception that kept the trial from having one.
    """

    def __init__(
        self,
        run: RunTrial,
        on_result: Callable[[TrialSpec, TrialResult | BaseException], None],
        concurrency: int,
        on_start: Callable[[TrialSpec], None] = lambda spec: None,
    ) -> None:
        self._run = run
        self._on_result = on_result
        self._on_start = on_start
        self.concurrency = concurrency
        self._waiting: deque[TrialSpec] = deque()
        self._live: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._idle = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._work, name="pytest-arc trials", daemon=True)

    def start(self, specs: Iterable[TrialSpec]) -> None:
        """Begin with these trials, in this order."""
        self._waiting.extend(specs)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def cancel(self, grace_s: float = 5.0) -> None:
        """Start nothing more, cancel what runs, and wait until all of it has ended or `grace_s` is over."""
        self._stopping = True
        if self._loop is not None and self._thread.is_alive():
            with suppress(RuntimeError):  # the loop is closed: it has ended meanwhile
                self._loop.call_soon_threadsafe(self._cancel_live)
        self._thread.join(grace_s)

    def join(self) -> None:
        """Wait until every trial has ended."""
        self._thread.join()

    def _work(self) -> None:
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            main = loop.create_task(self._main())
            while not main.done():
                # asyncio lets sys.exit() in a task of the agent's own end the loop: go on with the others.
                with suppress(SystemExit):
                    loop.run_until_complete(main)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._launch()
        if self._live:
            await self._idle.wait()

    def _launch(self) -> None:
        while self._waiting and len(self._live) < self.concurrency and not self._stopping:
            # A task of its own gives each trial its own context variables.
            task = asyncio.create_task(self._run_one(self._waiting.popleft()))
            self._live.add(task)
            task.add_done_callback(self._finish)

    def _finish(self, task: asyncio.Task[None]) -> None:
        self._live.discard(task)
        self._launch()
        if not self._live:
            self._idle.set()

    async def _run_one(self, spec: TrialSpec) -> None:
        try:
            self._on_start(spec)
            result: TrialResult | BaseException = await self._run(spec)
        except BaseException as error:
            # Also CancelledError and what a broken trial raises past `Exception`: the one who waits for
            # this trial must hear of it.
            result = error
        self._on_result(spec, result)

    def _cancel_live(self) -> None:
        for task in self._live:
            task.cancel()
