"""Is B better or worse than A? Paired over the scenarios that are the same in both."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from pytest_arc.domain.baseline import METRICS, Metric
from pytest_arc.domain.comparison import (
    AgentRecord,
    Comparison,
    MeanChange,
    Proof,
    RateChange,
    ScenarioChange,
    Share,
)
from pytest_arc.domain.result import Change, TrialResult, count_disputed
from pytest_arc.domain.score import DIMENSIONS, Dimension
from pytest_arc.stats import (
    detectable_drop,
    hl_bounds,
    holm,
    log_ratios,
    mean_rates,
    regression_ci,
    regression_p,
)

__all__ = ["compare"]

CONFIDENCE = 0.95
"""Of each bound; a difference is proved when its bound excludes 0."""
POWER = 0.8
"""Chance with which a drop is found that is called detectable."""

_Pairs = Sequence[tuple[Share, Share]]
_Values = Mapping[str, Sequence[float]]
"""Scenario id -> a value of each of its scored trials."""
_Reader = Callable[[TrialResult], float | None]
_PerScenario = Sequence[Sequence[float]]


def compare(a: AgentRecord, b: AgentRecord) -> Comparison:
    """Hold B against A. Where nothing can be compared, `reliability` of the result is None."""
    both = [id for id in a.hashes if id in b.hashes]
    same = [id for id in both if a.hashes[id] == b.hashes[id]]
    compared = tuple(id for id in same if _list_scored(a, id) and _list_scored(b, id))
    pairs = {id: (_count_passed(a, id), _count_passed(b, id)) for id in compared}
    dimensions, metrics, unmeasured = _compare_values(a, b, compared)
    return Comparison(
        a=a,
        b=b,
        compared=compared,
        unscored=tuple(id for id in same if id not in pairs),
        changed={id: _name_changes(a, b, id) for id in both if a.hashes[id] != b.hashes[id]},
        only_a=tuple(id for id in a.hashes if id not in b.hashes),
        only_b=tuple(id for id in b.hashes if id not in a.hashes),
        reliability=_compare_rates("reliability", [*pairs.values()]) if pairs else None,
        errors=_compare_errors(a, b, same),
        groups=_compare_groups(a, b, pairs),
        dimensions=dimensions,
        metrics=metrics,
        unmeasured=unmeasured,
        scenarios=_list_changes(a, b, pairs),
        detectable_drop=_find_detectable_drop([*pairs.values()]),
    )


def _list_scored(record: AgentRecord, scenario: str) -> list[TrialResult]:
    return [trial for trial in record.trials.get(scenario, ()) if trial.is_scored]


def _count_passed(record: AgentRecord, scenario: str) -> Share:
    scored = _list_scored(record, scenario)
    return Share(sum(trial.outcome == "passed" for trial in scored), len(scored), *count_disputed(scored))


def _count_unerrored(record: AgentRecord, scenario: str) -> Share:
    ended = [trial for trial in record.trials.get(scenario, ()) if trial.outcome != "cancelled"]
    return Share(sum(trial.is_scored for trial in ended), len(ended))


def _name_changes(a: AgentRecord, b: AgentRecord, scenario: str) -> str:
    then, now = a.hashes[scenario], b.hashes[scenario]
    changes = {"scenario": then.scenario != now.scenario, "checks": then.checks != now.checks}
    return ", ".join(name for name, is_so in changes.items() if is_so)


def _compare_rates(name: str, pairs: _Pairs) -> RateChange:
    """The exact stratified test, a scenario a stratum; `proof` for this one test alone."""
    n0, n1 = [a.n for a, _ in pairs], [b.n for _, b in pairs]
    then, now = mean_rates([a.count for a, _ in pairs], n0, [b.count for _, b in pairs], n1)
    # Where judges disagreed: all of it against B, and all of it for B.
    against = [a.most for a, _ in pairs], n0, [b.least for _, b in pairs], n1
    favour = [a.least for a, _ in pairs], n0, [b.most for _, b in pairs], n1
    low, high = regression_ci(*against, CONFIDENCE).low, regression_ci(*favour, CONFIDENCE).high
    p_worse, p_better = regression_p(*favour), 1.0 - regression_p(*against)
    lower = regression_p(*favour, midp=False)
    # The mid-p is P(T < t) + P(T = t) / 2.
    upper = 2.0 * p_better - 1.0 + regression_p(*against, midp=False)
    return RateChange(
        name=name,
        scenarios=len(pairs),
        a=_add_up([a for a, _ in pairs]),
        b=_add_up([b for _, b in pairs]),
        change=Change(now - then, low, high, CONFIDENCE),
        p_worse=p_worse,
        p_better=p_better,
        p=min(1.0, 2.0 * min(lower, upper)),
        proof=_judge(p_worse, p_better),
    )


def _add_up(shares: Sequence[Share]) -> Share:
    return Share(
        sum(share.count for share in shares),
        sum(share.n for share in shares),
        sum(share.doubtful_passes for share in shares),
        sum(share.doubtful_failures for share in shares),
    )


def _find_detectable_drop(pairs: _Pairs) -> float | None:
    if not pairs:
        return None
    return detectable_drop(
        [a.count for a, _ in pairs], [a.n for a, _ in pairs], [b.n for _, b in pairs], POWER, 1.0 - CONFIDENCE
    )


def _judge(p_worse: float, p_better: float) -> Proof:
    level = 1.0 - CONFIDENCE
    return "worse" if p_worse < level else "better" if p_better < level else "nothing"


def _compare_errors(a: AgentRecord, b: AgentRecord, scenarios: Iterable[str]) -> RateChange | None:
    pairs = [(_count_unerrored(a, id), _count_unerrored(b, id)) for id in scenarios]
    pairs = [(then, now) for then, now in pairs if then.n and now.n]
    if all(share.count == share.n for pair in pairs for share in pair):
        return None
    spared = _compare_rates("errored", pairs)
    change = spared.change
    return replace(
        spared,
        a=Share(spared.a.n - spared.a.count, spared.a.n),
        b=Share(spared.b.n - spared.b.count, spared.b.n),
        change=Change(-change.value, -change.high, -change.low, CONFIDENCE),
    )


def _compare_groups(
    a: AgentRecord, b: AgentRecord, pairs: Mapping[str, tuple[Share, Share]]
) -> tuple[RateChange, ...]:
    changes = [
        _compare_rates(name, [pairs[id] for id in members])
        for name, members in sorted(_find_groups(a, b, pairs).items())
    ]
    worse = holm([change.p_worse for change in changes])
    better = holm([change.p_better for change in changes])
    return tuple(
        replace(change, proof=_judge(p_worse, p_better))
        for change, p_worse, p_better in zip(changes, worse, better, strict=True)
    )


def _find_groups(a: AgentRecord, b: AgentRecord, scenarios: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Name -> ids. Of two names for the same scenarios one is enough, and all of them are no group."""
    by_segment: dict[str, list[str]] = {}
    by_tag: dict[str, list[str]] = {}
    everything = list(scenarios)
    for id in everything:
        first, slash, _ = id.partition("/")
        if slash:
            by_segment.setdefault(first, []).append(id)
        for tag in sorted({*a.tags.get(id, ()), *b.tags.get(id, ())} - {first if slash else ""}):
            by_tag.setdefault(tag, []).append(id)
    for tag in by_tag.keys() & by_segment.keys():
        # As gates have it: those with a tag of that name, or whose ids begin with it.
        wanted = {*by_tag.pop(tag), *by_segment[tag]}
        by_segment[tag] = [id for id in everything if id in wanted]
    names: dict[tuple[str, ...], str] = {}
    for name, members in (*by_segment.items(), *sorted(by_tag.items())):
        if len(members) < len(everything):
            names.setdefault(tuple(members), name)
    return {name: members for members, name in names.items()}


