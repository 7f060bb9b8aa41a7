"""The header of a run: what was measured, where, and with what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from pytest_arc.domain.plan import Plan
from pytest_arc.domain.settings import Settings
from pytest_arc.history.environment import describe_environment
from pytest_arc.history.identity import describe_agent

__all__ = ["Header"]


@dataclass(frozen=True)
class Header:
    """Written twice: before the first trial, so that an interrupted run can be told, and in `run.json`."""

    plan: Plan
    settings: Settings
    root: Path
    started: datetime

    def describe(
        self,
        run_id: str,
        executor: str,
        rulers: Sequence[Mapping[str, Any]],
        continues: Sequence[str],
        more: Mapping[str, Any],
    ) -> dict[str, Any]:
        """The header. `rulers` are told as `describe_ruler` does, in the order of the plan; `continues` has
        the keys of runs whose trials were taken over."""
        agents = [{**facts, **ruler} for facts, ruler in zip(self._origins["agents"], rulers, strict=True)]
        return {
            "run_id": run_id,
            "started": self.started.isoformat(timespec="seconds"),
            "seed": self.plan.seed,
            **({"continues": continues} if continues else {}),
            **self._describe_shard(),
            "settings": self.settings.model_dump(mode="json", by_alias=True),
            "executor": executor,
            **self._origins,
            **more,
            "agents": agents,
        }

    @cached_property
    def _origins(self) -> dict[str, Any]:
        """What is measured and where: as it was when the run began."""
        agents = [describe_agent(agent) for agent in self.plan.agents]
        return {"agents": agents, **describe_environment(self.root)}

    def _describe_shard(self) -> dict[str, Any]:
        """The cases of this shard, so that `arc merge` knows what is missing of one that was interrupted."""
        return {} if self.plan.whole is None else {"selected": sorted(self.plan.selected)}
