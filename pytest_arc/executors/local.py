"""Trials in this process: one event loop in a thread of its own, at most so many trials at once."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from contextvars import Context, copy_context
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from pytest_arc.domain.plan import TrialSpec
from pytest_arc.domain.result import TrialResult
from pytest_arc.errors import AgentError
from pytest_arc.executors.body import perform_trial
from pytest_arc.executors.children import Children
from pytest_arc.executors.executor import Executor, ExecutorOptions, Snapshot, Stage

__all__ = ["LocalExecutor", "LocalOptions"]

BEAT_S = 0.5
"""How often the loop shows that it turns, and looks for trials that are over time."""
GRACE_S = 5.0
"""How long a trial may take to end when it has been told to."""

S = TypeVar("S")
R = TypeVar("R")


class LocalOptions(ExecutorOptions):
    """In this process."""

    kind: ClassVar[str] = "local"

    def open(self, stage: Stage) -> Executor:
        children = Children(stage)

        def run(spec: TrialSpec) -> Awaitable[TrialResult]:
            alone = spec.case.profile.target.is_isolated
            return children.make_alone(spec) if alone else perform_trial(spec, stage.body)

        return LocalExecutor.of(stage, run, children.open)


class LocalExecutor(Generic[S, R]):
    """Runs trials first in, first out. `run` makes one, here or wherever it has it made; `around` is entered
    before the first one and left after the last, in the same event loop.

    A trial keeps its own time limit; one that was cancelled and goes on after `longest_s(spec)` all the same
    has swallowed its cancellation, and is given up.

    `on_result` is called in the executor's thread, exactly once for each trial that was started, with a
    result or with the exception that kept the trial from having one; `on_turn`, after all results of one turn
    of the loop, which an agent may block.
    """

    def __init__(
        self,
        run: Callable[[S], Awaitable[R]],
        on_result: Callable[[S, R | BaseException], None],
        concurrency: int,
        on_start: Callable[[S], None] = lambda spec: None,
        longest_s: Callable[[S], float] = lambda spec: float("inf"),
        on_turn: Callable[[], None] = lambda: None,
        around: Callable[[], AbstractAsyncContextManager[Any]] = nullcontext,
    ) -> None:
        self._run = run
        self._on_result = on_result
        self._on_start = on_start
        self._longest_s = longest_s
        self._on_turn = on_turn
        self._around = around
        self.grace_s = GRACE_S
        self.concurrency = concurrency
        self._waiting: deque[S] = deque()
        self._live: dict[asyncio.Task[None], tuple[S, float]] = {}
        self._stopping = False
        """Nothing more starts."""
        self._closing = False
        """No more trials will be added."""
        self._is_turn_announced = False
        self._turned = self._give_up_at = time.monotonic()
        self._idle = asyncio.Event()
        self._context = Context()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._work, name="pytest-arc trials", daemon=True)

    @classmethod
    def of(
        cls,
        stage: Stage,
        run: Callable[[TrialSpec], Awaitable[TrialResult]],
        around: Callable[[], AbstractAsyncContextManager[Any]] = nullcontext,
    ) -> LocalExecutor[TrialSpec, TrialResult]:
        """One that does as a stage says."""
        return LocalExecutor(
            run,
            stage.on_result,
            stage.concurrency,
            stage.on_start,
            stage.limit_s,
            stage.on_turn,
            around,
        )

    def start(self, specs: Iterable[S] = ()) -> None:
        """Begin with these trials, in this order."""
        self._waiting.extend(specs)
        self._thread.start()

    def add(self, specs: Sequence[S], urgent: bool = False) -> None:
        """Go on with these, after those that wait or, `urgent`, before them.

        May be called from any thread, until `join` or `cancel`.
        """
        if urgent:
            self._waiting.extendleft(reversed(specs))
        else:
            self._waiting.extend(specs)
        self._wake(self._launch)

    def take_back(self) -> list[S]:
        """What has not begun, in order; it is forgotten here."""
        taken: list[S] = []
        with suppress(IndexError):  # the other thread may take one meanwhile
            while True:
                taken.append(self._waiting.popleft())
        return taken

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def stalled_s(self) -> float:
        """How long the event loop has not turned: an agent blocks it."""
        return time.monotonic() - self._turned

    def find_trouble(self, longest_s: float) -> str:
        """Why no further result will ever come; `longest_s`: the longest limit of one attempt."""
        if not self.is_alive:
            return "the executor died"
        if self.stalled_s <= 2 * longest_s + self.grace_s:
            return ""
        return (
            f"an async agent has blocked all trials for {self.stalled_s:.0f} s"
            f" at {self.find_blocker()}: let it await, or make it a plain function"
        )

    def snapshot(self) -> Snapshot:
        return Snapshot(len(self._waiting), len(self._live))

    def describe(self) -> list[str]:
        return []

    def find_blocker(self) -> str:
        """Where the code stands that blocks the event loop, as `path:line`."""
        # The documented way to look at another thread, private by its name only.
        frame = sys._current_frames().get(self._thread.ident or 0)  # pyright: ignore[reportPrivateUsage]
        innermost = frame
        while frame is not None and not Path(frame.f_code.co_filename).is_relative_to(Path.cwd()):
            frame = frame.f_back
        found = frame or innermost
        if found is None:
            return "unknown"
        path = Path(found.f_code.co_filename)
        return f"{(path.relative_to(Path.cwd()) if frame else path).as_posix()}:{found.f_lineno}"

    def cancel(self) -> None:
        """Start nothing more, cancel what runs, and wait until all of it has ended or `grace_s` is over.

        Called again, it waits for no more than the rest of that time.
        """
        if not self._stopping:
            self._give_up_at = time.monotonic() + self.grace_s
        self._stopping = self._closing = True
        self._wake(self._cancel_live)
        self._thread.join(max(0.0, self._give_up_at - time.monotonic()))

    def join(self) -> None:
        """Wait until every trial has ended."""
        self._closing = True
        self._wake(self._leave)
        self._thread.join()

    def _wake(self, call: Callable[[], None]) -> None:
        # Before the loop turns, and after its end, there is nobody to wake: `_main` looks at the start.
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(call)

    def _work(self) -> None:
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            main = loop.create_task(self._main())
            while not main.done():
                # asyncio lets sys.exit() in a task of the agent's own end the loop: go on with the others.
                with suppress(SystemExit):
                    loop.run_until_complete(main)

    async def _main(self) -> None:
        async with self._around():
            self._loop = asyncio.get_running_loop()
            self._context = copy_context()
            self._beat()
            self._launch()
            self._leave()
            await self._idle.wait()

    def _beat(self) -> None:
        self._turned = time.monotonic()
        for task, (spec, deadline) in list(self._live.items()):
            if not task.cancelling():
                # Nobody has told it to end: it may be waiting for its turn, when its time stands still.
                self._live[task] = spec, max(deadline, self._turned + self.grace_s)
                continue
            if deadline >= self._turned:
                continue
            self._finish(task)
            error = AgentError("the agent went on when its time was up: it swallows its cancellation")
            self._on_result(spec, error)
            self._on_turn()
        asyncio.get_running_loop().call_later(BEAT_S, self._beat)

    def _launch(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting and len(self._live) < self.concurrency and not self._stopping:
            spec = self._waiting.popleft()
            # Context variables of its own: the trial that has just ended may be what launches this one.
            task = loop.create_task(self._run_one(spec), context=self._context.copy())
            self._live[task] = spec, time.monotonic() + self._longest_s(spec) + self.grace_s

    def _finish(self, task: asyncio.Task[None]) -> None:
        self._live.pop(task, None)
        self._launch()
        self._leave()

    def _leave(self) -> None:
        if self._closing and not self._live:
            self._idle.set()

    async def _run_one(self, spec: S) -> None:
        try:
            self._on_start(spec)
            result: R | BaseException = await self._run(spec)
        except BaseException as error:
            # Also CancelledError and what a broken trial raises past `Exception`: the one who waits for
            # this trial must hear of it.
            result = error
        task = asyncio.current_task()
        if task is None or task not in self._live:
            return  # it was given up and told of meanwhile
        self._on_result(spec, result)
        # At once: a callback of the task would take the loop a second round for each trial.
        self._finish(task)
        if not self._is_turn_announced:
            # After the other trials of this turn: when two threads change places for every single result,
            # that costs a tenth of a small trial.
            self._is_turn_announced = True
            asyncio.get_running_loop().call_soon(self._end_turn)

    def _end_turn(self) -> None:
        self._is_turn_announced = False
        self._on_turn()

    def _cancel_live(self) -> None:
        for task in self._live:
            task.add_done_callback(self._finish)  # one that has not begun will never come to its end
            task.cancel()
        self._leave()
