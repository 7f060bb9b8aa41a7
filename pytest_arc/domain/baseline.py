"""What agents are held against: an earlier run, and the rest of the ruler."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "METRICS",
    "Baseline",
    "BaselineCase",
    "BaselineRun",
    "CaseHashes",
    "EarlierCounts",
    "Metric",
    "Ruler",
]

Metric = Literal["cost", "tokens", "steps", "latency"]

METRICS: Mapping[Metric, float] = {"cost": 1e-6, "tokens": 1.0, "steps": 1.0, "latency": 1e-3}
"""Each metric of a trial (USD, tokens in and out, steps, seconds), and what is added before its logarithm:
small beside usual values, so that a free call or an agent without a step has a logarithm too."""


@dataclass(frozen=True, slots=True)
class CaseHashes:
    """What tells whether two results of one scenario can be compared."""

    scenario: str
    """Of what the agent meets: user, world, faults."""
    checks: str
    """Of what is expected."""


@dataclass(frozen=True, slots=True)
class BaselineCase:
    """How one scenario did."""

    passed: int
    n: int
    """Scored trials, over all pooled runs."""
    hashes: CaseHashes
    metrics: Mapping[Metric, float] = field(default_factory=dict[Metric, float])
    """Geometric means over the scored trials, shifted as in `METRICS`: exp(mean log(x + offset)) - offset.
    A metric that was not measured in all of them is missing."""
    doubtful_passes: int = 0
    """Of those that passed, how many would not have if the outvoted judges were right."""
    doubtful_failures: int = 0
    """The same of those that failed."""


@dataclass(frozen=True, slots=True)
class BaselineRun:
    """One run that a baseline was made of."""

    run_id: str
    date: str
    """ISO date of its start."""
    commit: str | None
    """SHA; None outside git or with uncommitted changes."""
    seed: int
    trials: int
    """Scored trials it contributed."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Earlier runs of one agent, pooled: what a change is compared with."""

    agent: str
    """Name of the profile, without version."""
    identity: str
    """Of profile, prompt and watched files of the pooled runs."""
    target: str
    """The target as reports name it."""
    simulated: bool
    """Whether these are results of the reference policy, which is no LLM."""
    runs: tuple[BaselineRun, ...]
    cases: Mapping[str, BaselineCase]
    """Scenario id with its row -> how it did."""
    label: str = "the baseline"
    """As reports name it: `main 3f2c1a9`, `the baseline`, `run 20261121-0051`."""


@dataclass(frozen=True, slots=True)
class EarlierCounts:
    """What earlier runs of the same commit found: counted together with this one."""

    commit: str
    """Its first digits."""
    counts: Mapping[str, tuple[int, int]]
    """Scenario id with its row -> passed and scored trials."""
    doubts: Mapping[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    """Scenario id -> passes and failures that would be none if the outvoted judges were right."""

    def add_up_doubts(self, scenarios: Iterable[str]) -> tuple[int, int]:
        """Doubtful passes and failures of these scenarios."""
        found = [self.doubts.get(name, (0, 0)) for name in scenarios]
        return sum(passes for passes, _ in found), sum(failures for _, failures in found)

    def add_up(self, scenarios: Iterable[str]) -> tuple[int, int]:
        """Passed and scored trials of these scenarios."""
        found = [self.counts.get(name, (0, 0)) for name in scenarios]
        return sum(passed for passed, _ in found), sum(n for _, n in found)


@dataclass(frozen=True, slots=True)
class Ruler:
    """What one agent is held against in this run, besides its thresholds."""

    baseline: Baseline | None = None
    trouble: str = ""
    """Why there is no baseline, and what to do; empty when there is one."""
    damage: str = ""
    """What is wrong with the baseline that is there: gates that need it cannot be evaluated."""
    hashes: Mapping[str, CaseHashes] = field(default_factory=dict[str, CaseHashes])
    """Scenario id with its row -> hashes of the scenario as it is now."""
    quarantined: frozenset[str] = frozenset()
    """Scenario ids that are out of the regression gate for now."""
    earlier: EarlierCounts | None = None
    """Earlier runs of this commit, where they are known."""
    notes: tuple[str, ...] = ()
    """What every report says about the ruler, a sentence each: moved by this change, or not; expired
    quarantine; no merge base."""
