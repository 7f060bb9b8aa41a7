"""One model call: messages and tool schemas in, one reply out.

A provider is anything with `async complete(request) -> Reply`. What surrounds a call (recording, limits,
retries, price) wraps `complete` in layers; the loop that calls tools is in `pytest_arc.targets.model`.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

from pydantic import Field

from pytest_arc.domain.frozen import Frozen
from pytest_arc.domain.trajectory import Usage

__all__ = ["ChatMessage", "Provider", "Reply", "Request", "ToolRequest", "ToolSchema"]


class ToolSchema(Frozen):
    """A tool as a model sees it."""

    name: str
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)
    """JSON schema."""


class ToolRequest(Frozen):
    """A tool call that a model asks for."""

    id: str
    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    malformed: str | None = None
    """The arguments as the model wrote them, when that is no JSON object; then there are no others."""


class ChatMessage(Frozen):
    """One message of the conversation, as a model sees it."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str = ""
    tool_requests: tuple[ToolRequest, ...] = ()
    """Of an assistant message."""
    tool_request_id: str | None = None
    """Of a tool message: the request it answers."""
    is_error: bool = False
    native: Any = None
    """Of an assistant message: `Reply.native`, handed back to the provider."""


class Request(Frozen):
    """Everything a provider is told for one call."""

    messages: tuple[ChatMessage, ...]
    tools: tuple[ToolSchema, ...] = ()
    settings: dict[str, Any] = Field(default_factory=dict)
    seed: int = 0
    """Of the trial and the purpose; the same for every call of one trial."""
    call: int = 1
    """Counts the calls of one trial from 1."""


class Reply(Frozen):
    """One answer of a model: text, tool calls, or both."""

    text: str = ""
    tool_requests: tuple[ToolRequest, ...] = ()
    usage: Usage = Usage()
    model: str = ""
    """The model that answered, as the provider names it."""
    request_id: str = ""
    """What the provider calls this answer, for its support and its logs."""
    native: Any = None
    """The answer in the provider's own form, as JSON, where text and tool requests do not hold all of it: a
    model that thinks wants its thoughts back."""
    replayed: bool = False
    """It comes from a recording: it was paid for when that was made."""
    latency_s: float = 0.0
    """Simulated time to add to the trial's clock; 0 for a provider that really takes its time."""


class Provider(Protocol):
    async def complete(self, request: Request) -> Reply:
        """Answer one request. Raises AgentError or InfrastructureError, by whose doing it was."""
        ...
