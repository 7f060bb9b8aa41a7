"""Recording, as the settings of a run ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from pathlib import Path
from typing import Any

from pytest_arc.domain.settings import Settings
from pytest_arc.providers.cassettes.recorder import SHARED, Recorder, Repetition, Shelf
from pytest_arc.providers.cassettes.seal import seal_sockets
from pytest_arc.providers.cassettes.store import MANIFEST, Store
from pytest_arc.providers.cassettes.threads import follow_threads
from pytest_arc.providers.cassettes.transports import patch_transports
from pytest_arc.providers.services import Services

__all__ = ["FOLDER", "count_recorded", "start_recording"]

FOLDER = "cassettes"
"""Below the folder of the settings."""


def start_recording(
    services: Services,
    settings: Settings,
    *,
    folder: Path,
    run: str,
    redact: Callable[[Any], Any],
    repeat: Repetition | None = None,
    store: Shelf | None = None,
) -> None:
    """Let the calls of a run be recorded and replayed; with `repeat`, replayed alone. `redact` takes secrets
    out of JSON values. The folder is made when there is something to write; with another `store` there is
    none.
    """
    options = settings.cassette
    max_age_s = options.max_age_days * 86_400 if options.max_age_days and repeat is None else None
    shelf: Shelf = store or Store(folder, options.max_mb * 1_000_000, max_age_s, services.warn)
    services.closing.callback(shelf.close)
    services.recorder = Recorder(
        shelf,
        run=run,
        mode=settings.record if repeat is None else "none",
        redact=redact,
        ignore=options.ignore,
        repeat=repeat,
        warn=services.warn,
        keep=settings.transcripts and repeat is None,
    )
    patch_transports()
    follow_threads()
    if services.recorder.is_sealed:
        seal_sockets()


def count_recorded(folder: Path, trials: Iterable[tuple[str, int, Set[str]]]) -> int:
    """How many trials (scenario, number, models) have a recorded answer of each of their models.

    Whether those answer all that a trial will ask, only its replay can tell. Nothing is made or changed.
    """
    if not (folder / MANIFEST).is_file():
        return 0
    store = Store(folder, is_writable=False)
    try:
        return sum(models <= _list_models(store, scenario, number) for scenario, number, models in trials)
    finally:
        store.close()


def _list_models(store: Store, scenario: str, trial: int) -> Set[str]:
    recorded = store.list_trial(SHARED, scenario, trial)
    return {str(recording.request.get("model")) for recording in recorded if recording.kind == "model"}
