"""Lines of JSON in the files of a run: how they are made, and found again after whatever happened."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from pydantic_core import to_json

from pytest_arc.domain.trajectory import Trajectory

__all__ = [
    "dump_trajectory",
    "encode_id",
    "locate_lines",
    "make_key",
    "read_line",
    "read_lines",
    "write_chunks",
]

encode_id = lru_cache(maxsize=1024)(json.dumps)
"""A case's id as JSON."""


def dump_trajectory(trajectory: Trajectory) -> str:
    """A trajectory as JSON, whatever an agent has put into it."""
    try:
        # As `model_dump_json`, which asks of each step which kind it is, at twice the time.
        return to_json(trajectory.__dict__, inf_nan_mode="null").decode()
    except ValueError:
        # An agent may call a tool with any object, and say lone surrogates: what was tried is kept as text.
        return json.dumps(trajectory.model_dump(), default=repr)


def make_key(case: str, trial: int) -> bytes:
    """How the line of a trajectory begins."""
    return f'{{"case":{encode_id(case)},"trial":{trial},'.encode()


def locate_lines(trajectories: BinaryIO) -> dict[bytes, int]:
    """How each line begins -> where, in bytes."""
    mark = b',"trajectory":'
    places: dict[bytes, int] = {}
    place = 0
    for line in trajectories:
        if line.endswith(b"\n"):  # else its process was killed
            places[line[: line.find(mark) + 1]] = place
        place += len(line)
    return places


def read_line(line: bytes) -> str:
    """A line as it was given to be written."""
    return line.decode("utf-8").removesuffix("\n")


def read_lines(path: Path, prefix: bytes = b"") -> Iterator[dict[str, Any]]:
    """The lines that begin with `prefix`, up to one that is damaged: the last, if its process was killed."""
    if not path.is_file():
        return
    # In bytes: a line cut in the middle of a character must not spoil those before it.
    with path.open("rb") as file:
        for line in filter(lambda line: line.startswith(prefix), file):
            try:
                yield json.loads(line)
            except ValueError:
                return


def write_chunks(path: Path, chunks: Iterable[str]) -> None:
    """Write text piece by piece; the file appears under its name only when it is whole."""
    draft = path.with_name(path.name + ".part")
    try:
        with draft.open("w", encoding="utf-8", newline="\n", errors="backslashreplace") as file:
            file.writelines(chunks)
        draft.replace(path)
    except OSError:
        # What did not fit would take room from what still has to be written.
        draft.unlink(missing_ok=True)
        raise
