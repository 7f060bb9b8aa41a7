"""LangGraph agents: what the graph is given, what becomes a step, and who is to blame."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, TypedDict

import pytest

from pytest_arc.domain.scenario import Limits
from pytest_arc.domain.trajectory import ToolResult, Usage
from pytest_arc.errors import AgentError, ProviderError
from pytest_arc.targets.frameworks import LanggraphTarget

pytest.importorskip("langgraph", reason="langgraph is not installed: extra 'langgraph'")

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from langgraph.types import interrupt

from .conftest import Desk, repeat_forever

OpenDesk = Callable[..., Desk]


class Script(BaseChatModel):
    """Says one entry after the other; a function is given the messages."""

    entries: Any
    heard: Any = None

    @property
    def _llm_type(self) -> str:
        return "script"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        entry = next(self.entries)
        if isinstance(entry, Exception):
            raise entry
        message: Any = entry(messages) if callable(entry) else entry
        return ChatResult(generations=[ChatGeneration(message=message)])


def ask(name: str, args: dict[str, Any], id: str = "c1", text: str = "") -> AIMessage:
    return AIMessage(text, tool_calls=[{"name": name, "args": args, "id": id}])


def build_loop(entries: Iterable[Any], tools: list[Any], **compiling: Any) -> Any:
    """The usual graph: a model and its tools, until the model asks for none."""
    model = Script(entries=iter(entries))

    async def call_model(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await model.ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState)
    graph.add_node("model", call_model)
    graph.add_node("tools", ToolNode(tools))
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", tools_condition)
    graph.add_edge("tools", "model")
    return graph.compile(**compiling)


@pytest.mark.parametrize(
    "arguments",
    [{"amount": 12.5, "to": "Ann"}, {"amount": "12.5"}, {"to": "Ann", "config": 1, "tool": "x"}],
    ids=["as the schema says", "of another type", "missing and unknown"],
)
def test_simulated_tool_gets_the_arguments_exactly_as_the_model_gave_them(
    open_desk: OpenDesk, arguments: dict[str, Any]
) -> None:
    desk = open_desk(
        LanggraphTarget, lambda tools: build_loop([ask("pay", arguments), AIMessage("Paid")], tools)
    )
    trajectory = desk.run()

    assert [(call.id, call.tool, call.arguments) for call in trajectory.tool_calls] == [
        ("c1", "pay", arguments)
    ]
    assert trajectory.answer == "Paid"


def test_error_of_a_simulated_tool_reaches_the_model_as_one(open_desk: OpenDesk) -> None:
    def report(messages: list[BaseMessage]) -> AIMessage:
        assert isinstance(messages[-1], ToolMessage)
        return AIMessage(messages[-1].status)

    desk = open_desk(LanggraphTarget, lambda tools: build_loop([ask("pay", {}), report], tools))
    trajectory = desk.run()

    assert trajectory.answer == "error"


def test_tool_may_be_called_from_a_plain_node_and_by_its_arguments_alone(open_desk: OpenDesk) -> None:
    def build(tools: list[Any]) -> Any:
        def pay(state: MessagesState) -> dict[str, Any]:
            return {"messages": [AIMessage(tools[0].invoke({"amount": 1}))]}

        return StateGraph(MessagesState).add_node("pay", pay).add_edge(START, "pay")

    desk = open_desk(LanggraphTarget, build)
    trajectory = desk.run()

    assert trajectory.answer == '{"amount": 1}'
    assert len(trajectory.tool_calls) == 1
    assert trajectory.usage == Usage(cost_usd=0.0)


@pytest.mark.parametrize("compiling", [{}, {"checkpointer": InMemorySaver()}], ids=["without memory", "with"])
def test_conversation_and_prompt_reach_the_graph_once(open_desk: OpenDesk, compiling: dict[str, Any]) -> None:
    def repeat(messages: list[BaseMessage]) -> AIMessage:
        return AIMessage(" | ".join(message.text for message in messages))

    desk = open_desk(LanggraphTarget, lambda: build_loop([AIMessage("Hi"), repeat], [], **compiling))

    async def converse_twice() -> list[str]:
        contexts = [desk.make_context(), desk.make_context()]
        await asyncio.gather(*(desk.converse(context, "One", "Two") for context in contexts))
        return [context.finish().answer for context in contexts]

    assert asyncio.run(converse_twice()) == ["Be kind | One | Hi | Two"] * 2


def test_builder_that_takes_the_prompt_is_given_it(open_desk: OpenDesk) -> None:
    async def build(system_prompt: str, context: Any, temperature: float = 0.5) -> Any:
        def repeat(messages: list[BaseMessage]) -> AIMessage:
            return AIMessage(f"{system_prompt} {context.trial} {len(messages)}")

        return build_loop([repeat], [])

    desk = open_desk(LanggraphTarget, build)
    trajectory = desk.run()

    assert desk.target.verify() is None
    assert trajectory.answer == "Be kind 1 1"


def test_tools_of_the_graph_s_own_are_seen(open_desk: OpenDesk) -> None:
    @tool
    def look_up(name: str) -> str:
        """Look a name up."""
        return f"{name} lives here"

    entries = [
        ask("look_up", {"name": "Ann"}, text="Let me see"),
        ask("pay", {"amount": 1}, "c2"),
        AIMessage("Paid"),
    ]
    desk = open_desk(LanggraphTarget, lambda tools: build_loop(entries, [look_up, *tools]))
    trajectory = desk.run()

    assert [(call.tool, call.arguments) for call in trajectory.tool_calls] == [
        ("look_up", {"name": "Ann"}),
        ("pay", {"amount": 1}),
    ]
    assert trajectory.answers == ("Let me see", "Paid")
    assert next(step.content for step in trajectory.steps if isinstance(step, ToolResult)) == "Ann lives here"


def test_usage_and_price_are_known_when_every_call_tells_them(open_desk: OpenDesk) -> None:
    pytest.importorskip("genai_prices", reason="genai-prices is not installed: extra 'models'")
    tokens: Any = {"input_tokens": 1000, "output_tokens": 100, "total_tokens": 1100}
    named = {"model_provider": "openai", "model_name": "gpt-5-mini"}

    def run(*messages: AIMessage) -> Usage | None:
        desk = open_desk(LanggraphTarget, lambda tools: build_loop(messages, tools))
        return desk.run().usage

    first, last = ask("pay", {"amount": 1}), AIMessage("Paid", usage_metadata=tokens, response_metadata=named)

    assert run(last) == Usage(model_calls=1, input_tokens=1000, output_tokens=100, cost_usd=0.00045)
    assert run(first, last) is None


def test_interrupted_graph_goes_on_with_what_the_user_says(open_desk: OpenDesk) -> None:
    def build() -> Any:
        def confirm(state: MessagesState) -> dict[str, Any]:
            return {"messages": [AIMessage(f"You said {interrupt('Halted')}")]}

        graph = StateGraph(MessagesState).add_node("confirm", confirm).add_edge(START, "confirm")
        return graph.compile(checkpointer=InMemorySaver())

    desk = open_desk(LanggraphTarget, build)
    trajectory = desk.run("Pay", "yes")

    assert trajectory.answers == ("Halted", "You said yes")


# --- whose fault it is


def test_endless_loop_of_simulated_tools_ends_at_the_step_limit(open_desk: OpenDesk) -> None:
    desk = open_desk(LanggraphTarget, lambda tools: build_loop(repeat_forever(ask), tools))
    context = desk.make_context(Limits(max_steps=4))

    with pytest.raises(AgentError, match="the limit of 4 steps was exceeded"):
        asyncio.run(desk.converse(context))

    assert len(context.finish().tool_calls) == 4


def test_endless_loop_without_tools_ends_at_the_recursion_limit(open_desk: OpenDesk) -> None:
    def build() -> Any:
        graph = StateGraph(MessagesState)
        graph.add_node("think", lambda state: {"messages": [AIMessage("hm")]})
        graph.add_edge(START, "think")
        graph.add_edge("think", "think")
        return graph.compile()

    desk = open_desk(LanggraphTarget, build)

    with pytest.raises(AgentError, match="raised GraphRecursionError: Recursion limit of 10 reached"):
        asyncio.run(desk.converse(desk.make_context(Limits(max_steps=4))))


def test_exception_of_the_graph_is_the_agent_s(open_desk: OpenDesk) -> None:
    desk = open_desk(
        LanggraphTarget, lambda tools: build_loop([ask("pay", {"amount": 1}), KeyError("x")], tools)
    )
    context = desk.make_context()

    with pytest.raises(AgentError, match="the agent raised KeyError"):
        asyncio.run(desk.converse(context))

    assert len(context.finish().tool_calls) == 1


def test_provider_that_refuses_is_not_the_agent_s(open_desk: OpenDesk) -> None:
    openai = pytest.importorskip("openai", reason="openai is not installed: extra 'models'")
    httpx = pytest.importorskip("httpx2", reason="httpx2 is not installed: extra 'http'")
    response = httpx.Response(529, request=httpx.Request("POST", "http://models.test/v1"))
    error = openai.InternalServerError("Overloaded", response=response, body=None)
    desk = open_desk(LanggraphTarget, lambda: build_loop([error], []))

    with pytest.raises(ProviderError, match="HTTP 529 from the provider: Overloaded"):
        asyncio.run(desk.converse(desk.make_context()))


def test_model_that_hangs_is_the_provider_s_doing(open_desk: OpenDesk) -> None:
    class Hanging(Script):
        async def _agenerate(self, *args: Any, **kwargs: Any) -> ChatResult:
            await asyncio.sleep(60)
            raise AssertionError

    async def call_model(state: MessagesState) -> Any:
        await Hanging(entries=None).ainvoke("x")

    desk = open_desk(
        LanggraphTarget, lambda: StateGraph(MessagesState).add_node("m", call_model).add_edge(START, "m")
    )
    context = desk.make_context()

    async def hang() -> None:
        async with asyncio.timeout(0.2):
            await desk.converse(context)

    with pytest.raises(TimeoutError):
        asyncio.run(hang())

    assert context.waiting_for == "infrastructure"


class Numbers(TypedDict):
    total: int


@pytest.mark.parametrize(
    "build, complaint",
    [
        (lambda: "a graph", "raised TypeError: it returned an object of type str, no graph"),
        (
            lambda: StateGraph(Numbers).add_node("n", lambda state: {"total": 1}).add_edge(START, "n"),
            "the graph ended without a message of the assistant in 'messages'",
        ),
        (lambda: 1 / 0, "builder framework_agents:build raised ZeroDivisionError"),
    ],
)
def test_what_cannot_answer_is_the_agent_s_fault(
    open_desk: OpenDesk, build: Callable[..., Any], complaint: str
) -> None:
    desk = open_desk(LanggraphTarget, build)

    with pytest.raises(AgentError, match=complaint):
        asyncio.run(desk.converse(desk.make_context()))