def _compare_values(
    a: AgentRecord, b: AgentRecord, scenarios: Sequence[str]
) -> tuple[tuple[MeanChange, ...], tuple[MeanChange, ...], dict[str, str]]:
    """Dimensions, metrics, and why the others are not among them."""
    dimensions: list[MeanChange] = []
    metrics: list[MeanChange] = []
    unmeasured: dict[str, str] = {}
    for name in DIMENSIONS:
        read = _read_dimension(name)
        then, now = (_collect(record, scenarios, read, some=True) for record in (a, b))
        if shared := [id for id in then if id in now]:
            dimensions.append(_compare_means(name, [then[id] for id in shared], [now[id] for id in shared]))
        else:
            unmeasured[name] = "no check speaks for it"
    for metric in METRICS:
        read = _read_metric(metric)
        then, now = (_collect(record, scenarios, read) for record in (a, b))
        shared = [id for id in then if id in now]
        base, new = [then[id] for id in shared], [now[id] for id in shared]
        if why := _explain_incomparable(metric, a, b, base, new):
            unmeasured[metric] = why
        else:
            metrics.append(_compare_logs(metric, base, new))
    return tuple(dimensions), tuple(metrics), unmeasured


def _read_dimension(name: Dimension) -> _Reader:
    return lambda trial: trial.dimensions.get(name)


