"""Files -> plan: profiles are loaded, crossed with their scenarios, and selected from."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from random import SystemRandom

from pytest_arc.domain.plan import AgentPlan, Plan
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import LoadError, NothingSelected, Problem
from pytest_arc.garbage import pause_collector
from pytest_arc.loading import load_profile
from pytest_arc.planning import make_plan, plan_agent

__all__ = ["draw_seed", "plan_file", "plan_files"]


@pause_collector()
def plan_file(path: Path, settings: Settings) -> AgentPlan:
    """Load one profile and cross it with its scenarios. Raises LoadError with every problem."""
    loaded = load_profile(path, target=settings.target)
    scenarios = [(entry.scenario, entry.origin) for entry in loaded.scenarios]
    return plan_agent(loaded.profile, loaded.path, scenarios, settings)


def plan_files(paths: Sequence[Path], settings: Settings, patterns: Sequence[str] = ()) -> Plan:
    """Load and cross the profiles; `patterns` are glob patterns of scenario ids, none selects all.

    Raises LoadError with the problems of every file, and NothingSelected.
    """
    agents: list[AgentPlan] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            agents.append(plan_file(path, settings))
        except LoadError as error:
            problems += error.problems
    if problems:
        raise LoadError(problems)
    selected = [
        case.id
        for agent in agents
        for case in agent.cases
        if not patterns or any(_matches(case.scenario.id, pattern) for pattern in patterns)
    ]
    if not selected:
        no_match = f"no scenario matches {', '.join(patterns)}"
        raise NothingSelected(no_match if patterns else "there is no scenario")
    return make_plan(agents, selected, draw_seed(settings))


def _matches(scenario: str, pattern: str) -> bool:
    # The row in `currency/eur[Q1]` would be a set of characters to a glob pattern.
    return scenario == pattern or fnmatchcase(scenario, pattern)


def draw_seed(settings: Settings) -> int:
    """The seed of the run; `random` draws one."""
    return SystemRandom().randrange(2**32) if settings.seed == "random" else settings.seed
