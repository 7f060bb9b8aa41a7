"""The gates over the five dimensions: what the scenarios must score on average."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import cast

from pytest_arc.domain.gates import DimensionGate
from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.result import GateWord, Verdict
from pytest_arc.domain.score import Dimension
from pytest_arc.gates.ledger import Ledger
from pytest_arc.gates.selection import list_counted
from pytest_arc.stats import Interval, log_e

__all__ = ["LEAST_SCENARIOS", "judge_dimension", "judge_means"]

LEAST_SCENARIOS = 10
"""A mean of fewer scenarios is not judged, however clear it looks."""


def judge_dimension(agent: AgentPlan, name: str, ledger: Ledger) -> Verdict:
    """The verdict of a gate such as `dimension/tool_execution`, by the one-sided e-values of `stats.log_e`.

    Each scenario that measures the dimension counts once, with its mean over the first trials. Raises
    KeyError when the agent has no such gate.
    """
    dimension = cast("Dimension", name.removeprefix("dimension/"))
    gate = agent.profile.gates.dimensions[dimension]
    counted = list_counted(agent)
    means: list[float] = []
    for case in counted:
        trials = ledger.list_scored(case, agent.trials)
        values = [trial.dimensions[dimension] for trial in trials if dimension in trial.dimensions]
        if values:
            means.append(min(1.0, max(0.0, math.fsum(values) / len(values))))
    word, reason = judge_means(gate, means, len(counted))
    fails = word == "failed" or (word == "inconclusive" and gate.on_inconclusive == "fail")
    return Verdict(f"dimension/{dimension}", agent.profile.id, word, reason, fails, minimum=gate.min)


def judge_means(gate: DimensionGate, means: Sequence[float], scenarios: int) -> tuple[GateWord, str]:
    """Word and reason for the means of the scenarios that measure a dimension, of so many in all."""
    if not means:
        return "inconclusive", "not measured: no check of these scenarios speaks for it"
    asked = f"asked: {gate.min * 100:g} %"
    of = f" of {scenarios}" if len(means) < scenarios else ""
    scenario = "scenario" if scenarios == 1 else "scenarios"
    seen = f"{100 * math.fsum(means) / len(means):.1f} % on average over {len(means)}{of} {scenario}"
    if len(means) < LEAST_SCENARIOS:
        return "inconclusive", f"{seen}; {asked}; it takes {LEAST_SCENARIOS} that measure it"
    low, high = _find_interval(means, gate)
    sure = f"with {gate.confidence * 100:g} % confidence; {asked}"
    at_least = f"{math.floor(low * 1000 + 1e-9) / 10:.1f}"
    at_most = f"{math.ceil(high * 1000 - 1e-9) / 10:.1f}"
    if low >= gate.min:
        return "passed", f"{seen}: at least {at_least} % {sure}"
    if high <= gate.min:
        return "failed", f"{seen}: at most {at_most} % {sure}"
    return "inconclusive", f"{seen}: between {at_least} and {at_most} % {sure}"


def _find_interval(means: Sequence[float], gate: DimensionGate) -> Interval:
    """The averages that neither e-value rejects. What the gate asks for is tried itself, so that the
    interval and the verdict agree to the last digit.
    """
    total, n = math.fsum(means), len(means)
    needed = -math.log(1.0 - gate.confidence)

    def proves_more(theta: float) -> bool:
        return log_e(total, n, theta, "pass") >= needed

    def proves_less(theta: float) -> bool:
        return log_e(total, n, theta, "fail") >= needed

    low = _find_last(proves_more, 0.0, total / n)
    high = 1.0 - _find_last(lambda gap: proves_less(1.0 - gap), 0.0, 1.0 - total / n)
    low = max(low, gate.min) if proves_more(gate.min) else min(low, math.nextafter(gate.min, 0.0))
    high = min(high, gate.min) if proves_less(gate.min) else max(high, math.nextafter(gate.min, 1.0))
    return Interval(low, high)


def _find_last(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Where a statement that holds from `low` on, and not at `high`, stops to hold; to 1e-6."""
    while high - low > 1e-6:
        middle = (low + high) / 2.0
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
