"""Which tool does what, seen from its schema; what a result holds, seen from its shape."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, cast

from pytest_arc.language.dates import find_dates
from pytest_arc.language.numbers import find_numbers
from pytest_arc.providers import ToolSchema
from pytest_arc.providers.reference.requests import search, split_words

__all__ = [
    "Roles",
    "Table",
    "assign_roles",
    "fill_arguments",
    "find_scalars",
    "find_tables",
    "read_json",
    "read_tables_of_schema",
]


@dataclass(frozen=True)
class Table:
    """Records that a tool showed."""

    name: str
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
    roles: dict[str, Any] = {}
    others: list[ToolSchema] = []
    for tool in tools:
        found = dict(_find_roles(tool))
        for role, value in found.items():
            roles.setdefault(role, (tool, value))
        if not found:
            others.append(tool)
    return Roles(**roles, others=tuple(others))


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


def find_tables(value: Any, name: str = "") -> Iterator[Table]:
    """Every list of records in a result, whatever it is called."""
    if isinstance(value, list):
        items = cast("list[Any]", value)
        rows = tuple(cast("Mapping[str, Any]", item) for item in items if isinstance(item, Mapping))
        if rows or not items:
            yield Table(name, tuple(dict.fromkeys(key for row in rows for key in row)), rows)
    elif isinstance(value, Mapping):
        for key, item in cast("Mapping[str, Any]", value).items():
            yield from find_tables(item, str(key))


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
    for table in find_tables(value):
        for row in table.rows:
            name = next((str(row[key]) for key in row if "name" in key.lower()), "")
            lists = (cast("list[Any]", item) for item in row.values() if isinstance(item, list))
            columns = next(lists, None)
            definition = next(
                (str(item) for item in row.values() if isinstance(item, str) and "(" in item), ""
            )
            if columns is not None:
                found[name] = tuple(map(str, columns))
            elif definition:
                inside = definition[definition.index("(") + 1 :]
                found[name] = tuple(re.findall(r"(?:^|,)\s*[\"`\[]?(\w+)", inside))
    return found


@cache
def _tokens(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[A-Za-z]+[-_/]?\d[\w-]*|[A-Z][\w'-]+(?: [A-Z][\w'-]+)*", text))


def fill_arguments(tool: ToolSchema, text: str) -> dict[str, Any] | None:
    """Fill the parameters of a tool from a text, by type, enum and name; None where one is missing."""
    text = re.sub(r"['\u2019]s\b", "", text)
    arguments: dict[str, Any] = {}
    required = cast("list[str]", tool.parameters.get("required", ()))
    for name, schema in list_parameters(tool).items():
        value = _find_argument(name, schema, text, arguments)
        if value is not None:
            arguments[name] = value
        elif name in required:
            return None
    return arguments


def _find_argument(name: str, schema: Mapping[str, Any], text: str, taken: Mapping[str, Any]) -> Any:
    words = set(split_words(name)) | set(split_words(str(schema.get("description", ""))))
    if "enum" in schema:
        options = [str(option) for option in schema["enum"]]
        return next((option for option in options if search(re.escape(option)).search(text)), None)
    if schema.get("type") in ("number", "integer"):
        numbers = [number.value for number in find_numbers(text) if number.value not in taken.values()]
        return (int(numbers[0]) if schema["type"] == "integer" else float(numbers[0])) if numbers else None
    if schema.get("type") == "boolean":
        return None
    if words & {"date", "day", "since", "until"}:
        dates = [
            str(date.value)
            for date in find_dates(text)
            if date.value and str(date.value) not in taken.values()
        ]
        return dates[0] if dates else None
    if "month" in words or "period" in words:
        return _find_month(text)
    label = re.escape(next(iter(split_words(name)), name))
    named = r"([A-Z][\w'-]+(?: [A-Z][\w'-]+)*|\w*\d[\w-]*)"
    after = re.search(rf"\b{label}s?\b:? #?{named}", text)
    if after and after[1] not in taken.values():
        return after[1]
    wants_id = bool(words & {"id", "number", "no", "reference", "ref"})
    tokens = [
        token
        for token in _tokens(text)
        if bool(re.search(r"\d", token)) == wants_id and not text.startswith(token)
    ]
    return next((token for token in tokens if token not in taken.values()), None)


def _find_month(text: str) -> str | None:
    from pytest_arc.providers.reference.requests import read_task

    for period in read_task(text).periods:
        return period.text if period.any_year else f"{period.first:%Y-%m}"
    return None
