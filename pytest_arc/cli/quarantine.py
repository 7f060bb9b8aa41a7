"""`arc quarantine`: scenarios that are out of the regression gate for a while."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from pytest_arc.cli.console import Console, count, print_json
from pytest_arc.cli.options import debug_option, dir_option, history_option, output_option
from pytest_arc.cli.project import find_earlier_runs, find_runs_folder
from pytest_arc.cli.stability import (
    QUARANTINE_DAYS,
    describe_history,
    quote,
    state_counts,
    state_history,
    suggest,
)
from pytest_arc.domain.profile import NAME_PATTERN
from pytest_arc.domain.quarantine import Quarantine, QuarantineEntry, count_allowed
from pytest_arc.errors import LoadError, UsageError
from pytest_arc.history.environment import find_git_user
from pytest_arc.history.flakiness import History, ScenarioHistory, read_history, suggest_quarantine
from pytest_arc.history.folder import list_runs
from pytest_arc.loading import find_root
from pytest_arc.loading.editing import append_item, remove_item
from pytest_arc.loading.quarantine import FILE_NAME, load_quarantine, parse_quarantine
from pytest_arc.loading.source import Source, read_source, show_path
from pytest_arc.registry import find_near_miss
from pytest_arc.reports.style import wrap

__all__ = ["quarantine"]

_NEW_FILE = """\
# Scenarios that are unstable on unchanged code: still run and reported, but out of the regression gate
# until they expire. See `arc quarantine ls`.
arc_quarantine: 1
entries: []
"""


@dataclass(frozen=True)
class _Ward:
    """The quarantine of a project, with what its runs say."""

    root: Path
    runs_folder: Path
    earlier: Path | None
    quarantine: Quarantine

    @property
    def path(self) -> Path:
        return self.root / FILE_NAME

    @cached_property
    def history(self) -> History:
        return read_history(self.runs_folder, self.earlier)

    @cached_property
    def scenarios(self) -> list[ScenarioHistory]:
        return self.history.list_scenarios()

    @property
    def own_runs(self) -> list[str]:
        """Ids that `arc show` knows."""
        return [run.run_id for run in list_runs(self.runs_folder)]

    def find_current(self, entry: QuarantineEntry) -> list[ScenarioHistory]:
        """What is known of a scenario and its agents as they are now."""
        return [
            history
            for history in self.scenarios
            if history.is_current and history.scenario == entry.scenario and entry.concerns(history.agent)
        ]

    def count_room(self, agent: str, today: date) -> int:
        """How many more scenarios of an agent may be set aside."""
        suite = self.history.suites.get(agent, frozenset())
        return count_allowed(len(suite)) - len(suite & self.quarantine.active(agent, today))

    def write(self, text: str, entries: Sequence[QuarantineEntry]) -> None:
        """Write the file anew. Raises UsageError when it cannot be, or would not hold just `entries`."""
        try:
            is_right = parse_quarantine(Source(show_path(self.path), text)).entries == tuple(entries)
        except LoadError:
            is_right = False
        if not is_right:
            raise _refuse_editing(self.path)
        try:
            self.path.write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            raise UsageError(f"cannot write to {show_path(self.path)}: {error.strerror}") from error


def _open_ward(flags: Mapping[str, Any]) -> _Ward:
    root = find_root(Path.cwd())
    return _Ward(root, find_runs_folder(flags), find_earlier_runs(flags), load_quarantine(root))


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
    ward, today = _open_ward(flags), date.today()
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
    ward, today = _open_ward(flags), date.today()
    entries = [
        entry
        for entry in ward.quarantine.entries
        if entry.scenario == scenario and (agent is None or entry.concerns(agent))
    ]
    pools = [h for h in ward.scenarios if h.scenario == scenario and agent in (None, h.agent)]
    if not entries and not pools:
        raise _reject_unknown(ward, scenario)
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
    ward, today = _open_ward(flags), date.today()
    _reject_doubled(ward, scenario, agent)
    flaky = _choose_flaky(ward, scenario, agent)
    if flaky is None and not force:
        raise _reject_stable(ward, scenario, agent)
    entry = QuarantineEntry(
        scenario=scenario,
        agent=agent or (flaky.agent if flaky else None),
        owner=_name_owner(ward.root, owner),
        reason=_find_reason(reason, flaky),
        since=today,
        expires=today + timedelta(days=days),
    )
    _reject_overfull(ward, entry, today)
    _append(ward, entry)
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
    ward = _open_ward({})
    entries = list(ward.quarantine.entries)
    gone = [n for n, e in enumerate(entries) if e.scenario == scenario and agent in (None, e.agent)]
    if not gone:
        near = find_near_miss(scenario, {entry.scenario for entry in entries} - {scenario})
        hint = f"; did you mean '{near}'?" if near else ""
        of_agent = f" of agent '{agent}'" if agent else ""
        raise UsageError(f"{FILE_NAME} has no scenario '{scenario}'{of_agent}{hint}")
    source = read_source(ward.path)
    for index in reversed(gone):
        try:
            source = Source(source.path, remove_item(source, "entries", index))
        except ValueError:
            raise _refuse_editing(ward.path) from None
        del entries[index]
    ward.write(source.text, entries)
    Console().say(f"{scenario} is back in the regression gate")
    return 0


# What is said.


def _say_entries(console: Console, ward: _Ward, today: date) -> None:
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


def _say_passed_over(console: Console, ward: _Ward) -> None:
    folders = ward.history.passed_over
    if folders:
        more = f" and {len(folders) - 1} more" if len(folders) > 1 else ""
        text = f"passed over, damaged or of another origin: {show_path(folders[0])}{more}"
        console.say_all(["", *wrap("", text, 0)])


def _describe_entry(ward: _Ward, entry: QuarantineEntry, today: date) -> dict[str, Any]:
    known = [describe_history(history) for history in ward.find_current(entry)]
    return entry.model_dump(mode="json") | {"active": entry.is_active(today), "history": known}


# What is asked for, and refused.


def _choose_flaky(ward: _Ward, scenario: str, agent: str | None) -> ScenarioHistory | None:
    """The history by which a scenario is flaky. Raises UsageError when it is so for several agents."""
    found = {h.agent: h for h in _find_known(ward, scenario, agent) if h.is_flaky}
    if len(found) > 1:
        raise UsageError(f"several agents are flaky in {scenario}; name one: --agent {' or '.join(found)}")
    return next(iter(found.values()), None)


def _find_known(ward: _Ward, scenario: str, agent: str | None) -> list[ScenarioHistory]:
    current = [h for h in ward.scenarios if h.is_current and h.scenario == scenario]
    return [history for history in current if agent in (None, history.agent)]


def _reject_doubled(ward: _Ward, scenario: str, agent: str | None) -> None:
    for entry in ward.quarantine.entries:
        if entry.scenario == scenario and (agent is None or entry.concerns(agent)):
            raise UsageError(
                f"{scenario} is in {FILE_NAME} already, to {entry.expires} (owner {entry.owner})\n"
                f"    Take it out first: arc quarantine rm {quote(scenario)}"
            )


def _reject_stable(ward: _Ward, scenario: str, agent: str | None) -> UsageError:
    known = _find_known(ward, scenario, agent)
    if not known:
        return _reject_unknown(ward, scenario)
    said = "; ".join(state_history(history) for history in known)
    return UsageError(
        f"{scenario} is not known to be flaky: {said}\n"
        "    Flaky takes 10 trials from 2 runs of unchanged code, some passing, some failing.\n"
        "    Set it aside all the same: --force --reason TEXT"
    )


def _reject_unknown(ward: _Ward, scenario: str) -> UsageError:
    near = find_near_miss(scenario, {history.scenario for history in ward.scenarios})
    hint = f"; did you mean '{near}'?" if near else "; --history DIR reads those of other places"
    return UsageError(f"no run in {show_path(ward.runs_folder)} has a scenario '{scenario}'{hint}")


def _reject_overfull(ward: _Ward, entry: QuarantineEntry, today: date) -> None:
    for agent, suite in ward.history.suites.items():
        if entry.concerns(agent) and entry.scenario in suite and ward.count_room(agent, today) < 1:
            aside = len(suite & ward.quarantine.active(agent, today))
            raise UsageError(
                f"{aside + 1} of {len(suite)} scenarios of agent '{agent}' would be set aside:"
                f" at most 10 % may be, here {count_allowed(len(suite)) or 'none'}"
            )


def _refuse_editing(path: Path) -> UsageError:
    return UsageError(
        f"{show_path(path)} is written in a way that this command cannot change: do it by hand,"
        " or write the entries one below the other"
    )


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


def _append(ward: _Ward, entry: QuarantineEntry) -> None:
    source = read_source(ward.path) if ward.path.is_file() else Source(FILE_NAME, _NEW_FILE)
    try:
        text = append_item(source, "entries", entry.model_dump(exclude_none=True))
    except ValueError:
        raise _refuse_editing(ward.path) from None
    ward.write(text, [*ward.quarantine.entries, entry])
