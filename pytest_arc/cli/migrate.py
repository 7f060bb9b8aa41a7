"""`arc migrate`: files of earlier formats, lifted to the current one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import click

from pytest_arc.cli.options import debug_option
from pytest_arc.errors import LoadError, Problem, UsageError
from pytest_arc.history.lines import write_chunks
from pytest_arc.loading.migration import migrate as lift
from pytest_arc.loading.source import Source, read_source, show_path

__all__ = ["migrate"]

MANIFEST = "manifest.sqlite3"
"""Of a folder of recordings: it has kept its form since the first."""


@click.command(short_help="Lift files of earlier formats to the current one.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@debug_option
def migrate(files: tuple[Path, ...]) -> int:
    """Lift profiles, scenario files, baselines, results and recordings to the current format.

    Order and comments stay. What was there is kept beside it, as FILE.bak. A file that is current is left
    alone. A profile without 'arc: 1' gets it, and words of other tools ('repeat', 'epochs', 'prompt')
    become ours. Nothing is written when one of the files is of a newer format or no file of ours.
    """
    problems: list[Problem] = []
    lifted: list[tuple[Path, str, str]] = []
    for path in files:
        try:
            lifted.append((path, *_lift(path)))
        except LoadError as error:
            problems += error.problems
    if problems:
        raise LoadError(problems)
    for path in (path for path, text, _ in lifted if text):
        if (backup := _place_backup(path)).exists():
            raise UsageError(f"{show_path(backup)} is there: move it away first; nothing was changed")
    for path, text, told in lifted:
        if text:
            _replace(path, text)
        click.echo(f"{show_path(path)}: {told}")
    return 0


def _lift(path: Path) -> tuple[str, str]:
    """The new text, empty where there is nothing to do, and what to say. Raises LoadError."""
    if path.name == MANIFEST:
        _verify_manifest(path)
        return "", "is current (recordings, format 1)"
    source = _read(path)
    found = lift(source)
    if found.text == source.text:
        return "", f"is current ({found.kind}, format {found.current})"
    return found.text, f"{found.kind}, format {found.version} -> {found.current}; before: {path.name}.bak"


def _read(path: Path) -> Source:
    if path.suffix != ".json":
        return read_source(path)
    try:  # results are larger than what people write may be
        return Source(show_path(path), path.read_bytes().decode("utf-8"))
    except (OSError, ValueError) as error:
        raise LoadError([Problem(show_path(path), 0, 0, f"cannot be read: {error}")]) from None


def _verify_manifest(path: Path) -> None:
    shown = show_path(path)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        raise LoadError([Problem(shown, 0, 0, f"cannot be read: {error}")]) from None
    if version > 1:
        message = f"format {version} was written by a newer pytest-arc; this one knows 1"
        raise LoadError([Problem(shown, 0, 0, message, hint="upgrade: pip install -U pytest-arc")])


def _place_backup(path: Path) -> Path:
    return path.with_name(f"{path.name}.bak")


def _replace(path: Path, text: str) -> None:
    try:
        _place_backup(path).write_bytes(path.read_bytes())
        write_chunks(path, [text])
    except OSError as error:
        raise UsageError(f"cannot write {show_path(path)}: {error.strerror or error}") from error
