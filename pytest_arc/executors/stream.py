"""Trials go in, results come out: from an executor, or one after the other on the calling thread."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Container, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

from pytest_arc.domain.plan import Case, Plan, TrialSpec
from pytest_arc.domain.result import TrialResult
from pytest_arc.errors import InfrastructureError
from pytest_arc.executors.body import BodyOptions, perform_trial
from pytest_arc.executors.executor import Executor, ExecutorOptions, Snapshot, Stage
from pytest_arc.executors.local import LocalOptions
from pytest_arc.executors.lost import explain_lost
from pytest_arc.executors.output import route_output
from pytest_arc.executors.wire import Job
from pytest_arc.targets.threads import lend_thread

__all__ = ["StreamOptions", "TrialStream"]

BATCH = 16
"""So many results are written down together, if that many trials end in one turn of the event loop: the
processor has the code for it at hand then, which is a tenth of a small trial."""


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """How trials are made, and where."""

    body: BodyOptions
    concurrency: int = 1
    inline: bool = False
    """One after the other on the thread that takes results, for a debugger."""
    executor: ExecutorOptions = field(default_factory=LocalOptions)
    """Where they are made, if not inline."""


class TrialStream:
    """What is launched comes back by `take`, in the order it ends, each trial exactly once.

    `announce` is called before a trial and `witness` with its result, in the context of the trial; `keep`
    writes the result down, soon after. All of it in the thread that makes the trial.
    """

    def __init__(
        self,
        options: StreamOptions,
        announce: Callable[[TrialSpec], None],
        witness: Callable[[TrialResult], None],
        keep: Callable[[TrialResult], TrialResult],
    ) -> None:
        self._options = options
        self._announce = announce
        self._witness = witness
        self._keep = keep
        self._ended: deque[tuple[TrialSpec, TrialResult | BaseException]] = deque()
        """What is to be written down."""
        self._results: deque[tuple[TrialSpec, TrialResult | BaseException]] = deque()
        self._news = threading.Event()
        """Something is among the results."""
        self._waiting: list[TrialSpec] = []
        """What is to be made inline."""
        self._longest_s = 0.0
        self._executor: Executor | None = None
        self._stack = ExitStack()

    def start(self, plan: Plan, job: Job) -> None:
        """Make ready; trials begin when they are launched. Raises UsageError when none can be made."""
        if self._options.inline:
            return
        if self._options.body.route_output:
            self._stack.enter_context(route_output())
        stage = Stage(
            plan,
            job,
            self._options.body,
            self._options.concurrency,
            on_start=self._announce,
            on_result=self._receive,
            on_turn=self._end_turn,
            limit_s=self._limit_time,
        )
        self._executor = self._options.executor.open(stage)
        self._executor.start()

    def launch(self, specs: Sequence[TrialSpec], urgent: bool = False) -> None:
        """Let these begin as soon as there is room; `urgent` ones before those that wait."""
        longest_s = max((spec.case.limits.timeout_s for spec in specs), default=0.0)
        self._longest_s = max(self._longest_s, longest_s)
        if self._executor is None:
            self._waiting[: 0 if urgent else len(self._waiting)] = specs
        elif specs:
            self._executor.add(specs, urgent)

    def take(self, timeout_s: float, first: Case | None = None) -> tuple[TrialSpec, TrialResult] | None:
        """The next result; None when none has come in that time. Inline, a trial is made now, of the case
        `first` if one waits.
        """
        if self._waiting and not self._results and timeout_s:
            self._make_inline(first)
        if not self._results:
            if not timeout_s:
                return None
            self._news.wait(timeout_s)
            self._news.clear()
            if not self._results:
                return None
        spec, result = self._results.popleft()
        return spec, result if isinstance(result, TrialResult) else explain_lost(spec, result)

    def find_trouble(self) -> str:
        """Why no further result will ever come; empty while one may."""
        if self._executor is None or self._results:
            return ""
        return self._executor.find_trouble(self._longest_s)

    def snapshot(self) -> Snapshot:
        """What waits and runs at this moment."""
        return Snapshot(len(self._waiting), 0) if self._executor is None else self._executor.snapshot()

    def describe(self) -> list[str]:
        """What there is to say at the end of the run of where trials were made."""
        return [] if self._executor is None else self._executor.describe()

    def drop(self, case_ids: Container[str]) -> list[TrialSpec]:
        """Take back what waits of these cases; what runs goes on."""
        waiting = self._waiting if self._executor is None else self._executor.take_back()
        dropped = [spec for spec in waiting if spec.case.id in case_ids]
        kept = [spec for spec in waiting if spec.case.id not in case_ids]
        if self._executor is None:
            self._waiting = kept
        else:
            self._executor.add(kept)
        return dropped

    def cancel(self) -> None:
        """Start nothing more, and end what runs. What has ended can still be taken."""
        self._waiting.clear()
        if self._executor is not None:
            self._executor.cancel()
            self._write_down()  # an agent that blocks the event loop has kept its turn from ending

    def close(self) -> None:
        """Cancel, and give standard output back."""
        self.cancel()
        self._stack.close()

    def _make_inline(self, first: Case | None) -> None:
        place = next((n for n, spec in enumerate(self._waiting) if spec.case is first), 0)
        spec = self._waiting.pop(place)
        self._announce(spec)
        self._receive(spec, self._make_here(spec))
        self._write_down()

    def _make_here(self, spec: TrialSpec) -> TrialResult:
        """Make one trial so that the agent's own code is on the calling thread, be it async or plain."""

        def make() -> TrialResult:
            return asyncio.run(perform_trial(spec, self._options.body))

        return lend_thread(make) if spec.case.profile.target.runs_in_thread else make()

    def _receive(self, spec: TrialSpec, result: TrialResult | BaseException) -> None:
        if isinstance(result, TrialResult):
            try:
                self._witness(result)
            except Exception as error:  # it is the trial's result
                result = _explain_unwritten(error)
        self._ended.append((spec, result))
        if len(self._ended) >= BATCH:
            self._write_down()

    def _end_turn(self) -> None:
        self._write_down()
        self._news.set()

    def _write_down(self) -> None:
        with suppress(IndexError):  # another thread may take one when the executor has been given up
            while True:
                spec, result = self._ended.popleft()
                if isinstance(result, TrialResult):
                    try:
                        result = self._keep(result)
                    except Exception as error:  # it is the trial's result
                        result = _explain_unwritten(error)
                self._results.append((spec, result))

    def _limit_time(self, spec: TrialSpec) -> float:
        return spec.case.longest_s * self._options.body.attempts


def _explain_unwritten(error: Exception) -> InfrastructureError:
    """In place of the result: whoever waits for the trial must hear of it."""
    return InfrastructureError(f"the trial could not be written down: {type(error).__name__}: {error}")
