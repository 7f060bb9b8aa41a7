"""One agent's results taken apart: by group, tag, dimension, assumption, capability and metric."""

from __future__ import annotations

import math
import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pytest_arc.domain.baseline import METRICS, Metric
from pytest_arc.domain.result import Change, Estimate
from pytest_arc.domain.score import DIMENSIONS, Dimension
from pytest_arc.domain.view import AgentView, CaseView, CountsThen
from pytest_arc.stats import hl_bounds, wilson

__all__ = [
    "DimensionScore",
    "Distribution",
    "Share",
    "has_failures",
    "is_failing",
    "list_assumptions",
    "list_capabilities",
    "list_dimensions",
    "list_distributions",
    "list_groups",
    "list_tags",
]


def is_failing(case: CaseView) -> bool:
    """Whether it is below its bar, or could not be scored."""
    return case.outcome.word in ("failed", "errored", "below bar")


def has_failures(case: CaseView) -> bool:
    """Whether there is something to look at, also where the bar lets it pass; not where it was expected."""
    outcome = case.outcome
    return is_failing(case) or (outcome.word != "xfailed" and outcome.failed + outcome.errored > 0)


@dataclass(frozen=True, slots=True)
class Share:
    """Some of an agent's cases."""

    name: str
    """Of a group or tag; id of an assumption."""
    text: str
    """What an assumption says; empty for others."""
    cases: tuple[CaseView, ...]
    estimate: Estimate | None
    """Over their planned trials; None when none was scored."""
    then: Estimate | None = None
    """In the baseline; None where nothing can be compared."""

    @property
    def failing(self) -> int:
        return sum(map(is_failing, self.cases))


def list_groups(agent: AgentView) -> list[Share]:
    """Cases by first segment of their ids; those without one come last, under no name."""
    groups: defaultdict[str, list[CaseView]] = defaultdict(list)
    for case in agent.cases:
        groups[case.group].append(case)
    return [_share(agent, name, groups[name]) for name in sorted(groups, key=lambda name: (not name, name))]


def list_tags(agent: AgentView) -> list[Share]:
    """Cases by tag, but for tags that say nothing: on every case, or on the same cases as a group."""
    tags: defaultdict[str, list[CaseView]] = defaultdict(list)
    for case in agent.cases:
        for tag in case.tags:
            tags[tag].append(case)
    told = {_identify(share.cases) for share in list_groups(agent)} | {_identify(agent.cases)}
    return [
        _share(agent, name, cases) for name, cases in sorted(tags.items()) if _identify(cases) not in told
    ]


def _identify(cases: Iterable[CaseView]) -> frozenset[str]:
    return frozenset(case.id for case in cases)


def list_assumptions(agent: AgentView) -> list[Share]:
    """Every assumption with the cases that challenge it; those that no profile states come last."""
    challengers: defaultdict[str, list[CaseView]] = defaultdict(list)
    for case in agent.cases:
        if case.challenges:
            challengers[case.challenges].append(case)
    texts = {**agent.assumptions, **{id: "" for id in sorted(challengers) if id not in agent.assumptions}}
    return [_share(agent, id, challengers.get(id, ()), text) for id, text in texts.items()]


def list_capabilities(agent: AgentView) -> list[Share]:
    """Every capability of the profile with the cases whose tags or group are called like it."""
    named: defaultdict[str, list[CaseView]] = defaultdict(list)
    for case in agent.cases:
        for name in {_simplify(name) for name in (*case.tags, case.group)}:
            named[name].append(case)
    return [_share(agent, name, named.get(_simplify(name), ())) for name in agent.capabilities]


def _simplify(name: str) -> str:
    """`Currency conversion`, `currency_conversion` and `currency-conversion` are one capability."""
    return re.sub(r"[\W_]+", "-", name.lower()).strip("-")


def _share(agent: AgentView, name: str, cases: Sequence[CaseView], text: str = "") -> Share:
    now = [(case.outcome.passed, case.outcome.scored) for case in cases]
    known: Mapping[str, CountsThen] = agent.baseline.scenarios if agent.baseline else {}
    then = [(known[case.scenario].passed, known[case.scenario].n) for case in cases if case.scenario in known]
    return Share(name, text, tuple(cases), _add_up(now), _add_up(then))


def _add_up(counts: Sequence[tuple[int, int]]) -> Estimate | None:
    passed, scored = sum(passed for passed, _ in counts), sum(n for _, n in counts)
    return Estimate(passed, scored, *wilson(passed, scored)) if scored else None


@dataclass(frozen=True, slots=True)
class DimensionScore:
    """How an agent did in one dimension."""

    name: Dimension
    weight: float
    mean: float | None
    """In [0, 1], over the trials in which it was measured; None when it was in none."""
    n: int


def list_dimensions(agent: AgentView) -> list[DimensionScore]:
    """All five, measured or not."""
    values: dict[Dimension, list[float]] = {name: [] for name in DIMENSIONS}
    for case in agent.cases:
        for trial in case.planned_trials:
            for name, value in trial.dimensions.items():
                values[name].append(value)
    return [
        DimensionScore(name, DIMENSIONS[name], statistics.fmean(found) if found else None, len(found))
        for name, found in values.items()
    ]


@dataclass(frozen=True, slots=True)
class Distribution:
    """One metric over the planned, scored trials."""

    metric: Metric
    values: tuple[float, ...]
    """Sorted; empty when it was not measured in all of them."""
    then: tuple[float, ...]
    """The geometric means of the scenarios in the baseline."""
    change: Change | None
    """The logarithm of now / then in a typical scenario, with a 95 % interval; None where it is not known."""
    scenarios: int = 0
    """How many were compared."""

    def find_quantile(self, share: float) -> float:
        """The smallest value that at least this share of the trials do not exceed."""
        return self.values[max(0, math.ceil(share * len(self.values)) - 1)]


def list_distributions(agent: AgentView) -> list[Distribution]:
    """Latency, cost, tokens, steps."""
    return [_distribute(agent, metric) for metric in ("latency", "cost", "tokens", "steps")]


def _distribute(agent: AgentView, metric: Metric) -> Distribution:
    by_case = {
        case.scenario: [trial.measure(metric) for trial in case.planned_trials if trial.is_scored]
        for case in agent.cases
    }
    values = [value for found in by_case.values() for value in found]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return Distribution(metric, (), (), None)
    then = _find_then(agent, metric)
    logs = [
        _mean_log([value for value in found if value is not None], METRICS[metric])
        - math.log(then[scenario] + METRICS[metric])
        for scenario, found in by_case.items()
        if scenario in then and found
    ]
    change = None
    if logs:
        bounds = hl_bounds(logs, 0.975)
        change = Change(bounds.estimate, bounds.low, bounds.high, 0.975)
    return Distribution(metric, tuple(sorted(known)), tuple(sorted(then.values())), change, len(logs))


def _find_then(agent: AgentView, metric: Metric) -> Mapping[str, float]:
    """Scenario id -> its mean in the baseline."""
    if agent.baseline is None:
        return {}
    now = {case.scenario for case in agent.cases}
    told = agent.baseline.scenarios.items()
    return {id: counts.metrics[metric] for id, counts in told if id in now and metric in counts.metrics}


def _mean_log(values: Sequence[float], offset: float) -> float:
    return statistics.fmean(math.log(value + offset) for value in values)
