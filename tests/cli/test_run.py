"""`arc run`: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from syrupy.assertion import SnapshotAssertion

if TYPE_CHECKING:
    from shapes import Arc, Write

PASSING = {
    "configs/echo.yaml": """
arc: 1
name: echo
target: {python: "demo_agents:echo"}
scenarios: {include: ["../scenarios/*.yaml"]}
gates: {reliability: 0.85}
"""
}


def test_run_below_its_gate_fails_and_says_why(project: Path, arc: Arc, snapshot: SnapshotAssertion) -> None:
    done = arc("run", "configs")

    assert done.code == 1
    assert done.text == snapshot
    assert [line for line in done.out.splitlines() if len(line) > 80] == []


def test_run_above_its_gate_passes(
    project: Path, arc: Arc, write: Write, snapshot: SnapshotAssertion
) -> None:
    write(PASSING)

    done = arc("run", "configs")

    assert done.code == 0
    assert done.text == snapshot


def test_part_of_the_cases_gives_no_verdict_on_the_gate(project: Path, arc: Arc) -> None:
    done = arc("run", "configs", "-k", "greet/month[Q1]", "-k", "feel/*")

    assert done.code == 1
    assert "echo@v1: 2 of 4 cases selected: no gate is evaluated, each case" in done.out
    assert done.out.endswith("\n1 failed, 1 passed (exit 1)\n")


def test_options_may_be_written_as_pytest_has_them(project: Path, arc: Arc) -> None:
    done = arc("run", "configs", "--arc-trials", "1", "--arc-target", "python:demo_agents:echo")

    assert "4 trials" in done.out.splitlines()[0]
    assert done.code == 0, done.out


def test_broken_agent_is_to_blame(project: Path, arc: Arc) -> None:
    done = arc("run", "configs", "--target", "python:demo_agents:broken", "--trials", "1", "--strict")

    assert done.code == 1
    assert "failed      0/1  greet/hello  the agent raised ValueError: no such ledger" in done.out


def test_json_output_is_the_run_file_and_nothing_else(project: Path, arc: Arc) -> None:
    done = arc("run", "configs", "--output", "json")

    assert done.code == 1
    written = next(project.glob(".arc/runs/*/run.json")).read_text(encoding="utf-8")
    assert done.out == written
    assert done.json["results"]["agents"][0]["gates"][0]["word"] == "failed"


def test_results_are_written_where_asked_for(project: Path, arc: Arc) -> None:
    arc("run", "configs", "--json", "build/results/echo.json")

    results = json.loads((project / "build/results/echo.json").read_text(encoding="utf-8"))
    assert results["format"] == 1


def test_every_agent_has_its_own_part(project: Path, arc: Arc, write: Write) -> None:
    other = PASSING["configs/echo.yaml"].replace("name: echo", "name: other")
    write({"configs/other.yaml": other, "configs/docker-compose.yaml": "services: {}"})

    done = arc("run", "configs")

    assert done.out.startswith("arc: 2 agents, 8 cases, 36 trials, 2 gates; seed 0\n")
    assert "below bar   2/4  echo@v1/greet/hello " in done.out
    assert done.out.endswith("\n5 passed, 3 below bar; gates: 1 failed, 1 passed (exit 1)\n") or (
        done.out.endswith("\n5 passed, 3 below bar; gates: 1 failed, 1 inconclusive (exit 1)\n")
    )


def test_run_from_a_subfolder_keeps_its_runs_at_the_root(
    project: Path, arc: Arc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project / "configs")

    done = arc("run", "echo.yaml", "-k", "feel/like")

    assert done.code == 0
    folder = next(project.glob(".arc/runs/*")).as_posix()
    assert f"  run     {folder}\n" in done.out


def test_agent_cannot_write_to_the_terminal_in_its_own_colours(project: Path, arc: Arc, write: Write) -> None:
    write({"demo_agents.py": "def moody(text): return '\\x1b[2J\\x1b[32mall passed'"})

    done = arc("run", "configs")

    assert "\x1b" not in done.out
    assert r"\x1b[32mall passed" in arc("show", "last::greet/hello#1").out


def test_undecidable_gate_is_said_beforehand(project: Path, arc: Arc) -> None:
    done = arc("run", "configs", "--trials", "1", "--target", "python:demo_agents:echo")

    assert done.code == 0
    header = done.out.partition("\n\n")[0]
    assert header.splitlines()[1:] == [
        "echo@v1: gate/reliability cannot pass with 4 trials; 19 all-passing are the",
        "least at min 0.85",
    ]
    assert "gates: 1 inconclusive (exit 0)" in done.out


@pytest.mark.parametrize("blocked", [".arc", ".arc/runs"])
def test_run_folder_that_cannot_be_made_ends_in_one_message(
    project: Path, arc: Arc, write: Write, blocked: str
) -> None:
    write({blocked: "a file in the way"})

    done = arc("run", "configs")

    assert done.code == 4
    assert re.fullmatch(
        r"arc: cannot write to .*/\.arc/: .*\. No trial was run\.\n    Choose another place: .*\n", done.err
    )


def test_other_place_for_run_folders_is_respected_by_all_commands(
    project: Path, arc: Arc, write: Write
) -> None:
    write({".arc": "a file in the way"})

    assert arc("run", "configs", "--dir", "kept").code == 1
    assert arc("status", "--dir", "kept").out.count("\n") >= 2
    assert "greet/hello" in arc("show", "last", "--dir", "kept").out
