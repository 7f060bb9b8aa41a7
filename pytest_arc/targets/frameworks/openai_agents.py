"""The OpenAI Agents SDK: simulated tools as function tools, run hooks to watch.

The SDK's own tracing is off in trials: it would send what simulated users say to OpenAI.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

from agents import (
    Agent,
    FunctionTool,
    ModelResponse,
    RunConfig,
    RunContextWrapper,
    RunHooks,
    Runner,
    Tool,
    TResponseInputItem,
)
from agents.tool_context import ToolContext
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage
from pydantic_core import to_json

from pytest_arc.domain.trajectory import ToolCall
from pytest_arc.providers import ToolSchema
from pytest_arc.targets.context import AgentContext
from pytest_arc.targets.sightings import Watch
from pytest_arc.telemetry.capture import Capture
from pytest_arc.telemetry.spans import ModelSpan, ToolSpan, parse_arguments

__all__ = ["make_tool", "open_conversation"]


def make_tool(schema: ToolSchema, context: AgentContext) -> FunctionTool:
    async def call(tool_context: ToolContext[Any], arguments: str) -> str:
        parsed = parse_arguments(arguments or "{}")
        return (await context.call_with(schema.name, parsed, tool_context.tool_call_id)).content

    return FunctionTool(
        name=schema.name,
        description=schema.description,
        params_json_schema=dict(schema.parameters),
        on_invoke_tool=call,
        strict_json_schema=False,
    )


def open_conversation(
    built: Any, context: AgentContext, watch: Watch, prompt: str
) -> Callable[[], Awaitable[str]]:
    agent, own = cast("tuple[Any, Any]", built) if isinstance(built, tuple) else (built, None)
    if not isinstance(agent, Agent):
        raise TypeError(f"it returned an object of type {type(agent).__name__}, no agents.Agent")
    agent = cast("Agent[Any]", agent)
    simulated = frozenset(schema.name for schema in context.tools)
    return _Conversation(agent, own, context, _Watcher(watch.capture, simulated), prompt).answer


class _Conversation:
    def __init__(
        self, agent: Agent[Any], own: Any, context: AgentContext, hooks: RunHooks[Any], prompt: str
    ) -> None:
        self._agent = agent
        self._own = own
        self._context = context
        self._hooks = hooks
        self._items: list[TResponseInputItem] = [{"role": "system", "content": prompt}] if prompt else []

    async def answer(self) -> str:
        self._items.append({"role": "user", "content": self._context.user})
        result = await Runner.run(
            self._agent,
            self._items,
            context=self._own,
            max_turns=self._context.limits.max_steps + 1,
            hooks=self._hooks,
            run_config=RunConfig(tracing_disabled=True),
        )
        self._items = result.to_input_list()
        self._agent = result.last_agent
        output = result.final_output
        return output if isinstance(output, str) else to_json(output).decode()


class _Watcher(RunHooks[Any]):
    """Tells a capture of the models, and of the tools that are not simulated: those tell themselves."""

    def __init__(self, capture: Capture, simulated: frozenset[str]) -> None:
        self._capture = capture
        self._simulated = simulated
        self._numbers = itertools.count(1)
        self._asked: dict[int, int] = {}
        self._runs: dict[tuple[str, str], tuple[int, ToolSpan]] = {}

    async def on_llm_start(
        self,
        context: RunContextWrapper[Any],
        agent: Agent[Any],
        system_prompt: str | None,
        input_items: list[TResponseInputItem],
    ) -> None:
        self._asked[id(agent)] = number = next(self._numbers)
        self._capture.begin(number, None, lambda: None, asks_model=True)

    async def on_llm_end(
        self, context: RunContextWrapper[Any], agent: Agent[Any], response: ModelResponse
    ) -> None:
        self._capture.end(self._asked.pop(id(agent)), _read_response(response, agent))

    async def on_tool_start(self, context: RunContextWrapper[Any], agent: Agent[Any], tool: Tool) -> None:
        if tool.name in self._simulated:
            return
        run = ToolSpan(tool=tool.name, arguments={})
        if isinstance(context, ToolContext):
            run = ToolSpan(
                tool=tool.name,
                arguments=parse_arguments(context.tool_arguments or "{}"),
                id=context.tool_call_id,
            )
        number = next(self._numbers)
        self._runs[tool.name, run.id or ""] = number, run
        self._capture.begin(number, None, lambda: run)

    async def on_tool_end(
        self, context: RunContextWrapper[Any], agent: Agent[Any], tool: Tool, result: object
    ) -> None:
        id = context.tool_call_id if isinstance(context, ToolContext) else ""
        if (tool.name, id) in self._runs:
            number, run = self._runs.pop((tool.name, id))
            self._capture.end(number, replace(run, content=_write(result)))


def _read_response(response: ModelResponse, agent: Agent[Any]) -> ModelSpan:
    texts: list[str] = []
    requests: list[ToolCall] = []
    for item in response.output:
        if isinstance(item, ResponseOutputMessage):
            texts += [part.text for part in item.content if part.type == "output_text"]
        elif isinstance(item, ResponseFunctionToolCall):
            arguments = parse_arguments(item.arguments or "{}")
            requests.append(ToolCall(id=item.call_id, tool=item.name, arguments=arguments))
    usage = response.usage
    is_told = usage.total_tokens > 0
    model = agent.model if isinstance(agent.model, str) else getattr(agent.model, "model", "")
    return ModelSpan(
        text="\n".join(texts),
        requests=tuple(requests),
        provider="openai",
        model=str(model or ""),
        input_tokens=usage.input_tokens if is_told else None,
        output_tokens=usage.output_tokens if is_told else None,
        cached_tokens=usage.input_tokens_details.cached_tokens or 0,
        has_tool_spans=True,
    )


def _write(value: object) -> str:
    return value if isinstance(value, str) else to_json(value, fallback=str).decode()
