"""Files and rows -> tables of typed cells.

CSV: UTF-8, with or without a byte order mark. The delimiter is the one of semicolon, tab and comma that
stands most often in the first line. A cell is

* null when it is empty;
* a number when it is written like one (`12`, `-0.50`), has no leading zero and at most 15 digits (as many
  as a spreadsheet keeps); where semicolons delimit, a comma is a decimal sign too, as spreadsheets write it;
* otherwise text: dates, percentages, `1,234.50`, `1e5`.

A column in which any number has a leading zero (`007`) holds identifiers: all of it stays text.

XLSX: every worksheet, with the values last computed. Dates become ISO text.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, cast

from pytest_arc.domain.scenario import DataSource
from pytest_arc.errors import ToolSimulatorError
from pytest_arc.fingerprint import canonicalize

__all__ = ["Cell", "Table", "read_tables"]

Cell = bool | int | Decimal | str | None

_NUMBER = re.compile(r"-?(\d+)(?:\.(\d+))?")
_NUMBER_WITH_COMMA = re.compile(r"-?(\d+)(?:[.,](\d+))?")
_LONGEST_NUMBER = 15
_XLSX = frozenset({".xlsx", ".xlsm"})


@dataclass(frozen=True)
class Table:
    """A sheet of a file, or a table of the database. Immutable, so that all trials share it."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @cached_property
    def plain_rows(self) -> tuple[tuple[bool | int | float | str | None, ...], ...]:
        """The rows with floats for decimals, as SQLite and JSON take them."""
        return tuple(
            tuple(float(cell) if isinstance(cell, Decimal) else cell for cell in row) for row in self.rows
        )

    def list_records(self) -> list[dict[str, Any]]:
        """The rows as fresh mappings of JSON values."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.plain_rows]


def read_tables(name: str, source: DataSource) -> tuple[Table, ...]:
    """Read `source`, which the scenario calls `name`: one table, or one per worksheet of an XLSX file.

    What is on disk is read once for all trials. Raises ToolSimulatorError for a missing or broken file.
    """
    if source.path is not None:
        return _read_path(name, source.path, source.sha256 or _stamp(name, source.path))
    if source.text is not None:
        return _read_text(name, source.text)
    return (_gather_rows(name, source.rows or ()),)


def _stamp(name: str, path: str) -> str:
    """What stands for the content of a file that nobody has hashed."""
    try:
        status = Path(path).stat()
    except OSError as error:
        raise ToolSimulatorError(f"cannot read '{name}': {error.strerror or error}") from error
    return f"{status.st_mtime_ns}:{status.st_size}"


@lru_cache(maxsize=256)
def _read_path(name: str, path: str, identity: str) -> tuple[Table, ...]:
    """`identity` changes with the content; it is here to be part of the cache's key."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ToolSimulatorError(f"cannot read '{name}': {error.strerror or error}") from error
    if PurePosixPath(Path(path).as_posix()).suffix.lower() in _XLSX:
        return _read_workbook(name, content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ToolSimulatorError(
            f"'{name}' is not UTF-8 text (byte {error.start + 1}); "
            "a simulated file is a CSV file in UTF-8 or an XLSX file"
        ) from error
    return (_parse_csv(name, text),)


@lru_cache(maxsize=256)
def _read_text(name: str, text: str) -> tuple[Table, ...]:
    return (_parse_csv(name, text),)


def _parse_csv(name: str, text: str) -> Table:
    delimiter = _find_delimiter(text)
    try:
        lines = [
            line
            for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
            if any(cell.strip() for cell in line)
        ]
    except csv.Error as error:
        raise ToolSimulatorError(f"'{name}' is not a CSV file: {error}") from error
    number = _NUMBER_WITH_COMMA if delimiter == ";" else _NUMBER
    columns, rows = _square(name, [[cell.strip() for cell in line] for line in lines], "")
    typed = [_type_column([row[n] for row in rows], number) for n in range(len(columns))]
    return Table(_get_stem(name), columns, tuple(zip(*typed, strict=True)))


def _find_delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    # Where two are equally frequent, the comma is: semicolons and tabs do not stand in headers by chance.
    return max(";\t,", key=first.count) if any(mark in first for mark in ";\t") else ","


def _type_column(cells: Sequence[str], number: re.Pattern[str]) -> list[Cell]:
    matches = [number.fullmatch(cell) for cell in cells]
    if any(match and len(match[1]) > 1 and match[1][0] == "0" for match in matches):
        return [cell or None for cell in cells]
    return [
        _parse_number(match) if match else cell or None for cell, match in zip(cells, matches, strict=True)
    ]


def _parse_number(match: re.Match[str]) -> Cell:
    whole, fraction = match[1], match[2]
    if len(whole) + len(fraction or "") > _LONGEST_NUMBER:
        return match[0]
    return Decimal(match[0].replace(",", ".")) if fraction else int(match[0])


def _read_workbook(name: str, content: bytes) -> tuple[Table, ...]:
    # Slow to import, and most worlds have no XLSX file.
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        # It warns of formatting it does not keep; values are all we want.
        warnings.simplefilter("ignore")
        try:
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
            raise ToolSimulatorError(f"'{name}' is not an XLSX file: {error}") from error
        try:
            return tuple(
                _read_sheet(name, sheet.title, sheet.iter_rows(values_only=True)) for sheet in book.worksheets
            )
        finally:
            book.close()


def _read_sheet(name: str, title: str, lines: Iterable[Sequence[Any]]) -> Table:
    filled = [[_make_cell(value) for value in line] for line in lines]
    filled = [line for line in filled if any(cell is not None for cell in line)]
    columns, rows = _square(f"{name}', sheet '{title}", filled, None)
    return Table(title, columns, tuple(tuple(row) for row in rows))


def _square(name: str, lines: list[list[Any]], empty: str | None) -> tuple[tuple[str, ...], list[list[Any]]]:
    """Split the header off, and give every row as many cells as there are columns."""
    if not lines:
        return (), []
    header, *body = [_trim(line, empty) for line in lines]
    width = len(header)
    columns = tuple(f"column_{n}" if title == empty else str(title) for n, title in enumerate(header, 1))
    _find_doubled(name, columns)
    for n, line in enumerate(body, 2):
        if len(line) > width:
            raise ToolSimulatorError(f"'{name}' has {width} columns, and row {n} has {len(line)} cells")
    return columns, [line + [empty] * (width - len(line)) for line in body]


def _trim(line: list[Any], empty: str | None) -> list[Any]:
    """The line without the empty cells at its end: a trailing delimiter makes no column."""
    end = len(line)
    while end and line[end - 1] == empty:
        end -= 1
    return line[:end]


def _find_doubled(name: str, columns: Sequence[str]) -> None:
    for n, column in enumerate(columns):
        if column in columns[:n]:
            raise ToolSimulatorError(f"'{name}' has two columns called '{column}'")


def _gather_rows(name: str, rows: Sequence[dict[str, Any]]) -> Table:
    columns = tuple(dict.fromkeys(key for row in rows for key in row))
    return Table(
        _get_stem(name), columns, tuple(tuple(_make_cell(row.get(key)) for key in columns) for row in rows)
    )


def _make_cell(value: Any) -> Cell:
    """A value of YAML or of a worksheet as a cell. Nested values become their JSON text."""
    if value is None or isinstance(value, (bool, int, Decimal)):
        return cast("Cell", value)
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, float):
        return _make_decimal(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return canonicalize(value) if isinstance(value, (dict, list, tuple)) else str(value)


def _make_decimal(value: float) -> Cell:
    """The decimal that the float was written as; a whole number of a worksheet comes as an int already."""
    number = Decimal(repr(value))
    return number if number.is_finite() else None


def _get_stem(name: str) -> str:
    return PurePosixPath(name).stem
