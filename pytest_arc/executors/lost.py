"""Trials that ended without a result of their own."""

from __future__ import annotations

import asyncio

from pytest_arc.domain.plan import TrialSpec
from pytest_arc.domain.result import TrialResult
from pytest_arc.errors import ArcError, TrialError

__all__ = ["explain_lost"]


def explain_lost(spec: TrialSpec, error: BaseException) -> TrialResult:
    """The result of a trial that was cancelled, or that broke in a way nothing else has caught."""
    cancelled = isinstance(error, asyncio.CancelledError)
    blame = error.blame if isinstance(error, TrialError) else "infrastructure"
    return TrialResult(
        case=spec.case.id,
        trial=spec.trial,
        seed=spec.seed,
        outcome="cancelled" if cancelled else "failed" if blame == "agent" else "errored",
        blame=None if cancelled else blame,
        reason="cancelled" if cancelled else _describe_lost(error),
        checks=(),
        dimensions={},
        score=None,
    )


def _describe_lost(error: BaseException) -> str:
    return str(error) if isinstance(error, ArcError) else f"{type(error).__name__}: {error}"
