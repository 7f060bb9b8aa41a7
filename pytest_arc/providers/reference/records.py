"""Records read by their shape: which column holds the amount, the currency, the day; which rows are meant."""

from __future__ import annotations

import datetime
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from pytest_arc.language.currencies import CODES, find_currencies
from pytest_arc.language.dates import find_dates
from pytest_arc.language.numbers import find_numbers
from pytest_arc.providers.reference import tables
from pytest_arc.providers.reference.requests import Task, name_column, search, split_words
from pytest_arc.providers.reference.tools import Table

__all__ = [
    "Filter",
    "Row",
    "choose_columns",
    "count_overlap",
    "find_code_in_name",
    "find_columns_of_money",
    "find_currency_column",
    "find_group",
    "holds_counts",
    "is_blank",
    "list_cells",
    "list_filters",
    "list_groups",
    "read_amount",
]

Row = Mapping[str, Any]
_BLANK = frozenset({"", "-", "n/a", "na", "none", "null", "no", "false", "missing", "pending", "?"})
_COMPARE = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


@dataclass(frozen=True)
class Filter:
    """One condition on the rows; `values` are alternatives."""

    column: str
    sign: str
    values: tuple[Any, ...]

    def keeps(self, row: Row, order: str) -> bool:
        cell = row.get(self.column)
        if self.sign == "=":
            return str(cell).strip().lower() in self.values
        is_day = isinstance(self.values[0], datetime.date)
        value = read_day(str(cell), order) if is_day else read_amount(cell)
        return value is not None and _COMPARE[self.sign](value, self.values[0])


def read_amount(cell: Any) -> Decimal | None:
    """The number in a cell; text such as "1,234.50" or "EUR 12" is read too."""
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, (Decimal, int, float)):
        return Decimal(str(cell))
    text = str(cell).strip()
    for number in find_numbers(text):
        if number.text == text and (number.unit is None or number.unit in CODES):
            return number.value
    return None


@cache
def read_day(cell: str, order: str) -> datetime.date | None:
    """The day in a cell, ambiguous ones read in `order` (`day_first`, else `month_first`)."""
    if re.fullmatch(r"\d{4}-(?:0[1-9]|1[0-2])", cell):
        return datetime.date(int(cell[:4]), int(cell[5:]), 1)
    dates = find_dates(cell, "day_first" if order == "day_first" else "month_first")
    return dates[0].value if dates else None


def is_blank(cell: Any) -> bool:
    return cell is None or cell is False or str(cell).strip().lower() in _BLANK


def list_cells(table: Table, column: str) -> list[Any]:
    return [row[column] for row in table.rows if not is_blank(row.get(column))]


def list_groups(table: Table, column: str) -> list[tuple[str, Table]]:
    """The rows of each value of a column."""
    rows: dict[str, list[Row]] = {}
    for row in table.rows:
        rows.setdefault(str(row.get(column)), []).append(row)
    return [(name, Table(table.columns, tuple(part))) for name, part in rows.items()]


@cache
def _expand(words: tuple[str, ...]) -> frozenset[str]:
    """The words and their synonyms."""
    groups = [set(split_words(group)) for group in tables.SYNONYMS]
    return frozenset(words).union(*(group for group in groups if group & set(words)))


def count_overlap(name: str, text: str) -> int:
    """How well a name fits a text: two for each word in common, one for each synonym."""
    said = split_words(text)
    wide = _expand(tuple(said))
    return sum(2 if word in said else 1 if word in wide else 0 for word in split_words(name))


def find_group(task: Task, table: Table) -> str | None:
    """The column that the request wants figures by."""
    wanted = task.group or ""
    best = max(table.columns, key=lambda column: count_overlap(column, wanted), default=None)
    return best if best and count_overlap(best, wanted) else None


def find_columns_of_money(table: Table) -> list[str]:
    """The columns of figures that can be added up."""
    found: list[str] = []
    for column in table.columns:
        cells = list_cells(table, column)
        numbers = [cell for cell in cells if read_amount(cell) is not None]
        is_label = search(tables.LABEL_COLUMN).search(name_column(column))
        if cells and len(numbers) >= 0.8 * len(cells) and not is_label:
            found.append(column)
    return found


def holds_counts(column: str) -> bool:
    """Whether its figures are no money: hours, pieces, percentages."""
    return bool(search(tables.COUNT_COLUMN).search(name_column(column)))


def choose_columns(table: Table, task: Task) -> list[str]:
    """The columns of figures that fit the request best; several when nothing decides between them."""
    said = split_words(task.text)

    def rate(column: str) -> tuple[int, bool]:
        is_money = search(f"(?:{tables.MONEY_COLUMN})s?").search(name_column(column)) is not None
        return sum(word in said for word in split_words(column)), is_money

    columns = find_columns_of_money(table)
    best = max(map(rate, columns), default=None)
    return [column for column in columns if rate(column) == best]


def find_currency_column(table: Table) -> str | None:
    for column in table.columns:
        cells = [str(cell).strip().upper() for cell in list_cells(table, column)]
        is_named = not {"currency", "ccy", "curr"}.isdisjoint(split_words(column))
        if cells and all(cell in CODES or (is_named and find_currencies(cell)) for cell in cells):
            return column
    return None


def find_code_in_name(column: str) -> str | None:
    """The currency that the name of a column states: `amount_eur`."""
    return next((word.upper() for word in reversed(split_words(column)) if word.upper() in CODES), None)


def list_filters(table: Table, task: Task, amount: str | None, order: str) -> list[Filter]:
    """Which rows the request means: its period, its limits, and what it names that stands in a cell."""
    filters = _list_named(table, task)
    if amount:
        filters += [Filter(amount, sign, (value,)) for sign, value in task.limits]
    day = _find_date_column(table, order, task.text)
    if len(task.periods) == 1 and day and not any(f.column == day for f in filters):
        last = max(date.year for cell in list_cells(table, day) if (date := read_day(str(cell), order)))
        period = task.periods[0].set_year(last)
        filters += [Filter(day, ">=", (period.first,)), Filter(day, "<=", (period.last,))]
    return filters


def _find_date_column(table: Table, order: str, text: str) -> str | None:
    """The column of days that fits best, the first of several."""
    columns = [
        column
        for column in table.columns
        if (cells := list_cells(table, column)) and all(read_day(str(cell), order) for cell in cells)
    ]
    return max(columns, key=lambda column: count_overlap(column, text), default=None)


def _list_named(table: Table, task: Task) -> list[Filter]:
    """What the request names that stands in a cell, unless all cells of the column are named."""
    currency = find_currency_column(table)
    text = _join_words(task.text.lower())
    headings = split_words(" ".join(table.columns))
    found: list[Filter] = []
    for column in table.columns:
        if column == currency and task.target:
            continue
        texts = {str(cell).strip().lower() for cell in list_cells(table, column) if isinstance(cell, str)}
        cells = {cell for cell in texts if 1 < len(cell) < 60}
        cells_in_text = {cell for cell in cells.difference(headings) if _join_words(cell) in text}
        named = sorted(cells_in_text if column == currency else cells_in_text - _COMMON)
        if named and len(named) < max(2, len(cells)):
            found.append(Filter(column, "=", tuple(named)))
    return found


_COMMON = frozenset(
    "total sum invoice invoices expense expenses amount payment in on by to or and all me it is at us".split()
)


def _join_words(text: str) -> str:
    """Words and nothing else, with a space around each."""
    words = " ".join(re.findall(r"[\w.'&-]+", text))
    return f" {words} ".replace(". ", " ").replace("'s ", " ")
