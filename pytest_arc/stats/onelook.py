"""The gate with a fixed number of trials: one look, three answers, and the interval that says the same."""

from __future__ import annotations

import math
from typing import NamedTuple

from .arguments import check_counts, check_gate_level, check_rate
from .intervals import Interval, clopper_pearson
from .sequential import Verdict, gs_bounds


class OneLook(NamedTuple):
    """A one-look gate after its trials: it passes exactly if low >= minimum, fails exactly if high <= it."""

    verdict: Verdict
    low: float
    """The rate is at least this, with the gate's confidence."""
    high: float
    """The rate is at most this, with the gate's confidence."""
    pass_at: int
    """Passes from which this many trials pass the gate; trials + 1 where none do."""
    fail_at: int
    """Passes down to which this many trials fail the gate; -1 where none do."""


def one_look_gate(passed: int, trials: int, minimum: float, confidence: float = 0.95) -> OneLook:
    """Judge `passed` of `trials` against `minimum` by the exact binomial test, each side at `confidence`.

    pass: P_minimum(X >= passed) <= 1 - confidence; fail: P_minimum(X <= passed) <= 1 - confidence.
    Raises `ValueError` for counts that cannot be, minimum outside (0, 1) or confidence outside (0.5, 1).
    """
    check_counts(passed, trials)
    bounds = gs_bounds(minimum, 1.0 - confidence, [trials])
    verdict = bounds.verdict(passed, trials)
    low, high = align_with_verdict(one_look_interval(passed, trials, confidence), verdict, minimum)
    return OneLook(verdict, low, high, bounds.pass_at[0], bounds.fail_at[0])


def align_with_verdict(interval: Interval, verdict: Verdict, minimum: float) -> Interval:
    """The interval with its ends on the side of the minimum that the verdict says.

    In exact arithmetic the ends already agree. Where the minimum is an end of the interval to the last bit,
    rounding could part them; the verdict then decides.
    """
    below, above = math.nextafter(minimum, 0.0), math.nextafter(minimum, 1.0)
    low = max(interval.low, minimum) if verdict == "pass" else min(interval.low, below)
    high = min(interval.high, minimum) if verdict == "fail" else max(interval.high, above)
    return Interval(low, high)


def one_look_interval(passed: int, trials: int, confidence: float = 0.95) -> Interval:
    """The minima that a one-look gate at `confidence` neither passes nor fails: its inverted test.

    Each end is a one-sided Clopper-Pearson bound at `confidence`: every minimum up to low would have
    passed, every minimum from high on failed. Raises `ValueError` for counts that cannot be or confidence
    outside (0.5, 1).
    """
    check_gate_level(1.0 - confidence)
    return clopper_pearson(passed, trials, confidence, sided=1)


def least_passing_trials(minimum: float, confidence: float = 0.95) -> int:
    """The fewest trials that can pass a one-look gate, by all passing: minimum^n <= 1 - confidence.

    19 at minimum .85 and confidence .95. With fewer planned trials the gate cannot pass, whatever happens.
    """
    check_rate("minimum", minimum)
    check_gate_level(1.0 - confidence)
    n = max(1, math.floor(math.log(1.0 - confidence) / math.log(minimum)))
    # The logarithms may be off by one either way; the gate itself has the last word.
    while gs_bounds(minimum, 1.0 - confidence, [n]).pass_at[0] > n:
        n += 1
    return n
