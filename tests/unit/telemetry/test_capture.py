"""Spans that agents emit become steps and usage of their trial, and of no other."""

from __future__ import annotations

import asyncio
import importlib
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from pytest_arc.domain.scenario import Limits, User
from pytest_arc.domain.trajectory import Message, ToolCall, ToolResult, Trajectory, Usage
from pytest_arc.errors import AgentError
from pytest_arc.scope import enter_purpose
from pytest_arc.targets import AgentContext
from pytest_arc.targets.context import Clock
from pytest_arc.targets.python import FactoryTarget, PythonTarget
from pytest_arc.users.scripted import ScriptedUser

pytest.importorskip("opentelemetry.sdk", reason="opentelemetry-sdk is not installed: extra 'otel'")

HEAD = """
import asyncio, json, threading
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

provider = TracerProvider()
tracer = provider.get_tracer("my_agent")


def chat(output=(), heard=(), tokens=(10, 5), **more):
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5-mini",
        "gen_ai.usage.input_tokens": tokens[0],
        "gen_ai.usage.output_tokens": tokens[1],
        "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": list(output)}]),
        "gen_ai.input.messages": json.dumps([{"role": "tool", "parts": list(heard)}]),
    }
    return tracer.start_as_current_span("chat", attributes=attributes | more)


def tool(name, id, arguments):
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name,
        "gen_ai.tool.call.id": id,
        "gen_ai.tool.call.arguments": json.dumps(arguments),
    }
    return tracer.start_as_current_span(f"execute_tool {name}", attributes=attributes)


def text(content):
    return {"type": "text", "content": content}


def request(name, id, arguments):
    return {"type": "tool_call", "id": id, "name": name, "arguments": arguments}
"""

DEFAULT_LIMITS = Limits()
WriteAgents = Callable[[str], None]


class Echo:
    is_error, fault, latency_s = False, None, 0.0

    def __init__(self, content: str) -> None:
        self.content = content


async def echo_tool(tool: str, arguments: dict[str, Any]) -> Echo:
    return Echo(f"{tool} {json.dumps(arguments)}")


def make_context(limits: Limits = DEFAULT_LIMITS) -> AgentContext:
    return AgentContext(
        system_prompt="",
        tools=(),
        seed=7,
        trial=1,
        scenario="a",
        limits=limits,
        clock=Clock("wall"),
        call_tool=echo_tool,
    )


async def converse(target: PythonTarget | FactoryTarget, context: AgentContext, *says: str) -> Trajectory:
    await target.run(context, ScriptedUser(User(says=says or ("Hello",))))
    return context.finish()


def run(limits: Limits = DEFAULT_LIMITS) -> Trajectory:
    return asyncio.run(converse(make_target(), make_context(limits)))


def make_target() -> PythonTarget:
    return PythonTarget(python="traced_agents:agent", traces="traced_agents:provider")


def test_spans_become_messages_calls_results_and_usage(write_agents: WriteAgents) -> None:
    write_agents(
        """
        async def agent(text_):
            with chat([text("Let me see"), request("pay", "c1", {"amount": 12.5, "to": "Ann"})]):
                pass
            with tool("pay", "c1", {"amount": 12.5, "to": "Ann"}) as span:
                span.set_attribute("gen_ai.tool.call.result", "paid")
            with chat([text("Done")], tokens=(20, 2)):
                pass
            return "Done"
        """
    )

    trajectory = run()

    said, call, result, answer = trajectory.steps[1:]
    assert isinstance(said, Message)
    assert said.text == "Let me see"
    assert isinstance(call, ToolCall)
    assert (call.id, call.tool, call.arguments) == ("c1", "pay", {"amount": 12.5, "to": "Ann"})
    assert isinstance(result, ToolResult)
    assert (result.id, result.content) == ("c1", "paid")
    assert isinstance(answer, Message)
    assert answer.text == "Done"
    usage = trajectory.usage
    assert usage is not None
    assert (usage.model_calls, usage.input_tokens, usage.output_tokens) == (2, 30, 7)


