"""Is the candidate worse than the baseline? Scenario i passed c0[i] of n0[i] then and c1[i] of n1[i] now."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from .arguments import check_two_runs, tail_level
from .distributions import Pmf, convolve_all, hypergeometric_pmf, normal_cdf, t_quantile
from .intervals import Interval

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

    `regression_odds_ci` carried over to rates: at each end of it, every scenario has the two rates with
    that odds ratio which best explain its passes over both runs (half a pass and half a failure added, so
    that scenarios that always passed are not taken for certain). The high end is below 0 exactly if
    regression_p < 1 - conf.
    """
    ends = regression_odds_ci(c0, n0, c1, n1, conf, midp)
    low, high = (_mean_change(c0, n0, c1, n1, odds) for odds in ends)
    return Interval(low, high)


def _convolve_strata(
    c0: Sequence[int], n0: Sequence[int], c1: Sequence[int], n1: Sequence[int], odds: float = 1.0
) -> Pmf:
    seen: dict[tuple[int, int, int], Pmf] = {}
    strata: list[Pmf] = []
    for passed0, trials0, passed1, trials1 in zip(c0, n0, c1, n1, strict=True):
        m = passed0 + passed1
        key = (m, trials0 + trials1 - m, trials1)
        if key not in seen:
            seen[key] = hypergeometric_pmf(*key, odds)
        strata.append(seen[key])
    return convolve_all(strata)


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


def _mean_change(
    c0: Sequence[int], n0: Sequence[int], c1: Sequence[int], n1: Sequence[int], odds: float
) -> float:
    odds = min(max(odds, math.exp(-_LARGEST_LOG_ODDS)), math.exp(_LARGEST_LOG_ODDS))
    changes: list[float] = []
    for passed0, trials0, passed1, trials1 in zip(c0, n0, c1, n1, strict=True):
        trials = trials0 + trials1
        passes = (passed0 + passed1 + 0.5) * trials / (trials + 1.0)
        # trials0 * p0 + trials1 * p1 = passes with p1 / (1 - p1) = odds * p0 / (1 - p0) is a quadratic in p0.
        a = trials0 * (odds - 1.0)
        b = trials0 + trials1 * odds - passes * (odds - 1.0)
        root = math.sqrt(max(0.0, b * b + 4.0 * a * passes))
        # Two forms of one root: each loses its digits where the other keeps them (b < 0 only where a > 0).
        p0 = 2.0 * passes / (b + root) if b > 0.0 else (root - b) / (2.0 * a)
        changes.append((passes - trials0 * p0) / trials1 - p0)
    return math.fsum(changes) / len(changes)
