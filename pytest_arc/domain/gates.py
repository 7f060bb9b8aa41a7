"""Rules whose answers decide the run, as a profile states them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field, model_validator

from pytest_arc.domain.baseline import METRICS, Metric
from pytest_arc.domain.frozen import Frozen
from pytest_arc.domain.scenario import Strings
from pytest_arc.domain.score import Dimension

__all__ = [
    "DimensionGate",
    "Gates",
    "GroupGate",
    "PerformanceGate",
    "RegressionGate",
    "ReliabilityGate",
    "ThresholdGate",
]

OnInconclusive = Literal["warn", "fail"]


def _unfold_min(value: Any) -> Any:
    return {"min": value} if isinstance(value, (int, float)) else value


class ThresholdGate(Frozen):
    """A share that must be reached, and how sure we have to be."""

    min: float = Field(gt=0, lt=1)
    """The share that is asked for: 0.85 is 85 %."""
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    """How sure a verdict must be: 0.95 lets chance decide 5 runs of 100 at most."""
    on_inconclusive: OnInconclusive = "warn"
    """`warn`: too little evidence fails nothing. `fail`: it fails the run."""


class ReliabilityGate(ThresholdGate):
    """The share of trials that must pass."""

    over: Literal["suite", "population"] = "suite"
    """`suite`: these scenarios, which a merge is about. `population`: all that such scenarios stand for."""


class GroupGate(ThresholdGate):
    """A reliability gate over some of the scenarios."""

    tags: Strings = ()
    """Scenarios with one of these tags; none: the gate's own name is a tag, or the first part of ids."""


class DimensionGate(ThresholdGate):
    """What the scenarios must score on average in one dimension."""


class RegressionGate(Frozen):
    """No scenario, group or suite may do worse than in the baseline."""

    max_drop: float = Field(default=0.05, gt=0, lt=1)
    """The gate passes when a greater drop of the whole is ruled out."""
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    """How sure it must be that such a drop is ruled out."""
    on_inconclusive: OnInconclusive = "warn"
    """`fail`: a drop that cannot be ruled out fails the run."""


class PerformanceGate(Frozen):
    """How much each metric may grow against the baseline, 0.15 by 15 %. One without a limit does not gate."""

    cost: float | None = Field(default=None, gt=0)
    """Of the US dollars of a trial."""
    tokens: float | None = Field(default=None, gt=0)
    """Of the tokens of a trial, in and out."""
    steps: float | None = Field(default=None, gt=0)
    """Of the tool calls and messages of a trial."""
    latency: float | None = Field(default=None, gt=0)
    """Only when named: a provider that is slower tonight is not the agent's doing."""
    latency_sd: float | None = Field(default=None, gt=0)
    """Standard deviation, between runs of an unchanged agent, of the logarithm of latency (0.1: about 10 %).
    Latency of targets without a simulated clock is only judged where this is known."""
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    """How sure it must be that a metric has grown, or has not."""
    on_inconclusive: OnInconclusive = "warn"
    """`fail`: growth that cannot be ruled out fails the run."""

    @property
    def limits(self) -> dict[Metric, float]:
        """The metrics that gate, with the growth each may show."""
        limits: dict[Metric, float | None] = {name: getattr(self, name) for name in METRICS}
        return {name: limit for name, limit in limits.items() if limit is not None}


def _unfold_max_drop(value: Any) -> Any:
    return {"max_drop": value} if isinstance(value, (int, float)) else value


def _unfold_limit(value: Any) -> Any:
    if isinstance(value, (int, float)):
        return dict.fromkeys(("cost", "tokens", "steps"), value)
    return value


class Gates(Frozen):
    """Rules whose answers decide the run."""

    reliability: Annotated[ReliabilityGate, BeforeValidator(_unfold_min)] | None = None
    """Do enough of all trials pass?"""
    dimensions: dict[Dimension, Annotated[DimensionGate, BeforeValidator(_unfold_min)]] = Field(
        default_factory=dict[Dimension, DimensionGate]
    )
    """Dimension -> what scenarios must score in it on average."""
    groups: dict[str, Annotated[GroupGate, BeforeValidator(_unfold_min)]] = Field(
        default_factory=dict[str, GroupGate]
    )
    """Tag or first part of ids -> what share of the trials of these scenarios must pass."""
    regression: Annotated[RegressionGate, BeforeValidator(_unfold_max_drop)] | None = None
    """Is anything worse than in the baseline? `0.05` is short for `{max_drop: 0.05}`."""
    performance: Annotated[PerformanceGate, BeforeValidator(_unfold_limit)] | None = None
    """Do cost, tokens or steps grow? `0.15` is short for that limit of each of them."""
    errors: float = Field(default=0.10, ge=0, le=1)
    """More than this share of errored trials leaves every gate not evaluated."""

    @property
    def names(self) -> tuple[str, ...]:
        """What the gates are called in verdicts and, after `gate/`, in node ids."""
        return (
            *(["reliability"] if self.reliability else []),
            *(f"group/{name}" for name in self.groups),
            *(f"dimension/{name}" for name in self.dimensions),
            *(["regression"] if self.regression else []),
            *(["performance"] if self.performance else []),
        )

    @model_validator(mode="before")
    @classmethod
    def _unfold_errors(cls, value: Any) -> Any:
        """`errors: {max: 0.10}` is the long form of `errors: 0.10`."""
        if isinstance(value, Mapping):
            mapping = dict(cast("Mapping[str, Any]", value))
            errors = mapping.get("errors")
            if isinstance(errors, Mapping) and set(cast("Mapping[str, Any]", errors)) == {"max"}:
                mapping["errors"] = cast("Mapping[str, Any]", errors)["max"]
            return mapping
        return value
