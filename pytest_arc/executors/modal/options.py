"""The executor `modal` in settings: what is checked and told before anything starts.

[tool.pytest-arc.executor]
kind = "modal"
containers = 50
env = ["OPENAI_API_KEY"]
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from pytest_arc.domain.forecast import TrialPace
from pytest_arc.domain.plan import AgentPlan, Plan, list_trials, make_trial
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import MissingExtra, UsageError
from pytest_arc.executors.executor import Executor, Stage, Trouble
from pytest_arc.executors.modal.containers import ModalContainers
from pytest_arc.executors.modal.costs import Load, describe_forecast, find_limit, forecast_run
from pytest_arc.executors.modal.executor import ModalExecutor
from pytest_arc.executors.modal.explain import explain
from pytest_arc.executors.wire import Job, SpecWriter
from pytest_arc.extras import explain_missing

__all__ = ["ModalOptions"]

MOST_AT_ONCE = 1000
"""Trials under way: Modal's client holds one request open for each."""


class ModalOptions(ModalContainers):
    """In containers of Modal: as an ephemeral app that ends with the run."""

    kind: ClassVar[str] = "modal"

    def choose_concurrency(self, plan: Plan, default: int) -> int:
        return min(self.containers * self.choose_inputs(plan), MOST_AT_ONCE)

    def announce(
        self, plan: Plan, settings: Settings, measure_trial: Callable[[AgentPlan], TrialPace | None]
    ) -> list[str]:
        """What the run is expected to take and cost, and whether it gains anything, by an earlier run."""
        counts = Counter(spec.case.profile.id for spec in list_trials(plan, settings.trial))
        agents = [agent for agent in plan.agents if counts[agent.profile.id]]
        loads = [
            Load(counts[agent.profile.id], pace, find_limit(agent, settings.models))
            for agent in agents
            if (pace := measure_trial(agent)) is not None
        ]
        if not agents or len(loads) < len(agents):
            return ["modal: no earlier run tells what this one takes; a new image takes a minute or two"]
        suitable = min(agent.profile.target.default_concurrency for agent in agents)
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
