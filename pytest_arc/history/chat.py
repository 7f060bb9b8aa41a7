"""Chat messages, in the form most model APIs share, -> the steps of a trajectory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from pytest_arc.domain.trajectory import Message, Step, ToolCall, ToolResult

__all__ = ["clean_text", "read_chat"]

_INSTRUCTIONS = ("system", "developer")


def read_chat(messages: Sequence[Any]) -> tuple[Step, ...]:
    """Convert a conversation; instructions are left out.

    A tool result that begins with "Error" is an error. Ids of tool calls that occur again are numbered: a
    result belongs to the latest call with its id. Raises ValueError for what is no such message.
    """
    steps: list[Step] = []
    calls = _CallIds()
    for number, item in enumerate(messages, 1):
        if not isinstance(item, Mapping) or "role" not in item:
            raise ValueError(f"message {number} is no mapping with a 'role'")
        message = cast("Mapping[str, Any]", item)
        role, text = message["role"], _read_content(message.get("content"))
        if role == "user":
            steps.append(Message(role="user", text=text))
        elif role == "assistant":
            steps.extend(_read_assistant(text, message.get("tool_calls") or (), calls))
        elif role == "tool":
            steps.append(_read_result(text, message, calls))
        elif role not in _INSTRUCTIONS:
            raise ValueError(f"message {number} has the unknown role {role!r}")
    return tuple(steps)


def clean_text(text: str) -> str:
    """Replace halves of surrogate pairs, which JSON can hold and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")


class _CallIds:
    """Unique ids for the calls of one conversation; the ones recorded may repeat."""

    def __init__(self) -> None:
        self._current: dict[str, str] = {}
        self._tools: dict[str, str] = {}

    def open(self, recorded: str, tool: str) -> str:
        unique, number = recorded, 1
        while unique in self._tools:
            number += 1
            unique = f"{recorded}-{number}"
        self._current[recorded], self._tools[unique] = unique, tool
        return unique

    def find(self, recorded: str) -> tuple[str, str]:
        """The id now used for `recorded`, and its tool ("" when there was no such call)."""
        unique = self._current.get(recorded, recorded)
        return unique, self._tools.get(unique, "")


def _read_assistant(text: str, requests: Sequence[Any], calls: _CallIds) -> Iterator[Step]:
    if text or not requests:
        yield Message(role="assistant", text=text)
    for request in requests:
        try:
            function = request["function"]
            tool, arguments = str(function["name"]), function["arguments"]
        except (KeyError, TypeError) as error:
            raise ValueError("a tool call has no 'function' with 'name' and 'arguments'") from error
        id = calls.open(str(request.get("id") or "call"), tool)
        yield ToolCall(id=id, tool=tool, arguments=_read_arguments(arguments))


def _read_result(text: str, message: Mapping[str, Any], calls: _CallIds) -> ToolResult:
    id, tool = calls.find(str(message.get("tool_call_id") or "call"))
    tool = tool or str(message.get("name") or "")
    return ToolResult(id=id, tool=tool, content=text, is_error=text.startswith("Error"))


def _read_arguments(arguments: Any) -> dict[str, Any]:
    """Arguments that are no JSON object are kept as they are, under the key `unparsed`."""
    if isinstance(arguments, str):
        try:
            parsed = json.loads(clean_text(arguments))
        except ValueError:
            parsed = None
    else:
        parsed = arguments
    return cast("dict[str, Any]", parsed) if isinstance(parsed, dict) else {"unparsed": arguments}


def _read_content(content: Any) -> str:
    """Text, or the texts of a list of parts."""
    if isinstance(content, list):
        parts = (
            cast("dict[str, Any]", part) for part in cast("list[Any]", content) if isinstance(part, dict)
        )
        return clean_text("\n".join(str(part["text"]) for part in parts if part.get("text")))
    return "" if content is None else clean_text(str(content))
