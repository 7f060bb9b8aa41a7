"""A project in an empty folder, and the command run in it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_arc.cli import main

if TYPE_CHECKING:
    from shapes import Arc, Write

AGENTS = '''
def echo(text):
    return f"You said {text}"

def moody(text, context):
    """Right in every second trial."""
    return f"You said {text}" if context.trial % 2 else "I do not feel like it"

def broken(text):
    raise ValueError("no such ledger")
'''

PROFILE = """
arc: 1
name: echo
version: v1
target: {python: "demo_agents:moody"}
trials: 4
scenarios: {include: ["../scenarios/*.yaml"]}
gates: {reliability: 0.85}
"""

SCENARIOS = """
arc_scenarios: 1
scenarios:
  - id: greet/hello
    user: hello
    expect:
      - answer_contains: hello
  - id: greet/month
    for_each:
      - {month: Q1}
      - {month: Q2}
    user: "good {{ month }}"
    expect:
      - answer_contains: "good {{ month }}"
  - id: feel/like
    user: I feel fine
    expect:
      - answer_contains: feel
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a pyproject.toml, an agent right in every second trial, and four cases for it."""
    _write_files(
        tmp_path,
        {
            "pyproject.toml": "",
            "demo_agents.py": AGENTS,
            "configs/echo.yaml": PROFILE,
            "scenarios/greetings.yaml": SCENARIOS,
        },
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    # Files that are written anew within a second would otherwise be taken from the cache.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    _forget_modules(tmp_path)


@pytest.fixture
def write(project: Path) -> Write:
    """Writes files into the project: `write({"configs/other.yaml": TEXT})`."""

    def write(files: dict[str, str]) -> None:
        _write_files(project, files)
        _forget_modules(project)

    return write


def _forget_modules(folder: Path) -> None:
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(str(folder)):
            del sys.modules[name]


def _write_files(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def text(self) -> str:
        """What was printed, without what differs from run to run."""
        return _hide_run(self.out)


@pytest.fixture
def arc(capsys: pytest.CaptureFixture[str]) -> Arc:
    """Runs the command in this process: `arc("run", "configs")`."""

    def run(*arguments: str) -> Done:
        code = main([*arguments])
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return run


def _hide_run(text: str) -> str:
    text = re.sub(r"\d{8}-\d{6}(-\d+)?", "RUN", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "START", text)
    # Kept in whole seconds, and not told of a run that took none.
    text = re.sub(r"^(\S+  START  \w+)  \d+ s$", r"\1", text, flags=re.MULTILINE)
    # Of two runs in one second the second has a longer name, for which the first one's column is as wide.
    text = re.sub(r"RUN +\|", "RUN |", text)
    return re.sub(r"\d+\.\d s( \(one by one.*\))?", "TIME", text)
