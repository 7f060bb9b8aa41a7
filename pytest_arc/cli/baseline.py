"""`arc baseline`: what changes are compared with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import click

from pytest_arc.cli.console import Console, count, print_json
from pytest_arc.cli.group import ExitCode
from pytest_arc.cli.options import debug_option, dir_option, output_option
from pytest_arc.cli.past import judge_past_run
from pytest_arc.cli.project import find_runs_folder, open_project
from pytest_arc.cli.update import refuse_twins, update
from pytest_arc.domain.baseline import Baseline
from pytest_arc.domain.profile import NAME_PATTERN
from pytest_arc.domain.result import Verdict
from pytest_arc.errors import UsageError
from pytest_arc.history.baselines import accept_run, dump_baseline, make_baseline, write_baseline
from pytest_arc.history.document import describe_verdict
from pytest_arc.history.folder import find_run
from pytest_arc.history.measured import MeasuredAgent, is_simulated, measure_run
from pytest_arc.loading import find_root
from pytest_arc.loading.baselines import FOLDER, locate_baseline, read_baseline
from pytest_arc.loading.source import show_path
from pytest_arc.registry import find_near_miss
from pytest_arc.reports.baselines import describe_baseline, list_baseline, summarize_baseline
from pytest_arc.reports.style import wrap

__all__ = ["baseline"]


@click.group(short_help="Keep earlier runs of an agent, to compare with.")
def baseline() -> None:
    """What changes are compared with: earlier runs of an agent, in baselines/<agent>.json.

    Commit these files. A run of tests never writes one.
    """


baseline.add_command(update)


@baseline.command()
@click.argument("run")
@click.option("--only", multiple=True, metavar="GLOB", help="Only scenarios of such ids; repeatable.")
@output_option
@dir_option
@debug_option
def accept(run: str, only: tuple[str, ...], output: str, **flags: Any) -> int:
    """Let a finished run be what changes are compared with from now on. Costs nothing.

    RUN is 'last', the id of a run, or its folder. With --only the other scenarios stay as they are;
    'tolerance/' means 'tolerance/*'.
    """
    root = find_root(Path.cwd())
    measured = [agent for agent in measure_run(find_run(find_runs_folder(flags), run)) if agent.trials]
    if not measured:
        raise UsageError(f"run {run} has no scored trial")
    refuse_twins((agent.name, str(agent.facts["id"])) for agent in measured)
    accepted = [_accept_agent(agent, root, only) for agent in measured]
    for new in accepted:
        write_baseline(root, new)
    if output == "json":
        print_json([describe_baseline(new) for new in accepted])
        return ExitCode.PASSED
    console = Console()
    for new, agent in zip(accepted, measured, strict=True):
        taken = len(_choose(agent, only))
        console.say(f"{new.agent}: took {count(taken, 'scenario')} of run {agent.run_id}; nothing was run")
        console.say_all(wrap("    ", f"now {summarize_baseline(new)}", 4))
        console.say(f"    wrote {show_path(locate_baseline(root, new.agent))}; commit it")
    return ExitCode.PASSED


def _accept_agent(measured: MeasuredAgent, root: Path, only: Sequence[str]) -> Baseline:
    path = locate_baseline(root, measured.name)
    before = None
    if path.is_file():
        simulated = is_simulated(measured.target)
        before = read_baseline(path, agent=measured.name, target=measured.target, simulated=simulated)
    if only:
        return accept_run(measured, _choose(measured, only), before)
    if len(measured.selected) < len(measured.hashes):
        part = f"{len(measured.selected)} of {len(measured.hashes)} scenarios of {measured.name}"
        message = f"run {measured.run_id} is about {part}"
        raise UsageError(f"{message}; take these and keep the others: --only '*'")
    return make_baseline(measured)


def _choose(measured: MeasuredAgent, only: Sequence[str]) -> list[str]:
    """The scenarios with trials that are meant. Raises UsageError when there are none."""
    if not only:
        return list(measured.trials)
    patterns = [f"{glob}*" if glob.endswith("/") else glob for glob in only]
    # The row in `currency/eur[Q1]` would be a set of characters to a glob pattern.
    chosen = [id for id in measured.trials if any(id == p or fnmatchcase(id, p) for p in patterns)]
    if not chosen:
        near = find_near_miss(only[0], measured.trials)
        hint = f"; did you mean '{near}'?" if near else ""
        raise UsageError(f"run {measured.run_id} has no scored scenario like {', '.join(only)}{hint}")
    return chosen


@baseline.command()
@click.argument("agent", required=False)
@output_option
@debug_option
def show(agent: str | None, output: str) -> int:
    """Show the baseline of AGENT, or of every agent in a line.

    AGENT is the name of a profile, without version.
    """
    root = find_root(Path.cwd())
    if agent is not None:
        found = read_baseline(_find_file(root, agent), agent=agent)
        print_json(dump_baseline(found)) if output == "json" else Console().say_all(list_baseline(found))
        return ExitCode.PASSED
    baselines = [read_baseline(path, agent=path.stem) for path in sorted((root / FOLDER).glob("*.json"))]
    if output == "json":
        print_json([describe_baseline(found) for found in baselines])
        return ExitCode.PASSED
    console = Console()
    if not baselines:
        console.say(f"no baseline has been made yet in {show_path(root / FOLDER)}: arc baseline update")
    for found in baselines:
        console.say_all(wrap(f"{found.agent}: ", summarize_baseline(found), 4))
    return ExitCode.PASSED


def _find_file(root: Path, agent: str) -> Path:
    path = locate_baseline(root, agent)
    # Anything but a name could lead out of the folder.
    if not re.fullmatch(NAME_PATTERN, agent) or not path.is_file():
        names = [other.stem for other in path.parent.glob("*.json")] if path.parent.is_dir() else []
        near = find_near_miss(agent, names)
        hint = f"did you mean '{near}'?" if near else "arc baseline show lists what is there"
        raise UsageError(f"there is no baseline {show_path(path)}; {hint}")
    return path


@baseline.command()
@click.argument("run", default="last")
@click.option("--base", "--arc-base", metavar="REF", help="Git revision that a change is compared with.")
@output_option
@dir_option
@debug_option
def check(run: str, base: str | None, output: str, **flags: Any) -> int:
    """Compare a finished RUN (default: last) with the baseline, as the gates would. Runs nothing.

    \b
    Exit code: 0 no regression is proved; 1 one is, or too few trials were
    scored to tell; 4 there is no baseline.
    """
    folder = find_run(find_runs_folder(flags), run)
    measured = measure_run(folder)
    profiles = [Path(str(agent.facts["path"])) for agent in measured]
    project = open_project(flags, [path for path in profiles if path.is_file()])
    settings = project.settings.model_copy(update={"base": base or project.settings.base})
    today = datetime.now(UTC).astimezone().date()
    pasts = [judge_past_run(agent, folder, project.root, settings, today) for agent in measured]
    verdicts = [verdict for past in pasts for verdict in past.verdicts]
    if output == "json":
        print_json(
            [
                {"run": folder.run_id, "agent": past.agent, "baseline": past.label, "notes": list(past.notes)}
                | {"verdicts": [describe_verdict(verdict) for verdict in past.verdicts]}
                for past in pasts
            ]
        )
    else:
        console = Console()
        for past in pasts:
            console.say(f"{past.agent}: run {folder.run_id} beside {past.label}")
            for verdict in past.verdicts:
                _say_verdict(console, verdict)
            for note in past.notes:
                console.say_all(wrap("    ", note, 4))
    failed = any(verdict.word in ("failed", "not evaluated") for verdict in verdicts)
    return ExitCode.FAILED if failed else ExitCode.PASSED


def _say_verdict(console: Console, verdict: Verdict) -> None:
    for line in wrap("    ", f"{verdict.gate} {verdict.word.upper()}: {verdict.reason}", 4):
        console.say(line, verdict.word)
    for part in verdict.parts:
        console.say_all(wrap("      ", f"{part.name}: {part.word}, {part.reason}", 8))


@baseline.command()
@click.argument("agent")
@output_option
@debug_option
def clear(agent: str, output: str) -> int:
    """Delete the baseline of AGENT, whatever is in the file."""
    root = find_root(Path.cwd())
    path = _find_file(root, agent)
    try:
        path.unlink()
    except OSError as error:
        raise UsageError(f"cannot delete {show_path(path)}: {error.strerror or error}") from error
    if output == "json":
        print_json({"agent": agent, "deleted": path.as_posix()})
    else:
        Console().say(f"deleted {show_path(path)}; with git it can be had back until that is committed")
    return ExitCode.PASSED
