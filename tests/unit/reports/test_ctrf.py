"""CTRF, held to its schema."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hostile import HOSTILE, read_hostile

from pytest_arc.domain.result import Verdict
from pytest_arc.reports.ctrf import write_ctrf


@pytest.fixture(scope="module")
def schema() -> Any:
    return json.loads((Path(__file__).parents[2] / "data" / "ctrf.schema.json").read_text(encoding="utf-8"))


def write(view: Any) -> Any:
    return json.loads("".join(write_ctrf(view, read_hostile)))


def test_cases_and_gates_are_tests_with_our_word_beside_the_status(
    make_case: Any, make_agent: Any, make_run: Any, schema: Any
) -> None:
    errored = make_case("c", "eee")
    verdicts = (
        Verdict("reliability", "bot", "failed", "why", True),
        Verdict("regression", "bot", "failed", "why", False, advisory=True),
        Verdict("performance", "bot", "inconclusive", "why", False),
    )
    agent = make_agent([make_case("a"), make_case("b", "pf"), errored], verdicts=verdicts)
    document = write(make_run(agent, git={"sha": "a81c07e", "dirty": False}))
    results = document["results"]

    jsonschema.Draft7Validator(schema).validate(document)
    assert {test["name"]: (test["status"], test["rawStatus"]) for test in results["tests"]} == {
        "a": ("passed", "passed"),
        "b": ("other", "below bar"),
        "c": ("failed", "errored"),
        "gate/reliability": ("failed", "failed"),
        "gate/regression": ("other", "failed"),
        "gate/performance": ("other", "inconclusive"),
    }
    counts = {name: results["summary"][name] for name in ("tests", "passed", "failed", "skipped", "other")}
    assert counts == {"tests": 6, "passed": 1, "failed": 2, "skipped": 0, "other": 3}
    assert results["summary"]["stop"] - results["summary"]["start"] == 291_000
    assert results["tests"][1]["extra"]["trials"] == {"passed": 1, "failed": 1, "errored": 0}


def test_an_interrupted_or_hostile_run_is_valid_too(
    make_case: Any, make_agent: Any, make_run: Any, schema: Any
) -> None:
    case = replace(make_case("a", "pf"), scenario=HOSTILE, path=HOSTILE, title=HOSTILE)
    agent = make_agent([case], path=HOSTILE)
    document = write(make_run(agent, started="", finished="", interrupted="killed"))

    jsonschema.Draft7Validator(schema).validate(document)
    assert "\ud83d" not in json.dumps(document, ensure_ascii=False)


def test_the_schema_refuses_what_is_no_ctrf(schema: Any) -> None:
    assert not jsonschema.Draft7Validator(schema).is_valid({"results": {"tests": []}})
