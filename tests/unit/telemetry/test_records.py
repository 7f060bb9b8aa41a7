"""Messages that instrumentations write as log records become steps as those in spans do."""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from pytest_arc.domain.scenario import Limits, User
from pytest_arc.domain.trajectory import Message, ToolCall, ToolResult, Trajectory
from pytest_arc.targets import AgentContext
from pytest_arc.targets.context import Clock
from pytest_arc.targets.python import PythonTarget
from pytest_arc.telemetry.records import read_record
from pytest_arc.telemetry.spans import ModelSpan
from pytest_arc.users.scripted import ScriptedUser

pytest.importorskip("opentelemetry.sdk", reason="opentelemetry-sdk is not installed: extra 'otel'")

HEAD = """
import asyncio
from opentelemetry import trace
from opentelemetry._logs import LogRecord, get_logger
from opentelemetry.sdk.trace import TracerProvider

provider = TracerProvider()
tracer = provider.get_tracer("my_agent")


def chat(tokens=(10, 5)):
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5-mini",
        "gen_ai.usage.input_tokens": tokens[0],
        "gen_ai.usage.output_tokens": tokens[1],
    }
    return tracer.start_as_current_span("chat", attributes=attributes)


def emit(name, body=None, attributes=None, **more):
    get_logger("my_instrumentation").emit(
        LogRecord(event_name=name, body=body, attributes=attributes, **more)
    )


def emit_choice(text=None, *calls, **more):
    message = {"role": "assistant", "content": text, "tool_calls": calls}
    emit("gen_ai.choice", {"index": 0, "finish_reason": "stop", "message": message}, **more)


def ask(name, id, arguments):
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def emit_details(output, heard=()):
    emit(
        "gen_ai.client.inference.operation.details",
        attributes={
            "gen_ai.operation.name": "chat",
            "gen_ai.input.messages": [{"role": "tool", "parts": list(heard)}],
            "gen_ai.output.messages": [{"role": "assistant", "parts": list(output)}],
        },
    )
"""

CALL = {"type": "tool_call", "id": "c1", "name": "pay", "arguments": {"amount": 1}}

WriteAgents = Callable[[str], None]


class NoTool:
    is_error, fault, latency_s, content = True, None, 0.0, "there is no tool"


async def call_no_tool(tool: str, arguments: dict[str, Any]) -> NoTool:
    return NoTool()


def make_context() -> AgentContext:
    return AgentContext(
        system_prompt="",
        tools=(),
        seed=7,
        trial=1,
        scenario="a",
        limits=Limits(),
        clock=Clock("wall"),
        call_tool=call_no_tool,
    )


async def converse(says: str = "Hello") -> Trajectory:
    context = make_context()
    target = PythonTarget(python="traced_agents:agent", traces="traced_agents:provider")
    await target.run(context, ScriptedUser(User(says=(says,))))
    return context.finish()


def test_a_record_for_each_message_tells_of_calls_and_results(write_agents: WriteAgents) -> None:
    write_agents(
        """
        async def agent(text_):
            with chat():
                emit("gen_ai.user.message", {"content": text_})
                emit_choice("Let me see", ask("pay", "c1", '{"amount": 12.5}'))
            with chat((20, 2)):
                emit("gen_ai.tool.message", {"id": "c1", "content": "paid"})
                emit_choice("Done")
            return "Done"
        """
    )

    trajectory = asyncio.run(converse())

    said, call, result, answer = trajectory.steps[1:]
    assert isinstance(said, Message)
    assert said.text == "Let me see"
    assert isinstance(call, ToolCall)
    assert (call.id, call.tool, call.arguments) == ("c1", "pay", {"amount": 12.5})
    assert isinstance(result, ToolResult)
    assert (result.id, result.content) == ("c1", "paid")
    assert isinstance(answer, Message)
    usage = trajectory.usage
    assert usage is not None
    assert (usage.model_calls, usage.input_tokens, usage.output_tokens) == (2, 30, 7)


def test_a_record_for_each_call_tells_the_same(write_agents: WriteAgents) -> None:
    write_agents(
        """
        async def agent(text_):
            with chat():
                emit_details([{"type": "tool_call", "id": "c1", "name": "pay", "arguments": {"amount": 1}}])
            with chat():
                emit_details(
                    [{"type": "text", "content": "Done"}],
                    [{"type": "tool_call_response", "id": "c1", "response": "paid"}],
                )
            return "Done"
        """
    )

    trajectory = asyncio.run(converse())

    call, result = trajectory.steps[1:3]
    assert isinstance(call, ToolCall)
    assert (call.tool, call.arguments) == ("pay", {"amount": 1})
    assert isinstance(result, ToolResult)
    assert result.content == "paid"
    assert trajectory.usage is not None
    assert trajectory.usage.model_calls == 2


def test_a_record_that_comes_after_the_end_of_its_span_belongs_to_it(write_agents: WriteAgents) -> None:
    write_agents(
        """
        async def agent(text_):
            span = tracer.start_span("chat", attributes={
                "gen_ai.operation.name": "chat",
                "gen_ai.usage.input_tokens": 1,
                "gen_ai.usage.output_tokens": 1,
            })
            span.end()
            emit_choice("", ask("pay", "c1", "{}"), context=trace.set_span_in_context(span))
            return "Done"
        """
    )

    trajectory = asyncio.run(converse())

    assert [call.tool for call in trajectory.tool_calls] == ["pay"]
    assert trajectory.usage is not None
    assert trajectory.usage.model_calls == 1


