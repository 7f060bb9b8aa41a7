"""A run as reports see it: the one just made, or one that is read from its folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_arc.domain.baseline import Metric
from pytest_arc.domain.result import CaseOutcome, Estimate, TrialResult, Verdict
from pytest_arc.domain.trajectory import Trajectory

__all__ = [
    "AgentView",
    "BaselineView",
    "CaseView",
    "CountsThen",
    "ReadTrajectory",
    "RunView",
    "Totals",
]

ReadTrajectory = Callable[[TrialResult], Trajectory | None]
"""What was said and done in a trial; None when it was not kept."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What came of trials, and what they took. Money and time are of all, fresh ones among them."""

    passed: int = 0
    failed: int = 0
    errored: int = 0
    cancelled: int = 0
    """Like the three above: of the planned trials."""
    fresh: int = 0
    """Trials beyond the plan, made to confirm alarms; they are in no rate."""
    replayed: int = 0
    """Trials whose answers all came from recordings."""
    cost_usd: float | None = 0.0
    """What the agent's model calls cost this time; None when it is not known of every trial."""
    harness_usd: Mapping[str, float | None] = field(default_factory=dict[str, float | None])
    """`user`, `judge` -> what simulated users and judges cost; empty without them."""
    tokens: int | None = 0
    """Of the agent, in and out; None when they are not known of every trial."""
    latency_s: float = 0.0
    """The sum over trials, on their clocks."""
    wall_s: float = 0.0
    """The trials one by one, in real time."""
    is_simulated: bool = False
    """Whether latencies are on a virtual clock."""

    @property
    def scored(self) -> int:
        return self.passed + self.failed

    @property
    def made(self) -> int:
        """Every trial that cost time and money."""
        return self.scored + self.errored + self.cancelled + self.fresh


@dataclass(frozen=True, slots=True)
class CountsThen:
    """How one scenario did in the baseline."""

    passed: int
    n: int
    """Scored trials, over all pooled runs."""
    metrics: Mapping[Metric, float] = field(default_factory=dict[Metric, float])
    """Geometric means over these trials, as `BaselineCase` has them."""


@dataclass(frozen=True, slots=True)
class BaselineView:
    """What an agent was compared with."""

    label: str
    """As reports name it: `main 3f2c1a9`, `the baseline`."""
    runs: int
    """How many were pooled."""
    reliability: Estimate | None
    """Over the scenarios that can be compared; None when there is none."""
    scenarios: Mapping[str, CountsThen]
    """Scenario id -> how it did; only those that are the same then and now."""


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case with its trials."""

    id: str
    """`agent id/scenario id[row]`."""
    scenario: str
    """Its id with the row."""
    title: str
    challenges: str | None
    """Id of the assumption that it puts to the test."""
    tags: tuple[str, ...]
    path: str
    """Of the scenario's file; empty when the run did not get so far as to say."""
    line: int
    bar: float
    """The observed pass rate it must reach."""
    planned: int
    """Trials above this number were made to confirm an alarm, and are in no rate."""
    outcome: CaseOutcome
    trials: Sequence[TrialResult]
    """By number, without their trajectories."""

    @property
    def group(self) -> str:
        """First segment of the scenario's id; empty when it has no slash."""
        first, slash, _ = self.scenario.partition("/")
        return first if slash else ""

    @property
    def planned_trials(self) -> Sequence[TrialResult]:
        return [trial for trial in self.trials if trial.trial <= self.planned]

    @property
    def fresh_trials(self) -> Sequence[TrialResult]:
        return [trial for trial in self.trials if trial.trial > self.planned]


@dataclass(frozen=True, slots=True)
class AgentView:
    """One agent of a run."""

    id: str
    """`name@version`."""
    name: str
    version: str
    path: str
    """Of the profile, as the user typed it."""
    job: str
    target: str
    """As reports name it."""
    deterministic: bool
    """Whether equal seeds give equal trials."""
    simulated: bool
    """Whether these are results of the reference policy, which is no LLM."""
    assumptions: Mapping[str, str]
    """Id -> what the author presumes."""
    capabilities: tuple[str, ...]
    """What the profile says that the agent can do."""
    suite: int
    """How many scenarios it has, selected or not; those that ran are in `cases`."""
    reliability: Estimate | None
    """The share of planned, scored trials that passed; None when none was scored."""
    pass_hat_k: tuple[float | None, ...]
    """For k = 1, 2, ...: the chance that k trials all pass, on average over scenarios."""
    pass_at_k: tuple[float | None, ...]
    """The chance that one of k trials passes."""
    verdicts: tuple[Verdict, ...]
    gates_at: Mapping[str, str]
    """Name of a gate -> where it is written: `agents/bot.yaml:12`; of those that are in a file."""
    notes: tuple[str, ...]
    """Sentences about what the agent is held against: the ruler moved or not, quarantine that expired."""
    baseline: BaselineView | None
    totals: Totals
    cases: tuple[CaseView, ...]


@dataclass(frozen=True, slots=True)
class RunView:
    """One run, finished or interrupted."""

    run_id: str
    started: str
    """ISO, UTC; empty when it was killed before it could say so."""
    finished: str
    """ISO, UTC; empty when it was killed."""
    interrupted: str
    """Why it did not come to its proper end; empty when it did."""
    seed: int | None
    executor: str
    settings: Mapping[str, Any]
    git: Mapping[str, Any] | None
    """`sha` and `dirty`; None outside a repository."""
    packages: Mapping[str, str]
    """Name -> version."""
    python: str
    platform: str
    results_sha256: str
    """Of the bytes of `results` in `run.json`; empty when there is none."""
    totals: Totals
    agents: tuple[AgentView, ...]

    def address(self, agent: AgentView, case: CaseView, trial: TrialResult | None = None) -> str:
        """A case or a trial as commands name it: `20261121-0051::fx/order-in-chf#2`."""
        name = case.scenario if len(self.agents) == 1 else case.id
        number = "" if trial is None else f"#{trial.trial}"
        return f"{self.run_id}::{name}{number}"
