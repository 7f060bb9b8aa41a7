"""Files -> plan: profiles are loaded, crossed with their scenarios, and selected from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from random import SystemRandom

from pytest_arc.casting import cast_models
from pytest_arc.domain.plan import AgentPlan, Plan
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import LoadError, NothingSelected, Problem
from pytest_arc.garbage import pause_collector
from pytest_arc.loading import load_profile
from pytest_arc.loading.models import load_catalog
from pytest_arc.loading.settings import find_root
from pytest_arc.planning import make_plan, plan_agent, take_shard
from pytest_arc.providers.selection import Needs, select_model

__all__ = ["draw_seed", "plan_file", "plan_files"]


@pause_collector()
def plan_file(path: Path, settings: Settings) -> AgentPlan:
    """Load one profile and cross it with its scenarios. Raises LoadError with every problem."""
    loaded = load_profile(path, target=settings.target)
    scenarios = cast_models(
        [(entry.scenario, entry.origin) for entry in loaded.scenarios], settings, partial(_choose_model, path)
    )
    agent = plan_agent(loaded.profile, loaded.path, scenarios, settings)
    return replace(agent, target_at=loaded.target_at, gates_at=loaded.gates_at)


def _choose_model(profile: Path, needs: Needs) -> str:
    return select_model(needs, load_catalog(find_root(profile.parent)), os.environ).model


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
    return take_shard(make_plan(agents, selected, draw_seed(settings)), settings.shard)


def _matches(scenario: str, pattern: str) -> bool:
    # The row in `currency/eur[Q1]` would be a set of characters to a glob pattern.
    return scenario == pattern or fnmatchcase(scenario, pattern)


def draw_seed(settings: Settings) -> int:
    """The seed of the run; `random` draws one."""
    return SystemRandom().randrange(2**32) if settings.seed == "random" else settings.seed
