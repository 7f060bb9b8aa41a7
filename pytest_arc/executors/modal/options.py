"""The executor `modal` in settings: its options, and what is checked before anything starts.

[tool.pytest-arc.executor]
kind = "modal"
containers = 50
env = ["OPENAI_API_KEY"]
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from pytest_arc.domain.forecast import TrialPace
from pytest_arc.domain.frozen import Frozen
from pytest_arc.domain.plan import AgentPlan, Plan, list_trials, make_trial
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import MissingExtra, UsageError
from pytest_arc.executors.executor import Executor, ExecutorOptions, Stage, Trouble
from pytest_arc.executors.modal.costs import Load, describe_forecast, find_limit, forecast_run
from pytest_arc.executors.modal.explain import explain
from pytest_arc.executors.wire import Job, SpecWriter
from pytest_arc.extras import explain_missing

__all__ = ["ModalImage", "ModalOptions"]

MOST_AT_ONCE = 1000
"""Trials under way: Modal's client holds one request open for each."""


class ModalImage(Frozen):
    """What is in the containers besides pytest-arc and the project's modules."""

    python: str | None = Field(default=None, pattern=r"^3\.\d+$")
    """Version of Python; default: the one of this process."""
    requirements: tuple[str, ...] = ()
    """Packages, as pip is told of them; `-r requirements.txt` for those of a file."""
    local_source: tuple[str, ...] = ()
    """More files and folders of the project, relative to its root: what agents import or read when they run.
    What has been imported when the run starts goes along anyway."""


class ModalOptions(ExecutorOptions):
    """In containers of Modal: as an ephemeral app that ends with the run."""

    kind: ClassVar[str] = "modal"

    containers: int = Field(default=50, ge=1, le=1000)
    """At most so many."""
    inputs: int | None = Field(default=None, ge=1, le=100)
    """Trials at the same time in each; default: 5 where agents are async, else 1."""
    cpu: float | None = Field(default=None, gt=0)
    """Cores that are reserved for each; Modal's default is 0.125."""
    memory_mb: int | None = Field(default=None, ge=128)
    """MiB that are reserved for each; Modal's default is 128."""
    region: str | None = None
    """Where they run, as Modal names regions: `us-east`, `eu`."""
    image: ModalImage = ModalImage()
    env: tuple[str, ...] = ()
    """Names of environment variables that trials get, with the values they have here."""
    secrets: tuple[str, ...] = ()
    """Names of secrets of the Modal workspace that trials get as environment variables."""

    def choose_inputs(self, plan: Plan) -> int:
        """Trials at the same time in each container."""
        targets = [agent.profile.target for agent in plan.agents]
        alone = any(t.deterministic or t.runs_in_thread or t.is_isolated for t in targets)
        return self.inputs or (1 if alone else 5)

    def count_containers(self, plan: Plan, settings: Settings) -> int:
        """How many will be up at most."""
        trials = len(list_trials(plan, settings.trial))
        return max(1, min(self.containers, math.ceil(trials / self.choose_inputs(plan))))

    def choose_concurrency(self, plan: Plan, default: int) -> int:
        return min(self.containers * self.choose_inputs(plan), MOST_AT_ONCE)

    def announce(
        self, plan: Plan, settings: Settings, measure_trial: Callable[[AgentPlan], TrialPace | None]
    ) -> list[str]:
        """What the run is expected to take and cost, and whether it gains anything, by an earlier run."""
        counts = Counter(spec.case.profile.id for spec in list_trials(plan, settings.trial))
        paces = {agent.profile.id: measure_trial(agent) for agent in plan.agents}
        loads = [
            Load(counts[agent.profile.id], pace, find_limit(agent, settings.models))
            for agent in plan.agents
            if (pace := paces[agent.profile.id]) is not None
        ]
        if not any(load.trials for load in loads):
            return ["modal: no earlier run tells what this one takes; a new image takes a minute or two"]
        suitable = min(agent.profile.target.default_concurrency for agent in plan.agents)
        inputs = self.choose_inputs(plan)
        forecast = forecast_run(
            loads, self.containers, inputs, settings.concurrency or suitable, self.cpu, self.memory_mb
        )
        return describe_forecast(forecast)

    def verify(self, plan: Plan, job: Job) -> None:
        missing = explain_missing("modal", "modal")
        if missing:
            raise MissingExtra(missing)
        place = job.settings.sources.get("executor", "settings")
        troubles = [
            f"{place}: {trouble}" for trouble in (*self._check_env(), *self._check_source(Path(job.root)))
        ]
        if troubles:
            raise UsageError("\n".join(troubles))
        self._check_keys(plan, job.settings, place)
        self._check_size(plan, job)

    def open(self, stage: Stage) -> Executor:
        from pytest_arc.executors.modal.executor import ModalExecutor

        return ModalExecutor(self, stage)

    def explain(self, error: BaseException) -> Trouble:
        return explain(error)

    def _check_env(self) -> list[str]:
        own = [name for name in self.env if name.startswith("MODAL_")]
        absent = [name for name in self.env if name not in os.environ and name not in own]
        return [
            *(
                f"executor.env names {name}: variables of Modal itself stay here, leave it out"
                for name in own
            ),
            *(f"executor.env names {name}, which is not set: set it, or leave it out" for name in absent),
        ]

    def _check_source(self, root: Path) -> list[str]:
        files = [line[2:].strip() for line in self.image.requirements if line.startswith("-r")]
        named = [("requirements", name) for name in files]
        named += [("local_source", name) for name in self.image.local_source]
        return [
            f"executor.image.{key} names '{name}', which is not there: give its path from {root.as_posix()}"
            for key, name in named
            if not (root / name).exists()
        ]

    def _check_keys(self, plan: Plan, settings: Settings, place: str) -> None:
        """Containers have the keys that `env` sends; what `secrets` hold is not known here."""
        if self.secrets or settings.record == "none":
            return
        sent = {name: os.environ[name] for name in self.env}
        for agent in plan.agents:
            name = agent.profile.target.find_missing_key(sent)
            if name is not None:
                raise UsageError(
                    f"{place}: {agent.profile.target.describe()} needs {name}, which containers do not get:"
                    f" name it in executor.env, or in executor.secrets a secret of Modal that holds it"
                )

    def _check_size(self, plan: Plan, job: Job) -> None:
        writer = SpecWriter(replace(job, carries_files=True))
        for case in plan.cases:
            writer.dump(make_trial(case, 1, plan.seed))