def test_cost_that_a_span_tells_is_taken(write_agents: WriteAgents) -> None:
    write_agents(
        """
        async def agent(text_):
            with chat([text("Done")], **{"operation.cost": 0.25}):
                return "Done"
        """
    )

    assert run().usage == Usage(model_calls=1, input_tokens=10, output_tokens=5, cost_usd=0.25)


def test_tokens_of_a_part_of_the_calls_are_no_usage(write_agents: WriteAgents) -> None:
    write_agents(
        """
        async def agent(text_):
            with chat([text("One")]):
                pass
            with tracer.start_as_current_span("chat", attributes={"gen_ai.operation.name": "chat"}):
                return "Two"
        """
    )

    assert run().usage is None


def test_tools_without_spans_are_taken_from_what_the_model_asked_and_was_told(
    write_agents: WriteAgents,
) -> None:
    write_agents(
        """
        async def agent(text_):
            with chat([request("pay", "c1", {"amount": 1})]):
                pass
            with chat([text("Done")], heard=[{"type": "tool_call_response", "id": "c1", "response": "paid"}]):
                pass
            return "Done"
        """
    )

    call, result = run().steps[1:3]

    assert isinstance(call, ToolCall)
    assert (call.tool, call.arguments) == ("pay", {"amount": 1})
    assert isinstance(result, ToolResult)
    assert result.content == "paid"


def test_simulated_tool_inside_a_span_is_one_call(write_agents: WriteAgents) -> None:
    write_agents(
        """
        async def agent(context):
            with chat([request("pay", "c1", {"amount": 1})]):
                pass
            with tool("pay", "c1", {"amount": 1}):
                await context.call("pay", amount=1)
            with tool("log", "c2", {}):
                pass
            return "Done"
        """
    )

    assert [call.tool for call in run().tool_calls] == ["pay", "log"]


def test_simulated_tool_that_a_traced_model_asked_for_is_one_call(write_agents: WriteAgents) -> None:
    write_agents(
        """
        async def agent(context):
            with chat([request("pay", "c1", {"amount": 1})]):
                pass
            await context.call("pay", amount=1)
            return "Done"
        """
    )

    assert [call.tool for call in run().tool_calls] == ["pay"]


def test_client_inside_a_framework_is_counted_once(write_agents: WriteAgents) -> None:
    write_agents(
        """
        async def agent(text_):
            with chat([text("Done")]), tracer.start_as_current_span("retry"), chat([text("Done")]):
                return "Done"
        """
    )

    usage = run().usage

    assert usage is not None
    assert usage.model_calls == 1


def test_tools_that_run_at_once_keep_the_order_in_which_they_began(write_agents: WriteAgents) -> None:
    write_agents(
        """
        async def agent(text_):
            gate = asyncio.Event()
            async def first():
                with tool("first", "c1", {}) as span:
                    await gate.wait()
            async def second():
                with tool("second", "c2", {}) as span:
                    gate.set()
            await asyncio.gather(first(), second())
            return "Done"
        """
    )

    assert [call.tool for call in run().tool_calls] == ["first", "second"]


@pytest.mark.parametrize(
    "work",
    [
        "asyncio.to_thread(look)",
        "asyncio.get_running_loop().run_in_executor(None, look_below, trace.get_current_span())",
    ],
    ids=["a thread that copies the context", "a thread that only knows its parent span"],
)
def test_trials_at_once_see_only_their_own_spans(write_agents: WriteAgents, work: str) -> None:
    write_agents(
        f"""
        both = None

        async def agent(text_):
            def look():
                with tool("look", text_, {{"for": text_}}):
                    pass
            def look_below(parent):
                with trace.use_span(parent):
                    look()
            with tracer.start_as_current_span("agent"), chat([text("hm")]):
                await both.wait()
                await {work}
            return text_
        """
    )
    target = make_target()
    names = [f"trial {number}" for number in range(20)]

    async def run_all() -> list[Trajectory]:
        vars(importlib.import_module("traced_agents"))["both"] = asyncio.Barrier(len(names))
        return await asyncio.gather(*(converse(target, make_context(), name) for name in names))

    trajectories = asyncio.run(run_all())

    assert [[call.arguments for call in t.tool_calls] for t in trajectories] == [[{"for": n}] for n in names]


