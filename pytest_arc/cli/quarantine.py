"""`arc quarantine`: scenarios that are out of the regression gate for a while."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from pytest_arc.cli.console import Console, count, print_json
from pytest_arc.cli.options import debug_option, dir_option, history_option, output_option
from pytest_arc.cli.stability import (
    QUARANTINE_DAYS,
    describe_history,
    state_counts,
    state_history,
    suggest,
)
from pytest_arc.cli.ward import Ward, open_ward
from pytest_arc.domain.profile import NAME_PATTERN
from pytest_arc.domain.quarantine import QuarantineEntry
from pytest_arc.errors import UsageError
from pytest_arc.history.environment import find_git_user
from pytest_arc.history.flakiness import ScenarioHistory, suggest_quarantine
from pytest_arc.loading.quarantine import FILE_NAME
from pytest_arc.loading.source import show_path
from pytest_arc.reports.style import wrap

__all__ = ["quarantine"]


def _read_words(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """One line without the quotes that hints have, which the Windows prompt hands over with it."""
    words = " ".join(value.strip("'").split())
    if not words:
        raise click.BadParameter("it is empty")
    return words


def _read_agent(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """The name of an agent; a version behind it makes no difference."""
    name = None if value is None else value.partition("@")[0]
    if name is not None and not re.fullmatch(NAME_PATTERN, name):
        raise click.BadParameter(f"'{value}' is no name of an agent")
    return name


_scenario_argument = click.argument("scenario", callback=_read_words)
_agent_option = click.option(
    "--agent", callback=_read_agent, metavar="NAME", help="Only for the agent of this name."
)


@click.group()
def quarantine() -> None:
    """Scenarios that are out of the regression gate for a while.

    They are unstable on unchanged code: a drop proves nothing. They are still run and reported, and every
    other gate counts them. They stand in quarantine.yaml in the project's folder, which belongs into git.
    """


@quarantine.command("ls")
@history_option
@output_option
@dir_option
@debug_option
def list_entries(output: str, **flags: Any) -> int:
    """List what is set aside, and what is flaky and might be."""
    ward, today = open_ward(flags), date.today()
    found = suggest_quarantine(ward.history, ward.quarantine)
    if output == "json":
        print_json(
            {
                "path": show_path(ward.path),
                "entries": [_describe_entry(ward, entry, today) for entry in ward.quarantine.entries],
                "suggestions": [describe_history(suggestion) for suggestion in found],
                "passed_over": [show_path(path) for path in ward.history.passed_over],
            }
        )
        return 0
    console = Console()
    _say_entries(console, ward, today)
    for suggestion in found:
        room = ward.count_room(suggestion.agent, today) > 0
        console.say_all(["", *suggest(suggestion, today, room, ward.own_runs)])
    _say_passed_over(console, ward)
    return 0


@quarantine.command()
@_scenario_argument
@_agent_option
@history_option
@output_option
@dir_option
@debug_option
def show(scenario: str, agent: str | None, output: str, **flags: Any) -> int:
    """Show how a scenario did, run by run.

    Runs are pooled where agent, scenario and checks were the same.
    """
    ward, today = open_ward(flags), date.today()
    entries = [
        entry
        for entry in ward.quarantine.entries
        if entry.scenario == scenario and (agent is None or entry.concerns(agent))
    ]
    pools = [h for h in ward.scenarios if h.scenario == scenario and agent in (None, h.agent)]
    if not entries and not pools:
        raise ward.explain_unknown(scenario)
    if output == "json":
        described = [_describe_entry(ward, entry, today) for entry in entries]
        print_json({"entries": described, "history": [describe_history(pool) for pool in pools]})
        return 0
    console = Console()
    console.say(scenario)
    for entry in entries:
        console.say_all(wrap("  ", f"{_state_entry(entry, today)}: {entry.reason}", 2))
    for pool in reversed(pools):
        state = "as it is" if pool.is_current else "before a change of agent, scenario or checks"
        console.say_all(["", *wrap("  ", f"{pool.agent}, {state}: {state_history(pool)}", 2)])
        console.say_all(_list_runs(pool))
    if not pools:
        console.say("  no run has it")
    _say_passed_over(console, ward)
    return 0


@quarantine.command()
@_scenario_argument
@click.option(
    "--owner",
    required=True,
    callback=_read_words,
    metavar="NAME",
    help="Who brings it back; @me: your name in git.",
)
@click.option("--reason", metavar="TEXT", help="Why it is unstable; else what the runs say is written down.")
@click.option(
    "--days",
    type=click.IntRange(1, 90),
    default=QUARANTINE_DAYS,
    show_default=True,
    help="How long it is set aside.",
)
@_agent_option
@click.option("--force", is_flag=True, help="Even if the runs do not show it to be flaky; needs --reason.")
@history_option
@dir_option
@debug_option
def add(
    scenario: str,
    owner: str,
    reason: str | None,
    days: int,
    agent: str | None,
    force: bool,
    **flags: Any,
) -> int:
    """Set a scenario aside that is flaky.

    Flaky: it passes between 5 % and 95 % of the time, by at least 10 trials from 2 runs in which agent,
    scenario and checks were the same. At most 10 % of a suite can be set aside.
    """
    ward, today = open_ward(flags), date.today()
    ward.reject_doubled(scenario, agent)
    flaky = ward.choose_flaky(scenario, agent)
    if flaky is None and not force:
        raise ward.explain_stable(scenario, agent)
    entry = QuarantineEntry(
        scenario=scenario,
        agent=agent or (flaky.agent if flaky else None),
        owner=_name_owner(ward.root, owner),
        reason=_find_reason(reason, flaky),
        since=today,
        expires=today + timedelta(days=days),
    )
    ward.reject_overfull(entry, today)
    ward.append(entry)
    console = Console()
    console.say(f"{scenario} is set aside to {entry.expires} (owner {entry.owner})")
    console.say(f"It is still run and reported; only the regression gate leaves it out. Commit {FILE_NAME}.")
    return 0


@quarantine.command()
@_scenario_argument
@_agent_option
@debug_option
def rm(scenario: str, agent: str | None) -> int:
    """Take a scenario out again."""
    open_ward({}).remove(scenario, agent)
    Console().say(f"{scenario} is back in the regression gate")
    return 0


# What is said.


def _say_entries(console: Console, ward: Ward, today: date) -> None:
    entries = ward.quarantine.entries
    if not entries:
        console.say("nothing is set aside")
        return
    active = sum(entry.is_active(today) for entry in entries)
    expired = f", {len(entries) - active} expired" if active < len(entries) else ""
    console.say(f"{show_path(ward.path)}: {active or 'nothing'} set aside{expired}")
    for entry in entries:
        console.say()
        agent = f" ({entry.agent})" if entry.agent else ""
        console.say(f"  {entry.scenario}{agent}", "" if entry.is_active(today) else "failed")
        console.say_all(wrap("    ", f"{_state_entry(entry, today)}: {entry.reason}", 4))
        for known in ward.find_current(entry):
            console.say(f"    now: {state_history(known)}")


def _state_entry(entry: QuarantineEntry, today: date) -> str:
    if not entry.is_active(today):
        return f"EXPIRED on {entry.expires}, the regression gate counts it (owner {entry.owner})"
    left = (entry.expires - today).days
    return f"set aside to {entry.expires}, {count(left, 'day')} left (owner {entry.owner})"


def _list_runs(pool: ScenarioHistory) -> list[str]:
    width = max(len(run.run_id) for run in pool.runs)
    lines: list[str] = []
    for run in pool.runs:
        commit = run.commit[:7] if run.commit else "-"
        repeated = f"  {run.repeated} repeated" if run.repeated else ""
        lines.append(f"    {run.run_id.ljust(width)}  {commit:7}  {run.passed}/{run.n}{repeated}")
    return lines


def _say_passed_over(console: Console, ward: Ward) -> None:
    folders = ward.history.passed_over
    if folders:
        more = f" and {len(folders) - 1} more" if len(folders) > 1 else ""
        text = f"passed over, damaged or of another origin: {show_path(folders[0])}{more}"
        console.say_all(["", *wrap("", text, 0)])


def _describe_entry(ward: Ward, entry: QuarantineEntry, today: date) -> dict[str, Any]:
    known = [describe_history(history) for history in ward.find_current(entry)]
    return entry.model_dump(mode="json") | {"active": entry.is_active(today), "history": known}


# What is written down.


def _name_owner(root: Path, owner: str) -> str:
    if owner != "@me":
        return owner
    name = find_git_user(root)
    if name is None:
        raise UsageError("git does not know your name: say --owner NAME instead of @me")
    return name


def _find_reason(reason: str | None, flaky: ScenarioHistory | None) -> str:
    words = " ".join((reason or "").split())
    if words:
        return words
    if flaky is None:
        raise UsageError("--force needs a --reason: the runs give none")
    return f"unstable on unchanged code, {state_counts(flaky)}"
