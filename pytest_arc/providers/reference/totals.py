"""Answers about one source: a figure, one for each group, or the rows themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from pytest_arc.language.currencies import find_currencies
from pytest_arc.providers.reference import tables
from pytest_arc.providers.reference.answers import Answer, Figure, count_nouns, name_result, write_figure
from pytest_arc.providers.reference.arithmetic import evaluate
from pytest_arc.providers.reference.conversation import Conversation
from pytest_arc.providers.reference.figures import (
    Selection,
    choose_amount,
    measure_by_currency,
    select_rows,
    settle_conflict,
)
from pytest_arc.providers.reference.records import (
    Row,
    choose_column,
    count_overlap,
    find_code_in_name,
    find_columns_of_money,
    find_currency_column,
    find_finding,
    find_gaps,
    is_blank,
    read_amount,
)
from pytest_arc.providers.reference.requests import Task, search, split_words
from pytest_arc.providers.reference.sources import Source
from pytest_arc.providers.reference.tools import Table

__all__ = ["answer_measure", "answer_rows", "find_group", "measure_whole", "say_empty", "say_totals"]


def answer_measure(talk: Conversation, task: Task, source: Source, out: Answer) -> None:
    group = find_group(task, source.table)
    if field := _find_field(task, source.table):
        return out.say("value", what=" ".join(split_words(field)), value=str(source.table.rows[0][field]))
    if group is None:
        figures = measure_whole(talk, task, source, out)
        if figures:
            say_totals(talk, task, figures, out)
        return
    amount = choose_amount(talk, task, source.table)
    chosen = select_rows(talk, task, source, amount)
    if not chosen.rows:
        return say_empty(talk, task, source, out)
    values: list[str] = []
    head = replace(source, tool=None)  # the rows are here: no call for each group
    for name in dict.fromkeys(str(row.get(group)) for row in chosen.rows):
        rows = tuple(row for row in chosen.rows if str(row.get(group)) == name)
        figures = measure_by_currency(talk, task, head, Selection(source.table, rows, ()), amount, out)
        values.append(f"{name}: {' and '.join(write_figure(talk, f) for f in figures)}")
    out.say(
        "groups", what=name_result(task, amount), group=" ".join(split_words(group)), value="; ".join(values)
    )


def _find_field(task: Task, table: Table) -> str | None:
    """The field in words that the request names, of the one record there is."""
    if len(table.rows) != 1 or task.measure != "sum":
        return None
    said = split_words(task.text)
    for column in table.columns:
        cell = table.rows[0].get(column)
        in_words = (
            not is_blank(cell) and read_amount(cell) is None and str(cell).lower() not in task.text.lower()
        )
        if in_words and all(word in said for word in split_words(column)):
            return column
    return None


def find_group(task: Task, table: Table) -> str | None:
    if task.group is None:
        return None
    fits = {column: count_overlap(column, task.group) for column in table.columns}
    best = max(fits, key=lambda column: fits[column], default=None)
    return best if best and fits[best] else None


def measure_whole(talk: Conversation, task: Task, source: Source, out: Answer) -> list[Figure]:
    """The figure asked for, one for each currency that stays apart; none where there is no data."""
    amount = choose_amount(talk, task, source.table)
    chosen = select_rows(talk, task, source, amount)
    if not chosen.rows or amount is None:
        say_empty(talk, task, source, out)
        return []
    return measure_by_currency(talk, task, source, chosen, amount, out)


def say_totals(talk: Conversation, task: Task, figures: Sequence[Figure], out: Answer) -> None:
    merged: dict[str | None, Figure] = {}
    for figure in figures:
        known = merged.get(figure.unit)
        merged[figure.unit] = replace(figure, value=known.value + figure.value) if known else figure
    found = list(merged.values())
    what = name_result(task, found[0].name if found else None)
    if len(found) > 1:
        return out.say("separate", what=what, value="; ".join(write_figure(talk, figure) for figure in found))
    stated = [n for n in task.numbers if n.unit in (None, found[0].unit)]
    value = found[0].value
    if stated and abs(stated[0].value - value) >= Decimal("0.005"):
        value = settle_conflict(
            talk,
            f"you say {stated[0].text}",
            stated[0].value,
            f"the data gives {write_figure(talk, found[0])}",
            value,
        )
    percent = next((n for n in task.numbers if n.unit == "%"), None)
    if percent:
        value = evaluate(talk, f"{value:f} * {percent.value} / 100")
        what = f"{percent.text} of the {what}"
    out.say("value", what=what, value=write_figure(talk, replace(found[0], value=value)))
    out.caveats += talk.notes


def say_empty(talk: Conversation, task: Task, source: Source, out: Answer) -> None:
    if talk.decide("empty_result") == "report":
        return out.say("empty", source=source.name)
    out.say(
        "value",
        what=name_result(task, None),
        value=write_figure(talk, Figure("", Decimal(0), task.target or talk.assumed_currency)),
    )


def answer_rows(talk: Conversation, task: Task, source: Source, out: Answer) -> None:
    """List, count or add up the rows that the request looks for."""
    amounts = choose_column(source.table, task)
    amount = amounts[0] if amounts else None
    chosen = select_rows(talk, task, source, amount)
    if not source.table.rows:
        return say_empty(talk, task, source, out)
    if task.find == "gaps":
        gaps = find_gaps(chosen.rows, source.table)
        return (
            out.say("rows", count=count_nouns(len(gaps), "missing number"), value=", ".join(gaps))
            if gaps
            else out.say("none_found")
        )
    rows = find_finding(chosen.rows, source.table, task) if task.find else list(chosen.rows)
    if not rows:
        return (
            say_empty(talk, task, source, out)
            if not task.find and not task.limits and task.measure != "count"
            else out.say("none_found")
        )
    if task.measure in ("sum", "mean", "max", "min") and amount:
        figures = measure_by_currency(
            talk, task, source, Selection(source.table, tuple(rows), chosen.filters), amount, out
        )
        return say_totals(talk, task, figures, out)
    out.say(
        "rows",
        count=count_nouns(len(rows), "entry"),
        value="; ".join(_describe_row(talk, source.table, row, amount, out) for row in rows[:20]),
    )


def _describe_row(talk: Conversation, table: Table, row: Row, amount: str | None, out: Answer) -> str:
    currency = find_currency_column(table)
    shown: list[str] = []
    for column in table.columns:
        cell = row.get(column)
        if is_blank(cell) or column == currency:
            continue
        value = read_amount(cell) if column in find_columns_of_money(table) else None
        if value is not None and not search(f"(?:{tables.COUNT_COLUMN})").search(
            " ".join(split_words(column))
        ):
            shown.append(write_figure(talk, Figure("", value, _unit_of_row(talk, row, currency, column))))
        else:
            shown.append(str(cell))
    return " ".join(shown)


def _unit_of_row(talk: Conversation, row: Row, currency: str | None, column: str) -> str | None:
    if talk.looks_at_currency:
        mention = find_currencies(str(row.get(currency)).upper()) if currency else ()
        return mention[0].code if mention else find_code_in_name(column)
    return find_code_in_name(column) or talk.assumed_currency
