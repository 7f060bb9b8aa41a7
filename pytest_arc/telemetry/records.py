"""Log records that tell of model calls -> what spans would have told.

Instrumentations may keep messages out of their spans and write them as log records with a name (events).
Until 1.36 of the GenAI conventions that was one record for each message, since 1.37 it is one for each call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, replace
from functools import reduce
from typing import Any, cast

from pytest_arc.telemetry.conventions import RECORDS
from pytest_arc.telemetry.spans import ModelSpan, as_mappings, parse_value, read_span

__all__ = ["complete_call", "join_calls", "read_record"]

Content = Mapping[str, Any]


def read_record(name: str, attributes: Content, body: Any, scope: str = "") -> ModelSpan | None:
    """What a log record tells of a model call; None when it tells nothing of what was said and done.

    `name` is that of the event, empty where it stands among the attributes, as SDKs before 1.35 wrote it.
    """
    name = name or str(attributes.get("event.name", ""))
    told = _as_mapping(body)
    if name in RECORDS.calls:
        call = read_span({RECORDS.kind: RECORDS.default_kind, **attributes, **told}, scope)
        return call if isinstance(call, ModelSpan) else None
    if name not in (*RECORDS.choices, *RECORDS.results):
        return None
    provider = next((attributes[key] for key in RECORDS.provider if key in attributes), None)
    messages = RECORDS.output_messages if name in RECORDS.choices else RECORDS.input_messages
    parts = _list_parts(told, is_choice=name in RECORDS.choices)
    attributes = {messages: [{"parts": parts}], RECORDS.kind: RECORDS.default_kind}
    if provider is not None:
        attributes[RECORDS.provider[0]] = provider
    call = read_span(attributes, scope) if parts else None
    return call if isinstance(call, ModelSpan) else None


def join_calls(*calls: ModelSpan) -> ModelSpan:
    """What several records tell of one call."""
    return reduce(_join, calls)


def complete_call(call: ModelSpan, told: ModelSpan) -> ModelSpan:
    """What a span tells of a call, and where it tells nothing, what records tell of it."""
    empty = {
        field.name: getattr(told, field.name)
        for field in fields(ModelSpan)
        if field.default is not MISSING and getattr(call, field.name) == field.default
    }
    return replace(call, **empty)


def _join(call: ModelSpan, other: ModelSpan) -> ModelSpan:
    return replace(
        complete_call(call, other),
        text="\n".join(filter(None, (call.text, other.text))),
        requests=call.requests + other.requests,
        results=call.results + other.results,
    )


# One record for each message: the parts of today's messages, made of it.


def _list_parts(told: Content, is_choice: bool) -> list[dict[str, Any]]:
    message = parse_value(told.get("message"))
    if isinstance(message, str):
        return [{"type": "text", "content": message}]
    inner = _as_mapping(message) or told
    content = parse_value(inner.get("content"))
    parts = _list_google_parts(content)
    if not is_choice:
        if inner.get("id") and not parts:
            parts = [{"type": "tool_call_response", "id": inner["id"], "response": inner.get("content")}]
        return [part for part in parts if part["type"] == "tool_call_response"]
    if isinstance(content, str):
        parts.append({"type": "text", "content": content})
    elif not parts:
        texts = (part.get("text", part.get("content")) for part in as_mappings(content))
        parts += [{"type": "text", "content": text} for text in texts if isinstance(text, str)]
    # Beside the message in the convention itself, inside it with most who follow it.
    for call in as_mappings(inner.get("tool_calls") or told.get("tool_calls")):
        function = _as_mapping(call.get("function")) or call
        named = {"name": function.get("name"), "arguments": function.get("arguments")}
        parts.append({"type": "tool_call", "id": call.get("id"), **named})
    return parts


def _list_google_parts(content: Any) -> list[dict[str, Any]]:
    """`{parts: [{text: ...}, {function_call: ...}]}`, as Google's instrumentations write content."""
    parts: list[dict[str, Any]] = []
    for part in as_mappings(_as_mapping(content).get("parts")):
        call, response = _as_mapping(part.get("function_call")), _as_mapping(part.get("function_response"))
        if call:
            named = {"name": call.get("name"), "arguments": call.get("args")}
            parts.append({"type": "tool_call", "id": call.get("id"), **named})
        elif response:
            answered = {"id": response.get("id"), "response": response.get("response")}
            parts.append({"type": "tool_call_response", **answered})
        elif isinstance(part.get("text"), str):
            parts.append({"type": "text", "content": part["text"]})
    return parts


def _as_mapping(value: Any) -> Content:
    parsed = parse_value(value)
    return cast("Content", parsed) if isinstance(parsed, Mapping) else {}
