"""Python agents whose framework is instrumented: `traces` shows what the framework does."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from pytest_arc.domain.trajectory import ToolResult
from pytest_arc.targets.frameworks import LanggraphTarget
from pytest_arc.targets.python import PythonTarget

pytest.importorskip("langgraph", reason="langgraph is not installed: extra 'langgraph'")
pytest.importorskip("opentelemetry.sdk", reason="opentelemetry-sdk is not installed: extra 'otel'")
pytest.importorskip(
    "openinference.instrumentation.langchain",
    reason="openinference-instrumentation-langchain is not installed",
)

from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry.sdk.trace import TracerProvider

from .conftest import Desk
from .test_langgraph import ask, build_loop


@pytest.fixture
def traced() -> Iterator[ModuleType]:
    """A module with a TracerProvider, which LangChain is instrumented with."""
    module = ModuleType("framework_agents")
    provider = TracerProvider()
    vars(module)["provider"] = provider
    sys.modules["framework_agents"] = module
    instrumentor = LangChainInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    yield module
    instrumentor.uninstrument()
    del sys.modules["framework_agents"]


def test_graph_behind_a_plain_function_shows_its_tools_and_tokens(traced: ModuleType) -> None:
    @tool
    def look_up(name: str, floor: int = 1) -> str:
        """Look a name up."""
        return f"{name} lives here"

    tokens: Any = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}

    async def agent(text: str) -> str:
        call = ask("look_up", {"name": text, "floor": 2}, text="Let me see")
        entries = [
            call.model_copy(update={"usage_metadata": tokens}),
            AIMessage("Found", usage_metadata=tokens),
        ]
        output = await build_loop(entries, [look_up]).ainvoke({"messages": [("user", text)]})
        return output["messages"][-1].text

    vars(traced)["agent"] = agent
    target = PythonTarget(python="framework_agents:agent", traces="framework_agents:provider")
    desk = Desk(target)
    contexts = [desk.make_context() for _ in range(10)]

    async def run_all() -> None:
        await asyncio.gather(*(desk.converse(context, f"name {n}") for n, context in enumerate(contexts)))

    asyncio.run(run_all())

    for number, context in enumerate(contexts):
        trajectory = context.finish()
        calls = [(call.id, call.tool, call.arguments) for call in trajectory.tool_calls]
        assert calls == [("c1", "look_up", {"name": f"name {number}", "floor": 2})]
        results = [step.content for step in trajectory.steps if isinstance(step, ToolResult)]
        assert results == [f"name {number} lives here"]
        assert trajectory.answers == ("Let me see", "Found")
        assert trajectory.usage is not None
        assert (trajectory.usage.input_tokens, trajectory.usage.output_tokens) == (20, 10)


def test_instrumentation_changes_nothing_of_what_an_adapter_sees(traced: ModuleType) -> None:
    vars(traced)["build"] = lambda tools: build_loop([ask("pay", {"amount": 1}), AIMessage("Paid")], tools)
    desk = Desk(LanggraphTarget(langgraph="framework_agents:build"))
    context = desk.make_context()

    asyncio.run(desk.converse(context))

    assert [call.tool for call in context.finish().tool_calls] == ["pay"]
