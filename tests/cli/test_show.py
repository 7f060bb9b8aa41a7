"""`arc show`: runs, cases and trials that were made before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from syrupy.assertion import SnapshotAssertion

if TYPE_CHECKING:
    from shapes import Arc, Write

LONG = "def moody(text, context): return 'word ' * 500 + 'the end'"


@pytest.fixture(autouse=True)
def _run_once(project: Path, arc: Arc) -> None:
    assert arc("run", "configs").code == 1


def test_run_is_a_table_of_its_cases(arc: Arc, snapshot: SnapshotAssertion) -> None:
    done = arc("show", "last")

    assert done.code == 0
    assert done.text == snapshot
    assert max(map(len, done.out.splitlines())) <= 80


def test_run_of_a_newer_format_is_refused(project: Path, arc: Arc) -> None:
    header = next(project.glob(".arc/runs/*/header.json"))
    header.write_text(json.dumps(json.loads(header.read_text("utf-8")) | {"format": 99}), "utf-8")
    for command in ("show", "debug"):
        done = arc(command, "last::greet/hello#1")
        assert done.code == 4
        assert done.err.endswith(
            f"arc: run {header.parent.name} is of format 99, and this version of pytest-arc reads 1: "
            "use the version that made it\n"
        )


def test_case_is_all_its_trials_and_the_worst_transcript(arc: Arc, snapshot: SnapshotAssertion) -> None:
    done = arc("show", "last::greet/month[Q2]")

    assert done.code == 0
    assert done.text == snapshot


def test_trial_is_its_whole_transcript_with_the_checks(arc: Arc, snapshot: SnapshotAssertion) -> None:
    assert arc("show", "last::echo@v1/greet/hello#2").text == snapshot


def test_transcript_of_a_trial_is_not_shortened(project: Path, arc: Arc, write: Write) -> None:
    write({"demo_agents.py": LONG})
    arc("run", "configs", "--target", "python:demo_agents:moody")

    done = arc("show", "last::greet/hello#1")

    assert done.out.count("word") > 400
    assert "the end" in done.out


@pytest.mark.parametrize(
    "address",
    ["lst", "last::greet/helo", "last::greet/month", "last::greet/hello#9", "20200101-000000"],
)
def test_address_that_names_nothing_gets_the_near_miss(
    project: Path, arc: Arc, snapshot: SnapshotAssertion, address: str
) -> None:
    done = arc("show", address)

    assert (done.code, done.out) == (4, "")
    hidden = done.err.replace(project.as_posix(), "ROOT").replace(_find_run(project).name, "RUN")
    assert hidden == snapshot


def test_scenario_that_two_agents_have_must_be_named_in_full(project: Path, arc: Arc, write: Write) -> None:
    profile = (project / "configs/echo.yaml").read_text(encoding="utf-8")
    write({"configs/two.yaml": profile.replace("version: v1", "version: v2")})
    arc("run", "configs")

    ambiguous = arc("show", "last::greet/hello")

    assert ambiguous.code == 4
    assert "name one of: echo@v1/greet/hello, echo@v2/greet/hello" in ambiguous.err
    assert arc("show", "last::echo@v2/greet/hello").code == 0


def test_run_is_known_by_id_and_by_folder(project: Path, arc: Arc) -> None:
    folder = _find_run(project)
    by_name = arc("show", "last").out

    assert arc("show", folder.name).out == by_name
    assert arc("show", str(folder)).out == by_name


def test_address_is_read_with_the_quotes_that_the_windows_prompt_leaves(arc: Arc) -> None:
    arc("run", "configs")

    assert arc("show", "'last::greet/hello#2'").out == arc("show", "last::greet/hello#2").out != ""


def test_json_of_a_run_a_case_and_a_trial(arc: Arc) -> None:
    run, case = (
        arc("show", "last", "--output", "json").json,
        arc("show", "last::feel/like", "--output", "json"),
    )
    trial = arc("show", "last::feel/like#3", "--output", "json").json

    assert [c["id"] for c in run["cases"]] == [
        "echo@v1/feel/like",
        "echo@v1/greet/hello",
        "echo@v1/greet/month[Q1]",
        "echo@v1/greet/month[Q2]",
    ]
    assert run["gates"][0]["word"] == "failed"
    assert case.json["outcome"] == "passed"
    assert [t["trial"] for t in case.json["trials"]] == [1, 2, 3, 4]
    assert [step["text"] for step in trial["trajectory"]["steps"]] == ["I feel fine", "You said I feel fine"]


def test_run_without_an_end_shows_what_had_finished(project: Path, arc: Arc) -> None:
    (_find_run(project) / "run.json").unlink()

    done = arc("show", "last")

    assert "interrupted: no end was recorded; what had finished is here" in done.out
    assert "2/4  unfinished greet/hello" in done.out


def _find_run(project: Path) -> Path:
    return next(project.glob(".arc/runs/*"))


def test_below_bar_lists_only_those_cases(project: Path, arc: Arc, snapshot: SnapshotAssertion) -> None:
    done = arc("show", "last", "--below-bar")

    assert done.code == 0
    assert done.text == snapshot
    told = arc("show", "last", "--below-bar", "--output", "json").json
    assert {case["outcome"] for case in told["cases"]} == {"below bar"}
    assert len(told["cases"]) == done.out.count("  below bar  ")


def test_nothing_below_bar_is_said(arc: Arc) -> None:
    arc("run", "configs", "-k", "feel/like")

    assert "  no case is below its bar\n" in arc("show", "last", "--below-bar").out


def test_contrast_holds_a_failure_beside_a_success(arc: Arc, snapshot: SnapshotAssertion) -> None:
    done = arc("show", "last::greet/month[Q2]", "--contrast")

    assert done.code == 0
    assert done.text == snapshot
    assert max(map(len, done.out.splitlines())) <= 80


def test_contrast_as_json_names_the_steps_that_belong_together(arc: Arc) -> None:
    told = arc("show", "last::greet/hello", "--contrast", "--output", "json").json

    assert (told["trial"]["outcome"], told["passing"]["outcome"]) == ("failed", "passed")
    assert told["passages"] == [
        {"same": True, "trial": [1], "passing": [1]},
        {"same": False, "trial": [2], "passing": [2]},
    ]
    assert told["trial"]["steps"][1]["text"] == "I do not feel like it"


@pytest.mark.parametrize(
    "arguments",
    [
        ("last::greet/hello", "--below-bar"),
        ("last", "--contrast"),
        ("last::greet/hello#1", "--contrast"),
        ("last::feel/like", "--contrast"),
    ],
    ids=["below bar of a case", "contrast of a run", "contrast of a trial", "contrast of a case that passed"],
)
def test_choice_that_makes_no_sense_is_told_what_does(
    arc: Arc, snapshot: SnapshotAssertion, arguments: tuple[str, ...]
) -> None:
    done = arc("show", *arguments)

    assert (done.code, done.out) == (4, "")
    assert done.err == snapshot
