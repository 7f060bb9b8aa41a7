"""What models can do and cost: `models.yaml` of this package, and the user's own in the project's root."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import Field

from pytest_arc.domain.frozen import Frozen

__all__ = ["Catalog", "CostTier", "ModelEntry", "Price", "load_bundled_catalog"]

CostTier = Literal["low", "medium", "high"]


class Price(Frozen):
    """USD per million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached_input: float | None = Field(default=None, ge=0)
    """Of input that the provider had in its cache; default: as other input."""

    def count(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> float:
        """USD for one call. `cached_tokens` are part of `input_tokens`."""
        cached = self.input if self.cached_input is None else self.cached_input
        fresh_tokens = input_tokens - cached_tokens
        return (fresh_tokens * self.input + cached_tokens * cached + output_tokens * self.output) / 1e6


class ModelEntry(Frozen):
    """One model, and what it can do."""

    model: str = Field(pattern=r"^[a-z0-9/-]+:\S+$")
    """`provider:model`."""
    context_window: int = Field(ge=1)
    """The most tokens of one request and its answer."""
    json_mode: bool = True
    """Whether it can be made to answer with JSON and nothing else."""
    function_calling: bool = True
    """Whether it can call tools."""
    cost_tier: CostTier = "medium"
    price: Price | None = None
    """Where it is not the provider's list price, or there is none."""
    base_url: str | None = None
    """Of an endpoint of one's own."""


class Catalog(Frozen):
    """The models that are known here, in the order in which they are preferred within a cost tier."""

    arc_models: Literal[1]
    """Format version."""
    models: tuple[ModelEntry, ...] = ()

    def find(self, model: str) -> ModelEntry | None:
        """The entry of `provider:model`."""
        return next((entry for entry in self.models if entry.model == model), None)

    def extend(self, own: Catalog) -> Catalog:
        """Those of `own` first, then the others."""
        names = {entry.model for entry in own.models}
        others = tuple(entry for entry in self.models if entry.model not in names)
        return Catalog(arc_models=1, models=own.models + others)


@cache
def load_bundled_catalog() -> Catalog:
    """The models that come with this package."""
    text = files("pytest_arc.providers").joinpath("models.yaml").read_text(encoding="utf-8")
    return Catalog.model_validate(yaml.safe_load(text))
