"""What the gates say that ask for a share of passing trials."""

from __future__ import annotations

import math

from pytest_arc.domain.gates import ThresholdGate
from pytest_arc.domain.result import Estimate

__all__ = ["say_bounds", "say_doubt", "say_ends", "say_high", "say_low", "say_seen"]


def say_seen(estimate: Estimate) -> str:
    return f"{estimate.passed} of {estimate.n} trials passed ({estimate.rate * 100:.1f} %)"


def say_doubt(trials: int) -> str:
    """Of trials on which judges disagreed; empty without any."""
    return f"; judges disagreed on {trials}, which count either way" if trials else ""


def say_bounds(n: int, least: int, most: int, gate: ThresholdGate) -> str:
    """What would have passed and failed: of `n` trials at `least`, and at `most`, that pass."""
    asked = f"{gate.min * 100:g} %"
    passes = f"only {n} of {n} proves {asked}" if least == n else f"{least} would pass"
    if least > n:
        passes = f"even {n} of {n} would not prove {asked}"
    fails = f"{most} would fail" if most >= 0 else "no result would fail"
    return f"asked: {asked}; {passes}, {fails}"


# A bound is rounded away from the rate: what is said must not be more than what is known.


def say_low(estimate: Estimate, gate: ThresholdGate) -> str:
    return f"at least {_round_down(estimate.low)} % with {_say_sure(gate)}"


def say_high(estimate: Estimate, gate: ThresholdGate) -> str:
    return f"at most {_round_up(estimate.high)} % with {_say_sure(gate)}"


def say_ends(estimate: Estimate) -> str:
    return f"{_round_down(estimate.low)} and {_round_up(estimate.high)} %"


def _say_sure(gate: ThresholdGate) -> str:
    return f"{gate.confidence * 100:g} % confidence; asked: {gate.min * 100:g} %"


def _round_down(rate: float) -> str:
    return f"{math.floor(rate * 1000 + 1e-9) / 10:.1f}"


def _round_up(rate: float) -> str:
    return f"{math.ceil(rate * 1000 - 1e-9) / 10:.1f}"
