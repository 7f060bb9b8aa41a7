"""Recordings travel with their trials, and what trials elsewhere have recorded comes back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_arc.providers.cassettes.carried import CarriedStore, pack_trial, unpack
from pytest_arc.providers.cassettes.entries import Recording
from pytest_arc.providers.cassettes.recorder import SHARED, Recorder
from pytest_arc.providers.cassettes.store import Store

ONE = Recording(
    key="k1",
    kind="model",
    scenario="fx/eur",
    trial=1,
    purpose="agent",
    number=1,
    attempt=1,
    run="r1",
    recorded=1_700_000_000.0,
    request={"model": "m"},
    answer={"text": "42"},
)
OWN = "r2::bot/fx/eur"


@pytest.fixture
def folder(tmp_path: Path):
    store = Store(tmp_path / "cassettes")
    yield store
    store.close()


def _recorder(store: Store) -> Recorder:
    return Recorder(store, run="r2", mode="new", redact=lambda value: value)


def test_a_trial_takes_along_what_is_recorded_of_it_and_nothing_else(folder: Store) -> None:
    for number, trial in enumerate((1, 1, 2)):
        folder.add(replace(ONE, key=f"k{number}", trial=trial), [SHARED])
    packed = json.loads(json.dumps(pack_trial(folder, "fx/eur", 1)))
    there = CarriedStore()
    there.load("fx/eur", 1, packed)
    assert [there.find(SHARED, key) is not None for key in ("k0", "k1", "k2")] == [True, True, False]
    assert there.has_trial(SHARED, "fx/eur", 1)
    assert not there.has_trial(SHARED, "fx/eur", 2)


def test_what_was_recorded_there_is_found_here(folder: Store) -> None:
    there = CarriedStore()
    there.load("fx/eur", 1, [])
    there.add(ONE, [OWN, SHARED])
    unpack(_recorder(folder), json.loads(json.dumps(there.take("fx/eur", 1))))
    assert folder.find(SHARED, "k1") == folder.find(OWN, "k1") == ONE
    assert there.take("fx/eur", 1) == ()


def test_what_was_replayed_there_belongs_to_the_run_here(folder: Store) -> None:
    folder.add(ONE, [SHARED])
    there = CarriedStore()
    there.load("fx/eur", 1, pack_trial(folder, "fx/eur", 1))
    assert there.find(SHARED, "k1", keep_for=OWN) == ONE
    unpack(_recorder(folder), there.take("fx/eur", 1))
    folder.close()
    assert folder.find(OWN, "k1") == ONE


def test_a_trial_is_forgotten_when_the_last_agent_is_through_with_it(folder: Store) -> None:
    folder.add(ONE, [SHARED])
    there = CarriedStore()
    for _ in range(2):
        there.load("fx/eur", 1, pack_trial(folder, "fx/eur", 1))
    there.take("fx/eur", 1)
    assert there.find(SHARED, "k1") == ONE
    there.take("fx/eur", 1)
    assert there.find(SHARED, "k1") is None
