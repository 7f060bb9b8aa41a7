"""`arc debug`: repeat one trial of an earlier run, alone, on the main thread."""

from __future__ import annotations

import glob
import pdb
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from pytest_arc.cli.console import Console
from pytest_arc.cli.group import ExitCode
from pytest_arc.cli.options import debug_option, dir_option
from pytest_arc.cli.project import Project, find_runs_folder, open_project
from pytest_arc.cli.records import CaseRecord, Record, open_record, parse_address
from pytest_arc.domain.plan import Case, Plan
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.trajectory import Trajectory
from pytest_arc.errors import NothingSelected, UsageError
from pytest_arc.history.identity import describe_agent, hash_checks, hash_scenario
from pytest_arc.loading import find_root
from pytest_arc.providers.cassettes.opening import FOLDER
from pytest_arc.providers.cassettes.recorder import Repetition, name_owner
from pytest_arc.providers.cassettes.store import Store
from pytest_arc.reports.cases import describe_end, find_worst, list_checks, list_dimensions
from pytest_arc.reports.style import wrap
from pytest_arc.reports.transcript import format_transcript
from pytest_arc.session import Session, SessionMode
from pytest_arc.suite import plan_files

__all__ = ["debug"]

KEPT_SETTINGS = ("target", "trials", "attempts", "slip_rate", "real_time")
"""Settings of the earlier run that bear on what happens in one trial."""


@click.command(short_help="Repeat one trial of an earlier run, for $0.00.")
@click.argument("address", metavar="RUN::CASE[#TRIAL]")
@click.option("--live", is_flag=True, help="Ask the providers again, instead of replaying their answers.")
@click.option("--pdb", "wants_pdb", is_flag=True, help="Stop in the debugger where the agent's code raises.")
@dir_option
@debug_option
def debug(address: str, live: bool, wants_pdb: bool, **flags: Any) -> int:
    """Repeat one trial of an earlier run, with the same seed and what providers answered then, for $0.00.

    It runs on the main thread and without time limits, so that breakpoint() in the agent works, too. Without
    #TRIAL the worst trial of the case is taken. No run is recorded.

    \b
    Exit code: 0 the trial passed, 1 it did not.
    """
    place = parse_address(address)
    folder = find_runs_folder(flags)
    record = open_record(folder, place.run)
    if not place.case:
        raise UsageError(f"name a case: arc debug '{record.run_id}::CASE#TRIAL'")
    known = record.find_case(place.case)
    recorded = _choose_trial(known, place.trial)
    repeat = _plan_again(record, known, recorded.trial)
    answers = None if live else _find_answers(folder / FOLDER, record, known, recorded)
    console = Console()
    console.say(f"run {record.run_id}: {known.id}, trial {recorded.trial}")
    console.say(f"  seed {recorded.seed}")
    for change in repeat.list_changes(record, recorded):
        console.say_all(wrap("  changed since: ", change, 4))
    if answers is not None:
        console.say("  providers answer as they did then: $0.00")
    try:
        result, trajectory = repeat.run(wants_pdb, answers, folder / FOLDER)
    except Exception as error:  # whatever the agent raises is what the debugger is for
        if not wants_pdb or error.__traceback__ is None:
            raise
        console.say(f"  the agent raised {type(error).__name__}: {error}", "failed")
        pdb.post_mortem(error.__traceback__)
        return ExitCode.FAILED
    _say_result(console, result, trajectory, recorded)
    return ExitCode.PASSED if result.outcome == "passed" else ExitCode.FAILED


def _choose_trial(case: CaseRecord, number: int | None) -> TrialResult:
    if number is not None:
        return case.find_trial(number)
    chosen = find_worst(case.trials) or next(iter(case.trials), None)
    if chosen is None:
        raise UsageError(f"no trial of {case.id} finished in this run")
    return chosen


def _find_answers(folder: Path, record: Record, case: CaseRecord, trial: TrialResult) -> Repetition | None:
    """What providers answered in that trial; None when nothing of it is kept."""
    if not folder.is_dir():
        return None
    owner = name_owner(record.run_id, trial.case)
    store = Store(folder)
    try:
        is_kept = store.has_trial(owner, case.scenario, trial.trial)
    finally:
        store.close()
    return Repetition(owner, trial.attempts) if is_kept else None


