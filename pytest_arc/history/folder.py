"""The folder of one run: `.arc/runs/<run_id>/`.

    trials.jsonl        one result a line, written and flushed as each trial finishes
    trajectories.jsonl  one trajectory a line
    run.json            header, results, timings: written at the end
    workers/gw0/        the same of one of several processes that make trials, until the run has them

A process that is killed loses no finished trial, and a run whose `run.json` is missing was interrupted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.trajectory import Trajectory
from pytest_arc.errors import UsageError
from pytest_arc.history.document import read_trial
from pytest_arc.history.lines import locate_lines, make_key, read_line, read_lines

__all__ = ["PARTS", "RunFolder", "WrittenTrial", "find_run", "list_below", "list_runs", "split_name"]

PARTS = "workers"
"""Inside the folder of a run: the parts that other processes make of it."""


@dataclass(frozen=True, slots=True)
class WrittenTrial:
    """A trial as the folder of another run has it."""

    result: TrialResult
    """Without its trajectory."""
    line: str
    """Of `trials.jsonl`."""
    trajectory: str
    """The line of `trajectories.jsonl`; empty where none was kept."""


class RunFolder:
    """Reads one run, finished or interrupted."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def run_id(self) -> str:
        return self.path.name

    def compute_key(self) -> str:
        """Tells it from the runs of other machines, whose ids are times and may be equal. Raises OSError."""
        return self.run_id + hashlib.sha256((self.path / "trials.jsonl").read_bytes()).hexdigest()

    @property
    def is_finished(self) -> bool:
        return (self.path / "run.json").is_file()

    @property
    def touched(self) -> float:
        """When a trial was last written: seconds since 1970."""
        return (self.path / "trials.jsonl").stat().st_mtime

    def read_document(self) -> dict[str, Any]:
        """`run.json`; raises UsageError when the run was interrupted or the file is damaged."""
        try:
            return json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            message = f"run {self.run_id} has no usable run.json: it was interrupted ({error})"
            raise UsageError(message) from error

    def read_header(self) -> dict[str, Any]:
        """What was known when the run began."""
        with suppress(OSError, ValueError):  # killed before or while it was written
            return json.loads((self.path / "header.json").read_text(encoding="utf-8"))
        return {}

    @property
    def parts(self) -> list[RunFolder]:
        """What other processes have made of a run that has not come to its end."""
        if self.is_finished:
            return []
        return [RunFolder(path.parent) for path in sorted(self.path.glob(f"{PARTS}/*/trials.jsonl"))]

    def read_trials(self) -> Iterator[TrialResult]:
        """The finished trials, in the order they finished; a half-written last line is passed over."""
        parts, seen = self.parts, set[tuple[str, int]]()
        for path in (self.path, *(part.path for part in parts)):
            for line in read_lines(path / "trials.jsonl"):
                result = read_trial(line)
                if parts:
                    if (result.case, result.trial) in seen:
                        continue
                    seen.add((result.case, result.trial))
                yield result

    def read_written(self) -> Iterator[WrittenTrial]:
        """The finished trials with their lines, in the order they finished."""
        parts, seen = self.parts, set[tuple[str, int]]()
        for folder in (self, *parts):
            for trial in folder._read_own():
                if (trial.result.case, trial.result.trial) not in seen:
                    yield trial
                if parts:
                    seen.add((trial.result.case, trial.result.trial))

    def read_at(self, places: Iterable[tuple[int, int]]) -> Iterator[WrittenTrial]:
        """The trials whose lines begin there, as `RunWriter.find_lines` says it. Raises OSError."""
        with ExitStack() as stack:
            trials = stack.enter_context((self.path / "trials.jsonl").open("rb"))
            trajectories = stack.enter_context((self.path / "trajectories.jsonl").open("rb"))
            for place, told in places:
                trials.seek(place)
                line = trials.readline()
                trajectories.seek(max(0, told))
                trajectory = trajectories.readline() if told >= 0 else b""
                yield WrittenTrial(read_trial(json.loads(line)), read_line(line), read_line(trajectory))

    def _read_own(self) -> Iterator[WrittenTrial]:
        with ExitStack() as stack:
            files = [self.path / "trajectories.jsonl", self.path / "trials.jsonl"]
            if not all(path.is_file() for path in files):
                return
            trajectories, trials = (stack.enter_context(path.open("rb")) for path in files)
            places = locate_lines(trajectories)
            for line in trials:
                try:
                    result = read_trial(json.loads(line))
                except ValueError:  # the last one, of a process that was killed
                    return
                place = places.get(make_key(result.case, result.trial))
                trajectories.seek(place or 0)
                told = b"" if place is None else trajectories.readline()
                yield WrittenTrial(result, read_line(line), read_line(told))

    def read_trajectory(self, case: str, trial: int) -> Trajectory | None:
        """What was said and done in one trial; None when it was not written."""
        for folder in (self, *self.parts):
            for line in read_lines(folder.path / "trajectories.jsonl", make_key(case, trial)):
                return Trajectory.model_validate(line["trajectory"])
        return None


def list_runs(root: Path) -> list[RunFolder]:
    """All runs below `root`, the oldest first."""
    runs = root / "runs"
    if not runs.is_dir():
        return []
    folders = [path for path in runs.iterdir() if (path / "trials.jsonl").exists()]
    return [RunFolder(path) for path in sorted(folders, key=split_name)]


def list_below(folder: Path) -> list[RunFolder]:
    """All runs anywhere below a folder. Raises UsageError when there is none."""
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder.as_posix()} with earlier runs")
    found = sorted(path.parent for path in folder.rglob("trials.jsonl"))
    return [RunFolder(path) for path in found if not (path.parent.name == PARTS and path.parents[1] in found)]


def split_name(run: Path) -> tuple[str, int]:
    """Runs of the same second are numbered: ...-2 stands before ...-10."""
    started, count = run.name[:15], run.name[16:]
    return started, int(count) if count.isdigit() else 1


def find_run(root: Path, name: str) -> RunFolder:
    """The run called `name`: a run id, `last`, or a path. Raises UsageError."""
    runs = list_runs(root)
    if name == "last" and runs:
        return runs[-1]
    for run in runs:
        if name in (run.run_id, f"run:{run.run_id}"):
            return run
    path = Path(name)
    if (path / "trials.jsonl").is_file():
        return RunFolder(path)
    known = f"; the last is {runs[-1].run_id}" if runs else "; none has been made yet"
    raise UsageError(f"there is no run '{name}' in {root.as_posix()}{known}")
