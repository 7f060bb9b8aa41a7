"""The promise about agents behind HTTP."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from measuring import ARC, PYTEST, ROOT, Figure, judge, run, run_in_turn
from projects import write_empty_test

SERVER = ROOT / "tests" / "servers" / "agent_server.py"
CASES, LATENCY_S, AT_ONCE = 200, 0.2, 50


@pytest.fixture
def server_url() -> Iterator[str]:
    """An agent that takes its time, in a process of its own."""
    command = [sys.executable, str(SERVER), str(LATENCY_S)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.communicate()


def test_agents_behind_http_are_asked_at_once(tmp_path: Path, server_url: str, figures: list[Figure]) -> None:
    pytest.importorskip("httpx2", reason="the extra 'http' is not installed")
    agent, test = _write_agent(tmp_path, server_url), write_empty_test(tmp_path)
    pairs = run_in_turn(
        5,
        lambda: run(tmp_path, *ARC, "--arc-concurrency", str(AT_ONCE), agent),
        lambda: run(tmp_path, *PYTEST, test),
    )
    costs = [(ours.wall_s - empty.wall_s, ours.cpu_s - empty.cpu_s) for ours, empty in pairs]
    note = f"CPU {sorted(cpu_s for _, cpu_s in costs)[len(costs) // 2]:.2f} s"
    promise = "HTTP, 200 cases of 0.2 s, 50 at once: wall above an empty test"
    figures.append(judge(promise, [wall_s for wall_s, _ in costs], 1.5, "s", note))


def _write_agent(folder: Path, url: str) -> str:
    scenarios = (
        f"  - {{id: case-{number}, user: hello {number}, expect: [{{answer_contains: hello}}]}}\n"
        for number in range(CASES)
    )
    (folder / "http.scenarios.yaml").write_text(
        "arc_scenarios: 1\nscenarios:\n" + "".join(scenarios), encoding="utf-8"
    )
    (folder / "http.yaml").write_text(
        f"arc: 1\nname: http\ntrials: 1\ntarget: {{http: '{url}'}}\n"
        "scenarios: {include: http.scenarios.yaml}\n",
        encoding="utf-8",
    )
    return "http.yaml"