@dataclass(frozen=True, slots=True)
class _Repeat:
    """One case of an earlier run, planned again from the files as they are now."""

    project: Project
    plan: Plan
    case: Case

    def list_changes(self, record: Record, recorded: TrialResult) -> Iterator[str]:
        """What is not as it was, so that the trial may end differently."""
        then = _find_agent(record, self.case.profile.id)
        agent = next(agent for agent in self.plan.agents if agent.profile.id == self.case.profile.id)
        if describe_agent(agent)["identity"] != then.get("identity"):
            yield "the agent (its prompt, tools, target, limits or a watched file)"
        hashes: Sequence[str] = then.get("scenarios", {}).get(self.case.scenario.id, ["", ""])
        if hash_scenario(self.case) != hashes[0]:
            yield "the scenario (what the user says, the world or the faults)"
        if hash_checks(self.case) != hashes[1]:
            yield "the scenario's checks"

    def run(
        self, reraise: bool, answers: Repetition | None, recordings: Path
    ) -> tuple[TrialResult, Trajectory | None]:
        """Run the one trial, from recorded `answers` if there are any. With `reraise` the exception of the
        agent's own code comes through.
        """
        settings = self.project.settings
        # What is asked live, out of curiosity, belongs to no run.
        uses_recordings = answers is not None or settings.record is not None
        mode = SessionMode(
            inline=True,
            reraise=reraise,
            route_output=False,
            repeat=answers,
            recordings=recordings if uses_recordings else None,
        )
        # In a folder of its own, so that `last` stays the run that is being looked at.
        with tempfile.TemporaryDirectory(prefix="pytest-arc-") as folder:
            settings = settings.model_copy(update={"dir": folder})
            session = Session(
                self.plan, settings, root=self.project.root, hooks=self.project.hooks, mode=mode
            )
            session.start()
            try:
                session.wait_for(self.case)
            finally:
                session.finish()
            result = session.ledger.list_trials(self.case.id)[0]
            return result, session.writer.read_trajectory(result)


def _plan_again(record: Record, known: CaseRecord, trial: int) -> _Repeat:
    path = _find_profile(record, known.agent)
    then: Mapping[str, Any] = record.header.get("settings", {})
    flags = {key: then.get(key) for key in KEPT_SETTINGS}
    # What was only replayed then is not asked live now.
    flags["record"] = "none" if then.get("record") == "none" else None
    project = open_project(flags | {"seed": record.header["seed"], "trial": trial, "strict": True}, [path])
    try:
        plan = project.modify(plan_files([path], project.settings, [glob.escape(known.scenario)]))
    except NothingSelected:
        raise UsageError(f"{path.as_posix()} has no scenario '{known.scenario}' any more") from None
    case = next((case for case in plan.cases if case.scenario.id == known.scenario), None)
    if case is None:
        raise UsageError(f"the hook pytest_arc_modify_plan leaves out '{known.scenario}'")
    return _Repeat(project, plan, case)


def _find_profile(record: Record, agent: str) -> Path:
    """The profile as it was named, from here or from the project's root."""
    written = _find_agent(record, agent).get("path")
    if written is None:
        raise UsageError(f"run {record.run_id} does not say where agent '{agent}' is described")
    for path in (Path(written), find_root(Path.cwd()) / written):
        if path.is_file():
            return path
    raise UsageError(f"the profile of this run is not there any more: {written}")


def _find_agent(record: Record, agent: str) -> Mapping[str, Any]:
    nothing: Mapping[str, Any] = {}
    return next((entry for entry in record.agents if entry["id"] == agent), nothing)


def _say_result(
    console: Console, result: TrialResult, trajectory: Trajectory | None, recorded: TrialResult
) -> None:
    console.say()
    if trajectory is not None:
        console.say_all(format_transcript(trajectory, lines_each=1_000_000, most=1_000_000))
        console.say()
    for line in describe_end(result):
        console.say(line, result.outcome)
    console.say_all(list_checks(result, console.glyphs))
    console.say_all(list_dimensions(result, console.glyphs))
    console.say()
    if (result.outcome, result.reason) == (recorded.outcome, recorded.reason):
        console.say("  as in that run")
    elif result.outcome == recorded.outcome:
        console.say_all(wrap("  in that run the reason was: ", recorded.reason, 4))
    else:
        reason = f": {recorded.reason}" if recorded.reason else ""
        console.say_all(wrap("  in that run it ", f"{recorded.outcome}{reason}", 4))
