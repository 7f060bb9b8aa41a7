"""Where to spend trials beyond the gate's own: by spread (Neyman) or by what still teaches (a bandit)."""

from __future__ import annotations

import math
from collections.abc import Sequence


def neyman(N: Sequence[float], sd: Sequence[float], budget: float) -> list[float]:
    """Trials per stratum that estimate the overall mean best: budget * N_h sd_h / sum (N sd), not rounded.

    N are the sizes of the strata, sd their standard deviations; in proportion to N where no stratum varies.
    Raises `ValueError` for lengths that differ, negative numbers or no stratum.

    Source: Neyman (1934), JRSS 97, 558-625.
    """
    if len(N) != len(sd) or not N:
        raise ValueError(f"{len(N)} sizes, but {len(sd)} standard deviations")
    if min(*N, *sd, budget) < 0.0:
        raise ValueError("sizes, standard deviations and the budget cannot be negative")
    weights = [size * spread for size, spread in zip(N, sd, strict=True)]
    if not any(weights):
        weights = list(N)
    total = math.fsum(weights)
    if total == 0.0:
        raise ValueError("every stratum is empty")
    return [budget * weight / total for weight in weights]


def sec_reward(p: Sequence[float]) -> list[float]:
    """What one trial of each pass rate teaches: E|A| = 2 sqrt(p (1 - p)), A the standardised advantage.

    Source: Chen et al. (2025), Self-Evolving Curriculum for LLM Reasoning, arXiv 2505.14970.
    """
    if any(not 0.0 <= rate <= 1.0 for rate in p):
        raise ValueError("pass rates lie between 0 and 1")
    return [2.0 * math.sqrt(rate * (1.0 - rate)) for rate in p]


def sec_update(Q: Sequence[float], c: int, r: float, alpha: float = 0.5) -> list[float]:
    """The values Q after category c paid reward r: Q_c <- alpha r + (1 - alpha) Q_c.

    Raises `ValueError` unless c is one of the categories and 0 < alpha <= 1.
    """
    if not 0 <= c < len(Q):
        raise ValueError(f"there is no category {c} among {len(Q)}")
    if not 0.0 < alpha <= 1.0:
        raise ValueError(f"alpha must lie above 0 and at most at 1, not {alpha!r}")
    return [alpha * r + (1.0 - alpha) * value if i == c else value for i, value in enumerate(Q)]


def softmax(Q: Sequence[float], tau: float = 0.4) -> list[float]:
    """Chances in proportion to exp(Q / tau), greedier as tau falls. Raises `ValueError` unless tau > 0."""
    if tau <= 0.0:
        raise ValueError(f"tau must be above 0, not {tau!r}")
    if not Q:
        return []
    peak = max(Q)
    weights = [math.exp((value - peak) / tau) for value in Q]
    total = math.fsum(weights)
    return [weight / total for weight in weights]
