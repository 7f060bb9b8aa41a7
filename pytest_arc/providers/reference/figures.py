"""From records to figures: which rows, which column, which currency."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from pytest_arc.language.currencies import find_currencies
from pytest_arc.providers.reference import tables
from pytest_arc.providers.reference.answers import Answer, Figure, write_figure
from pytest_arc.providers.reference.arithmetic import convert, evaluate
from pytest_arc.providers.reference.conversation import Conversation
from pytest_arc.providers.reference.records import (
    Filter,
    Row,
    choose_column,
    count_overlap,
    find_code_in_name,
    find_currency_column,
    list_filters,
    read_amount,
    read_day,
)
from pytest_arc.providers.reference.requests import Task, search, split_words
from pytest_arc.providers.reference.sources import Source
from pytest_arc.providers.reference.tools import Table

__all__ = [
    "Selection",
    "choose_amount",
    "measure_by_currency",
    "select_rows",
    "settle_conflict",
]


@dataclass(frozen=True)
class Selection:
    """The rows of a source that the request means."""

    table: Table
    rows: tuple[Row, ...]
    filters: tuple[Filter, ...]


def select_rows(talk: Conversation, task: Task, source: Source, amount: str | None) -> Selection:
    table = source.table
    order = _order_of_dates(talk, task, table)
    filters = tuple(list_filters(table, task, amount, order))
    rows = tuple(
        row
        for row in table.rows
        if all(f.keeps(row, lambda cell: read_day(str(cell), order)) for f in filters)
    )
    return Selection(table, rows, filters)


def _order_of_dates(talk: Conversation, task: Task, table: Table) -> str:
    """How to read the dates of the data; asked only where it matters."""
    cells = [
        c
        for row in table.rows
        for c in row.values()
        if isinstance(c, str) and re.fullmatch(r"\d\d?[/-]\d\d?[/-]\d{2,4}", c)
    ]
    if not cells or not task.periods:
        return "month_first"
    if any(int(re.split("[/-]", c)[0]) > 12 for c in cells):
        return "day_first"  # the data itself says so
    order = talk.decide("date_order")
    if order == "ask":
        said = talk.ask(talk.phrase("ask_date", value=cells[0]))
        order = (
            "month_first"
            if re.search(r"month (?:comes )?first|american|\bus\b|mm", said, re.I)
            else "day_first"
        )
    return order


def choose_amount(talk: Conversation, task: Task, table: Table) -> str | None:
    columns = choose_column(table, task)
    if len(columns) > 1 and talk.decide("missing_detail") == "ask":
        said = talk.ask(talk.phrase("ask_column", value=" or ".join(columns)))
        columns = tuple(sorted(columns, key=lambda c: -count_overlap(c, said)))
    return columns[0] if columns else None


def measure_by_currency(
    talk: Conversation, task: Task, source: Source, chosen: Selection, amount: str | None, out: Answer
) -> list[Figure]:
    amount = amount or ""
    if search(f"(?:{tables.COUNT_COLUMN})").search(" ".join(split_words(amount))):
        return [Figure(amount, _aggregate(talk, task, source, chosen, amount), " ".join(split_words(amount)))]
    column = find_currency_column(chosen.table)
    if not talk.looks_at_currency:
        unit = find_code_in_name(amount) or task.stated or talk.assumed_currency
        return [
            _to_target(talk, task, Figure(amount, _aggregate(talk, task, source, chosen, amount), unit), out)
        ]
    if column is None:
        unit = find_code_in_name(amount) or task.stated or _find_unstated(talk, out)
        return [
            _to_target(talk, task, Figure(amount, _aggregate(talk, task, source, chosen, amount), unit), out)
        ]
    parts: dict[str | None, tuple[Row, ...]] = {}
    for row in chosen.rows:
        mention = find_currencies(str(row.get(column)).upper())
        code = mention[0].code if mention else (task.stated or _find_unstated(talk, out))
        parts[code] = (*parts.get(code, ()), row)
    figures: list[Figure] = []
    for code, rows in parts.items():
        part = (
            chosen
            if len(parts) == 1
            else Selection(
                chosen.table,
                rows,
                (*chosen.filters, Filter(column, "=", (str(rows[0].get(column)).lower(),))),
            )
        )
        figures.append(Figure(amount, _aggregate(talk, task, source, part, amount), code))
    return _join(talk, task, figures, out)


def _aggregate(talk: Conversation, task: Task, source: Source, chosen: Selection, amount: str) -> Decimal:
    """The sum, mean, largest or smallest: by the tool where it can, and else in the head."""
    cells = [value for row in chosen.rows if (value := read_amount(row.get(amount))) is not None]
    measure = task.measure if task.measure in ("mean", "max", "min") else "sum"
    if not cells:
        return Decimal(0)
    total = sum(cells, Decimal(0))
    own = {"sum": total, "mean": total / len(cells), "max": max(cells), "min": min(cells)}[measure]
    told = source.aggregate(measure, amount, chosen.filters)
    if told is None or abs(told - own) <= abs(own) * Decimal("0.000001"):
        return own
    return settle_conflict(
        talk,
        f"the tool says {write_figure(talk, Figure('', told, None))}",
        told,
        f"the rows give {write_figure(talk, Figure('', own, None))}",
        own,
    )


def _find_unstated(talk: Conversation, out: Answer) -> str | None:
    """The currency of amounts that come without one."""
    held = talk.decide("unstated_currency")
    if held.startswith("assume"):
        return held.split(":")[1]
    if held == "ask":
        if "currency" not in talk.told:
            mentions = find_currencies(talk.ask(talk.phrase("ask_currency")))
            talk.told["currency"] = mentions[0].code if mentions else ""
        if talk.told["currency"]:
            return talk.told["currency"]
    out.warn("no_currency")
    return None


def _join(talk: Conversation, task: Task, figures: list[Figure], out: Answer) -> list[Figure]:
    """Make one figure of several currencies, or leave them apart."""
    if len(figures) == 1:
        return [_to_target(talk, task, figures[0], out)]
    if task.measure not in ("sum", None):
        return figures
    policy = talk.decide("mixed_currencies")
    target = task.target or _target_of_prompt(talk)
    if policy == "ask" and not task.target:
        codes = ", ".join(str(f.unit) for f in figures)
        mentions = find_currencies(talk.ask(talk.phrase("ask_mixed", value=codes)))
        policy, target = ("convert", mentions[0].code) if mentions else ("separate", None)
    if policy == "separate" and not task.target:
        return figures
    if policy == "add":
        return [
            Figure(
                figures[0].name, sum((f.value for f in figures), Decimal(0)), task.target or figures[0].unit
            )
        ]
    if target is None:
        return figures
    values = [convert(talk, f.value, f.unit, target) if f.unit else f.value for f in figures]
    return [
        Figure(
            figures[0].name,
            evaluate(talk, " + ".join(f"{v:f}" for v in values).replace("+ -", "- ")),
            target,
        )
    ]


def _target_of_prompt(talk: Conversation) -> str | None:
    directive = talk.reading.settled.get("mixed_currencies")
    mentions = find_currencies(directive.sentence) if directive else ()
    return mentions[-1].code if mentions else talk.assumed_currency or None


def _to_target(talk: Conversation, task: Task, figure: Figure, out: Answer) -> Figure:
    if task.target is None or figure.unit in (None, task.target) or len(figure.unit or "") != 3:
        return replace(figure, unit=figure.unit or task.target)
    return Figure(figure.name, convert(talk, figure.value, figure.unit or "", task.target), task.target)


def settle_conflict(talk: Conversation, first: str, one: Decimal, second: str, other: Decimal) -> Decimal:
    policy = talk.decide("conflicting_data")
    if policy == "ask":
        said = talk.ask(talk.phrase("ask_conflict", first=first, second=second))
        return other if re.search(r"second|latter|rows", said, re.I) else one
    if policy == "report":
        talk.notes.append(talk.phrase("conflict", first=first, second=second))
        return other
    return one
