"""Golden baselines: runs of one state of an agent, pooled, and written for git.

measure_run(folder)     what one finished run says of each of its agents
make_baseline(...)      one run as a baseline
pool_runs(...)          several runs, and what the file holds, as one
accept_run(...)         a run put in place of what the file holds, whole or in part
write_baseline(...)     `baselines/<agent>.json`
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pytest_arc.domain.baseline import METRICS, Baseline, BaselineCase, BaselineRun, CaseHashes, Metric
from pytest_arc.domain.result import TrialResult, count_disputed
from pytest_arc.errors import UsageError
from pytest_arc.history.document import dump_json
from pytest_arc.history.lines import write_chunks
from pytest_arc.history.measured import MeasuredAgent, is_simulated
from pytest_arc.history.observations import identify_observation, is_determined
from pytest_arc.loading.baselines import FORMAT, locate_baseline
from pytest_arc.loading.shapes import as_mapping

__all__ = [
    "ENOUGH_TRIALS",
    "MIXED",
    "accept_run",
    "dump_baseline",
    "make_baseline",
    "pool_runs",
    "write_baseline",
]

ENOUGH_TRIALS = 50
"""Of a scenario. One run of ten is one draw, reused for every change: such baselines give false alarms."""

MIXED = "mixed"
"""The identity of a baseline with scenarios from several states of an agent: nothing is pooled with it."""


# One or several runs as a baseline.


def make_baseline(measured: MeasuredAgent) -> Baseline:
    """One run as it is."""
    return pool_runs([measured], measured.hashes)


def pool_runs(
    runs: Sequence[MeasuredAgent],
    hashes: Mapping[str, CaseHashes],
    earlier: Baseline | None = None,
    enough: float = math.inf,
) -> Baseline:
    """Put runs of one state of an agent together, the newest first, and `earlier`, which is older than they.

    A scenario takes whole runs until it has `enough` trials; of runs and of `earlier` only what has the
    hashes of `hashes`. What a recording or a deterministic agent does with an equal seed counts once.
    Raises ValueError for runs of different identity.
    """
    newest = runs[0]
    if {run.identity for run in runs} != {newest.identity}:
        raise ValueError("only runs of one state of an agent are pooled")
    if earlier is not None and earlier.identity != newest.identity:
        earlier = None
    known = {run.run_id for run in runs}
    if earlier and all(run.run_id in known for run in earlier.runs):
        earlier = None  # the runs themselves are here, and say more
    pooled = {
        id: case
        for id in sorted(hashes)
        if (case := _pool_scenario(id, runs, hashes[id], earlier, enough)) is not None
    }
    return Baseline(
        agent=newest.name,
        identity=newest.identity,
        target=newest.target,
        simulated=is_simulated(newest.target),
        runs=tuple(_list_runs(runs, earlier, pooled)),
        cases={id: part.case for id, part in pooled.items()},
    )


@dataclass(frozen=True, slots=True)
class _Pooled:
    case: BaselineCase
    given: Mapping[str, int]
    """Key of a run -> trials it gave."""
    with_earlier: bool


def _pool_scenario(
    id: str,
    runs: Sequence[MeasuredAgent],
    hashes: CaseHashes,
    earlier: Baseline | None,
    enough: float,
) -> _Pooled | None:
    before = earlier.cases.get(id) if earlier else None
    if before is not None and before.hashes != hashes:
        before = None
    seen: set[Hashable] = set()
    trials: list[TrialResult] = []
    given: dict[str, int] = {}
    for run in runs:
        if len(trials) >= enough or run.hashes.get(id) != hashes or _is_inside(id, run, before, earlier):
            continue
        for trial in run.trials.get(id, ()):
            key = identify_observation(run.facts, run.key, trial)
            if key not in seen:
                seen.add(key)
                trials.append(trial)
                given[run.key] = given.get(run.key, 0) + 1
    fresh = _count(trials, hashes) if trials else None
    if before is None or len(trials) >= enough:
        return _Pooled(fresh, given, with_earlier=False) if fresh else None
    return _Pooled(_join(fresh, before) if fresh else before, given, with_earlier=True)


def _is_inside(id: str, run: MeasuredAgent, before: BaselineCase | None, earlier: Baseline | None) -> bool:
    """Whether what the run could say may be in the file already, whose single trials are not known."""
    if before is None or earlier is None:
        return False
    if not run.facts.get("repeatable", True):
        return True
    if run.run_id in {other.run_id for other in earlier.runs}:
        return True
    is_same_seed = run.seed in {other.seed for other in earlier.runs}
    return is_same_seed and any(is_determined(run.facts, trial) for trial in run.trials.get(id, ()))


def _list_runs(
    runs: Sequence[MeasuredAgent], earlier: Baseline | None, pooled: Mapping[str, _Pooled]
) -> Iterator[BaselineRun]:
    """What the baseline was made of, the oldest first."""
    if earlier and any(part.with_earlier for part in pooled.values()):
        yield from earlier.runs
    for run in reversed(runs):
        trials = sum(part.given.get(run.key, 0) for part in pooled.values())
        if trials:
            yield _describe_run(run, trials)


def _describe_run(run: MeasuredAgent, trials: int) -> BaselineRun:
    return BaselineRun(run.run_id, run.started[:10], run.commit, run.seed, trials)


def accept_run(measured: MeasuredAgent, scenarios: Iterable[str], before: Baseline | None) -> Baseline:
    """Put these scenarios of a run in place of what `before` holds for them; the others stay."""
    new = make_baseline(measured)
    cases = {id: new.cases[id] for id in scenarios if id in new.cases}
    trials = sum(case.n for case in cases.values())
    if before is None:
        return replace(new, cases=cases, runs=(_describe_run(measured, trials),))
    same = before.identity == new.identity
    kept = tuple(run for run in before.runs if run.run_id != measured.run_id)
    return replace(
        new,
        identity=new.identity if same else MIXED,
        cases=dict(sorted({**before.cases, **cases}.items())),
        runs=(*kept, _describe_run(measured, trials)),
    )


# Figures of one scenario.


def _count(trials: Sequence[TrialResult], hashes: CaseHashes) -> BaselineCase:
    metrics: dict[Metric, float] = {
        name: mean for name in METRICS if (mean := _average(trials, name)) is not None
    }
    passed = sum(trial.outcome == "passed" for trial in trials)
    return BaselineCase(passed, len(trials), hashes, metrics, *count_disputed(trials))


def _average(trials: Sequence[TrialResult], name: Metric) -> float | None:
    """The geometric mean as `BaselineCase` has it; None when it was not measured in every trial."""
    if name == "latency" and len({trial.clock for trial in trials}) > 1:
        return None  # seconds of a simulation and of a wall clock have no mean
    offset = METRICS[name]
    logs = [math.log(value + offset) for trial in trials if (value := trial.measure(name)) is not None]
    return _unshift(sum(logs) / len(logs), offset) if len(logs) == len(trials) else None


def _join(one: BaselineCase, other: BaselineCase) -> BaselineCase:
    n = one.n + other.n
    metrics: dict[Metric, float] = {}
    for name in METRICS:
        if name in one.metrics and name in other.metrics:
            offset = METRICS[name]
            logs = [case.n * math.log(case.metrics[name] + offset) for case in (one, other)]
            metrics[name] = _unshift(sum(logs) / n, offset)
    return BaselineCase(
        one.passed + other.passed,
        n,
        one.hashes,
        metrics,
        one.doubtful_passes + other.doubtful_passes,
        one.doubtful_failures + other.doubtful_failures,
    )


def _unshift(mean_log: float, offset: float) -> float:
    # A mean of zeros must come out as zero.
    return round(max(0.0, math.exp(mean_log) - offset), 12)


# The file.


def write_baseline(root: Path, baseline: Baseline) -> Path:
    """Write `baselines/<agent>.json` and return its path. Raises UsageError when that is not possible."""
    path = locate_baseline(root, baseline.agent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_chunks(path, [dump_baseline(baseline)])
    except OSError as error:
        raise UsageError(f"cannot write {path.as_posix()}: {error.strerror or error}") from error
    return path


def dump_baseline(baseline: Baseline) -> str:
    """Equal baselines give equal text: sorted, six significant digits, one line for each run and scenario."""
    head: dict[str, Any] = {
        "arc_baseline": FORMAT,
        "agent": baseline.agent,
        "identity": baseline.identity,
        "target": baseline.target,
        "simulated": baseline.simulated,
    }
    lines = [f"  {dump_json(key)}: {dump_json(value)}," for key, value in head.items()]
    runs = [f"    {_dump_line(_describe(run))}" for run in baseline.runs]
    cases = [
        f"    {dump_json(id)}: {_dump_line(_describe_case(case))}"
        for id, case in sorted(baseline.cases.items())
    ]
    runs_text, cases_text = ",\n".join(runs), ",\n".join(cases)
    lines += ['  "runs": [', *([runs_text] if runs else []), "  ],"]
    lines += ['  "scenarios": {', *([cases_text] if cases else []), "  }"]
    return "\n".join(["{", *lines, "}", ""])


def _describe(run: BaselineRun) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "date": run.date,
        "commit": run.commit,
        "seed": run.seed,
        "trials": run.trials,
    }


def _describe_case(case: BaselineCase) -> dict[str, Any]:
    metrics = {name: float(f"{value:.6g}") for name, value in sorted(case.metrics.items())}
    hashes = {"scenario": case.hashes.scenario, "checks": case.hashes.checks}
    doubts = {"doubtful_passes": case.doubtful_passes, "doubtful_failures": case.doubtful_failures}
    told = {name: count for name, count in doubts.items() if count}
    return {"passed": case.passed, "n": case.n, **told, **hashes, "metrics": metrics}


def _dump_line(value: Any) -> str:
    """JSON on one line, with spaces where people want them."""
    mapping = as_mapping(value)
    if mapping is None:
        return dump_json(value)
    return "{" + ", ".join(f"{dump_json(key)}: {_dump_line(item)}" for key, item in mapping.items()) + "}"
