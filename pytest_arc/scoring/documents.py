"""JSON in an answer, and whether it fits a schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Literal, Protocol, cast

from pytest_arc.extras import hasten_jsonschema

__all__ = ["SchemaValidator", "compile_schema", "explain_misfit", "read_documents"]

_FENCED = re.compile(
    r"^[ \t]*```[ \t]*(?:jsonc?|json5)?[ \t\r]*\n(.*?)^[ \t]*```", re.MULTILINE | re.DOTALL | re.I
)


class SchemaValidator(Protocol):
    """The part of a jsonschema validator that is used here."""

    def iter_errors(self, instance: Any) -> Iterator[Any]: ...


def read_documents(text: str) -> list[Any]:
    """Find the JSON in a text: all of it, or else each fenced block that holds JSON."""
    whole = _parse(text)
    if whole:
        return whole
    return [document for block in _FENCED.findall(text) for document in _parse(block)]


def compile_schema(schema: dict[str, Any] | Literal[True]) -> SchemaValidator:
    """Make a validator. Raises ValueError for what is no JSON Schema, or refers to another document."""
    # Slow to import, and few scenarios need it.
    hasten_jsonschema()
    from jsonschema import SchemaError
    from jsonschema.validators import Draft202012Validator, validator_for
    from referencing import Registry

    kind: Any = (
        Draft202012Validator if schema is True else validator_for(schema, default=Draft202012Validator)
    )
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        place = error.json_path.removeprefix("$").removeprefix(".")
        raise ValueError(f"not a JSON Schema: {f'{place}: ' if place else ''}{error.message}") from None
    # An empty registry, because the default one fetches what it does not know.
    registry: Any = cast("Any", Registry)()
    validator = kind(schema, registry=registry)
    _require_references(schema)
    return validator


def explain_misfit(validator: SchemaValidator, document: Any) -> str | None:
    """Say where a document does not fit, the outermost place first; None when it does."""
    try:
        errors = sorted(validator.iter_errors(document), key=lambda error: len(error.absolute_path))
    except (ArithmeticError, RecursionError) as error:  # 1e999 and endless nesting are JSON, too
        return f"it cannot be read: {error}"
    if not errors:
        return None
    place = str(errors[0].json_path).removeprefix("$").removeprefix(".")
    return f"{place}: {errors[0].message}" if place else errors[0].message


def _parse(text: str) -> list[Any]:
    """The one document in `text`, or nothing."""
    try:
        return [json.loads(text, parse_constant=_reject_constant)]
    except (ValueError, RecursionError):
        return []


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _require_references(schema: Any) -> None:
    """Raise ValueError for a reference out of the schema, or to a place in it that is not there."""
    for reference in _find_references(schema):
        if not reference.startswith("#"):
            raise ValueError(
                f"the schema refers to '{reference}'; only references inside it, '#/...', are followed"
            )
        if reference.startswith("#/"):
            _follow(schema, reference)


def _find_references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in cast("dict[str, Any]", node).items():
            if key in ("$ref", "$dynamicRef") and isinstance(value, str):
                yield value
            else:
                yield from _find_references(value)
    elif isinstance(node, list):
        for value in cast("list[Any]", node):
            yield from _find_references(value)


def _follow(schema: Any, reference: str) -> None:
    place = schema
    for part in reference[2:].split("/"):
        try:
            place = _step_into(place, part.replace("~1", "/").replace("~0", "~"))
        except (KeyError, IndexError, ValueError, TypeError):
            raise ValueError(f"the schema refers to '{reference}', which is not in it") from None


def _step_into(place: Any, key: str) -> Any:
    try:
        return place[key]
    except TypeError:
        return place[int(key)]
