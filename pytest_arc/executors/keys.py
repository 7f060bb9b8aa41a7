"""Keys of the models that trials will ask, looked for before the first trial."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from pathlib import Path

from pytest_arc.casting import list_models
from pytest_arc.domain.plan import AgentPlan, Case, Plan
from pytest_arc.errors import UsageError
from pytest_arc.providers.cassettes.opening import count_recorded
from pytest_arc.providers.keys import find_missing_key
from pytest_arc.providers.services import find_base_url

__all__ = ["check_keys"]


def check_keys(plan: Plan, environ: Mapping[str, str], recordings: Path) -> None:
    """Raise UsageError when the key of a model is not set that trials would need.

    `recordings` is the folder whose answers need no key: the message says how many trials have some.
    """
    missing: dict[tuple[str, str], str] = {}
    keyless: list[tuple[Case, Set[str]]] = []
    for agent in plan.agents:
        cases = [case for case in agent.cases if case.id in plan.selected]
        own = dict(_list_own(agent, environ)) if cases else {}
        for case in cases:
            lacks = own | dict(_list_lacking(case, environ))
            for model, told in lacks.items():
                missing.setdefault((agent.profile.id, model), told)
            if lacks:
                keyless.append((case, lacks.keys()))
    if missing:
        raise UsageError(
            ".\n".join(missing.values()) + ". No trial was run and nothing was spent.\n"
            "  CI:      pass the secret in env: (pull requests from forks get no secrets)\n"
            f"  No key:  --arc-record none replays recorded answers{_describe_recorded(keyless, recordings)}"
        )


def _list_own(agent: AgentPlan, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The model of the agent itself if it has no key, and what it is missing."""
    target = agent.profile.target
    variable = target.find_missing_key(environ)
    if variable is not None:
        place = agent.target_at or agent.path
        yield getattr(target, "model", ""), f"{place}: {target.describe()} needs {variable}, which is not set"


def _list_lacking(case: Case, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The models that play the user or judge and have no key, and what they are missing."""
    for model in list_models(case.scenario):
        variable = find_missing_key(model, find_base_url(model), environ)
        if variable is not None:
            place = f"{case.origin.path}:{case.origin.line}"
            yield model, f"{place}: model {model} needs {variable}, which is not set"


def _describe_recorded(keyless: list[tuple[Case, Set[str]]], recordings: Path) -> str:
    trials = [
        (case.scenario.id, number, models) for case, models in keyless for number in range(1, case.trials + 1)
    ]
    recorded = count_recorded(recordings, trials)
    if recorded:
        return f" ({recorded} of {len(trials)} trials have some)"
    return f"; there are none yet for these {len(trials)} trials"
