"""What the processes of one run tell each other, as files in the folder of the run.

    workers/stop                  by the controller: the run ends early, and nobody need wait any longer
    workers/gone.jsonl            by the controller: cases that died with their workers
    workers/gw0/collected.json    by the worker: what it has collected
    workers/gw0/share.jsonl       by the controller: the cases that the worker will be asked for
    workers/gw0/started.jsonl     by the worker: each trial as it begins, for when the worker dies
    workers/gw0/trials.jsonl, trajectories.jsonl, header.json     as in the folder of any run

pytest-xdist carries no messages of other plugins from a controller to its workers but the first; and
what is in a file outlives the process that wrote it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pytest_arc.domain.events import Event, TrialStarted
from pytest_arc.history.document import dump_json, read_trial
from pytest_arc.history.folder import PARTS, RunFolder, WrittenTrial
from pytest_arc.session import Session

__all__ = ["Collected", "Journal", "Parts", "ShareReader", "describe_case_trials", "read_case_trials"]


@dataclass(frozen=True, slots=True)
class Collected:
    """What a worker has collected, for the controller to make the same plan of."""

    files: dict[str, tuple[str, str]]
    """Agent id -> node id and path of the file that describes it."""
    cases: list[str]
    """Ids of the cases that were selected, those of other shards too."""
    selected: list[str]
    """Ids of the cases that are to be run."""
    ungated: list[str]
    """Gates that were left out on purpose, as in `Plan`."""
    passed_over: int = 0
    """YAML files that are nobody's."""


class Parts:
    """The folder `workers` of a run."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self.path = run / PARTS

    def make(self, worker: str) -> Path:
        """The folder of one worker, which is there then. Raises OSError."""
        folder = self.path / worker
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def write_collected(self, worker: str, collected: Collected) -> None:
        text = dump_json(asdict(collected))
        (self.make(worker) / "collected.json").write_text(text, encoding="utf-8")

    def read_collected(self, worker: str) -> Collected | None:
        """None where the worker knows of no agent."""
        path = self.path / worker / "collected.json"
        if not path.is_file():
            return None
        told = json.loads(path.read_text(encoding="utf-8"))
        files = {agent: (node_id, place) for agent, (node_id, place) in told.pop("files").items()}
        return Collected(files=files, **told)

    def hand_over(self, worker: str, case_ids: Sequence[str], dead: Sequence[str]) -> None:
        """Tell a worker which cases it will be asked for; some of their trials may be in parts of `dead`
        workers."""
        with (self.path / worker / "share.jsonl").open("a", encoding="utf-8") as file:
            file.write(dump_json({"cases": list(case_ids), "dead": list(dead)}) + "\n")

    def stop(self) -> None:
        """Let nobody wait any longer."""
        with suppress(OSError):  # the run has ended and its parts are gone, or each worker gives up by itself
            (self.path / "stop").touch()

    @property
    def is_stopped(self) -> bool:
        return (self.path / "stop").exists()

    def give_up(self, case_id: str) -> None:
        """Let no other worker run this case."""
        with (self.path / "gone.jsonl").open("a", encoding="utf-8") as file:
            file.write(dump_json(case_id) + "\n")

    def is_given_up(self, case_id: str) -> bool:
        path = self.path / "gone.jsonl"
        return path.exists() and dump_json(case_id) in path.read_text(encoding="utf-8").splitlines()

    def open(self, worker: str) -> RunFolder:
        """What a worker has made."""
        return RunFolder(self.path / worker)

    def find_begun(self, worker: str) -> dict[str, set[int]]:
        """Case id -> numbers of the trials that a worker has begun and not ended."""
        begun: defaultdict[str, set[int]] = defaultdict(set)
        with suppress(OSError, ValueError):  # it died before the first, or while it wrote of one
            for line in (self.path / worker / "started.jsonl").read_text(encoding="utf-8").splitlines():
                case, trial = json.loads(line)
                begun[case].add(trial)
        for result in self.open(worker).read_trials():
            begun[result.case].discard(result.trial)
        return {case: trials for case, trials in begun.items() if trials}


@dataclass(frozen=True, slots=True)
class _Share:
    cases: frozenset[str] = field(default_factory=frozenset[str])
    dead: tuple[str, ...] = ()


class ShareReader:
    """Reads what a worker is told of the cases that it will be asked for."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "share.jsonl"
        self._place = 0

    def read(self) -> _Share:
        """What has come since the last time. The controller writes a line before it sends its cases."""
        if not self._path.is_file():
            return _Share()
        with self._path.open(encoding="utf-8") as file:
            file.seek(self._place)
            told = [json.loads(line) for line in file.read().splitlines()]
            self._place = file.tell()
        cases = frozenset(case for share in told for case in share["cases"])
        return _Share(cases, tuple({name: None for share in told for name in share["dead"]}))


class Journal:
    """Writes down each trial as it begins. A listener of a session."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / "started.jsonl").open("ab", buffering=0)

    def __call__(self, event: Event) -> None:
        if isinstance(event, TrialStarted):
            self._file.write(f"{dump_json([event.spec.case.id, event.spec.trial])}\n".encode())

    def close(self) -> None:
        self._file.close()


def describe_case_trials(session: Session, case_id: str) -> list[Any]:
    """Where the trials of a case are in the part of this process: for a report, which pytest keeps, it holds
    two numbers for each. The result itself only where it could not be written.
    """
    found: list[Any] = []
    for result in session.ledger.list_trials(case_id):
        if result.outcome == "cancelled":
            continue
        if session.writer.find_lines(result) is None:
            session.writer.add(result)  # one that was lost has not been written yet
        found.append(session.writer.find_lines(result) or next(session.writer.read_lines([result])))
    return found


def read_case_trials(folder: RunFolder, case_id: str, told: Iterable[Any]) -> Iterator[WrittenTrial]:
    """The trials that `describe_case_trials` has told of. Raises OSError and ValueError."""
    places = [tuple(place) for place in told if not isinstance(place, str)]
    for trial in folder.read_at(places):
        # The case's own name may be redacted in what is written.
        yield replace(trial, result=replace(trial.result, case=case_id))
    for line in told:
        if isinstance(line, str):
            yield WrittenTrial(replace(read_trial(json.loads(line)), case=case_id), line, "")
