"""What a run writes for others: one loop over its outputs, most of them from the one view of a run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arc.domain.settings import Settings
from pytest_arc.errors import UsageError
from pytest_arc.history.folder import RunFolder
from pytest_arc.history.lines import write_chunks
from pytest_arc.registry import import_object
from pytest_arc.reports.github import is_on_github

if TYPE_CHECKING:
    from pytest_arc.domain.view import ReadTrajectory, RunView

__all__ = [
    "FORMATS",
    "OUTPUTS",
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

Write = Callable[["RunView", "ReadTrajectory"], Iterator[str]]

REPORTS = ("html", "markdown")
"""Formats that a run writes at its end for people, to the place that the setting of that name tells."""
OUTPUTS = ("json", "sbom", *REPORTS)
"""All that it writes so."""


def list_places(settings: Settings) -> dict[str, Path]:
    """Name of each output that is wanted -> where it is to be written."""
    places = {name: getattr(settings, "json_path" if name == "json" else name) for name in OUTPUTS}
    return {name: Path(place) for name, place in places.items() if place is not None}


def verify_places(places: Mapping[str, Path]) -> None:
    """Raises UsageError for an output that cannot be written, before anything was spent on it."""
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


def publish(
    folder: RunFolder, places: Mapping[str, Path], texts: Mapping[str, Callable[[], Iterable[str]]]
) -> dict[Path, str]:
    """Write the outputs of one run; returns those that could not be written, and why.

    `texts` gives those that are not made from the view of the run. One that neither has is left out: the run
    itself says why there is no SBOM, say.
    """
    wanted = {name: place for name, place in places.items() if name in texts or name in REPORTS}
    view = _ViewOnce(folder)
    found = {
        place: _write(place, texts.get(name) or partial(view.write, name)) for name, place in wanted.items()
    }
    return {place: why for place, why in found.items() if why}


class _ViewOnce:
    """The view of a run, read when the first report wants it."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder

    @cached_property
    def _read(self) -> tuple[RunView, ReadTrajectory]:
        return _read(self._folder)

    def write(self, name: str) -> Iterator[str]:
        """Raises OSError and UsageError."""
        write: Write = import_object(FORMATS[name])
        return write(*self._read)


def _write(place: Path, text: Callable[[], Iterable[str]]) -> str:
    """Why it could not be written; empty when it was."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_chunks(place, text())
    except OSError as error:
        return error.strerror or str(error)
    except UsageError as error:
        return str(error)
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
        view, read_trajectory = _read(folder)
        if place:
            with suppress(OSError):
                _add_summary(Path(place), view, read_trajectory)
        workspace = environ.get("GITHUB_WORKSPACE", "")
        if not is_on_github(environ):
            return []
        from pytest_arc.reports.annotations import list_annotations

        return list_annotations(view, os.getcwd(), workspace)  # noqa: PTH109 - as paths are told
    except (OSError, UsageError):
        return []  # the run itself has said what is wrong with its files


def _add_summary(place: Path, view: RunView, read_trajectory: ReadTrajectory) -> None:
    """GitHub takes 1 MiB from one step, of all that write there together."""
    there = place.stat().st_size if place.is_file() else 0
    room = MOST_SUMMARY_BYTES - there - 1
    text = "".join(import_object(FORMATS["markdown"])(view, read_trajectory))
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
    yield from write(*_read(folder))


def _read(folder: RunFolder) -> tuple[RunView, ReadTrajectory]:
    # Only where something is made of it, which most runs do without.
    from pytest_arc.history.view import Trajectories, read_view

    return read_view(folder), Trajectories(folder)
