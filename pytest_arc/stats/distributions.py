"""The few distributions that reliability needs, in plain Python.

scipy would cost each run a second of start-up; here it is only the oracle of the tests.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from operator import mul
from typing import NamedTuple

# Masses below this share of the largest one are dropped. It keeps windows about 10 standard deviations wide
# to each side, and is far below any level a gate is asked for.
_NEGLIGIBLE = 1e-20


class Pmf(NamedTuple):
    """Probability masses of the consecutive whole numbers `first`, `first + 1`, ...; elsewhere zero."""

    first: int
    masses: list[float]

    @property
    def last(self) -> int:
        return self.first + len(self.masses) - 1

    def probability(self, value: int) -> float:
        """P(X = value)."""
        return self.masses[value - self.first] if self.first <= value <= self.last else 0.0

    def below(self, value: int) -> float:
        """P(X < value)."""
        return math.fsum(self.masses[: max(0, value - self.first)])

    def total(self) -> float:
        """Sum of all masses: 1, or less where some were cut away."""
        return math.fsum(self.masses)

    def cut(self, low: int, high: int) -> Pmf:
        """The masses of low ... high alone, not normalised."""
        first = max(low, self.first)
        return Pmf(first, self.masses[first - self.first : max(0, high + 1 - self.first)])


def binomial_pmf(trials: int, rate: float) -> Pmf:
    """Number of passes in independent trials of one rate in [0, 1]."""
    if rate <= 0.0 or rate >= 1.0:
        return Pmf(trials if rate >= 1.0 else 0, [1.0])
    odds = rate / (1.0 - rate)
    mode = min(trials, int((trials + 1) * rate))
    return _grow_pmf(0, mode, trials, lambda k: (trials - k) / (k + 1) * odds)


def hypergeometric_pmf(successes: int, failures: int, draws: int, odds: float = 1.0) -> Pmf:
    """Number of successes among `draws` taken without replacement; Fisher's noncentral if `odds` is not 1.

    P(x) is proportional to C(successes, x) C(failures, draws - x) odds^x.
    """
    low, high = max(0, draws - failures), min(draws, successes)
    mode = _find_hypergeometric_mode(successes, failures, draws, odds)
    return _grow_pmf(
        low,
        min(high, max(low, mode)),
        high,
        lambda x: (successes - x) * (draws - x) / ((x + 1) * (failures - draws + x + 1)) * odds,
    )


def _find_hypergeometric_mode(successes: int, failures: int, draws: int, odds: float) -> int:
    # The mode is where the ratio of neighbours crosses 1: a quadratic in x (McCullagh & Nelder 1989, 7.3.2),
    # solved in the form that loses no digits (b <= 0 only where odds < 1).
    a = odds - 1.0
    b = (successes + draws + 2) * odds + failures - draws
    c = (successes + 1) * (draws + 1) * odds
    root = math.sqrt(max(0.0, b * b - 4.0 * a * c))
    return int(2.0 * c / (b + root) if b > 0.0 else (b - root) / (2.0 * a))


def _grow_pmf(low: int, mode: int, high: int, ratio: Callable[[int], float]) -> Pmf:
    """Masses from the mode outwards, where `ratio(k)` is P(k + 1) / P(k), normalised at the end."""
    right = [1.0]
    for k in range(mode, high):
        right.append(right[-1] * ratio(k))
        if right[-1] < _NEGLIGIBLE:
            break
    left: list[float] = []
    mass = 1.0
    for k in range(mode - 1, low - 1, -1):
        mass /= ratio(k)
        left.append(mass)
        if mass < _NEGLIGIBLE:
            break
    weights = [*reversed(left), *right]
    total = math.fsum(weights)
    return Pmf(mode - len(left), [weight / total for weight in weights])


def convolve(a: Pmf, b: Pmf) -> Pmf:
    """Distribution of the sum of two independent numbers."""
    short, long = sorted((a.masses, b.masses), key=len)
    if len(short) == 1:
        return Pmf(a.first + b.first, [short[0] * mass for mass in long])
    width = len(short)
    padding = [0.0] * (width - 1)
    padded = [*padding, *long, *padding]
    kernel = short[::-1]
    # sum(map(mul, ...)) runs in C: ten times the speed of a double loop.
    masses = [sum(map(mul, kernel, padded[k : k + width])) for k in range(len(long) + width - 1)]
    return _drop_negligible(Pmf(a.first + b.first, masses))


def convolve_power(pmf: Pmf, times: int) -> Pmf:
    """Distribution of the sum of so many independent numbers of one distribution, by repeated squaring."""
    result = Pmf(0, [1.0])
    while times:
        if times % 2:
            result = convolve(result, pmf)
        times //= 2
        if times:
            pmf = convolve(pmf, pmf)
    return result


def convolve_all(pmfs: Iterable[Pmf]) -> Pmf:
    """Distribution of the sum of independent numbers, added in pairs so that most windows stay narrow."""
    level = list(pmfs)
    while len(level) > 1:
        pairs = [convolve(a, b) for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[2 * len(pairs) :]
    return level[0] if level else Pmf(0, [1.0])


def _drop_negligible(pmf: Pmf) -> Pmf:
    floor = max(pmf.masses) * _NEGLIGIBLE
    start, stop = 0, len(pmf.masses)
    while pmf.masses[start] < floor:
        start += 1
    while pmf.masses[stop - 1] < floor:
        stop -= 1
    return Pmf(pmf.first + start, pmf.masses[start:stop])


def normal_cdf(z: float) -> float:
    """P(Z <= z) of a standard normal."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def normal_quantile(p: float) -> float:
    """z with P(Z <= z) = p, 0 < p < 1: Abramowitz & Stegun 26.2.23, polished by Halley steps on erfc."""
    if p > 0.5:
        return -normal_quantile(1.0 - p)
    t = math.sqrt(-2.0 * math.log(p))
    numerator = 2.515517 + t * (0.802853 + t * 0.010328)
    z = numerator / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t
    for _ in range(3):
        step = (normal_cdf(z) - p) * math.sqrt(2.0 * math.pi) * math.exp(z * z / 2.0)
        z -= step / (1.0 + z * step / 2.0)
    return z


