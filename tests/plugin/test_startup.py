"""What the plugin costs a project that has it installed and does not use it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = "yaml pydantic jinja2 rich asyncio numpy sklearn modal click httpx jsonschema openpyxl".split()

SCRIPT = f"""
import sys
import pytest
code = pytest.main(["-p", "pytest_arc.plugin", "--co", "-q"])
print("loaded:", *sorted(set({HEAVY!r}) & set(sys.modules)))
print("ours:", *sorted(name for name in sys.modules if name.startswith("pytest_arc")))
sys.exit(code)
"""


def test_without_arc_nothing_heavy_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (tmp_path / "test_plain.py").write_text("def test_plain(): pass\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert "loaded:" in lines
    assert "ours: pytest_arc pytest_arc.hookspec pytest_arc.plugin" in lines
