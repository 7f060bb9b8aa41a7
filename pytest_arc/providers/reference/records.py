"""Records read by their shape: which column holds the amount, the currency, the day; which rows are meant."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from pytest_arc.language.currencies import CODES, find_currencies
from pytest_arc.language.dates import find_dates
from pytest_arc.providers.reference import tables
from pytest_arc.providers.reference.requests import Task, search, split_words
from pytest_arc.providers.reference.tools import Table

__all__ = [
    "Filter",
    "Row",
    "choose_column",
    "count_overlap",
    "find_columns_of_money",
    "find_currency_column",
    "find_finding",
    "list_filters",
    "read_amount",
    "read_day",
]

Row = Mapping[str, Any]
_BLANK = frozenset({"", "-", "n/a", "na", "none", "null", "no", "false", "missing", "pending", "?"})


@dataclass(frozen=True)
class Filter:
    """One condition on the rows; `values` are alternatives."""

    column: str
    sign: str
    values: tuple[Any, ...]

    def keeps(self, row: Row, read_day: Callable[[Any], datetime.date | None]) -> bool:
        cell = row.get(self.column)
        wanted = self.values[0]
        if isinstance(wanted, datetime.date):
            day = read_day(cell)
            return day is not None and (day >= wanted if self.sign == ">=" else day <= wanted)
        if isinstance(wanted, Decimal):
            value = read_amount(cell)
            return value is not None and _COMPARE[self.sign](value, wanted)
        return str(cell).strip().lower() in self.values


_COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
}


def read_amount(cell: Any) -> Decimal | None:
    """The number in a cell; text such as "1,234.50" or "EUR 12" is read too."""
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, (Decimal, int, float)):
        return Decimal(str(cell))
    text = re.sub(
        r"^(?:EUR|USD|GBP|CHF)(?=[\s\d])|(?<=[\s\d])(?:EUR|USD|GBP|CHF)$|[$\u20ac\u00a3\s]",
        "",
        str(cell).strip(),
    ).replace(",", "")
    try:
        return Decimal(text) if re.fullmatch(r"-?\d+(?:\.\d+)?", text) else None
    except InvalidOperation:
        return None


@cache
def read_day(cell: str, order: str) -> datetime.date | None:
    """The day in a cell, ambiguous ones read in `order` (`day_first`, `month_first`, `iso`)."""
    if re.fullmatch(r"\d{4}-\d\d", cell):
        return datetime.date(int(cell[:4]), int(cell[5:]), 1) if 0 < int(cell[5:]) < 13 else None
    dates = find_dates(cell, "day_first" if order == "day_first" else "month_first")
    return dates[0].value if dates else None


def is_blank(cell: Any) -> bool:
    return cell is None or cell is False or str(cell).strip().lower() in _BLANK


def list_cells(table: Table, column: str) -> list[Any]:
    return [row[column] for row in table.rows if not is_blank(row.get(column))]


@cache
def _expand(words: tuple[str, ...]) -> frozenset[str]:
    """The words and their synonyms."""
    groups = [set(split_words(group)) for group in tables.SYNONYMS]
    return frozenset(words).union(*(group for group in groups if group & set(words)))


def count_overlap(name: str, text: str) -> int:
    """How well a name fits a text: two for each word in common, one for each synonym."""
    own, said = split_words(name), split_words(text)
    wide = _expand(tuple(said))
    return sum(2 if word in said else 1 if word in wide else 0 for word in own)


def find_columns_of_money(table: Table) -> tuple[str, ...]:
    """The columns of figures that can be added up."""
    found: list[str] = []
    for column in table.columns:
        cells = list_cells(table, column)
        numbers = [cell for cell in cells if read_amount(cell) is not None]
        if (
            cells
            and len(numbers) >= 0.8 * len(cells)
            and not search(tables.LABEL_COLUMN).search(" ".join(split_words(column)))
        ):
            found.append(column)
    return tuple(found)


def choose_column(table: Table, task: Task) -> tuple[str, ...]:
    """The columns of figures that fit the request best; several when nothing decides between them."""
    columns = find_columns_of_money(table)

    def fit(column: str) -> tuple[int, bool]:
        direct = sum(word in split_words(task.text) for word in split_words(column))
        money = bool(search(f"(?:{tables.MONEY_COLUMN})s?").search(" ".join(split_words(column))))
        return direct, money

    best = max((fit(column) for column in columns), default=(0, False))
    return tuple(column for column in columns if fit(column) == best)


def find_currency_column(table: Table) -> str | None:
    for column in table.columns:
        cells = [str(cell).strip().upper() for cell in list_cells(table, column)]
        if cells and (
            all(cell in CODES for cell in cells)
            or (
                set(split_words(column)) & {"currency", "ccy", "curr"}
                and all(find_currencies(str(c)) for c in cells)
            )
        ):
            return column
    return None


def find_code_in_name(column: str) -> str | None:
    """The currency that the name of a column states: `amount_eur`."""
    codes = [word.upper() for word in split_words(column) if word.upper() in CODES]
    return codes[-1] if codes else None


def find_date_column(table: Table, order: str, text: str) -> str | None:
    columns = [
        column
        for column in table.columns
        if (cells := list_cells(table, column))
        and all(isinstance(c, str) and read_day(c, order) for c in cells)
    ]
    return max(
        columns, key=lambda column: (count_overlap(column, text), -columns.index(column)), default=None
    )


def list_filters(table: Table, task: Task, amount: str | None, order: str) -> list[Filter]:
    """Which rows the request means: its period, its limits, and what it names that stands in a cell."""
    filters = _list_named(table, task)
    if (amount and task.find is None) or (amount and task.limits):
        filters += [Filter(amount, sign, (value,)) for sign, value in task.limits]
    day = find_date_column(table, order, task.text)
    if len(task.periods) == 1 and day and not any(f.column == day for f in filters):
        period = task.periods[0]
        if not period.any_year:
            filters += [Filter(day, ">=", (period.first,)), Filter(day, "<=", (period.last,))]
        else:
            years = {d.year for cell in list_cells(table, day) if (d := read_day(cell, order))}
            if years:
                last = max(years)
                filters += [
                    Filter(day, ">=", (_move(period.first, last),)),
                    Filter(day, "<=", (_move(period.last, last),)),
                ]
    return filters


def _move(day: datetime.date, year: int) -> datetime.date:
    return (
        day.replace(year=year, day=28)
        if (day.month, day.day) == (2, 29) and year % 4
        else day.replace(year=year)
    )


def _list_named(table: Table, task: Task) -> list[Filter]:
    currency = find_currency_column(table)
    found: list[Filter] = []
    text = " ".join(re.findall(r"[\w.'&-]+", task.text.lower()))
    for column in table.columns:
        if column == currency and task.target:
            continue
        cells = {
            str(c).strip().lower()
            for c in list_cells(table, column)
            if isinstance(c, str) and 1 < len(str(c)) < 60
        }
        named = tuple(
            sorted(
                c
                for c in cells
                if _names(c, text)
                and c not in split_words(" ".join(table.columns))
                and (column == currency or c not in _COMMON)
            )
        )
        if named and len(named) < max(2, len(cells)):
            found.append(Filter(column, "=", named))
    return found


_COMMON = frozenset(
    "total sum invoice invoices expense expenses amount payment in on by to or and all me it is at us".split()
)


def _names(cell: str, text: str) -> bool:
    words = " ".join(re.findall(r"[\w.'&-]+", cell))
    return bool(words) and f" {words} " in f" {text} ".replace(". ", " ").replace("'s ", " ")


def find_finding(rows: Sequence[Row], table: Table, task: Task) -> list[Row]:
    """The rows that show what the request looks for: duplicates, blanks, the same person twice."""
    if task.find == "duplicates":
        return _find_duplicates(rows, table)
    if task.find == "same":
        return _find_same(rows, table, task)
    return _find_blank(rows, table, task)


def _find_duplicates(rows: Sequence[Row], table: Table) -> list[Row]:
    """Rows with the same key, or with the same content apart from a key that never repeats."""
    keys = [c for c in table.columns if search(tables.KEY_COLUMN).search(" ".join(split_words(c)))]
    for columns in ([keys[0]] if keys else [], [c for c in table.columns if c not in keys[:1]]):
        counts = (
            Counter(tuple(str(row.get(c)) for c in columns) for row in rows)
            if columns
            else Counter[tuple[str, ...]]()
        )
        found = [row for row in rows if counts[tuple(str(row.get(c)) for c in columns)] > 1]
        if found:
            return found
    return []


def _find_same(rows: Sequence[Row], table: Table, task: Task) -> list[Row]:
    people = [
        c
        for c in table.columns
        if set(split_words(c))
        & {
            "by",
            "approver",
            "preparer",
            "requester",
            "submitter",
            "creator",
            "employee",
            "traveller",
            "traveler",
            "claimant",
            "user",
            "owner",
            "poster",
            "reviewer",
        }
    ]
    return [
        row for row in rows if _has_pair([str(row[c]).lower() for c in people if not is_blank(row.get(c))])
    ]


def _has_pair(names: Iterable[str]) -> bool:
    return max(Counter(names).values(), default=0) > 1


def _find_blank(rows: Sequence[Row], table: Table, task: Task) -> list[Row]:
    fits = {
        c: count_overlap(c, task.text)
        for c in table.columns
        if any(is_blank(row.get(c)) for row in table.rows)
    }
    column = max(fits, key=lambda c: fits[c], default=None)
    return [row for row in rows if is_blank(row.get(column))] if column and fits[column] else []


def find_gaps(rows: Sequence[Row], table: Table) -> list[str]:
    """The numbers that are missing between the first and the last of a running key."""
    for column in table.columns:
        matches = [re.fullmatch(r"(.*?)(\d+)", str(row.get(column))) for row in rows]
        known = [match for match in matches if match]
        if (
            known
            and len(known) == len(rows)
            and search(tables.KEY_COLUMN).search(" ".join(split_words(column)))
        ):
            numbers = {int(match[2]) for match in known}
            first = known[0]
            return [
                f"{first[1]}{n:0{len(first[2])}d}"
                for n in range(min(numbers), max(numbers))
                if n not in numbers
            ]
    return []
