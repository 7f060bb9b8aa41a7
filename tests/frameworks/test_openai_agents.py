"""Agents of the OpenAI Agents SDK: what they are given, what becomes a step, and who is to blame."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from pytest_arc.domain.scenario import Limits
from pytest_arc.domain.trajectory import Usage
from pytest_arc.errors import AgentError
from pytest_arc.targets.frameworks import OpenaiAgentsTarget

pytest.importorskip("agents", reason="openai-agents is not installed: extra 'openai-agents'")

import agents
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

from .conftest import Desk, repeat_forever

OpenDesk = Callable[..., Desk]

# Modules of users are called `agents` too, in other tests of this process.
SDK = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "agents"}
for _name in SDK:
    del sys.modules[_name]


@pytest.fixture(autouse=True)
def _import_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, module in SDK.items():
        monkeypatch.setitem(sys.modules, name, module)


class Script(agents.Model):
    """Says one entry after the other; a function is given what the model would hear."""

    model = "gpt-5-mini"

    def __init__(self, entries: Iterable[Any], tokens: int = 0) -> None:
        self._entries = iter(entries)
        self._tokens = tokens

    async def get_response(
        self, system_instructions: Any, input: Any, *args: Any, **kwargs: Any
    ) -> agents.ModelResponse:
        entry = next(self._entries)
        if isinstance(entry, Exception):
            raise entry
        said: Any = entry(input) if callable(entry) else entry
        usage = agents.Usage(
            requests=1, input_tokens=self._tokens, output_tokens=0, total_tokens=self._tokens
        )
        items = said if isinstance(said, list) else [said]
        return agents.ModelResponse(output=items, usage=usage, response_id=None)

    def stream_response(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError


def say(text: str) -> ResponseOutputMessage:
    content = ResponseOutputText(type="output_text", text=text, annotations=[])
    return ResponseOutputMessage(
        id="m", type="message", role="assistant", status="completed", content=[content]
    )


def ask(name: str, arguments: Any, id: str = "c1") -> ResponseFunctionToolCall:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return ResponseFunctionToolCall(type="function_call", call_id=id, name=name, arguments=text)


def build(entries: Iterable[Any], tools: Iterable[Any] = (), tokens: int = 0, **more: Any) -> agents.Agent:
    return agents.Agent("desk", tools=list(tools), model=Script(entries, tokens), **more)


@pytest.mark.parametrize(
    "arguments",
    [{"amount": 12.5, "to": "Ann"}, {"amount": "12.5"}, {"to": "Ann", "tool_context": 1}],
    ids=["as the schema says", "of another type", "missing and unknown"],
)
def test_simulated_tool_gets_the_arguments_exactly_as_the_model_gave_them(
    open_desk: OpenDesk, arguments: dict[str, Any]
) -> None:
    desk = open_desk(OpenaiAgentsTarget, lambda tools: build([ask("pay", arguments), say("Paid")], tools))
    trajectory = desk.run()

    assert [(c.id, c.tool, c.arguments) for c in trajectory.tool_calls] == [("c1", "pay", arguments)]
    assert trajectory.answer == "Paid"


def test_arguments_that_are_no_json_are_left_to_the_simulation(open_desk: OpenDesk) -> None:
    desk = open_desk(OpenaiAgentsTarget, lambda tools: build([ask("pay", '{"amount": '), say("Hm")], tools))
    trajectory = desk.run()

    assert [call.arguments for call in trajectory.tool_calls] == [{"input": '{"amount": '}]


def test_conversation_goes_on_with_the_agent_that_answered_last(open_desk: OpenDesk) -> None:
    def repeat(heard: Any) -> ResponseOutputMessage:
        said = [item["content"] for item in heard if "content" in item]
        return say(" | ".join(part if isinstance(part, str) else part[0]["text"] for part in said))

    def build_two(tools: Any) -> agents.Agent:
        second = build([say("Here is the clerk"), repeat])
        return build([ask("transfer_to_desk", {})], handoffs=[second])

    desk = open_desk(OpenaiAgentsTarget, build_two)
    trajectory = desk.run("One", "Two")

    assert trajectory.answers == ("Here is the clerk", "Be kind | One | Here is the clerk | Two")
    assert trajectory.tool_calls == ()


def test_tools_of_the_agent_s_own_are_seen(open_desk: OpenDesk) -> None:
    @agents.function_tool
    def look_up(name: str) -> str:
        """Look a name up."""
        return f"{name} lives here"

    entries = [
        [say("Let me see"), ask("look_up", {"name": "Ann"})],
        ask("pay", {"amount": 1}, "c2"),
        say("Paid"),
    ]
    desk = open_desk(OpenaiAgentsTarget, lambda tools: build(entries, [look_up, *tools]))
    trajectory = desk.run()

    assert [(call.tool, call.arguments) for call in trajectory.tool_calls] == [
        ("look_up", {"name": "Ann"}),
        ("pay", {"amount": 1}),
    ]
    assert trajectory.answers == ("Let me see", "Paid")


def test_what_the_builder_gives_for_tools_reaches_them(open_desk: OpenDesk) -> None:
    @agents.function_tool
    def name_user(context: agents.RunContextWrapper[dict[str, str]]) -> str:
        """Name the user."""
        return context.context["name"]

    entries = [ask("name_user", {}), lambda heard: say(heard[-1]["output"])]
    desk = open_desk(OpenaiAgentsTarget, lambda: (build(entries, [name_user]), {"name": "Ann"}))
    trajectory = desk.run()

    assert trajectory.answer == "Ann"


def test_usage_and_price_are_known_when_every_call_tells_them(open_desk: OpenDesk) -> None:
    pytest.importorskip("genai_prices", reason="genai-prices is not installed: extra 'models'")

    def run(tokens: int) -> Usage | None:
        desk = open_desk(OpenaiAgentsTarget, lambda: build([say("Hi")], tokens=tokens))
        return desk.run().usage

    assert run(1000) == Usage(model_calls=1, input_tokens=1000, cost_usd=0.00025)
    assert run(0) is None


def test_endless_loop_of_tools_ends_at_the_step_limit(open_desk: OpenDesk) -> None:
    desk = open_desk(OpenaiAgentsTarget, lambda tools: build(repeat_forever(ask), tools))
    context = desk.make_context(Limits(max_steps=4))

    with pytest.raises(AgentError, match="the limit of 4 steps was exceeded"):
        asyncio.run(desk.converse(context))

    assert len(context.finish().tool_calls) == 4


@pytest.mark.parametrize(
    "make, complaint",
    [
        (lambda: "an agent", "it returned an object of type str, no agents.Agent"),
        (lambda: build([KeyError("x")]), "the agent raised KeyError"),
        (lambda: build([ask("gone", {})]), "the agent raised ModelBehaviorError"),
    ],
)
def test_what_cannot_answer_is_the_agent_s_fault(open_desk: OpenDesk, make: Any, complaint: str) -> None:
    desk = open_desk(OpenaiAgentsTarget, make)

    with pytest.raises(AgentError, match=complaint):
        asyncio.run(desk.converse(desk.make_context()))
