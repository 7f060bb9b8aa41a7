"""What a check finds in records: duplicates, gaps, blanks, one person in two roles."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from pytest_arc.providers.reference import tables
from pytest_arc.providers.reference.records import Row, count_overlap, is_blank
from pytest_arc.providers.reference.requests import Task, name_column, search
from pytest_arc.providers.reference.tools import Table

__all__ = ["find_gaps", "find_rows"]


def find_rows(rows: Sequence[Row], table: Table, task: Task) -> Sequence[Row]:
    """The rows among `rows` of `table` that show what the request looks for, or all."""
    if task.find == "duplicates":
        return _find_duplicates(rows, table)
    if task.find == "same":
        is_person = search(tables.PERSON_COLUMN).search
        people = [column for column in table.columns if is_person(name_column(column))]
        return [row for row in rows if _repeats(row.get(column) for column in people)]
    if task.find == "blank":
        columns = [column for column in table.columns if any(is_blank(row.get(column)) for row in table.rows)]
        column = max(columns, key=lambda column: count_overlap(column, task.text), default="")
        return [row for row in rows if is_blank(row.get(column))] if count_overlap(column, task.text) else []
    return rows


def _repeats(cells: Iterable[object]) -> bool:
    names = [str(cell).lower() for cell in cells if not is_blank(cell)]
    return len(set(names)) < len(names)


def _find_duplicates(rows: Sequence[Row], table: Table) -> list[Row]:
    """Rows with the same key, or else with the same content apart from a key that never repeats."""
    keys = [column for column in table.columns if _is_key(column)][:1]
    for columns in (keys, [column for column in table.columns if column not in keys]):
        contents = [tuple(str(row.get(column)) for column in columns) for row in rows]
        counts = Counter(contents)
        found = [row for row, content in zip(rows, contents, strict=True) if content and counts[content] > 1]
        if found:
            return found
    return []


def find_gaps(table: Table) -> list[str]:
    """The numbers that are missing between the first and the last of a running key."""
    for column in filter(_is_key, table.columns):
        found = [re.fullmatch(r"(.*?)(\d+)", str(row.get(column))) for row in table.rows]
        known = [match for match in found if match]
        if known and len(known) == len(found):
            numbers = {int(match[2]) for match in known}
            prefix, width = known[0][1], len(known[0][2])
            missing = sorted(set(range(min(numbers), max(numbers))) - numbers)
            return [f"{prefix}{number:0{width}d}" for number in missing]
    return []


def _is_key(column: str) -> bool:
    return search(tables.KEY_COLUMN).search(name_column(column)) is not None
