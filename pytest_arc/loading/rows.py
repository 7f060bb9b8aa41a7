"""Rows of CSV and JSONL files, as values with types."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pytest_arc.errors import LoadError, Problem
from pytest_arc.loading.scalars import Written, read_plain
from pytest_arc.loading.source import Source, read_source

__all__ = ["Row", "read_rows"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row, and the line it begins in."""

    values: dict[str, Any]
    line: int


def read_rows(path: Path) -> tuple[Source, list[Row]]:
    """Read `.csv` (the first line names the columns) or `.jsonl` (a mapping a line). Raises LoadError.

    A cell of a CSV file is a number, `true` or `false` where it looks like one, an empty text when empty,
    and text otherwise. Numbers keep their spelling, so that 998.00 in a text stays 998.00.
    """
    source = read_source(path)
    problems: list[Problem] = []
    rows = list((_read_csv if path.suffix == ".csv" else _read_jsonl)(source, problems))
    if not rows and not problems:
        problems.append(Problem(source.path, 1, 1, "the file has no rows"))
    if problems:
        raise LoadError(problems)
    return source, rows


def _read_csv(source: Source, problems: list[Problem]) -> Iterator[Row]:
    reader = csv.reader(source.text.splitlines(keepends=True), strict=True)
    try:
        header = next(reader, list[str]())
        for name in {name for name in header if header.count(name) > 1 or not name.strip()}:
            message = f"column '{name}' is here twice" if name.strip() else "a column has no name"
            problems.append(source.report(1, 1, message))
        line = reader.line_num + 1
        for cells in reader:
            if len(cells) > len(header):
                problems.append(source.report(line, 1, f"{len(cells)} cells, but {len(header)} columns"))
            elif cells:
                yield Row({name: _read_cell(cell) for name, cell in zip(header, cells, strict=False)}, line)
            line = reader.line_num + 1
    except csv.Error as error:
        problems.append(source.report(reader.line_num, 1, f"this is not CSV: {error}"))


def _read_cell(cell: str) -> Any:
    text = cell.strip()
    if text.lower() in ("", "~", "null"):
        return cell
    value = read_plain(text)
    return cell if isinstance(value, str) else value


def _read_jsonl(source: Source, problems: list[Problem]) -> Iterator[Row]:
    for number, line in enumerate(source.text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line, parse_float=Written)
        except json.JSONDecodeError as error:
            problems.append(source.report(number, error.colno, f"this line is not JSON: {error.msg}"))
            continue
        except RecursionError:
            problems.append(source.report(number, 1, "too many lists and mappings inside each other"))
            continue
        if isinstance(value, dict):
            yield Row(cast("dict[str, Any]", value), number)
        else:
            problems.append(source.report(number, 1, "each line must be a mapping {...}"))