def test_agent_that_is_a_plain_function_is_seen_too(write_agents: WriteAgents) -> None:
    write_agents(
        """
        def agent(text_):
            with tool("look", "c1", {"thread": threading.current_thread().name}):
                return "Done"
        """
    )

    assert [call.arguments for call in run().tool_calls] == [{"thread": "pytest-arc agent"}]


def test_what_was_done_before_a_crash_is_seen(write_agents: WriteAgents) -> None:
    write_agents(
        """
        async def agent(text_):
            with tool("wire_transfer", "c1", {"amount": 9}):
                raise RuntimeError("no line")
        """
    )
    context = make_context()

    with pytest.raises(AgentError, match="raised RuntimeError: no line"):
        asyncio.run(converse(make_target(), context))

    call, result = context.finish().steps[1:]
    assert isinstance(call, ToolCall)
    assert call.tool == "wire_transfer"
    assert isinstance(result, ToolResult)
    assert result.is_error


def test_tool_that_hangs_is_seen_and_a_model_that_hangs_is_the_provider_s_doing(
    write_agents: WriteAgents,
) -> None:
    write_agents(
        """
        async def agent(text_):
            with tool(text_, "c1", {}) if text_ == "wait" else chat():
                await asyncio.sleep(60)
        """
    )

    async def hang(says: str) -> AgentContext:
        context = make_context()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await converse(make_target(), context, says)
        return context

    waits, asks = asyncio.run(hang("wait")), asyncio.run(hang("ask"))

    assert [call.tool for call in waits.finish().tool_calls] == ["wait"]
    assert (waits.waiting_for, asks.waiting_for) == ("agent", "infrastructure")


def test_steps_of_spans_count_for_the_limit(write_agents: WriteAgents) -> None:
    write_agents(
        """
        async def agent(text_):
            for number in range(5):
                with tool("look", f"c{number}", {}):
                    pass
            return "Done"
        """
    )

    with pytest.raises(AgentError, match="the limit of 4 steps was exceeded"):
        run(Limits(max_steps=4))


def test_agent_that_promises_spans_and_emits_none_has_failed(write_agents: WriteAgents) -> None:
    write_agents("async def agent(text_): return 'Done'")

    with pytest.raises(AgentError, match="emitted no spans of models or tools, although 'traces' is set"):
        run()


def test_models_of_judges_and_users_are_no_doing_of_the_agent(write_agents: WriteAgents) -> None:
    write_agents("async def agent(text_):\n    with tool('look', 'c1', {}): return 'Done'")
    context = make_context()

    class AskingUser(ScriptedUser):
        async def reply(self, answer: str | None) -> str | None:
            with enter_purpose("user"), importlib.import_module("traced_agents").chat():
                return await super().reply(answer)

    asyncio.run(make_target().run(context, AskingUser(User(says=("Hello",)))))

    assert context.finish().usage is None


def test_spans_outside_of_trials_are_nobody_s(write_agents: WriteAgents) -> None:
    write_agents("async def agent(text_):\n    with tool('look', 'c1', {}): return 'Done'")
    run()
    seen: list[Exception] = []

    def work() -> None:
        try:
            with importlib.import_module("traced_agents").chat():
                pass
        except Exception as error:
            seen.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert seen == []


def test_traces_let_usage_be_checked() -> None:
    assert "usage" in make_target().observes
    assert "usage" not in PythonTarget(python="traced_agents:agent").observes


@pytest.mark.parametrize("target", [PythonTarget, FactoryTarget])
def test_provider_that_is_none_is_found_before_any_trial(
    write_agents: WriteAgents, target: type[PythonTarget | FactoryTarget]
) -> None:
    write_agents("async def agent(text_): return ''\ndef make(): return agent\nnothing = object")
    key = "python" if target is PythonTarget else "factory"
    path = "traced_agents:agent" if target is PythonTarget else "traced_agents:make"

    def verify(traces: str) -> str | None:
        return target.model_validate({key: path, "traces": traces}).verify()

    assert verify("traced_agents:provider") is None
    assert verify("traced_agents:nothing") == (
        "'traced_agents:nothing' is no TracerProvider of the OpenTelemetry SDK"
    )
    assert "has no attribute 'gone'" in str(verify("traced_agents:gone"))
