"""pass_at_k (at least one of k trials succeeds) and pass_hat_k (all k succeed)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .arguments import check_counts, check_scenarios, tail_level
from .distributions import normal_quantile, t_quantile
from .intervals import wilson


class Estimate(NamedTuple):
    """A mean in [0, 1] with its population interval and the number of scenarios it is taken over."""

    value: float
    low: float
    high: float
    scenarios: int


def pass_at_k(n: int, c: int, k: int) -> float:
    """Chance that at least one of k trials drawn from these n (c passed) succeeds: 1 - C(n-c, k) / C(n, k).

    Unbiased for 1 - (1 - p)^k. Raises `ValueError` unless 1 <= k <= n and 0 <= c <= n.

    Source: Chen et al. (2021), arXiv 2107.03374, equation 1.
    """
    _check_draw(n, c, k)
    return 1.0 - math.comb(n - c, k) / math.comb(n, k)


def pass_hat_k(n: int, c: int, k: int) -> float:
    """Chance that all of k trials drawn from these n (c passed) succeed: C(c, k) / C(n, k).

    Unbiased for p^k. Raises `ValueError` unless 1 <= k <= n and 0 <= c <= n.

    Source: Yao et al. (2024), tau-bench, arXiv 2406.12045, section 3.
    """
    _check_draw(n, c, k)
    return math.comb(c, k) / math.comb(n, k)


def mean_pass_at_k(c: Sequence[int], n: Sequence[int], k: int, conf: float = 0.95) -> Estimate | None:
    """Mean of `pass_at_k` over the scenarios with k trials or more; None if there are none."""
    return _average(pass_at_k, c, n, k, conf)


def mean_pass_hat_k(c: Sequence[int], n: Sequence[int], k: int, conf: float = 0.95) -> Estimate | None:
    """Mean of `pass_hat_k` over the scenarios with k trials or more; None if there are none."""
    return _average(pass_hat_k, c, n, k, conf)


def _check_draw(n: int, c: int, k: int) -> None:
    check_counts(c, n)
    if not 1 <= k <= n:
        raise ValueError(f"k must lie between 1 and the {n} trials, not {k}")


def _average(
    rate: Callable[[int, int, int], float], c: Sequence[int], n: Sequence[int], k: int, conf: float
) -> Estimate | None:
    """Average over scenarios; the interval is Wilson's on an effective number of groups of k trials.

    The same construction as `reliability_ci(target="population")`, and equal to it at k = 1 and equal n:
    n_eff = min(sum floor(n_i / k), p(1-p)/SE^2 * (z/t)^2), SE^2 the variance of the mean over scenarios.
    """
    check_scenarios(c, n)
    pairs = [(ni, ci) for ci, ni in zip(c, n, strict=True) if ni >= k]
    if not pairs:
        return None
    values = [rate(ni, ci, k) for ni, ci in pairs]
    mean = math.fsum(values) / len(values)
    size = _count_effective(values, mean, sum(ni // k for ni, _ in pairs), conf)
    low, high = wilson(mean * size, size, conf) if size > 0.0 else (0.0, 1.0)
    return Estimate(mean, low, high, len(values))


def _count_effective(values: Sequence[float], mean: float, groups: int, conf: float) -> float:
    scenarios = len(values)
    if mean <= 0.0 or mean >= 1.0:
        return float(scenarios)
    if scenarios == 1:
        return 0.0
    variance = math.fsum((value - mean) ** 2 for value in values) / (scenarios * (scenarios - 1))
    if variance == 0.0:
        return float(groups)
    alpha = tail_level(conf, sided=2)
    shrink = normal_quantile(alpha) / t_quantile(alpha, scenarios - 1)
    return min(float(groups), mean * (1.0 - mean) / variance * shrink**2)
