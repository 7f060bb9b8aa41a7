"""Writes the folder of one run, trial by trial (see `folder`)."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from array import array
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.trajectory import Trajectory
from pytest_arc.errors import UsageError
from pytest_arc.history.document import FORMAT, dump_json, write_line
from pytest_arc.history.folder import PARTS, WrittenTrial, list_runs, split_name
from pytest_arc.history.lines import dump_trajectory, encode_id, write_chunks
from pytest_arc.redaction import Redactor

__all__ = ["RunWriter", "reserve_folder"]

KEPT_RUNS = 20
NAME = "%Y%m%d-%H%M%S"
"""Of a run's folder: the time of day when it began, by which the newest run is found."""
MOST_SET_BACK = timedelta(days=1)
"""Runs that lie further ahead come from a clock that was wrong, and are not followed."""
IN_USE_S = 3600.0
"""How long a run without an end is taken for one that is still going on."""
FSYNC_EVERY_S = 1.0


class RunWriter:
    """Writes one run, without secrets. `add` may be called from another thread than the rest.

    When the disk fails, `trouble` says how; the run goes on, and later results keep their trajectories.
    """

    def __init__(
        self, root: Path, redactor: Redactor, transcripts: bool = True, path: Path | None = None
    ) -> None:
        """Without `transcripts`, what was said and done is not kept anywhere.

        `path` is a folder that `reserve_folder` has made, or one inside it for a part of that run which
        another process finishes; None: a new one. Raises UsageError.
        """
        self.path = reserve_folder(root) if path is None else path
        self.trouble = ""
        self._redactor = redactor
        self._transcripts = transcripts
        self._redact_again = lru_cache(maxsize=1024)(redactor.text)
        """For ids and what checks find: texts of which each is there in many trials."""
        self._lock = threading.Lock()
        self._rows: dict[tuple[str, int], int] = {}
        """Case and number of a trial -> its row, counted from 0 in the order in which they were written."""
        self._places, self._told = array("q"), array("q")
        """Row -> where its line in `trials.jsonl` begins, in bytes, and where that in `trajectories.jsonl`
        does; -1 where there is none."""
        self._synced = time.monotonic()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._trials = _LineFile(self.path / "trials.jsonl")
            self._trajectories = _LineFile(self.path / "trajectories.jsonl")
        except OSError as error:
            raise _explain_unwritable(self.path, error) from error

    @property
    def run_id(self) -> str:
        """Of the whole run, also where a part of it is written."""
        return (self.path.parents[1] if self.path.parent.name == PARTS else self.path).name

    def write_header(self, header: dict[str, Any]) -> None:
        """What is known before the first trial, so that an interrupted run can be told from others.

        Raises UsageError when it cannot be written.
        """
        try:
            text = dump_json({"format": FORMAT, **self._redactor.value(header)})
            (self.path / "header.json").write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            self.close()
            raise _explain_unwritable(self.path, error) from error

    def redact(self, result: TrialResult) -> TrialResult:
        """The result without secrets in what was printed and found; its trajectory is still as it was."""
        text = "\n".join([f"{check.check}\n{check.reason}" for check in result.checks])
        if result.output or result.reason:
            text = f"{result.output}\n{result.reason}\n{text}"
            is_clean = self._redactor.text(text) is text
        else:
            is_clean = self._redact_again(text) == text
        if is_clean:
            return result
        redact = self._redactor.text
        checks = tuple(replace(c, check=redact(c.check), reason=redact(c.reason)) for c in result.checks)
        return replace(result, output=redact(result.output), reason=redact(result.reason), checks=checks)

    def add(self, result: TrialResult) -> TrialResult:
        """Write one finished trial; return it as written, without the trajectory once that is on disk."""
        result = self.redact(result)
        if not self._transcripts:
            result.forget_trajectory()
        with self._lock:
            if self.trouble:
                return result
            try:
                self._write(result)
            except OSError as error:
                self.trouble = f"{self.path.as_posix()}: {error.strerror or error}"
                return result
        result.forget_trajectory()
        return result

    def copy(self, trial: WrittenTrial) -> None:
        """Take over a trial of another run as it was written there."""
        with self._lock:
            if self.trouble:
                return
            try:
                self._write_lines(trial.result, trial.line, trial.trajectory)
            except OSError as error:
                self.trouble = f"{self.path.as_posix()}: {error.strerror or error}"

    def _write(self, result: TrialResult) -> None:
        trajectory = result.trajectory
        told = "" if trajectory is None else self._make_trajectory_line(result, trajectory)
        self._write_lines(result, self._make_line(result), told)

    def _write_lines(self, result: TrialResult, line: str, trajectory: str) -> None:
        told = self._trajectories.append(trajectory) if trajectory else -1
        place = self._trials.append(line)
        self._rows[result.case, result.trial] = len(self._places)
        self._places.append(place)
        self._told.append(told)
        if time.monotonic() - self._synced > FSYNC_EVERY_S:
            self._trials.sync()
            self._synced = time.monotonic()

    def _make_line(self, result: TrialResult) -> str:
        case = self._redact_again(result.case)
        return write_line(result if case == result.case else replace(result, case=case))

    def _make_trajectory_line(self, result: TrialResult, trajectory: Trajectory) -> str:
        text = dump_trajectory(trajectory)
        said = [step.text for step in trajectory.steps if step.kind == "message"]
        # Our own keys and numbers are most of a line: to look through the rest takes a third of the time.
        # The arguments of a tool may be anything: then the line is looked through as it is.
        foreign = "\n".join(said) if len(said) == len(trajectory.steps) else text
        if self._redactor.text(foreign) is not foreign:
            # Text by text: a number that is taken out of a line as it is would leave no JSON.
            text = dump_json(self._redactor.value(json.loads(text)))
        case = encode_id(self._redact_again(result.case))
        return f'{{"case":{case},"trial":{result.trial},"trajectory":{text}}}'

    def find_lines(self, result: TrialResult) -> tuple[int, int] | None:
        """Where the two lines of a trial begin, in bytes, -1 for one that there is not; None when the trial
        has not been written."""
        row = self._rows.get((result.case, result.trial))
        return None if row is None else (self._places[row], self._told[row])

    def read_trajectory(self, result: TrialResult) -> Trajectory | None:
        """The trajectory of a trial that was added before."""
        if result.trajectory is not None:
            told = result.trajectory.model_dump(mode="json", fallback=repr)
            return Trajectory.model_validate(self._redactor.value(told))
        row = self._rows.get((result.case, result.trial))
        if row is None or self._told[row] < 0:
            return None
        with (self.path / "trajectories.jsonl").open("rb") as file:
            file.seek(self._told[row])
            return Trajectory.model_validate(json.loads(file.readline())["trajectory"])

    def read_lines(self, results: Iterable[TrialResult]) -> Iterator[str]:
        """The lines of these trials as they were written; of those that were not, as they would have been."""
        with (self.path / "trials.jsonl").open("rb") as file:
            for result in results:
                row = self._rows.get((result.case, result.trial))
                if row is None:
                    yield self._make_line(result)
                else:
                    file.seek(self._places[row])
                    yield file.readline().decode("utf-8").removesuffix("\n")

    def finish(self, chunks: Iterable[str]) -> None:
        """Write `run.json` from pieces of text, and close the files."""
        self.close()
        if not self.trouble:
            self.write_copy(self.path / "run.json", chunks)
        # Not when it begins: it may go on from the oldest.
        _forget_old_runs(self.path.parent.parent)

    def close(self) -> None:
        self._trials.close()
        self._trajectories.close()

    def write_copy(self, path: Path, chunks: Iterable[str]) -> None:
        """Write the text of `run.json` elsewhere; a failure becomes `trouble`."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_chunks(path, chunks)
        except OSError as error:
            self.trouble = self.trouble or f"{path.as_posix()}: {error.strerror or error}"


class _LineFile:
    """Lines of text, each on its way to the disk when it has been appended."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self._size = 0

    def append(self, line: str) -> int:
        """Write one line; where it begins, in bytes. Raises OSError."""
        # Lone surrogates may come from an agent; they have no UTF-8.
        data = f"{line}\n".encode("utf-8", "backslashreplace")
        written = self._file.write(data)
        while written < len(data):
            written += self._file.write(data[written:])
        place = self._size
        self._size += len(data)
        return place

    def sync(self) -> None:
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


