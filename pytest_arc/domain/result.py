"""What became of a trial, a case, a gate, a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from pytest_arc.domain.baseline import Metric
from pytest_arc.domain.frozen import record
from pytest_arc.domain.score import CheckResult, Dimension
from pytest_arc.domain.trajectory import NOTHING_USED, UNKNOWN_USAGE, Trajectory, Usage
from pytest_arc.errors import Blame

__all__ = [
    "CaseOutcome",
    "CaseWord",
    "Change",
    "Estimate",
    "GateWord",
    "TrialOutcome",
    "TrialResult",
    "Verdict",
    "VerdictPart",
    "count_disputed",
]

TrialOutcome = Literal["passed", "failed", "errored", "cancelled"]
CaseWord = Literal["passed", "failed", "below bar", "errored", "not run", "skipped", "xfailed", "xpassed"]
GateWord = Literal["passed", "failed", "inconclusive", "not evaluated"]


@record
class TrialResult:
    """One finished trial. Plain data: it can be sent between processes and written as JSON."""

    case: str
    trial: int
    seed: int
    outcome: TrialOutcome
    blame: Blame | None
    """Whose doing it was that the trial did not pass."""
    reason: str
    """Why it did not pass, in one sentence; empty when it did."""
    checks: tuple[CheckResult, ...]
    dimensions: Mapping[Dimension, float]
    score: float | None
    steps: int = 0
    """What the agent did: tool calls plus messages to the user."""
    latency_s: float = 0.0
    """On the trial's clock."""
    clock: Literal["virtual", "wall"] = "wall"
    usage: Usage | None = None
    """What the agent's model calls consumed."""
    harness_usage: Mapping[str, Usage] = field(default_factory=dict[str, Usage])
    """`user`, `judge` -> what the calls of a simulated user and of judges consumed; empty without them."""
    attempts: int = 1
    """Above 1 when earlier ones errored."""
    lost_usage: Mapping[str, Usage] = field(default_factory=dict[str, Usage])
    """`agent`, `user`, `judge` -> what earlier attempts consumed: paid for, but no part of what this one did
    and not of the reproducible results. Empty when there were none."""
    cause: str = ""
    """Of an errored trial: the same for all errors of a kind, such as `HTTP 529 from api.anthropic.com`.
    Empty where the reason is all there is."""
    answers: str = ""
    """Hash of the recorded answers of providers that it was given: trials that were given the same are one
    observation. Empty when none was recorded."""
    replayed: bool = False
    """All of them came from recordings: they had been paid for before."""
    trajectory: Trajectory | None = None
    """None once it has been written to the run folder."""
    wall_s: float = 0.0
    """Real time it took; not part of the reproducible results."""
    output: str = ""
    """What the agent printed; not part of the reproducible results."""

    def forget_trajectory(self) -> None:
        """Let go of the trajectory: it is on disk. Otherwise a result never changes."""
        # A changed copy of so many fields costs more than writing the trajectory does.
        object.__setattr__(self, "trajectory", None)

    def follow(self, earlier: TrialResult) -> TrialResult:
        """This attempt, after one that errored and was paid for too."""
        return replace(self, lost_usage=earlier.paid)

    @property
    def paid(self) -> Mapping[str, Usage]:
        """`agent`, and `user` and `judge` where models were these -> what was paid for this time: nothing
        that was replayed, but also what earlier attempts consumed.
        """
        own = {"agent": self.usage or UNKNOWN_USAGE, **self.harness_usage}
        if self.replayed:
            own = dict.fromkeys(own, NOTHING_USED)
        for who, consumed in self.lost_usage.items():
            own[who] = own.get(who, NOTHING_USED) + consumed
        return own

    @property
    def paid_usd(self) -> float | None:
        """What the agent's model calls cost this time, those of earlier attempts too; None if unknown."""
        return self.paid["agent"].cost_usd

    @property
    def price_usd(self) -> float | None:
        """What another trial like this one costs: the agent's calls, a played user's and judges', without
        those of earlier attempts; None if unknown.
        """
        return sum(self.harness_usage.values(), self.usage or UNKNOWN_USAGE).cost_usd

    def measure(self, metric: Metric) -> float | None:
        """One metric of the trial, in its unit of `METRICS`; None where it was not measured."""
        if metric == "steps":
            return self.steps
        if metric == "latency":
            return self.latency_s
        if self.usage is None:
            return None
        if metric == "tokens":
            return self.usage.input_tokens + self.usage.output_tokens
        return self.usage.cost_usd

    @property
    def is_scored(self) -> bool:
        return self.outcome in ("passed", "failed")

    @property
    def is_disputed(self) -> bool:
        """Whether it would have ended otherwise, had the outvoted judges had their way."""
        if not [check for check in self.checks if check.agreement is not None]:
            return False  # nearly always, and asked of every trial
        gating = [check for check in self.checks if check.gating]
        if self.outcome == "passed":
            return any(check.is_split for check in gating)
        failing = [check for check in gating if check.passed is False]
        return self.outcome == "failed" and bool(failing) and all(check.is_split for check in failing)


def count_disputed(trials: Iterable[TrialResult]) -> tuple[int, int]:
    """How many that passed, and how many that failed, would have ended otherwise for outvoted judges."""
    disputed = [trial.outcome for trial in trials if trial.is_disputed]
    return disputed.count("passed"), disputed.count("failed")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A rate with its interval."""

    passed: int
    n: int
    low: float
    high: float
    confidence: float = 0.95

    @property
    def rate(self) -> float:
        return self.passed / self.n if self.n else float("nan")


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """What became of one case: the word on the screen, and why."""

    case: str
    word: CaseWord
    reason: str
    passed: int = 0
    failed: int = 0
    errored: int = 0
    estimate: Estimate | None = None

    @property
    def scored(self) -> int:
        return self.passed + self.failed


@dataclass(frozen=True, slots=True)
class Change:
    """A difference against the baseline, with one-sided bounds."""

    value: float
    """Now minus baseline: of rates, or of logarithms for the metrics of performance."""
    low: float
    high: float
    confidence: float = 0.95
    """Of each bound."""


@dataclass(frozen=True, slots=True)
class VerdictPart:
    """One line under a verdict: a group, a scenario or a metric that it is about."""

    name: str
    """`fx`, `fx/order-in-chf`, `cost`; `others` for the rest."""
    kind: Literal["group", "scenario", "metric"]
    word: str
    """`failed`, `passed`, `no change`, `not confirmed`, `not compared`, ..."""
    reason: str
    """With its numbers: `45/60 now, 120/120 on main; 30 fresh trials: 2 pass`."""
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of one gate."""

    gate: str
    """`reliability`, `group/currency`; its node id is `<profile>::gate/reliability`."""
    agent: str
    """Agent id."""
    word: GateWord
    reason: str
    """The verdict in one or two sentences with its numbers."""
    fails: bool
    """Whether it makes the run fail."""
    estimate: Estimate | None = None
    minimum: float | None = None
    hints: tuple[str, ...] = ()
    """What to look at or do next; one line each."""
    advisory: bool = False
    """It would fail the run, but gates only advise."""
    change: Change | None = None
    """Against the baseline, for gates that compare."""
    parts: tuple[VerdictPart, ...] = ()
    """What it is about in detail, the worst first."""
