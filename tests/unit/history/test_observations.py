"""What history counts once, and what it counts each time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.trajectory import Usage
from pytest_arc.history.observations import identify_observation


def _agent(**facts: Any) -> dict[str, Any]:
    return {"id": "bot@v1", "identity": "abc", "deterministic": False, "repeatable": True, **facts}


def _trial(trial: int = 1, seed: int = 7, agent: str = "bot@v1") -> TrialResult:
    return TrialResult(f"{agent}/a/b", trial, seed, "passed", None, "", (), {}, 1.0)


def test_trials_of_a_live_agent_count_each_time_even_with_equal_seeds() -> None:
    first = identify_observation(_agent(), "run-1", _trial())
    assert first != identify_observation(_agent(), "run-2", _trial())
    assert first != identify_observation(_agent(), "run-1", _trial(trial=2))


def test_an_equal_seed_on_a_deterministic_agent_counts_once() -> None:
    agent = _agent(deterministic=True)
    first = identify_observation(agent, "run-1", _trial())
    assert first == identify_observation(agent, "run-2", _trial())
    assert first != identify_observation(agent, "run-2", _trial(seed=8))


@pytest.mark.parametrize("who", ["user", "judge"])
def test_a_model_beside_a_deterministic_agent_makes_every_trial_count(who: str) -> None:
    agent = _agent(deterministic=True)
    played = replace(_trial(), harness_usage={who: Usage(model_calls=1)})
    first = identify_observation(agent, "run-1", played)
    assert first != identify_observation(agent, "run-2", played)
    recorded = replace(played, answers="f00d")
    assert identify_observation(agent, "run-1", recorded) == identify_observation(agent, "run-2", recorded)


def test_a_recording_counts_once_whatever_the_seed() -> None:
    agent = _agent(deterministic=True, repeatable=False)
    first = identify_observation(agent, "run-1", _trial(seed=7))
    assert first == identify_observation(agent, "run-2", _trial(seed=8))
    assert first != identify_observation(agent, "run-2", _trial(trial=2))


def test_another_version_label_on_the_same_agent_makes_no_new_observation() -> None:
    old, new = _agent(deterministic=True), _agent(id="bot@v2", deterministic=True)
    assert identify_observation(old, "1", _trial()) == identify_observation(new, "2", _trial(agent="bot@v2"))


def test_another_agent_makes_observations_of_its_own() -> None:
    one, other = _agent(deterministic=True), _agent(deterministic=True, identity="def")
    assert identify_observation(one, "1", _trial()) != identify_observation(other, "2", _trial())


def test_a_trial_that_was_given_recorded_answers_is_the_trial_they_were_recorded_in() -> None:
    live, replayed = replace(_trial(), answers="f00d"), replace(_trial(), answers="f00d", replayed=True)
    first = identify_observation(_agent(), "run-1", live)
    assert first == identify_observation(_agent(), "run-2", replayed)
    assert first != identify_observation(_agent(), "run-2", replace(replayed, answers="beef"))
