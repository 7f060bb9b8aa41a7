"""JUnit as its consumers read it: the schema of xunit2, and junitparser."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xmlschema
from hostile import HOSTILE, read_hostile
from junitparser import Error, Failure, JUnitXml, Skipped

from pytest_arc.domain.result import CaseWord, Verdict
from pytest_arc.domain.view import RunView
from pytest_arc.reports.junit import MOST_MESSAGE, write_junit

WORDS: tuple[CaseWord, ...] = (
    *("passed", "failed", "below bar", "errored", "not run", "skipped", "xfailed", "xpassed"),
)


@pytest.fixture(scope="module")
def schema() -> Any:
    return xmlschema.XMLSchema(Path(__file__).parents[2] / "data" / "junit-10.xsd")


@pytest.fixture
def view(make_case: Any, make_agent: Any, make_run: Any) -> RunView:
    cases = [_set_word(make_case(f"x/{word}", "ppf"), word) for word in WORDS]
    verdicts = (
        Verdict("reliability", "bot", "failed", "16 of 24 trials passed", True),
        Verdict("group/x", "bot", "inconclusive", "too few trials", False),
        Verdict("regression", "bot", "failed", "worse than main", False, advisory=True),
        Verdict("performance", "bot", "passed", "cost +2 %", False),
    )
    return make_run(make_agent(cases, verdicts=verdicts, path="configs/bot.yaml"))


def _set_word(case: Any, word: CaseWord) -> Any:
    return replace(case, outcome=replace(case.outcome, word=word, reason=f"why it is {word}"))


def write(view: RunView) -> str:
    return "".join(write_junit(view, read_hostile))


def test_it_is_valid_xunit2(view: RunView, schema: Any) -> None:
    text = write(view)
    schema.validate(text)
    # Strict readers know properties of testcases not at all: without them it is valid too.
    root = ElementTree.fromstring(text)
    for case in root.iter("testcase"):
        assert case[0].tag == "properties"
        case.remove(case[0])
    schema.validate(ElementTree.tostring(root, encoding="unicode"))


def test_a_schema_that_finds_nothing_would_be_no_proof(view: RunView, schema: Any) -> None:
    assert not schema.is_valid(write(view).replace("<testcase classname", "<testcase unknown"))
    assert not schema.is_valid(write(view).replace("<skipped", "<pending").replace("</skipped", "</pending"))


def test_what_became_of_cases_and_gates_is_read_back(view: RunView) -> None:
    root: Any = JUnitXml.fromstring(write(view).encode())._elem
    (suite,) = JUnitXml.fromroot(root)
    read = {case.name: [type(found) for found in case.result] for case in suite}

    assert read == {
        "x/passed": [],
        "x/failed": [Failure],
        "x/below bar": [Skipped],
        "x/errored": [Error],
        "x/not run": [Skipped],
        "x/skipped": [Skipped],
        "x/xfailed": [Skipped],
        "x/xpassed": [],
        "gate/reliability": [Failure],
        "gate/group/x": [Skipped],
        "gate/regression": [Skipped],
        "gate/performance": [],
    }
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (12, 2, 1, 6)
    assert {case.classname for case in suite} == {"configs.bot.yaml"}


def test_what_was_skipped_says_in_which_way(view: RunView) -> None:
    told = {
        case.attrib["name"]: (skipped.attrib["type"], skipped.attrib["message"])
        for case in ElementTree.fromstring(write(view)).iter("testcase")
        for skipped in case.iter("skipped")
    }

    assert told == {
        "x/below bar": ("pytest.xfail", "why it is below bar"),
        "x/xfailed": ("pytest.xfail", "why it is xfailed"),
        "x/not run": ("pytest.skip", "why it is not run"),
        "x/skipped": ("pytest.skip", "why it is skipped"),
        "gate/group/x": ("pytest.skip", "inconclusive: too few trials"),
        "gate/regression": ("pytest.skip", "advisory: would be failed: worse than main"),
    }


def test_nothing_that_agents_say_breaks_the_file(view: RunView, schema: Any) -> None:
    (agent,) = view.agents
    hostile = [
        replace(
            case,
            id=f"bot/{HOSTILE}{n}",
            scenario=f"{HOSTILE}{n}",
            title=HOSTILE,
            path=HOSTILE,
            outcome=replace(case.outcome, reason=HOSTILE * 20),
            trials=[replace(trial, reason=HOSTILE) for trial in case.trials],
        )
        for n, case in enumerate(agent.cases)
    ]
    verdicts = tuple(replace(verdict, reason=HOSTILE) for verdict in agent.verdicts)
    text = write(
        replace(view, agents=(replace(agent, cases=tuple(hostile), verdicts=verdicts, path=HOSTILE),))
    )
    root = ElementTree.fromstring(text.encode())

    schema.validate(io.StringIO(text))
    assert len(list(root.iter("testcase"))) == 12
    assert {case.tag for case in root.iter()} == {
        *("testsuites", "testsuite", "testcase", "properties", "property", "failure", "error", "skipped"),
    }
    messages = [found.attrib["message"] for found in root.iter() if "message" in found.attrib]
    assert all(len(message) <= MOST_MESSAGE for message in messages)
    assert "#x1B[31mred" in text


def test_a_run_of_nothing_is_a_valid_file(make_run: Any, schema: Any) -> None:
    schema.validate(write(make_run()))
