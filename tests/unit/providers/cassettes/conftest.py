"""Trials that ask, and recorders that listen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import copy_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from pytest_arc.providers.cassettes.entries import Recording
from pytest_arc.providers.cassettes.recorder import Recorder
from pytest_arc.providers.cassettes.store import Store
from pytest_arc.providers.services import Services, use_services
from pytest_arc.redaction import Redactor
from pytest_arc.scope import TrialScope, enter_scope

if TYPE_CHECKING:
    from shapes import InTrial, MakeRecorder

SECRET = "correct-horse-battery-staple-9"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "cassettes")
    yield store
    store.close()


@pytest.fixture
def make_recorder(store: Store) -> MakeRecorder:
    """`make_recorder("new")`: each is a run of its own, over the same folder."""
    runs = iter(range(1, 100))
    redact = Redactor({"DESK_PASSWORD": SECRET}).value

    def make(mode: Literal["none", "once", "new", "all"] | None = None, **more: Any) -> Recorder:
        return Recorder(more.pop("store", store), run=f"run-{next(runs)}", mode=mode, redact=redact, **more)

    return make


@pytest.fixture
def in_trial() -> InTrial:
    """Runs a function as a trial of `fx/eur`; gives what the function returned, and the scope."""

    def run(
        recorder: Recorder | None,
        work: Callable[[], Any],
        *,
        trial: int = 1,
        attempt: int = 1,
        agent: str = "desk@v1",
    ) -> Any:
        scope = TrialScope(f"{agent}/fx/eur", "fx/eur", trial, attempt, seed=0)

        def enter() -> Any:
            enter_scope(scope)
            with use_services(Services(recorder=recorder)):
                return work()

        return copy_context().run(enter), scope

    return run


@pytest.fixture
def record() -> Callable[..., Recording]:
    """`record("a")`: a recording with that key."""

    def make(key: str, **fields: Any) -> Recording:
        known: dict[str, Any] = {
            "kind": "model",
            "scenario": "fx/eur",
            "trial": 1,
            "purpose": "agent",
            "number": 1,
            "attempt": 1,
            "run": "run-1",
            "recorded": 1_795_000_000.0,
            "request": {"ask": key},
            "answer": {"text": f"answer {key}"},
        }
        return Recording(key=key, **(known | fields))

    return make
