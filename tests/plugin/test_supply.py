"""The environment of a run: its SBOM, and its licences as one more test."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import distributions

import pytest
from syrupy.assertion import SnapshotAssertion

from .conftest import Project

pytest.importorskip("piplicenses", reason="the extra sbom is not installed")

ENOUGH = {f"ok/{number}": "pass" for number in range(20)}


@pytest.fixture
def plant(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside what is installed, and allowed here, stands a package under the GPL."""
    folder = project.path / "site" / "left_pad-1.0.dist-info"
    folder.mkdir(parents=True)
    metadata = (
        "Metadata-Version: 2.4\nName: left-pad\nVersion: 1.0\nLicense-Expression: MIT AND GPL-3.0-only\n"
    )
    (folder / "METADATA").write_text(metadata, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder.parent))
    names = sorted({found.metadata["Name"] for found in distributions()})
    (project.path / "licenses.txt").write_text("".join(f"{name}==*\n" for name in names), encoding="utf-8")


@pytest.mark.usefixtures("plant")
def test_a_licence_that_is_not_allowed_fails_one_more_test(project: Project) -> None:
    project.add_agent(ENOUGH, gate=0.85)
    cases = project.read_junit("--arc-licenses", "licenses.txt")
    assert cases["gate/reliability"].find("failure") is None
    failure = cases["gate/licenses"].find("failure")
    assert failure is not None
    assert "left-pad 1.0: MIT AND GPL-3.0-only" in (failure.text or "")
    assert project.run("--arc-licenses", "licenses.txt").ret == 1


@pytest.mark.usefixtures("plant")
def test_licences_are_a_gate_of_an_agent_that_has_no_other(project: Project) -> None:
    project.add_agent(ENOUGH)
    with (project.path / "licenses.txt").open("a", encoding="utf-8") as file:
        file.write("MIT AND GPL-3.0-only\n")
    result = project.run("--arc-licenses", "licenses.txt", "-v", "-k", "ok/1")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["bot.yaml::gate/licenses PASSED*"])
    (agent,) = project.read_run()["results"]["agents"]
    assert [(gate["gate"], gate["word"]) for gate in agent["gates"]] == [("licenses", "passed")]


@pytest.mark.usefixtures("plant")
def test_licences_of_an_advisory_run_fail_nothing(project: Project) -> None:
    project.add_agent(ENOUGH)
    result = project.run("--arc-licenses", "licenses.txt", "--arc-advisory")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*licenses FAILED*", "*advisory: this would have failed the run*"])


def test_the_header_of_the_run_carries_the_hash_of_the_sbom(project: Project) -> None:
    project.add_agent(ENOUGH)
    assert project.run("--arc-sbom", "out/bom.json").ret == 0
    data = (project.path / "out" / "bom.json").read_bytes()
    components = json.loads(data)["components"]
    told = {"sha256": hashlib.sha256(data).hexdigest(), "components": len(components)}
    assert project.read_run()["header"]["sbom"] == told


def test_an_sbom_that_cannot_be_written_leaves_the_results_incomplete(project: Project) -> None:
    project.add_agent(ENOUGH)
    project.block("bom.json")
    result = project.run("--arc-sbom", "bom.json")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*results are incomplete: bom.json: Is a directory"])


def test_an_interrupted_run_waits_for_no_sbom(project: Project) -> None:
    project.add_agent({"bad": "fail", **ENOUGH})
    assert project.run("--arc-sbom", "bom.json", "-x").ret == 1
    assert not (project.path / "bom.json").exists()


def test_a_list_that_cannot_be_used_starts_nothing(project: Project, snapshot: SnapshotAssertion) -> None:
    project.add_agent(ENOUGH)
    (project.path / "licenses.txt").write_text("MIT\nGPL*\n", encoding="utf-8")
    result = project.run("--arc-licenses", "licenses.txt")
    assert result.ret == 4
    assert [line for line in result.errlines if line] == snapshot


def test_a_missing_extra_is_one_message(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_arc.supply.inventory.SBOM", ("no_such_program",))
    project.add_agent(ENOUGH)
    result = project.run("--arc-sbom", "bom.json")
    assert result.ret == 4
    told = "*no_such_program is not installed: pip install 'pytest-arc?sbom?'*"
    result.stderr.fnmatch_lines([told])
