"""Earlier runs of one commit: running again until it is green must not work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pytest_arc.domain.baseline import EarlierCounts
from pytest_arc.domain.plan import AgentPlan, derive_trial_seed
from pytest_arc.domain.result import TrialResult, count_disputed
from pytest_arc.history.environment import describe_git
from pytest_arc.history.folder import list_below
from pytest_arc.history.identity import describe_agent
from pytest_arc.history.measured import MeasuredAgent, find_measured
from pytest_arc.history.observations import identify_observation, is_determined
from pytest_arc.history.ruler import hash_cases

__all__ = ["find_reruns"]


def find_reruns(agent: AgentPlan, root: Path, history: Path, seed: int) -> EarlierCounts | None:
    """What finished runs below `history` found of this agent at the commit that is checked out now.

    None with changes that are not committed, and without such runs. Only unchanged scenarios count, and what
    this run, of this `seed`, is bound to repeat does not. Raises UsageError when there is no such folder.
    """
    folders = list_below(history)
    git = describe_git(root)
    if git is None or git["dirty"] or not agent.profile.target.repeatable:
        return None
    identity = describe_agent(agent)["identity"]
    runs = find_measured(folders, agent.profile.name, identity)
    same = [run for run in runs if run.commit == git["sha"]]
    hashes = hash_cases(agent)
    counts: dict[str, tuple[int, int]] = {}
    doubts: dict[str, tuple[int, int]] = {}
    for case in agent.cases:
        name = case.scenario.id
        known = [run for run in same if run.hashes.get(name) == hashes[name]]
        trials = list(_list_new(agent, known, name, seed))
        if trials:
            counts[name] = sum(trial.outcome == "passed" for trial in trials), len(trials)
            doubts[name] = count_disputed(trials)
    return EarlierCounts(str(git["sha"])[:7], counts, doubts) if counts else None


def _list_new(agent: AgentPlan, runs: list[MeasuredAgent], scenario: str, seed: int) -> Iterator[TrialResult]:
    """The trials that gates count, each observation once, without those that this run makes again."""
    own = range(1, agent.trials + 1)
    repeated = {derive_trial_seed(seed, scenario, trial) for trial in own}
    seen = set[object]()
    for run in runs:
        for trial in run.trials.get(scenario, ()):
            key = identify_observation(run.facts, run.key, trial)
            is_repeated = is_determined(run.facts, trial) and trial.seed in repeated
            if trial.trial in own and key not in seen and not is_repeated:
                seen.add(key)
                yield trial
