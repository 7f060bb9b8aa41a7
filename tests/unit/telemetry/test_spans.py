"""What spans tell, by convention and version."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_arc.domain.trajectory import ToolCall
from pytest_arc.telemetry.spans import ModelSpan, ToolSpan, parse_arguments, read_span

CALL = {"type": "tool_call", "id": "c1", "name": "pay", "arguments": {"amount": 1}}
SAID = [{"role": "assistant", "parts": [{"type": "text", "content": "Let me see"}, CALL]}]
HEARD = [{"role": "tool", "parts": [{"type": "tool_call_response", "id": "c0", "response": {"paid": True}}]}]
OPENINFERENCE = {
    "openinference.span.kind": "LLM",
    "llm.model_name": "gpt-5-mini",
    "llm.provider": "openai",
    "llm.token_count.prompt": 10,
    "llm.token_count.completion": 5,
    "llm.token_count.prompt_details.cache_read": 4,
    "llm.cost.total": 0.5,
    "llm.input_messages.0.message.role": "user",
    "llm.input_messages.0.message.content": "Pay",
    "llm.input_messages.10.message.role": "tool",
    "llm.input_messages.10.message.content": '{"paid": true}',
    "llm.input_messages.10.message.tool_call_id": "c0",
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.contents.0.message_content.type": "text",
    "llm.output_messages.0.message.contents.0.message_content.text": "Let me see",
    "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c1",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "pay",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"amount": 1}',
}
GEN_AI = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5",
    "gen_ai.response.model": "gpt-5-mini",
    "gen_ai.usage.input_tokens": 10,
    "gen_ai.usage.output_tokens": 5,
    "gen_ai.usage.cache_read.input_tokens": 4,
    "operation.cost": 0.5,
    "gen_ai.input.messages": json.dumps(HEARD),
    "gen_ai.output.messages": json.dumps(SAID),
}


@pytest.mark.parametrize(
    "attributes",
    [GEN_AI, GEN_AI | {"gen_ai.input.messages": HEARD, "gen_ai.output.messages": SAID}, OPENINFERENCE],
    ids=["GenAI, messages as JSON", "GenAI, messages as they are", "OpenInference"],
)
def test_model_call_tells_text_requests_results_and_usage(attributes: dict[str, Any]) -> None:
    assert read_span(attributes) == ModelSpan(
        text="Let me see",
        requests=(ToolCall(id="c1", tool="pay", arguments={"amount": 1}),),
        results=(("c0", '{"paid": true}'),),
        model="gpt-5-mini",
        provider="openai",
        input_tokens=10,
        output_tokens=5,
        cached_tokens=4,
        cost_usd=0.5,
    )


def test_names_of_earlier_versions_are_known() -> None:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "anthropic",
        "gen_ai.request.model": "claude",
        "gen_ai.usage.prompt_tokens": 7,
        "gen_ai.usage.completion_tokens": 3,
    }

    assert read_span(attributes) == ModelSpan(
        provider="anthropic", model="claude", input_tokens=7, output_tokens=3
    )


@pytest.mark.parametrize(
    "attributes",
    [
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "pay",
            "gen_ai.tool.call.id": "c1",
            "gen_ai.tool.call.arguments": '{"amount": 1.5}',
            "gen_ai.tool.call.result": "paid",
        },
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "pay",
            "gen_ai.tool.call.id": "c1",
            "tool_arguments": '{"amount": 1.5}',
            "tool_response": "paid",
        },
        {
            "openinference.span.kind": "TOOL",
            "tool.name": "pay",
            "tool.id": "c1",
            "input.value": "{'amount': 1.5}",
            "output.value": "paid",
        },
        {
            "openinference.span.kind": "TOOL",
            "tool.name": "pay",
            "input.value": '{"amount": 1.5}',
            "output.value": '{"type": "tool", "data": {"content": "paid", "tool_call_id": "c1"}}',
        },
    ],
    ids=["GenAI since 1.38", "pydantic-ai, format 2", "OpenInference", "OpenInference of LangChain"],
)
def test_tool_span_tells_arguments_and_result(attributes: dict[str, Any]) -> None:
    assert read_span(attributes) == ToolSpan(tool="pay", arguments={"amount": 1.5}, id="c1", content="paid")


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"http.request.method": "POST"},
        {"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 99},
        {"openinference.span.kind": "CHAIN"},
    ],
)
def test_span_about_anything_else_tells_nothing(attributes: dict[str, Any]) -> None:
    assert read_span(attributes) is None


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.operation.name": "chat", "gen_ai.output.messages": "{not JSON"},
        {"gen_ai.operation.name": "chat", "gen_ai.output.messages": '[1, {"parts": "x"}]'},
        {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": "many"},
    ],
)
def test_span_that_breaks_its_convention_is_read_as_far_as_it_goes(attributes: dict[str, Any]) -> None:
    assert read_span(attributes) == ModelSpan()


@pytest.mark.parametrize(
    "value, arguments",
    [
        ('{"a": 1}', {"a": 1}),
        ({"a": 1}, {"a": 1}),
        ("{'a': None, 1: 'x'}", {"a": None, "1": "x"}),
        ("Vienna", {"input": "Vienna"}),
        ('{"a": ', {"input": '{"a": '}),
        ("[1, 2]", {"input": [1, 2]}),
    ],
)
def test_arguments_are_read_in_every_form_and_lose_nothing(value: Any, arguments: dict[str, Any]) -> None:
    assert parse_arguments(value) == arguments
