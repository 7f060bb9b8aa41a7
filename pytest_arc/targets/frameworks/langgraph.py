"""LangGraph: simulated tools as LangChain tools, one thread of conversation per trial, callbacks to watch."""

# LangGraph is typed in part only: in strict mode every second line would be a cast.
# pyright: basic, reportMissingTypeStubs=false

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, LLMResult
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.graph import StateGraph
from langgraph.pregel import Pregel
from langgraph.types import Command
from pydantic import PrivateAttr

from pytest_arc.domain.trajectory import ToolCall
from pytest_arc.errors import AgentError
from pytest_arc.providers import ToolSchema
from pytest_arc.targets.context import AgentContext
from pytest_arc.targets.sightings import Watch
from pytest_arc.telemetry.capture import Capture
from pytest_arc.telemetry.spans import ModelSpan, ToolSpan, parse_arguments

__all__ = ["SimulatedTool", "make_tool", "open_conversation"]


class SimulatedTool(BaseTool):
    """Calls a simulated tool. LangChain does not look at the arguments: that is part of the simulation."""

    _context: AgentContext = PrivateAttr()

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        arguments, id = _read_input(input)
        return await self._call(arguments, id)

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """For nodes that are plain functions, which LangGraph runs in threads."""
        return asyncio.run(self.ainvoke(input))

    async def _arun(self, **arguments: Any) -> Any:
        return await self._call(arguments, None)

    def _run(self, **arguments: Any) -> Any:
        return asyncio.run(self._call(arguments, None))

    async def _call(self, arguments: dict[str, Any], id: str | None) -> Any:
        result = await self._context.call_with(self.name, arguments, id)
        if id is None:
            return result.content
        status = "error" if result.is_error else "success"
        return ToolMessage(content=result.content, name=self.name, tool_call_id=id, status=status)


def make_tool(schema: ToolSchema, context: AgentContext) -> SimulatedTool:
    tool = SimulatedTool(
        name=schema.name, description=schema.description, args_schema=dict(schema.parameters)
    )
    tool._context = context
    return tool


def open_conversation(
    built: Any, context: AgentContext, watch: Watch, prompt: str
) -> Callable[[], Awaitable[str]]:
    graph = built.compile() if isinstance(built, StateGraph) else built
    if not isinstance(graph, Pregel):
        raise TypeError(f"it returned an object of type {type(built).__name__}, no graph")
    return _Conversation(graph, context, _Watcher(watch.capture), prompt).answer


class _Conversation:
    """One trial. A graph with a checkpointer keeps the messages; to one without they are given each time."""

    def __init__(self, graph: Any, context: AgentContext, watcher: BaseCallbackHandler, prompt: str) -> None:
        self._graph = graph
        self._context = context
        self._messages: list[AnyMessage] = [SystemMessage(prompt)] if prompt else []
        self._is_interrupted = False
        own_limit = (graph.config or {}).get("recursion_limit")
        # A step of ours is a round of the graph: its model's node and its tools' node. One round more lets
        # the limit of the profile be the one that is named.
        limit = 2 * context.limits.max_steps + 2
        self._config: RunnableConfig = {
            "configurable": {"thread_id": f"{context.scenario}#{context.trial}-{uuid4().hex[:12]}"},
            "recursion_limit": min(limit, own_limit or limit),
            "callbacks": [watcher],
        }

    async def answer(self) -> str:
        output = await self._graph.ainvoke(self._make_input(), self._config)
        interrupts = output.get("__interrupt__") if isinstance(output, dict) else None
        self._is_interrupted = bool(interrupts)
        if interrupts:
            return "\n".join(_write(interrupt.value) for interrupt in interrupts)
        messages = output.get("messages") if isinstance(output, dict) else None
        if not messages or not isinstance(messages[-1], AIMessage):
            raise AgentError("the graph ended without a message of the assistant in 'messages'")
        self._messages = [] if self._graph.checkpointer else list(messages)
        return str(messages[-1].text)

    def _make_input(self) -> Any:
        if self._is_interrupted:
            return Command(resume=self._context.user)
        return {"messages": [*self._messages, HumanMessage(self._context.user)]}


class _Watcher(BaseCallbackHandler):
    """Tells a capture of the models and of the tools of the graph's own: simulated ones tell themselves."""

    run_inline = True

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._models: dict[UUID, tuple[str, str]] = {}
        """Provider and name of the models that are asked."""
        self._runs: dict[UUID, ToolSpan] = {}

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[Any]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        told = metadata or {}
        self._models[run_id] = told.get("ls_provider") or "", told.get("ls_model_name") or ""
        self._capture.begin(run_id.int, parent_run_id and parent_run_id.int, lambda: None, asks_model=True)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        self._capture.end(run_id.int, _read_result(response, *self._models.pop(run_id, ("", ""))))

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._capture.end(run_id.int, None, is_error=True)

    def on_tool_start(
        self,
        serialized: dict[str, Any],
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        inputs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        arguments = parse_arguments(input_str) if inputs is None else inputs
        run = ToolSpan(tool=(serialized or {}).get("name") or "unknown", arguments=arguments)
        self._runs[run_id] = run
        self._capture.begin(run_id.int, parent_run_id and parent_run_id.int, lambda: run)

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        run = self._runs.pop(run_id)
        if isinstance(output, ToolMessage):
            is_error = output.status == "error"
            run = replace(run, id=output.tool_call_id, content=str(output.text), is_error=is_error)
        else:
            run = replace(run, content=_write(output))
        self._capture.end(run_id.int, run)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        run = replace(self._runs.pop(run_id), content=str(error), is_error=True)
        self._capture.end(run_id.int, run, is_error=True)


def _read_input(value: Any) -> tuple[dict[str, Any], str | None]:
    """Arguments and id of a model's request, or arguments alone."""
    if isinstance(value, dict) and value.get("type") == "tool_call":
        return dict(value["args"]), value["id"]
    return parse_arguments(value), None


def _read_result(result: LLMResult, provider: str, model: str) -> ModelSpan:
    generation = result.generations[0][0]
    message = generation.message if isinstance(generation, ChatGeneration) else None
    if not isinstance(message, AIMessage):
        return ModelSpan(text=generation.text, provider=provider, model=model, has_tool_spans=True)
    usage = message.usage_metadata
    return ModelSpan(
        text=str(message.text),
        requests=tuple(
            ToolCall(id=call["id"] or "", tool=call["name"], arguments=call["args"])
            for call in message.tool_calls
        ),
        provider=message.response_metadata.get("model_provider") or provider,
        model=message.response_metadata.get("model_name") or model,
        input_tokens=usage and usage["input_tokens"],
        output_tokens=usage and usage["output_tokens"],
        cached_tokens=(usage or {}).get("input_token_details", {}).get("cache_read", 0),
        has_tool_spans=True,
    )


def _write(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
