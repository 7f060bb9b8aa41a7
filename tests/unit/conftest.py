"""Agents in code, for stages that need no files."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_arc.domain.plan import AgentPlan, Origin
from pytest_arc.domain.profile import AgentProfile
from pytest_arc.domain.scenario import Scenario
from pytest_arc.domain.settings import Settings
from pytest_arc.planning import plan_agent

PlanAgent = Callable[..., AgentPlan]
DEFAULTS = Settings()

BOTS = """
    import asyncio

    async def agent(context):
        word, _, rest = context.user.partition(" ")
        if word == "crash":
            raise RuntimeError("no such customer")
        if word == "call":
            await context.call(rest)
        if word == "hang":
            await asyncio.sleep(600)
        early = not rest.isdigit() or context.trial <= int(rest)
        return "yes" if (word == "fail") != early else "no"

    def break_down(**arguments):
        raise OSError("on fire")

    async def take_ages(**arguments):
        await asyncio.sleep(600)

    async def nap(**arguments):
        await asyncio.sleep(0.01)

    def raise_in_check(evidence):
        raise LookupError("nothing there")
"""


@pytest.fixture
def plan_bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlanAgent]:
    """`plan_bot({"a": "pass"}, trials=3)`: an agent that passes, fails or crashes as its user says."""
    (tmp_path / "bots_in_code.py").write_text(textwrap.dedent(BOTS), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def plan(scenarios: dict[str, Any], settings: Settings = DEFAULTS, **profile: Any) -> AgentPlan:
        tool = {"name": "broken", "behavior": {"kind": "python", "function": "bots_in_code:break_down"}}
        keys = {"name": "bot", "target": {"python": "bots_in_code:agent"}, "tools": [tool], **profile}
        entries = [
            (Scenario.model_validate({"id": id, **_unfold(scenario)}), Origin("scenarios.yaml", line))
            for line, (id, scenario) in enumerate(scenarios.items(), 3)
        ]
        return plan_agent(AgentProfile.model_validate(keys), "bot.yaml", entries, settings)

    yield plan
    sys.modules.pop("bots_in_code", None)


def _unfold(scenario: str | dict[str, Any]) -> dict[str, Any]:
    keys = {"user": scenario} if isinstance(scenario, str) else scenario
    return {"expect": [{"answer_contains": "yes"}], **keys}
