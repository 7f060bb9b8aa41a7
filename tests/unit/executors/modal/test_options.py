"""How many trials are made at the same time in containers, when no setting says it."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_arc.domain.plan import AgentPlan, Plan
from pytest_arc.domain.profile import AgentProfile
from pytest_arc.executors.modal.options import ModalOptions


async def wait(text: str) -> str:
    return text


def compute(text: str) -> str:
    return text


def _plan(*targets: dict[str, Any]) -> Plan:
    profiles = [
        AgentProfile.model_validate({"name": f"bot{number}", "target": target})
        for number, target in enumerate(targets)
    ]
    return Plan(tuple(AgentPlan(profile, "bot.yaml", (), 1, 1) for profile in profiles))


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


def test_as_many_trials_as_containers_take_and_no_more_than_the_client_can_wait_for() -> None:
    assert ModalOptions().choose_concurrency(_plan(ASYNC), 8) == 250
    assert ModalOptions(containers=7).choose_concurrency(_plan(PLAIN), 8) == 7
    assert ModalOptions(containers=500).choose_concurrency(_plan(ASYNC), 8) == 1000
