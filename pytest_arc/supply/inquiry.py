"""A program of this environment that answers while trials run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

__all__ = ["Inquiry", "NoAnswer"]

POLL_S = 0.1
TIMEOUT_S = 300.0
"""For 200 packages a second is enough on an idle machine."""


class NoAnswer(Exception):
    """Why there is none, as a part of a sentence."""


class Inquiry:
    """One program: it starts at once; `read` waits for what it prints, `close` ends it whatever happened."""

    def __init__(self, module: str, *arguments: str) -> None:
        self.name = module
        self._folder = Path(tempfile.mkdtemp(prefix="pytest-arc-supply-"))
        # Both tools read settings from the pyproject.toml where they stand, and would import what lies there.
        with self._open("answer") as answer, self._open("complaint") as complaint:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", module, *arguments],
                cwd=self._folder,
                env={**os.environ, "PYTHONUTF8": "1"},
                stdin=subprocess.DEVNULL,
                stdout=answer,
                stderr=complaint,
            )
        self._deadline = time.monotonic() + TIMEOUT_S

    def _open(self, name: str) -> BinaryIO:
        return (self._folder / name).open("wb")

    def read(self, tick: Callable[[], None] = lambda: None) -> str:
        """What it has printed; `tick` is called while waiting. Raises NoAnswer."""
        while self._process.poll() is None:
            if time.monotonic() > self._deadline:
                raise NoAnswer(f"{self.name} did not end within {TIMEOUT_S:.0f} s")
            tick()
            time.sleep(POLL_S)
        if self._process.returncode:
            raise NoAnswer(f"{self.name} ended with {self._process.returncode}: {self._read_complaint()}")
        return (self._folder / "answer").read_text(encoding="utf-8")

    def _read_complaint(self) -> str:
        lines = (self._folder / "complaint").read_text(encoding="utf-8", errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it does not say why")

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
