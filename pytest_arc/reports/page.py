"""What the page of a run is made of, as its templates ask for it."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from pytest_arc.domain.baseline import Metric
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.settings import Settings
from pytest_arc.domain.view import AgentView, CaseView, ReadTrajectory, RunView
from pytest_arc.reports import breakdown
from pytest_arc.reports.cases import find_worst
from pytest_arc.reports.excerpts import Excerpts, Turn, list_turns, select_excerpts
from pytest_arc.reports.style import format_duration, format_money

__all__ = ["Page", "count"]

MOST_ROOM, LEAST_ROOM, PER_CASE = 850_000, 250_000, 800
"""Bytes for trials that are shown in full: many cases leave less for them, each takes room in a list."""
MOST_CASES = 2_500
"""Cases that are listed, the failing ones first."""
MOST_TURNS = 120
"""Of a trial; between the first and the last ones there is a gap."""


class Page:
    """What the templates ask for."""

    def __init__(
        self, view: RunView, read_trajectory: ReadTrajectory, show_trial: Callable[..., str]
    ) -> None:
        """`show_trial` makes the markup of a trial in full."""
        self.view = view
        self._read_trajectory = read_trajectory
        self._show_trial = show_trial
        cases = [case for agent in view.agents for case in agent.cases]
        self._agents = {case.id: agent for agent in view.agents for case in agent.cases}
        self._cases = {case.id: case for case in cases}
        self._anchors = {case.id: f"c{number}" for number, case in enumerate(cases, 1)}
        room = max(LEAST_ROOM, MOST_ROOM - PER_CASE * len(cases))
        self.excerpts: Excerpts = select_excerpts(cases, self._write_trial, room)
        ordered = sorted(cases, key=lambda case: not breakdown.has_failures(case))
        self._listed = {case.id for case in ordered[:MOST_CASES]}

    # What an agent's section shows.

    list_groups = staticmethod(breakdown.list_groups)
    list_tags = staticmethod(breakdown.list_tags)
    list_dimensions = staticmethod(breakdown.list_dimensions)
    list_assumptions = staticmethod(breakdown.list_assumptions)
    list_capabilities = staticmethod(breakdown.list_capabilities)
    list_distributions = staticmethod(breakdown.list_distributions)

    def format(self, metric: Metric, value: float) -> str:
        """A value of a metric with its unit."""
        return _FORMATS[metric](value)

    def find_most(self, found: breakdown.Distribution) -> float:
        """Where a picture of the distribution ends: a single stall would leave the rest no room."""
        return max(found.find_quantile(0.99), *found.then, 0.0) or found.values[-1]

    def say_change(self, found: breakdown.Distribution) -> str:
        """`+8.7 % (95 % interval +7.7 to +10 %), 50 scenarios`."""
        assert found.change is not None
        told = f"{_say_growth(found.change.value)} %"
        if math.isfinite(found.change.low) and math.isfinite(found.change.high):
            low, high = _say_growth(found.change.low), _say_growth(found.change.high)
            told += f" (95 % interval {low} to {high} %)"
        return f"{told}, {count(found.scenarios, 'scenario')}"

    def list_failing(self, agent: AgentView) -> list[CaseView]:
        """The cases with a trial that did not pass: first those that are below their bar, the worst first."""
        failing = [case for case in agent.cases if breakdown.has_failures(case) and case.id in self._listed]
        return sorted(failing, key=_rank)

    def list_others(self, agent: AgentView) -> list[CaseView]:
        return [case for case in agent.cases if not breakdown.has_failures(case) and case.id in self._listed]

    def count_below_bar(self, cases: Sequence[CaseView]) -> int:
        return sum(map(breakdown.is_failing, cases))

    def count_unlisted(self, agent: AgentView) -> int:
        return sum(case.id not in self._listed for case in agent.cases)

    def describe_filters(self, cases: Sequence[CaseView]) -> list[tuple[str, str, list[str]]]:
        """What a list can be narrowed down by: key, label, values. One value would narrow nothing."""
        facets = [self.describe_facets(case) for case in cases]
        labels = {"tags": "tag", "dims": "dimension", "blame": "blame", "checks": "check", "word": "outcome"}
        found = {key: sorted({value for facet in facets for value in facet[key]}) for key in labels}
        return [(key, label, found[key]) for key, label in labels.items() if len(found[key]) > 1]

    def describe_facets(self, case: CaseView) -> dict[str, list[str]]:
        """What a case is found by; dimensions, blame and checks are those of what went wrong."""
        bad = [trial for trial in case.trials if trial.outcome != "passed"]
        wrong = [check for trial in bad for check in trial.checks if check.passed is False]
        return {
            "tags": sorted({*case.tags, *([case.group] if case.group else [])}),
            "dims": sorted({check.dimension for check in wrong}),
            "blame": sorted({trial.blame for trial in bad if trial.blame}),
            "checks": sorted({check.check.partition(":")[0] for check in wrong}),
            "word": [case.outcome.word],
        }

    def measure_case(self, case: CaseView, metric: Metric) -> float | None:
        """The mean over the trials of a case; None when it was not measured in any."""
        found = [value for trial in case.trials if (value := trial.measure(metric)) is not None]
        return sum(found) / len(found) if found else None

    def find_reason(self, case: CaseView) -> str:
        worst = find_worst(case.trials)
        return worst.reason if worst else case.outcome.reason

    def find_worst(self, case: CaseView) -> TrialResult | None:
        return find_worst(case.trials)

    def has_excerpt(self, case: CaseView) -> bool:
        return any((case.id, trial.trial) in self.excerpts.texts for trial in case.trials)

    def anchor(self, case: CaseView) -> str:
        return self._anchors[case.id]

    def is_listed(self, case: CaseView) -> bool:
        return case.id in self._listed

    # Trials.

    def show_trial(self, trial: TrialResult) -> Markup | None:
        """A trial in full; None when there was no more room for it."""
        text = self.excerpts.texts.get((trial.case, trial.trial))
        return None if text is None else Markup(text)

    def _write_trial(self, trial: TrialResult) -> str:
        trajectory = self._read_trajectory(trial)
        turns: list[Turn] = []
        rest = list(trial.checks)
        if trajectory is not None:
            turns, rest = list_turns(trial, trajectory)
        half = MOST_TURNS // 2
        left_out = max(0, len(turns) - MOST_TURNS)
        return str(
            self._show_trial(
                trial,
                is_fresh=trial.trial > self._cases[trial.case].planned,
                is_kept=trajectory is not None,
                first=turns[:half] if left_out else turns,
                left_out=left_out,
                last=turns[-half:] if left_out else [],
                rest=rest,
                address=self.address(self._cases[trial.case], trial),
            )
        )

    def address(self, case: CaseView, trial: TrialResult | None = None) -> str:
        """As commands take it, in a shell."""
        return shlex.quote(self.view.address(self._agents[case.id], case, trial))

    # The run.

    def write_command(self) -> str:
        """What runs these agents again, with the settings of this run."""
        paths = [agent.path for agent in self.view.agents if agent.path]
        flags = [flag for name, value in self.list_settings() for flag in _write_flag(name, value)]
        seed = [] if self.view.seed is None else ["--arc-seed", str(self.view.seed)]
        return shlex.join(["pytest", "--arc", *dict.fromkeys(paths), *seed, *flags])

    def list_settings(self) -> list[tuple[str, Any]]:
        """Those that are not as they are by themselves; the seed stands elsewhere."""
        usual = Settings().model_dump(mode="json", by_alias=True)
        told = self.view.settings.items()
        return [(name, value) for name, value in told if name != "seed" and usual.get(name) != value]


_ABOUT_FILES = frozenset({"json", "html", "dir"})


def _write_flag(name: str, value: Any) -> list[str]:
    flag = f"--arc-{name.replace('_', '-')}"
    if name in _ABOUT_FILES or isinstance(value, list):
        return []
    if name == "trials" and isinstance(value, Mapping):
        return [flag, f"{value['first']}:{value['max']}"]
    if isinstance(value, bool):
        return [flag] if value else []
    return [] if isinstance(value, Mapping) else [flag, str(value)]


_FORMATS: Mapping[Metric, Callable[[float], str]] = {
    "latency": format_duration,
    "cost": format_money,
    "tokens": lambda value: f"{value:,.0f}",
    "steps": lambda value: f"{value:g}",
}


def _say_growth(log: float) -> str:
    growth = round(math.expm1(log) * 100, 1)
    return f"{growth:+g}" if growth else "0"


def count(n: int, what: str) -> str:
    """`1 trial`, `2,500 trials`."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def _rank(case: CaseView) -> tuple[bool, float, str]:
    outcome = case.outcome
    rate = outcome.passed / outcome.scored if outcome.scored else 0.0
    return not breakdown.is_failing(case), rate, case.id
