"""Agents that emit spans and log records, in a module of their own."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture
def write_agents(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], None]]:
    """Write the module `traced_agents`: what the test module has in `HEAD`, a TracerProvider of its own among
    it, and then the code."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(code: str) -> None:
        text = request.module.HEAD + textwrap.dedent(code)
        (tmp_path / "traced_agents.py").write_text(text, encoding="utf-8")
        importlib.invalidate_caches()

    yield write
    sys.modules.pop("traced_agents", None)
