"""Whole runs of agents that are outside: behind HTTP, and programs. Nothing of theirs is left running."""

from __future__ import annotations

import signal
import socket
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
from agent_server import AgentServer, Call
from processes import await_end
from traced_agent import serve_traced_agent

from .conftest import Project

# Here, so that pytester, which forgets what a run inside this process imports, keeps all of it.
for _name in ("httpx2", "httpcore2", "anyio", "jinja2"):
    pytest.importorskip(_name, reason="the extra 'http' is not installed")
try:
    import opentelemetry.proto.collector.trace.v1.trace_service_pb2
    import opentelemetry.sdk  # noqa: F401
except ImportError:
    HAS_OTEL = False
else:
    HAS_OTEL = True

needs_otel = pytest.mark.skipif(not HAS_OTEL, reason="the extra 'otel' is not installed")
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

PROGRAM = """
    import json, os, subprocess, sys, time
    for line in sys.stdin:
        turn = json.loads(line)
        if turn["user"] == "hang":
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            with open(f"{os.getpid()}.pids", "w") as file:
                file.write(f"{os.getpid()} {child.pid} ")
            time.sleep(600)
        print(f"heard {turn['user']}", file=sys.stderr)
        print(json.dumps({"answer": "yes", "tool_calls": [{"name": "look"}]}))
"""


@pytest.fixture
def program(project: Project) -> dict[str, Any]:
    project.write(program=textwrap.dedent(PROGRAM))
    return {"command": [sys.executable, "program.py"], "reports_tool_calls": True}


def wait_for_pids(folder: Path, count: int) -> list[int]:
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up:
        pids = [int(pid) for file in folder.glob("*.pids") for pid in file.read_text().split()]
        if len(pids) >= count:
            return pids
        time.sleep(0.05)
    raise AssertionError(f"fewer than {count} processes were started")


def read_trials(project: Project) -> list[dict[str, Any]]:
    agents = project.read_run()["results"]["agents"]
    return [trial for agent in agents for case in agent["cases"] for trial in case["trials"]]


def test_a_program_is_run_and_checked(project: Project, program: dict[str, Any]) -> None:
    expect = [{"answer_contains": "yes"}, {"calls": "look"}, {"never_calls": "pay"}]
    project.add_agent({"a": {"user": "hello", "expect": expect}}, target=program, trials=3)

    result = project.run()

    result.assert_outcomes(passed=1)
    assert {trial["outcome"] for trial in read_trials(project)} == {"passed"}


@posix_only
def test_a_program_that_hangs_fails_its_trial_and_is_ended(project: Project, program: dict[str, Any]) -> None:
    project.add_agent({"a": "hang"}, target=program, trials=2, limits={"timeout_s": 1.5})

    result = project.run()

    result.assert_outcomes(failed=1)
    assert {(trial["outcome"], trial["blame"]) for trial in read_trials(project)} == {("failed", "agent")}
    result.stdout.fnmatch_lines(["*no answer within 1.5 s from the agent*"])
    await_end(wait_for_pids(project.path, 4))


@posix_only
def test_ctrl_c_leaves_no_process(project: Project, program: dict[str, Any]) -> None:
    project.add_agent({"a": "hang", "b": "hang"}, target=program, trials=2)
    process = project.start()
    pids = wait_for_pids(project.path, 8)

    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)

    assert process.returncode == 2, output
    await_end(pids)


def test_an_endpoint_is_asked_by_many_trials_at_once(project: Project) -> None:
    def answer(call: Call) -> Any:
        return {"answer": "yes" if call.body["user"] == "hello" else "no", "used": {"input_tokens": 3}}

    with AgentServer(answer, latency_s=0.05) as server:
        target = {"http": {"url": server.url, "response": {"usage": "used"}}}
        project.add_agent({"a": "hello", "b": "good-bye"}, target=target, trials=8)
        result = project.run()

    result.assert_outcomes(passed=1, failed=1)
    assert 1 < server.most_at_once <= 8
    assert server.connections <= 8
    assert {trial["usage"]["input_tokens"] for trial in read_trials(project)} == {3}


def test_a_dead_endpoint_is_nobody_s_failure(project: Project) -> None:
    with AgentServer(lambda call: {}) as server:
        pass
    project.add_agent({"a": "hello"}, target={"http": server.url}, trials=2)

    result = project.run()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*connection refused*is the agent running?*"])
    assert {trial["blame"] for trial in read_trials(project)} == {"infrastructure"}


def find_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@needs_otel
def test_an_agent_that_sends_spans_is_judged_by_them(project: Project) -> None:
    port = find_port()
    expect = [{"calls": "look", "args": {"what": "it"}}, {"never_calls": "pay"}, {"max_tokens": 200}]
    with serve_traced_agent(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}") as url:
        target = {"http": {"url": url, "traces": {"port": port, "wait_s": 30}}}
        project.add_agent({"a": {"user": "look it", "expect": expect}}, target=target, trials=10)
        project.run().assert_outcomes(passed=1)

    trials = read_trials(project)
    assert [trial["outcome"] for trial in trials] == ["passed"] * 10


@needs_otel
def test_a_port_for_spans_that_is_taken_ends_the_run_before_its_first_trial(project: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        project.add_agent({"a": "hello"}, target={"http": {"url": "http://127.0.0.1:1", "traces": port}})
        result = project.run()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = result.stderr.str() + result.stdout.str()
    assert text.count(f"spans of agents cannot be received at 127.0.0.1:{port}") == 1
    assert not (project.path / ".arc" / "runs").exists()
