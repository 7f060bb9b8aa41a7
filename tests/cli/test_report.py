"""`arc report`: a run that is over, in every format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from syrupy.assertion import SnapshotAssertion

if TYPE_CHECKING:
    from shapes import Arc


@pytest.fixture
def finished(project: Path, arc: Arc) -> Path:
    """The folder of a run."""
    arc("run", "configs")
    (folder,) = (project / ".arc" / "runs").iterdir()
    return folder


def test_each_format_is_what_its_name_says(finished: Path, arc: Arc) -> None:
    assert arc("report").out.startswith("### \u274c echo@v1 fails the gate reliability")
    assert arc("report", "last", "--format", "html").out.startswith("<!DOCTYPE html>")
    assert arc("report", "last", "--format", "ctrf").json["reportFormat"] == "CTRF"
    assert arc("report", finished.name, "--format", "json").out == (finished / "run.json").read_text(
        encoding="utf-8"
    )
    names = {
        case.attrib["name"]
        for case in ElementTree.fromstring(arc("report", "--format", "junit").out).iter("testcase")
    }
    assert names == {"greet/hello", "greet/month[Q1]", "greet/month[Q2]", "feel/like", "gate/reliability"}


def test_a_file_is_written_where_it_is_wanted(finished: Path, project: Path, arc: Arc) -> None:
    done = arc("report", "-o", "out/comment.md")

    assert (done.code, done.out) == (0, "out/comment.md\n")
    assert (project / "out" / "comment.md").read_text(encoding="utf-8") == arc("report").out


def test_a_run_without_an_end_is_told_as_far_as_it_came(finished: Path, arc: Arc) -> None:
    (finished / "run.json").unlink()

    assert "did not come to its end" in arc("report").out
    assert "2/4 trials passed until then" in arc("report", "--format", "junit").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("nowhere",),
        ("last", "--format", "pdf"),
        ("last", "-o", "taken/report.md"),
        ("last", "-o", "configs"),
    ],
    ids=["no such run", "no such format", "below a file", "a folder"],
)
def test_what_cannot_be_reported_is_one_message(
    arguments: tuple[str, ...], finished: Path, project: Path, arc: Arc, snapshot: SnapshotAssertion
) -> None:
    (project / "taken").touch()
    done = arc("report", *arguments)

    assert done.code == 4
    assert done.err.replace(finished.name, "RUN").replace(project.as_posix(), "PROJECT") == snapshot


def test_damaged_results_are_not_handed_on(finished: Path, arc: Arc) -> None:
    (finished / "run.json").write_text('{"format": 1, "resul', encoding="utf-8")
    done = arc("report", "--format", "json")

    assert done.code == 4
    assert done.out == ""
    assert "has no usable run.json" in done.err


def test_markdown_is_written_at_the_end_of_a_run_too(project: Path, arc: Arc) -> None:
    done = arc("run", "configs", "--markdown", "comment.md", "--json", "out.json")

    assert "report  comment.md" in done.out
    text = (project / "comment.md").read_text(encoding="utf-8")
    assert json.loads((project / "out.json").read_text(encoding="utf-8"))["header"]["run_id"] in text
