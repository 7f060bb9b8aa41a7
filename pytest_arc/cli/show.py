"""`arc show`: a run, a case or a trial that was made before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from pytest_arc.cli.console import Console, count, print_json
from pytest_arc.cli.contrast import describe_contrast, find_pair, say_contrast
from pytest_arc.cli.options import debug_option, dir_option, output_option
from pytest_arc.cli.project import find_runs_folder
from pytest_arc.cli.records import Address, CaseRecord, Record, open_record, parse_address
from pytest_arc.domain.result import TrialResult
from pytest_arc.errors import UsageError
from pytest_arc.history.document import describe_timing, describe_trial
from pytest_arc.reports.cases import (
    contrast_transcripts,
    describe_end,
    describe_requests,
    find_passing,
    find_worst,
    list_checks,
    list_dimensions,
    name_trial,
)
from pytest_arc.reports.style import WIDTH, format_duration, shorten, wrap
from pytest_arc.reports.transcript import format_transcript

__all__ = ["say_trial", "show"]

WHOLE = 1_000_000
"""Lines and steps of a transcript that is to be shown to the end."""


@click.command()
@click.argument("address", metavar="RUN[::CASE[#TRIAL]]")
@click.option("--below-bar", is_flag=True, help="Of a run, only the cases that are below their bar.")
@click.option("--contrast", is_flag=True, help="Of a case, a trial that passed beside one that did not.")
@output_option
@dir_option
@debug_option
def show(address: str, below_bar: bool, contrast: bool, output: str, **flags: Any) -> int:
    """Show a run, a case, or the whole transcript of a trial.

    RUN is 'last', the id of a run, or its folder; CASE a scenario id or a case id.
    """
    place = parse_address(address)
    _check_choice(address, place, below_bar, contrast)
    record = open_record(find_runs_folder(flags), place.run)
    console = Console()
    if not place.case:
        cases = [case for case in record.cases if case.is_below_bar or not below_bar]
        show_run(console, record, cases) if output == "text" else print_json(_describe_run(record, cases))
        return 0
    case = record.find_case(place.case)
    if contrast:
        pair = find_pair(case)
        if output == "text":
            say_heading(console, record, case)
            say_contrast(console, record, pair)
        else:
            print_json(describe_contrast(record, pair))
        return 0
    if place.trial is None:
        show_case(console, record, case) if output == "text" else print_json(_describe_case(case))
        return 0
    trial = case.find_trial(place.trial)
    if output == "text":
        say_heading(console, record, case)
        say_trial(console, record, trial)
    else:
        print_json(_describe_one(record, trial))
    return 0


def _check_choice(address: str, place: Address, below_bar: bool, contrast: bool) -> None:
    """Raises UsageError for a choice that is made among other things than those of the address."""
    if below_bar and place.case:
        raise UsageError(f"--below-bar lists cases of a run: arc show {place.run} --below-bar")
    if contrast and (not place.case or place.trial is not None):
        case = place.case or "CASE"
        raise UsageError(f"--contrast is about one case: arc show '{place.run}::{case}' --contrast")


def show_run(console: Console, record: Record, cases: Sequence[CaseRecord]) -> None:
    """Each agent with its gates and a table of these cases."""
    seed = f", seed {record.header['seed']}" if "seed" in record.header else ""
    console.say(f"run {record.run_id}{seed}")
    if record.interrupted:
        console.say(f"interrupted: {record.interrupted}; what had finished is here", "interrupted")
    for agent in record.agents:
        console.say()
        console.say(f"{agent['id']} ({agent['target']})")
        for gate in record.list_gates(agent["id"]):
            for line in wrap(f"  {gate['gate']} {gate['word'].upper()}. ", gate["reason"], 4):
                console.say(line, gate["word"])
        console.say()
        own = [case for case in cases if case.agent == agent["id"]]
        for case in own:
            console.say(_line_up(case), case.word)
        if not own:
            console.say("  no case is below its bar" if record.cases else "  no trial has finished")
    console.say()
    console.say(f"  more    arc show '{record.run_id}::CASE' or '{record.run_id}::CASE#TRIAL'")


def _line_up(case: CaseRecord) -> str:
    worst = find_worst(case.trials)
    reason = worst.reason if worst else "" if case.word == "passed" else case.reason
    left = f"  {case.rate:>5}  {case.word:<10} {case.scenario}"
    return f"{left}  {shorten(reason, max(20, WIDTH - len(left) - 2))}".rstrip()


def say_heading(console: Console, record: Record, case: CaseRecord) -> None:
    """Which case this is, and what became of it."""
    console.say(f"run {record.run_id}: {case.id}")
    for line in wrap("  ", f"{case.word}: {case.reason}" if case.reason else case.word, 2):
        console.say(line, case.word)
    if case.origin:
        console.say(f"  {case.origin}")


def show_case(console: Console, record: Record, case: CaseRecord) -> None:
    """All trials of a case, and the worst one's transcript beside a passing one."""
    say_heading(console, record, case)
    console.say()
    for trial in case.trials:
        console.say(_summarize_trial(trial), trial.outcome)
    worst = find_worst(case.trials) or find_passing(case.trials)
    if worst is None:
        return
    console.say()
    console.say(f"  trial {worst.trial} {worst.outcome}")
    console.say_all(list_checks(worst, console.glyphs))
    passing = find_passing(case.trials) if worst.outcome != "passed" else None
    console.say_all(contrast_transcripts(worst, passing, record.read_trajectory))
    console.say()
    where = name_trial(f"{record.run_id}::{case.scenario}", worst)
    console.say_all([f"  whole   arc show '{where}'", f"  repeat  arc debug '{where}'"])
    if passing is not None:
        console.say(f"  beside  arc show '{record.run_id}::{case.scenario}' --contrast")


