"""Agents that are built with a framework: LangGraph, the OpenAI Agents SDK, pydantic-ai.

    target:
      langgraph: "my_package.agents:build_graph"

The builder is a function of the user, plain or async, called once for each trial. It takes what it wants of

* `tools`: the simulated tools of the profile, as tools of the framework;
* `system_prompt`: of the profile. A builder that does not take it has it put in front of the conversation;
* `context`: the `AgentContext`;

and returns the agent: a graph, an `agents.Agent`, a `pydantic_ai.Agent`. Of the last two it may return a pair
with what the framework hands to tools (`context`, `deps`).

What is here imports no framework: each has a module of its own, imported when a trial needs it.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Protocol, cast

from pydantic import Field

from pytest_arc.domain.score import Observation
from pytest_arc.errors import MissingExtra
from pytest_arc.extras import require
from pytest_arc.providers import ToolSchema
from pytest_arc.registry import import_object
from pytest_arc.targets import AgentContext, InProcessTarget, UserTurns, converse
from pytest_arc.targets.exits import intercept_exit
from pytest_arc.targets.failures import raise_for_agent
from pytest_arc.targets.functions import EntryPoint, find_import_trouble, hash_sources
from pytest_arc.targets.setup import set_up
from pytest_arc.targets.sightings import Watch, watch_agent

__all__ = ["Bridge", "FrameworkTarget", "LanggraphTarget", "OpenaiAgentsTarget", "PydanticAITarget"]

Answer = Callable[[], Awaitable[str]]


class Bridge(Protocol):
    """What a framework's module does."""

    def make_tool(self, schema: ToolSchema, context: AgentContext) -> Any:
        """A tool of the framework that calls the simulated one, with the arguments exactly as they come."""
        ...

    def open_conversation(self, built: Any, context: AgentContext, watch: Watch, prompt: str) -> Answer:
        """A function that lets the agent answer the latest user turn.

        `prompt` is to be put in front, unless empty. What the agent does, other than calling simulated
        tools, is told to `watch.capture`. Raises TypeError when `built` is no agent of the framework.
        """
        ...


class FrameworkTarget(InProcessTarget):
    """An agent of a framework, built once per trial by a function of the user."""

    observes: ClassVar[frozenset[Observation]] = frozenset({"answer", "tool_calls", "usage", "latency"})
    uses_world: ClassVar[bool] = True
    needs: ClassVar[tuple[tuple[str, str], ...]]
    """What must be installed: modules, each with the extra that brings it."""
    bridge: ClassVar[str]
    """Name of the module here that knows the framework."""

    builder: EntryPoint
    """The function that builds the agent. In YAML it stands under the name of the target."""
    setup: EntryPoint | None = None
    """A context manager of the user, entered before each trial and left after it: for fakes of their own."""

    def describe(self) -> str:
        return f"{self.kind} {self.builder}"

    def identify(self) -> dict[str, Any]:
        return {**self.model_dump(mode="json"), "sources": hash_sources(self.builder)}

    def verify(self) -> str | None:
        try:
            for module, extra in self.needs:
                require(module, extra)
        except MissingExtra as missing:
            return f"target {self.kind}: {missing}"
        for path in filter(None, (self.builder, self.setup)):
            if trouble := find_import_trouble(path):
                return trouble
        try:
            _list_parameters(self.builder)
        except TypeError as error:
            return f"'{self.builder}' cannot be called: {error}"
        return None

    async def run(self, context: AgentContext, user: UserTurns) -> None:
        """Hold the conversation. Raises AgentError for what the agent does wrong, ProviderError for its
        model's provider."""
        intercept_exit()
        context.serve_threads()
        async with set_up(self.setup, context):
            with watch_agent(context, sees_all=True) as watch:
                answer = await self._open(context, watch)
                await converse(context, user, lambda: watch.record(lambda: _answer(answer, context)))

    async def _open(self, context: AgentContext, watch: Watch) -> Answer:
        bridge = cast("Bridge", importlib.import_module(f"{__name__}.{self.bridge}"))
        offers: dict[str, Any] = {
            "tools": [bridge.make_tool(schema, context) for schema in context.tools],
            "system_prompt": context.system_prompt,
            "context": context,
        }
        parameters = _list_parameters(self.builder)
        prompt = "" if "system_prompt" in parameters else context.system_prompt
        try:
            built = import_object(self.builder)(**{name: offers[name] for name in parameters})
            if inspect.isawaitable(built):
                built = await built
            return bridge.open_conversation(built, context, watch, prompt)
        except BaseException as error:
            raise_for_agent(error, context, f"builder {self.builder}")


OFFERED = ("tools", "system_prompt", "context")
_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _list_parameters(builder: str) -> tuple[str, ...]:
    """What the builder takes of what is offered. Raises TypeError for a parameter that would get nothing."""
    taken: list[str] = []
    for parameter in inspect.signature(import_object(builder)).parameters.values():
        if parameter.name in OFFERED and parameter.kind is not parameter.POSITIONAL_ONLY:
            taken.append(parameter.name)
        elif parameter.default is parameter.empty and parameter.kind not in _VARIADIC:
            offered = ", ".join(OFFERED)
            raise TypeError(f"its parameter '{parameter.name}' would get no value; there are {offered}")
    return tuple(taken)


async def _answer(answer: Answer, context: AgentContext) -> str:
    try:
        text = await answer()
    except BaseException as error:
        raise_for_agent(error, context)
    context.raise_trouble()
    context.check_time()
    return text


class LanggraphTarget(FrameworkTarget):
    """A LangGraph graph whose state has `messages`."""

    kind: ClassVar[str] = "langgraph"
    needs: ClassVar[tuple[tuple[str, str], ...]] = (("langgraph.graph", "langgraph"),)
    bridge: ClassVar[str] = "langgraph"

    builder: EntryPoint = Field(alias="langgraph")


class OpenaiAgentsTarget(FrameworkTarget):
    """An agent of the OpenAI Agents SDK."""

    kind: ClassVar[str] = "openai_agents"
    needs: ClassVar[tuple[tuple[str, str], ...]] = (("agents", "openai-agents"),)
    bridge: ClassVar[str] = "openai_agents"

    builder: EntryPoint = Field(alias="openai_agents")


class PydanticAITarget(FrameworkTarget):
    """An agent of pydantic-ai, observed by the spans it emits."""

    kind: ClassVar[str] = "pydantic_ai"
    needs: ClassVar[tuple[tuple[str, str], ...]] = (
        ("pydantic_ai", "models"),
        ("opentelemetry.sdk.trace", "otel"),
    )
    bridge: ClassVar[str] = "pydantic_ai"

    builder: EntryPoint = Field(alias="pydantic_ai")
