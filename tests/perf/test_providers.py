"""What a model call costs besides the network."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from measuring import Figure, judge

from pytest_arc.providers import ChatMessage, Request, ToolRequest, ToolSchema

pytest.importorskip("pydantic_ai", reason="the extra 'models' is not installed")

CALLS = 200
SCHEMA = {"type": "object", "properties": {"quarter": {"type": "integer"}}, "required": ["quarter"]}
BODY = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o-mini",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "4"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 900, "completion_tokens": 6, "total_tokens": 906},
}


def test_a_model_call_costs_little_besides_the_network(
    figures: list[Figure], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = [1000 * _measure(_make_function_model(), monkeypatch) for _ in range(7)]
    spent_s = _watch_library(monkeypatch)
    with_library = min(1000 * _measure(_make_openai_model(), monkeypatch) for _ in range(3))
    alone = 1000 * min(sum(spent_s[-CALLS * (n + 1) : len(spent_s) - CALLS * n]) / CALLS for n in range(3))
    note = f"{with_library:.1f} ms with the library of OpenAI, {alone:.1f} of it inside that library"
    figures.append(judge("a model call of 21 messages, 5 tools: CPU, our layer", ours, 2, "ms", note))


def _measure(model: Any, monkeypatch: pytest.MonkeyPatch) -> float:
    """CPU seconds of one call."""
    from pytest_arc.providers import pydantic_ai as layer

    async def open_model(address: object) -> Any:
        return model

    async def ask() -> float:
        provider = layer.PydanticAIProvider("openai:gpt-4o-mini")
        request = _make_request()
        await provider.complete(request)
        started = time.process_time()
        for _ in range(CALLS):
            await provider.complete(request)
        return (time.process_time() - started) / CALLS

    monkeypatch.setattr(layer, "_open", open_model)
    return asyncio.run(ask())


def _make_function_model() -> Any:
    from pydantic_ai.messages import ModelResponse, TextPart
    from pydantic_ai.models.function import FunctionModel

    return FunctionModel(lambda messages, info: ModelResponse(parts=[TextPart("4")]))


def _watch_library(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """CPU seconds that each call takes inside the library of OpenAI; the list grows as calls are made."""
    from openai.resources.chat.completions import AsyncCompletions

    spent_s: list[float] = []
    create: Any = AsyncCompletions.create

    async def create_timed(*given: Any, **options: Any) -> Any:
        started = time.process_time()
        try:
            return await create(*given, **options)
        finally:
            spent_s.append(time.process_time() - started)

    monkeypatch.setattr(AsyncCompletions, "create", create_timed)
    return spent_s


def _make_openai_model() -> Any:
    """With an answer from memory."""
    import httpx2
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    client = httpx2.AsyncClient(
        transport=httpx2.MockTransport(lambda request: httpx2.Response(200, json=BODY))
    )
    return OpenAIChatModel("gpt-4o-mini", provider=OpenAIProvider(http_client=client, api_key="none"))


def _make_request() -> Request:
    messages = [ChatMessage(role="system", text="You look things up in a ledger. " * 20)]
    for turn in range(5):
        asked = ToolRequest(id=f"call-{turn}", tool="ledger_0", arguments={"quarter": turn})
        messages += [
            ChatMessage(role="user", text="What was the total of that quarter? " * 3),
            ChatMessage(role="assistant", tool_requests=(asked,)),
            ChatMessage(role="tool", text='{"total": 4}' * 10, tool_request_id=asked.id),
            ChatMessage(role="assistant", text="It was 4."),
        ]
    tools = tuple(ToolSchema(name=f"ledger_{n}", description="Totals", parameters=SCHEMA) for n in range(5))
    return Request(messages=tuple(messages), tools=tools, settings={"temperature": 0})
