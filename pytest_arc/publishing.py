"""Reports as files, written from the one view of a run: of the one just made, or of one that was kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from pytest_arc.domain.settings import Settings
from pytest_arc.domain.view import ReadTrajectory, RunView
from pytest_arc.errors import UsageError
from pytest_arc.history.folder import RunFolder
from pytest_arc.history.lines import write_chunks
from pytest_arc.history.view import Trajectories, read_view
from pytest_arc.registry import import_object
from pytest_arc.reports.annotations import is_on_github, list_annotations
from pytest_arc.reports.comment import MOST_BYTES, write_comment

__all__ = [
    "FORMATS",
    "REPORTS",
    "announce",
    "find_obstacle",
    "list_places",
    "publish",
    "verify_places",
    "write_format",
]

FORMATS: Mapping[str, str] = {
    "html": "pytest_arc.reports.html:write_html",
    "markdown": "pytest_arc.reports.comment:write_comment",
    "json": "",
    "junit": "pytest_arc.reports.junit:write_junit",
    "ctrf": "pytest_arc.reports.ctrf:write_ctrf",
}
"""What a run can be written as -> the function that gives its text, piece by piece; `run.json` is there.

They are loaded when they are asked for: templates take as long as the rest of the start.
"""

MOST_SUMMARY_BYTES = 1 << 20

Write = Callable[[RunView, ReadTrajectory], Iterator[str]]

REPORTS = ("html", "markdown")
"""Formats that a run writes at its end, to the place that the setting of that name tells."""


def list_places(settings: Settings) -> dict[str, Path]:
    """Name of each report that is wanted -> where it is to be written."""
    places = {name: getattr(settings, name) for name in REPORTS}
    return {name: Path(place) for name, place in places.items() if place is not None}


def verify_places(places: Mapping[str, Path]) -> None:
    """Raises UsageError for a report that cannot be written, before anything was spent on it."""
    for name, place in places.items():
        why = find_obstacle(place)
        if why:
            message = f"cannot write {place.as_posix()}: {why}. No trial was run."
            raise UsageError(f"{message}\n    Choose another place: --arc-{name} PATH")


def find_obstacle(place: Path) -> str:
    """Why a file cannot be written there; empty when it seems that it can."""
    if place.is_dir():
        return "this is a folder"
    above = place.parent
    while not above.exists():
        above = above.parent
    if not above.is_dir():
        return f"{above.as_posix()} is a file"
    target = place if place.exists() else above
    return "" if os.access(target, os.W_OK) else "permission denied"


def publish(folder: RunFolder, places: Mapping[str, Path]) -> dict[Path, str]:
    """Write the reports of one run; returns those that could not be written, and why."""
    if not places:
        return {}
    try:
        view, read_trajectory = read_view(folder), Trajectories(folder)
    except (OSError, UsageError) as error:
        return dict.fromkeys(places.values(), str(error))
    found = {place: _write(name, place, view, read_trajectory) for name, place in places.items()}
    return {place: why for place, why in found.items() if why}


def _write(name: str, place: Path, view: RunView, read_trajectory: ReadTrajectory) -> str:
    """Why it could not be written; empty when it was."""
    try:
        write: Write = import_object(FORMATS[name])
        place.parent.mkdir(parents=True, exist_ok=True)
        write_chunks(place, write(view, read_trajectory))
    except OSError as error:
        return error.strerror or str(error)
    except Exception as error:  # whatever agents may have said: the run has its verdict, and keeps it
        return f"{type(error).__name__}: {error}"
    return ""


def announce(folder: RunFolder, environ: Mapping[str, str]) -> list[str]:
    """Tell GitHub Actions of a run: what to print for its annotations, and a comment in the job's summary.

    Nothing elsewhere. A summary that cannot be written is left out: in a container the variable is often
    there and the file is not, and nobody has asked for it.
    """
    place = environ.get("GITHUB_STEP_SUMMARY", "")
    if not place and not is_on_github(environ):
        return []
    try:
        view = read_view(folder)
        if place:
            with suppress(OSError):
                _add_summary(Path(place), view, Trajectories(folder))
        workspace = environ.get("GITHUB_WORKSPACE", "")
        return list_annotations(view, os.getcwd(), workspace) if is_on_github(environ) else []  # noqa: PTH109 - as paths are told
    except (OSError, UsageError):
        return []  # the run itself has said what is wrong with its files


def _add_summary(place: Path, view: RunView, read_trajectory: ReadTrajectory) -> None:
    """GitHub takes 1 MiB from one step, of all that write there together."""
    there = place.stat().st_size if place.is_file() else 0
    room = min(MOST_BYTES, MOST_SUMMARY_BYTES - there - 1)
    text = "".join(write_comment(view, read_trajectory, most=room))
    if len(text.encode()) <= room:
        with place.open("a", encoding="utf-8", newline="\n") as file:
            file.write(f"\n{text}")


def write_format(name: str, folder: RunFolder) -> Iterator[str]:
    """The text of one of `FORMATS`, piece by piece. Raises UsageError for a run that cannot be read."""
    if not FORMATS[name]:
        folder.read_document()  # what is damaged is said, not copied
        yield (folder.path / "run.json").read_text(encoding="utf-8")
        return
    write: Write = import_object(FORMATS[name])
    yield from write(read_view(folder), Trajectories(folder))
