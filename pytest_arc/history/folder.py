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
import os
import shutil
import threading
import time
from array import array
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.trajectory import Trajectory
from pytest_arc.errors import UsageError
from pytest_arc.history.document import FORMAT, dump_json, read_trial, write_line
from pytest_arc.redaction import Redactor

__all__ = [
    "PARTS",
    "RunFolder",
    "RunWriter",
    "WrittenTrial",
    "find_run",
    "list_below",
    "list_runs",
    "reserve_folder",
]

PARTS = "workers"
"""Inside the folder of a run: the parts that other processes make of it."""

KEPT_RUNS = 20
NAME = "%Y%m%d-%H%M%S"
"""Of a run's folder: the time of day when it began, by which the newest run is found."""
MOST_SET_BACK = timedelta(days=1)
"""Runs that lie further ahead come from a clock that was wrong, and are not followed."""
IN_USE_S = 3600.0
"""How long a run without an end is taken for one that is still going on."""
FSYNC_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class WrittenTrial:
    """A trial as the folder of another run has it."""

    result: TrialResult
    """Without its trajectory."""
    line: str
    """Of `trials.jsonl`."""
    trajectory: str
    """The line of `trajectories.jsonl`; empty where none was kept."""


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
        text = _dump_trajectory(trajectory)
        said = [step.text for step in trajectory.steps if step.kind == "message"]
        # Our own keys and numbers are most of a line: to look through the rest takes a third of the time.
        # The arguments of a tool may be anything: then the line is looked through as it is.
        foreign = "\n".join(said) if len(said) == len(trajectory.steps) else text
        if self._redactor.text(foreign) is not foreign:
            # Text by text: a number that is taken out of a line as it is would leave no JSON.
            text = dump_json(self._redactor.value(json.loads(text)))
        case = _encode_id(self._redact_again(result.case))
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
            for line in _read_lines(path / "trials.jsonl"):
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
                yield WrittenTrial(read_trial(json.loads(line)), _read_line(line), _read_line(trajectory))

    def _read_own(self) -> Iterator[WrittenTrial]:
        with ExitStack() as stack:
            files = [self.path / "trajectories.jsonl", self.path / "trials.jsonl"]
            if not all(path.is_file() for path in files):
                return
            trajectories, trials = (stack.enter_context(path.open("rb")) for path in files)
            places = _find_lines(trajectories)
            for line in trials:
                try:
                    result = read_trial(json.loads(line))
                except ValueError:  # the last one, of a process that was killed
                    return
                place = places.get(_make_key(result.case, result.trial))
                trajectories.seek(place or 0)
                told = b"" if place is None else trajectories.readline()
                yield WrittenTrial(result, _read_line(line), _read_line(told))

    def read_trajectory(self, case: str, trial: int) -> Trajectory | None:
        """What was said and done in one trial; None when it was not written."""
        for folder in (self, *self.parts):
            for line in _read_lines(folder.path / "trajectories.jsonl", _make_key(case, trial)):
                return Trajectory.model_validate(line["trajectory"])
        return None


def list_runs(root: Path) -> list[RunFolder]:
    """All runs below `root`, the oldest first."""
    runs = root / "runs"
    if not runs.is_dir():
        return []
    folders = [path for path in runs.iterdir() if (path / "trials.jsonl").exists()]
    return [RunFolder(path) for path in sorted(folders, key=_age)]


def list_below(folder: Path) -> list[RunFolder]:
    """All runs anywhere below a folder. Raises UsageError when there is none."""
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder.as_posix()} with earlier runs")
    found = sorted(path.parent for path in folder.rglob("trials.jsonl"))
    return [RunFolder(path) for path in found if not (path.parent.name == PARTS and path.parents[1] in found)]


def _age(run: Path) -> tuple[str, int]:
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
        taken = [_age(run)[1] for run in runs.glob(f"{started}*")]
        for count in range(max(taken, default=0) + 1, 1000):
            path = runs / (started if count == 1 else f"{started}-{count}")
            with suppress(FileExistsError):
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


_encode_id = lru_cache(maxsize=1024)(json.dumps)
"""A case's id as JSON."""


def _dump_trajectory(trajectory: Trajectory) -> str:
    try:
        # As `model_dump_json`, whose handing on of fifteen options costs a third of a small trajectory.
        return trajectory.__pydantic_serializer__.to_json(trajectory).decode()
    except ValueError:
        # An agent may call a tool with any object, and say lone surrogates: what was tried is kept as text.
        return json.dumps(trajectory.model_dump(), default=repr)


def _make_key(case: str, trial: int) -> bytes:
    """How the line of a trajectory begins."""
    return f'{{"case":{_encode_id(case)},"trial":{trial},'.encode()


def _find_lines(trajectories: BinaryIO) -> dict[bytes, int]:
    """How each line begins -> where, in bytes."""
    mark = b',"trajectory":'
    places: dict[bytes, int] = {}
    place = 0
    for line in trajectories:
        if line.endswith(b"\n"):  # else its process was killed
            places[line[: line.find(mark) + 1]] = place
        place += len(line)
    return places


def _read_line(line: bytes) -> str:
    return line.decode("utf-8").removesuffix("\n")


def _read_lines(path: Path, prefix: bytes = b"") -> Iterator[dict[str, Any]]:
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
