"""Exact group-sequential test of "the reliability is at least theta", with three answers.

After each look at the trials so far: *pass* once "below theta" is rejected, *fail* once "theta or better"
is, else go on. Each error stays at most alpha over all looks together, however early the run stops.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

from .arguments import check_gate_level, check_rate
from .distributions import Pmf, binomial_pmf, convolve

Verdict = Literal["pass", "fail", "inconclusive"]

# Looks in rounds over the scenarios; those within the first round let a dead agent stop early.
_ROUNDS = (0.2, 0.4, 0.6, 0.8, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 16, 20)
# A tail that equals its level is within it, whichever way its last bit was rounded.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Bounds:
    """What each look of a gate decides. The three tuples have one entry per look."""

    looks: tuple[int, ...]
    """Trials seen at each look, increasing."""
    pass_at: tuple[int, ...]
    """Passes from which the gate passes; looks + 1 where it cannot pass yet."""
    fail_at: tuple[int, ...]
    """Passes down to which the gate fails; -1 where it cannot fail yet."""

    def verdict(self, passed: int, trials: int) -> Verdict:
        """Verdict after `passed` of `trials`; raises `ValueError` if there is no look at that many trials."""
        if trials not in self.looks:
            raise ValueError(f"no look at {trials} trials; looks are at {', '.join(map(str, self.looks))}")
        look = self.looks.index(trials)
        if passed >= self.pass_at[look]:
            return "pass"
        return "fail" if passed <= self.fail_at[look] else "inconclusive"


class Characteristics(NamedTuple):
    """What a gate does to an agent of a known true rate."""

    p_pass: float
    p_fail: float
    mean_trials: float


def gs_bounds(theta: float, alpha: float, looks: Sequence[int]) -> Bounds:
    """Bounds of the exact binomial group-sequential test of theta, with error at most alpha on each side.

    At look j each side may have spent alpha * sqrt(n_j / n_max) in all (Lan & DeMets 1983, Biometrika 70,
    659-663, with a power-family spending function). pass_at is the smallest s with P_theta(S_n >= s, not
    crossed before) within what is left, where a run that has crossed either bound is over; fail_at mirrors
    it. The distribution of S_n among the runs still open is carried from look to look by convolution with a
    binomial (Armitage, McPherson & Rowe 1969, JRSS A 132, 235-244).

    `looks` are increasing numbers of trials, the last one the most the run may use; a single look is the
    plain exact binomial test. Raises `ValueError` unless 0 < theta < 1, 0 < alpha < 0.5 and looks increase
    from 1 or more.
    """
    check_rate("theta", theta)
    check_gate_level(alpha)
    _check_looks(looks)
    running = Pmf(0, [1.0])
    spent_pass = spent_fail = 0.0
    pass_at: list[int] = []
    fail_at: list[int] = []
    for before, n in pairwise((0, *looks)):
        running = convolve(running, binomial_pmf(n - before, theta))
        allowed = alpha * math.sqrt(n / looks[-1]) + alpha * _ROUNDING
        top, top_mass = _take_tail(running.masses[::-1], allowed - spent_pass)
        bottom, bottom_mass = _take_tail(running.masses, allowed - spent_fail)
        spent_pass += top_mass
        spent_fail += bottom_mass
        pass_at.append(running.last + 1 - top)
        fail_at.append(running.first - 1 + bottom)
        running = running.cut(fail_at[-1] + 1, pass_at[-1] - 1)
    return Bounds(tuple(looks), tuple(pass_at), tuple(fail_at))


def gate_bounds(
    minimum: float, confidence: float, S: int, max_trials: int, looks: Sequence[int] | None = None
) -> Bounds:
    """Bounds of a reliability gate: pass proves "at least minimum", fail "below it", each at `confidence`.

    S scenarios get at most `max_trials` trials each, in rounds; the looks of `gate_looks` are used unless
    given. Raises `ValueError` unless 0 < minimum < 1, 0.5 < confidence < 1 and S and max_trials are at
    least 1.
    """
    check_rate("minimum", minimum)
    check_gate_level(1.0 - confidence)
    return gs_bounds(minimum, 1.0 - confidence, gate_looks(S, max_trials) if looks is None else looks)


def gate_looks(S: int, max_trials: int) -> tuple[int, ...]:
    """Numbers of trials after which a gate over S scenarios is looked at; the last is S * max_trials."""
    if S < 1 or max_trials < 1:
        raise ValueError(f"at least one scenario and one trial are needed, not {S} and {max_trials}")
    planned = S * max_trials
    looks = {min(round(S * rounds), planned) for rounds in _ROUNDS} | {planned}
    return tuple(sorted(looks - {0}))


def gate_characteristics(bounds: Bounds, rate: float, first_look: int = 1) -> Characteristics:
    """Chance that the gate passes, that it fails, and the mean number of trials, at a true rate in [0, 1].

    Exact forward recursion over the looks; what is left to 1 is the chance of no verdict. Looks before
    `first_look` trials are skipped, as in a run that first tries every scenario once.
    """
    if not 0.0 <= rate <= 1.0:
        raise ValueError(f"rate must lie between 0 and 1, not {rate!r}")
    running = Pmf(0, [1.0])
    p_pass = p_fail = mean_trials = 0.0
    before = 0
    for n, pass_at, fail_at in zip(bounds.looks, bounds.pass_at, bounds.fail_at, strict=True):
        if n < first_look or not running.masses:
            continue
        mean_trials += (n - before) * running.total()
        running = convolve(running, binomial_pmf(n - before, rate))
        p_fail += running.below(fail_at + 1)
        p_pass += running.total() - running.below(pass_at)
        running = running.cut(fail_at + 1, pass_at - 1)
        before = n
    return Characteristics(p_pass, p_fail, mean_trials)


def _check_looks(looks: Sequence[int]) -> None:
    if not looks or any(later <= earlier for earlier, later in pairwise((0, *looks))):
        raise ValueError(f"looks must be increasing numbers of trials from 1 on, not {list(looks)}")


def _take_tail(masses: Sequence[float], budget: float) -> tuple[int, float]:
    """How many masses from the front fit into the budget, and their sum."""
    taken = 0.0
    for count, mass in enumerate(masses):
        if taken + mass > budget:
            return count, taken
        taken += mass
    return len(masses), taken
