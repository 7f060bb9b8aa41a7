"""Traces and metrics of a run arrive at a collector; one that is away costs nothing."""

from __future__ import annotations

import base64
import json
import logging
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from otlp_receiver import Receiver, serve_otlp

from pytest_arc.domain.plan import AgentPlan, Origin
from pytest_arc.domain.profile import AgentProfile
from pytest_arc.domain.scenario import Scenario
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import MissingExtra, UsageError
from pytest_arc.planning import make_plan, plan_agent
from pytest_arc.session import Session, run_session

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="needs pytest-arc[otel]")

SCENARIOS = {"ok": "pass", "bad": "fail", "tool": "call broken", "secret": "say sk-proj-Ab1Cd2Ef3Gh4Ij5Kl6"}


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with serve_otlp() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        yield receiver


def run(plan_bot: Any, root: Path, environ: dict[str, str] | None = None, **settings: Any) -> Session:
    agent: AgentPlan = plan_bot(SCENARIOS, trials=2)
    settings = {"telemetry": "otlp", "attempts": 1, **settings}
    return run_session(Session(make_plan([agent]), Settings(**settings), root=root, environ=environ or {}))


def test_each_trial_is_a_trace_with_its_agent_tools_and_checks(
    plan_bot: Any, receiver: Receiver, tmp_path: Path
) -> None:
    session = run(plan_bot, tmp_path)
    trials = receiver.find("trial ")
    assert len({span.trace_id for span in trials}) == len(trials) == 8
    (plan,) = receiver.find("plan")
    assert all(span.links == (plan.span_id,) for span in trials)
    assert plan.attributes["arc.run"] == session.writer.run_id
    assert {span.service for span in receiver.spans} == {"pytest-arc"}

    root = next(span for span in trials if span.attributes["arc.case"].endswith("/tool"))
    spans = [span for span in receiver.spans if span.trace_id == root.trace_id]
    (agent,) = [span for span in spans if span.name == "invoke_agent bot"]
    (tool,) = [span for span in spans if span.name == "execute_tool broken"]
    assert (agent.parent_id, tool.parent_id) == (root.span_id, agent.span_id)
    assert tool.attributes["gen_ai.operation.name"] == "execute_tool"
    assert tool.is_error
    assert root.attributes["arc.outcome"] == "errored"
    assert root.attributes["arc.blame"] == "tool"
    assert all(span.start_ns <= span.end_ns for span in spans)

    failed = next(span for span in trials if span.attributes["arc.case"].endswith("/bad"))
    (check,) = [s for s in receiver.find("check ") if s.trace_id == failed.trace_id]
    assert check.attributes["gen_ai.evaluation.score.label"] == "failed"
    assert check.is_error
    assert failed.is_error


def test_metrics_count_trials_and_their_latency(plan_bot: Any, receiver: Receiver, tmp_path: Path) -> None:
    run(plan_bot, tmp_path)
    counted = {
        name: receiver.metrics[f"arc.trials.{name}"] for name in ("submitted", "completed", "inflight")
    }
    assert counted == {"submitted": 8, "completed": 8, "inflight": 0}
    assert receiver.metrics["arc.trial.latency"] == 6
    assert {"arc.cache.hits", "arc.breaker.trips", "arc.provider.retries"} <= set(receiver.metrics)


def test_no_secret_is_sent_and_without_transcripts_nothing_that_was_said(
    plan_bot: Any, receiver: Receiver, tmp_path: Path
) -> None:
    run(plan_bot, tmp_path)
    sent = b"".join(receiver.bodies)
    assert b"Ab1Cd2Ef3Gh4" not in sent
    assert b"[redacted API key]" in sent
    receiver.bodies.clear()
    run(plan_bot, tmp_path, transcripts=False)
    assert b"[redacted API key]" not in b"".join(receiver.bodies)


def test_model_calls_are_spans_below_the_agent(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    profile = AgentProfile.model_validate(
        {"name": "bot", "target": {"model": "reference"}, "system_prompt": "Hi"}
    )
    expect = {"id": "a", "user": "Which files are there?", "expect": [{"answer_contains": "x"}]}
    scenario = Scenario.model_validate(expect)
    settings = Settings(telemetry="otlp")
    agent = plan_agent(profile, "bot.yaml", [(scenario, Origin("s.yaml", 1))], settings)
    run_session(Session(make_plan([agent]), settings, root=tmp_path, environ={}))
    calls = receiver.find("chat reference")
    agents = {span.span_id for span in receiver.find("invoke_agent")}
    assert calls
    assert {span.parent_id for span in calls} <= agents
    assert calls[0].attributes["gen_ai.operation.name"] == "chat"


def test_langfuse_gets_traces_with_the_keys_of_the_environment(plan_bot: Any, tmp_path: Path) -> None:
    with serve_otlp() as receiver:
        keys = {
            "LANGFUSE_PUBLIC_KEY": "pk-lf-1",
            "LANGFUSE_SECRET_KEY": "sk-lf-2",
            "LANGFUSE_BASE_URL": receiver.url,
        }
        run(plan_bot, tmp_path, keys, telemetry="langfuse")
    paths = {path for path, _ in receiver.requests}
    assert paths == {"/api/public/otel/v1/traces"}
    authorization = "Basic " + base64.b64encode(b"pk-lf-1:sk-lf-2").decode()
    assert {headers["authorization"] for _, headers in receiver.requests} == {authorization}
    assert len(receiver.find("trial ")) == 8


def test_langfuse_without_keys_is_said_before_any_trial(plan_bot: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY"):
        run(plan_bot, tmp_path, telemetry="langfuse")


def test_the_variable_of_opentelemetry_alone_sends_nothing(
    plan_bot: Any, receiver: Receiver, tmp_path: Path
) -> None:
    run(plan_bot, tmp_path, telemetry="off")
    assert receiver.requests == []


@pytest.mark.parametrize("trouble", ["dead", "slow", "refuses"])
def test_a_collector_that_is_away_costs_no_result_and_little_time(
    trouble: str,
    plan_bot: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    with serve_otlp(
        status=503 if trouble == "refuses" else 200, delay_s=60 if trouble == "slow" else 0
    ) as receiver:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            dead = f"http://127.0.0.1:{unused.getsockname()[1]}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", dead if trouble == "dead" else receiver.url)
        before = time.monotonic()
        session = run(plan_bot, tmp_path)
        took_s = time.monotonic() - before
    # Without a limit it would be the 10 s of the exporter, for every batch.
    assert took_s < 9
    (warning,) = session.services.warnings
    assert warning.startswith("telemetry: not all traces arrived at http://127.0.0.1:")
    assert "Traceback" not in capfd.readouterr().err
    assert [record for record in caplog.records if "opentelemetry" in record.name] == []
    results = json.loads((session.writer.path / "run.json").read_text(encoding="utf-8"))["results"]
    assert len(results["agents"][0]["cases"]) == len(SCENARIOS)


def test_a_missing_extra_is_named_with_what_installs_it(
    plan_bot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtra, match=r"pip install 'pytest-arc\[otel\]'"):
        run(plan_bot, tmp_path)
