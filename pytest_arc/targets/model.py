"""The agent that is a system prompt, tools and a model: the loop that lets the model call the tools."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import AliasChoices, Field, field_validator
from pydantic_core import PydanticCustomError

from pytest_arc.domain.frozen import find_named
from pytest_arc.domain.score import Observation
from pytest_arc.fingerprint import derive_seed
from pytest_arc.providers import ChatMessage, Provider, Reply, Request, ToolRequest
from pytest_arc.providers.factory import make_provider
from pytest_arc.registry import PROVIDERS
from pytest_arc.targets import AgentContext, Target, UserTurns, converse

__all__ = ["ModelTarget", "make_provider"]


class ModelTarget(Target):
    """`target: reference`, `target: {model: reference, settings: {...}}`."""

    kind: ClassVar[str] = "model"
    observes: ClassVar[frozenset[Observation]] = frozenset({"answer", "tool_calls", "usage", "latency"})
    uses_world: ClassVar[bool] = True

    model: str = Field(validation_alias=AliasChoices("model", "reference"))
    """Name of a registered provider."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """Handed to the provider with every request; the reference policy knows `slip_rate`."""

    @field_validator("model")
    @classmethod
    def _is_registered(cls, model: str) -> str:
        if ":" in model:
            raise PydanticCustomError(
                "not_supported_yet",
                "not supported yet: models of providers such as '{model}'",
                {"model": model},
            )
        find_named(PROVIDERS, model)
        return model

    @property
    def deterministic(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether the provider says so of itself, in an attribute `deterministic`."""
        return bool(getattr(PROVIDERS.find(self.model), "deterministic", False))

    def describe(self) -> str:
        return "reference policy, not an LLM" if self.model == "reference" else f"model {self.model}"

    async def run(self, context: AgentContext, user: UserTurns) -> None:
        """Hold the conversation. Raises AgentError at the limits, and what the provider raises."""
        loop = _Loop(context, make_provider(self.model), self.settings)
        await converse(context, user, loop.answer)


class _Loop:
    """One trial: the messages so far, and the calls of the provider."""

    def __init__(self, context: AgentContext, provider: Provider, settings: dict[str, Any]) -> None:
        self._context = context
        self._provider = provider
        self._settings = settings
        self._seed = derive_seed(context.seed, "agent")
        self._messages: list[ChatMessage] = []
        self._calls = 0
        if context.system_prompt:
            self._messages.append(ChatMessage(role="system", text=context.system_prompt))

    async def answer(self) -> str:
        """Answer the latest user turn: call the model and its tools until it says something and asks none."""
        self._messages.append(ChatMessage(role="user", text=self._context.user))
        while True:
            reply = await self._complete()
            self._messages.append(
                ChatMessage(role="assistant", text=reply.text, tool_requests=reply.tool_requests)
            )
            if not reply.tool_requests:
                return reply.text
            for request in reply.tool_requests:
                self._messages.append(await self._call_tool(request))

    async def _complete(self) -> Reply:
        context = self._context
        self._calls += 1
        request = Request(
            messages=tuple(self._messages),
            tools=context.tools,
            settings=self._settings,
            seed=self._seed,
            call=self._calls,
        )
        before, context.waiting_for = context.waiting_for, "infrastructure"
        reply = await self._provider.complete(request)
        context.waiting_for = before
        context.count_usage(reply.usage)
        await context.spend(reply.latency_s)
        return reply

    async def _call_tool(self, request: ToolRequest) -> ChatMessage:
        result = await self._context.call_with(request.tool, request.arguments, request.id)
        return ChatMessage(
            role="tool", text=result.content, tool_request_id=request.id, is_error=result.is_error
        )
