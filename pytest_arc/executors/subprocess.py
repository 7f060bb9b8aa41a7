"""`executor: subprocess`: trials in child processes of this machine, which use all its processors and can die
without taking the run with them."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from pytest_arc.domain.plan import Plan, TrialSpec
from pytest_arc.domain.result import TrialResult
from pytest_arc.executors.children import Children
from pytest_arc.executors.executor import Executor, ExecutorOptions, Snapshot, Stage
from pytest_arc.executors.local import LocalExecutor
from pytest_arc.executors.wire import Job, SpecWriter

__all__ = ["SubprocessOptions"]


class SubprocessOptions(ExecutorOptions):
    """In child processes. Each makes several trials at a time, as this process would."""

    kind: ClassVar[str] = "subprocess"

    workers: int | None = Field(default=None, ge=1, le=1000)
    """Processes; default: one for each processor, and no more than there are trials at the same time."""

    def verify(self, plan: Plan, job: Job) -> None:
        """Raises UsageError for a trial that cannot be sent to another process."""
        writer = SpecWriter(job)
        for case in plan.cases:
            writer.dump(TrialSpec(case, 1, 0))

    def open(self, stage: Stage) -> Executor:
        workers = min(self.workers or os.cpu_count() or 1, stage.concurrency)
        return SubprocessExecutor(stage, Children(stage, workers))


class SubprocessExecutor(LocalExecutor[TrialSpec, TrialResult]):
    """Keeps the order and the number of trials here, and has them made by children."""

    def __init__(self, stage: Stage, children: Children) -> None:
        super().__init__(
            self._make,
            stage.on_result,
            stage.concurrency,
            stage.on_start,
            stage.limit_s,
            stage.on_turn,
            children.open,
        )
        self._children = children

    def snapshot(self) -> Snapshot:
        return replace(super().snapshot(), workers=self._children.count)

    async def _make(self, spec: TrialSpec) -> TrialResult:
        alone = spec.case.profile.target.is_isolated
        return await (self._children.make_alone if alone else self._children.make)(spec)
