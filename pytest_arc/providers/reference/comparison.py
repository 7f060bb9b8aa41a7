"""Two figures against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_arc.providers.reference.answers import Answer, Figure, name_result, write_figure
from pytest_arc.providers.reference.arithmetic import evaluate
from pytest_arc.providers.reference.conversation import Conversation
from pytest_arc.providers.reference.figures import (
    Selection,
    measure_by_currency,
    select_rows,
    settle_conflict,
)
from pytest_arc.providers.reference.records import Filter, find_columns_of_money
from pytest_arc.providers.reference.requests import Task, split_words
from pytest_arc.providers.reference.sources import Source
from pytest_arc.providers.reference.tools import Table
from pytest_arc.providers.reference.totals import find_group, measure_whole, say_empty, say_totals

__all__ = ["answer_comparison"]


def answer_comparison(talk: Conversation, task: Task, sources: Sequence[Source], out: Answer) -> None:
    """Two figures against each other: of two sources, two columns, two periods, or data and user."""
    figures = _list_compared(talk, task, sources, out)
    if figures is None:
        return
    if len(figures) < 2:
        return say_totals(talk, task, figures, out) if figures else None
    first, second = figures[:2]
    texts = {
        "first": f"{first.name} {write_figure(talk, first)}",
        "second": f"{second.name} {write_figure(talk, second)}",
    }
    if first.value == second.value:
        return out.say("equal", **texts)
    if not task.compares:  # two sources for one figure, and nobody asked whether they agree
        value = settle_conflict(talk, texts["first"], first.value, texts["second"], second.value)
        out.say(
            "value",
            what=name_result(task, None),
            value=write_figure(talk, replace(first, value=first.value if talk.notes else value)),
        )
        out.caveats += talk.notes
        return
    difference = evaluate(talk, f"{first.value:f} - {second.value:f}".replace("- -", "+ "))
    out.say("compare", **texts, value=write_figure(talk, Figure("", difference, first.unit)))


def _list_compared(
    talk: Conversation, task: Task, sources: Sequence[Source], out: Answer
) -> list[Figure] | None:
    if len(sources) > 1:
        parts = [(source, task, source.name) for source in sources[:2]]
    elif len(task.periods) > 1:
        parts = [(sources[0], replace(task, periods=(period,)), period.text) for period in task.periods[:2]]
    else:
        columns = _list_named_columns(sources[0].table, task)
        if len(columns) > 1:
            return _compare_columns(talk, task, sources[0], columns, out)
        figures = measure_whole(talk, task, sources[0], out)
        if figures and task.numbers:
            told = Figure("the figure you state", task.numbers[0].value, figures[0].unit)
            return [replace(figures[0], name="the data gives"), told]
        return figures or None
    found = [
        (name, measure_whole(talk, replace(part, measure="sum"), source, out)) for source, part, name in parts
    ]
    return [replace(figures[0], name=name) for name, figures in found if figures]


def _list_named_columns(table: Table, task: Task) -> tuple[str, ...]:
    columns = [c for c in find_columns_of_money(table) if set(split_words(c)) & set(split_words(task.text))]
    pairs = ({"debit", "credit"}, {"debits", "credits"})
    if len(columns) < 2:
        columns = [
            c for c in find_columns_of_money(table) if any(set(split_words(c)) & pair for pair in pairs)
        ] or columns
    return tuple(columns[:2])


def _compare_columns(
    talk: Conversation, task: Task, source: Source, columns: Sequence[str], out: Answer
) -> list[Figure] | None:
    chosen = select_rows(talk, task, source, None)
    group = find_group(task, source.table)
    if not chosen.rows:
        say_empty(talk, task, source, out)
        return None
    if group is None:
        figures = [measure_by_currency(talk, task, source, chosen, column, out)[0] for column in columns]
        return [replace(f, name=" ".join(split_words(c))) for f, c in zip(figures, columns, strict=True)]
    values: list[str] = []
    head = replace(source, tool=None)  # the rows are here: no call for each group
    for name in dict.fromkeys(str(row.get(group)) for row in chosen.rows):
        rows = Selection(
            source.table,
            tuple(row for row in chosen.rows if str(row.get(group)) == name),
            (Filter(group, "=", (name.lower(),)),),
        )
        one, two = (measure_by_currency(talk, task, head, rows, column, out)[0] for column in columns)
        values.append(f"{name}: {write_figure(talk, replace(one, value=one.value - two.value))}")
    out.say(
        "groups",
        what=f"difference of {' and '.join(columns)}",
        group=" ".join(split_words(group)),
        value="; ".join(values),
    )
    return None
