"""Models of providers, through pydantic-ai: one request, one answer.

Its agents, retries and tools are not used: the loop is ours (`targets/model.py`), and so are the layers
around a call. Needs the extra `models`.
"""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import AsyncGenerator, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, ClassVar, cast, get_type_hints
from weakref import WeakKeyDictionary

from pydantic_ai.direct import model_request
from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    UserError,
)
from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelRequest,
    ModelRequestPart,
    ModelResponse,
    ModelResponsePart,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import Model, ModelRequestParameters, infer_model
from pydantic_ai.providers import Provider as HostProvider
from pydantic_ai.providers import infer_provider, infer_provider_class
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition
from pydantic_core import from_json

from pytest_arc.domain.trajectory import Usage
from pytest_arc.errors import AgentError
from pytest_arc.providers import ChatMessage, Reply, Request, ToolRequest, ToolSchema
from pytest_arc.providers.keys import find_key, list_key_variables
from pytest_arc.providers.prices import price_response
from pytest_arc.providers.troubles import explain_size, explain_trouble
from pytest_arc.registry import find_near_miss

__all__ = ["PydanticAIProvider", "find_trouble"]


MAX_ANSWER = 4_000_000
"""Characters: about a million tokens. What sends more is no model, and would be kept, redacted and judged."""


@dataclass(frozen=True, slots=True)
class _Address:
    """Which model, and where."""

    model: str
    base_url: str | None = None


class PydanticAIProvider:
    """A `provider:model` that pydantic-ai knows, at its own address or at `base_url`.

    The settings of a request are pydantic-ai's model settings: `temperature`, `max_tokens`, `timeout` in
    seconds, `openai_reasoning_effort`, ...
    """

    deterministic: ClassVar[bool] = False

    def __init__(self, model: str, base_url: str | None = None) -> None:
        self._address = _Address(model, base_url)

    async def complete(self, request: Request) -> Reply:
        """Raises ProviderError when there is no answer, and AgentError when a content filter forbids one."""
        model = await _open(self._address)
        try:
            response = await model_request(
                model,
                list(_write_messages(request.messages)),
                # Tries again are ours: a layer around this call makes them.
                model_settings=cast("ModelSettings", request.settings | {"max_retries": 0}),
                model_request_parameters=_write_tools(request.tools),
            )
        except ContentFilterError as error:
            raise AgentError(f"the model refused: {error}") from error
        except (AgentRunError, UserError) as error:
            raise explain_trouble(error, model, list_key_variables(self._address.model)) from error
        size = sum(len(part.content) for part in response.parts if isinstance(part, TextPart))
        if size > MAX_ANSWER:
            raise explain_size(size, model)
        return _read_response(response, self._address.model)


def find_trouble(model: str, base_url: str | None, settings: Iterable[str]) -> str | None:
    """What makes a `provider:model` unusable, whatever keys are set; None when nothing does.

    It is not asked whether the provider has such a model: that would be a request.
    """
    kind = model.partition(":")[0]
    try:
        make = infer_provider_class(kind)
    except ValueError:
        near = find_near_miss(kind, _list_kinds())
        return f"unknown provider '{kind}' of model '{model}'" + (f"; did you mean '{near}'?" if near else "")
    except ImportError as error:
        return f"model '{model}': {' '.join(str(error).split())}"
    if base_url is not None and "base_url" not in inspect.signature(make).parameters:
        return f"models of '{kind}' take no 'base_url'; an OpenAI-compatible server is 'openai:MODEL'"
    known = _list_settings()
    for name in settings:
        # Each provider has settings of its own: `openai_reasoning_effort`, `anthropic_thinking`.
        if name not in known and not name.startswith(f"{kind.partition('-')[0]}_"):
            near = find_near_miss(name, known)
            return f"unknown setting '{name}' of model '{model}'" + (
                f"; did you mean '{near}'?" if near else ""
            )
    if base_url is None and not list_key_variables(model):
        try:
            infer_provider(kind)
        except UserError as error:
            return f"model '{model}': {error}"
    return None


@cache
def _list_settings() -> frozenset[str]:
    return frozenset(get_type_hints(ModelSettings)) - {"max_retries"}


@cache
def _list_kinds() -> frozenset[str]:
    from pydantic_ai.models import known_model_names

    from pytest_arc.providers.keys import KEY_VARIABLES

    return frozenset(KEY_VARIABLES) | {name.partition(":")[0] for name in known_model_names()}


# Connections.

