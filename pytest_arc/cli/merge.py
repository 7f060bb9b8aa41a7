"""`arc merge`: the shards of one suite become one run, and its gates are decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from pytest_arc.cli.console import Console, count
from pytest_arc.cli.options import setting_options
from pytest_arc.cli.progress import Progress, say_results
from pytest_arc.cli.project import Project, open_project
from pytest_arc.domain.plan import Plan, list_trials
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.settings import Settings
from pytest_arc.domain.shard import Shard
from pytest_arc.errors import UsageError
from pytest_arc.history.folder import RunFolder, find_run, list_below
from pytest_arc.history.resume import (
    MEASURED,
    Takeover,
    describe_origin,
    list_differences,
    read_origin,
    shorten_list,
)
from pytest_arc.loading.source import show_path
from pytest_arc.planning import fix_trials, make_plan
from pytest_arc.session import Session, SessionMode, run_session
from pytest_arc.suite import plan_file

__all__ = ["merge"]


@dataclass(frozen=True, slots=True)
class _Part:
    """The run of one shard."""

    folder: RunFolder
    header: Mapping[str, Any]
    shard: Shard


@click.command(short_help="Join the shards of one suite into one run.")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@setting_options
def merge(runs: tuple[str, ...], **flags: Any) -> int:
    """Join the shards of one suite into one run, and decide its gates once.

    RUN is a run id, the folder of a run, or a folder with runs somewhere below it, as CI brings them
    together. Stand where the shards were run: thresholds and baselines are read here. Only an alarm that
    has to be confirmed makes new trials.

    \b
    Exit code: as of arc run. A shard that is missing leaves the gates not
    evaluated, which is 1.
    """
    project = open_project(flags, [])
    parts = _read_parts(runs, project)
    first = parts[0]
    settings = _join_settings(project.settings, first.header)
    plan = project.modify(_make_plan(parts, settings))
    _refuse_differences(first, describe_origin(plan, settings), "what is here now", plan.selected)
    made = {(t.case, t.trial) for part in parts for t in part.folder.read_trials() if _is_taken(t, plan)}
    console = Console()
    shards = count(len(parts), "shard")
    console.say(f"arc: {shards} of {first.shard.of}, {count(len(made), 'trial')}; seed {plan.seed}")
    session = Session(
        plan,
        settings,
        root=project.root,
        hooks=project.hooks,
        listeners=[Progress(console, plan)],
        notify=console.say,
        mode=SessionMode(ahead=frozenset()),
    )
    run_session(
        session,
        Takeover(
            (t for part in parts for t in part.folder.read_written() if _is_taken(t.result, plan)),
            tuple(part.folder.compute_key() for part in parts),
            missing=_explain_missing(parts, plan, made),
        ),
    )
    say_results(console, session)
    return session.exit_code


def _read_parts(runs: Sequence[str], project: Project) -> list[_Part]:
    """The shards by number. Raises UsageError when they are not those of one suite."""
    folders = [folder for run in runs for folder in _find_folders(run, project)]
    found: dict[int, _Part] = {}
    parts = _drop_continued([_read_part(folder) for folder in folders])
    for part in parts:
        _refuse_differences(parts[0], part.header, f"run {part.folder.run_id}")
        twin = found.setdefault(part.shard.number, part)
        if twin.folder.compute_key() != part.folder.compute_key():
            runs_of = f"{show_path(twin.folder.path)} and {show_path(part.folder.path)}"
            raise UsageError(f"shard {part.shard} is here twice: {runs_of}; leave one out")
    return [found[number] for number in sorted(found)]


def _drop_continued(parts: Sequence[_Part]) -> list[_Part]:
    """Without runs that another one here has gone on with: it holds their trials."""
    continued = {key for part in parts for key in part.header.get("continues", ())}
    return [part for part in parts if part.folder.compute_key() not in continued]


def _find_folders(run: str, project: Project) -> list[RunFolder]:
    path = Path(run)
    if path.is_dir() and not (path / "trials.jsonl").is_file():
        below = list_below(path)
        if not below:
            raise UsageError(f"there is no run in {run}")
        return below
    return [find_run(project.root / project.settings.dir, run)]


def _read_part(folder: RunFolder) -> _Part:
    header = read_origin(folder)
    settings: Mapping[str, Any] = header.get("settings") or {}
    if not settings.get("shard"):
        raise UsageError(f"run {folder.run_id} is no shard: it was made without --arc-shard")
    number, _, of = str(settings["shard"]).partition("/")
    return _Part(folder, header, Shard(number=int(number), of=int(of)))


def _refuse_differences(
    part: _Part, now: Mapping[str, Any], what: str, selected: frozenset[str] | None = None
) -> None:
    """Raises UsageError when trials of the shard are not those of the other side."""
    then = {**part.header, "settings": _forget_number(part.header, part.shard.of)}
    now = {**now, "settings": _forget_number(now, part.shard.of)}
    differences = list_differences(then, now, selected)
    if differences:
        raise UsageError(
            f"run {part.folder.run_id} and {what} are not of one suite:\n"
            + "\n".join(f"    {line}" for line in shorten_list(differences))
        )


def _forget_number(header: Mapping[str, Any], of: int) -> dict[str, Any]:
    """Shards differ in their number, and may not differ in how many there are."""
    settings = dict(header.get("settings") or {})
    shard = str(settings.get("shard") or f"1/{of}")
    return settings | {"shard": f"of {shard.partition('/')[2]}"}


def _join_settings(settings: Settings, header: Mapping[str, Any]) -> Settings:
    """What was measured is as the shards have it; the rest is said here."""
    told = header["settings"]
    chosen = {key: told[key] for key in MEASURED if key in told and key != "shard"}
    as_told = Settings.model_validate({**chosen, "seed": header["seed"]})
    return settings.model_copy(update={key: getattr(as_told, key) for key in (*chosen, "seed")})


def _make_plan(parts: Sequence[_Part], settings: Settings) -> Plan:
    """The suite of the shards. Raises LoadError, and UsageError when a profile is not here."""
    header = parts[0].header
    paths = [Path(str(agent["path"])) for agent in header["agents"]]
    for path in paths:
        if not path.is_file():
            raise UsageError(f"there is no {path.as_posix()} here; stand where the shards were run")
    agents = [fix_trials(plan_file(path, settings)) for path in paths]
    every = frozenset(case.id for agent in agents for case in agent.cases)
    selected = {str(id) for part in parts for id in part.header.get("selected", ())}
    for number in _list_missing(parts):
        selected |= Shard(number=number, of=parts[0].shard.of).choose(every)
    return make_plan(agents, selected, int(header["seed"]))


def _list_missing(parts: Sequence[_Part]) -> list[int]:
    known = {part.shard.number for part in parts}
    return [number for number in range(1, parts[0].shard.of + 1) if number not in known]


def _is_taken(trial: TrialResult, plan: Plan) -> bool:
    return trial.case in plan.selected and trial.outcome != "cancelled"


def _explain_missing(parts: Sequence[_Part], plan: Plan, made: set[tuple[str, int]]) -> dict[str, str]:
    """Agent id -> why not all of its trials are here."""
    lost = [spec for spec in list_trials(plan) if (spec.case.id, spec.trial) not in made]
    why: dict[str, str] = {}
    for spec in lost:
        shard = _find_shard(spec.case.id, parts[0].shard.of)
        part = next((part for part in parts if part.shard == shard), None)
        ended = f"run {part.folder.run_id} did not come to its end" if part else "it is missing"
        why.setdefault(spec.case.profile.id, f"shard {shard} is not whole: {ended}")
    return why


def _find_shard(case_id: str, of: int) -> Shard:
    shards = (Shard(number=number, of=of) for number in range(1, of + 1))
    return next(shard for shard in shards if shard.choose([case_id]))
