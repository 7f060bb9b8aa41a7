"""How many trials are made at the same time in containers, when no setting says it."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_arc.domain.calls import CallOptions
from pytest_arc.domain.forecast import TrialPace
from pytest_arc.domain.plan import AgentPlan, Case, Origin, Plan
from pytest_arc.domain.profile import AgentProfile
from pytest_arc.domain.scenario import Limits, Scenario
from pytest_arc.domain.settings import Settings
from pytest_arc.executors.modal.costs import find_limit
from pytest_arc.executors.modal.options import ModalOptions


async def wait(text: str) -> str:
    return text


def compute(text: str) -> str:
    return text


def _plan(*targets: dict[str, Any], trials: int = 100) -> Plan:
    """An agent with one case for each of the targets."""
    agents: list[AgentPlan] = []
    for number, target in enumerate(targets):
        profile = AgentProfile.model_validate({"name": f"bot{number}", "target": target})
        scenario = Scenario.model_validate({"id": "a/b", "user": "hi", "expect": [{"answer_contains": "hi"}]})
        case = Case(profile, scenario, trials, trials, Limits(), Origin("s.yaml", 1))
        agents.append(AgentPlan(profile, "bot.yaml", (case,), trials, trials))
    return Plan(tuple(agents), selected=frozenset(case.id for agent in agents for case in agent.cases))


ASYNC = {"python": f"{__name__}:wait"}
PLAIN = {"python": f"{__name__}:compute"}


@pytest.mark.parametrize(
    "targets,inputs",
    [([ASYNC], 5), ([PLAIN], 1), ([{"reference": "reference"}], 1), ([ASYNC, PLAIN], 1)],
    ids=["async", "plain", "computed", "both"],
)
def test_only_async_agents_share_a_container(targets: list[dict[str, Any]], inputs: int) -> None:
    assert ModalOptions().choose_inputs(_plan(*targets)) == inputs
    assert ModalOptions(inputs=3).choose_inputs(_plan(*targets)) == 3


@pytest.mark.parametrize(
    "named,limit",
    [("openai:gpt-5-mini", "openai:gpt-5-mini"), ("openai:*", "openai:*"), ("anthropic:*", None)],
)
def test_the_limit_of_an_agent_is_that_of_its_model_or_of_its_provider(named: str, limit: str | None) -> None:
    (agent,) = _plan({"model": "openai:gpt-5-mini"}).agents
    options = CallOptions(requests_per_minute=60)
    assert find_limit(agent, {named: options}) == (None if limit is None else (limit, options))


def test_a_run_is_not_estimated_before_each_of_its_agents_has_been_measured() -> None:
    plan = _plan(ASYNC, PLAIN)
    paces = {"bot0": TrialPace(time_s=10)}
    first = ModalOptions().announce(plan, Settings(), lambda agent: paces.get(agent.profile.name))
    paces["bot1"] = TrialPace(time_s=20)
    second = ModalOptions().announce(plan, Settings(), lambda agent: paces.get(agent.profile.name))
    assert first == ["modal: no earlier run tells what this one takes; a new image takes a minute or two"]
    assert second == [
        "modal: 200 trials in 50 containers: about 64 s, less than $0.01 (estimate); here about 60 s",
        "modal gains nothing: trials so few or short take less time here (--arc-executor local)",
    ]


def test_limits_are_divided_among_the_containers_that_will_be_up() -> None:
    assert ModalOptions().count_containers(_plan(ASYNC, trials=100), Settings()) == 20
    assert ModalOptions().count_containers(_plan(ASYNC, trials=10_000), Settings()) == 50
    assert ModalOptions().count_containers(_plan(ASYNC, trials=1), Settings()) == 1


def test_as_many_trials_as_containers_take_and_no_more_than_the_client_can_wait_for() -> None:
    assert ModalOptions().choose_concurrency(_plan(ASYNC), 8) == 250
    assert ModalOptions(containers=7).choose_concurrency(_plan(PLAIN), 8) == 7
    assert ModalOptions(containers=500).choose_concurrency(_plan(ASYNC), 8) == 1000
