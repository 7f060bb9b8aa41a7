"""Answers about records: a figure, one for each group, or the rows themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from pytest_arc.providers.reference.answers import Figure, count_nouns, name_result, say_value, write_figure
from pytest_arc.providers.reference.arithmetic import evaluate
from pytest_arc.providers.reference.conversation import Conversation
from pytest_arc.providers.reference.figures import (
    choose_amount,
    find_unit,
    measure_by_currency,
    select_rows,
    settle_conflict,
)
from pytest_arc.providers.reference.findings import find_gaps, find_rows
from pytest_arc.providers.reference.records import (
    Row,
    choose_columns,
    find_columns_of_money,
    find_currency_column,
    find_group,
    holds_counts,
    is_blank,
    list_groups,
    read_amount,
)
from pytest_arc.providers.reference.requests import Task, name_column, split_words
from pytest_arc.providers.reference.sources import Source
from pytest_arc.providers.reference.tools import Table

__all__ = ["answer_rows", "answer_total", "measure_whole", "say_empty", "say_groups", "say_totals"]


def answer_total(talk: Conversation, task: Task, sources: Sequence[Source]) -> None:
    """Say a figure, of all sources together, or one for each group."""
    source, table = sources[0], sources[0].table
    group = find_group(task, table)
    if field := _find_field(task, table):
        talk.say("value", what=name_column(field), value=str(table.rows[0][field]))
    elif group is None or len(sources) > 1:
        say_totals(talk, task, [figure for each in sources for figure in measure_whole(talk, task, each)])
    else:
        amount = choose_amount(talk, task, table) or ""
        chosen = select_rows(talk, task, source, amount)

        def measure(rows: Source) -> str:
            figures = measure_by_currency(talk, task, rows, amount)
            return " and ".join(write_figure(talk, figure.value, figure.unit) for figure in figures)

        say_groups(talk, name_result(task, amount), chosen, group, measure)
        if not chosen.table.rows:
            say_empty(talk, task, source)


def say_groups(
    talk: Conversation, what: str, chosen: Source, group: str, measure: Callable[[Source], str]
) -> None:
    """Say a figure for each value of a column. The rows are here: no call for each."""
    parts = [
        f"{name}: {measure(replace(chosen, table=part, tool=None))}"
        for name, part in list_groups(chosen.table, group)
    ]
    if parts:
        talk.say("groups", what=what, group=name_column(group), value="; ".join(parts))


def _find_field(task: Task, table: Table) -> str | None:
    """The field in words that the request names, of the one record there is."""
    if len(table.rows) != 1 or task.measure != "sum":
        return None
    said = set(split_words(task.text))
    for column, cell in table.rows[0].items():
        in_words = not is_blank(cell) and read_amount(cell) is None
        if in_words and said.issuperset(split_words(column)) and str(cell).lower() not in task.text.lower():
            return column
    return None


def measure_whole(talk: Conversation, task: Task, source: Source) -> list[Figure]:
    """The figure asked for, one for each currency that stays apart; none where there is no data."""
    amount = choose_amount(talk, task, source.table)
    chosen = select_rows(talk, task, source, amount)
    if not chosen.table.rows or amount is None:
        say_empty(talk, task, source)
        return []
    return measure_by_currency(talk, task, chosen, amount)


def say_totals(talk: Conversation, task: Task, figures: Sequence[Figure]) -> None:
    """Say the sum of the figures of each unit, if there are any."""
    if not figures:
        return
    totals: dict[str | None, Decimal] = {}
    for figure in figures:
        totals[figure.unit] = totals.get(figure.unit, Decimal(0)) + figure.value
    what = name_result(task, figures[0].name)
    if len(totals) > 1:
        value = "; ".join(write_figure(talk, value, unit) for unit, value in totals.items())
        return talk.say("separate", what=what, value=value)
    [(unit, value)] = totals.items()
    stated = [n for n in task.numbers if n.unit in (None, unit)]
    if stated and abs(stated[0].value - value) >= Decimal("0.005"):
        data = f"the data gives {write_figure(talk, value, unit)}"
        value = settle_conflict(talk, f"you say {stated[0].text}", stated[0].value, data, value)
    percent = next((n for n in task.numbers if n.unit == "%"), None)
    if percent:
        value = evaluate(talk, f"{value:f} * {percent.value} / 100")
        what = f"{percent.text} of the {what}"
    say_value(talk, what, value, unit)


def say_empty(talk: Conversation, task: Task, source: Source) -> None:
    if talk.decide("empty_result") == "report":
        talk.say("empty", source=source.name)
    else:
        say_value(talk, name_result(task, ""), Decimal(0), task.target or talk.assumed_currency)


def answer_rows(talk: Conversation, task: Task, source: Source) -> None:
    """List, count or add up the rows that the request looks for."""
    amount = next(iter(choose_columns(source.table, task)), None)
    chosen = select_rows(talk, task, source, amount)
    if task.find == "gaps":
        found, noun = find_gaps(chosen.table), "missing number"
    else:
        rows = find_rows(chosen.table.rows, source.table, task)
        if rows and amount and task.measure in ("sum", "mean", "max", "min"):
            part = replace(chosen, table=replace(chosen.table, rows=tuple(rows)))
            return say_totals(talk, task, measure_by_currency(talk, task, part, amount))
        found, noun = [_describe_row(talk, source.table, row) for row in rows], "entry"
    if found:
        talk.say("rows", count=count_nouns(len(found), noun), value="; ".join(found[:20]))
    elif source.table.rows and (task.find or task.limits or task.measure == "count"):
        talk.say("none_found")
    else:
        say_empty(talk, task, source)


def _describe_row(talk: Conversation, table: Table, row: Row) -> str:
    money = [column for column in find_columns_of_money(table) if not holds_counts(column)]
    shown: list[str] = []
    for column in table.columns:
        cell = row.get(column)
        if is_blank(cell) or column == find_currency_column(table):
            continue
        value = read_amount(cell) if column in money else None
        unit = find_unit(talk, table, row, column)
        shown.append(str(cell) if value is None else write_figure(talk, value, unit))
    return " ".join(shown)
