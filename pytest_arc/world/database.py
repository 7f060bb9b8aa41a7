"""The simulated database of one trial: SQLite in memory, closed off from the machine and bounded."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pytest_arc.errors import ToolSimulatorError
from pytest_arc.world.sources import Cell, Table

__all__ = ["MAX_ROWS", "Database", "QueryError"]

MAX_ROWS = 200
"""What one query answers at most."""
_MAX_STEPS = 5_000_000
"""Of SQLite's virtual machine, for one query: some tenths of a second."""
_STEPS_PER_TICK = 10_000
_MAX_VALUE_BYTES = 1_000_000
_MAX_PAGES = 65_536
"""Of 4 KiB: 256 MiB."""
_READING = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
_FORBIDDEN = frozenset({sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH})
_FORBIDDEN_FUNCTIONS = frozenset({"load_extension", "readfile", "writefile"})
_SCHEMA_PRAGMAS = frozenset({"table_info", "table_xinfo", "table_list", "index_list", "foreign_key_list"})


class QueryError(Exception):
    """A query that the database refuses. The text says why, and what there is."""


class Database:
    """Tables loaded from the scenario. It must be closed, and is used in one thread at a time."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.changed = False
        """Whether a statement that writes was let through."""
        self._mode: Literal["setup", "read", "write"] = "setup"
        self._ticks = 0
        self._booleans = {name: _find_boolean_columns(table) for name, table in tables.items()}
        # Autocommit: transactions are the agent's to begin. No statement is kept: it would run unasked by
        # the authorizer. A trial that was given up may be collected in another thread.
        self._connection = sqlite3.connect(
            ":memory:", isolation_level=None, cached_statements=0, check_same_thread=False
        )
        try:
            self._load(tables)
        except BaseException:
            self._connection.close()
            raise

    def query(self, sql: str, read_only: bool) -> dict[str, Any]:
        """Run one statement: `{"columns": [...], "rows": [{...}], "row_count": n}`, at most MAX_ROWS rows.

        Cut off, it has `"truncated": true`; a statement that writes adds `"rows_changed"`. Raises QueryError.
        """
        self._set_mode("read" if read_only else "write")
        try:
            cursor = self._connection.execute(sql)
            fetched = cursor.fetchmany(MAX_ROWS + 1)
            titles = [column[0] for column in cursor.description or ()]
            changed_rows = cursor.rowcount
        except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
            raise QueryError(self._explain(error, read_only)) from error
        finally:
            self._set_mode("setup")
        return _shape_result(titles, fetched, changed_rows)

    def list_records(self) -> dict[str, list[dict[str, Any]]]:
        """All tables as they are now, as rows of JSON values."""
        return {name: self._list_rows(name) for name in self._list_columns()}

    def close(self) -> None:
        self._connection.close()

    def _load(self, tables: Mapping[str, Table]) -> None:
        for name, table in tables.items():
            if not table.columns:
                raise ToolSimulatorError(f"table '{name}' has no columns; a CSV file with a header has")
            try:
                self._create_table(name, table)
            except (sqlite3.Error, OverflowError) as error:
                raise ToolSimulatorError(f"table '{name}' cannot be loaded: {error}") from error
        self._connection.execute(f"PRAGMA max_page_count = {_MAX_PAGES}")
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE_BYTES)
        self._connection.set_authorizer(self._authorize)
        self._connection.set_progress_handler(self._count_steps, _STEPS_PER_TICK)

    def _create_table(self, name: str, table: Table) -> None:
        columns = ", ".join(
            f"{_quote(column)} {_choose_type([row[n] for row in table.rows])}".rstrip()
            for n, column in enumerate(table.columns)
        )
        self._connection.execute(f"CREATE TABLE {_quote(name)} ({columns})")
        places = ", ".join("?" * len(table.columns))
        self._connection.execute("BEGIN")
        self._connection.executemany(f"INSERT INTO {_quote(name)} VALUES ({places})", table.plain_rows)
        self._connection.execute("COMMIT")

    def _set_mode(self, mode: Literal["setup", "read", "write"]) -> None:
        self._mode, self._ticks = "setup", 0
        self._connection.execute(f"PRAGMA query_only = {'on' if mode == 'read' else 'off'}")
        self._mode = mode

    def _authorize(
        self, action: int, first: str | None, second: str | None, database: str | None, source: str | None
    ) -> int:
        """Called by SQLite for everything a statement wants to do, before it runs."""
        if self._mode == "setup":
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_PRAGMA:
            return sqlite3.SQLITE_OK if first in _SCHEMA_PRAGMAS else sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_FUNCTION and second in _FORBIDDEN_FUNCTIONS:
            return sqlite3.SQLITE_DENY
        if action in _READING or (action == sqlite3.SQLITE_UPDATE and first == "sqlite_master"):
            # Reading `pragma_table_info(...)` is announced as an update of the schema; a real one is
            # refused by SQLite itself, since PRAGMA writable_schema is.
            return sqlite3.SQLITE_OK
        if self._mode == "read" or action in _FORBIDDEN:
            return sqlite3.SQLITE_DENY
        self.changed = True
        return sqlite3.SQLITE_OK

    def _count_steps(self) -> int:
        """Called by SQLite while a statement runs; anything but 0 stops it."""
        self._ticks += 1
        return int(self._mode != "setup" and self._ticks * _STEPS_PER_TICK > _MAX_STEPS)

    def _explain(self, error: Exception, read_only: bool) -> str:
        text = str(error)
        # The low byte is SQLite's primary code; Python's own errors have none.
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_AUTH, sqlite3.SQLITE_READONLY):
            return "this database can only be read" if read_only else "this database does not allow that"
        if code == sqlite3.SQLITE_INTERRUPT:
            return f"the query was stopped after {_MAX_STEPS:,} steps"
        if text.startswith("You can only execute one statement"):
            return "give one SQL statement at a time"
        if text.startswith(("no such table", "no such column")):
            self._set_mode("setup")
            tables = [f"{name} ({', '.join(columns)})" for name, columns in self._list_columns().items()]
            return f"{text}; there {'are' if tables else 'is no table'}: {'; '.join(tables)}".removesuffix(
                ": "
            )
        return text

    def _list_columns(self) -> dict[str, list[str]]:
        """The columns of each table."""
        found = self._connection.execute(
            "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c "
            "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.rowid, c.cid"
        )
        columns: dict[str, list[str]] = {}
        for table, column in found:
            columns.setdefault(table, []).append(column)
        return columns

    def _list_rows(self, name: str) -> list[dict[str, Any]]:
        cursor = self._connection.execute(f"SELECT * FROM {_quote(name)}")
        titles = [column[0] for column in cursor.description]
        booleans = self._booleans.get(name, frozenset())
        return [
            {
                title: bool(value) if title in booleans and value in (0, 1) else _make_plain(value)
                for title, value in zip(titles, row, strict=True)
            }
            for row in cursor
        ]


def _shape_result(titles: Sequence[str], fetched: list[tuple[Any, ...]], changed_rows: int) -> dict[str, Any]:
    columns = _number_doubled(titles)
    rows = [
        {column: _drop_noise(_make_plain(value)) for column, value in zip(columns, row, strict=True)}
        for row in fetched[:MAX_ROWS]
    ]
    result: dict[str, Any] = {"columns": columns, "rows": rows, "row_count": len(rows)}
    if len(fetched) > MAX_ROWS:
        result["truncated"] = True
    # SQLite counts changed rows for INSERT, UPDATE and DELETE only.
    if changed_rows >= 0:
        result["rows_changed"] = changed_rows
    return result


def _number_doubled(titles: Sequence[str]) -> list[str]:
    """`id, id` -> `id, id_2`: a row is a mapping, and a join must not lose a column."""
    columns: list[str] = []
    for title in titles:
        column, n = title, 2
        while column in columns:
            column, n = f"{title}_{n}", n + 1
        columns.append(column)
    return columns


def _make_plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _drop_noise(value: Any) -> Any:
    """Fourteen digits of a float: SQLite adds in binary, and 0.1 + 0.2 shall read 0.3."""
    return float(f"{value:.14g}") if isinstance(value, float) else value


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _choose_type(cells: Sequence[Cell]) -> str:
    """The declared type of a column; none where kinds are mixed, so that SQLite changes no value."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {bool}:
        return "BOOLEAN"
    if bool in kinds or (str in kinds and len(kinds) > 1):
        return ""
    if str in kinds or not kinds:
        return "TEXT"
    return "INTEGER" if kinds == {int} else "REAL"


def _find_boolean_columns(table: Table) -> frozenset[str]:
    return frozenset(
        column
        for n, column in enumerate(table.columns)
        if _choose_type([row[n] for row in table.rows]) == "BOOLEAN"
    )
