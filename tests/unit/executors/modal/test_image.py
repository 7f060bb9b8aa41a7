"""What goes along into containers: the modules that were imported from the project, and locked packages."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path, PurePosixPath

import pytest

from pytest_arc.executors.modal.image import Sources, find_sources, list_requirements


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project with a module, a package in `src`, and a library beside the project."""
    files = [
        "app/ledger_bot.py",
        "app/src/ledger_tools/__init__.py",
        "app/prompts/hello.txt",
        "lib/ledger_lib.py",
    ]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    before = set(sys.modules)
    for folder in ("app", "app/src", "lib"):
        monkeypatch.syspath_prepend(tmp_path / folder)
    monkeypatch.chdir(tmp_path / "app")
    yield tmp_path / "app"
    for name in set(sys.modules) - before:
        del sys.modules[name]


def _find(root: Path, *extra: str) -> Sources:
    return find_sources(root, (".", "src", (root.parent / "lib").as_posix()), extra)


def _list_places(sources: Sources) -> dict[str, str]:
    return {path.name: str(place) for path, place in sources.places}


def test_only_what_has_been_imported_goes_along(root: Path) -> None:
    assert _list_places(_find(root)) == {}
    importlib.import_module("ledger_bot")
    assert _list_places(_find(root)) == {"ledger_bot.py": "/root/ledger_bot.py"}


def test_everything_keeps_its_place_in_the_project(root: Path) -> None:
    importlib.import_module("ledger_tools")
    importlib.import_module("ledger_lib")
    sources = _find(root, "prompts")
    assert _list_places(sources) == {
        "ledger_tools": "/root/src/ledger_tools",
        "ledger_lib.py": "/root/.arc/roots/2/ledger_lib.py",
        "prompts": "/root/prompts",
    }
    assert sources.import_roots == (".", "src", ".arc/roots/2")


@pytest.mark.parametrize(
    "below,expected",
    [("..", ("app", "")), (".", (".", "")), ("src", (".", "src"))],
    ids=["above the project", "its root", "below it"],
)
def test_the_current_folder_is_the_same_there(
    root: Path, monkeypatch: pytest.MonkeyPatch, below: str, expected: tuple[str, str]
) -> None:
    monkeypatch.chdir(root / below)
    sources = _find(root)
    assert (sources.root, sources.cwd) == expected
    begin = PurePosixPath("/root") / sources.root
    (place,) = [place for _, place in _find(root, "prompts").places]
    assert place == begin / "prompts"


def test_packages_are_those_of_this_process_to_the_version() -> None:
    packages = list_requirements([])
    assert f"pydantic=={version('pydantic')}" in packages
    assert not [name for name in packages if name.startswith(("modal", "langgraph"))]


def test_an_extra_that_is_used_brings_its_packages_with_their_own_extras() -> None:
    pytest.importorskip("pydantic_ai", reason="needs the extra 'models'")
    expected = f"pydantic-ai-slim[anthropic,openai]=={version('pydantic-ai-slim')}"
    assert expected in list_requirements(["models"])
