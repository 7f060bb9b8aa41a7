"""How a run is to be done: `[tool.pytest-arc]` < `ARC_*` < flags."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from pytest_arc.domain.frozen import Frozen

__all__ = ["Settings"]


class Settings(Frozen):
    """Every setting, with its default. The key here is the key in TOML, `ARC_<KEY>` in the environment and
    `--arc-<key>` on the command line."""

    target: str | None = None
    """The target of every profile that has none (a profile's own wins only when it is not given here)."""
    trials: int | None = Field(default=None, ge=1, le=10_000)
    """Trials of every case, whatever profile and scenario say."""
    trial: int | None = Field(default=None, ge=1)
    """Only this trial of each case, counted from 1."""
    seed: int | Literal["random"] = 0
    """Of the run."""
    concurrency: int | None = Field(default=None, ge=1, le=10_000)
    """Trials at the same time; default: as suits the target."""
    strict: bool = False
    """Every case stands for itself, whatever a gate counts."""
    real_time: bool = False
    """Sleep simulated latencies instead of adding them to the trial's clock."""
    attempts: int = Field(default=2, ge=1, le=10)
    """How often a trial is tried when the trouble is not the agent's."""
    slip_rate: float | None = Field(default=None, ge=0, le=1)
    """How often the reference policy slips at a decision; default 0.02."""
    json_path: str | None = Field(default=None, alias="json")
    """Where to write the results, besides the run folder."""
    dir: str = ".arc"
    """Where run folders are kept."""
    debug: bool = False
    """Show stack traces of this tool."""
    sources: dict[str, Any] = Field(default_factory=dict, exclude=True)
    """Key -> where its value came from."""
