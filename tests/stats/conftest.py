"""Agents whose true rates a test knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_arc.domain.plan import AgentPlan, Origin
from pytest_arc.domain.profile import AgentProfile
from pytest_arc.domain.scenario import Scenario
from pytest_arc.domain.settings import Settings
from pytest_arc.planning import plan_agent


@pytest.fixture(scope="session")
def agent() -> Callable[..., AgentPlan]:
    """`agent(60, 5, groups=5)`: five trials of scenarios `g0/s0`, `g1/s1`, ..., `g0/s5`, ..."""

    def make(
        scenarios: int, trials: int | dict[str, int], groups: int = 1, gates: dict[str, Any] | None = None
    ) -> AgentPlan:
        profile = AgentProfile.model_validate(
            {"name": "bot", "target": {"model": "reference"}, "trials": trials, "gates": gates or {}}
        )
        expect = [{"answer_contains": "yes"}]
        found = [
            Scenario.model_validate({"id": f"g{n % groups}/s{n}", "user": "go", "expect": expect})
            for n in range(scenarios)
        ]
        places = [(scenario, Origin("scenarios.yaml", 3)) for scenario in found]
        return plan_agent(profile, "bot.yaml", places, Settings())

    return make
