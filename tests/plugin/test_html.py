"""`--arc-html`: the page of the run that was just made."""

from __future__ import annotations

import json

import pytest
from syrupy.assertion import SnapshotAssertion

from .conftest import Project


def test_the_page_is_written_and_its_place_is_told(project: Project) -> None:
    project.add_agent({"a": "pass", "b": "fail"}, gate=0.85)
    result = project.run("--arc-html", "out/report.html")

    page = (project.path / "out" / "report.html").read_text(encoding="utf-8")
    result.stdout.fnmatch_lines(["  report  out/report.html"])
    assert "5 of 10 trials passed" in page
    assert project.find_run().name in page


def test_what_is_secret_is_not_on_the_page(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "h7Kq-92xx-77")
    said = {"user": "fail h7Kq-92xx-77", "title": "Says h7Kq-92xx-77", "tags": ["h7Kq-92xx-77"]}
    project.add_agent({"a": said, "b/h7Kq-92xx-77": "fail"})
    project.run("--arc-html", "report.html")
    page = (project.path / "report.html").read_text(encoding="utf-8")

    assert "h7Kq-92xx-77" not in page
    assert "Says [redacted SHOP_TOKEN]" in page


def test_a_run_that_ended_early_has_its_page_too(project: Project) -> None:
    project.add_agent({"a": "fail", "b": "pass"})
    project.run("--arc-html", "report.html", "-x")

    assert "did not come to its end" in (project.path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("output", ["html", "markdown", "json", "sbom"])
def test_an_output_that_cannot_be_written_keeps_the_run_from_starting(
    output: str, project: Project, snapshot: SnapshotAssertion
) -> None:
    project.add_agent({"a": "pass"})
    (project.path / "out").write_text("a file where a folder is wanted", encoding="utf-8")
    result = project.run(f"--arc-{output}", "out/report")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [
        line for line in result.outlines + result.errlines if "write" in line or "place" in line
    ] == snapshot
    assert not list((project.path / ".arc").glob("runs/*"))


def test_a_page_that_can_no_longer_be_written_loses_no_verdict(project: Project) -> None:
    project.add_agent({"a": "pass"})
    project.block("report.html")
    result = project.run("--arc-html", "report.html")

    result.assert_outcomes(passed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*results are incomplete: report.html: Is a directory"])
    assert json.loads((project.find_run() / "run.json").read_text(encoding="utf-8"))["format"] == 1
