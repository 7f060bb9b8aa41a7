"""A baseline in words and as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pytest_arc.domain.baseline import METRICS, Baseline, Metric
from pytest_arc.reports.style import format_percent, wrap

__all__ = ["describe_baseline", "list_baseline", "summarize_baseline"]


def summarize_baseline(baseline: Baseline) -> str:
    """`90 of 100 trials passed (90.0 %), 20 scenarios, 5 trials each, from 2 runs`."""
    cases = baseline.cases.values()
    if not cases:
        return "no scenario"
    passed, n = sum(case.passed for case in cases), sum(case.n for case in cases)
    least, most = min(case.n for case in cases), max(case.n for case in cases)
    each = f"{_count(least, 'trial')} each" if least == most else f"{least} to {most} trials each"
    rate = f"{passed} of {_count(n, 'trial')} passed ({format_percent(passed / n)})"
    policy = "; the reference policy, not an LLM" if baseline.simulated else ""
    runs = _count(len(baseline.runs), "run")
    return f"{rate}, {_count(len(cases), 'scenario')}, {each}, from {runs}{policy}"


def list_baseline(baseline: Baseline) -> Iterator[str]:
    """The whole of it, line by line: runs, then scenarios with their metrics."""
    yield from wrap(f"{baseline.agent}: ", summarize_baseline(baseline), 4)
    yield f"    target {baseline.target}"
    for run in baseline.runs:
        where = f"commit {run.commit[:7]}" if run.commit else "not a commit"
        yield f"    run {run.run_id}  {run.date}  {where}  seed {run.seed}  {_count(run.trials, 'trial')}"
    yield ""
    width = max((len(id) for id in baseline.cases), default=0)
    known = {name for case in baseline.cases.values() for name in case.metrics}
    metrics: Sequence[Metric] = [name for name in METRICS if name in known]
    yield "  ".join([f"{'scenario':{width}}", "   passed", *(f"{name:>9}" for name in metrics)])
    for id, case in baseline.cases.items():
        values = [f"{case.metrics[n]:9.4g}" if n in case.metrics else f"{'-':>9}" for n in metrics]
        yield "  ".join([f"{id:{width}}", f"{f'{case.passed}/{case.n}':>9}", *values])


def describe_baseline(baseline: Baseline) -> dict[str, Any]:
    """Its figures as plain data; the whole is in its file."""
    cases = baseline.cases.values()
    return {
        "agent": baseline.agent,
        "target": baseline.target,
        "simulated": baseline.simulated,
        "identity": baseline.identity,
        "scenarios": len(cases),
        "passed": sum(case.passed for case in cases),
        "trials": sum(case.n for case in cases),
        "runs": [run.run_id for run in baseline.runs],
    }


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
