"""Which worker makes which cases. Pure: equal suites are divided in the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_arc.domain.calls import CallOptions, divide_limits
from pytest_arc.domain.plan import Case
from pytest_arc.domain.settings import Settings

__all__ = ["divide_cases", "divide_settings", "find_indivisible"]


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


def divide_settings(settings: Settings, workers: int) -> Settings:
    """The settings of one of several workers: its part of what models allow per minute and at once.

    Where Redis is set, processes share the limits themselves.
    """
    if settings.redis_url is not None:
        return settings
    return settings.model_copy(update={"models": divide_limits(settings.models, workers)})


def find_indivisible(models: Mapping[str, CallOptions], workers: int) -> str:
    """The first limit that is too small for each worker to have a part of it, in words; else empty."""
    for name, options in models.items():
        for key, limit in options.limits.items():
            if limit < workers:
                return f"{key}: {limit} of {name}"
    return ""
