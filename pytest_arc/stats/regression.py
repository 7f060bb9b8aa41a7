"""Is the candidate worse than the baseline? Scenario i passed c0[i] of n0[i] then and c1[i] of n1[i] now."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from .arguments import check_two_runs, tail_level
from .distributions import Pmf, convolve_all, convolve_power, hypergeometric_pmf, normal_cdf, t_quantile
from .intervals import Interval, wilson

# Odds ratios are searched within e^-30 ... e^30; beyond that a bound is reported as 0 or infinity.
_LARGEST_LOG_ODDS = 30.0


def regression_p(
    c0: Sequence[int], n0: Sequence[int], c1: Sequence[int], n1: Sequence[int], midp: bool = True
) -> float:
    """One-sided p-value of "nothing became worse": small if the candidate passes too seldom.

    Given m_i = c0_i + c1_i, without change c1_i ~ Hypergeometric(n0_i + n1_i, m_i, n1_i); T = sum c1_i is
    their convolution. p = P(T' < T) + P(T' = T) / 2, or P(T' <= T) without `midp`. With one stratum it is
    Fisher's exact test, with single trials McNemar's.

    Source: Mehta, Patel & Gray (1985), JASA 80, 969-973; mid-p: Lancaster (1961), JASA 56, 223-234.
    """
    check_two_runs(c0, n0, c1, n1)
    total = _convolve_strata(c0, n0, c1, n1)
    return _lower_p(total, sum(c1), midp)


def cmh_z(c0: Sequence[int], n0: Sequence[int], c1: Sequence[int], n1: Sequence[int]) -> float:
    """The normal approximation of `regression_p`: one-sided p-value of the Cochran-Mantel-Haenszel z.

    z = sum (c1_i - E_i) / sqrt(sum V_i), E and V the mean and variance of each scenario's hypergeometric,
    without continuity correction; 1/2 where no scenario varies.

    Source: Mantel & Haenszel (1959), JNCI 22, 719-748.
    """
    check_two_runs(c0, n0, c1, n1)
    excess = variance = 0.0
    for passed0, trials0, passed1, trials1 in zip(c0, n0, c1, n1, strict=True):
        m, total = passed0 + passed1, trials0 + trials1
        excess += passed1 - trials1 * m / total
        variance += trials0 * trials1 * m * (total - m) / (total * total * (total - 1))
    return normal_cdf(excess / math.sqrt(variance)) if variance > 0.0 else 0.5


def diff_ci(
    c0: Sequence[int], n0: Sequence[int], c1: Sequence[int], n1: Sequence[int], conf: float = 0.95
) -> Interval:
    """Paired t bounds of the mean change in rate (candidate minus baseline), for "not worse by more than".

    Each end is a one-sided bound at `conf`, over d_i = c1_i/n1_i - c0_i/n0_i and two pseudo-scenarios +1/k
    and -1/k, k the fewest candidate trials of a scenario: they keep it from collapsing to a point when every
    scenario agrees. It belongs to no exact test; beside `regression_p` show `regression_ci`.

    Source: the pseudo-observations follow Agresti & Min (2005), Statistics in Medicine 24, 729-740.
    """
    check_two_runs(c0, n0, c1, n1)
    alpha = tail_level(conf, sided=1)
    step = 1.0 / min(n1)
    changes = [p1 / t1 - p0 / t0 for p0, t0, p1, t1 in zip(c0, n0, c1, n1, strict=True)]
    changes += [step, -step]
    size = len(changes)
    mean = math.fsum(changes) / size
    variance = math.fsum((change - mean) ** 2 for change in changes) / (size - 1)
    half = t_quantile(1.0 - alpha, size - 1) * math.sqrt(variance / size)
    return Interval(mean - half, mean + half)


def regression_odds_ci(
    c0: Sequence[int],
    n0: Sequence[int],
    c1: Sequence[int],
    n1: Sequence[int],
    conf: float = 0.95,
    midp: bool = True,
) -> Interval:
    """Bounds of the common odds ratio (candidate over baseline) that invert `regression_p`, each at `conf`.

    The high end is below 1 exactly if regression_p < 1 - conf. An end is 0 or infinity where the data set no
    bound.

    Source: Fisher's noncentral hypergeometric; Mehta, Patel & Gray (1985), JASA 80, 969-973.
    """
    check_two_runs(c0, n0, c1, n1)
    alpha = tail_level(conf, sided=1)
    observed = sum(c1)
    centre = _estimate_log_odds(c0, n0, c1, n1)
    around = _convolve_strata(c0, n0, c1, n1, math.exp(centre))

    def p_at(log_odds: float) -> float:
        return _lower_p(_tilt(around, log_odds - centre), observed, midp)

    def upper_p_at(log_odds: float) -> float:
        tilted = _tilt(around, log_odds - centre)
        return 1.0 - tilted.below(observed) - (0.5 if midp else 0.0) * tilted.probability(observed)

    low = _find_crossing(lambda x: upper_p_at(x) - alpha)
    high = _find_crossing(lambda x: alpha - p_at(x))
    return Interval(math.exp(low), math.exp(high))


def regression_ci(
    c0: Sequence[int],
    n0: Sequence[int],
    c1: Sequence[int],
    n1: Sequence[int],
    conf: float = 0.95,
    midp: bool = True,
) -> Interval:
    """Mean change in rate (candidate minus baseline) with one-sided bounds that agree with `regression_p`.

    Around the change of `mean_rates`, the Wilson bounds of the two sides, each at `conf`, joined by squares.
    They take the trials of a side for trials of one rate: differences between scenarios make them wide, not
    narrow. An end that lies beyond 0 from where the exact test has it is moved to 0: the high end is below 0
    exactly if regression_p < 1 - conf. (`regression_odds_ci` inverts the test itself, but what scenarios that
    always passed may have lost, no odds ratio can tell.)

    Source: Newcombe (1998), Statistics in Medicine 17, 873-890; Zou & Donner (2008), ibid. 27, 1693-1702.
    """
    check_two_runs(c0, n0, c1, n1)
    alpha = tail_level(conf, sided=1)
    weights = _find_weights(n0, n1)
    then, now = _bound_rate(c0, n0, weights, conf), _bound_rate(c1, n1, weights, conf)
    change = now.rate - then.rate
    low = change - math.hypot(now.rate - now.low, then.high - then.rate)
    high = change + math.hypot(now.high - now.rate, then.rate - then.low)
    total, observed = _convolve_strata(c0, n0, c1, n1), sum(c1)
    worse = _lower_p(total, observed, midp) < alpha
    better = 1.0 - total.below(observed) - (0.5 if midp else 0.0) * total.probability(observed) < alpha
    return Interval(
        max(low, math.ulp(0.0)) if better else min(low, 0.0),
        min(high, -math.ulp(0.0)) if worse else max(high, 0.0),
    )


class MeanRates(NamedTuple):
    """Mean rates of two runs of the same scenarios."""

    then: float
    now: float


def mean_rates(c0: Sequence[int], n0: Sequence[int], c1: Sequence[int], n1: Sequence[int]) -> MeanRates:
    """Mean over the scenarios of their rates then and now, weighted as `regression_p` weighs them.

    A scenario weighs n0 n1 / (n0 + n1): all the same where each run has as many trials of every scenario.

    Source: Cochran (1954), Biometrics 10, 417-451.
    """
    check_two_runs(c0, n0, c1, n1)
    weights = _find_weights(n0, n1)
    return MeanRates(_bound_rate(c0, n0, weights).rate, _bound_rate(c1, n1, weights).rate)


class _Rate(NamedTuple):
    rate: float
    low: float
    high: float


def _find_weights(n0: Sequence[int], n1: Sequence[int]) -> list[float]:
    weights = [then * now / (then + now) for then, now in zip(n0, n1, strict=True)]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def _bound_rate(c: Sequence[int], n: Sequence[int], weights: Sequence[float], conf: float = 0.95) -> _Rate:
    """The weighted mean of the rates of one run, with its one-sided Wilson bounds."""
    counts = list(zip(weights, c, n, strict=True))
    rate = min(1.0, math.fsum(weight * passed / trials for weight, passed, trials in counts))
    size = 1.0 / math.fsum(weight * weight / trials for weight, _, trials in counts)
    return _Rate(rate, *wilson(rate * size, size, conf, sided=1))


def _convolve_strata(
    c0: Sequence[int], n0: Sequence[int], c1: Sequence[int], n1: Sequence[int], odds: float = 1.0
) -> Pmf:
    counts = Counter(
        (passed0 + passed1, trials0 + trials1 - passed0 - passed1, trials1)
        for passed0, trials0, passed1, trials1 in zip(c0, n0, c1, n1, strict=True)
    )
    return _convolve_counted(tuple(sorted(counts.items())), odds)


# A gate asks for the p-value of the same counts, then for their interval; and once more after fresh trials.
@lru_cache(maxsize=64)
def _convolve_counted(strata: tuple[tuple[tuple[int, int, int], int], ...], odds: float) -> Pmf:
    """Strata as (passes, failures, trials now), and how many of each: large suites have few kinds."""
    return convolve_all(convolve_power(hypergeometric_pmf(*kind, odds), count) for kind, count in strata)


def _lower_p(total: Pmf, observed: int, midp: bool) -> float:
    return min(1.0, total.below(observed) + (0.5 if midp else 1.0) * total.probability(observed))


def _tilt(pmf: Pmf, log_odds: float) -> Pmf:
    """The same sum of strata at another common odds ratio: masses times exp(log_odds * value), normalised."""
    logs = [math.log(mass) + log_odds * k for k, mass in enumerate(pmf.masses)]
    peak = max(logs)
    weights = [math.exp(value - peak) for value in logs]
    total = math.fsum(weights)
    return Pmf(pmf.first, [weight / total for weight in weights])


def _estimate_log_odds(c0: Sequence[int], n0: Sequence[int], c1: Sequence[int], n1: Sequence[int]) -> float:
    """Mantel-Haenszel estimate with half a count added, finite always: where to centre the distribution."""
    gained = lost = 0.5
    for passed0, trials0, passed1, trials1 in zip(c0, n0, c1, n1, strict=True):
        gained += passed1 * (trials0 - passed0) / (trials0 + trials1)
        lost += passed0 * (trials1 - passed1) / (trials0 + trials1)
    return math.log(gained / lost)


def _find_crossing(increasing: Callable[[float], float]) -> float:
    """The log odds where an increasing function becomes positive; -inf or inf if outside the range."""
    low, high = -_LARGEST_LOG_ODDS, _LARGEST_LOG_ODDS
    if increasing(low) >= 0.0:
        return -math.inf
    if increasing(high) <= 0.0:
        return math.inf
    while high - low > 1e-11:
        middle = (low + high) / 2.0
        low, high = (low, middle) if increasing(middle) > 0.0 else (middle, high)
    return (low + high) / 2.0
