"""Which tool does what, seen from its schema; what a result holds, seen from its shape."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from pytest_arc.language.dates import find_dates
from pytest_arc.language.numbers import find_numbers
from pytest_arc.providers import ToolSchema
from pytest_arc.providers.reference.periods import read_periods
from pytest_arc.providers.reference.requests import search, split_words

__all__ = [
    "Roles",
    "Table",
    "assign_roles",
    "choose_operation",
    "fill_arguments",
    "find_scalars",
    "list_parameters",
    "read_json",
    "read_table",
    "read_tables_of_schema",
    "write_number",
]


@dataclass(frozen=True)
class Table:
    """Records that a tool showed."""

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Roles:
    """The tools an agent has, by what their parameters take."""

    files: tuple[ToolSchema, str] | None = None
    """A tool that reads files, and the parameter that names the file."""
    sql: tuple[ToolSchema, str] | None = None
    arithmetic: tuple[ToolSchema, str] | None = None
    convert: tuple[ToolSchema, dict[str, str]] | None = None
    """... and its parameters for `amount`, `from` and `to`."""
    others: tuple[ToolSchema, ...] = ()


def list_parameters(tool: ToolSchema) -> dict[str, dict[str, Any]]:
    return cast("dict[str, dict[str, Any]]", tool.parameters.get("properties", {}))


def assign_roles(tools: tuple[ToolSchema, ...]) -> Roles:
    """Sort tools by their parameters. The name of a tool is never looked at."""
    found = [(tool, dict(_find_roles(tool))) for tool in tools]
    roles = {role: (tool, value) for tool, own in reversed(found) for role, value in own.items()}
    return Roles(**roles, others=tuple(tool for tool, own in found if not own))


def _find_roles(tool: ToolSchema) -> Iterator[tuple[str, Any]]:
    parts: dict[str, str] = {}
    for name, schema in list_parameters(tool).items():
        words = set(split_words(name))
        about = words | set(split_words(str(schema.get("description", ""))))
        if schema.get("type", "string") == "string" and (
            words & {"file", "filename", "path", "workbook", "spreadsheet"}
            or ("file" in about and "format" not in words)
        ):
            yield "files", name
        elif words & {"sql", "statement"} or (
            "query" in words and "sql" in set(split_words(f"{about} {tool.description}"))
        ):
            yield "sql", name
        elif words & {"expression", "formula", "calculation"}:
            yield "arithmetic", name
        elif "amount" in words or words == {"value"}:
            parts.setdefault("amount", name)
        elif "currency" in about and words & {"from", "source"}:
            parts["from"] = name
        elif "currency" in about and words & {"to", "target"}:
            parts["to"] = name
    if len(parts) == 3:
        yield "convert", parts


def choose_operation(tool: ToolSchema, *wanted: str) -> dict[str, str]:
    """The argument that selects an operation of the tool, or nothing when it has no such parameter."""
    for name, schema in list_parameters(tool).items():
        for value in cast("list[Any]", schema.get("enum", ())):
            if any(search(word).search(str(value).replace("_", " ")) for word in wanted):
                return {name: str(value)}
    return {}


def read_json(text: str) -> Any:
    """Parse a result, numbers as Decimal. Raises ValueError when it is no JSON."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def read_table(result: Any) -> Table:
    """The first records in a result, whatever they are called; the columns it may list beside them."""
    rows = next(filter(None, _find_records(result)), ())
    listed = cast("dict[str, Any]", result).get("columns") if isinstance(result, dict) else None
    return Table(tuple(map(str, listed or dict.fromkeys(key for row in rows for key in row))), rows)


def _find_records(value: Any) -> Iterator[tuple[Mapping[str, Any], ...]]:
    if isinstance(value, list):
        items = cast("list[Any]", value)
        yield tuple(cast("Mapping[str, Any]", item) for item in items if isinstance(item, Mapping))
    elif isinstance(value, Mapping):
        for item in cast("Mapping[str, Any]", value).values():
            yield from _find_records(item)


def find_scalars(value: Any) -> dict[str, Any]:
    """The plain fields of a result that is one record, those of records inside it included."""
    found: dict[str, Any] = {}
    if isinstance(value, Mapping):
        for key, item in cast("Mapping[str, Any]", value).items():
            if isinstance(item, Mapping):
                found |= find_scalars(item)
            elif not isinstance(item, list):
                found[str(key)] = item
    return found


def read_tables_of_schema(value: Any) -> dict[str, tuple[str, ...]]:
    """Table -> columns, from the description of a file or of a database."""
    found: dict[str, tuple[str, ...]] = {}
    for row in (row for rows in _find_records(value) for row in rows):
        name = next((str(row[key]) for key in row if "name" in key.lower()), "")
        for item in row.values():
            if isinstance(item, list):
                found[name] = tuple(map(str, cast("list[Any]", item)))
            elif isinstance(item, str) and "(" in item:  # CREATE TABLE ...
                found[name] = tuple(re.findall(r"[(,]\s*[\"`\[]?(\w+)", item))
    return found


def fill_arguments(tool: ToolSchema, text: str) -> dict[str, Any] | None:
    """Fill the parameters of a tool from a text, by type, enum and name; None where one is missing."""
    text = re.sub(r"['\u2019]s\b", "", text)
    arguments: dict[str, Any] = {}
    for name, schema in list_parameters(tool).items():
        found = (value for value in _find_arguments(name, schema, text) if value not in arguments.values())
        value = next(found, None)
        if value is not None:
            arguments[name] = value
        elif name in tool.parameters.get("required", ()):
            return None
    return arguments


def _find_arguments(name: str, schema: Mapping[str, Any], text: str) -> Iterator[Any]:
    """What a parameter could be filled with, the best first."""
    words = set(split_words(name)) | set(split_words(str(schema.get("description", ""))))
    kind = schema.get("type", "string")
    if "enum" in schema:
        yield from (option for option in schema["enum"] if search(re.escape(str(option))).search(text))
    elif kind in ("number", "integer"):
        yield from (int(n.value) if kind == "integer" else float(n.value) for n in find_numbers(text))
    elif words & {"date", "day", "since", "until"}:
        yield from (str(date.value) for date in find_dates(text) if date.value)
    elif words & {"month", "period"}:
        periods = read_periods(text)[0]
        yield from (period.text if period.any_year else f"{period.first:%Y-%m}" for period in periods)
    elif kind == "string":
        label = re.escape((split_words(name) or [name])[0])
        yield from re.findall(rf"\b{label}s?\b:? #?({_NAME}|\w*\d[\w-]*)", text)
        wants_id = bool(words & {"id", "number", "no", "reference", "ref"})
        tokens = re.findall(rf"[A-Za-z]+[-_/]?\d[\w-]*|{_NAME}", text)
        yield from (token for token in tokens if _has_digit(token) == wants_id and not text.startswith(token))


_NAME = r"[A-Z][\w'-]+(?: [A-Z][\w'-]+)*"


def _has_digit(token: str) -> bool:
    return any(map(str.isdigit, token))


def write_number(value: Decimal) -> int | float:
    """A number as an argument of a tool."""
    return int(value) if value == value.to_integral_value() else float(value)
