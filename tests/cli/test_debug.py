"""`arc debug`: one trial of an earlier run, again."""

from __future__ import annotations

import pdb
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import pytest
from syrupy.assertion import SnapshotAssertion

if TYPE_CHECKING:
    from shapes import Arc, Write

MENDED = "def moody(text): return f'I heard {text}'"


@pytest.fixture(autouse=True)
def _run_once(project: Path, arc: Arc) -> None:
    assert arc("run", "configs").code == 1


def test_failed_trial_is_repeated_as_it_was(arc: Arc, snapshot: SnapshotAssertion) -> None:
    done = arc("debug", "last::greet/month[Q2]#2")

    assert done.code == 1
    assert done.text == snapshot


def test_passed_trial_exits_with_zero(arc: Arc) -> None:
    done = arc("debug", "last::greet/hello#1")

    assert done.code == 0
    assert "  trial 1 passed\n" in done.out
    assert done.out.endswith("  as in that run\n")


def test_case_without_a_trial_means_its_worst(arc: Arc) -> None:
    assert ": echo@v1/greet/hello, trial 2\n  seed " in arc("debug", "last::greet/hello").out


def test_nothing_is_recorded(project: Path, arc: Arc) -> None:
    arc("debug", "last::greet/hello#1")

    assert len(list(project.glob(".arc/runs/*"))) == 1


def test_mended_agent_passes_where_it_failed(arc: Arc, write: Write) -> None:
    write({"demo_agents.py": MENDED})

    done = arc("debug", "last::greet/hello#2")

    assert done.code == 0
    assert "in that run it failed: the answer does not contain 'hello'" in done.out


@pytest.mark.parametrize(
    "file, old, new, change",
    [
        ("scenarios/greetings.yaml", "user: hello", "user: hello there", "the scenario (what the user says,"),
        (
            "scenarios/greetings.yaml",
            "answer_contains: hello",
            "answer_contains: hi",
            "the scenario's checks",
        ),
        ("configs/echo.yaml", "trials: 4", "trials: 4\nlimits: {max_steps: 3}", "the agent (its prompt,"),
    ],
)
def test_change_since_the_run_is_said(
    project: Path, arc: Arc, write: Write, file: str, old: str, new: str, change: str
) -> None:
    text = (project / file).read_text(encoding="utf-8")
    write({file: text.replace(old, new)})

    assert f"  changed since: {change}" in arc("debug", "last::greet/hello#1").out


def test_settings_and_seed_are_those_of_the_run(arc: Arc) -> None:
    arc("run", "configs", "--seed", "random", "--target", "python:demo_agents:echo", "--trials", "7")
    seed = arc("show", "last::greet/hello#7", "--output", "json").json["seed"]

    done = arc("debug", "last::greet/hello#7")

    assert done.code == 0
    assert f"trial 7\n  seed {seed}\n" in done.out
    assert "changed since" not in done.out


def test_scenario_that_is_gone_is_named(project: Path, arc: Arc, write: Write) -> None:
    greetings = (project / "scenarios/greetings.yaml").read_text(encoding="utf-8")
    write({"scenarios/greetings.yaml": greetings.replace("greet/hello", "greet/good-day")})

    done = arc("debug", "last::greet/hello#1")

    assert done.code == 4
    assert done.err == "arc: configs/echo.yaml has no scenario 'greet/hello' any more\n"


def test_profile_is_found_from_a_subfolder(project: Path, arc: Arc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "scenarios")

    assert arc("debug", "last::greet/hello#1").code == 0


def test_case_has_to_be_named(arc: Arc) -> None:
    done = arc("debug", "last")

    assert done.code == 4
    assert done.err.startswith("arc: name a case: arc debug '2")


def test_pdb_stops_where_the_agent_raised(arc: Arc, monkeypatch: pytest.MonkeyPatch) -> None:
    arc("run", "configs", "--target", "python:demo_agents:broken", "--trials", "1")
    stops: list[str] = []

    def note(traceback: TracebackType | None) -> None:
        while traceback is not None and traceback.tb_next is not None:
            traceback = traceback.tb_next
        assert traceback is not None
        stops.append(traceback.tb_frame.f_code.co_name)

    monkeypatch.setattr(pdb, "post_mortem", note)

    done = arc("debug", "last::greet/hello#1", "--pdb")

    assert done.code == 1
    assert stops == ["broken"]
    assert "the agent raised ValueError: no such ledger" in done.out
