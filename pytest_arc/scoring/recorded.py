"""The check on the reward that was stored with a replayed trial."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, model_validator

from pytest_arc.domain.frozen import Frozen
from pytest_arc.domain.score import Check, Evidence, Finding, Observation

__all__ = ["Recorded", "RewardBound"]


class RewardBound(Frozen):
    """The least reward that counts as passed: `{min: 1}`, or just `1`."""

    min: float = Field(allow_inf_nan=False)
    """A reward of so much, or more, is a pass."""

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, value: Any) -> Any:
        return {"min": value} if isinstance(value, (int, float)) and not isinstance(value, bool) else value


class Recorded(Check):
    """Whoever recorded this trial gave it at least this reward."""

    needs: ClassVar[frozenset[Observation]] = frozenset()

    recorded: RewardBound

    def describe(self) -> str:
        return f"at least {self.recorded.min:g}"

    def judge(self, evidence: Evidence) -> Finding:
        reward = evidence.trajectory.recorded_reward
        if reward is None:
            return Finding(None, "no reward was recorded with this trial")
        value = min(1.0, max(0.0, reward))
        if reward >= self.recorded.min:
            return Finding(True, f"the recorded reward is {reward:g}", value)
        return Finding(False, f"the recorded reward is {reward:g}; expected {self.describe()}", value)
