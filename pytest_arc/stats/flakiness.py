"""Is a scenario stable or flaky, judged by its trials so far?"""

from __future__ import annotations

from typing import Literal, NamedTuple

from .arguments import check_counts, check_rate
from .distributions import betainc

Stability = Literal["stable-fail", "flaky", "stable-pass", "unknown"]


class FlakyPosterior(NamedTuple):
    """Posterior chances that the pass rate is below lo, between lo and hi, above hi; they sum to 1."""

    stable_fail: float
    flaky: float
    stable_pass: float


def flaky_posterior(c: float, n: float, lo: float = 0.05, hi: float = 0.95) -> FlakyPosterior:
    """Where the pass rate lies after c of n trials passed: the Jeffreys posterior Beta(c + 1/2, n - c + 1/2).

    Raises `ValueError` unless n > 0, 0 <= c <= n and 0 < lo < hi < 1.
    """
    check_counts(c, n)
    check_rate("lo", lo)
    check_rate("hi", hi)
    if lo >= hi:
        raise ValueError(f"lo must be below hi, not {lo!r} and {hi!r}")
    a, b = c + 0.5, n - c + 0.5
    stable_fail, stable_pass = betainc(a, b, lo), betainc(b, a, 1.0 - hi)
    return FlakyPosterior(stable_fail, max(0.0, 1.0 - stable_fail - stable_pass), stable_pass)


def classify(c: float, n: float, lo: float = 0.05, hi: float = 0.95, level: float = 0.9) -> Stability:
    """The class that holds at least `level` of `flaky_posterior`, else "unknown".

    Raises `ValueError` as `flaky_posterior`, and unless 0.5 < level < 1.
    """
    if not 0.5 < level < 1.0:
        raise ValueError(f"level must lie strictly between 0.5 and 1, not {level!r}")
    posterior = flaky_posterior(c, n, lo, hi)
    if posterior.stable_fail >= level:
        return "stable-fail"
    if posterior.stable_pass >= level:
        return "stable-pass"
    return "flaky" if posterior.flaky >= level else "unknown"
