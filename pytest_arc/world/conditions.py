"""How slow and how flaky a simulated tool usually is: named profiles, or one's own.

    conditions: slow_replica

    conditions:
      latency: {median_s: 0.8, sigma: 0.5}
      errors: {timeout: 0.02, rate_limit: 0.05}

Latencies are virtual: a tool answers at once and says how long it took.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

import yaml
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arc.domain.frozen import Frozen
from pytest_arc.domain.scenario import Fault, FaultKind
from pytest_arc.fingerprint import Stream
from pytest_arc.registry import find_near_miss

__all__ = ["Conditions", "Latency", "find_conditions", "list_conditions"]


class Latency(Frozen):
    """How long a call takes: always the same (`fixed_s`), or lognormal (`median_s` and `sigma`)."""

    fixed_s: float | None = Field(default=None, ge=0)
    median_s: float | None = Field(default=None, gt=0)
    sigma: float = Field(default=0.0, ge=0, le=3)
    """Standard deviation of the logarithm; at 0.5 one call in six takes more than 1.6 x the median."""

    @model_validator(mode="after")
    def _has_one_form(self) -> Latency:
        if (self.fixed_s is None) == (self.median_s is None):
            raise ValueError("give either fixed_s, or median_s with sigma")
        if self.fixed_s is not None and self.sigma:
            raise ValueError("sigma goes with median_s")
        return self

    def draw_s(self, chance: Stream) -> float:
        """How long one call takes, in seconds, rounded to microseconds."""
        if self.median_s is None:
            return self.fixed_s or 0.0
        return round(self.median_s * math.exp(self.sigma * chance.normal()), 6)


class Conditions(Frozen):
    """A behaviour profile of a tool."""

    latency: Latency = Latency(fixed_s=0.0)
    errors: dict[FaultKind, Annotated[float, Field(ge=0, le=1)]] = Field(
        default_factory=dict[FaultKind, float]
    )
    """Kind of trouble -> share of the calls that meet it."""
    delay_s: float = Field(default=30.0, gt=0)
    """How long a `timeout` takes, and how much longer a `slow` answer does."""

    @model_validator(mode="after")
    def _add_up(self) -> Conditions:
        if sum(self.errors.values()) > 1 + 1e-9:
            raise ValueError("the shares of 'errors' add up to more than 1")
        return self

    def draw_fault(self, tool: str, chance: Stream) -> Fault | None:
        """The trouble one call of `tool` meets, if any."""
        if not self.errors:
            return None
        draw, reached = chance.random(), 0.0
        for kind, share in self.errors.items():
            reached += share
            if draw < reached:
                return Fault(tool=tool, kind=kind, delay_s=self.delay_s)
        return None


def find_conditions(conditions: str | Mapping[str, Any]) -> Conditions:
    """The profile of that name, or the one written out. An unknown name is a validation error with a hint."""
    if not isinstance(conditions, str):
        return Conditions.model_validate(conditions)
    shipped = _load_shipped()
    if conditions not in shipped:
        raise PydanticCustomError(
            "unknown_name",
            "{message}",
            {
                "message": f"unknown conditions '{conditions}'",
                "allowed": list(shipped),
                "near_miss": find_near_miss(conditions, shipped),
            },
        )
    return shipped[conditions]


def list_conditions() -> tuple[str, ...]:
    """The names of the profiles that come with the package."""
    return tuple(_load_shipped())


@cache
def _load_shipped() -> Mapping[str, Conditions]:
    text = files("pytest_arc.world").joinpath("conditions.yaml").read_text(encoding="utf-8")
    return {
        name: Conditions.model_validate(profile) for name, profile in sorted(yaml.safe_load(text).items())
    }
