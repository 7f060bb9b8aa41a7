"""Agents whose true rates a test knows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_arc.domain.plan import AgentPlan, Case, Origin
from pytest_arc.domain.profile import AgentProfile
from pytest_arc.domain.scenario import Scenario


@pytest.fixture
def agent() -> Callable[..., AgentPlan]:
    """`agent(scenarios=60, trials=5, groups=5)`: scenarios `g0/s0`, `g1/s1`, ..., `g0/s5`, ..."""

    def make(scenarios: int, trials: int, groups: int = 1) -> AgentPlan:
        profile = AgentProfile.model_validate({"name": "bot", "target": {"python": "agents:agent"}})
        expect = [{"answer_contains": "yes"}]
        cases = tuple(
            Case(
                profile=profile,
                scenario=Scenario.model_validate(
                    {"id": f"g{n % groups}/s{n}", "user": "go", "expect": expect}
                ),
                trials=trials,
                max_trials=trials,
                limits=profile.limits,
                origin=Origin("scenarios.yaml", 3),
            )
            for n in range(scenarios)
        )
        return AgentPlan(profile, "bot.yaml", cases, trials, trials)

    return make
