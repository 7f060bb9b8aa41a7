"""From records to figures: which rows, which column, which currency."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from pytest_arc.language.currencies import find_currencies
from pytest_arc.providers.reference.answers import Figure, write_figure
from pytest_arc.providers.reference.arithmetic import convert, evaluate
from pytest_arc.providers.reference.conversation import Conversation
from pytest_arc.providers.reference.records import (
    Filter,
    Row,
    choose_columns,
    count_overlap,
    find_code_in_name,
    find_currency_column,
    holds_counts,
    list_cells,
    list_filters,
    list_groups,
    read_amount,
)
from pytest_arc.providers.reference.requests import Task, name_column, read_task
from pytest_arc.providers.reference.sources import Source
from pytest_arc.providers.reference.tools import Table

__all__ = [
    "choose_amount",
    "find_unit",
    "measure_by_currency",
    "select_rows",
    "settle_conflict",
    "settle_date_order",
]


def select_rows(talk: Conversation, task: Task, source: Source, amount: str | None) -> Source:
    """The rows of a source that the request means."""
    table = source.table
    order = _read_order(talk, table) if task.periods else "month_first"
    filters = tuple(list_filters(table, task, amount, order))
    rows = tuple(row for row in table.rows if all(condition.keeps(row, order) for condition in filters))
    return replace(source, table=replace(table, rows=rows), filters=filters)


def _read_order(talk: Conversation, table: Table) -> str:
    """How to read the dates of the data, where the data itself does not say so."""
    cells = (str(cell) for row in table.rows for cell in row.values())
    dates = [cell for cell in cells if re.fullmatch(r"\d\d?[/-]\d\d?[/-]\d{2,4}", cell)]
    if any(int(re.split("[/-]", date)[0]) > 12 for date in dates):
        return "day_first"
    return settle_date_order(talk, dates[0]) if dates else "month_first"


def settle_date_order(talk: Conversation, example: str) -> str:
    order = talk.decide("date_order")
    if order != "ask":
        return order
    said = talk.ask("ask_date", value=example)
    first = int(re.split(r"\D", example)[0])
    is_month = any(period.first.month == first for period in read_task(said).periods[:1])
    american = re.search(r"month (?:comes )?first|american|\bus\b|mm", said, re.I)
    return "month_first" if is_month or american else "day_first"


def choose_amount(talk: Conversation, task: Task, table: Table) -> str | None:
    columns = choose_columns(table, task)
    if len(columns) > 1 and talk.decide("missing_detail") == "ask":
        said = talk.ask("ask_column", value=" or ".join(columns))
        return max(columns, key=lambda column: count_overlap(column, said))
    return columns[0] if columns else None


def measure_by_currency(talk: Conversation, task: Task, chosen: Source, amount: str) -> list[Figure]:
    """The figure asked for of the rows, one for each currency that stays apart."""
    if holds_counts(amount):
        return [Figure(amount, _aggregate(talk, task, chosen, amount), name_column(amount))]
    column = find_currency_column(chosen.table) if talk.looks_at_currency else None
    if column is None:
        unit = find_code_in_name(amount) or task.stated or _find_unstated(talk)
        figures = [Figure(amount, _aggregate(talk, task, chosen, amount), unit)]
    else:
        figures: list[Figure] = []
        groups = list_groups(chosen.table, column)
        for name, table in groups:
            only = (Filter(column, "=", (name.lower(),)),) if len(groups) > 1 else ()
            part = replace(chosen, table=table, filters=chosen.filters + only)
            unit = _read_code(name) or task.stated or _find_unstated(talk)
            figures.append(Figure(amount, _aggregate(talk, task, part, amount), unit))
    if len(figures) > 1:
        return _join(talk, task, figures)
    return [_convert_to_target(talk, task, figure) for figure in figures]


def find_unit(talk: Conversation, table: Table, row: Row, column: str) -> str | None:
    """The currency of one cell."""
    named = find_code_in_name(column)
    if not talk.looks_at_currency:
        return named or talk.assumed_currency
    return _read_code(str(row.get(find_currency_column(table) or ""))) or named


def _read_code(cell: str) -> str | None:
    return next((mention.code for mention in find_currencies(cell.upper())), None)


def _aggregate(talk: Conversation, task: Task, chosen: Source, amount: str) -> Decimal:
    """The sum, mean, largest or smallest: by the tool where it can, and else in the head."""
    cells = [value for cell in list_cells(chosen.table, amount) if (value := read_amount(cell)) is not None]
    if not cells:
        return Decimal(0)
    total = sum(cells, Decimal(0))
    measures = {"mean": total / len(cells), "max": max(cells), "min": min(cells)}
    measure = task.measure if task.measure in measures else "sum"
    own = measures.get(measure, total)
    told = chosen.aggregate(talk, measure, amount)
    if told is None or abs(told - own) <= abs(own) * Decimal("0.000001"):
        return own
    first, second = write_figure(talk, told, None), write_figure(talk, own, None)
    return settle_conflict(talk, f"the tool says {first}", told, f"the rows give {second}", own)


def _find_unstated(talk: Conversation) -> str | None:
    """The currency of amounts that come without one."""
    if talk.assumed_currency:
        return talk.assumed_currency
    if talk.decide("unstated_currency") == "ask" and "currency" not in talk.told:
        talk.told["currency"] = _read_code(talk.ask("ask_currency")) or ""
    if code := talk.told.get("currency"):
        return code
    talk.warn("no_currency")
    return None


def _join(talk: Conversation, task: Task, figures: list[Figure]) -> list[Figure]:
    """Make one figure of several currencies, or leave them apart."""
    if task.measure not in ("sum", None):
        return figures
    policy = talk.decide("mixed_currencies")
    if task.target and policy != "add":
        policy = "convert"
    target = task.target or _find_target_of_prompt(talk)
    if policy == "ask":
        target = _read_code(talk.ask("ask_mixed", value=", ".join(str(f.unit) for f in figures)))
        policy = "convert" if target else "separate"
    name = figures[0].name
    if policy == "add":
        return [Figure(name, sum((f.value for f in figures), Decimal(0)), task.target or figures[0].unit)]
    if policy == "separate" or target is None:
        return figures
    values = [convert(talk, figure.value, figure.unit, target) for figure in figures]
    return [Figure(name, evaluate(talk, " + ".join(f"{value:f}" for value in values)), target)]


def _find_target_of_prompt(talk: Conversation) -> str | None:
    directive = talk.reading.settled.get("mixed_currencies")
    mentions = find_currencies(directive.sentence) if directive else ()
    return mentions[-1].code if mentions else talk.assumed_currency or None


def _convert_to_target(talk: Conversation, task: Task, figure: Figure) -> Figure:
    if task.target is None:
        return figure
    return Figure(figure.name, convert(talk, figure.value, figure.unit, task.target), task.target)


def settle_conflict(talk: Conversation, first: str, one: Decimal, second: str, other: Decimal) -> Decimal:
    """The figure to go on with."""
    policy = talk.decide("conflicting_data")
    if policy == "ask":
        said = talk.ask("ask_conflict", first=first, second=second)
        return other if re.search(r"second|latter|rows|data", said, re.I) else one
    if policy == "report":
        talk.warn("conflict", first=first, second=second)
        return other
    return one
