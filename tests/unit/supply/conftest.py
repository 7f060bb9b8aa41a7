"""Packages that are not really installed: their metadata stand where Python looks for packages."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import distributions
from pathlib import Path

import pytest

Plant = Callable[..., None]


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plant:
    """`plant("left-pad", "License-Expression: GPL-3.0-only")`: a package, version 1.0."""
    site = tmp_path / "site"
    monkeypatch.setenv("PYTHONPATH", str(site))

    def plant(name: str, *fields: str) -> None:
        folder = site / f"{name.replace('-', '_')}-1.0.dist-info"
        folder.mkdir(parents=True)
        lines = ["Metadata-Version: 2.4", f"Name: {name}", "Version: 1.0", *fields]
        (folder / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")

    return plant


@pytest.fixture
def allow_installed(tmp_path: Path) -> Path:
    """A list that allows what is really installed here, and MIT."""
    path = tmp_path / "licenses.txt"
    names = sorted({found.metadata["Name"] for found in distributions()})
    path.write_text("MIT\n" + "".join(f"{name}==*\n" for name in names), encoding="utf-8")
    return path
