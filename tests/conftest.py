"""What every test may ask for. Fixtures of one stage stand beside its tests."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent

# On a busy machine any example may stall for a moment, and the drawing of one too.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_configure() -> None:
    """Take Ctrl-C again: a shell that starts the suite in the background has it ignored, for children too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's `ARC_*` settings would change what a test sees. On CI pytest shortens no line, and
    what agents of tests do is nothing for the job's summary."""
    for name in list(os.environ):
        if name.startswith(("ARC_", "GITHUB_")) or name in ("CI", "BUILD_NUMBER"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout: configs/, scenarios/, docs/."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Recorded runs of real agents, where `RECORDED_RUNS` says they are; else the test is skipped."""
    place = os.environ.get("RECORDED_RUNS")
    if not place:
        pytest.skip("RECORDED_RUNS is not set: the recorded runs are not here")
    return Path(place)
