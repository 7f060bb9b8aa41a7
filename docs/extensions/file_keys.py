"""Tables of the keys that files may have, made from the JSON Schemas of `arc schema`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from tables import Schema, escape_cell, join_parts, make_table, read_first_line, say_meaning, split_words

from pytest_arc import registry
from pytest_arc.loading.schema import _describe_fields, export_schemas

__all__ = [
    "describe_behaviors",
    "describe_checks",
    "describe_executors",
    "describe_models",
    "describe_parts",
    "describe_profile",
    "describe_quarantine",
    "describe_scenarios",
    "describe_targets",
    "describe_type",
    "make_key_table",
    "show_default",
]


def describe_profile() -> str:
    """Keys of a profile, and of what it is made of; targets and behaviours stand by themselves."""
    schema = export_schemas(plugins=False)["profile.schema.json"]
    return _describe_file(
        schema, "A profile", leave_out=("target.", "behavior.", "TargetSpec", "BehaviorSpec")
    )


def describe_scenarios() -> str:
    """Keys of a scenario file, and of what it is made of; checks stand by themselves."""
    schema = export_schemas(plugins=False)["scenarios.schema.json"]
    return _describe_file(schema, "A file of scenarios", leave_out=("check.", "Check", "Defaults"))


def describe_quarantine() -> str:
    return _describe_file(export_schemas(plugins=False)["quarantine.schema.json"], "quarantine.yaml")


def describe_models() -> str:
    return _describe_file(export_schemas(plugins=False)["models.schema.json"], "models.yaml")


def describe_checks() -> str:
    return _describe_named("scenarios.schema.json", "check")


def describe_targets() -> str:
    return _describe_named("profile.schema.json", "target")


def describe_behaviors() -> str:
    return _describe_named("profile.schema.json", "behavior")


def describe_executors() -> str:
    """Each kind of executor with its options."""
    parts: list[str] = []
    for name in sorted(registry.EXECUTORS.builtin):
        model = registry.EXECUTORS.find(name)
        schema = model.model_json_schema()
        _describe_fields(schema, model)
        parts += [f"### Executor `{name}`", read_first_line(schema), make_key_table(schema)]
        parts += describe_parts({"$defs": {}, **schema}, ())
    return join_parts(parts)


def _describe_named(file: str, kind: str) -> str:
    definitions = export_schemas(plugins=False)[file]["$defs"]
    parts: list[str] = []
    for name, schema in definitions.items():
        if name.startswith(f"{kind}."):
            heading = f"### {kind.capitalize()} `{name.partition('.')[2]}`"
            parts += [heading, escape_cell(schema.get("description", "")), make_key_table(schema)]
    return join_parts(parts)


def _describe_file(schema: Schema, title: str, leave_out: tuple[str, ...] = ()) -> str:
    parts = [f"### {title}", read_first_line(schema), make_key_table(schema)]
    return join_parts([*parts, *describe_parts(schema, leave_out)])


def describe_parts(schema: Schema, leave_out: tuple[str, ...]) -> Iterator[str]:
    """What a file is made of, each under a heading. What has a short form is a choice in the schema."""
    for name, part in schema["$defs"].items():
        forms: list[Schema] = part.get("anyOf", [part])
        if name.startswith(leave_out) or not any("properties" in form for form in forms):
            continue
        short = " or ".join(describe_type(form) for form in forms if "properties" not in form)
        yield f"### {split_words(name)}"
        yield read_first_line(part)
        yield f"Or, in short: {short}." if short else ""
        yield from (make_key_table(form) for form in forms if "properties" in form)


def make_key_table(schema: Schema) -> str:
    required = set(schema.get("required", ()))
    rows = [
        (f"`{key}`", describe_type(value), show_default(key, value, required), say_meaning(value))
        for key, value in schema.get("properties", {}).items()
        if key != "$schema"
    ]
    return make_table(("key", "value", "default", "meaning"), rows)


def describe_type(schema: Schema) -> str:
    if "$ref" in schema:
        return _describe_reference(schema["$ref"].rpartition("/")[2])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    choices = cast("list[Schema]", schema.get("anyOf") or schema.get("oneOf") or [])
    if choices:
        words = [describe_type(choice) for choice in choices if not _is_template(choice)]
        told = " or ".join(word for word in words if word != "null").split(" or ")
        return " or ".join(dict.fromkeys(told))
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {describe_type(schema.get('items') or {})}"
    if kind == "object":
        return "mapping"
    return _describe_scalar(kind, schema)


def _describe_reference(name: str) -> str:
    elsewhere = {"TargetSpec": ("target", "targets"), "BehaviorSpec": ("behavior", "behaviors")}
    elsewhere |= {"Check": ("check", "checks"), "ExecutorSpec": ("executor", "executors")}
    if name in elsewhere:
        word, page = elsewhere[name]
        return f"[{word}]({page}.md)"
    if "." in name:
        return f"`{name.partition('.')[2]}`"
    return f"*{split_words(name)}*"


def _describe_scalar(kind: str | list[str], schema: Schema) -> str:
    words = {"string": "text", "integer": "whole number", "boolean": "true or false", "number": "number"}
    kinds = [kind] if isinstance(kind, str) else kind
    # A number stands for its text wherever a text may stand.
    told = "text" if kinds == ["string", "number"] else " or ".join(words.get(word, word) for word in kinds)
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    bounds = (
        ("from", low),
        ("above", above),
        ("to", high),
        ("below", below),
    )
    return " ".join([told, *(f"{word} {bound:,}" for word, bound in bounds if bound is not None)])


def _is_template(schema: Schema) -> bool:
    return schema.get("pattern") == r"\{\{"


def show_default(key: str, schema: Schema, required: set[str]) -> str:
    if key in required:
        return "required"
    default = schema.get("default")
    if default is None or default in ("", [], {}) or isinstance(default, dict):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"
