"""Checks, what they find, and the five dimensions they speak for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field, SerializeAsAny

from pytest_arc.domain.frozen import Named, choose_by_first_key, record
from pytest_arc.domain.trajectory import Trajectory
from pytest_arc.registry import CHECKS

__all__ = [
    "DIMENSIONS",
    "AnyCheck",
    "Check",
    "CheckResult",
    "Dimension",
    "Evidence",
    "Finding",
    "Observation",
    "Vote",
    "Votes",
]

Dimension = Literal["tool_execution", "response_quality", "error_handling", "performance", "completeness"]
Observation = Literal["answer", "tool_calls", "usage", "latency"]

DIMENSIONS: Mapping[Dimension, float] = {
    "tool_execution": 0.30,
    "response_quality": 0.25,
    "error_handling": 0.20,
    "performance": 0.15,
    "completeness": 0.10,
}
"""Weights of the five dimensions. Where one is not measured, the others share its weight in proportion."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One opinion of a model that was asked about a trial."""

    score: float
    """In [0, 1]."""
    reason: str


Votes: TypeAlias = Mapping["Check", tuple[Vote, ...]]
"""Check that asks a model -> what was answered."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a check may look at."""

    trajectory: Trajectory
    state: Mapping[str, Any]
    """The world after the trial: `tables`, `files`, `rates`, `calls`. Empty for targets without a world."""
    scenario: str
    """Id of the scenario, with its row."""
    faulted: bool = False
    """Whether the scenario puts in faults: then a passed answer shows how the agent copes with trouble."""
    votes: Votes = field(default_factory=dict["Check", tuple[Vote, ...]])
    """What models said, for the checks that ask one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found."""

    passed: bool | None
    """None: this trial does not show what the check looks at, for instance a cost that nobody knows."""
    reason: str
    """One sentence that someone who is no machine-learning expert understands."""
    value: float | None = None
    """In [0, 1]; None means 1 when passed and 0 when not."""
    agreement: float | None = None
    """Share of the votes that are on the side of the verdict; None: it does not rest on votes."""


class Check(Named):
    """One expectation. A subclass is named after its first field and implements `judge`."""

    dimension_by_default: ClassVar[Dimension] = "completeness"
    shows_error_handling: ClassVar[bool] = False
    """In a scenario with faults it speaks for `error_handling`: passing there means coping with trouble."""
    needs: ClassVar[frozenset[Observation]] = frozenset({"answer"})
    """What a target must show for this check to be decidable."""
    needs_world: ClassVar[bool] = False
    """Whether it looks at the simulated tools' state."""
    gates_by_default: ClassVar[bool] = True
    zero_tolerance: ClassVar[bool] = False
    """One violation in any trial fails the case, whatever its pass rate."""
    asks_model: ClassVar[bool] = False
    """Whether a model is asked before it judges; its votes are then in the evidence."""
    version: ClassVar[int] = 1
    """Raised when the same evidence would be judged differently; part of the check's identity."""

    gating: bool | None = None
    """Whether a trial fails when this check does. None: as is usual for this check."""
    negate: bool = Field(default=False, alias="not")
    """Turn the verdict around."""
    if_observed: bool = False
    """When the target does not show what this check needs: `not measured` instead of an error."""
    dimension: Dimension | None = None
    """The dimension it speaks for. None: as is usual for this check."""

    @abstractmethod
    def judge(self, evidence: Evidence) -> Finding:
        """Look at one finished trial. Any exception makes the trial errored, with blame `judge`."""

    def verify(self) -> str | None:
        """What makes this check unusable here, found before any trial: a function that cannot be imported."""
        return None

    def describe(self) -> str:
        """What is expected, as it stands after the keyword."""
        return str(getattr(self, self._own_field()))

    @cached_property
    def title(self) -> str:
        """`answer_number: 12345.67`, on one line; how reports name this check."""
        text = " ".join(f"{'not ' if self.negate else ''}{self.keyword()}: {self.describe()}".split())
        return text if len(text) <= 100 else text[:96] + " ..."

    def __getstate__(self) -> dict[Any, Any]:
        """Leave behind what was computed from the fields: a compiled schema cannot be pickled."""
        state = super().__getstate__()
        state["__dict__"] = {name: state["__dict__"][name] for name in type(self).model_fields}
        return state

    @property
    def is_gating(self) -> bool:
        return self.gates_by_default if self.gating is None else self.gating

    def choose_dimension(self, faulted: bool) -> Dimension:
        """The dimension it speaks for: that of its option; else, where the scenario puts in faults,
        `error_handling` for checks that show how the agent got on (`answer_*`, `asks`, `calls`); else the one
        of its kind."""
        if self.dimension is not None:
            return self.dimension
        return "error_handling" if faulted and self.shows_error_handling else self.dimension_by_default

    @classmethod
    def keyword(cls) -> str:
        """The key that names this check in YAML: the first field its class adds."""
        name = cls._own_field()
        return cls.model_fields[name].alias or name

    @classmethod
    def _own_field(cls) -> str:
        inherited = {name for base in cls.__bases__ if issubclass(base, Check) for name in base.model_fields}
        return next(name for name in cls.model_fields if name not in inherited)


AnyCheck = Annotated[SerializeAsAny[Check], choose_by_first_key(CHECKS)]


@record
class CheckResult:
    """The finding of one check in one trial, ready to be written down."""

    check: str
    """`answer_number: 12345.67`, as a person would recognise it."""
    dimension: Dimension
    gating: bool
    passed: bool | None
    """None: not measured."""
    value: float | None
    reason: str
    zero_tolerance: bool = False
    agreement: float | None = None
    """Share of a judge's votes that are on the side of its verdict; None for checks that do not vote."""

    @property
    def is_split(self) -> bool:
        """Whether some votes were on the other side."""
        return self.agreement is not None and self.agreement < 1.0