def _read_metric(name: Metric) -> _Reader:
    return lambda trial: trial.measure(name)


def _collect(
    record: AgentRecord,
    scenarios: Iterable[str],
    read: _Reader,
    some: bool = False,
) -> _Values:
    """The values of each scenario that has one in all its scored trials; with `some`, in one of them."""
    found: dict[str, list[float]] = {}
    for id in scenarios:
        scored = _list_scored(record, id)
        values = [value for trial in scored if (value := read(trial)) is not None]
        if len(values) == len(scored) or (some and values):
            found[id] = values
    return found


def _explain_incomparable(
    metric: Metric,
    a: AgentRecord,
    b: AgentRecord,
    base: _PerScenario,
    new: _PerScenario,
) -> str:
    """Why a metric cannot be compared; empty when it can."""
    if not base:
        return "not measured in both"
    if not any(value for values in (*base, *new) for value in values):
        return "0 in every trial"
    if metric == "latency" and _list_clocks(a) != _list_clocks(b):
        return "simulated in one, real in the other"
    return ""


def _list_clocks(record: AgentRecord) -> set[str]:
    return {trial.clock for trials in record.trials.values() for trial in trials}


def _compare_means(name: str, base: _PerScenario, new: _PerScenario) -> MeanChange:
    then, now = [_mean(values) for values in base], [_mean(values) for values in new]
    change = _find_shift([y - x for x, y in zip(then, now, strict=True)])
    return MeanChange(
        name, len(then), _mean(then), _mean(now), change, _judge_shift(change, higher_is_better=True)
    )


def _compare_logs(metric: Metric, base: _PerScenario, new: _PerScenario) -> MeanChange:
    offset = METRICS[metric]
    change = _find_shift(log_ratios(base, new, offset))
    a, b = (_geometric_mean(values, offset) for values in (base, new))
    return MeanChange(metric, len(base), a, b, change, _judge_shift(change, higher_is_better=False))


def _find_shift(differences: Sequence[float]) -> Change:
    low, value, high = hl_bounds(differences, CONFIDENCE)
    return Change(value, low, high, CONFIDENCE)


def _judge_shift(change: Change, higher_is_better: bool) -> Proof:
    if change.low > 0.0:
        return "better" if higher_is_better else "worse"
    if change.high < 0.0:
        return "worse" if higher_is_better else "better"
    return "nothing"


def _geometric_mean(values: _PerScenario, offset: float) -> float:
    """exp(mean log(x + offset)) - offset, each scenario counting the same."""
    return math.exp(_mean([_mean([math.log(x + offset) for x in own]) for own in values])) - offset


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _list_changes(
    a: AgentRecord, b: AgentRecord, pairs: Mapping[str, tuple[Share, Share]]
) -> tuple[ScenarioChange, ...]:
    changes = [
        ScenarioChange(id, then, now, _find_reason(a if then.rate < now.rate else b, id))
        for id, (then, now) in pairs.items()
        if then.rate != now.rate
    ]
    return tuple(sorted(changes, key=lambda change: (-abs(change.b.rate - change.a.rate), change.scenario)))


def _find_reason(record: AgentRecord, scenario: str) -> str:
    trials = _list_scored(record, scenario)
    return next((trial.reason for trial in trials if trial.outcome == "failed"), "")
