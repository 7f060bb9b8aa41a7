"""pydantic-ai: simulated tools as tools of its own; its instrumentation is switched on, its spans watched."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from pydantic_ai import Agent, RunContext, Tool
from pydantic_ai.agent import AbstractAgent
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models.instrumented import InstrumentationSettings
from pydantic_ai.usage import UsageLimits
from pydantic_core import to_json

from pytest_arc.providers import ToolSchema
from pytest_arc.targets.context import AgentContext
from pytest_arc.targets.sightings import Watch
from pytest_arc.telemetry.capture import watch_spans

__all__ = ["make_tool", "open_conversation"]


def make_tool(schema: ToolSchema, context: AgentContext) -> Tool[Any]:
    async def call(run: RunContext[Any], /, **arguments: Any) -> str:
        return (await context.call_with(schema.name, arguments, run.tool_call_id)).content

    return Tool[Any].from_schema(
        call, schema.name, schema.description, dict(schema.parameters), takes_ctx=True
    )


def open_conversation(
    built: Any, context: AgentContext, watch: Watch, prompt: str
) -> Callable[[], Awaitable[str]]:
    agent, deps = cast("tuple[Any, Any]", built) if isinstance(built, tuple) else (built, None)
    if not isinstance(agent, AbstractAgent):
        raise TypeError(f"it returned an object of type {type(agent).__name__}, no pydantic_ai.Agent")
    _switch_on_spans()
    return _Conversation(cast("AbstractAgent[Any, Any]", agent), deps, context, prompt).answer


class _Conversation:
    def __init__(self, agent: AbstractAgent[Any, Any], deps: Any, context: AgentContext, prompt: str) -> None:
        self._agent = agent
        self._deps = deps
        self._context = context
        self._prompt = prompt or None
        self._messages: list[ModelMessage] = []

    async def answer(self) -> str:
        result = await self._agent.run(
            self._context.user,
            message_history=self._messages,
            instructions=self._prompt,
            deps=self._deps,
            usage_limits=UsageLimits(request_limit=self._context.limits.max_steps + 1),
        )
        self._messages = result.all_messages()
        output = result.output
        return output if isinstance(output, str) else to_json(output).decode()


def _switch_on_spans() -> None:
    """Of all agents, since one may call others. What the user has switched on already stays as it is."""
    watch_spans()
    if not Agent._instrument_default:  # pyright: ignore[reportPrivateUsage]
        Agent.instrument_all(InstrumentationSettings())
