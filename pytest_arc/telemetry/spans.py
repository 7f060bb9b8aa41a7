"""A span of an agent -> what it tells: a model call, or a tool that was run."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pytest_arc.domain.trajectory import ToolCall
from pytest_arc.telemetry.conventions import CONVENTIONS, KNOWN_WITH_TOOL_SPANS, Convention, Names

__all__ = [
    "ModelSpan",
    "ToolSpan",
    "as_mappings",
    "is_model_call",
    "parse_arguments",
    "parse_value",
    "read_span",
]

Attributes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ModelSpan:
    """A model answered."""

    text: str = ""
    requests: tuple[ToolCall, ...] = ()
    """The tools it asked for."""
    results: tuple[tuple[str, str], ...] = ()
    """Results of earlier requests that it was told: id, content."""
    model: str = ""
    provider: str = ""
    input_tokens: int | None = None
    """None when it is not told."""
    output_tokens: int | None = None
    cached_tokens: int = 0
    """Part of the input tokens."""
    cost_usd: float | None = None
    """None when it is not told."""
    has_tool_spans: bool = False
    """Who tells of this call tells of tools that are run, too."""


@dataclass(frozen=True, slots=True)
class ToolSpan:
    """A tool was run."""

    tool: str
    arguments: dict[str, Any]
    id: str | None = None
    """Of the model's request; None when it is not told."""
    content: str | None = None
    """What came out; None when it has not ended, or is not told."""
    is_error: bool = False


def read_span(attributes: Attributes, scope: str = "", is_error: bool = False) -> ModelSpan | ToolSpan | None:
    """What a span tells, by the first convention that knows it; None when that is neither.

    `scope` is the name of the instrumentation that made the span.
    """
    for convention in CONVENTIONS:
        kind = _find(attributes, convention.kind)
        if kind in convention.model_kinds:
            return _read_model_call(attributes, convention, scope in KNOWN_WITH_TOOL_SPANS)
        if kind in convention.tool_kinds:
            return _read_tool_run(attributes, convention, is_error)
    return None


def is_model_call(attributes: Attributes) -> bool:
    """Whether a span, perhaps one that has only begun, is about a model call."""
    return any(_find(attributes, c.kind) in c.model_kinds for c in CONVENTIONS)


def parse_arguments(value: Any) -> dict[str, Any]:
    """The arguments of a tool call in whatever form an instrumentation gives them.

    What is no mapping becomes `{"input": value}`: nothing is lost.
    """
    parsed = parse_value(value)
    if not isinstance(parsed, Mapping):
        return {"input": parsed}
    return {str(name): argument for name, argument in cast("Mapping[Any, Any]", parsed).items()}


def parse_value(value: Any) -> Any:
    """Text that is JSON, or else Python's own notation, as what it stands for; all else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        pass
    if not value.lstrip().startswith("{"):
        return value
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value


def as_mappings(value: Any) -> list[Mapping[str, Any]]:
    """The mappings in a list; none where it is no list."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return []
    return [
        cast("Mapping[str, Any]", item) for item in cast("Sequence[Any]", value) if isinstance(item, Mapping)
    ]


def _find(attributes: Attributes, names: Names) -> Any:
    return next((attributes[name] for name in names if name in attributes), None)


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, float)) else None


def _read_model_call(attributes: Attributes, convention: Convention, has_tool_spans: bool) -> ModelSpan:
    said = _read_messages(attributes, convention.output_messages, convention.is_flat)
    heard = _read_messages(attributes, convention.input_messages, convention.is_flat)
    cost_usd = _find(attributes, convention.cost_usd)
    return ModelSpan(
        text="\n".join(message.text for message in said if message.text),
        requests=tuple(request for message in said for request in message.requests),
        results=tuple(result for message in heard for result in message.results),
        model=str(_find(attributes, convention.model) or ""),
        provider=str(_find(attributes, convention.provider) or ""),
        input_tokens=_count(_find(attributes, convention.input_tokens)),
        output_tokens=_count(_find(attributes, convention.output_tokens)),
        cached_tokens=_count(_find(attributes, convention.cached_tokens)) or 0,
        cost_usd=float(cost_usd) if isinstance(cost_usd, (int, float)) else None,
        has_tool_spans=has_tool_spans,
    )


