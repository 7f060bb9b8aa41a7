"""Two figures against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_arc.providers.reference.answers import Figure, name_result, say_value, write_figure
from pytest_arc.providers.reference.arithmetic import evaluate
from pytest_arc.providers.reference.conversation import Conversation
from pytest_arc.providers.reference.figures import measure_by_currency, select_rows, settle_conflict
from pytest_arc.providers.reference.records import find_columns_of_money, find_group
from pytest_arc.providers.reference.requests import Task, name_column, split_words
from pytest_arc.providers.reference.sources import Source
from pytest_arc.providers.reference.tools import Table
from pytest_arc.providers.reference.totals import measure_whole, say_empty, say_groups, say_totals

__all__ = ["answer_comparison"]


def answer_comparison(talk: Conversation, task: Task, sources: Sequence[Source]) -> None:
    """Two figures against each other: of two sources, two columns, two periods, or data and user."""
    columns = _list_named_columns(sources[0].table, task)
    if len(sources) == 1 and len(task.periods) < 2 and len(columns) == 2:
        figures = _compare_columns(talk, task, sources[0], columns)
    else:
        figures = _list_compared(talk, task, sources)
    if len(figures) < 2:
        return say_totals(talk, task, figures)
    first, second = figures[:2]
    one, two = (f"{figure.name} {write_figure(talk, figure.value, figure.unit)}" for figure in figures[:2])
    if first.value == second.value:
        talk.say("equal", first=one, second=two)
    elif task.compares:
        difference = evaluate(talk, f"{first.value:f} - {second.value:f}")
        talk.say("compare", first=one, second=two, value=write_figure(talk, difference, first.unit))
    else:  # two sources for one figure, and nobody asked whether they agree
        value = settle_conflict(talk, one, first.value, two, second.value)
        say_value(talk, name_result(task, ""), value, first.unit)


def _list_compared(talk: Conversation, task: Task, sources: Sequence[Source]) -> list[Figure]:
    if len(sources) > 1:
        parts = [(source, task, source.name) for source in sources[:2]]
    elif len(task.periods) > 1:
        parts = [(sources[0], replace(task, periods=(period,)), period.text) for period in task.periods[:2]]
    else:
        figures = measure_whole(talk, task, sources[0])
        unit = figures[0].unit if figures else None
        told = [
            Figure("the figure you state", number.value, number.unit or unit) for number in task.numbers[:1]
        ]
        return [replace(figures[0], name="the data gives"), *told] if figures and told else figures
    found = [
        (name, measure_whole(talk, replace(part, measure="sum"), source)) for source, part, name in parts
    ]
    return [replace(figures[0], name=name) for name, figures in found if figures]


def _list_named_columns(table: Table, task: Task) -> list[str]:
    """Two columns of figures that the request names, or else debits and credits."""
    columns = find_columns_of_money(table)
    named = [column for column in columns if not set(split_words(column)).isdisjoint(split_words(task.text))]
    sides = [column for column in columns if not {"debit", "credit"}.isdisjoint(split_words(column))]
    return (named if len(named) > 1 else sides)[:2]


def _compare_columns(talk: Conversation, task: Task, source: Source, columns: Sequence[str]) -> list[Figure]:
    chosen = select_rows(talk, task, source, None)
    group = find_group(task, source.table)
    if not chosen.table.rows:
        say_empty(talk, task, source)
        return []

    def measure(rows: Source) -> list[Figure]:
        figures = [measure_by_currency(talk, task, rows, column)[0] for column in columns]
        return [replace(figure, name=name_column(figure.name)) for figure in figures]

    if group is None:
        return measure(chosen)

    def subtract(rows: Source) -> str:
        one, two = measure(rows)
        return write_figure(talk, one.value - two.value, one.unit)

    say_groups(talk, f"difference of {' and '.join(columns)}", chosen, group, subtract)
    return []
