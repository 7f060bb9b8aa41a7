"""Process groups: whatever a program starts ends with it."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

__all__ = ["GROUP", "end_group", "forget_group", "remember_group"]

GROUP: Mapping[str, Any] = (
    {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    if sys.platform == "win32"
    else {"start_new_session": True}
)
"""How a process is started that leads a group of its own. Ctrl-C at the terminal does not reach it."""

_running: set[int] = set()
"""Process ids, for an end of this process that leaves its event loop no time."""


def remember_group(pid: int) -> None:
    """Kill this group when this process ends, unless it is forgotten before."""
    _running.add(pid)


def forget_group(pid: int) -> None:
    """Leave a group alone that has ended."""
    _running.discard(pid)


@atexit.register
def _end_all() -> None:
    for pid in _running:
        end_group(pid, kill=True)


def end_group(pid: int, kill: bool = False) -> None:
    """End the process group that `pid` leads, as far as there still is one."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(pid)], capture_output=True, check=False)
        return
    with suppress(ProcessLookupError, PermissionError):  # macOS: the latter, when only zombies are left
        os.killpg(pid, signal.SIGKILL if kill else signal.SIGTERM)
