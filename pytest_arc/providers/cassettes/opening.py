"""Recording, as the settings of a run ask for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_arc.domain.settings import Settings
from pytest_arc.providers.cassettes.recorder import Recorder, Repetition
from pytest_arc.providers.cassettes.seal import seal_sockets
from pytest_arc.providers.cassettes.store import Store
from pytest_arc.providers.cassettes.transports import patch_transports
from pytest_arc.providers.services import Services

__all__ = ["FOLDER", "start_recording"]

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
) -> None:
    """Let the calls of a run be recorded and replayed; with `repeat`, replayed alone. `redact` takes secrets
    out of JSON values. The folder is made when there is something to write.
    """
    options = settings.cassette
    max_age_s = options.max_age_days * 86_400 if options.max_age_days and repeat is None else None
    store = Store(folder, options.max_mb * 1_000_000, max_age_s, services.warn)
    services.closing.callback(store.close)
    services.recorder = Recorder(
        store,
        run=run,
        mode=settings.record if repeat is None else "none",
        redact=redact,
        ignore=options.ignore,
        repeat=repeat,
        warn=services.warn,
        keep=settings.transcripts and repeat is None,
    )
    patch_transports()
    if services.recorder.is_sealed:
        seal_sockets()