def test_calls_that_records_alone_tell_of_are_seen_but_their_usage_is_not_known(
    write_agents: WriteAgents,
) -> None:
    write_agents(
        """
        async def agent(text_):
            emit_choice("", ask("pay", "c1", "{}"))
            emit("gen_ai.tool.message", {"id": "c1", "content": "paid"})
            emit_choice("Done")
            return "Done"
        """
    )

    trajectory = asyncio.run(converse())

    call, result = trajectory.steps[1:3]
    assert isinstance(call, ToolCall)
    assert isinstance(result, ToolResult)
    assert result.content == "paid"
    assert trajectory.usage is None


def test_what_a_span_and_a_record_both_tell_counts_once(write_agents: WriteAgents) -> None:
    write_agents(
        """
        import json
        CALL = {"type": "tool_call", "id": "c1", "name": "pay", "arguments": {}}

        async def agent(text_):
            with chat() as span:
                messages = [{"role": "assistant", "parts": [CALL]}]
                span.set_attribute("gen_ai.output.messages", json.dumps(messages))
                emit_details([CALL])
            return "Done"
        """
    )

    assert [call.tool for call in asyncio.run(converse()).tool_calls] == ["pay"]


def test_trials_at_once_see_only_their_own_records(write_agents: WriteAgents) -> None:
    write_agents(
        """
        both = None

        async def agent(text_):
            with chat() as span:
                await both.wait()

                def tell():  # knows nothing of the trial but its span
                    choice = ask("look", text_, {"for": text_})
                    emit_choice(None, choice, context=trace.set_span_in_context(span))

                await asyncio.get_running_loop().run_in_executor(None, tell)
            return text_
        """
    )
    names = [f"trial {number}" for number in range(20)]

    async def run_all() -> list[Trajectory]:
        vars(importlib.import_module("traced_agents"))["both"] = asyncio.Barrier(len(names))
        return await asyncio.gather(*(converse(name) for name in names))

    trajectories = asyncio.run(run_all())

    assert [[call.arguments for call in t.tool_calls] for t in trajectories] == [[{"for": n}] for n in names]


def test_other_log_records_tell_nothing(write_agents: WriteAgents) -> None:
    write_agents(
        """
        async def agent(text_):
            with chat():
                emit(None, "an ordinary line of a log")
                emit("exception", {"message": "x"})
                emit("gen_ai.choice", "no mapping")
                emit("gen_ai.choice", {"message": {"tool_calls": "none"}})
            return "Done"
        """
    )

    assert len(asyncio.run(converse()).steps) == 2


TOLD = ModelSpan(text="Hm", requests=(ToolCall(id="c1", tool="pay", arguments={"amount": 1}),))


@pytest.mark.parametrize(
    "body",
    [
        {
            "message": {"role": "assistant", "content": "Hm"},
            "tool_calls": [{"id": "c1", "function": {"name": "pay", "arguments": '{"amount": 1}'}}],
        },
        {
            "message": {
                "content": [{"type": "text", "text": "Hm"}],
                "tool_calls": [{"id": "c1", "name": "pay", "arguments": {"amount": 1}}],
            }
        },
        {
            "content": {
                "role": "model",
                "parts": [
                    {"text": "Hm"},
                    {"function_call": {"id": "c1", "name": "pay", "args": {"amount": 1}}},
                ],
            }
        },
    ],
    ids=["tool calls beside the message", "tool calls in the message", "Google's content"],
)
def test_choices_are_read_in_the_forms_that_there_are(body: Any) -> None:
    assert read_record("gen_ai.choice", {}, body) == TOLD
    assert read_record("", {"event.name": "gen_ai.choice"}, json.dumps(body)) == TOLD


def test_results_are_read_in_the_forms_that_there_are() -> None:
    google = {"parts": [{"function_response": {"id": "c1", "name": "pay", "response": {"paid": True}}}]}

    assert read_record("gen_ai.tool.message", {}, {"id": "c1", "content": "paid"}) == ModelSpan(
        results=(("c1", "paid"),)
    )
    assert read_record("gen_ai.user.message", {}, {"content": google}) == ModelSpan(
        results=(("c1", '{"paid": true}'),)
    )
    assert read_record("gen_ai.user.message", {}, {"content": "Pay"}) is None


def test_a_whole_call_is_read_with_its_model_and_tokens() -> None:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.response.model": "gpt-5-mini",
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 3,
        "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": [CALL]}]),
    }
    name = "gen_ai.client.inference.operation.details"

    assert read_record(name, attributes, None) == ModelSpan(
        requests=(ToolCall(id="c1", tool="pay", arguments={"amount": 1}),),
        model="gpt-5-mini",
        provider="openai",
        input_tokens=7,
        output_tokens=3,
    )
    assert read_record(name, attributes | {"gen_ai.operation.name": "embeddings"}, None) is None
