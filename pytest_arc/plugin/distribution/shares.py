"""Which worker makes which cases. Pure: equal suites are divided in the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_arc.domain.calls import CallOptions
from pytest_arc.domain.plan import Case
from pytest_arc.domain.settings import Settings

__all__ = ["divide_cases", "divide_limits", "find_indivisible"]


def divide_cases(cases: Sequence[Case], workers: int) -> list[list[Case]]:
    """A share for each worker, with about as many trials as the others have.

    Neighbours go to different workers: scenarios that are alike take about the same time.
    """
    shares: list[list[Case]] = [[] for _ in range(workers)]
    trials = [0] * workers
    for case in cases:
        least = trials.index(min(trials))
        shares[least].append(case)
        trials[least] += case.trials
    return shares


def divide_limits(settings: Settings, workers: int) -> Settings:
    """The settings of one of several workers: its part of what models allow per minute and at once.

    Where Redis is set, processes share the limits themselves.
    """
    if settings.redis_url is not None:
        return settings
    models = {name: _divide(options, workers) for name, options in settings.models.items()}
    return settings.model_copy(update={"models": models})


def find_indivisible(models: Mapping[str, CallOptions], workers: int) -> str:
    """The first limit that is too small for each worker to have a part of it, in words; else empty."""
    for name, options in models.items():
        for key in _LIMITS:
            limit = getattr(options, key)
            if limit is not None and limit < workers:
                return f"{key}: {limit} of {name}"
    return ""


_LIMITS = ("concurrency", "requests_per_minute", "tokens_per_minute")


def _divide(options: CallOptions, workers: int) -> CallOptions:
    limits = {key: getattr(options, key) for key in _LIMITS}
    parts = {key: max(1, limit // workers) for key, limit in limits.items() if limit is not None}
    return options.model_copy(update=parts)
