"""Recordings that travel with their trials, to where the folder of recordings is not, and back.

    here    pack_trial          what the folder has of a trial, to be sent with it
    there   CarriedStore        is the folder for trials that come so
    here    unpack              what they have recorded, written into the folder

A recording belongs to one trial of a scenario, so a trial takes along all that it can ask for.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pytest_arc.providers.cassettes.entries import DamagedEntry, Recording
from pytest_arc.providers.cassettes.recorder import SHARED, Recorder, Shelf

__all__ = ["CarriedStore", "pack_trial", "unpack"]

Packed = Mapping[str, Any]
"""`recording` as JSON, or the `key` of one that was replayed; and the `owners` that have it."""


class CarriedStore:
    """In memory, for any number of threads: recordings that came along, and those that are made here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[tuple[str, str], Recording] = {}
        self._news: dict[tuple[str, int], list[dict[str, Any]]] = {}
        """Scenario and trial -> what is to be taken back."""
        self._users: Counter[tuple[str, int]] = Counter()
        """Scenario and trial -> how many agents are at it."""

    def load(self, scenario: str, trial: int, packed: Iterable[Packed]) -> None:
        """Take in what came with a trial."""
        with self._lock:
            self._users[scenario, trial] += 1
            for item in packed:
                recording = Recording(**item["recording"])
                self._calls.update({(owner, recording.key): recording for owner in item["owners"]})

    def take(self, scenario: str, trial: int) -> tuple[Packed, ...]:
        """What a trial has recorded and replayed, once; and forget the trial, if no other agent is at it."""
        own = scenario, trial
        with self._lock:
            self._users[own] -= 1
            if not self._users[own]:
                del self._users[own]
                gone = [at for at, found in self._calls.items() if _name_trial(found) == own]
                for at in gone:
                    del self._calls[at]
            return tuple(self._news.pop(own, ()))

    def find(self, owner: str, key: str, keep_for: str = "") -> Recording | None:
        with self._lock:
            found = self._calls.get((owner, key))
            if found is not None and keep_for:
                self._note(found, {"key": key, "owners": [keep_for]})
            return found

    def add(self, recording: Recording, owners: Sequence[str], replace: bool = False) -> None:
        with self._lock:
            for owner in owners:
                if replace or (owner, recording.key) not in self._calls:
                    self._calls[owner, recording.key] = recording
            self._note(recording, {"recording": asdict(recording), "owners": list(owners)})

    def has_trial(self, owner: str, scenario: str, trial: int) -> bool:
        return any(self.list_trial(owner, scenario, trial))

    def list_near(self, owner: str, scenario: str, trial: int, most: int = 50) -> Iterator[Recording]:
        """Those of other trials did not come along."""
        return self.list_trial(owner, scenario, trial)

    def list_trial(self, owner: str, scenario: str, trial: int) -> Iterator[Recording]:
        with self._lock:
            own = [found for (whose, _), found in self._calls.items() if whose == owner]
        return (found for found in own if _name_trial(found) == (scenario, trial))

    def forget(self, sha256: str) -> None:
        """Nothing is damaged here."""

    def close(self) -> None:
        """There is nothing to let go of."""

    def _note(self, recording: Recording, news: dict[str, Any]) -> None:
        self._news.setdefault(_name_trial(recording), []).append(news)


def _name_trial(recording: Recording) -> tuple[str, int]:
    return recording.scenario, recording.trial


def pack_trial(store: Shelf, scenario: str, trial: int) -> list[Packed]:
    """What a folder has of a trial for every run; damaged recordings stay where they are."""
    found = store.list_trial(SHARED, scenario, trial)
    return [{"recording": asdict(recording), "owners": [SHARED]} for recording in found]


def unpack(recorder: Recorder, packed: Iterable[Packed]) -> None:
    """Write what a trial elsewhere has recorded into the folder of this run, as if it had been made here."""
    store = recorder.store
    for item in packed:
        owners: list[str] = item["owners"]
        if "recording" in item:
            store.add(Recording(**item["recording"]), owners, replace=recorder.mode == "all")
            continue
        try:
            for owner in owners:
                store.find(SHARED, item["key"], keep_for=owner)
        except DamagedEntry:
            continue  # it has been damaged since it was sent
