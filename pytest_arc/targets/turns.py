"""What an agent of the user returns for one turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from pytest_arc.domain.trajectory import Message, Step, ToolCall, ToolResult, Trajectory
from pytest_arc.errors import AgentError
from pytest_arc.targets.context import AgentContext

__all__ = ["take_turn"]


def take_turn(returned: Any, context: AgentContext) -> str:
    """Return the answer in `returned`, and record the steps before it in `context`.

    Raises AgentError for anything but text, a Trajectory, or steps that end with an answer.
    """
    if isinstance(returned, str):
        return returned
    steps = _read_steps(returned)
    if not steps or not _is_answer(steps[-1]):
        raise AgentError("the agent returned a trajectory that does not end with an answer")
    for step in steps[:-1]:
        if isinstance(step, Message):
            context.say(step.text)
        else:
            context.record(step)
    if isinstance(returned, Trajectory) and returned.usage is not None:
        context.count_usage(returned.usage)
    return cast("Message", steps[-1]).text


def _read_steps(returned: Any) -> Sequence[Step]:
    if isinstance(returned, Trajectory):
        return _cut_history(returned.steps)
    items = cast("list[Any]", returned) if isinstance(returned, list | tuple) else [returned]
    wrong = [item for item in items if not isinstance(item, Message | ToolCall | ToolResult)]
    if wrong or not isinstance(returned, list | tuple):
        what = _name_type(wrong[0] if wrong else returned)
        among = " among its steps" if wrong and wrong[0] is not returned else ""
        raise AgentError(f"the agent returned {what}{among}; it must return text or a trajectory")
    return _cut_history(cast("list[Step]", items))


def _cut_history(steps: Sequence[Step]) -> Sequence[Step]:
    said = [index for index, step in enumerate(steps) if isinstance(step, Message) and step.role == "user"]
    return steps[said[-1] + 1 :] if said else steps


def _is_answer(step: Step) -> bool:
    return isinstance(step, Message) and step.role == "assistant"


def _name_type(value: Any) -> str:
    return "None" if value is None else f"an object of type {type(value).__name__}"
