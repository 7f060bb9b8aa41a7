"""Recorded answers, from the command line: replay without a network, `arc debug`, `arc cache`."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openai_like import Call, ModelServer
from syrupy.assertion import SnapshotAssertion

if TYPE_CHECKING:
    from shapes import Arc, Write

pytest.importorskip("httpx2", reason="the extra http is not installed")

AGENT = """
import os
import httpx2

def ask(text, context):
    body = {"model": "m", "messages": [{"role": "user", "content": text}]}
    answer = httpx2.post(os.environ["OPENAI_BASE_URL"] + "/chat/completions", json=body)
    answer.raise_for_status()
    return answer.json()["choices"][0]["message"]["content"]
"""

PROFILE = """
arc: 1
name: desk
version: v1
target: {python: "model_agents:ask"}
trials: 2
scenarios: {include: ["desk_scenarios.yaml"]}
"""

SCENARIOS = """
arc_scenarios: 1
scenarios:
  - id: fx/eur
    user: total of the Q1 invoices
    expect:
      - answer_contains: answer 1
  - id: fx/chf
    user: total in CHF
    expect:
      - answer_contains: answer
"""


@pytest.fixture
def server(write: Write, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    """An agent that asks a model, and the model."""
    write({"model_agents.py": AGENT, "desk.yaml": PROFILE, "desk_scenarios.yaml": SCENARIOS})
    with ModelServer(lambda call: f"answer {call.number} to {call.last_text}") as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.openai_url)
        yield server


def _run(arc: Arc, *more: str) -> Any:
    done = arc("run", "desk.yaml", "--concurrency", "1", "--json", "run.json", *more)
    assert not done.err, done.err
    return json.loads(Path("run.json").read_text(encoding="utf-8"))


def _hide(text: str) -> str:
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", re.sub(r"\d{8}-\d{6}(-\d+)?", "RUN", text))
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "TIME", text)
    return re.sub(r"[\d.]+ kB", "SIZE", text)


def test_suite_that_was_recorded_once_replays_without_a_network_to_the_byte(
    server: ModelServer, arc: Arc
) -> None:
    live = _run(arc, "--record", "new")
    server.__exit__()
    replayed = [_run(arc, "--record", "none") for _ in range(2)]

    assert len(server.calls) == 4
    for run in replayed:
        assert run["results"] == live["results"]
        assert run["header"]["results_sha256"] == live["header"]["results_sha256"]
    # History counts them once: they were given the same answers.
    (live_trial, *_), (trial, *_) = (
        live["timings"]["desk@v1/fx/eur"],
        replayed[0]["timings"]["desk@v1/fx/eur"],
    )
    assert (trial["answers"], trial["replayed"]) == (live_trial["answers"], True)
    assert live_trial["replayed"] is False


def test_trial_of_a_live_run_is_repeated_from_its_answers(
    server: ModelServer, arc: Arc, snapshot: SnapshotAssertion
) -> None:
    _run(arc)
    _run(arc)
    server.__exit__()
    runs = sorted(path.name for path in Path(".arc/runs").iterdir())

    first = arc("debug", f"{runs[0]}::fx/eur#2")
    last = arc("debug", "last::fx/eur#2")

    assert len(server.calls) == 8
    assert _hide(first.out) == snapshot
    assert "answer 2 to total" in first.out
    assert "answer 6 to total" in last.out
    assert last.out.endswith("  as in that run\n")


def test_agent_that_asks_something_else_is_told_what_in_debug(
    server: ModelServer, arc: Arc, write: Write, snapshot: SnapshotAssertion
) -> None:
    _run(arc)
    write({"desk_scenarios.yaml": SCENARIOS.replace("Q1", "Q2")})

    done = arc("debug", "last::fx/eur#1")

    assert len(server.calls) == 4
    assert done.code == 1
    assert _hide(done.out) == snapshot


def test_debug_asks_anew_when_it_is_told_to(server: ModelServer, arc: Arc) -> None:
    _run(arc)

    done = arc("debug", "last::fx/eur#1", "--live")

    assert len(server.calls) == 5
    assert "answer 5 to total" in done.out


def test_call_without_a_recording_errors_its_trial_and_leaves_nothing(server: ModelServer, arc: Arc) -> None:
    _run(arc, "--record", "new", "-k", "fx/chf")
    run = _run(arc, "--record", "none")

    cases = {case["id"]: case for case in run["results"]["agents"][0]["cases"]}
    assert cases["desk@v1/fx/chf"]["outcome"] == "passed"
    assert cases["desk@v1/fx/eur"]["outcome"] == "errored"
    (trial, _) = cases["desk@v1/fx/eur"]["trials"]
    assert trial["blame"] == "infrastructure"
    assert "'total in CHF' is recorded, 'total of the Q1 invoices' is asked" in trial["reason"]
    assert len(server.calls) == 2


def test_gates_count_calls_without_a_recording_and_say_what_makes_them(
    server: ModelServer, arc: Arc, write: Write
) -> None:
    gates = "gates: {reliability: 0.5, errors: 0.2}\n"
    write({"desk.yaml": PROFILE + gates})
    out = " ".join(arc("run", "desk.yaml", "--record", "none").out.split())
    assert "4 of 4 trials (100.0 %) errored" in out
    assert "rate. 4 x calls without a recording (--arc-record new makes them)." in out
    assert not server.calls


def test_no_transcripts_keeps_no_answers(server: ModelServer, arc: Arc, project: Path) -> None:
    _run(arc, "--no-transcripts")

    assert not any((project / ".arc").rglob("entries/*/*.json"))


def test_unknown_mode_is_a_misuse(server: ModelServer, arc: Arc, snapshot: SnapshotAssertion) -> None:
    done = arc("run", "desk.yaml", "--record", "always")

    assert done.code == 4
    assert done.err == snapshot


def test_cache_is_counted_validated_and_purged(
    server: ModelServer, arc: Arc, project: Path, snapshot: SnapshotAssertion
) -> None:
    _run(arc, "--record", "new")
    entries = sorted((project / ".arc/cassettes/entries").glob("*/*.json"))
    said = [arc("cache", "stats"), arc("cache", "validate")]
    entries[0].write_text("{}", encoding="utf-8")
    said += [arc("cache", "validate"), arc("cache", "purge"), arc("cache", "validate")]

    assert [done.code for done in said] == [0, 0, 1, 0, 0]
    assert (
        re.sub(r"recording [0-9a-f]{12}", "recording HASH", _hide("".join(d.out for d in said))) == snapshot
    )
    assert arc("cache", "purge", "--max-size", "1kB", "--output", "json").json["over_size"] == 2
    assert arc("cache", "stats", "--output", "json").json["entries"] == 1


def test_old_answers_are_purged_by_age(
    server: ModelServer, arc: Arc, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(arc, "--record", "new")
    assert arc("cache", "purge", "--older-than", "30d", "--output", "json").json["old"] == 0
    later = time.time() + 31 * 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    assert arc("cache", "purge", "--older-than", "30d", "--output", "json").json["old"] == 4


@pytest.mark.parametrize(
    "arguments", [("stats",), ("purge", "--older-than", "3"), ("purge", "--max-size", "large")]
)
def test_cache_says_what_is_wrong_with_a_command(
    project: Path, arc: Arc, arguments: tuple[str, ...], snapshot: SnapshotAssertion
) -> None:
    done = arc("cache", *arguments)

    assert done.code == 4
    assert done.err == snapshot


PROGRAM = """
import json, os, sys, urllib.request

