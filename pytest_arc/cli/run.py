"""`arc run`: what `pytest --arc` does, without pytest."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from pytest_arc.cli.console import Console, print_json
from pytest_arc.cli.files import find_profiles
from pytest_arc.cli.group import ExitCode
from pytest_arc.cli.options import output_option, setting_options
from pytest_arc.cli.progress import Progress, open_ticker, say_plan, say_results
from pytest_arc.cli.project import open_project
from pytest_arc.domain.plan import list_trials
from pytest_arc.garbage import freeze_heap
from pytest_arc.history.folder import RunFolder
from pytest_arc.publishing import announce
from pytest_arc.session import Session, run_session
from pytest_arc.suite import plan_files

__all__ = ["run"]


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("-k", "patterns", multiple=True, metavar="GLOB", help="Only scenarios of such ids; repeatable.")
@click.option(
    "--plan", "--arc-plan", is_flag=True, help="Say what a run would cost and could decide; run nothing."
)
@output_option
@setting_options
def run(paths: tuple[Path, ...], patterns: tuple[str, ...], plan: bool, output: str, **flags: Any) -> int:
    """Run agents, judge every case, decide the gates.

    PATH is an agent file, or a folder: then every file below it with a top-level 'arc:' key. Each setting
    can also be written as pytest has it: --arc-trials for --trials.

    \b
    Exit code: 0 passed; 1 a case or gate failed or errored; 2 interrupted, or a
    file could not be loaded; 3 internal error; 4 usage; 5 nothing selected.
    """
    profiles = find_profiles(paths)
    project = open_project(flags, profiles)
    crossed = project.modify(plan_files(profiles, project.settings, patterns))
    console = Console()
    progress = Progress(console, crossed)
    session = Session(
        crossed,
        project.settings,
        root=project.root,
        hooks=project.hooks,
        listeners=[progress] if output == "text" else [],
        notify=console.say if output == "text" else lambda message: None,
    )
    if plan:
        console.say_all(session.describe_plan())
        return ExitCode.PASSED
    if output == "text":
        say_plan(console, crossed, project.settings)
        console.say_all(session.announce_cost())
        console.ticker = open_ticker(console, session)
    freeze_heap()
    try:
        run_session(session, tick=console.ticker.tick)
    except KeyboardInterrupt:
        if not session.is_started:
            raise
    finally:
        console.ticker.clear()
    annotations = announce(RunFolder(session.writer.path), os.environ)
    if output == "json":
        _print_document(session)
        _print_lines(annotations, err=True)
        return session.exit_code
    say_results(console, session)
    _print_lines(annotations)
    if session.stopped:
        planned = len(list_trials(crossed, project.settings.trial))
        console.say(f"{session.stopped}: {progress.finished_trials} of {planned} trials had finished;")
        console.say("they are kept: arc status, arc show last", "interrupted")
    return session.exit_code if not session.stopped else ExitCode.INTERRUPTED


def _print_lines(lines: Iterable[str], *, err: bool = False) -> None:
    """As they are: the runner of GitHub Actions reads them."""
    for line in lines:
        click.echo(line, err=err)


def _print_document(session: Session) -> None:
    """What `run.json` holds; from memory when the disk has failed."""
    written = session.writer.path / "run.json"
    if written.is_file():
        print_json(written.read_text(encoding="utf-8"))
    else:
        print_json("".join(session.write_document()))
        click.echo(f"arc: results are incomplete: {session.trouble}", err=True)
    for warning in session.services.warnings:
        click.echo(f"arc: {warning}", err=True)
