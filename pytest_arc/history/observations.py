"""Which trials of earlier runs are observations of their own."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from pytest_arc.domain.result import TrialResult

__all__ = ["identify_observation", "is_determined"]


def identify_observation(agent: Mapping[str, Any], run: str, trial: TrialResult) -> Hashable:
    """A key of one trial of `run`; of trials with equal keys, history counts one.

    `agent` is the entry of the run's header; `run` names the run among all that are pooled. A recording is
    the same in every run, and so is what a deterministic target does with an equal seed, or a trial that was
    given the same recorded answers. All other trials count, confirmation trials among them.
    """
    # The case without the version: a new label on the same agent makes no new observations.
    name = str(agent["id"]).partition("@")[0]
    who = (name, agent["identity"], trial.case.removeprefix(f"{agent['id']}/"))
    if not agent.get("repeatable", True):
        return (*who, "recording", trial.trial)
    if is_determined(agent, trial):
        return (*who, "seed", trial.seed)
    if trial.answers:
        return (*who, "answers", trial.answers)
    return (*who, run, trial.trial)


def is_determined(agent: Mapping[str, Any], trial: TrialResult) -> bool:
    """Whether the trial comes out the same with an equal seed: not where a model played the user or judged,
    whatever the target.
    """
    return bool(agent.get("deterministic", False)) and not trial.harness_usage