for line in sys.stdin:
    body = {"model": "m", "messages": [{"role": "user", "content": json.loads(line)["user"]}]}
    request = urllib.request.Request(
        os.environ["OPENAI_BASE_URL"] + "/chat/completions",
        json.dumps(body).encode(),
        {"content-type": "application/json"},
    )
    answer = json.load(urllib.request.urlopen(request))
    print(json.dumps({"answer": answer["choices"][0]["message"]["content"]}), flush=True)
"""


def test_program_in_another_process_replays_without_a_network(
    server: ModelServer, arc: Arc, write: Write
) -> None:
    target = f"target: {{command: [{json.dumps(sys.executable)}, program.py]}}"
    profile = PROFILE.replace('target: {python: "model_agents:ask"}', target)
    write({"desk.yaml": profile, "program.py": PROGRAM})
    live = _run(arc, "--record", "new")
    server.__exit__()

    assert len(server.calls) == 4
    assert _run(arc, "--record", "none")["results"] == live["results"]
    assert "answer 2 to total" in arc("debug", "last::fx/eur#2").out


def test_judge_of_a_deterministic_agent_replays_too(
    arc: Arc, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pydantic_ai", reason="the extra models is not installed")
    judge = "{judge: It answers, model: 'openai:gpt-4o-mini'}"
    scenarios = f"arc_scenarios: 1\nscenarios: [{{id: fx/eur, user: What is 12 + 30?, expect: [{judge}]}}]"
    target = "reference\ntools: [financial_calculator]"
    profile = PROFILE.replace('{python: "model_agents:ask"}', target)
    write({"desk.yaml": profile, "desk_scenarios.yaml": scenarios})
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789abcdef")

    def give_verdict(call: Call) -> str:
        (ticket,) = re.findall(r"<trial-(\w+)>", call.last_text)
        return json.dumps({"ticket": ticket, "score": 0.5 + call.number / 10, "reason": "it does"})

    with ModelServer(give_verdict) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.openai_url)
        live = _run(arc, "--record", "new")
    assert len(server.calls) == 2
    assert _run(arc, "--record", "none")["results"] == live["results"]
    assert "0.7 of 1" in arc("debug", "last::fx/eur#2").out


def test_model_of_a_provider_replays_without_its_key(
    server: ModelServer, arc: Arc, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pydantic_ai", reason="the extra models is not installed")
    target = f'target: {{model: "openai:gpt-4o-mini", base_url: "{server.openai_url}"}}'
    write({"desk.yaml": PROFILE.replace('target: {python: "model_agents:ask"}', target)})
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789abcdef")
    live = _run(arc, "--record", "new")
    monkeypatch.delenv("OPENAI_API_KEY")
    server.__exit__()

    assert _run(arc, "--record", "none")["results"] == live["results"]
    assert len(server.calls) == 4
    assert "OPENAI_API_KEY" not in os.environ
