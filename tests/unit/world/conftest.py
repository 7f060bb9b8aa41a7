"""One call of one tool, as an agent makes it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pytest_arc.domain.profile import Tool
from pytest_arc.domain.scenario import WorldSpec
from pytest_arc.registry import TOOLS
from pytest_arc.world.world import ToolReply, World

Call = Callable[..., ToolReply]
Answer = Callable[..., Any]


@pytest.fixture
def call() -> Call:
    """Call a built-in tool, or one's own, once in a fresh world; `world` is as in a scenario."""

    def call(tool: str | Tool, arguments: Mapping[str, Any], **world: Any) -> ToolReply:
        found: Tool = TOOLS.find(tool) if isinstance(tool, str) else tool
        place = World((found,), WorldSpec.model_validate(world), (), seed=0)
        try:
            return asyncio.run(place.call(found.name, arguments))
        finally:
            place.close()

    return call


@pytest.fixture
def answer(call: Call) -> Answer:
    """The parsed answer of a call that went well."""

    def answer(tool: str | Tool, arguments: Mapping[str, Any], **world: Any) -> Any:
        reply = call(tool, arguments, **world)
        assert not reply.is_error, reply.content
        return json.loads(reply.content)

    return answer


@pytest.fixture
def complain(call: Call) -> Callable[..., str]:
    """The sentence the agent sees when a call went wrong."""

    def complain(tool: str | Tool, arguments: Mapping[str, Any], **world: Any) -> str:
        reply = call(tool, arguments, **world)
        assert reply.is_error, reply.content
        return json.loads(reply.content)["error"]

    return complain
