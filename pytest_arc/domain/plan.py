"""Agents x scenarios -> cases; each case has its trials, each trial its seed."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_arc.domain.profile import AgentProfile
from pytest_arc.domain.scenario import Limits, Scenario

__all__ = ["AgentPlan", "Case", "Origin", "Plan", "TrialSpec"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something was written."""

    path: str
    """Posix path as the user would type it."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """One profile x one scenario; one pytest item."""

    profile: AgentProfile
    scenario: Scenario
    trials: int
    """How many trials this case gets."""
    limits: Limits
    origin: Origin
    """The scenario's place in its file."""
    id: str = field(init=False)
    """`agent id/scenario id[row]`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", f"{self.profile.id}/{self.scenario.id}")

    @property
    def bar(self) -> float:
        """The observed pass rate this case must reach."""
        own = self.scenario.min_pass_rate
        return self.profile.min_pass_rate if own is None else own


@dataclass(frozen=True, slots=True)
class AgentPlan:
    """One agent with all its cases, and the ruler they are held against."""

    profile: AgentProfile
    path: str
    """The profile's file, posix, as the user would type it: the first part of its node ids."""
    cases: tuple[Case, ...]
    """Every case its gates expect, selected or not."""
    trials: int
    """Trials a gate counts from every scenario."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that one run may do."""

    agents: tuple[AgentPlan, ...]
    seed: int = 0
    selected: frozenset[str] = field(default_factory=frozenset[str])
    """Ids of the cases that will run."""
    ungated: frozenset[str] = field(default_factory=frozenset[str])
    """Ids of the agents whose gates were left out on purpose."""

    @property
    def cases(self) -> tuple[Case, ...]:
        """The selected cases in the order they will be reported."""
        return tuple(case for agent in self.agents for case in agent.cases if case.id in self.selected)


@dataclass(frozen=True, slots=True)
class TrialSpec:
    """One execution of a case."""

    case: Case
    trial: int
    """Counted from 1."""
    seed: int
    attempt: int = 1
    """Above 1: a retry, with the same seed, after trouble of ours."""
