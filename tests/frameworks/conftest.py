"""One trial of an agent that a framework builds, without the rest of a run."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

import pytest

from pytest_arc.domain.scenario import Limits, User
from pytest_arc.domain.trajectory import Trajectory
from pytest_arc.providers import ToolSchema
from pytest_arc.targets import AgentContext, Target
from pytest_arc.targets.context import Clock
from pytest_arc.targets.frameworks import FrameworkTarget
from pytest_arc.users.scripted import ScriptedUser

PAY = ToolSchema(
    name="pay",
    description="Pay somebody",
    parameters={
        "type": "object",
        "properties": {"amount": {"type": "number"}, "to": {"type": "string"}},
        "required": ["amount"],
    },
)
DEFAULT_LIMITS = Limits()

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    content: str
    is_error: bool = False
    fault: str | None = None
    latency_s: float = 0.0


async def answer_tool(tool: str, arguments: dict[str, Any]) -> Answer:
    """Says what it was called with; an error when that was nothing."""
    return Answer(json.dumps(arguments, sort_keys=True), is_error=not arguments)


@dataclass(frozen=True)
class Desk:
    """A target whose builder stands in the module `framework_agents`."""

    target: Target

    def make_context(self, limits: Limits = DEFAULT_LIMITS) -> AgentContext:
        return AgentContext(
            system_prompt="Be kind",
            tools=(PAY,),
            seed=7,
            trial=1,
            scenario="desk/pay",
            limits=limits,
            clock=Clock("wall"),
            call_tool=answer_tool,
        )

    def run(self, *says: str) -> Trajectory:
        """One trial, in which nothing goes wrong."""
        context = self.make_context()
        asyncio.run(self.converse(context, *says))
        return context.finish()

    async def converse(self, context: AgentContext, *says: str) -> None:
        await self.target.run(context, ScriptedUser(User(says=says or ("Pay Ann",))))


def repeat_forever(ask: Callable[..., T]) -> Iterator[T]:
    """The same call of a tool again and again, each with an id of its own."""
    return (ask("pay", {"amount": 1}, f"c{number}") for number in itertools.count(1))


@pytest.fixture
def open_desk() -> Iterator[Callable[..., Desk]]:
    """`open_desk(LanggraphTarget, build)`: a target for that builder."""
    module = ModuleType("framework_agents")

    def open_one(target: type[FrameworkTarget], build: Callable[..., Any]) -> Desk:
        vars(module)["build"] = build
        return Desk(target.model_validate({target.kind: "framework_agents:build"}))

    sys.modules["framework_agents"] = module
    yield open_one
    del sys.modules["framework_agents"]
