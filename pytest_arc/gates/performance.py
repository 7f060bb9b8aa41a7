"""The performance gate: cost, tokens, steps and latency may not grow by more than their limits.

Each scenario is its own control: the difference of its mean logarithms, now and in the baseline. Over the
scenarios a Hodges-Lehmann bound decides, which a few stalled trials do not move.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pytest_arc.domain.baseline import METRICS, Metric
from pytest_arc.domain.gates import PerformanceGate
from pytest_arc.domain.result import Change, GateWord, TrialResult, Verdict, VerdictPart
from pytest_arc.gates.comparison import ComparedCase, Comparison, explain_incomparable
from pytest_arc.gates.ledger import Ledger
from pytest_arc.stats import perf_bounds
from pytest_arc.stats.performance import LEAST_SCENARIOS

__all__ = ["judge_performance"]

# A ratio that is the limit on paper differs from it in the last bits: 1.61/1.4 against 1.15.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class _Growth:
    """What was found of one metric."""

    metric: Metric
    limit: float | None
    change: Change | None = None
    trouble: str = ""
    """Why it cannot be judged; empty when it can."""
    coverage: str = ""
    """`40 of 60 scenarios` where some do not measure it."""

    @property
    def word(self) -> GateWord:
        if self.change is None or self.limit is None or self.trouble:
            return "inconclusive"
        threshold = math.log1p(self.limit)
        if self.change.low > threshold + _ROUNDING:
            return "failed"
        return "passed" if self.change.high < threshold - _ROUNDING else "inconclusive"


def judge_performance(gate: PerformanceGate, comparison: Comparison, ledger: Ledger) -> Verdict:
    """Failed when one metric grew beyond its limit, passed when none of those with a limit can have."""
    if comparison.baseline is None or not comparison.cases:
        return _conclude(gate, comparison, "inconclusive", explain_incomparable(comparison), ())
    trials = {
        compared.case.id: ledger.list_scored(compared.case, comparison.agent.trials)
        for compared in comparison.cases
    }
    found = tuple(_measure(gate, comparison, trials, metric) for metric in METRICS)
    words = [growth.word for growth in found if growth.limit is not None]
    if "failed" in words:
        word: GateWord = "failed"
    elif words and all(word == "passed" for word in words):
        word = "passed"
    else:
        word = "inconclusive"
    return _conclude(gate, comparison, word, _say_all(found), found)


def _measure(
    gate: PerformanceGate,
    comparison: Comparison,
    trials: Mapping[str, list[TrialResult]],
    metric: Metric,
) -> _Growth:
    limit = gate.limits.get(metric)
    then: list[list[float]] = []
    now: list[list[float]] = []
    for compared in comparison.cases:
        values = _read_all(metric, trials[compared.case.id])
        if values and metric in compared.then.metrics:
            then.append([compared.then.metrics[metric]])
            now.append(values)
    if not now:
        return _Growth(metric, limit, trouble=f"not measured {_say_side(comparison.cases, metric)}")
    sd = _find_sd(gate, comparison) if metric == "latency" else 0.0
    low, value, high = perf_bounds(then, now, gate.confidence, METRICS[metric], drift_se=sd)
    change = Change(value, low, high, gate.confidence)
    if len(now) < LEAST_SCENARIOS:
        trouble = f"compared in {len(now)} of the {LEAST_SCENARIOS} scenarios it takes"
    elif metric == "latency" and not sd and _is_wall(trials):
        trouble = "how much it varies between runs is not known: add latency_sd to this gate"
    else:
        trouble = ""
    coverage = f"{len(now)} of {len(comparison.cases)} scenarios" if len(now) < len(comparison.cases) else ""
    return _Growth(metric, limit, change, trouble, coverage)


def _read_all(metric: Metric, trials: list[TrialResult]) -> list[float]:
    """The metric in every trial; nothing where one of them does not show it."""
    values = [trial.measure(metric) for trial in trials]
    return [value for value in values if value is not None] if None not in values else []


def _find_sd(gate: PerformanceGate, comparison: Comparison) -> float:
    """Of the difference between this run and the mean of the pooled ones; 0 when nothing is known."""
    assert comparison.baseline is not None
    runs = max(1, len(comparison.baseline.runs))
    return (gate.latency_sd or 0.0) * math.sqrt(1.0 + 1.0 / runs)


def _is_wall(trials: Mapping[str, list[TrialResult]]) -> bool:
    return any(trial.clock == "wall" for results in trials.values() for trial in results)


def _say_side(cases: tuple[ComparedCase, ...], metric: Metric) -> str:
    return "now" if any(metric in compared.then.metrics for compared in cases) else "in the baseline"


def _conclude(
    gate: PerformanceGate,
    comparison: Comparison,
    word: GateWord,
    reason: str,
    found: tuple[_Growth, ...],
) -> Verdict:
    fails = word == "failed" or (word == "inconclusive" and gate.on_inconclusive == "fail")
    parts = sorted(map(_describe, found), key=lambda part: _WORST_FIRST.index(part.word))
    return Verdict("performance", comparison.agent.profile.id, word, reason, fails, parts=tuple(parts))


_WORST_FIRST = ("failed", "inconclusive", "passed", "shown only", "not measured")


def _describe(growth: _Growth) -> VerdictPart:
    return VerdictPart(growth.metric, "metric", _choose_word(growth), _say_part(growth), growth.change)


def _choose_word(growth: _Growth) -> str:
    if growth.change is None and growth.limit is None:
        return "not measured"
    return growth.word if growth.limit is not None else "shown only"


def _say_part(growth: _Growth) -> str:
    """`+2 %, at most +5 %; limit 15 %`."""
    if growth.change is None:
        return growth.trouble
    seen = _say_percent(growth.change.value)
    if growth.coverage:
        seen = f"{seen} in {growth.coverage}"
    if growth.limit is None:
        return seen
    limit = f"limit {growth.limit * 100:g} %"
    if growth.trouble:
        return f"{seen}, {limit}; {growth.trouble}"
    return f"{seen}, {_say_bound(growth)}; {limit}"


def _say_all(found: tuple[_Growth, ...]) -> str:
    """`cost +2 %, tokens +1 %, steps 0 % (latency +9 %, shown only)`."""
    limited = [growth for growth in found if growth.limit is not None]
    shown = [growth for growth in found if growth.limit is None and growth.change is not None]
    troubles = {growth.trouble for growth in limited}
    if len(limited) > 1 and len(troubles) == 1 and limited[0].change and limited[0].trouble:
        text = f"{', '.join(map(_say_seen, limited))} ({limited[0].trouble})"
    else:
        text = ", ".join(map(_say_one, limited)) or "no metric has a limit"
    return f"{text} ({', '.join(map(_say_seen, shown))}, shown only)" if shown else text


def _say_one(growth: _Growth) -> str:
    if growth.change is None or growth.limit is None:
        return f"{growth.metric} {growth.trouble}"
    if growth.word == "passed":
        return _say_seen(growth)
    why = growth.trouble or f"{_say_bound(growth)}; limit {growth.limit * 100:g} %"
    return f"{_say_seen(growth)} ({why})"


def _say_seen(growth: _Growth) -> str:
    assert growth.change is not None
    return f"{growth.metric} {_say_percent(growth.change.value)}"


def _say_bound(growth: _Growth) -> str:
    """The bound that decides, or both where none does; rounded away from the value."""
    assert growth.change is not None
    least, most = _say_low(growth.change.low), _say_high(growth.change.high)
    if growth.word == "failed":
        return f"at least {least}"
    return f"at most {most}" if growth.word == "passed" else f"between {least} and {most}"


def _say_percent(log_ratio: float) -> str:
    return _sign(round(math.expm1(log_ratio) * 100))


def _say_low(log_ratio: float) -> str:
    return _sign(math.floor(math.expm1(log_ratio) * 100 + 1e-7))


def _say_high(log_ratio: float) -> str:
    if math.isinf(log_ratio):
        return "any"
    return _sign(math.ceil(math.expm1(log_ratio) * 100 - 1e-7))


def _sign(percent: int) -> str:
    return f"{percent:+d} %" if percent else "0 %"