def _read_tool_run(attributes: Attributes, convention: Convention, is_error: bool) -> ToolSpan:
    arguments = _find(attributes, convention.arguments)
    result = _find(attributes, convention.result)
    id = _find(attributes, convention.tool_id)
    content = None if result is None else _encode(result)
    # LangChain's tools answer with a message, which OpenInference writes down whole.
    message = parse_value(result)
    data: Any = cast("Mapping[str, Any]", message).get("data") if isinstance(message, Mapping) else None
    if isinstance(data, Mapping) and "tool_call_id" in data:
        told = cast("Mapping[str, Any]", data)
        content, id = _encode(told.get("content", "")), id or told["tool_call_id"]
        is_error = is_error or told.get("status") == "error"
    return ToolSpan(
        tool=str(_find(attributes, convention.tool) or "unknown"),
        arguments={} if arguments is None else parse_arguments(arguments),
        id=None if id is None else str(id),
        content=content,
        is_error=is_error,
    )


@dataclass(frozen=True, slots=True)
class _Message:
    text: str = ""
    requests: tuple[ToolCall, ...] = ()
    results: tuple[tuple[str, str], ...] = ()


def _read_messages(attributes: Attributes, names: Names, is_flat: bool) -> list[_Message]:
    if is_flat:
        return [_read_flat(message) for message in _unflatten(attributes, names[0])]
    messages = parse_value(_find(attributes, names))
    return [_read_parts(as_mappings(message.get("parts"))) for message in as_mappings(messages)]


def _read_parts(parts: list[Mapping[str, Any]]) -> _Message:
    """A message of the GenAI conventions: a list of typed parts."""
    texts = [str(part.get("content") or "") for part in parts if part.get("type") == "text"]
    calls = [part for part in parts if part.get("type") == "tool_call"]
    results = [part for part in parts if part.get("type") == "tool_call_response"]
    return _Message(
        text="\n".join(filter(None, texts)),
        requests=tuple(map(_make_call, calls)),
        # "response" since 1.37; pydantic-ai says "result".
        results=tuple(
            (str(p.get("id")), _encode(p.get("response", p.get("result")))) for p in results if p.get("id")
        ),
    )


def _read_flat(message: Mapping[str, Any]) -> _Message:
    """A message of OpenInference, put together again from its attributes."""
    texts = [str(message.get("content") or "")]
    contents = _unflatten(message, "contents", "message_content.")
    texts += [str(part.get("text") or "") for part in contents if part.get("type", "text") == "text"]
    text = "\n".join(filter(None, texts))
    if message.get("role") == "tool":
        id = message.get("tool_call_id")
        return _Message(results=((str(id), text),) if id else ())
    calls = _unflatten(message, "tool_calls", "tool_call.")
    return _Message(text, tuple(_make_call(call, prefix="function.") for call in calls))


def _unflatten(attributes: Attributes, prefix: str, inner: str = "message.") -> list[dict[str, Any]]:
    """`{prefix}.{n}.{inner}{key}: value` -> a list of `{key: value}`, in the order of n."""
    pattern = re.compile(rf"{re.escape(prefix)}\.(\d+)\.{re.escape(inner)}(.+)")
    found: dict[int, dict[str, Any]] = {}
    for name, value in attributes.items():
        if match := pattern.fullmatch(name):
            found.setdefault(int(match[1]), {})[match[2]] = value
    return [found[index] for index in sorted(found)]


def _make_call(call: Mapping[str, Any], prefix: str = "") -> ToolCall:
    arguments = call.get(f"{prefix}arguments")
    return ToolCall(
        id=str(call.get("id") or ""),
        tool=str(call.get(f"{prefix}name") or "unknown"),
        arguments={} if arguments is None else parse_arguments(arguments),
    )


def _encode(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
