"""One trial without the rest of a run: a context with a small world, in which a target converses."""

from __future__ import annotations

import asyncio
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pytest_arc.domain.scenario import Limits, User
from pytest_arc.domain.trajectory import Trajectory
from pytest_arc.errors import ToolSimulatorError
from pytest_arc.targets import AgentContext, Target
from pytest_arc.targets.context import Clock
from pytest_arc.users.scripted import ScriptedUser


@dataclass(frozen=True)
class Answer:
    content: str
    is_error: bool = False
    fault: str | None = None
    latency_s: float = 0.0


async def echo_tool(tool: str, arguments: dict[str, Any]) -> Answer:
    """`broken` breaks, `slow` takes five simulated seconds, any other tool says what it was called with."""
    if tool == "broken":
        raise ToolSimulatorError("the simulated tool 'broken' broke")
    return Answer(f"{tool} {arguments}", latency_s=5.0 if tool == "slow" else 0.0)


@dataclass
class Trial:
    """One conversation; its context is there afterwards, however it ended."""

    says: tuple[str, ...] = ("Hello",)
    limits: Limits = field(default_factory=Limits)
    watchdog_s: float | None = None

    def __post_init__(self) -> None:
        self.context = AgentContext(
            system_prompt="Be kind",
            tools=(),
            seed=7,
            trial=1,
            scenario="greetings/hello",
            limits=self.limits,
            clock=Clock("wall"),
            call_tool=echo_tool,
        )

    def run(self, target: Target) -> Trajectory:
        asyncio.run(self.converse(target))
        return self.context.finish()

    async def converse(self, target: Target) -> None:
        async with asyncio.timeout(self.watchdog_s):
            await target.run(self.context, ScriptedUser(User(says=self.says)))


@pytest.fixture
def write_agents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Write the module `agents`, as it would stand in the project of a user."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def write(code: str) -> None:
        (tmp_path / "agents.py").write_text(textwrap.dedent(code), encoding="utf-8")

    yield write
    sys.modules.pop("agents", None)
