"""The reliability of a suite: scenario i passed c[i] of n[i] trials.

Two targets. *Suite*: the mean of exactly these scenarios, which a merge gate is about. *Population*: the
scenarios are a sample of what users will ask, so trials of one scenario count together and not as so many
independent ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from .arguments import check_gate_level, check_rate, check_scenarios, tail_level
from .distributions import normal_quantile, t_quantile
from .intervals import Interval, wilson


def cluster_se(c: Sequence[float], n: Sequence[float]) -> float:
    """Standard error of p = sum(c) / sum(n) when scenarios are the sampling units.

    SE^2 = S/(S-1) * sum (c_i - p n_i)^2 / N^2 (the linearised variance of a ratio: Cochran 1977, section
    6.4). Raises `ValueError` with fewer than two scenarios.
    """
    check_scenarios(c, n)
    scenarios, trials = len(n), sum(n)
    if scenarios < 2:
        raise ValueError(
            "one scenario says nothing about the spread between scenarios; at least two are needed"
        )
    p = sum(c) / trials
    squares = math.fsum((ci - p * ni) ** 2 for ci, ni in zip(c, n, strict=True))
    return math.sqrt(scenarios / (scenarios - 1) * squares) / trials


def n_eff(c: Sequence[float], n: Sequence[float], conf: float = 0.95, sided: int = 2) -> float:
    """Number of independent trials that would tell as much about the population as these clustered ones.

    min(N, p(1-p)/SE^2 * (z / t_{S-1})^2); S when all or none passed; 0 for one scenario that did both.

    Source: Korn & Graubard (1998), Survey Methodology 24, 193-201.
    """
    check_scenarios(c, n)
    alpha = tail_level(conf, sided)
    scenarios, trials = len(n), sum(n)
    p = sum(c) / trials
    if p <= 0.0 or p >= 1.0:
        return float(scenarios)
    if scenarios == 1:
        return 0.0
    se = cluster_se(c, n)
    if se == 0.0:
        return float(trials)
    shrink = normal_quantile(alpha) / t_quantile(alpha, scenarios - 1)
    return min(float(trials), p * (1.0 - p) / se**2 * shrink**2)


def reliability_ci(
    c: Sequence[float],
    n: Sequence[float],
    conf: float = 0.95,
    target: Literal["suite", "population"] = "suite",
    sided: int = 2,
) -> Interval:
    """Wilson interval of sum(c) / sum(n): over all trials for the suite, over `n_eff` for the population.

    One scenario that both passed and failed leaves the population rate open: (0, 1).
    """
    check_scenarios(c, n)
    if target == "suite":
        return wilson(sum(c), sum(n), conf, sided)
    if target != "population":
        raise ValueError(f"target must be 'suite' or 'population', not {target!r}")
    size = n_eff(c, n, conf, sided)
    if size == 0.0:
        return Interval(0.0, 1.0)
    return wilson(sum(c) / sum(n) * size, size, conf, sided)


def least_passing_scenarios(minimum: float, confidence: float = 0.95) -> int:
    """The fewest scenarios, all passing always, that prove `minimum` of the population they stand for.

    35 at minimum .90 and confidence .95: with all passing, each scenario counts once in the low end of
    Wilson's two-sided interval, n / (n + z^2). More trials of fewer scenarios cannot replace them.
    """
    check_rate("minimum", minimum)
    check_gate_level(1.0 - confidence)
    z = -normal_quantile((1.0 - confidence) / 2.0)
    n = max(1, math.floor(z * z * minimum / (1.0 - minimum)))
    # The division may be off in its last bit; the bound itself has the last word.
    while wilson(n, n, confidence).low < minimum:
        n += 1
    return n
