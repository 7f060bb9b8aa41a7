"""Agents of pydantic-ai: what they are given, what becomes a step, and who is to blame."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from pytest_arc.domain.scenario import Limits
from pytest_arc.domain.trajectory import ToolResult, Usage
from pytest_arc.errors import AgentError, ProviderError
from pytest_arc.targets.frameworks import PydanticAITarget

pytest.importorskip("pydantic_ai", reason="pydantic-ai-slim is not installed: extra 'models'")
pytest.importorskip("opentelemetry.sdk", reason="opentelemetry-sdk is not installed: extra 'otel'")

from pydantic import BaseModel
from pydantic_ai import Agent, RunContext
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from .conftest import Desk, repeat_forever

OpenDesk = Callable[..., Desk]


def script(entries: Iterable[Any]) -> FunctionModel:
    """Says one entry after the other; a function is given the messages."""
    waiting = iter(entries)

    async def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        entry = next(waiting)
        if isinstance(entry, Exception):
            raise entry
        said: Any = entry(messages, info) if callable(entry) else entry
        return ModelResponse(parts=said if isinstance(said, list) else [said])

    return FunctionModel(answer)


def ask(name: str, arguments: dict[str, Any], id: str = "c1") -> ToolCallPart:
    return ToolCallPart(name, arguments, tool_call_id=id)


def build(entries: Iterable[Any], tools: Iterable[Any] = (), **more: Any) -> Agent[Any, Any]:
    return Agent(script(entries), tools=list(tools), **more)


@pytest.mark.parametrize(
    "arguments",
    [{"amount": 12.5, "to": "Ann"}, {"amount": "12.5"}, {"to": "Ann", "run": 1, "ctx": 2}],
    ids=["as the schema says", "of another type", "missing and unknown"],
)
def test_simulated_tool_gets_the_arguments_exactly_as_the_model_gave_them(
    open_desk: OpenDesk, arguments: dict[str, Any]
) -> None:
    desk = open_desk(PydanticAITarget, lambda tools: build([ask("pay", arguments), TextPart("Paid")], tools))
    trajectory = desk.run()

    assert [(c.id, c.tool, c.arguments) for c in trajectory.tool_calls] == [("c1", "pay", arguments)]
    assert trajectory.answer == "Paid"


def test_prompt_and_conversation_reach_the_model(open_desk: OpenDesk) -> None:
    def repeat(messages: list[ModelMessage], info: AgentInfo) -> TextPart:
        said = [str(part.content) for message in messages for part in message.parts]  # type: ignore[union-attr]
        return TextPart(" | ".join([info.instructions or "", *said]))

    desk = open_desk(PydanticAITarget, lambda: build([TextPart("Hi"), repeat]))
    trajectory = desk.run("One", "Two")

    assert trajectory.answer == "Be kind | One | Hi | Two"


def test_tools_of_the_agent_s_own_and_of_agents_it_calls_are_seen(open_desk: OpenDesk) -> None:
    def look_up(name: str) -> str:
        return f"{name} lives here"

    clerk = build([ask("look_up", {"name": "Ann"}, "c2"), TextPart("Here")], [look_up])

    async def ask_clerk(question: str) -> str:
        return (await clerk.run(question)).output

    entries = [[TextPart("Let me see"), ask("ask_clerk", {"question": "Where?"})], TextPart("Found")]
    desk = open_desk(PydanticAITarget, lambda: build(entries, [ask_clerk]))
    trajectory = desk.run()

    assert [(call.tool, call.arguments) for call in trajectory.tool_calls] == [
        ("ask_clerk", {"question": "Where?"}),
        ("look_up", {"name": "Ann"}),
    ]
    results = [step.content for step in trajectory.steps if isinstance(step, ToolResult)]
    assert results == ["Ann lives here", "Here"]
    assert trajectory.answers == ("Let me see", "Found")
    assert trajectory.usage is not None
    assert trajectory.usage.model_calls == 4


def test_output_that_is_a_model_is_its_json_and_no_tool_call(open_desk: OpenDesk) -> None:
    class Receipt(BaseModel):
        amount: float

    desk = open_desk(
        PydanticAITarget, lambda: build([ask("final_result", {"amount": 2.5})], output_type=Receipt)
    )
    trajectory = desk.run()

    assert trajectory.answer == '{"amount":2.5}'
    assert trajectory.tool_calls == ()


def test_what_the_builder_gives_for_tools_reaches_them(open_desk: OpenDesk) -> None:
    def name_user(context: RunContext[str]) -> str:
        return context.deps

    def report(messages: list[ModelMessage], info: AgentInfo) -> TextPart:
        return TextPart(str(messages[-1].parts[-1].content))  # type: ignore[union-attr]

    desk = open_desk(
        PydanticAITarget, lambda: (build([ask("name_user", {}), report], [name_user], deps_type=str), "Ann")
    )
    trajectory = desk.run()

    assert trajectory.answer == "Ann"


def test_trials_at_once_see_only_their_own_spans(open_desk: OpenDesk) -> None:
    def look_up(name: str) -> str:
        return name

    def look(messages: list[ModelMessage], info: AgentInfo) -> ToolCallPart:
        return ask("look_up", {"name": messages[-1].parts[-1].content})  # type: ignore[union-attr]

    desk = open_desk(PydanticAITarget, lambda: build([look, TextPart("Here")], [look_up]))
    contexts = [desk.make_context() for _ in range(20)]

    async def run_all() -> None:
        await asyncio.gather(*(desk.converse(c, f"name {n}") for n, c in enumerate(contexts)))

    asyncio.run(run_all())

    seen = [[call.arguments["name"] for call in context.finish().tool_calls] for context in contexts]
    assert seen == [[f"name {number}"] for number in range(20)]


def test_endless_loop_of_tools_ends_at_the_step_limit(open_desk: OpenDesk) -> None:
    desk = open_desk(PydanticAITarget, lambda tools: build(repeat_forever(ask), tools))
    context = desk.make_context(Limits(max_steps=4))

    with pytest.raises(AgentError, match="the limit of 4 steps was exceeded"):
        asyncio.run(desk.converse(context))

    *carried_out, refused = (step for step in context.finish().steps if isinstance(step, ToolResult))
    assert [result.is_error for result in carried_out] == [False] * 4
    assert refused.is_error


def test_provider_that_refuses_is_not_the_agent_s(open_desk: OpenDesk) -> None:
    error = ModelHTTPError(status_code=401, model_name="m", body={"message": "key expired"})
    desk = open_desk(PydanticAITarget, lambda: build([error]))

    with pytest.raises(ProviderError, match="HTTP 401 from the provider"):
        asyncio.run(desk.converse(desk.make_context()))


@pytest.mark.parametrize(
    "make, complaint",
    [
        (lambda: "an agent", "it returned an object of type str, no pydantic_ai.Agent"),
        (lambda: build([KeyError("x")]), "the agent raised KeyError"),
    ],
)
def test_what_cannot_answer_is_the_agent_s_fault(open_desk: OpenDesk, make: Any, complaint: str) -> None:
    desk = open_desk(PydanticAITarget, make)

    with pytest.raises(AgentError, match=complaint):
        asyncio.run(desk.converse(desk.make_context()))


def test_tokens_are_those_that_the_spans_tell(open_desk: OpenDesk) -> None:
    desk = open_desk(PydanticAITarget, lambda: build([TextPart("Hi")]))
    usage = desk.run().usage

    assert isinstance(usage, Usage)
    assert usage.model_calls == 1
    assert usage.input_tokens > 0
    assert usage.cost_usd is None
