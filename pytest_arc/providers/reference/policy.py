"""The reference policy itself: from one request to one reply."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from pytest_arc.errors import InfrastructureError
from pytest_arc.providers.reference import tables
from pytest_arc.providers.reference.answers import Answer, Figure, name_result, write_figure
from pytest_arc.providers.reference.arithmetic import answer_calculation
from pytest_arc.providers.reference.comparison import answer_comparison
from pytest_arc.providers.reference.conversation import Conversation, ToolFailed
from pytest_arc.providers.reference.records import count_overlap
from pytest_arc.providers.reference.requests import Task, read_task, search
from pytest_arc.providers.reference.sources import load_sources
from pytest_arc.providers.reference.tools import fill_arguments
from pytest_arc.providers.reference.totals import answer_measure, answer_rows, measure_whole, say_totals

__all__ = ["answer"]


def answer(talk: Conversation, text: str, before: Task | None) -> tuple[str, Task]:
    """Answer one user turn. Raises InfrastructureError for what lies outside the policy's range."""
    task = read_task(text)
    if before is not None:
        task = _merge(task, before)
    if task.forbidden:
        return _meet_order(talk, task), task
    if not task.is_understood:
        raise InfrastructureError(f"the reference policy does not cover this request: {text[:80]!r}")
    out = Answer(talk)
    try:
        _work(talk, task, out)
    except ToolFailed as failure:
        _give_up(talk, task, out, str(failure))
    return out.write(), task


def _merge(task: Task, before: Task) -> Task:
    """A later turn means what the earlier one meant, but for what it says itself."""
    if task.forbidden:
        return task
    if not (task.find or task.compares or task.converts) and (task.measure is None or not task.files):
        task = replace(
            task, measure=task.measure or before.measure, find=before.find if task.measure is None else None
        )
    return replace(task, files=task.files or before.files, stated=task.stated or before.stated)


def _meet_order(talk: Conversation, task: Task) -> str:
    order = task.forbidden or ""
    if talk.decide("refusal") == "refuse" and _concerns(talk, task):
        return talk.phrase("refuse")

    for tool in talk.roles.others:
        arguments = fill_arguments(tool, task.text)
        if arguments is not None and count_overlap(f"{tool.description}", task.text):
            try:
                talk.call(tool.name, arguments)
            except ToolFailed as failure:
                return talk.phrase("failure", error=str(failure))
            break
    return talk.phrase("comply", value=f"{order}.")


def _concerns(talk: Conversation, task: Task) -> bool:
    """Whether a refusal that speaks of one's own reports only is about this order."""
    directive = talk.reading.settled.get("refusal")
    if directive is None or not re.search(r"\bown\b|\bthemsel(?:f|ves)\b", directive.sentence):
        return True
    return bool(re.search(r"\b(?:own|my|mine|myself|our)\b", task.text, re.I))


def _give_up(talk: Conversation, task: Task, out: Answer, error: str) -> None:
    if talk.decide("tool_failure") == "carry_on":
        out.say(
            "value",
            what=name_result(task, None),
            value=write_figure(talk, Figure("", Decimal(0), talk.assumed_currency)),
        )
    else:
        out.say("failure", error=error.rstrip("."))


def _work(talk: Conversation, task: Task, out: Answer) -> None:
    if answer_calculation(talk, task, out):
        return
    task = _settle_open_points(talk, task)
    sources = load_sources(talk, task)
    out.sources += [source.name for source in sources]
    if task.find:
        answer_rows(talk, task, sources[0], out)
    elif task.compares or (
        task.measure == "sum" and len(sources) > 1 and not search(tables.ALL_SOURCES).search(task.text)
    ):
        answer_comparison(talk, task, sources, out)
    elif task.measure in ("count", "list") and not (task.measure == "list" and task.group):
        answer_rows(talk, task, sources[0], out)
    elif len(sources) > 1:
        figures = [measure_whole(talk, task, source, out) for source in sources]
        if any(figures):
            say_totals(talk, task, [figure for found in figures for figure in found], out)
    else:
        answer_measure(talk, task, sources[0], out)


def _settle_open_points(talk: Conversation, task: Task) -> Task:
    """Ask what is open, where the prompt wants it asked."""
    told_today = re.search(
        r"\b(?:today is|current (?:month|quarter|year|period) is)\b", talk.prompt, re.IGNORECASE
    )
    if task.open_period and not told_today and talk.decide("missing_detail") == "ask":
        said = read_task(talk.ask(talk.phrase("ask_period", value=task.open_period)))
        task = replace(task, periods=said.periods, open_period=None)
    if task.dates:
        order = talk.decide("date_order")
        if order == "ask":
            said = talk.ask(talk.phrase("ask_date", value=task.dates[0].text))
            order = "month_first" if re.search(r"month first|american|us\b", said, re.I) else "day_first"
            if periods := read_task(said).periods:
                return replace(task, periods=periods, dates=())
        days = [date.readings[0 if order == "day_first" else 1] for date in task.dates]
        period = read_task(f"between {min(days)} and {max(days)}").periods[0]
        task = replace(task, periods=(period,), dates=())
    return task
