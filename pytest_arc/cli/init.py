"""`arc init`: files to start from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

import pytest_arc
from pytest_arc.cli.options import debug_option
from pytest_arc.errors import UsageError
from pytest_arc.loading.source import show_path

__all__ = ["init"]

PACKAGE = Path(pytest_arc.__file__).parent
STARTER = Path(__file__).parent / "starter"
DEMO_FOLDERS = ("configs", "scenarios")


@click.command()
@click.argument("folder", default=".", type=click.Path(path_type=Path), metavar="[DIR]")
@click.option("--demo", is_flag=True, help="Copy the demonstration: three agents and their scenarios.")
@debug_option
def init(folder: Path, demo: bool) -> int:
    """Write an agent file and three scenarios to start from.

    They go into DIR (default: here) and run at once, without a key. No file is ever overwritten.
    """
    files = dict(_list_demo() if demo else _list_folder(STARTER, Path()))
    _refuse_to_overwrite(folder, files)
    for name, source in files.items():
        try:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(source.read_bytes())
        except OSError as error:
            raise UsageError(f"cannot write {show_path(folder / name)}: {error.strerror or error}") from error
    first = folder / ("configs/finance_agent_v1.yaml" if demo else "agent.yaml")
    written = f"{len(files)} files of the demonstration" if demo else " and ".join(map(str, files))
    click.echo(f"wrote {written} to {show_path(folder)}/\n")
    click.echo(f"next  arc validate {show_path(folder / 'configs' if demo else first)}")
    click.echo(f"      arc run {show_path(first)}")
    return 0


def _list_demo() -> Iterator[tuple[Path, Path]]:
    """The demonstration stands inside the package in a wheel, beside it in a checkout."""
    for base in (PACKAGE / "demo", PACKAGE.parent):
        if all((base / name).is_dir() for name in DEMO_FOLDERS):
            for name in DEMO_FOLDERS:
                yield from _list_folder(base / name, Path(name))
            return
    raise UsageError("the demonstration is not part of this installation")


def _list_folder(source: Path, place: Path) -> Iterator[tuple[Path, Path]]:
    """Place below DIR -> the file it is copied from."""
    for path in sorted(source.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield place / path.relative_to(source), path


def _refuse_to_overwrite(folder: Path, names: dict[Path, Path]) -> None:
    taken = [show_path(folder / name) for name in names if (folder / name).exists()]
    if taken:
        more = f" (and {len(taken) - 1} more)" if len(taken) > 1 else ""
        raise UsageError(
            f"{taken[0]} is there already{more}; nothing was written\n    Name a new folder: arc init DIR"
        )