def reserve_folder(root: Path) -> Path:
    """Make a folder for one run below `root`. Raises UsageError when that cannot be written."""
    try:
        runs = root / "runs"
        runs.mkdir(parents=True, exist_ok=True)
        started = _name_start(runs)
        ignore = root / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        # After the last of this second, also where the first ones have been forgotten already.
        taken = [split_name(run)[1] for run in runs.glob(f"{started}*")]
        for count in range(max(taken, default=0) + 1, 1000):
            path = runs / (started if count == 1 else f"{started}-{count}")
            with suppress(FileExistsError):  # another run has just taken it: the next number
                path.mkdir()
                return path
        raise FileExistsError(f"no free name for a run at {started}")
    except OSError as error:
        raise _explain_unwritable(root, error) from error


def _name_start(runs: Path) -> str:
    """The time of day, or the one that the newest run is named by where the clock was set back since."""
    now = datetime.now()
    latest = now + MOST_SET_BACK
    names = (run.name[:15] for run in runs.iterdir())
    ahead = [name for name in names if f"{now:{NAME}}" < name <= f"{latest:{NAME}}"]
    return max(ahead, default=f"{now:{NAME}}")


def _explain_unwritable(folder: Path, error: OSError) -> UsageError:
    message = f"cannot write to {folder.as_posix()}/: {error.strerror or error}. No trial was run."
    return UsageError(f"{message}\n    Choose another place: --arc-dir PATH")


def _forget_old_runs(root: Path) -> None:
    for run in list_runs(root)[:-KEPT_RUNS]:
        if run.is_finished or time.time() - run.touched > IN_USE_S:
            shutil.rmtree(run.path, ignore_errors=True)
