"""Files -> plan: profiles are loaded, crossed with their scenarios, and selected from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from random import SystemRandom

from pytest_arc.casting import cast_models, list_models
from pytest_arc.domain.plan import AgentPlan, Plan
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import LoadError, NothingSelected, Problem, UsageError
from pytest_arc.garbage import pause_collector
from pytest_arc.loading import load_profile
from pytest_arc.loading.models import load_catalog
from pytest_arc.loading.settings import find_root
from pytest_arc.planning import make_plan, plan_agent
from pytest_arc.providers.catalog import find_base_url
from pytest_arc.providers.keys import find_missing_key
from pytest_arc.providers.selection import Needs, select_model

__all__ = ["check_keys", "draw_seed", "plan_file", "plan_files"]


@pause_collector()
def plan_file(path: Path, settings: Settings) -> AgentPlan:
    """Load one profile and cross it with its scenarios. Raises LoadError with every problem."""
    loaded = load_profile(path, target=settings.target)
    scenarios = cast_models(
        [(entry.scenario, entry.origin) for entry in loaded.scenarios], settings, partial(_choose_model, path)
    )
    agent = plan_agent(loaded.profile, loaded.path, scenarios, settings)
    return replace(agent, target_at=loaded.target_at)


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
    return make_plan(agents, selected, draw_seed(settings))


def _matches(scenario: str, pattern: str) -> bool:
    # The row in `currency/eur[Q1]` would be a set of characters to a glob pattern.
    return scenario == pattern or fnmatchcase(scenario, pattern)


def check_keys(plan: Plan, environ: Mapping[str, str]) -> None:
    """Raise UsageError, before any trial, when the key of a model is not set that trials would need."""
    selected = [agent for agent in plan.agents if any(case.id in plan.selected for case in agent.cases)]
    missing: list[str] = []
    for agent in selected:
        variable = agent.profile.target.find_missing_key(environ)
        if variable is not None:
            what = agent.profile.target.describe()
            missing.append(f"{agent.target_at or agent.path}: {what} needs {variable}, which is not set")
        missing += _list_missing(agent, plan, environ)
    if missing:
        raise UsageError(
            ".\n".join(missing) + ". No trial was run and nothing was spent.\n"
            "  CI:      pass the secret in env: (pull requests from forks get no secrets)\n"
            "  No key:  --arc-record none replays recorded answers"
        )


def _list_missing(agent: AgentPlan, plan: Plan, environ: Mapping[str, str]) -> Iterator[str]:
    """What the models that play users or judge are missing; each model once."""
    asked: set[str] = set()
    for case in agent.cases:
        for model in list_models(case.scenario) if case.id in plan.selected else ():
            variable = None if model in asked else find_missing_key(model, find_base_url(model), environ)
            asked.add(model)
            if variable is not None:
                place = f"{case.origin.path}:{case.origin.line}"
                yield f"{place}: model {model} needs {variable}, which is not set"


def draw_seed(settings: Settings) -> int:
    """The seed of the run; `random` draws one."""
    return SystemRandom().randrange(2**32) if settings.seed == "random" else settings.seed