_OPEN: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[_Address, tuple[Model, AsyncGenerator[None]]]] = (
    WeakKeyDictionary()
)
"""Connections belong to the event loop that opened them. All trials on a loop share them."""


async def _open(address: _Address) -> Model:
    opened = _OPEN.setdefault(asyncio.get_running_loop(), {})
    if address not in opened:
        model = _make_model(address)
        # A loop that ends closes the generators it has begun, and this one the connections with it.
        held = _hold(model)
        opened[address] = model, held
        await anext(held)
    return opened[address][0]


async def _hold(model: Model) -> AsyncGenerator[None]:
    async with model:
        yield


def _make_model(address: _Address) -> Model:
    if address.base_url is None:
        return infer_model(address.model)
    kind, _, name = address.model.partition(":")
    # What calls itself compatible with OpenAI has chat completions; few have the newer Responses API.
    chat = "openai-chat" if kind == "openai" else kind
    key = find_key(address.model, os.environ) or "not-set"
    return infer_model(f"{chat}:{name}", partial(_make_host, base_url=address.base_url, key=key))


def _make_host(kind: str, base_url: str, key: str) -> HostProvider[Any]:
    make = cast("Any", infer_provider_class(kind))
    return make(base_url=base_url, api_key=key)


# Our messages -> those of pydantic-ai.


def _write_messages(messages: tuple[ChatMessage, ...]) -> Iterator[ModelMessage]:
    tools = {request.id: request.tool for message in messages for request in message.tool_requests}
    parts: list[ModelRequestPart] = []
    for message in messages:
        if message.role != "assistant":
            parts.append(_write_part(message, tools))
            continue
        if parts:
            yield ModelRequest(parts)
            parts = []
        yield _write_response(message)
    if parts:
        yield ModelRequest(parts)


def _write_part(message: ChatMessage, tools: dict[str, str]) -> ModelRequestPart:
    if message.role == "system":
        return SystemPromptPart(message.text)
    if message.role == "user":
        return UserPromptPart(message.text)
    id = message.tool_request_id or ""
    # Errors too go as they are: pydantic-ai would wrap what it knows to have failed into JSON of its own.
    return ToolReturnPart(tools.get(id, ""), message.text, tool_call_id=id)


def _write_response(message: ChatMessage) -> ModelResponse:
    if message.native is not None:
        return cast("ModelResponse", ModelMessagesTypeAdapter.validate_python([message.native])[0])
    parts: list[ModelResponsePart] = [TextPart(message.text)] if message.text else []
    for request in message.tool_requests:
        arguments = request.arguments if request.malformed is None else request.malformed
        parts.append(ToolCallPart(request.tool, arguments, tool_call_id=request.id))
    return ModelResponse(parts=parts)


def _write_tools(tools: tuple[ToolSchema, ...]) -> ModelRequestParameters:
    return ModelRequestParameters(
        function_tools=[
            # Not `strict`: that would have the provider rewrite the schema, and the model meet another tool.
            ToolDefinition(
                name=tool.name,
                description=tool.description or None,
                parameters_json_schema=tool.parameters,
                strict=False,
            )
            for tool in tools
        ]
    )


# The answer of pydantic-ai -> ours.


def _read_response(response: ModelResponse, model: str) -> Reply:
    said = [part.content for part in response.parts if isinstance(part, TextPart)]
    requests = [_read_call(part) for part in response.parts if isinstance(part, ToolCallPart)]
    is_plain = all(type(part) in (TextPart, ToolCallPart) for part in response.parts)
    usage = response.usage
    return Reply(
        text="".join(said) or str((response.provider_details or {}).get("refusal") or ""),
        tool_requests=tuple(requests),
        usage=Usage(
            model_calls=1,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost_usd=price_response(response, model),
        ),
        model=response.model_name or model,
        request_id=response.provider_response_id or "",
        native=None if is_plain else ModelMessagesTypeAdapter.dump_python([response], mode="json")[0],
    )


def _read_call(part: ToolCallPart) -> ToolRequest:
    """The arguments as a mapping, or as they came where they are no JSON object."""
    written = part.args
    if isinstance(written, str) and written.strip():
        try:
            read = from_json(written)
        except ValueError:
            read = None
        if not isinstance(read, dict):
            return ToolRequest(id=part.tool_call_id, tool=part.tool_name, malformed=written)
        written = cast("dict[str, Any]", read)
    return ToolRequest(
        id=part.tool_call_id, tool=part.tool_name, arguments=written if isinstance(written, dict) else {}
    )
