"""The interval that belongs to a group-sequential gate: what its rate can be after it has stopped."""

from __future__ import annotations

import math

from .arguments import check_counts, check_gate_level
from .distributions import Pmf, binomial_pmf, convolve, normal_quantile
from .intervals import Interval, clopper_pearson
from .onelook import align_with_verdict, one_look_interval
from .sequential import Bounds


def gate_interval(
    bounds: Bounds,
    passed: int,
    trials: int,
    minimum: float,
    confidence: float = 0.95,
    first_look: int = 1,
) -> Interval:
    """Rates that a gate which ended with `passed` of `trials` leaves possible; each end at `confidence`.

    Runs are ordered by stage: crossing the upper bound earlier is better, and at one look more passes are.
    low is the rate at which a run as good as this one or better has chance 1 - confidence; high mirrors it.
    So a run that stopped early because it looked well claims less than the same count planned beforehand;
    with one look it is `one_look_interval`.

    `bounds` are those of this `minimum` and `confidence`, with the looks before `first_look` trials
    skipped. The interval never contradicts the verdict: pass has low >= minimum, fail high <= minimum,
    inconclusive low < minimum < high. Ends are right to 1e-6. Raises `ValueError` if there is no look at so
    many trials, and for counts that cannot be.

    Source: Armitage (1957), Biometrika 44, 9-26; Jennison & Turnbull (2000), section 8.5.
    """
    check_counts(passed, trials)
    check_gate_level(1.0 - confidence)
    verdict = bounds.verdict(passed, trials)
    if trials < first_look:
        raise ValueError(f"the look at {trials} trials is skipped; the first is at {first_look} or more")
    made = [look for look in bounds.looks if first_look <= look <= trials]
    if len(made) == 1:
        interval = one_look_interval(passed, trials, confidence)
    else:
        low = _find_low(bounds, passed, trials, confidence, first_look)
        high = 1.0 - _find_low(_mirror(bounds), trials - passed, trials, confidence, first_look)
        interval = Interval(low, high)
    return align_with_verdict(interval, verdict, minimum)


def _mirror(bounds: Bounds) -> Bounds:
    """The same gate over failures instead of passes."""
    pass_at = tuple(n - fail_at for n, fail_at in zip(bounds.looks, bounds.fail_at, strict=True))
    fail_at = tuple(n - pass_at for n, pass_at in zip(bounds.looks, bounds.pass_at, strict=True))
    return Bounds(bounds.looks, pass_at, fail_at)


def _find_low(bounds: Bounds, passed: int, trials: int, confidence: float, first_look: int) -> float:
    """The rate at which a run as good or better has chance 1 - confidence.

    Newton's method, within a shrinking bracket, on the normal quantile of the chance: in the rate that is
    nearly a straight line.
    """
    if passed == 0:
        return 0.0
    target = normal_quantile(1.0 - confidence)
    low, high = 0.0, 1.0
    rate = clopper_pearson(passed, trials, confidence, sided=1).low
    while high - low > 1e-7:
        chance, slope = _weigh_better(bounds, passed, trials, rate, first_look)
        low, high = (low, rate) if chance > 1.0 - confidence else (rate, high)
        previous, rate = rate, (low + high) / 2.0
        if slope > 0.0 and 0.0 < chance < 1.0:
            z = normal_quantile(chance)
            step = (z - target) * math.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi) / slope
            if abs(step) < 1e-7:
                return previous - step
            if low < previous - step < high:
                rate = previous - step
    return rate


def _weigh_better(
    bounds: Bounds, passed: int, trials: int, rate: float, first_look: int
) -> tuple[float, float]:
    """Chance of a run as good or better at this rate, and its derivative by the rate.

    The derivative is the mean, over those runs, of the score (S - n rate) / (rate (1 - rate)) of S passes
    in the n trials until they ended.
    """
    running = Pmf(0, [1.0])
    chance = score = 0.0
    before = 0
    for n, pass_at, fail_at in zip(bounds.looks, bounds.pass_at, bounds.fail_at, strict=True):
        if n < first_look:
            continue
        if n > trials or not running.masses:
            break
        running = convolve(running, binomial_pmf(n - before, rate))
        better = running.cut(passed if n == trials else pass_at, running.last)
        chance += better.total()
        score += math.fsum(
            mass * (count - n * rate) for count, mass in enumerate(better.masses, better.first)
        )
        running = running.cut(fail_at + 1, pass_at - 1)
        before = n
    return chance, score / (rate * (1.0 - rate))
