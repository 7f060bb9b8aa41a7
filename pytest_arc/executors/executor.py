"""Where the trials of a run are made: the protocol of executors, and how one is chosen.

    executor: subprocess                        by name
    executor: {kind: subprocess, workers: 4}    with options

A kind of executor is a class that is its options and opens what does the work. It is found by its name in
the registry, so that other packages can bring more: entry points in the group `pytest_arc.executors`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from pytest_arc.domain.forecast import TrialPace
from pytest_arc.domain.plan import AgentPlan, Plan, TrialSpec
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.settings import ExecutorSpec, Settings
from pytest_arc.errors import AgentError, InfrastructureError
from pytest_arc.executors.body import BodyOptions
from pytest_arc.executors.wire import Envelope, Job, SpecWriter, load_envelope
from pytest_arc.registry import EXECUTORS
from pytest_arc.scope import ModelCall, TrialScope, enter_scope

__all__ = ["Executor", "ExecutorOptions", "Snapshot", "Stage", "Trouble", "choose_executor"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an error of an executor means for the user. `str()` of it is the message."""

    kind: str
    """A short name, the same for all errors of a kind: `worker died`, `no token`."""
    text: str
    """What happened, in one sentence."""
    hint: str = ""
    """What to do about it."""

    def __str__(self) -> str:
        return f"{self.text}\n    {self.hint}" if self.hint else self.text


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An executor at one moment, for a live line."""

    waiting: int
    running: int
    workers: int = 0
    """Processes or containers that are up; 0 where trials are made in this process."""
    cost_usd: float | None = None
    """What they have cost until now, by an estimate; None where they cost nothing."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What an executor is given when the run begins."""

    plan: Plan
    """All that the run may do."""
    job: Job
    """What trials need to know that are made elsewhere."""
    body: BodyOptions
    """How trials are made in this process, and what their model calls share."""
    concurrency: int
    """Trials at the same time."""
    on_start: Callable[[TrialSpec], None]
    """Called before a trial begins, in the executor's thread of this process. What it raises is the trial's
    result."""
    on_result: Callable[[TrialSpec, TrialResult | BaseException], None]
    """Called exactly once for each trial that was started, in the executor's thread, with its result or with
    what kept it from having one."""
    on_turn: Callable[[], None]
    """Called after some results, there and then or when others have come that end at the same time."""
    limit_s: Callable[[TrialSpec], float]
    """How long a trial with all its attempts may take. It keeps its limits itself; this is for one that
    goes on all the same."""

    def write_specs(self) -> SpecWriter:
        """What turns specs into text."""
        return SpecWriter(self.job)

    def read_answer(self, text: str) -> tuple[TrialResult, Envelope]:
        """What a worker has sent back: its counts and warnings are added to those of the run.

        Raises InfrastructureError, or AgentError, when it holds no result.
        """
        envelope = load_envelope(text)
        services = self.body.services
        services.counts.update(envelope.counts)
        for warning in envelope.warnings:
            services.warn(warning)
        if envelope.result is None:
            error = envelope.error or "a worker answered without a result"
            raise AgentError(error) if envelope.blame == "agent" else InfrastructureError(error)
        _enter_scope(envelope)
        return envelope.result, envelope


def _enter_scope(envelope: Envelope) -> None:
    """Let who listens in this context find what belongs to the trial, as if it had been made here."""
    result, told = envelope.result, envelope.scope
    if result is None or not told:
        return
    scope = TrialScope(result.case, result.case.partition("/")[2], result.trial, result.attempts, result.seed)
    scope.trace_id = told["trace_id"]
    scope.live_calls, scope.replayed_calls = told["live_calls"], told["replayed_calls"]
    scope.model_calls = [ModelCall(**call) for call in told["model_calls"]]
    enter_scope(scope)


class Executor(Protocol):
    """Makes trials, first in, first out, as many at once as it was told."""

    def start(self, specs: Sequence[TrialSpec] = ()) -> None:
        """Make ready, and begin with these. Raises UsageError when nothing can be made there."""
        ...

    def add(self, specs: Sequence[TrialSpec], urgent: bool = False) -> None:
        """Go on with these, after those that wait or, `urgent`, before them. From any thread."""
        ...

    def take_back(self) -> list[TrialSpec]:
        """What has not begun, in order; it is forgotten here."""
        ...

    def cancel(self) -> None:
        """Start nothing more, end what runs and leave nothing behind. Each trial that had begun is told of:
        with CancelledError, if it did not end by itself. May be called again."""
        ...

    def join(self) -> None:
        """Wait until every trial has ended, and leave nothing behind."""
        ...

    def find_trouble(self, longest_s: float) -> str:
        """Why no further result will ever come; empty while one may. `longest_s`: the longest limit of one
        attempt."""
        ...

    def snapshot(self) -> Snapshot: ...

    def describe(self) -> list[str]:
        """What there is to say of it at the end of the run, a sentence or two to a line."""
        ...


class ExecutorOptions(ExecutorSpec):
    """A kind of executor. Subclasses are frozen models; their fields are the options in settings."""

    def verify(self, plan: Plan, job: Job) -> None:
        """Raise UsageError, before anything starts, when the trials of `plan` cannot be made there."""

    def choose_concurrency(self, plan: Plan, default: int) -> int:
        """Trials at the same time, where no setting says it; `default` is what suits the targets here."""
        return default

    def announce(
        self, plan: Plan, settings: Settings, measure_trial: Callable[[AgentPlan], TrialPace | None]
    ) -> list[str]:
        """What the run is expected to cost and take there; `measure_trial` tells what trials of an agent took
        lately."""
        return []

    @abstractmethod
    def open(self, stage: Stage) -> Executor:
        """An executor for one run. Nothing begins before it is started."""

    def explain(self, error: BaseException) -> Trouble:
        """What an error that this kind of executor raises means. Pure, and made for any exception."""
        return Trouble("internal", f"{type(error).__name__}: {error}")


def choose_executor(chosen: ExecutorSpec | None) -> ExecutorOptions:
    """The one that is set, or `local`."""
    return cast("ExecutorOptions", chosen or EXECUTORS.find("local")())
