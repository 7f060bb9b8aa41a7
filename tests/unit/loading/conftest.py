"""A folder to write files in, and the text of all that is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from pytest_arc.errors import LoadError
from pytest_arc.loading import ProfileFile, load_profile

Write = Callable[[str, str], Path]
Complain = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user stands."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Write:
    """Write a file, its text dedented, and return its path as the user would type it."""

    def write_file(name: str, text: str) -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8", newline="\n")
        return path

    return write_file


@pytest.fixture
def load(write: Write) -> Callable[..., ProfileFile]:
    """Load a scenario file through a profile that includes it."""

    def load_scenario_file(text: str, name: str = "scenarios.yaml") -> ProfileFile:
        write(name, text)
        profile = write(
            "agent.yaml", f"arc: 1\nname: agent\ntarget: reference\nscenarios: {{include: {name}}}\n"
        )
        return load_profile(profile)

    return load_scenario_file


@pytest.fixture
def complain(load: Callable[..., ProfileFile]) -> Complain:
    """What is wrong with a scenario file, as the user reads it."""

    def load_and_read_problems(text: str, name: str = "scenarios.yaml") -> str:
        with pytest.raises(LoadError) as caught:
            load(text, name)
        return str(caught.value)

    return load_and_read_problems


@pytest.fixture
def complain_of_profile(write: Write) -> Complain:
    """What is wrong with a profile, as the user reads it."""

    def load_and_read_problems(text: str, target: str | None = None) -> str:
        with pytest.raises(LoadError) as caught:
            load_profile(write("agent.yaml", text), target=target)
        return str(caught.value)

    return load_and_read_problems
