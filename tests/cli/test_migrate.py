"""`arc migrate`: older files become current ones, current ones stay as they are."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from syrupy.assertion import SnapshotAssertion

if TYPE_CHECKING:
    from shapes import Arc, Write

FIVE_LINES = """\
# The agent that answers at night.

name: echo   # as everybody calls it
target: {python: "demo_agents:moody"}
epochs: 4  # more than usual
instructions: |
  epochs: stay as they are in here
scenarios: {include: ["../scenarios/*.yaml"]}
"""


def test_profile_in_words_of_other_tools_becomes_ours_and_runs(
    project: Path, write: Write, arc: Arc, snapshot: SnapshotAssertion
) -> None:
    write({"configs/night.yaml": FIVE_LINES})
    before = arc("validate", "configs/night.yaml")
    done = arc("migrate", "configs/night.yaml")

    assert before.code != 0
    assert done.code == 0
    assert done.out == "configs/night.yaml: profile, format 0 -> 1; before: night.yaml.bak\n"
    assert (project / "configs" / "night.yaml").read_text(encoding="utf-8") == snapshot
    assert (project / "configs" / "night.yaml.bak").read_text(encoding="utf-8") == FIVE_LINES
    assert arc("validate", "configs/night.yaml").code == 0


def test_what_was_lifted_is_current_the_next_time(project: Path, write: Write, arc: Arc) -> None:
    write({"configs/night.yaml": FIVE_LINES.replace("\n", "\r\n")})
    arc("migrate", "configs/night.yaml")
    lifted = (project / "configs" / "night.yaml").read_bytes()
    again = arc("migrate", "configs/night.yaml")

    assert lifted.startswith(b"# The agent that answers at night.\r\n\r\narc: 1\r\nname: echo")
    assert again.out == "configs/night.yaml: is current (profile, format 1)\n"
    assert (project / "configs" / "night.yaml").read_bytes() == lifted


def test_profile_in_json_is_lifted_too(project: Path, write: Write, arc: Arc) -> None:
    write({"configs/bot.json": '{"name": "bot", "runs": 3, "target": "reference"}'})
    arc("migrate", "configs/bot.json")

    assert (project / "configs" / "bot.json").read_text(encoding="utf-8") == (
        '{\n  "arc": 1,\n  "name": "bot",\n  "trials": 3,\n  "target": "reference"\n}\n'
    )


def test_every_kind_of_file_that_is_current_is_left_alone(project: Path, arc: Arc) -> None:
    arc("run", "configs", "--record", "new")
    (run,) = (project / ".arc" / "runs").iterdir()
    arc("baseline", "accept", "last")
    files = [
        *(Path("configs/echo.yaml"), Path("scenarios/greetings.yaml")),
        *(run.relative_to(project) / "run.json", *Path("baselines").glob("*.json")),
    ]
    with sqlite3.connect(project / "manifest.sqlite3") as connection:
        connection.execute("CREATE TABLE entries (id)")
    contents = [path.read_bytes() for path in files]
    done = arc("migrate", *map(str, files), "manifest.sqlite3")

    assert done.code == 0
    assert [line.partition(": ")[2] for line in done.out.splitlines()] == [
        f"is current ({kind}, format 1)"
        for kind in ("profile", "scenarios", "results", "baseline", "recordings")
    ]
    assert [path.read_bytes() for path in files] == contents
    assert not list(project.rglob("*.bak"))


@pytest.mark.parametrize(
    "name, text",
    [
        ("a.yaml", "arc: 2\nname: a\ntarget: reference\n"),
        ("a.yaml", "arc_scenarios: 7\nscenarios: []\n"),
        ("a.json", '{"arc_baseline": 2}'),
        ("a.json", '{"format": 9, "results": {}}'),
        ("a.json", '{"format": 0, "results": {}}'),
        ("a.json", "{"),
        ("a.yaml", "services: {web: {image: nginx}}\n"),
        ("a.yaml", "a: [1\n"),
        ("a.yaml", "epochs: 3\nruns: 4\n"),
    ],
)
def test_file_that_cannot_be_lifted_is_one_message_and_nothing_is_written(
    name: str, text: str, project: Path, write: Write, arc: Arc, snapshot: SnapshotAssertion
) -> None:
    write({name: text, "configs/night.yaml": FIVE_LINES})
    done = arc("migrate", "configs/night.yaml", name)

    assert (done.code, done.out) == (2, "")
    assert done.err == snapshot
    assert (project / "configs" / "night.yaml").read_text(encoding="utf-8") == FIVE_LINES
    assert not list(project.rglob("*.bak"))


def test_recordings_of_a_newer_format_are_refused(project: Path, arc: Arc) -> None:
    with sqlite3.connect(project / "manifest.sqlite3") as connection:
        connection.execute("PRAGMA user_version = 2")
    done = arc("migrate", "manifest.sqlite3")

    assert done.code == 2
    assert "format 2 was written by a newer pytest-arc" in done.err


def test_backup_that_is_there_is_not_overwritten(project: Path, write: Write, arc: Arc) -> None:
    write({"configs/night.yaml": FIVE_LINES, "configs/night.yaml.bak": "precious"})
    done = arc("migrate", "configs/night.yaml")

    assert done.code == 4
    assert "configs/night.yaml.bak is there: move it away first; nothing was changed" in done.err
    assert (project / "configs" / "night.yaml.bak").read_text(encoding="utf-8") == "precious"
