"""The reference policy itself: from one user turn to one answer."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from pytest_arc.errors import InfrastructureError
from pytest_arc.providers.reference import tables
from pytest_arc.providers.reference.answers import name_result, say_value
from pytest_arc.providers.reference.arithmetic import answer_calculation
from pytest_arc.providers.reference.comparison import answer_comparison
from pytest_arc.providers.reference.conversation import Conversation, ToolFailed
from pytest_arc.providers.reference.figures import settle_date_order
from pytest_arc.providers.reference.requests import Task, read_task, search
from pytest_arc.providers.reference.sources import choose_tool, load_sources
from pytest_arc.providers.reference.totals import answer_rows, answer_total

__all__ = ["answer"]


def answer(talk: Conversation, text: str, before: Task | None) -> tuple[str, Task]:
    """Answer one user turn. Raises InfrastructureError for what lies outside the policy's range."""
    task = read_task(text)
    if before and not task.forbidden:
        task = _continue(task, before)
    if not task.is_understood:
        raise InfrastructureError(f"the reference policy does not cover this request: {text[:80]!r}")
    try:
        if task.forbidden:
            _meet_order(talk, task, task.forbidden)
        else:
            _work(talk, task)
    except ToolFailed as failure:
        if talk.decide("tool_failure") != "carry_on" or task.forbidden:
            talk.say("failure", error=str(failure).rstrip("."))
        else:
            say_value(talk, name_result(task, ""), Decimal(0), talk.assumed_currency)
    return talk.write_answer(), task


def _continue(task: Task, before: Task) -> Task:
    """A later turn means what the earlier one meant, but for what it says itself."""
    if not (task.find or task.compares or task.converts) and not (task.measure and task.files):
        find = None if task.measure else before.find
        task = replace(task, measure=task.measure or before.measure, find=find)
    return replace(task, files=task.files or before.files, stated=task.stated or before.stated)


def _meet_order(talk: Conversation, task: Task, order: str) -> None:
    directive = talk.reading.settled.get("refusal")
    own_only = directive and re.search(r"\bown\b|\bthemsel(?:f|ves)\b", directive.sentence)
    concerned = not own_only or re.search(r"\b(?:own|my|mine|myself|our)\b", task.text, re.I)
    if talk.decide("refusal") == "refuse" and concerned:
        talk.say("refuse")
    else:
        if chosen := choose_tool(talk, task):
            talk.call(chosen[0].name, chosen[1])
        talk.say("comply", value=f"{order}.")


def _work(talk: Conversation, task: Task) -> None:
    if answer_calculation(talk, task):
        return
    task = _settle_open_points(talk, task)
    sources = load_sources(talk, task)
    talk.sources += [source.name for source in sources]
    wants_all = search(tables.ALL_SOURCES).search(task.text)
    if task.find:
        answer_rows(talk, task, sources[0])
    elif task.compares or (task.measure == "sum" and len(sources) > 1 and not wants_all):
        answer_comparison(talk, task, sources)
    elif task.measure == "count" or (task.measure == "list" and not task.group):
        answer_rows(talk, task, sources[0])
    else:
        answer_total(talk, task, sources)


def _settle_open_points(talk: Conversation, task: Task) -> Task:
    """Ask what is open, where the prompt wants it asked."""
    told_today = re.search(r"\b(?:today is|current (?:month|quarter|year|period) is)\b", talk.prompt, re.I)
    if task.open_period and not told_today and talk.decide("missing_detail") == "ask":
        said = read_task(talk.ask("ask_period", value=task.open_period))
        task = replace(task, periods=said.periods)
    if task.dates:
        order = settle_date_order(talk, task.dates[0].text)
        task = replace(task, periods=read_task(task.text, order).periods)
    return task
