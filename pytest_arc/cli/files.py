"""Paths on the command line -> the files that are meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pytest_arc.errors import NothingSelected, UsageError
from pytest_arc.loading import check_claim

__all__ = ["find_profiles", "find_scenario_files"]

SUFFIXES = (".yaml", ".yml", ".json")
HEAD_BYTES = 65536
_PASSED_OVER = {"build", "dist", "node_modules", "venv", "__pycache__"}
_SCENARIO_FILE = re.compile(rb"""^(\xef\xbb\xbf)?[{\s]*["']?arc_scenarios["']?\s*:""", re.MULTILINE)


def find_profiles(paths: Iterable[Path]) -> list[Path]:
    """The files among `paths`, and those below its folders that have a top-level `arc:` key.

    Raises UsageError for a path that is not there, NothingSelected when nothing is found.
    """
    paths = list(paths)
    files = _find_files(paths, check_claim)
    if not files:
        where = ", ".join(path.as_posix() for path in paths)
        raise NothingSelected(f"no agent file below {where}: a top-level 'arc:' key makes one")
    return files


def find_scenario_files(folders: Iterable[Path]) -> list[Path]:
    """The scenario files below folders."""
    return _find_files([path for path in folders if path.is_dir()], is_scenario_file)


def is_scenario_file(head: bytes) -> bool:
    return _SCENARIO_FILE.search(head) is not None


def _find_files(paths: Iterable[Path], is_wanted: Callable[[bytes], bool]) -> list[Path]:
    found: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            files = (file for file in _walk(path) if is_wanted(_read_head(file)))
        elif path.exists():
            files = iter([path])
        else:
            raise UsageError(f"no such file or folder: {path.as_posix()}")
        for file in files:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if not path.name.startswith(".") and path.name not in _PASSED_OVER:
                yield from _walk(path)
        elif path.suffix in SUFFIXES and path.is_file():
            yield path


def _read_head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)
