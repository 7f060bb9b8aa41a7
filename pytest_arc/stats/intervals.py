"""Confidence intervals of one rate from passed trials of all trials."""

from __future__ import annotations

import math
from typing import NamedTuple

from .arguments import check_counts, tail_level
from .distributions import beta_quantile, normal_quantile


class Interval(NamedTuple):
    """A confidence interval, both ends included."""

    low: float
    high: float


def wilson(s: float, n: float, conf: float = 0.95, sided: int = 2) -> Interval:
    """Score interval of a rate: s of n trials passed; neither need be whole, so an effective n works too.

    With p = s/n: (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n).
    `sided=1` makes each end a one-sided bound at `conf`. Raises `ValueError` unless n > 0 and 0 <= s <= n.

    Source: Wilson (1927), JASA 22, 209-212.
    """
    check_counts(s, n)
    z = -normal_quantile(tail_level(conf, sided))
    p, z2n = s / n, z * z / n
    centre = (p + z2n / 2.0) / (1.0 + z2n)
    half = z * math.sqrt((p * (1.0 - p) + z2n / 4.0) / n) / (1.0 + z2n)
    # At s = 0 and s = n the ends are exactly 0 and 1; subtraction would leave a rounding error there.
    return Interval(0.0 if s == 0 else centre - half, 1.0 if s == n else centre + half)


def clopper_pearson(s: int, n: int, conf: float = 0.95, sided: int = 2) -> Interval:
    """Exact interval: the rates that neither exact binomial test of tail (1 - conf) / sided rejects.

    low = Beta quantile(alpha; s, n - s + 1), 0 at s = 0; high = Beta quantile(1 - alpha; s + 1, n - s), 1
    at s = n. Raises `ValueError` unless n > 0 and 0 <= s <= n.

    Source: Clopper & Pearson (1934), Biometrika 26, 404-413.
    """
    check_counts(s, n)
    alpha = tail_level(conf, sided)
    low = beta_quantile(alpha, s, n - s + 1) if s > 0 else 0.0
    high = beta_quantile(1.0 - alpha, s + 1, n - s) if s < n else 1.0
    return Interval(low, high)


def jeffreys(s: float, n: float, conf: float = 0.95) -> Interval:
    """Equal-tailed interval of the posterior Beta(s + 1/2, n - s + 1/2).

    Raises `ValueError` unless n > 0 and 0 <= s <= n.

    Source: Brown, Cai & DasGupta (2001), Statistical Science 16, 101-133, without their change at s = 0 and
    s = n.
    """
    check_counts(s, n)
    alpha = tail_level(conf, sided=2)
    a, b = s + 0.5, n - s + 0.5
    return Interval(beta_quantile(alpha, a, b), beta_quantile(1.0 - alpha, a, b))
