"""What JUnit is told of a case and of a gate, whoever writes it: pytest, or `junit`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from pytest_arc.domain.result import CaseOutcome, Estimate, TrialResult, Verdict
from pytest_arc.domain.score import DIMENSIONS
from pytest_arc.stats import pass_at_k, pass_hat_k

__all__ = ["Properties", "list_case_properties", "list_gate_properties", "say_undecided"]

Properties = list[tuple[str, object]]


def list_case_properties(run_id: str, outcome: CaseOutcome, trials: Iterable[TrialResult]) -> Properties:
    """Counts, rate, interval, dimensions and cost of one case."""
    made = list(trials)
    properties: Properties = [
        ("arc.run_id", run_id),
        *_list_counts(outcome.word, outcome.errored, outcome.estimate),
    ]
    for name in DIMENSIONS:
        values = [trial.dimensions[name] for trial in made if name in trial.dimensions]
        if values:
            properties.append(_describe_dimension(name, sum(values) / len(values)))
    costs = [trial.usage.cost_usd for trial in made if trial.usage is not None]
    known = [cost for cost in costs if cost is not None]
    if len(known) == len(made) and made:
        properties.append(("arc.cost_usd", f"{sum(known):.6f}"))
    return properties


# Shared, since pytest keeps every report and most cases have the same counts: 1 KB a case.
@lru_cache(maxsize=1024)
def _list_counts(word: str, errored: int, estimate: Estimate | None) -> Sequence[tuple[str, object]]:
    passed, scored = (estimate.passed, estimate.n) if estimate else (0, 0)
    counts: Properties = [
        ("arc.outcome", word),
        ("arc.trials", scored + errored),
        ("arc.passed", passed),
        ("arc.errored", errored),
    ]
    if estimate is not None:
        counts += [
            ("arc.rate", f"{estimate.rate:.4f}"),
            ("arc.interval", f"{estimate.low:.4f} {estimate.high:.4f}"),
            ("arc.k", scored),
            ("arc.pass_hat_k", f"{pass_hat_k(scored, passed, scored):.4f}"),
            ("arc.pass_at_k", f"{pass_at_k(scored, passed, scored):.4f}"),
        ]
    return tuple(counts)


@lru_cache(maxsize=1024)
def _describe_dimension(name: str, mean: float) -> tuple[str, object]:
    return f"arc.{name}", f"{mean:.4f}"


def list_gate_properties(verdict: Verdict) -> Properties:
    """Verdict, rate and interval of one gate."""
    properties: Properties = [("arc.outcome", verdict.word)]
    if verdict.estimate is not None:
        properties += [
            ("arc.rate", f"{verdict.estimate.rate:.4f}"),
            ("arc.trials", verdict.estimate.n),
            ("arc.interval", f"{verdict.estimate.low:.4f} {verdict.estimate.high:.4f}"),
        ]
    return properties


def say_undecided(verdict: Verdict) -> str:
    """Why a gate neither passes nor fails the run: `inconclusive: ...`, `advisory: would be failed: ...`."""
    if verdict.advisory:
        return f"advisory: would be {verdict.word}: {verdict.reason}"
    return f"inconclusive: {verdict.reason}"
