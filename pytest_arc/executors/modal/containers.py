"""The containers that trials are made in: how many, how large, and what they have."""

from __future__ import annotations

import math

from pydantic import Field

from pytest_arc.domain.frozen import Frozen
from pytest_arc.domain.plan import Plan, list_trials
from pytest_arc.domain.settings import Settings
from pytest_arc.executors.executor import ExecutorOptions

__all__ = ["ModalContainers", "ModalImage"]


class ModalImage(Frozen):
    """What is in the containers besides pytest-arc and the project's modules."""

    python: str | None = Field(default=None, pattern=r"^3\.\d+$")
    """Version of Python; default: the one of this process."""
    requirements: tuple[str, ...] = ()
    """Packages, as pip is told of them; `-r requirements.txt` for those of a file."""
    local_source: tuple[str, ...] = ()
    """More files and folders of the project, relative to its root: what agents import or read when they run.
    What has been imported when the run starts goes along anyway."""


class ModalContainers(ExecutorOptions):
    """How many containers of Modal there are, and what is in each."""

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
