"""An agent whose module can be imported by the main thread only."""

from __future__ import annotations

import signal

signal.signal(signal.SIGUSR1, signal.SIG_IGN)


def answer(text: str) -> str:
    return "imported"
