"""JUnit of pytest and JUnit of `arc report`: two writers, one content."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xmlschema

from pytest_arc.cli import main

from .conftest import Project

AGENTS = '''
def attack(text):
    """Says what JUnit has no place for."""
    return "\\x1b[31m \\x00 ]]> <b>&amp;</b> \\u202e \\ud83d \\ufffe \\U0001f600"
'''

MIXED = {
    "ok": "pass",
    "below/bar[1]": "pass 4",
    "pay": {"user": "pass 4", "critical": True},
    "broken": "break",
    "later": {"user": "pass", "skip": "until the printer is back"},
    "known": {"user": "fail", "xfail": "the printer is on fire"},
    "unexpected": {"user": "pass", "xfail": "it was fixed"},
}


def _read(path: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        results = [element for element in case if element.tag != "properties"]
        key = f"{case.attrib['classname']}::{case.attrib['name']}"
        assert key not in found
        found[key] = {
            "properties": {p.attrib["name"]: p.attrib["value"] for p in case.iter("property")},
            "results": [(e.tag, e.attrib.get("type"), _first_line(e), _name_run(e.text)) for e in results],
        }
    return found


def _first_line(element: ElementTree.Element) -> str:
    """The rest of a message is cut differently by each version of pytest."""
    return re.split(r"\n|&#10;", element.attrib["message"])[0].rstrip('"')


def _name_run(text: str | None) -> str:
    """A run that is over is called by its id, one that goes on `last`."""
    return re.sub(r"\d{8}-\d{6}(-\d+)?(?=::)", "last", text or "")


def _write_both(project: Project) -> tuple[dict[str, Any], dict[str, Any]]:
    project.run("--junitxml=pytest.xml", "-o", "junit_family=xunit2")
    assert main(["report", "last", "--format", "junit", "-o", "arc.xml"]) == 0
    schema = xmlschema.XMLSchema(Path(__file__).parents[1] / "data" / "junit-10.xsd")
    for name in ("pytest.xml", "arc.xml"):
        schema.validate(project.path / name)
    return _read(project.path / "pytest.xml"), _read(project.path / "arc.xml")


@pytest.mark.parametrize(
    "gate", [None, 0.5, 0.99], ids=["no gate", "a gate that passes", "a gate that fails"]
)
def test_both_writers_say_the_same_of_every_testcase(gate: float | None, project: Project) -> None:
    project.add_agent(MIXED, gate=gate, file="configs/bot.yaml")
    by_pytest, by_arc = _write_both(project)

    assert by_arc == by_pytest


def test_both_writers_agree_on_what_an_agent_says_that_no_xml_can_hold(project: Project) -> None:
    project.write(attackers=AGENTS)
    project.add_agent(
        {"a": "hello", "b": {"user": "hello", "critical": True}},
        target={"python": "attackers:attack"},
        gate=0.8,
    )
    by_pytest, by_arc = _write_both(project)

    assert set(by_arc) == set(by_pytest)
    for name, told in by_arc.items():
        assert [found[:2] for found in told["results"]] == [found[:2] for found in by_pytest[name]["results"]]


def test_both_writers_agree_on_an_interrupted_run(project: Project) -> None:
    project.add_agent({"a": "fail", "b": "pass", "c": "pass"})
    project.run("--junitxml=pytest.xml", "-x")
    main(["report", "last", "--format", "junit", "-o", "arc.xml"])
    by_pytest, by_arc = _read(project.path / "pytest.xml"), _read(project.path / "arc.xml")

    assert {name: told for name, told in by_arc.items() if name in by_pytest} == by_pytest
    # pytest tells of nothing after the failure; the run has what had ended by then.
    rest = [found[0] for name, told in by_arc.items() if name not in by_pytest for found in told["results"]]
    assert set(rest) <= {"skipped"}
