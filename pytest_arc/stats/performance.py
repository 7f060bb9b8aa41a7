"""Has a metric (latency, tokens, cost, steps) grown by more than a limit? Paired, and robust to stalls."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence, Set
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from .arguments import check_rate
from .distributions import normal_quantile
from .sequential import Verdict

# With fewer scenarios even a unanimous sign proves nothing at the usual confidence.
LEAST_SCENARIOS = 5
# Up to here signed ranks are counted exactly; above, their normal limit is good to a rank.
_EXACT_SCENARIOS = 50
# Enough to leave little more than the sums that are wanted: a 65,000th of their range to each side.
_HALVINGS = 16
# Logs of ratios that are equal on paper differ in their last bits: 1.61/1.4 against 1.15.
_ROUNDING = 1e-9


class HodgesLehmann(NamedTuple):
    """A shift with its one-sided bounds; infinite where the sample is too small for any bound."""

    low: float
    estimate: float
    high: float


def hl_bounds(d: Sequence[float], conf: float = 0.95) -> HodgesLehmann:
    """Hodges-Lehmann shift of paired differences and its two one-sided bounds, each at `conf`.

    The estimate is the median of the Walsh averages (d_i + d_j) / 2, i <= j. With t the largest value for
    which the signed-rank statistic has P(T <= t) <= 1 - conf, the bounds are the (t+1)-th smallest and
    (t+1)-th largest average; exact up to 50 differences, normal without continuity correction above.

    Source: Hodges & Lehmann (1963), Ann. Math. Stat. 34, 598-611; Hollander, Wolfe & Chicken (2014),
    section 3.3.
    """
    check_rate("conf", conf)
    if not d:
        raise ValueError("at least one difference is needed")
    last = len(d) * (len(d) + 1) // 2 - 1
    rank, middle = _critical_rank(len(d), 1.0 - conf), last // 2
    has_bounds = 0 <= rank <= last
    outer = {rank, last - rank} if has_bounds else set[int]()
    average = _select_walsh(d, {middle, last - middle} | outer)
    estimate = (average[middle] + average[last - middle]) / 2.0
    if not has_bounds:
        return HodgesLehmann(-math.inf, estimate, math.inf)
    return HodgesLehmann(average[rank], estimate, average[last - rank])


def log_ratios(
    base: Sequence[Sequence[float]], new: Sequence[Sequence[float]], offset: float | None = None
) -> list[float]:
    """Per scenario the mean log of the new values minus the mean log of the base values.

    `offset` is added to each value before its log; by default 1 if any value is 0 (steps, free calls), else
    0. Choose the unit so that 1 is small beside the values (tokens, steps, millionths of a dollar): an
    offset of 1 to a cost of $0.002 would hide any change. Raises `ValueError` for a scenario without values
    or for a value that is not positive after the offset.
    """
    if len(base) != len(new):
        raise ValueError(f"the baseline has {len(base)} scenarios, the candidate {len(new)}")
    if offset is None:
        offset = 1.0 if any(value == 0.0 for values in (*base, *new) for value in values) else 0.0
    return [_mean_log(now, offset) - _mean_log(then, offset) for then, now in zip(base, new, strict=True)]


def perf_bounds(
    base: Sequence[Sequence[float]],
    new: Sequence[Sequence[float]],
    conf: float = 0.95,
    offset: float | None = None,
    drift: float = 0.0,
    drift_se: float = 0.0,
) -> HodgesLehmann:
    """Bounds of the log ratio new/base over the scenarios; both hold each scenario's values.

    `drift` is how much slower (in log) the surroundings alone have become, measured by a calibration probe,
    and `drift_se` its standard error: the drift is taken off, and both uncertainties are joined by squares.

    Source of the join: Zou & Donner (2008), Statistics in Medicine 27, 1693-1702.
    """
    low, estimate, high = hl_bounds(log_ratios(base, new, offset), conf)
    margin = -normal_quantile(1.0 - conf) * drift_se
    shift = estimate - drift
    return HodgesLehmann(
        shift - math.hypot(estimate - low, margin), shift, shift + math.hypot(high - estimate, margin)
    )


def perf_gate(
    base: Sequence[Sequence[float]],
    new: Sequence[Sequence[float]],
    limit: float = 0.15,
    conf: float = 0.95,
    offset: float | None = None,
    drift: float = 0.0,
    drift_se: float = 0.0,
) -> Verdict:
    """Whether a metric grew by more than `limit` (0.15: 15 %), each answer at `conf`.

    fail: the lower bound of `perf_bounds` is above ln(1 + limit); pass: the upper bound is below it; else,
    and with fewer than five scenarios, inconclusive. Raises `ValueError` unless limit > 0 and the values
    fit `log_ratios`.
    """
    if limit <= 0.0:
        raise ValueError(f"limit must be above 0, not {limit!r}")
    if len(base) == len(new) < LEAST_SCENARIOS:
        return "inconclusive"
    bounds = perf_bounds(base, new, conf, offset, drift, drift_se)
    threshold = math.log1p(limit)
    if bounds.low > threshold + _ROUNDING:
        return "fail"
    return "pass" if bounds.high < threshold - _ROUNDING else "inconclusive"


def _select_walsh(d: Sequence[float], ranks: Set[int]) -> dict[int, float]:
    """The Walsh averages of these ranks, counted from 0 upwards, without making all of them."""
    ordered = sorted(d)
    low, _ = _enclose_sum(ordered, min(ranks))
    _, high = _enclose_sum(ordered, max(ranks))
    starts, stops = _find_ends(ordered, low), _find_ends(ordered, high)
    sums = sorted(
        x + y for x, start, stop in zip(ordered, starts, stops, strict=True) for y in ordered[start:stop]
    )
    below = sum(starts) - sum(range(len(ordered)))
    return {rank: sums[rank - below] / 2.0 for rank in ranks}


def _enclose_sum(ordered: Sequence[float], rank: int) -> tuple[float, float]:
    """Two values, the lower one excluded, between which the sum d_i + d_j, i <= j, of this rank lies."""
    low, high = -math.inf, math.inf
    floor, ceiling = 2.0 * ordered[0], 2.0 * ordered[-1]
    before = sum(range(len(ordered)))
    for _ in range(_HALVINGS):
        middle = (floor + ceiling) / 2.0
        if sum(_find_ends(ordered, middle)) - before <= rank:
            low = floor = middle
        else:
            high = ceiling = middle
    return low, high


def _find_ends(ordered: Sequence[float], limit: float) -> list[int]:
    """For each i the place behind the last j >= i with d_i + d_j <= limit."""
    return [bisect_right(ordered, limit - x, i) for i, x in enumerate(ordered)]


def _mean_log(values: Sequence[float], offset: float) -> float:
    if not values:
        raise ValueError("each scenario needs at least one value")
    if min(values) + offset <= 0.0:
        raise ValueError(f"a ratio needs positive values, not {min(values)!r}")
    return math.fsum(math.log(value + offset) for value in values) / len(values)


@lru_cache(maxsize=64)
def _critical_rank(size: int, alpha: float) -> int:
    """Largest t with P(T <= t) <= alpha for the signed-rank statistic of `size` differences; -1 if none."""
    if size > _EXACT_SCENARIOS:
        mean = size * (size + 1) / 4.0
        sd = math.sqrt(size * (size + 1) * (2 * size + 1) / 24.0)
        return math.floor(mean + normal_quantile(alpha) * sd)
    # Subsets of the ranks 1..size by their sum; all 2^size sign patterns are equally likely.
    subsets = [1] + [0] * (size * (size + 1) // 2)
    for rank in range(1, size + 1):
        for total in range(len(subsets) - 1, rank - 1, -1):
            subsets[total] += subsets[total - rank]
    return sum(1 for count in accumulate(subsets) if count <= alpha * 2.0**size) - 1
