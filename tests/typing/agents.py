# pyright: strict
"""Agents, a fake and a check as users write them: functions that a profile names."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import assert_type

from pytest_arc import (
    AgentContext,
    ArcError,
    Evidence,
    Finding,
    Message,
    ToolCall,
    ToolResult,
    Trajectory,
    Usage,
    __version__,
)

version: str = __version__


async def answer(text: str, context: AgentContext) -> str:
    result = assert_type(await context.call("find_order", number=text, exact=True), ToolResult)
    context.count_usage(Usage(model_calls=1, input_tokens=120, output_tokens=30, cost_usd=0.0004))
    await context.spend(0.5)
    assert_type(context.conversation, tuple[Message, ...])
    assert_type((context.system_prompt, context.user, context.scenario), tuple[str, str, str])
    assert_type((context.seed, context.trial), tuple[int, int])
    return "I do not know" if result.is_error else result.content


async def answer_for_model(text: str, context: AgentContext) -> str:
    schemas = [{"name": tool.name, "parameters": tool.parameters} for tool in context.tools]
    call = ToolCall(id="call_1", tool=str(schemas[0]["name"]), arguments={"text": text})
    result = await context.call_with(call.tool, call.arguments, call.id)
    return result.content


def answer_in_thread(context: AgentContext) -> str:
    return assert_type(context.call_sync("find_order", number=7), ToolResult).content


def answer_with_own_tools(text: str) -> list[ToolCall | ToolResult | Message]:
    return [
        ToolCall(id="1", tool="ledger", arguments={"account": text}),
        ToolResult(id="1", tool="ledger", content="712.40"),
        Message(role="assistant", text="712.40"),
    ]


def answer_with_trajectory(text: str) -> Trajectory:
    return Trajectory(steps=tuple(answer_with_own_tools(text)), latency_s=0.2)


@contextmanager
def fake_ledger(context: AgentContext) -> Generator[None]:
    if context.trial > 100:
        raise ArcError("there are 100 ledgers")
    yield


def is_short(evidence: Evidence) -> Finding:
    trajectory = assert_type(evidence.trajectory, Trajectory)
    assert_type(trajectory.tool_calls, tuple[ToolCall, ...])
    assert_type(trajectory.usage, Usage | None)
    words = len(assert_type(trajectory.answer, str).split())
    return Finding(words < 40, f"{words} words", value=min(1.0, 40 / max(words, 1)))
