"""`arc status`: the runs that are kept, the newest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from pytest_arc.cli.console import Console, count, print_json
from pytest_arc.cli.options import debug_option, dir_option, output_option
from pytest_arc.cli.project import find_runs_folder
from pytest_arc.cli.records import Record, read_record
from pytest_arc.cli.stability import remark_unstable
from pytest_arc.errors import LoadError
from pytest_arc.history.document import describe_estimate
from pytest_arc.history.flakiness import History, read_run, suggest_quarantine
from pytest_arc.history.folder import list_runs
from pytest_arc.loading import find_root, load_quarantine
from pytest_arc.reports.style import format_bound, format_duration, format_money, format_percent, wrap
from pytest_arc.reports.trend import Measured, draw_trend

__all__ = ["status"]

MOST_UNSTABLE = 5
"""Unstable scenarios that are named here."""


@click.command()
@output_option
@dir_option
@debug_option
def status(output: str, **flags: Any) -> int:
    """List the runs that are kept, the newest first.

    A run without an end was interrupted, or is still going on; the trials that have finished count.
    """
    folder = find_runs_folder(flags)
    runs = list_runs(folder)[::-1]
    if output == "json":
        print_json([_describe(read_record(run)) for run in runs])
        return 0
    console = Console()
    if not runs:
        console.say(f"no run has been made yet in {folder.as_posix()}")
    history, measured = History(), dict[str, list[Measured]]()
    for run in runs:
        record = read_record(run)
        _say_run(console, record)
        _note_estimates(record, measured)
        trials = (trial for case in record.cases for trial in case.trials)
        if told := read_run(record.run_id, record.header, trials, run.compute_key()):
            history.runs.append(told)
    _say_trends(console, measured)
    _say_unstable(console, history)
    return 0


def _note_estimates(record: Record, measured: dict[str, list[Measured]]) -> None:
    for agent in record.agents:
        estimate = record.estimate(agent["id"])
        if estimate is not None:
            name = agent["id"].partition("@")[0]
            measured.setdefault(name, []).append(Measured(record.run_id, estimate))


def _say_trends(console: Console, measured: Mapping[str, Sequence[Measured]]) -> None:
    """How reliable each agent was from run to run, where there are several of it."""
    for name, newest_first in measured.items():
        if len(newest_first) > 1:
            console.say()
            console.say(f"reliability of {name}, 0 to 100 %, the newest run last")
            console.say_all(draw_trend(newest_first[::-1], console.glyphs))


def _say_run(console: Console, record: Record) -> None:
    started = _show_time(record.header.get("started", ""))
    word = _conclude(record)
    console.say("  ".join([record.run_id, started, word, *_list_figures(record)]), word)
    for agent in record.agents:
        console.say_all(wrap("    ", _say_agent(record, agent["id"]), 4))


def _list_figures(record: Record) -> Iterator[str]:
    """How long it took and what it cost, as far as is known."""
    took_s = record.duration_s
    if took_s:  # kept in whole seconds
        yield f"{took_s:.0f} s" if took_s < 60 else format_duration(took_s)
    if record.cost_usd is not None:
        yield format_money(record.cost_usd)


def _say_agent(record: Record, agent: str) -> str:
    counts = record.count_trials(agent)
    estimate = record.estimate(agent)
    if estimate is None:
        text = f"{agent}: no trial was scored"
    else:
        low, high = format_bound(estimate.low, up=False), format_bound(estimate.high, up=True)
        rate = f"{format_percent(estimate.rate)}, 95 % interval {low} to {high}"
        text = f"{agent}: {estimate.passed} of {count(estimate.n, 'trial')} passed ({rate})"
    extra = [f"{counts[word]} {word}" for word in ("errored", "cancelled") if counts[word]]
    gates = [f"{gate['gate']} {gate['word']}" for gate in record.list_gates(agent)]
    return "; ".join([text, *extra, *gates])


def _say_unstable(console: Console, history: History) -> None:
    """What is flaky and might be set aside."""
    try:
        quarantine = load_quarantine(find_root(Path.cwd()))
    except LoadError as error:
        console.say_all(["", str(error)])
        return
    found = suggest_quarantine(history, quarantine)
    if found:
        console.say_all(["", *map(remark_unstable, found[:MOST_UNSTABLE])])
        rest = f" ({len(found) - MOST_UNSTABLE} others)" if len(found) > MOST_UNSTABLE else ""
        console.say(f"more: arc quarantine ls{rest}")


def _conclude(record: Record) -> str:
    """The run in a word."""
    if record.interrupted:
        return "interrupted"
    gates = [gate for agent in record.agents for gate in record.list_gates(agent["id"])]
    words = {case.word for case in record.cases}
    if any(gate["fails"] for gate in gates) or words & {"failed", "errored"}:
        return "failed"
    return "inconclusive" if any(gate["word"] == "inconclusive" for gate in gates) else "passed"


def _show_time(started: str) -> str:
    """In local time, without the zone: the reader's own clock."""
    try:
        return f"{datetime.fromisoformat(started).astimezone():%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return "(start unknown)"


def _describe(record: Record) -> dict[str, Any]:
    return {
        "run_id": record.run_id,
        "path": record.folder.path.as_posix(),
        "started": record.header.get("started"),
        "finished": record.header.get("finished"),
        "outcome": _conclude(record),
        "interrupted": record.interrupted or None,
        "duration_s": record.duration_s,
        "cost_usd": record.cost_usd,
        "agents": [_describe_agent(record, agent["id"]) for agent in record.agents],
    }


def _describe_agent(record: Record, agent: str) -> dict[str, Any]:
    counts = record.count_trials(agent)
    return {
        "id": agent,
        **{word: counts[word] for word in ("passed", "failed", "errored", "cancelled")},
        "estimate": describe_estimate(record.estimate(agent)),
        "gates": [
            {key: gate[key] for key in ("gate", "word", "reason")} for gate in record.list_gates(agent)
        ],
    }
