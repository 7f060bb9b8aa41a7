"""A check by a model: does the trial meet a criterion written in prose?"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pytest_arc.domain.score import Check, Dimension, Evidence, Finding
from pytest_arc.errors import JudgeError

__all__ = ["Judge"]


class Judge(Check):
    """A model's opinion, in [0, 1]. Does not gate by default. Loading rejects it until it can be asked."""

    not_supported_yet: ClassVar[str] = "the judge check"
    dimension_by_default: ClassVar[Dimension] = "response_quality"
    gates_by_default: ClassVar[bool] = False

    criterion: str = Field(alias="judge", min_length=1)
    """What must hold, in prose."""
    threshold: float = Field(default=0.7, ge=0, le=1)
    """The least opinion that passes."""

    def describe(self) -> str:
        return self.criterion

    def judge(self, evidence: Evidence) -> Finding:
        raise JudgeError(f"{self.not_supported_yet} is not supported yet")
