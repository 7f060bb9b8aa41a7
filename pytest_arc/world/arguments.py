"""The JSON schema of a tool, held against what the agent gave."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Protocol, cast

from pytest_arc.errors import ToolSimulatorError
from pytest_arc.extras import hasten_jsonschema
from pytest_arc.registry import find_near_miss
from pytest_arc.scope import redact

__all__ = ["check_schema", "find_violation"]

_TYPE_WORDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "a mapping",
    "string": "a text",
}


class _SchemaError(Protocol):
    """The part of jsonschema's ValidationError that is read here."""

    validator: str
    validator_value: Any
    instance: Any
    schema: Mapping[str, Any]
    message: str
    absolute_path: Iterable[str | int]


class _Validator(Protocol):
    def iter_errors(self, instance: Any) -> Iterable[_SchemaError]: ...


_compiled: dict[int, tuple[Mapping[str, Any], _Validator]] = {}
"""By the identity of the schema, which is kept alive here: all trials share one tool."""


def find_violation(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> str | None:
    """One thing `schema` does not allow in `arguments`, in one sentence; None when all is well.

    Raises ToolSimulatorError when `schema` is none.
    """
    _, validator = _compiled.get(id(schema)) or _compile(schema)
    try:
        errors = list(validator.iter_errors(arguments))
    except Exception as broken:
        # A `pattern` that is no regular expression, a `$ref` to nowhere: found only when it is used.
        raise ToolSimulatorError(
            f"the tool's parameters cannot be used as a JSON schema: {broken}"
        ) from broken
    if not errors:
        return None
    # A misspelt name explains why another is missing.
    return _explain(min(errors, key=lambda error: error.validator != "additionalProperties"))


def check_schema(schema: Mapping[str, Any]) -> str | None:
    """What is wrong with `schema` itself, in one sentence; None when it is a JSON schema."""
    # Slow to import, and `arc` does many things without it.
    hasten_jsonschema()
    from jsonschema import Draft202012Validator, SchemaError, validators

    if schema.get("type", "object") != "object":
        return "the parameters of a tool are an object: 'type: object'"
    try:
        validators.validator_for(schema, default=Draft202012Validator).check_schema(dict(schema))
    except SchemaError as error:
        place = ".".join(str(part) for part in error.absolute_path)
        return f"{place}: {error.message}" if place else error.message
    return None


def _compile(schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], _Validator]:
    trouble = check_schema(schema)
    if trouble:
        raise ToolSimulatorError(f"the tool's parameters are no JSON schema: {trouble}")

    from jsonschema import Draft202012Validator, validators

    validator = validators.validator_for(schema, default=Draft202012Validator)(schema)
    _compiled[id(schema)] = (schema, cast("_Validator", validator))
    return _compiled[id(schema)]


def _explain(error: _SchemaError) -> str:
    where = _name_place(error.absolute_path)
    subject = f"the argument '{where}'" if where else "the arguments"
    shown = partial(json.dumps, ensure_ascii=False, default=str)
    match error.validator:
        case "required":
            missing = next(name for name in error.validator_value if name not in error.instance)
            return f"the argument '{where + '.' if where else ''}{missing}' is missing"
        case "additionalProperties" if error.validator_value is False:
            return _explain_unknown(error, where)
        case "enum":
            allowed = ", ".join(_show_plain(value) for value in error.validator_value)
            return f"{subject} must be one of {allowed}; it is {_shorten(shown(error.instance))}"
        case "type":
            kinds = error.validator_value
            words = [_TYPE_WORDS.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)]
            return f"{subject} must be {' or '.join(words)}; it is {_shorten(shown(error.instance))}"
        case _:
            return f"{subject}: {error.message}"


def _explain_unknown(error: _SchemaError, where: str) -> str:
    known = list(error.schema.get("properties", {}))
    unknown = next((name for name in error.instance if name not in known), "")
    near = find_near_miss(unknown, known)
    place = f" in '{where}'" if where else ""
    there = f"there are: {', '.join(known)}" if known else "there are none"
    return f"there is no argument '{unknown}'{place}; {there}" + (f"; did you mean '{near}'?" if near else "")


def _name_place(path: Iterable[str | int]) -> str:
    """`where[0].op`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _show_plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _shorten(text: str, width: int = 80) -> str:
    return text if len(text) <= width else redact(text)[: width - 4] + " ..."
