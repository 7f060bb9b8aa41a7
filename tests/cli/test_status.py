"""`arc status`: the runs that are kept, whatever became of them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from syrupy.assertion import SnapshotAssertion

if TYPE_CHECKING:
    from shapes import Arc, Write

CRITICAL = """
arc: 1
name: careful
target: {python: "demo_agents:echo"}
trials: 2
scenarios:
  include: critical.scenarios.yaml
"""
SCENARIOS = """
arc_scenarios: 1
scenarios:
  - {id: pay, user: hello, critical: true, expect: [{answer_contains: paid}]}
"""


def test_before_the_first_run_there_is_nothing_to_list(project: Path, arc: Arc) -> None:
    done = arc("status")

    assert done.code == 0
    assert done.out == f"no run has been made yet in {project.as_posix()}/.arc\n"


def test_newest_run_comes_first(project: Path, arc: Arc, snapshot: SnapshotAssertion) -> None:
    arc("run", "configs")
    arc("run", "configs", "-k", "feel/like")

    done = arc("status")

    assert done.code == 0
    assert done.text == snapshot


def test_trials_that_confirm_an_alarm_are_in_no_rate(project: Path, arc: Arc, write: Write) -> None:
    write({"configs/critical.yaml": CRITICAL, "configs/critical.scenarios.yaml": SCENARIOS})
    assert arc("run", "configs/critical.yaml").code == 1

    (run,) = arc("status", "--output", "json").json

    (agent,) = run["agents"]
    assert (agent["passed"], agent["failed"], agent["estimate"]["n"]) == (0, 2, 2)
    assert "0/2  failed" in arc("show", "last").out
    assert arc("show", "last::pay#4").code == 0


def test_json_has_the_figures(project: Path, arc: Arc) -> None:
    arc("run", "configs")

    (run,) = arc("status", "--output", "json").json

    assert run["outcome"] == "failed"
    assert run["interrupted"] is None
    (agent,) = run["agents"]
    assert (agent["passed"], agent["failed"], agent["errored"]) == (10, 6, 0)
    assert agent["estimate"]["rate"] == 0.625
    assert [gate["word"] for gate in agent["gates"]] == ["failed"]


def test_run_whose_process_was_killed_keeps_its_finished_trials(project: Path, arc: Arc) -> None:
    arc("run", "configs")
    folder = next(project.glob(".arc/runs/*"))
    (folder / "run.json").unlink()
    lines = (folder / "trials.jsonl").read_bytes().splitlines(keepends=True)
    # Cut in the middle of a line, and of a character in it.
    (folder / "trials.jsonl").write_bytes(b"".join(lines[:5]) + lines[5][:40] + b"\xc3")

    (run,) = arc("status", "--output", "json").json

    assert run["outcome"] == "interrupted"
    assert run["agents"][0]["passed"] + run["agents"][0]["failed"] == 5
    assert "  interrupted\n    echo@v1: " in arc("status").out


def test_damaged_files_keep_no_run_from_being_listed(project: Path, arc: Arc) -> None:
    arc("run", "configs", "-k", "feel/like")
    folder = next(project.glob(".arc/runs/*"))
    (folder / "run.json").write_text('{"format": 1, "hea', encoding="utf-8")
    (folder / "header.json").write_bytes(b"")
    arc("run", "configs", "-k", "feel/like")

    done = arc("status")

    assert done.code == 0
    assert done.out.count("passed (") == 1
    assert f"{folder.name}  (start unknown)  interrupted\n" in done.out


def test_runs_of_one_agent_are_drawn_with_their_intervals(project: Path, arc: Arc) -> None:
    for trials in ("2", "8"):
        arc("run", "configs", "--trials", trials)

    shown = arc("status").text
    assert "reliability of echo, 0 to 100 %, the newest run last\n" in shown
    drawn = [line for line in shown.splitlines() if line.startswith("  RUN")]
    assert [line.rpartition("n ")[2] for line in drawn] == ["8", "32"]
    # More trials, a narrower interval.
    assert drawn[0].count("\u2591") > drawn[1].count("\u2591") > 0


def test_cost_and_time_are_those_of_the_whole_run(project: Path, arc: Arc) -> None:
    arc("run", "configs")
    header = json.loads(next(project.glob(".arc/runs/*/run.json")).read_text())["header"]

    (run,) = arc("status", "--output", "json").json

    assert run["cost_usd"] is None  # of a Python function nothing is known
    took = datetime.fromisoformat(header["finished"]) - datetime.fromisoformat(header["started"])
    assert run["duration_s"] == took.total_seconds()
