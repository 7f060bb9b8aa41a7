"""Where the data of a request comes from: files, tables of a database, or a tool that has records."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, cast

from pytest_arc.errors import InfrastructureError
from pytest_arc.providers import ToolSchema
from pytest_arc.providers.reference import tables
from pytest_arc.providers.reference.conversation import Conversation, ToolFailed
from pytest_arc.providers.reference.records import Filter, count_overlap, read_amount
from pytest_arc.providers.reference.requests import Task, search
from pytest_arc.providers.reference.tools import (
    Table,
    choose_operation,
    fill_arguments,
    find_scalars,
    find_tables,
    list_parameters,
    read_tables_of_schema,
)

__all__ = ["Source", "load_sources"]

_FILE = re.compile(r"[\w./-]+\.(?:csv|xlsx|xls|tsv|json|txt)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Source:
    """Records, and the tool that can aggregate them."""

    name: str
    table: Table
    talk: Conversation
    tool: ToolSchema | None = None
    arguments: tuple[tuple[str, Any], ...] = ()

    def aggregate(self, measure: str, column: str, filters: Sequence[Filter]) -> Decimal | None:
        """What the tool says the aggregate is; None where it has no such operation or filter."""
        if self.tool is None:
            return None
        operation = choose_operation(self.tool, measure)
        names = list_parameters(self.tool)
        where = _write_where(filters, self.table)
        if not operation or "column" not in names or where is None or (where and "where" not in names):
            return None
        arguments = (
            dict(self.arguments) | operation | {"column": column} | ({"where": where} if where else {})
        )
        result = self.talk.call(self.tool.name, arguments)
        return read_amount(find_scalars(result).get("value"))


def _write_where(filters: Sequence[Filter], table: Table) -> list[dict[str, Any]] | None:
    where: list[dict[str, Any]] = []
    for condition in filters:
        value = condition.values[0]
        if len(condition.values) > 1:
            return None
        if isinstance(value, datetime.date):
            if any(
                not re.fullmatch(r"\d{4}-\d\d-\d\d", str(row.get(condition.column))) for row in table.rows
            ):
                return None
            value = value.isoformat()
        elif isinstance(value, Decimal):
            value = int(value) if value == int(value) else float(value)
        else:
            cells = [row.get(condition.column) for row in table.rows]
            value = next((cell for cell in cells if str(cell).strip().lower() == value), value)
        where.append({"column": condition.column, "op": condition.sign, "value": value})
    return where


def load_sources(talk: Conversation, task: Task) -> list[Source]:
    """Read what the request is about. Raises ToolFailed, and InfrastructureError where no tool fits."""
    roles = talk.roles
    files = task.files or talk.files
    talk.files = files
    found: list[Source] = []
    if roles.files and (files or not (roles.sql or _choose_other(talk, task))):
        found += _load_files(talk, task, files or _find_files(talk))
    if roles.sql and (
        not found
        or (task.compares and len(found) == 1 and search("database|ledger|table|books").search(task.text))
    ):
        found += _load_tables(talk, task)
    if not found:
        found += _load_other(talk, task)
    if not found:
        raise InfrastructureError("the reference policy does not cover this request: no tool fits it")
    return found


def _find_files(talk: Conversation) -> tuple[str, ...]:
    """The files of a request that names none: those of the prompt, or what the user answers."""
    named = tuple(dict.fromkeys(_FILE.findall(talk.prompt)))
    if not named and talk.decide("missing_detail") == "ask":
        named = tuple(_FILE.findall(talk.ask(talk.phrase("ask_file"))))
    return named or ("data.csv",)


def _load_files(talk: Conversation, task: Task, files: Sequence[str]) -> list[Source]:
    found: list[Source] = []
    for file in files:
        try:
            found += _load_file(talk, task, file)
        except ToolFailed as failure:
            others = [name for name in _FILE.findall(str(failure)) if name not in files]
            if others and not task.files:
                best = max(others, key=lambda name: count_overlap(name, task.text))
                found += _load_file(talk, task, best)
            elif talk.decide("tool_failure") != "carry_on" or len(files) == 1:
                raise
    return found


def _load_file(talk: Conversation, task: Task, file: str) -> list[Source]:
    if talk.roles.files is None:
        return []
    tool, parameter = talk.roles.files
    arguments: dict[str, Any] = {parameter: file}
    describe = choose_operation(tool, "describe", "schema", "info", "inspect")
    known = read_tables_of_schema(talk.call(tool.name, arguments | describe)) if describe else {}
    rows = choose_operation(tool, "rows", "read", "records", "list")
    found: list[Source] = []
    for sheet in _choose_sheets(task, known) or [""]:
        place = {"sheet": sheet} if len(known) > 1 and "sheet" in list_parameters(tool) else {}
        result = talk.call(tool.name, arguments | rows | place)
        table = next(find_tables(result), Table(file, (), ()))
        name = f"{file} ({sheet})" if place else file
        found.append(
            Source(name, _with_columns(table, result), talk, tool, tuple((arguments | place).items()))
        )
    return found


def _has_sheets(task: Task, sheet: str) -> bool:
    return search(re.escape(sheet)).search(task.text) is not None


def _with_columns(table: Table, result: Any) -> Table:
    if not isinstance(result, dict):
        return table
    columns = cast("dict[str, list[Any]]", result).get("columns")
    return replace(table, columns=tuple(map(str, columns))) if columns else table


def _choose_sheets(task: Task, sheets: dict[str, tuple[str, ...]]) -> list[str]:
    """The sheets the request names; all of them when it wants them all; else the one that fits best."""
    if len(sheets) < 2:
        return list(sheets)
    named = [name for name in sheets if _has_sheets(task, name)]
    if named or search(tables.ALL_SOURCES).search(task.text):
        return named or list(sheets)
    return [
        max(sheets, key=lambda name: sum(count_overlap(text, task.text) for text in (name, *sheets[name])))
    ]


def _load_tables(talk: Conversation, task: Task) -> list[Source]:
    if talk.roles.sql is None:
        return []
    tool, parameter = talk.roles.sql
    schema = read_tables_of_schema(talk.call(tool.name, {parameter: "SELECT name, sql FROM sqlite_master"}))
    if not schema:
        return [Source("the database", Table("", (), ()), talk)]
    fits = {name: 2 * count_overlap(name, task.text) for name in schema}
    named = [name for name in schema if fits[name] >= 4] if task.compares else []
    best = max(
        schema,
        key=lambda name: fits[name] + sum(count_overlap(column, task.text) > 0 for column in schema[name]),
    )
    found: list[Source] = []
    for name in named if len(named) > 1 else [best]:
        result = talk.call(tool.name, {parameter: f'SELECT * FROM "{name}"'})
        table = next(find_tables(result), Table(name, (), ()))
        found.append(Source(name, replace(table, columns=table.columns or schema[name]), talk))
    return found


def _choose_other(talk: Conversation, task: Task) -> tuple[ToolSchema, dict[str, Any]] | None:
    """The tool whose description fits the request and whose parameters it can fill."""
    fits: list[tuple[int, int, ToolSchema, dict[str, Any]]] = []
    for place, tool in enumerate(talk.roles.others):
        arguments = fill_arguments(tool, task.text)
        overlap = count_overlap(f"{tool.description} {' '.join(list_parameters(tool))}", task.text)
        if arguments is not None and (overlap or len(talk.roles.others) == 1):
            fits.append((overlap + len(arguments), -place, tool, arguments))
    return max(fits, key=lambda fit: fit[:2])[2:] if fits else None


def _load_other(talk: Conversation, task: Task) -> list[Source]:
    chosen = _choose_other(talk, task)
    if chosen is None:
        return []
    result = talk.call(chosen[0].name, chosen[1])
    found = [table for table in find_tables(result) if table.rows or table.columns]
    scalars = find_scalars(result)
    table = found[0] if found else Table("", tuple(scalars), (scalars,) if scalars else ())
    name = chosen[0].name.replace("_", " ")
    return [Source(name, table, talk)]
