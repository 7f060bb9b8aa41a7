"""Whole runs over providers that fail on purpose, a Redis that goes away, a collector that is not there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
from openai_like import Call, ModelServer
from otlp_receiver import serve_otlp
from redis_server import RedisServer, explain_absence
from syrupy.assertion import SnapshotAssertion

from pytest_arc.reports.style import WIDTH

from .conftest import Project

for _name in ("pydantic_ai", "tenacity", "opentelemetry.exporter.otlp.proto.http"):
    pytest.importorskip(_name, reason="the extras 'models' and 'otel' are not installed")

FACES = {"pytest": ("pytest", "-p", "pytest_arc.plugin", "--arc"), "arc": ("pytest_arc", "run", ".")}
SCENARIOS = {f"{word}/{number}": f"{word} {number}" for word in ("yes", "no") for number in range(5)}
TRIALS = 10


def run_alone(project: Project, face: str, *arguments: str) -> str:
    """What one of the two faces prints, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", *FACES[face], *arguments],
        cwd=project.path,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done.stdout + done.stderr


def list_notes(output: str) -> list[str]:
    """The lines of the notes at the end of a run."""
    lines = output.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("  note ")]
    notes: list[str] = []
    for start in starts:
        notes.append(lines[start])
        for line in lines[start + 1 :]:
            if not line.startswith(" " * 10):
                break
            notes.append(line)
    return notes


def add_echo(project: Project, server: ModelServer, retries: int, **profile: Any) -> None:
    """An agent on a model that says what it hears: half of its scenarios pass, half fail."""
    limits = f'[tool.pytest-arc.models."openai:*"]\nretries = {retries}\nrequests_per_minute = 1000000\n'
    (project.path / "pyproject.toml").write_text(f"[tool.pytest.ini_options]\n{limits}", encoding="utf-8")
    target = {"model": "openai:gpt-4o-mini", "base_url": server.openai_url}
    project.add_agent(SCENARIOS, target=target, trials=TRIALS, tools=[], **profile)


def count_outcomes(project: Project) -> dict[str, Counter[str]]:
    """Scenario's first word -> how its trials ended."""
    counts = {"yes": Counter[str](), "no": Counter[str]()}
    for case in project.read_run()["results"]["agents"][0]["cases"]:
        word = case["id"].split("/")[1]
        counts[word].update(trial["outcome"] for trial in case["trials"])
    return counts


@pytest.mark.parametrize("kind", ["rate_limit", "error"])
def test_calls_that_fail_on_purpose_make_errors_and_leave_the_rate_alone(project: Project, kind: str) -> None:
    with ModelServer(lambda call: call.last_text) as server:
        add_echo(project, server, retries=0, gates={"reliability": 0.4})
        output = run_alone(project, "pytest", "--arc-attempts=1", f"--arc-inject=p=0.2,kind={kind}")

    counts = count_outcomes(project)
    errored = sum(count.pop("errored") for count in counts.values())
    # 100 calls at 0.2 each: further from 20 than these is the seed, and the seed is fixed.
    assert 8 <= errored <= 35
    assert [set(counts[word]) for word in ("yes", "no")] == [{"passed"}, {"failed"}]
    assert len(server.calls) == len(SCENARIOS) * TRIALS - errored
    cause = {"rate_limit": "HTTP 429", "error": "HTTP 500"}[kind]
    assert f"injected: {cause} from openai:gpt-4o-mini" in output
    # Too many errors are no verdict, which fails, and never a verdict over what is left.
    assert "gate/reliability" in output
    (verdict,) = project.read_run()["results"]["agents"][0]["gates"]
    assert (verdict["word"], verdict["fails"]) == ("not evaluated", True)


def test_calls_that_fail_on_purpose_are_tried_again_and_that_is_counted(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve_otlp() as receiver, ModelServer(lambda call: call.last_text) as server:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        add_echo(project, server, retries=6)
        run_alone(project, "pytest", "--arc-inject=p=0.2,kind=rate_limit", "--arc-telemetry=otlp")

    assert count_outcomes(project) == {"yes": {"passed": 50}, "no": {"failed": 50}}
    assert len(server.calls) == 100
    assert 8 <= receiver.metrics["arc.provider.retries"] <= 50


def test_an_agent_that_asks_its_models_itself_is_out_of_reach_and_that_is_said(
    project: Project, snapshot: SnapshotAssertion
) -> None:
    project.add_agent({"a": "pass"}, trials=1)
    output = project.run("--arc-inject=p=0.5").stdout.str()
    assert re.findall(r"--arc-inject(?:.|\n  )*", output) == snapshot


@pytest.mark.skipif(explain_absence() is not None, reason=explain_absence() or "")
@pytest.mark.parametrize("face", FACES)
def test_redis_that_goes_away_is_said_once_at_the_end_and_changes_no_result(
    project: Project,
    face: str,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    snapshot: SnapshotAssertion,
) -> None:
    with RedisServer(tmp_path_factory.mktemp("redis")) as redis:

        def answer(call: Call) -> str:
            if call.number == 20:
                redis.stop()
            return call.last_text

        with ModelServer(answer) as server:
            monkeypatch.setenv("ARC_REDIS_URL", redis.url)
            add_echo(project, server, retries=2)
            output = run_alone(project, face)

    assert count_outcomes(project) == {"yes": {"passed": 50}, "no": {"failed": 50}}
    assert list_notes(output) == snapshot(name="notes")
    assert max(map(len, list_notes(output))) <= WIDTH


@pytest.mark.parametrize("face", FACES)
def test_collector_that_is_not_there_is_said_once_at_the_end_and_changes_no_result(
    project: Project, face: str, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("ARC_TELEMETRY", "otlp")
    project.add_agent({"a": "pass", "b": "pass"})

    output = run_alone(project, face)

    assert [case["passed"] for case in project.read_run()["results"]["agents"][0]["cases"]] == [5, 5]
    assert list_notes(output) == snapshot(name="notes")
    assert max(map(len, list_notes(output))) <= WIDTH


def test_a_document_on_standard_output_is_not_mixed_with_warnings(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    project.add_agent({"a": "pass"})
    command = [sys.executable, "-m", *FACES["arc"], "--output=json", "--telemetry=otlp"]
    done = subprocess.run(command, cwd=project.path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("{")
    assert done.stderr.startswith("arc: telemetry: not all traces arrived at http://127.0.0.1:9/v1/traces: ")
