"""Recorded trials, judged again."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from pytest_arc.domain.score import Observation
from pytest_arc.errors import InfrastructureError
from pytest_arc.targets import AgentContext, Target, UserTurns
from pytest_arc.targets.failures import name_path
from pytest_arc.targets.recordings import Recording, Recordings, open_recordings

__all__ = ["ReplayTarget"]


class ReplayTarget(Target):
    """Trial t of a scenario is its recording t. No agent, tool or user takes part, and no limit applies."""

    kind: ClassVar[str] = "replay"
    uses_world: ClassVar[bool] = False
    deterministic: ClassVar[bool] = True
    repeatable: ClassVar[bool] = False
    file_fields: ClassVar[tuple[str, ...]] = ("replay",)

    replay: str
    """A file of `pytest_arc.targets.recordings`; absolute posix path once loaded."""

    @cached_property
    def observes(self) -> frozenset[Observation]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Usage and latency are shown when every recording has them."""
        shown: set[Observation] = {"answer", "tool_calls"}
        if self.verify() is None:
            shown |= {"usage"} if self._recordings.shows_usage else set[Observation]()
            shown |= {"latency"} if self._recordings.shows_latency else set[Observation]()
        return frozenset(shown)

    def describe(self) -> str:
        return f"replay of {Path(self.replay).name}"

    def identify(self) -> dict[str, str]:
        """The recordings themselves, wherever they are kept."""
        return {"replay": hashlib.sha256(Path(self.replay).read_bytes()).hexdigest()}

    def count_recorded(self, scenario: str) -> int:
        """How many trials of a scenario are recorded. Raises OSError and ValueError for a broken file."""
        return self._recordings.counts.get(scenario, 0)

    def verify(self) -> str | None:
        try:
            open_recordings(Path(self.replay))
        except FileNotFoundError:
            return f"there is no file '{self._name_file()}' to replay"
        except (OSError, ValueError) as error:
            return f"cannot replay '{self._name_file()}': {error}"
        return None

    def verify_case(self, scenario: str, trials: int) -> str | None:
        """A scenario of which nothing is recorded is left to the run: its trials are errored."""
        if self.verify() is not None:
            return None
        recorded = self.count_recorded(scenario)
        if 0 < recorded < trials:
            return f"{trials} trials are asked for; {recorded} are recorded in {self._name_file()}"
        return None

    async def run(self, context: AgentContext, user: UserTurns) -> None:
        recording = self._find(context.scenario, context.trial)
        context.adopt(recording.trajectory)
        if recording.error is not None:
            raise InfrastructureError(f"recorded as not finished: {recording.error}")

    def _find(self, scenario: str, trial: int) -> Recording:
        recording = self._recordings.find(scenario, trial)
        if recording is None:
            count = self.count_recorded(scenario)
            which = f"trial {trial} of '{scenario}', only of the first {count}" if count else f"'{scenario}'"
            raise InfrastructureError(f"no recording of {which} in {self._name_file()}")
        return recording

    def _name_file(self) -> str:
        return name_path(Path(self.replay))

    @cached_property
    def _recordings(self) -> Recordings:
        return open_recordings(Path(self.replay))
