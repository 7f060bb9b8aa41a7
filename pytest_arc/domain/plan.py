"""Agents x scenarios -> cases; each case has its trials, each trial its seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_arc.domain.profile import AgentProfile
from pytest_arc.domain.scenario import Limits, Scenario
from pytest_arc.fingerprint import derive_numbered_seed

__all__ = [
    "AgentPlan",
    "Case",
    "Origin",
    "Plan",
    "TrialSpec",
    "derive_trial_seed",
    "list_trials",
    "make_trial",
]

SEED_FORMAT = 1
"""Part of every trial's seed; raised only when seeds are meant to change."""


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
    """How many trials this case gets at least."""
    max_trials: int
    """How many it gets at most by plan; above that number trials are fresh ones, to confirm an alarm."""
    limits: Limits
    origin: Origin
    """The scenario's place in its file."""
    id: str = field(init=False)
    """`agent id/scenario id[row]`."""
    asks_models: bool = field(init=False)
    """Whether a model plays the user or judges."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", f"{self.profile.id}/{self.scenario.id}")
        judged = [check for check in self.scenario.expect if check.asks_model]
        object.__setattr__(self, "asks_models", self.scenario.user.is_played or bool(judged))

    @property
    def bar(self) -> float:
        """The observed pass rate this case must reach."""
        own = self.scenario.min_pass_rate
        return self.profile.min_pass_rate if own is None else own

    @property
    def longest_s(self) -> float:
        """How long one trial may take at most, with those who work for the test."""
        if not self.asks_models:
            return self.limits.timeout_s
        user, limits = self.scenario.user, self.limits
        talking_s = user.max_turns * limits.user_s if user.is_played else 0.0
        return limits.timeout_s + talking_s + limits.judge_s


@dataclass(frozen=True, slots=True)
class AgentPlan:
    """One agent with all its cases, and the ruler they are held against."""

    profile: AgentProfile
    path: str
    """The profile's file, posix, as the user would type it: the first part of its node ids."""
    cases: tuple[Case, ...]
    """Every case its gates expect, selected or not."""
    trials: int
    """Trials of every scenario that gates count; the first ones, where trials come in rounds."""
    max_trials: int
    """The most trials of a scenario that threshold gates count; above `trials`, trials come in rounds."""
    implied_gates: tuple[str, ...] = ()
    """Names of gates that the settings ask for and the profile does not."""
    target_at: str = ""
    """Where its target is written: `agents/bot.yaml:5:10`."""
    gates_at: Mapping[str, str] = field(default_factory=dict[str, str])
    """Name of a gate -> where it is written: `agents/bot.yaml:12`; of those that are in a file."""

    def list_group(self, name: str) -> tuple[Case, ...]:
        """The cases of a group: those with a tag of that name, or whose ids begin with it; where a gate of
        that name lists tags, the cases with one of them."""
        gate = self.profile.gates.groups.get(name)
        tags = set(gate.tags) if gate and gate.tags else {name}
        by_id = "" if gate and gate.tags else name
        return tuple(
            case
            for case in self.cases
            if tags.intersection(case.scenario.tags) or (by_id and case.scenario.group == by_id)
        )

    @property
    def is_sequential(self) -> bool:
        """Whether trials come in rounds, until every threshold gate is decided."""
        return self.max_trials > self.trials


@dataclass(frozen=True, slots=True)
class Plan:
    """All that one run may do."""

    agents: tuple[AgentPlan, ...]
    seed: int = 0
    selected: frozenset[str] = field(default_factory=frozenset[str])
    """Ids of the cases that will run."""
    ungated: frozenset[str] = field(default_factory=frozenset[str])
    """Gates that were left out on purpose, as `agent id/gate/reliability`."""
    whole: frozenset[str] | None = None
    """In one of several shards: ids of the cases of all of them. Their gates are decided elsewhere."""

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


def list_trials(plan: Plan, only_trial: int | None = None) -> list[TrialSpec]:
    """Every trial of the selected cases in the order they start: case by case, so that reports flow."""
    return [
        make_trial(case, trial, plan.seed)
        for case in plan.cases
        if case.scenario.skip is None
        for trial in ([only_trial] if only_trial else range(1, case.trials + 1))
    ]


def make_trial(case: Case, trial: int, run_seed: int) -> TrialSpec:
    """One trial of a case, counted from 1."""
    return TrialSpec(case, trial, derive_trial_seed(run_seed, case.scenario.id, trial))


def derive_trial_seed(run_seed: int, scenario_id: str, trial: int) -> int:
    """The seed of one trial. It leaves the agent out: two versions meet the same faults and slips."""
    return derive_numbered_seed(trial, "trial", SEED_FORMAT, run_seed, scenario_id)