def log_beta(a: float, b: float) -> float:
    """ln B(a, b), a and b positive."""
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def log_betainc(a: float, b: float, x: float) -> float:
    """ln I_x(a, b), the log of P(X <= x) for X ~ Beta(a, b); -inf at x = 0.

    Continued fraction DLMF 8.17.22 on the side of the mean where it converges fast, so that tails far below
    the smallest float still have a logarithm.
    """
    if x <= 0.0:
        return -math.inf
    if x >= 1.0:
        return 0.0
    front = a * math.log(x) + b * math.log1p(-x) - log_beta(a, b)
    if x < (a + 1.0) / (a + b + 2.0):
        return front - math.log(a) + math.log(_beta_fraction(a, b, x))
    return math.log1p(-math.exp(front - math.log(b)) * _beta_fraction(b, a, 1.0 - x))


def betainc(a: float, b: float, x: float) -> float:
    """I_x(a, b) = P(X <= x) for X ~ Beta(a, b)."""
    return math.exp(log_betainc(a, b, x))


def _beta_fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of I_x(a, b) by the modified Lentz method."""
    tiny = 1e-300
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > tiny else tiny)
    value = d
    # The terms needed grow like the square root of the larger argument: 10,000 serve millions of trials.
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        factor = 1.0
        for term in (even, odd):
            d = 1.0 + term * d
            d = 1.0 / (d if abs(d) > tiny else tiny)
            c = 1.0 + term / c
            c = c if abs(c) > tiny else tiny
            factor = c * d
            value *= factor
        if abs(factor - 1.0) < 1e-15:
            break
    return value


def beta_quantile(p: float, a: float, b: float) -> float:
    """x with P(X <= x) = p for X ~ Beta(a, b), 0 < p < 1: Newton steps kept inside a shrinking bracket."""
    low, high = 0.0, 1.0
    x = a / (a + b)
    scale = log_beta(a, b)
    for _ in range(200):
        excess = betainc(a, b, x) - p
        low, high = (low, x) if excess > 0.0 else (x, high)
        density = math.exp((a - 1.0) * math.log(x) + (b - 1.0) * math.log1p(-x) - scale)
        previous, x = x, x - excess / density if density > 0.0 else -1.0
        if not low < x < high:
            x = (low + high) / 2.0
        if x in (previous, 0.0, 1.0) or abs(x - previous) <= 1e-15 * x:
            break
    return x


def t_quantile(p: float, df: float) -> float:
    """Quantile of Student's t: df / (df + t^2) ~ Beta(df / 2, 1 / 2) (Abramowitz & Stegun 26.7.1)."""
    if p < 0.5:
        return -t_quantile(1.0 - p, df)
    tail = 2.0 * (1.0 - p)
    if tail >= 1.0:
        return 0.0
    x = beta_quantile(tail, df / 2.0, 0.5)
    if x < 0.5:
        return math.sqrt(df * (1.0 - x) / x)
    # Near the centre 1 - x would lose its digits: ask for it directly.
    y = beta_quantile(1.0 - tail, 0.5, df / 2.0)
    return math.sqrt(df * y / (1.0 - y))
