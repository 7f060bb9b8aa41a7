"""What a run can be expected to cost and to decide, before it has started."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Chance", "Forecast", "GateForecast", "Pace", "TrialPace"]


@dataclass(frozen=True, slots=True)
class Pace:
    """What one more trial takes; None where that is not known, or is nothing."""

    cost_usd: float | None = None
    time_s: float | None = None
    """What it adds to the wall time of a run, in which several are made at once."""


@dataclass(frozen=True, slots=True)
class TrialPace:
    """What a live trial takes by itself, on average."""

    time_s: float
    model_calls: float = 0.0
    tokens: float = 0.0
    """Input and output together."""


@dataclass(frozen=True, slots=True)
class Chance:
    """What a gate does with an agent of a known rate."""

    rate: float
    """The agent's true rate."""
    verdict: float
    """Chance that the gate passes or fails, instead of staying inconclusive."""


@dataclass(frozen=True, slots=True)
class GateForecast:
    """What one gate can come to with the planned trials."""

    gate: str
    """`reliability`, `group/currency`, as in verdicts."""
    can_pass: bool
    can_fail: bool
    note: str = ""
    """What is missing, where something is; or what the gate can see."""
    minimum: float | None = None
    chances: tuple[Chance, ...] = ()
    """For an agent a little above the minimum, and one as much below it."""
    detectable_drop: float | None = None
    """The smallest even drop in rate that a comparison with the baseline would find with a chance of 80 %."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """One agent's part of a run."""

    agent: str
    """Agent id."""
    cases: int
    trials: int
    """The least that are run."""
    max_trials: int
    """The most, without trials that confirm an alarm; equal to `trials` unless they come in rounds."""
    cost_usd: float | None
    """Of one trial; None when unknown."""
    time_s: float | None
    """What one trial adds to the run's wall time, with others beside it; None when unknown."""
    gates: tuple[GateForecast, ...]
