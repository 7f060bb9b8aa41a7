"""`arc cache`: what is kept of the answers of providers."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import click

from pytest_arc.cli.console import Console, count, print_json
from pytest_arc.cli.group import ExitCode
from pytest_arc.cli.options import debug_option, dir_option, output_option
from pytest_arc.cli.project import find_runs_folder
from pytest_arc.errors import UsageError
from pytest_arc.providers.cassettes.opening import FOLDER
from pytest_arc.providers.cassettes.store import Store

__all__ = ["cache"]

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_BYTES = {"B": 1, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}


@click.group()
def cache() -> None:
    """Look after the recorded answers of providers.

    They lie in `cassettes` below the folder of runs; --record says how a run uses them.
    """


@cache.command()
@dir_option
@output_option
@debug_option
def stats(output: str, **flags: Any) -> int:
    """Say how much is recorded, and since when."""
    store = _find_store(flags)
    try:
        found = store.measure()
    finally:
        store.close()
    if output == "json":
        print_json(
            {
                "folder": store.folder.as_posix(),
                "entries": found.entries,
                "bytes": found.size,
                "replayable_calls": found.shared,
                "kept_calls": found.kept,
                "oldest": _write_time(found.oldest),
                "last_used": _write_time(found.used),
            }
        )
        return ExitCode.PASSED
    console = Console()
    console.say(f"{count(found.entries, 'recorded answer')}, {_write_size(found.size)}")
    console.say(f"  {count(found.shared, 'call')} can be replayed by every run (--record none)")
    console.say(f"  {count(found.kept, 'call')} of earlier runs can be repeated (arc debug)")
    if found.oldest is not None:
        console.say(f"  the oldest is of {_write_time(found.oldest)}, the last use {_write_time(found.used)}")
    return ExitCode.PASSED


@cache.command()
@dir_option
@output_option
@debug_option
def validate(output: str, **flags: Any) -> int:
    """Read every recorded answer and compare it with its SHA-256.

    \b
    Exit code: 0 all are whole, 1 some are damaged.
    """
    store = _find_store(flags)
    try:
        problems = store.validate()
        entries = store.measure().entries
    finally:
        store.close()
    if output == "json":
        print_json({"entries": entries, "problems": problems})
    else:
        console = Console()
        for problem in problems:
            console.say(problem, "failed")
        if problems:
            console.say(f"{count(len(problems), 'problem')}; arc cache purge takes them out")
        else:
            console.say(f"{count(entries, 'recorded answer')}, all as they were written", "passed")
    return ExitCode.FAILED if problems else ExitCode.PASSED


@cache.command()
@click.option("--older-than", metavar="AGE", help="Take out what was recorded longer ago: 30d, 12h.")
@click.option("--max-size", metavar="SIZE", help="Keep what was used last, up to this size: 500MB.")
@dir_option
@output_option
@debug_option
def purge(older_than: str | None, max_size: str | None, output: str, **flags: Any) -> int:
    """Take out what is damaged; and, if asked, what is old or too much."""
    max_age_s = None if older_than is None else _read_amount(older_than, "--older-than", _SECONDS, "30d")
    max_bytes = None if max_size is None else _read_amount(max_size, "--max-size", _BYTES, "500MB")
    store = _find_store(flags)
    try:
        gone = store.purge(max_age_s, None if max_bytes is None else int(max_bytes))
        left = store.measure()
    finally:
        store.close()
    if output == "json":
        print_json(
            {
                "damaged": gone.damaged,
                "old": gone.old,
                "over_size": gone.over_size,
                "stray": gone.stray,
                "left": left.entries,
                "left_bytes": left.size,
            }
        )
        return ExitCode.PASSED
    parts = [
        f"{number} {why}"
        for number, why in (
            (gone.damaged, "damaged"),
            (gone.old, "too old"),
            (gone.over_size, "used longest ago"),
            (gone.stray, "unknown to the manifest"),
        )
        if number
    ]
    console = Console()
    console.say(f"taken out: {', '.join(parts) or 'nothing'}")
    console.say(f"left: {count(left.entries, 'recorded answer')}, {_write_size(left.size)}")
    return ExitCode.PASSED


def _find_store(flags: dict[str, Any]) -> Store:
    folder = find_runs_folder(flags) / FOLDER
    if not folder.is_dir():
        raise UsageError(f"nothing is recorded: there is no folder {folder.name} in {folder.parent.name}")
    return Store(folder)


def _read_amount(text: str, option: str, units: dict[str, int], example: str) -> float:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*", text)
    known = {unit.lower(): size for unit, size in units.items()}
    if match is None or match[2].lower() not in known:
        raise UsageError(
            f"{option} must be a number with one of {', '.join(units)}, as {example}, not '{text}'"
        )
    return float(match[1]) * known[match[2].lower()]


def _write_size(size: int) -> str:
    unit = next((unit for unit in ("GB", "MB", "kB") if size >= _BYTES[unit]), "B")
    return f"{size / _BYTES[unit]:.3g} {unit}"


def _write_time(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at).astimezone().isoformat(" ", "minutes")[:16]
