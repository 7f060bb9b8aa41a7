"""`arc settings`: each setting, its value, and where that came from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_arc.domain.settings import Settings
from pytest_arc.loading.keys import list_keys

if TYPE_CHECKING:
    from shapes import Arc

TOML = "[tool.pytest-arc]\nseed = 3\nattempts = 4\ntrials = 5\n"


@pytest.fixture
def sources(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in which every place gives a setting, and each overrules one of those before it."""
    (project / "pyproject.toml").write_text(TOML + 'dir = "runs"\n', encoding="utf-8")
    (project / "pytest.toml").write_text("[tool.pytest-arc]\nattempts = 6\ntrials = 7\n", encoding="utf-8")
    monkeypatch.setenv("ARC_TRIALS", "8")
    monkeypatch.setenv("ARC_STRICT", "true")
    monkeypatch.setenv("ARC_REDIS_URL", "redis://jane:pa55word@localhost/0")
    return project


def test_each_value_is_shown_with_the_place_it_came_from(sources: Path, arc: Arc) -> None:
    done = arc("settings", "--arc-strict", "--no-transcripts", "--output", "json")
    assert done.code == 0
    table = json.loads(done.out)
    assert list(table) == list_keys(Settings)
    given = {
        key: (entry["source"], entry["value"]) for key, entry in table.items() if entry["source"] != "default"
    }
    assert given == {
        "seed": ("pyproject.toml:2", 3),
        "dir": ("pyproject.toml:5", "runs"),
        "attempts": ("pytest.toml:2", 6),
        "trials": ("ARC_TRIALS", 8),
        "redis_url": ("ARC_REDIS_URL", "redis://[redacted credentials]@localhost/0"),
        "strict": ("--arc-strict", True),
        "transcripts": ("--arc-no-transcripts", False),
    }


def test_for_people_there_is_one_line_for_each(sources: Path, arc: Arc) -> None:
    lines = arc("settings").out.splitlines()
    assert len(lines) == len(list_keys(Settings))
    columns = [line.split(maxsplit=2) for line in lines]
    assert ["seed", "pyproject.toml:2", "3"] in columns
    assert ["budget", "default", "-"] in columns


def test_what_a_hook_has_changed_is_said_to_come_from_it(project: Path, arc: Arc) -> None:
    hook = "def pytest_arc_settings(settings):\n    return settings.model_copy(update={'attempts': 9})\n"
    (project / "conftest.py").write_text(hook, encoding="utf-8")
    table = json.loads(arc("settings", "--output=json").out)
    assert table["attempts"] == {"value": 9, "source": "a pytest_arc_settings hook"}


def test_a_wrong_setting_is_a_misuse(project: Path, arc: Arc) -> None:
    done = arc("settings", "--telemetry", "carrier pigeon")
    assert done.code == 4
    assert "--arc-telemetry: 'telemetry' must be" in done.err
