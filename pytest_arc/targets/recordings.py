"""Recorded trajectories: a JSONL file, plain or gzipped.

    {"arc_trajectories": 1}
    {"scenario": "task/0", "trial": 1, "trajectory": {"steps": [...], "recorded_reward": 1.0}}
    {"scenario": "task/0", "trial": 2, "error": "the harness broke"}

The first line is the format's version. Each further line is one trial; the trials of a scenario count from
1 without a gap, in any order.
"""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, TypeVar, cast

from pydantic import Field, ValidationError

from pytest_arc.domain.frozen import Frozen
from pytest_arc.domain.trajectory import Trajectory

__all__ = ["Recording", "Recordings", "open_recordings", "write_recordings"]

HEADER = b'{"arc_trajectories": 1}'
GZIP_MAGIC = b"\x1f\x8b"
_Model = TypeVar("_Model", bound=Frozen)


class Recording(Frozen):
    """One recorded trial."""

    scenario: str
    trial: int = Field(ge=1)
    trajectory: Trajectory = Trajectory()
    error: str | None = None
    """What kept the trial from being scored; not the agent's doing."""


@dataclass(frozen=True, slots=True)
class Recordings:
    """The trials of one file. They are kept compressed, each by itself, and read when they are asked for."""

    lines: Mapping[tuple[str, int], bytes]
    counts: Mapping[str, int]
    """Scenario -> how many trials of it are recorded."""
    shows_usage: bool
    """Every trajectory has its usage."""
    shows_latency: bool
    """Every trajectory has its latency."""

    def find(self, scenario: str, trial: int) -> Recording | None:
        line = self.lines.get((scenario, trial))
        return None if line is None else Recording.model_validate_json(zlib.decompress(line))


def open_recordings(path: Path) -> Recordings:
    """Read a file, once per process as long as it does not change.

    Raises OSError when it cannot be read, and ValueError with a located sentence when it is of another form.
    """
    state = path.stat()
    return _read(path, state.st_mtime_ns, state.st_size)


def write_recordings(path: Path, recordings: Iterable[Recording]) -> None:
    """Write a file, gzipped if its name ends in `.gz`; equal recordings make equal bytes."""
    lines = (recording.model_dump_json(exclude_none=True).encode() for recording in recordings)
    with path.open("wb") as file:
        if path.suffix == ".gz":
            # Neither name nor time of writing.
            with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
                packed.writelines(_end_lines(lines))
        else:
            file.writelines(_end_lines(lines))


def _end_lines(lines: Iterable[bytes]) -> Iterator[bytes]:
    yield HEADER + b"\n"
    for line in lines:
        yield line + b"\n"


class _Header(Frozen):
    arc_trajectories: int = Field(ge=1, le=1)


@lru_cache(maxsize=8)
def _read(path: Path, mtime_ns: int, size: int) -> Recordings:
    lines: dict[tuple[str, int], bytes] = {}
    scored: list[tuple[bool, bool]] = []
    for number, line in _list_lines(path):
        recording = _parse(Recording, line, f"{path.name}:{number}")
        key = recording.scenario, recording.trial
        if key in lines:
            raise ValueError(f"{path.name}:{number}: trial {key[1]} of '{key[0]}' is recorded twice")
        lines[key] = zlib.compress(line, level=1)
        if recording.error is None:
            told = recording.trajectory
            scored.append((told.usage is not None, told.latency_s > 0))
    counts = Counter(scenario for scenario, _ in lines)
    for scenario, trial in lines:
        if trial > counts[scenario]:
            raise ValueError(f"{path.name}: the trials of '{scenario}' do not count from 1 without a gap")
    return Recordings(
        lines,
        counts,
        shows_usage=bool(scored) and all(usage for usage, _ in scored),
        shows_latency=bool(scored) and all(latency for _, latency in scored),
    )


def _list_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines after the header, with their numbers, empty ones left out."""
    with path.open("rb") as file:
        is_packed = file.read(2) == GZIP_MAGIC
        file.seek(0)
        content = cast("IO[bytes]", gzip.GzipFile(fileobj=file) if is_packed else file)
        try:
            _parse(_Header, content.readline(), f"{path.name}:1")
            for number, line in enumerate(content, 2):
                if not line.isspace():
                    yield number, line
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"{path.name}: cannot be unpacked: {error}") from error


def _parse(model: type[_Model], line: bytes, place: str) -> _Model:
    try:
        return model.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{place}: {where + ': ' if where else ''}{first['msg']}") from error
