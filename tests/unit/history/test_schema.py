"""The schema of `run.json`, held to what runs of several kinds write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pytest_arc.domain.settings import Settings
from pytest_arc.history.schema import export_run_schema
from pytest_arc.planning import make_plan
from pytest_arc.session import Session, run_session

SCHEMA = export_run_schema()


def find_errors(document: Any) -> list[str]:
    validator: Any = Draft202012Validator(SCHEMA)
    return [f"{list(error.path)} {error.message}" for error in validator.iter_errors(document)]


def test_schema_in_the_documentation_is_that_of_the_code(root: Path) -> None:
    written = json.loads((root / "docs" / "schema" / "run.schema.json").read_text(encoding="utf-8"))

    Draft202012Validator.check_schema(SCHEMA)
    assert written == SCHEMA, "run `arc schema -o docs/schema` and commit what it writes"


KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "mixed": ({"a": "pass", "b": "fail", "c": "crash", "d": "call broken"}, {}),
    "gates": (
        {"x/a": "pass", "x/b": "pass 2"},
        {"gates": {"reliability": 0.5, "groups": {"x": 0.9}, "regression": {}, "performance": {"cost": 0.1}}},
    ),
    "nothing scored": ({"a": "call broken"}, {"gates": {"reliability": 0.5}}),
    "skipped and expected": (
        {"a": {"user": "pass", "skip": "later"}, "b": {"user": "fail", "xfail": "known"}},
        {},
    ),
    "rounds": ({"a": "pass", "b": "pass"}, {"trials": {"first": 2, "max": 4}, "gates": {"reliability": 0.5}}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_run_is_valid(kind: str, plan_bot: Any, tmp_path: Path) -> None:
    scenarios, profile = KINDS[kind]
    session = run_session(Session(make_plan([plan_bot(scenarios, **profile)]), Settings(), root=tmp_path))

    assert find_errors(json.loads("".join(session.write_document()))) == []


def test_an_interrupted_run_is_valid(plan_bot: Any, tmp_path: Path) -> None:
    session = Session(make_plan([plan_bot({"a": "pass", "b": "pass"})]), Settings(), root=tmp_path)
    session.start()
    session.stop("interrupted")
    session.decide_gates()
    session.finish()
    document = json.loads("".join(session.write_document()))

    assert document["header"]["interrupted"] == "interrupted"
    assert find_errors(document) == []


def test_what_readers_rely_on_is_asked_for(plan_bot: Any, tmp_path: Path) -> None:
    session = run_session(Session(make_plan([plan_bot({"a": "pass"})]), Settings(), root=tmp_path))
    document = json.loads("".join(session.write_document()))
    document["results"]["agents"][0]["cases"][0].pop("estimate")
    document["header"]["new"] = "keys may be added"
    document["format"] = 2

    assert sorted(find_errors(document)) == [
        "['format'] 1 was expected",
        "['results', 'agents', 0, 'cases', 0] 'estimate' is a required property",
    ]
