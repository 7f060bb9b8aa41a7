"""The reference policy: a simulated agent whose faults are known.

It lets every part of the product be seen without a key, and tests the product with an agent that is
understood. It simulates how a prompt is *read*, and proves nothing about a language model.

It sees one request: messages, tool schemas, a seed and the number of the call; nothing of profile,
scenario, world or files. `docs/reference-policy.md` says what it understands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pytest_arc.domain.trajectory import Usage
from pytest_arc.errors import InfrastructureError
from pytest_arc.providers import ChatMessage, Reply, Request, ToolRequest, ToolSchema
from pytest_arc.providers.reference.conversation import Conversation, Spoken, Wanted
from pytest_arc.providers.reference.directives import DEFAULTS, Directive, Reading, read_directives
from pytest_arc.providers.reference.policy import answer

__all__ = ["DEFAULTS", "Directive", "Reading", "ReferenceProvider", "covers", "decide", "read_directives"]


class ReferenceProvider:
    """Answers by rules. Settings: `slip_rate`, how often it slips at a decision (default 0.02)."""

    deterministic: ClassVar[bool] = True

    async def complete(self, request: Request) -> Reply:
        """Raises InfrastructureError for a request outside the policy's range."""
        return decide(request)


def decide(request: Request) -> Reply:
    """The reply to one request; a pure function of it. Raises InfrastructureError as `complete` does."""
    talk = Conversation(request)
    said, task = "", None
    try:
        while (turn := talk.hear()) is not None:
            said, task = answer(talk, turn, task)
    except Wanted as wanted:
        return _reply(request, "", (wanted.request,))
    except Spoken as spoken:
        said = str(spoken)
    return _reply(request, said, ())


def covers(system_prompt: str, user_text: str, tools: Sequence[ToolSchema]) -> str | None:
    """Why the policy cannot do a request, as far as that can be said beforehand; None when it can."""
    messages = (ChatMessage(role="system", text=system_prompt), ChatMessage(role="user", text=user_text))
    try:
        decide(Request(messages=messages, tools=tuple(tools), settings={"slip_rate": 0}))
    except InfrastructureError as error:
        return str(error)
    return None


def _reply(request: Request, text: str, calls: tuple[ToolRequest, ...]) -> Reply:
    """The reply with simulated usage (four characters are a token) and latency (0.4 s and 10 ms a token)."""
    read = sum(len(message.text) for message in request.messages) // 4
    written = (len(text) + sum(len(str(call.arguments)) for call in calls)) // 4
    return Reply(
        text=text,
        tool_requests=calls,
        usage=Usage(model_calls=1, input_tokens=read, output_tokens=written, cost_usd=0.0),
        model="reference",
        latency_s=round(0.4 + 0.01 * written, 3),
    )
