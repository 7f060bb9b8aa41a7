"""`--arc-log-json`: what happens in a run, one JSON object a line."""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from pytest_arc.loading.schema import export_schemas

if TYPE_CHECKING:
    from shapes import Arc, Write

LOGGING = """
import logging

def answer(text):
    logging.getLogger("pytest_arc.mine").warning("the key is %s", "sk-proj-" + "a1B2" * 12)
    return text
"""


def _read(text: str) -> list[dict[str, Any]]:
    """The lines, each as the schema has it."""
    lines = [json.loads(line) for line in text.splitlines()]
    validator = jsonschema.Draft202012Validator(export_schemas()["log.schema.json"])
    for line in lines:
        validator.validate(line)
    return lines


def test_every_trial_case_and_gate_is_a_line(project: Path, arc: Arc) -> None:
    arc("run", "configs", "--log-json", "out/log.jsonl")

    lines = _read((project / "out" / "log.jsonl").read_text())
    assert Counter(line["event"] for line in lines) == {
        "run_started": 1,
        "trial_started": 16,
        "trial_finished": 16,
        "case_finished": 4,
        "gate_decided": 1,
        "run_finished": 1,
    }
    (run,) = (project / ".arc" / "runs").iterdir()
    assert {line["run_id"] for line in lines} == {run.name}
    assert [lines[0]["event"], lines[-1]["event"]] == ["run_started", "run_finished"]


def test_lines_of_a_case_tell_what_became_of_it(project: Path, arc: Arc, snapshot: SnapshotAssertion) -> None:
    arc("run", "configs", "-k", "feel/like", "--trial", "2", "--log-json", "log.jsonl")

    text = (project / "log.jsonl").read_text()
    assert re.sub(r'("time"|"run_id"|"wall_s"|"latency_s"):("[^"]*"|[\d.e-]+)', r"\1:...", text) == snapshot


def test_next_run_is_written_behind_the_first(project: Path, arc: Arc) -> None:
    for _ in range(2):
        arc("run", "configs", "-k", "feel/like", "--log-json", "log.jsonl")

    assert len({line["run_id"] for line in _read((project / "log.jsonl").read_text())}) == 2


def test_minus_is_standard_error_and_results_stay_alone(project: Path, arc: Arc) -> None:
    done = arc("run", "configs", "-k", "feel/like", "--output", "json", "--log-json", "-")

    assert _read(done.err)[-1]["event"] == "run_finished"
    assert done.json["results"]


def test_what_modules_log_is_there_with_its_trial_and_without_secrets(arc: Arc, write: Write) -> None:
    write({"logging_agent.py": LOGGING})
    done = arc(
        "run", "configs", "-k", "feel/like", "--target", "python:logging_agent:answer", "--log-json", "-"
    )

    said = [line for line in _read(done.err) if line["event"] == "message"]
    assert [(line["case"], line["trial"], line["level"]) for line in said] == [
        ("echo@v1/feel/like", trial, "warning") for trial in range(1, 5)
    ]
    assert all(line["message"].startswith("the key is [redacted") for line in said)


def test_logging_is_as_before_when_the_run_is_over(project: Path, arc: Arc) -> None:
    logger = logging.getLogger("pytest_arc")
    before = (logger.level, list(logger.handlers))
    arc("run", "configs", "--log-json", "log.jsonl")

    assert (logger.level, logger.handlers) == before


@pytest.mark.parametrize("place", ["configs", "configs/echo.yaml/log.jsonl"])
def test_place_that_cannot_be_written_ends_the_run_before_it_begins(
    project: Path, arc: Arc, snapshot: SnapshotAssertion, place: str
) -> None:
    done = arc("run", "configs", "--log-json", place)

    assert (done.code, done.err) == (4, snapshot)
    assert not (project / ".arc").exists()
