"""`arc report`: a run that was made before, for people or for other programs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from pytest_arc.cli.options import debug_option, dir_option
from pytest_arc.cli.project import find_runs_folder
from pytest_arc.errors import UsageError
from pytest_arc.history.folder import find_run
from pytest_arc.history.lines import write_chunks
from pytest_arc.publishing import FORMATS, find_obstacle, write_format

__all__ = ["report"]


@click.command(short_help="Write what a run came to: for people, or other programs.")
@click.argument("run", default="last", metavar="[RUN]")
@click.option("--format", "format_", type=click.Choice(list(FORMATS)), default="markdown", show_default=True)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="PATH", help="Write here, not to stdout."
)
@dir_option
@debug_option
def report(run: str, format_: str, out: Path | None, **flags: Any) -> int:
    """Write what a run came to: a page, the comment for a pull request, or a file for other programs.

    RUN is 'last', the id of a run, or its folder; one that was interrupted is told as far as it came.

    \b
    html      a page for people
    markdown  the comment for a pull request
    json      run.json
    junit     for CI systems, as pytest --junitxml writes it
    ctrf      Common Test Report Format
    """
    folder = find_run(find_runs_folder(flags), run)
    if out is not None and (why := find_obstacle(out)):
        raise UsageError(f"cannot write {out.as_posix()}: {why}")
    chunks = write_format(format_, folder)
    if out is None:
        _print(chunks)
        return 0
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_chunks(out, chunks)
    except OSError as error:
        raise UsageError(f"cannot write {out.as_posix()}: {error.strerror or error}") from error
    click.echo(out.as_posix())
    return 0


def _print(chunks: Iterable[str]) -> None:
    """In UTF-8, whatever the terminal's encoding is."""
    for chunk in chunks:
        click.echo(chunk.encode("utf-8", "backslashreplace"), nl=False)
