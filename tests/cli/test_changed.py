"""`arc changed`: whether CI has anything to run for a change."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from shapes import Arc, Write

PROFILE = """
arc: 1
name: echo
target: {python: "demo_agents:echo"}
watch: ["../src/**/*.py", "../prompt.txt"]
scenarios: {include: ["../scenarios/*.yaml"]}
"""
SCENARIOS = """
arc_scenarios: 1
scenarios:
  - id: hello
    user: hello
    world: {files: {"ledger.csv": "../data/ledger.csv"}}
    expect: [{answer_contains: hello}]
"""


def _git(*arguments: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    done = subprocess.run(["git", *identity, *arguments], capture_output=True, encoding="utf-8", check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(project: Path, write: Write) -> Path:
    """On a branch that has just left main; git knows all that is there."""
    write(
        {
            "configs/echo.yaml": PROFILE,
            "scenarios/basics.yaml": SCENARIOS,
            "data/ledger.csv": "account,amount\ncash,1\n",
            "src/agent/main.py": "",
            "prompt.txt": "",
            "README.md": "",
        }
    )
    _git("init", "-q", "-b", "main")
    _git("add", "-A")
    _git("commit", "-q", "-m", "all")
    _git("checkout", "-q", "-b", "change")
    return project


def _change(path: str, text: str | None = "changed: 1\n") -> None:
    if text is None:
        Path(path).unlink()
    else:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")
    _git("add", "-A")
    _git("commit", "-q", "-m", path)


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    "path",
    ["src/agent/main.py", "src/agent/new/deep.py", "prompt.txt", "pyproject.toml", "baselines/echo.json"],
)
def test_what_agents_watch_is_told(arc: Arc, path: str) -> None:
    _change(path, "# changed\n")

    done = arc("changed", "configs")

    assert done.code == 0
    assert f"  configs/echo.yaml  1 file: {path}" in done.out


@pytest.mark.usefixtures("repository")
def test_a_watched_file_that_is_gone_is_a_change(arc: Arc) -> None:
    _change("src/agent/main.py", None)

    assert arc("changed", "configs").code == 0


@pytest.mark.usefixtures("repository")
def test_data_of_scenarios_and_their_folders_need_not_be_watched(arc: Arc) -> None:
    _change("data/ledger.csv", "account,amount\ncash,2\n")
    _change("scenarios/notes.txt")

    done = arc("changed", "configs", "--output", "json")

    assert json.loads(done.out)["agents"] == {"configs/echo.yaml": ["data/ledger.csv", "scenarios/notes.txt"]}


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("path", ["README.md", "src/notes.md", "docs/agent/main.py", "other/prompt.txt"])
def test_what_nobody_watches_is_nothing_to_run_for(arc: Arc, path: str) -> None:
    _change(path)

    done = arc("changed", "configs")

    assert done.code == 5
    assert done.out.startswith("nothing that matters here has changed since main ")


@pytest.mark.usefixtures("repository")
def test_without_watch_every_change_counts(arc: Arc) -> None:
    text = Path("configs/echo.yaml").read_text(encoding="utf-8")
    _change("configs/echo.yaml", "".join(line for line in text.splitlines(True) if "watch" not in line))
    _git("branch", "-f", "main")
    assert arc("changed", "configs").code == 5

    _change("README.md")

    assert arc("changed", "configs").code == 0


@pytest.mark.usefixtures("repository")
def test_base_names_the_commit_before_a_push(arc: Arc) -> None:
    before = _git("rev-parse", "HEAD")
    _change("prompt.txt")
    _git("checkout", "-q", "-B", "main")

    assert arc("changed", "configs").code == 5
    assert arc("changed", "configs", "--base", before).code == 0


@pytest.mark.usefixtures("repository")
def test_where_git_has_no_answer_everything_may_have_changed(arc: Arc) -> None:
    done = arc("changed", "configs", "--base", "0" * 40)

    assert done.code == 0
    assert done.out.startswith("everything may have changed: ")
