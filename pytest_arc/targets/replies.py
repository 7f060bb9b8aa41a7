"""What an agent in another process is told for one turn, and what it answers: JSON both ways."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from secrets import token_hex
from typing import Any, NoReturn, cast

from pytest_arc.domain.trajectory import Message, Step, ToolCall, ToolResult, Trajectory, Usage
from pytest_arc.errors import AgentError
from pytest_arc.scope import current_scope
from pytest_arc.targets.context import AgentContext

__all__ = ["TURN_FACTS", "describe_turn", "find_trace_id", "list_keys", "quote_start", "read_reply"]

TURN_FACTS = ("user", "conversation", "system_prompt", "session_id", "scenario", "trial", "seed")
"""What `describe_turn` tells."""

MAX_QUOTE = 200
"""Characters that a message quotes of what an agent sent."""

_KINDS: Mapping[type, str] = {str: "text", list: "a list", dict: "an object"}


def find_trace_id() -> str:
    """The trace id of the current attempt at a trial; outside of trials, a new one."""
    scope = current_scope()
    return scope.trace_id if scope else token_hex(16)


def describe_turn(context: AgentContext, session_id: str) -> dict[str, Any]:
    """The latest user turn, the conversation up to and with it, and which trial it belongs to."""
    said = [{"role": message.role, "content": message.text} for message in context.conversation]
    return {
        "user": context.user,
        "conversation": said,
        "system_prompt": context.system_prompt,
        "session_id": session_id,
        "scenario": context.scenario,
        "trial": context.trial,
        "seed": context.seed,
    }


def read_reply(answer: Any, tool_calls: Any, usage: Any, turn: int) -> Trajectory:
    """The steps of one turn, and what it consumed. None for `tool_calls` or `usage`: not told.

    `tool_calls` is a list of `{name, arguments, result, is_error}`, of which only `name` must be there;
    arguments may be the JSON text of an object. `usage` is `{input_tokens, output_tokens, cost_usd,
    model_calls}`, of which one must be there; without a cost, the cost is unknown.

    Raises AgentError, with a sentence, for anything else.
    """
    if not isinstance(answer, str):
        _refuse(f"the agent's answer must be text, not {_name_kind(answer)}")
    steps: list[Step] = []
    for number, call in enumerate(_read_list(tool_calls), 1):
        steps += _read_call(call, f"call-{turn}-{number}")
    steps.append(Message(role="assistant", text=answer))
    return Trajectory(steps=tuple(steps), usage=None if usage is None else _read_usage(usage))


def list_keys(value: Any) -> str:
    """What there is to find in a JSON value, for a message."""
    if not isinstance(value, Mapping):
        return f"it is {_name_kind(value)}"
    keys = [str(key) for key in cast("Mapping[Any, Any]", value)]
    return f"it has: {', '.join(keys[:10]) or 'nothing'}{', ...' if len(keys) > 10 else ''}"


def quote_start(text: str) -> str:
    """The beginning of a text, in one line, quoted."""
    line = " ".join(text[: 4 * MAX_QUOTE].split())
    return f"'{line if len(line) <= MAX_QUOTE else line[: MAX_QUOTE - 4] + ' ...'}'"


def _read_list(calls: Any) -> list[Any]:
    if calls is None:
        return []
    if not isinstance(calls, list):
        _refuse(f"the agent's tool calls must be a list, not {_name_kind(calls)}")
    return cast("list[Any]", calls)


def _read_call(call: Any, id: str) -> list[Step]:
    if not isinstance(call, Mapping):
        _refuse(f"a tool call of the agent must be an object, not {_name_kind(call)}")
    told = cast("Mapping[str, Any]", call)
    name = told.get("name")
    if not isinstance(name, str) or not name:
        _refuse(f"a tool call of the agent has no 'name'; {list_keys(told)}")
    steps: list[Step] = [ToolCall(id=id, tool=name, arguments=_read_arguments(told.get("arguments"), name))]
    if told.get("result") is not None:
        result, is_error = told["result"], told.get("is_error") is True
        content = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
        steps.append(ToolResult(id=id, tool=name, content=content, is_error=is_error))
    return steps


def _read_arguments(arguments: Any, tool: str) -> dict[str, Any]:
    if arguments is None:
        return {}
    read = _parse_arguments(arguments, tool) if isinstance(arguments, str) else arguments
    if isinstance(read, dict):
        return cast("dict[str, Any]", read)
    _refuse(f"the agent's call of '{tool}' must have an object as arguments, not {_name_kind(read)}")


def _parse_arguments(text: str, tool: str) -> Any:
    try:
        return json.loads(text or "{}")
    except (ValueError, RecursionError):
        _refuse(f"the agent's call of '{tool}' has arguments that are no JSON: {quote_start(text)}")


def _read_usage(usage: Any) -> Usage:
    names = ("input_tokens", "output_tokens", "cost_usd", "model_calls")
    if not isinstance(usage, Mapping) or not any(name in usage for name in names):
        _refuse(f"the agent's usage must be an object with some of {', '.join(names)}; {list_keys(usage)}")
    told = cast("Mapping[str, Any]", usage)
    for name in names:
        value = told.get(name)
        whole = name != "cost_usd"
        if value is not None and not _is_count(value, whole):
            kind = "whole number" if whole else "number"
            _refuse(f"'{name}' in the agent's usage must be a {kind} from 0, not {_name_kind(value)}")
    return Usage(
        model_calls=int(told.get("model_calls") or 0),
        input_tokens=int(told.get("input_tokens") or 0),
        output_tokens=int(told.get("output_tokens") or 0),
        cost_usd=told.get("cost_usd"),
    )


def _is_count(value: Any, whole: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return isfinite(value) and value >= 0 and (not whole or value == int(value))


def _name_kind(value: Any) -> str:
    word = next((word for kind, word in _KINDS.items() if isinstance(value, kind)), None)
    return word or json.dumps(value)


def _refuse(message: str) -> NoReturn:
    raise AgentError(message)
