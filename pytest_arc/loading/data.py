"""Data files of a world: found, and known by their content."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pytest_arc.loading.places import Path as KeyPath
from pytest_arc.loading.shapes import as_mapping
from pytest_arc.loading.source import suggest_file

__all__ = ["DataProblem", "Stamp", "resolve_world", "stamp"]

Stamp = tuple[int, int]
"""Time of the last change (ns) and size of a file."""
DataProblem = tuple[KeyPath, str, str]
"""Path of the value in the world, message, hint."""


def stamp(path: Path) -> Stamp | None:
    """What changes when the file does; None when there is no such file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def resolve_world(world: Any, folder: Path) -> tuple[Any, list[DataProblem], list[Path]]:
    """A world whose files are absolute posix paths with digests; what is wrong; the files."""
    written = as_mapping(world)
    if written is None:
        return world, [], []
    resolved = dict(written)
    problems: list[DataProblem] = []
    files: list[Path] = []
    for part, name, value in _list_paths(resolved):
        file = (folder / value).resolve()
        digest = _digest(file)
        options = as_mapping(resolved[part][name])
        if digest is None:
            where = (part, name) if options is None else (part, name, "path")
            problems.append((where, f"there is no file '{value}'", suggest_file(file)))
            continue
        found = {**(options or {}), "path": file.as_posix(), "sha256": digest}
        resolved[part] = {**resolved[part], name: found}
        files.append(file)
    return resolved, problems, files


def _list_paths(world: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for part in ("files", "tables"):
        for name, value in (as_mapping(world.get(part)) or {}).items():
            options = as_mapping(value)
            path = value if options is None else options.get("path")
            if isinstance(path, str):
                yield part, name, path


def _digest(path: Path) -> str | None:
    found = stamp(path)
    return _digest_content(path, found) if found is not None and path.is_file() else None


@functools.lru_cache(maxsize=4096)
def _digest_content(path: Path, _stamp: Stamp) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
