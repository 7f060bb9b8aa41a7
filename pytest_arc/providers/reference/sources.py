"""Where the data of a request comes from: files, tables of a database, or a tool that has records."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from pytest_arc.errors import InfrastructureError
from pytest_arc.providers import ToolSchema
from pytest_arc.providers.reference import tables
from pytest_arc.providers.reference.conversation import Conversation, ToolFailed
from pytest_arc.providers.reference.records import Filter, count_overlap, read_amount
from pytest_arc.providers.reference.requests import Task, find_files, search
from pytest_arc.providers.reference.tools import (
    Table,
    choose_operation,
    fill_arguments,
    find_scalars,
    list_parameters,
    read_table,
    read_tables_of_schema,
    write_number,
)

__all__ = ["Source", "choose_tool", "load_sources"]


@dataclass(frozen=True)
class Source:
    """Records, and the tool that can aggregate them."""

    name: str
    table: Table
    tool: ToolSchema | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    filters: tuple[Filter, ...] = ()
    """What picked the rows out of those that the tool has."""

    def aggregate(self, talk: Conversation, measure: str, column: str) -> Decimal | None:
        """What the tool says the aggregate is; None where it has no such operation or filter."""
        where = [_write_condition(condition, self.table) for condition in self.filters]
        if self.tool is None or None in where:
            return None
        operation = choose_operation(self.tool, measure)
        wanted = {"column": column} | ({"where": where} if where else {})
        if not operation or not wanted.keys() <= list_parameters(self.tool).keys():
            return None
        result = talk.call(self.tool.name, {**self.arguments, **operation, **wanted})
        return read_amount(find_scalars(result).get("value"))


def _write_condition(condition: Filter, table: Table) -> dict[str, Any] | None:
    """The condition as an argument of a tool; None where the tool would read it in another way."""
    value = condition.values[0]
    cells = [row.get(condition.column) for row in table.rows]
    if len(condition.values) > 1:
        return None
    if isinstance(value, datetime.date):
        if not all(re.fullmatch(r"\d{4}-\d\d-\d\d", str(cell)) for cell in cells):
            return None
        value = value.isoformat()
    elif isinstance(value, Decimal):
        value = write_number(value)
    else:
        value = next((cell for cell in cells if str(cell).strip().lower() == value), value)
    return {"column": condition.column, "op": condition.sign, "value": value}


def load_sources(talk: Conversation, task: Task) -> list[Source]:
    """Read what the request is about. Raises ToolFailed, and InfrastructureError where no tool fits."""
    roles = talk.roles
    found: list[Source] = []
    if roles.files and (task.files or not (roles.sql or choose_tool(talk, task))):
        found += _load_files(talk, task, *roles.files)
    beside = len(found) == 1 and task.compares and search(r"database|ledger|table|books").search(task.text)
    if roles.sql and (not found or beside):
        found += _load_tables(talk, task, *roles.sql)
    if not found and (chosen := choose_tool(talk, task)):
        found.append(_load_other(talk, *chosen))
    if not found:
        raise InfrastructureError("the reference policy does not cover this request: no tool fits it")
    return found


def _load_files(talk: Conversation, task: Task, tool: ToolSchema, parameter: str) -> list[Source]:
    """Read the files of the request; where it names none, those of the prompt or what the user answers."""
    files = task.files or find_files(talk.prompt)
    if not files and talk.decide("missing_detail") == "ask":
        files = find_files(talk.ask("ask_file"))
    if files:
        return [source for file in files for source in _load_file(talk, task, tool, {parameter: file})]
    try:
        return _load_file(talk, task, tool, {parameter: "data.csv"})
    except ToolFailed as failure:  # which may say what files there are
        known = [file for file in find_files(str(failure)) if file != "data.csv"]
        if not known:
            raise
        best = max(known, key=lambda file: count_overlap(file, task.text))
        return _load_file(talk, task, tool, {parameter: best})


def _load_file(talk: Conversation, task: Task, tool: ToolSchema, file: dict[str, Any]) -> list[Source]:
    describe = choose_operation(tool, "describe", "schema", "info", "inspect")
    known = read_tables_of_schema(talk.call(tool.name, file | describe)) if describe else {}
    rows = choose_operation(tool, "rows", "read", "records", "list")
    has_choice = len(known) > 1 and "sheet" in list_parameters(tool)
    found: list[Source] = []
    for sheet in _choose_sheets(task, known) if has_choice else [None]:
        place = file | ({"sheet": sheet} if sheet else {})
        name = " ".join([*file.values(), *([f"({sheet})"] if sheet else [])])
        found.append(Source(name, read_table(talk.call(tool.name, place | rows)), tool, place))
    return found


def _choose_sheets(task: Task, sheets: dict[str, tuple[str, ...]]) -> list[str]:
    """The sheets the request names; all of them when it wants them all; else the one that fits best."""
    named = [name for name in sheets if search(re.escape(name)).search(task.text)]
    if named or search(tables.ALL_SOURCES).search(task.text):
        return named or list(sheets)
    return [max(sheets, key=lambda name: count_overlap(" ".join((name, *sheets[name])), task.text))]


def _load_tables(talk: Conversation, task: Task, tool: ToolSchema, parameter: str) -> list[Source]:
    """Read the table that fits best; in a comparison, those that the request names."""
    schema = read_tables_of_schema(talk.call(tool.name, {parameter: "SELECT name, sql FROM sqlite_master"}))
    if not schema:
        return [Source("the database", Table((), ()))]

    def rate(name: str) -> int:
        columns = sum(count_overlap(column, task.text) > 0 for column in schema[name])
        return 2 * count_overlap(name, task.text) + columns

    named = [name for name in schema if count_overlap(name, task.text) >= 2]
    found: list[Source] = []
    for name in named if task.compares and len(named) > 1 else [max(schema, key=rate)]:
        table = read_table(talk.call(tool.name, {parameter: f'SELECT * FROM "{name}"'}))
        found.append(Source(name, replace(table, columns=table.columns or schema[name])))
    return found


def choose_tool(talk: Conversation, task: Task) -> tuple[ToolSchema, dict[str, Any]] | None:
    """The tool whose description fits the request and whose parameters it can fill."""
    fits: list[tuple[int, ToolSchema, dict[str, Any]]] = []
    for tool in talk.roles.others:
        arguments = fill_arguments(tool, task.text)
        overlap = count_overlap(f"{tool.description} {' '.join(list_parameters(tool))}", task.text)
        if arguments is not None and (overlap or len(talk.roles.others) == 1):
            fits.append((overlap + len(arguments), tool, arguments))
    return max(fits, key=lambda fit: fit[0])[1:] if fits else None


def _load_other(talk: Conversation, tool: ToolSchema, arguments: dict[str, Any]) -> Source:
    result = talk.call(tool.name, arguments)
    table, scalars = read_table(result), find_scalars(result)
    if not table.rows and scalars:  # one record
        table = Table(tuple(scalars), (scalars,))
    return Source(tool.name.replace("_", " "), table)
