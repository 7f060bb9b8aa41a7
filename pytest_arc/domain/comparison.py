"""Two agents, or two runs of one, held side by side. A is the one before, B the one after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pytest_arc.domain.baseline import CaseHashes
from pytest_arc.domain.result import Change, TrialResult

__all__ = ["AgentRecord", "Comparison", "MeanChange", "Proof", "RateChange", "ScenarioChange", "Share"]

Proof = Literal["better", "worse", "nothing"]
"""What the data prove of a difference; `nothing` does not mean that there is none."""


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """One agent in one run, as far as it is recorded."""

    run: str
    agent: str
    """Agent id."""
    target: str
    """As reports name it."""
    simulated: bool
    """Whether these are results of the reference policy, which is no LLM."""
    seed: int | None
    interrupted: str
    """Why the run has no proper end; empty when it has one."""
    hashes: Mapping[str, CaseHashes]
    """Scenario id with its row -> what it was."""
    tags: Mapping[str, Sequence[str]]
    """Scenario id -> its tags, as far as the run got to say."""
    trials: Mapping[str, Sequence[TrialResult]]
    """Scenario id -> the finished trials that a gate may count: none that were made to confirm an alarm."""

    @property
    def name(self) -> str:
        """Of the profile, without version."""
        return self.agent.partition("@")[0]


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many trials."""

    count: int
    n: int
    doubtful_passes: int = 0
    """Of those counted, how many would not be if the judges that were outvoted are right."""
    doubtful_failures: int = 0
    """Of the others, how many would be."""

    @property
    def least(self) -> int:
        return self.count - self.doubtful_passes

    @property
    def most(self) -> int:
        return self.count + self.doubtful_failures

    @property
    def rate(self) -> float:
        return self.count / self.n if self.n else float("nan")


@dataclass(frozen=True, slots=True)
class RateChange:
    """How a share of trials changed, with the exact stratified test and bounds that agree with it.

    Where judges disagreed, the trials count either way: each bound and each p is that of the reading which
    makes it the more cautious one, so that what is proved holds whoever was right.
    """

    name: str
    """`reliability`, `errored`, or a group."""
    scenarios: int
    a: Share
    b: Share
    change: Change
    """Of the mean over the scenarios, weighted as in the test: alike where they have as many trials."""
    p_worse: float
    """One-sided mid-p of "B is not worse": small when B is."""
    p_better: float
    """The same of "B is not better"; 1 - `p_worse` where no judges disagreed."""
    p: float
    """Two-sided exact p of "A and B do not differ": twice the smaller tail; McNemar's for single trials."""
    proof: Proof

    @property
    def p_mid(self) -> float:
        """Two-sided mid-p, less cautious than `p`."""
        return min(1.0, 2.0 * min(self.p_worse, self.p_better))


@dataclass(frozen=True, slots=True)
class MeanChange:
    """How a dimension or a metric changed: Hodges-Lehmann, over one value a scenario."""

    name: str
    scenarios: int
    """Those that measure it in both."""
    a: float
    b: float
    """Means over the scenarios; geometric ones for metrics."""
    change: Change
    """Of the value, or of its logarithm for metrics; without bounds when there are too few scenarios."""
    proof: Proof


@dataclass(frozen=True, slots=True)
class ScenarioChange:
    """A scenario whose rate is not the same in A and B."""

    scenario: str
    a: Share
    b: Share
    reason: str
    """Why the first failed trial of the worse one failed."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """B against A, over the scenarios that are the same in both."""

    a: AgentRecord
    b: AgentRecord
    compared: tuple[str, ...]
    """Ids of the scenarios with a scored trial in both."""
    unscored: tuple[str, ...]
    """The same in both, but without a scored trial in one of them."""
    changed: Mapping[str, str]
    """Ids of scenarios that were changed in between -> what was: `scenario`, `checks`, `scenario, checks`."""
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    reliability: RateChange | None
    """None when no scenario could be compared."""
    errors: RateChange | None
    """The share of errored trials; None when none was."""
    groups: tuple[RateChange, ...]
    """By first segment of the id, and by tag; `proof` holds for all of them together (Holm)."""
    dimensions: tuple[MeanChange, ...]
    metrics: tuple[MeanChange, ...]
    unmeasured: Mapping[str, str]
    """Dimension or metric -> why it is not compared."""
    scenarios: tuple[ScenarioChange, ...]
    """Those that changed, the most changed first."""
    detectable_drop: float | None
    """The smallest even drop that would have been found in 4 of 5 such comparisons; None when none would."""
