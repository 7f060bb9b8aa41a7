"""Processes that a test has started, or whose numbers it was told."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

__all__ = ["await_end", "is_alive"]

PATIENCE_S = 30.0


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits for its parent to hear of it does not."""
    if sys.platform == "win32":  # where os.kill(pid, 0) is Ctrl-C
        listing = subprocess.run(
            ["tasklist", "/FI", f"PID eq {pid}"], capture_output=True, text=True, check=True
        )
        return str(pid) in listing.stdout.split()
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def await_end(pids: Iterable[int]) -> None:
    """Wait until all of them have ended; an assertion fails when one will not."""
    pids = list(pids)
    give_up = time.monotonic() + PATIENCE_S
    while (left := [pid for pid in pids if is_alive(pid)]) and time.monotonic() < give_up:
        time.sleep(0.05)
    assert left == []
