"""Which model a judge or a simulated user gets when none is named."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from pytest_arc.errors import UsageError
from pytest_arc.providers.catalog import Catalog, CostTier, ModelEntry
from pytest_arc.providers.keys import find_missing_key

__all__ = ["Needs", "Selection", "select_model"]

_log = logging.getLogger(__name__)
_TIERS: tuple[CostTier, ...] = get_args(CostTier)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a model is asked to do."""

    json_mode: bool = False
    """Answer with JSON and nothing else."""
    function_calling: bool = False
    """Call tools."""
    context_tokens: int = 0
    """The longest request it will meet, with room for the answer."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The model that was chosen, and why."""

    model: str
    reason: str
    """In one sentence, with those that were passed over."""


def select_model(needs: Needs, catalog: Catalog, environ: Mapping[str, str]) -> Selection:
    """The first model of the cheapest tier that can do what is asked and whose key is set; logged with why.

    Raises UsageError, which says what each model lacks, when there is none.
    """
    passed_over: list[str] = []
    for entry in sorted(catalog.models, key=lambda entry: _TIERS.index(entry.cost_tier)):
        lack = find_lack(entry, needs) or _find_closed_door(entry, environ)
        if lack is None:
            selection = Selection(entry.model, _explain(entry, needs, passed_over))
            _log.info("chose %s: %s", selection.model, selection.reason)
            return selection
        passed_over.append(f"{entry.model} ({lack})")
    raise UsageError(
        f"no model can be chosen for {_describe(needs)}: {_list(passed_over)}; name one with 'model:', set a"
        " key, or add a model of your own to models.yaml (arc models lists them)"
    )


def find_lack(entry: ModelEntry, needs: Needs) -> str | None:
    """What keeps a model from doing what is asked; None when nothing does."""
    if needs.json_mode and not entry.json_mode:
        return "no JSON mode"
    if needs.function_calling and not entry.function_calling:
        return "no function calling"
    if needs.context_tokens > entry.context_window:
        return f"a context of {entry.context_window:,} tokens"
    return None


def _find_closed_door(entry: ModelEntry, environ: Mapping[str, str]) -> str | None:
    missing = find_missing_key(entry.model, entry.base_url, environ)
    return f"{missing} is not set" if missing else None


def _explain(entry: ModelEntry, needs: Needs, passed_over: list[str]) -> str:
    text = f"the first of cost tier {entry.cost_tier} for {_describe(needs)}"
    return f"{text}; passed over: {_list(passed_over)}" if passed_over else text


def _describe(needs: Needs) -> str:
    words = [
        *(["JSON mode"] if needs.json_mode else []),
        *(["function calling"] if needs.function_calling else []),
        *([f"a context of {needs.context_tokens:,} tokens"] if needs.context_tokens else []),
    ]
    return " and ".join(words) or "plain text"


def _list(models: list[str], most: int = 5) -> str:
    shown = ", ".join(models[:most])
    return f"{shown} and {len(models) - most} more" if len(models) > most else shown or "none is listed"
