"""Evidence that may be looked at any time: the beta-mixture e-value, for scores and open-ended runs."""

from __future__ import annotations

import math
from typing import Literal

from .arguments import check_counts, check_rate
from .distributions import log_beta, log_betainc


def log_e(
    s: float,
    n: int,
    theta: float,
    side: Literal["pass", "fail"],
    a: float | None = None,
    b: float | None = None,
) -> float:
    """Natural log of the e-value against "mean <= theta" (side "pass") or "mean >= theta" (side "fail").

    s is the sum of n scores in [0, 1]. The e-value is the mixture over rates q of q^s (1-q)^(n-s) divided
    by theta^s (1-theta)^(n-s), where q ~ Beta(a, b) cut to q > theta (pass) or q < theta (fail); by default
    a = 5 theta and b = 5 (1 - theta), worth five trials around theta. An e-value of 1/alpha or more rejects
    at level alpha, at any time and as often as one looks (Ville's inequality). It holds for scores as for
    passes because q^x (1-q)^(1-x) is convex in x. Scores below 0 or above 1 are for the caller to keep out.

    Source: Robbins (1970), Ann. Math. Stat. 41, 1397-1409; Ramdas et al. (2023), Statistical Science 38,
    576-601.
    """
    check_rate("theta", theta)
    check_counts(s, n)
    a = 5.0 * theta if a is None else a
    b = 5.0 * (1.0 - theta) if b is None else b
    if a <= 0.0 or b <= 0.0:
        raise ValueError(f"a and b must be positive, not {a!r} and {b!r}")
    ratio = log_beta(a + s, b + n - s) - log_beta(a, b) - s * math.log(theta) - (n - s) * math.log1p(-theta)
    return ratio + _log_share(a + s, b + n - s, theta, side) - _log_share(a, b, theta, side)


def _log_share(a: float, b: float, theta: float, side: str) -> float:
    """Log of the mass that Beta(a, b) has on the alternative's side of theta."""
    if side == "pass":
        return log_betainc(b, a, 1.0 - theta)
    if side == "fail":
        return log_betainc(a, b, theta)
    raise ValueError(f"side must be 'pass' or 'fail', not {side!r}")