def _summarize_trial(trial: TrialResult) -> str:
    time = f"{format_duration(trial.latency_s)} {'simulated' if trial.clock == 'virtual' else ''}".rstrip()
    left = f"  #{trial.trial:<3} {trial.outcome:<9} {time}"
    blame = f"({trial.blame}) " if trial.blame else ""
    return f"{left}  {shorten(blame + trial.reason, max(20, WIDTH - len(left) - 2))}".rstrip()


def say_trial(console: Console, record: Record, trial: TrialResult) -> None:
    """The whole transcript of a trial, and what each check found."""
    console.say()
    for line in _describe_trial(trial):
        console.say(line, trial.outcome)
    console.say_all(list_checks(trial, console.glyphs))
    console.say_all(list_dimensions(trial, console.glyphs))
    trajectory = record.read_trajectory(trial)
    console.say()
    if trajectory is None:
        kept = record.header.get("settings", {}).get("transcripts", True)
        made_without = "no transcript: the run was made with --no-transcripts"
        console.say(f"  {'its transcript was not written' if kept else made_without}")
        return
    console.say_all(format_transcript(trajectory, lines_each=WHOLE, most=WHOLE))
    if trajectory.model_calls:
        console.say_all(["", *describe_requests(trial, trajectory)])


def _describe_trial(trial: TrialResult) -> Iterator[str]:
    yield from describe_end(trial)
    figures = [f"seed {trial.seed}", count(trial.steps, "step"), format_duration(trial.latency_s)]
    if trial.usage is not None:
        figures.append(f"{trial.usage.input_tokens} + {trial.usage.output_tokens} tokens")
    yield f"    {', '.join(figures)}"


def _describe_run(record: Record, cases: Sequence[CaseRecord]) -> dict[str, Any]:
    return {
        "run_id": record.run_id,
        "interrupted": record.interrupted or None,
        "header": record.header,
        "gates": [gate for agent in record.agents for gate in record.list_gates(agent["id"])],
        "cases": [_describe_case(case) for case in cases],
    }


def _describe_case(case: CaseRecord) -> dict[str, Any]:
    counts = {name: case.count(name) for name in ("passed", "failed", "errored", "cancelled")}
    return {
        "id": case.id,
        "agent": case.agent,
        "scenario": case.scenario,
        "outcome": case.word,
        "reason": case.reason,
        "origin": case.origin,
        **counts,
        "trials": [describe_trial(t) | {"timing": describe_timing(t)} for t in case.trials],
    }


def _describe_one(record: Record, trial: TrialResult) -> dict[str, Any]:
    trajectory = record.read_trajectory(trial)
    told = None if trajectory is None else trajectory.model_dump(mode="json")
    return {
        "case": trial.case,
        **describe_trial(trial),
        "timing": describe_timing(trial),
        "trajectory": told,
    }
