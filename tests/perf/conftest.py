"""Benchmarks: `make bench`. They measure and report; none fails because a machine is slow."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import Any

import pytest
from measuring import Figure, format_table

FIGURES = pytest.StashKey[list[Figure]]()
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("perf")
            if sys.platform == "win32":
                item.add_marker(
                    pytest.mark.skip(reason="Windows does not tell what a child process has cost")
                )


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> list[Figure]:
    """Put a figure here, and it is in the table at the end."""
    return request.config.stash.setdefault(FIGURES, [])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    figures = terminalreporter.config.stash.get(FIGURES, [])
    if figures:
        terminalreporter.section("benchmarks")
        terminalreporter.write_line(f"Python {platform.python_version()}, {platform.platform()}")
        for line in format_table(figures):
            terminalreporter.write_line(line)
