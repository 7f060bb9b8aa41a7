"""Paths on the command line -> the files that are meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pytest_arc.errors import NothingSelected, UsageError
from pytest_arc.loading import check_claim

__all__ = ["find_agent_files", "find_profiles", "is_profile", "is_scenario_file"]

SUFFIXES = (".yaml", ".yml", ".json")
TABLE_SUFFIXES = (".csv", ".jsonl")
HEAD_BYTES = 65536
_PASSED_OVER = {"build", "dist", "node_modules", "venv", "__pycache__"}
_SCENARIO_KEY = re.compile(rb"""^[{\s]*["']?arc_scenarios["']?[ \t]*:""", re.MULTILINE)


def find_profiles(paths: Iterable[Path]) -> list[Path]:
    """The files among `paths`, and those below its folders that have a top-level `arc:` key.

    Raises UsageError for a path that is not there, NothingSelected when nothing is found.
    """
    return _find_files(list(paths), lambda file: check_claim(_read_head(file)))


def find_agent_files(paths: Iterable[Path]) -> list[Path]:
    """As `find_profiles`, and scenario files too."""
    return _find_files(
        list(paths), lambda file: check_claim(_read_head(file)) or _SCENARIO_KEY.search(_read_head(file))
    )


def is_profile(file: Path) -> bool:
    """Whether a file that was named describes an agent."""
    return check_claim(_read_head(file))


def is_scenario_file(file: Path) -> bool:
    """Whether a file that was named holds scenarios and no profile."""
    return file.suffix in TABLE_SUFFIXES or _SCENARIO_KEY.search(_read_head(file)) is not None


def _find_files(paths: list[Path], is_wanted: Callable[[Path], object]) -> list[Path]:
    found: dict[Path, Path] = {}
    for path in paths:
        for file in filter(is_wanted, _walk(path)) if path.is_dir() else _take(path):
            found.setdefault(file.resolve(), file)
    if not found:
        where = ", ".join(path.as_posix() for path in paths)
        raise NothingSelected(f"no agent file below {where}: a top-level 'arc:' key makes one")
    return list(found.values())


def _take(path: Path) -> list[Path]:
    if not path.exists():
        raise UsageError(f"no such file or folder: {path.as_posix()}")
    return [path]


def _walk(folder: Path) -> Iterator[Path]:
    for path in _list_folder(folder):
        if path.is_dir():
            # A link may lead back to where we came from.
            if not (path.name.startswith(".") or path.name in _PASSED_OVER or path.is_symlink()):
                yield from _walk(path)
        elif path.suffix in SUFFIXES and path.is_file():
            yield path


def _read_head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError as error:
        raise _explain_unreadable(path, error) from error


def _list_folder(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise _explain_unreadable(folder, error) from error


def _explain_unreadable(path: Path, error: OSError) -> UsageError:
    # Passed over, it would be missing from a run that then looks complete.
    return UsageError(f"cannot read {path.as_posix()}: {error.strerror or error}")
