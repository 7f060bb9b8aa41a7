"""The agent that is a system prompt, tools and a model: the loop that lets the model call the tools."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import AliasChoices, Field, field_validator

from pytest_arc.domain.frozen import find_named
from pytest_arc.domain.score import Observation
from pytest_arc.domain.trajectory import NOTHING_USED, ToolCall, ToolResult
from pytest_arc.errors import TrialError
from pytest_arc.extras import explain_missing
from pytest_arc.fingerprint import derive_seed
from pytest_arc.providers import ChatMessage, Provider, Reply, Request, ToolRequest
from pytest_arc.providers.factory import make_provider
from pytest_arc.providers.keys import find_missing_key
from pytest_arc.providers.prices import count_failed
from pytest_arc.providers.services import find_base_url
from pytest_arc.registry import PROVIDERS
from pytest_arc.scope import redact
from pytest_arc.targets import AgentContext, Target, UserTurns, converse

__all__ = ["ModelTarget", "make_provider"]


class ModelTarget(Target):
    """`target: reference`, `target: {model: "openai:gpt-5-mini", settings: {temperature: 0}}`."""

    kind: ClassVar[str] = "model"
    observes: ClassVar[frozenset[Observation]] = frozenset({"answer", "tool_calls", "usage", "latency"})
    uses_world: ClassVar[bool] = True

    model: str = Field(validation_alias=AliasChoices("model", "reference"))
    """`provider:model`, or the name of a registered provider."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """Handed to the provider with every request: `temperature`, `max_tokens`, `timeout`; the reference policy
    knows `slip_rate`."""
    # Left out where there is none: agents keep the identity they had before this could be said.
    base_url: str | None = Field(default=None, pattern=r"^https?://", exclude_if=lambda url: url is None)
    """Of a server that is compatible with the provider's, in place of its own."""

    @field_validator("model")
    @classmethod
    def _is_known(cls, model: str) -> str:
        if ":" not in model:
            find_named(PROVIDERS, model)
        return model

    @property
    def deterministic(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether the provider says so of itself, in an attribute `deterministic`."""
        return ":" not in self.model and bool(getattr(PROVIDERS.find(self.model), "deterministic", False))

    def describe(self) -> str:
        return "reference policy, not an LLM" if self.model == "reference" else f"model {self.model}"

    def verify(self) -> str | None:
        """A model of a provider needs the extra `models`, and settings that are known there."""
        if ":" not in self.model:
            return "'base_url' is for models of providers" if self.base_url else None
        if missing := explain_missing("pydantic_ai", "models"):
            return f"model '{self.model}': {missing}"
        # Slow to import: only for those who use it.
        from pytest_arc.providers.pydantic_ai import find_trouble

        return find_trouble(self.model, self.base_url, self.settings)

    def find_missing_key(self, environ: Mapping[str, str]) -> str | None:
        """The variable of the provider's key."""
        if ":" not in self.model:
            return None
        return find_missing_key(self.model, self.base_url or find_base_url(self.model), environ)

    async def run(self, context: AgentContext, user: UserTurns) -> None:
        """Hold the conversation. Raises AgentError at the limits, and what the provider raises."""
        context.count_usage(NOTHING_USED)  # so far
        loop = _Loop(context, make_provider(self.model, self.base_url), self.settings)
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
                ChatMessage(
                    role="assistant",
                    text=reply.text,
                    tool_requests=reply.tool_requests,
                    native=reply.native,
                )
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
        try:
            reply = await self._provider.complete(request)
        except TrialError as error:
            context.count_usage(count_failed(error))
            raise
        context.waiting_for = before
        context.count_usage(reply.usage)
        if reply.request_id:
            context.record_model_call(reply.request_id, reply.model, reply.usage)
        await context.spend(reply.latency_s)
        return reply

    async def _call_tool(self, request: ToolRequest) -> ChatMessage:
        if request.malformed is not None:
            return self._refuse(request, request.malformed)
        result = await self._context.call_with(request.tool, request.arguments, request.id)
        return ChatMessage(
            role="tool", text=result.content, tool_request_id=request.id, is_error=result.is_error
        )

    def _refuse(self, request: ToolRequest, written: str) -> ChatMessage:
        """What a tool would say to arguments that are no JSON object; no tool is given them."""
        shown = written if len(written) <= 200 else redact(written)[:196] + " ..."
        content = json.dumps({"error": f"the arguments are not a JSON object: {shown}"}, ensure_ascii=False)
        self._context.record(ToolCall(id=request.id, tool=request.tool))
        self._context.record(ToolResult(id=request.id, tool=request.tool, content=content, is_error=True))
        return ChatMessage(role="tool", text=content, tool_request_id=request.id, is_error=True)
