"""One suite of four agents, each reached in another way: recorded once, then replayed without a network."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from agent_server import AgentServer
from openai_like import Answer, ModelServer

from .conftest import Project

for _name in ("httpx", "httpx2", "jinja2", "pydantic_ai"):
    pytest.importorskip(_name, reason="the extras 'models' and 'http' are not installed")

AGENTS = ("coded", "modelled", "program", "served")
TRIALS = 16
"""Four agents, two scenarios, two trials."""

ASK = """
    import os
    import httpx

    async def ask(text):
        body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}
        async with httpx.AsyncClient() as client:
            answer = await client.post(os.environ["OPENAI_BASE_URL"] + "/chat/completions", json=body)
        answer.raise_for_status()
        return answer.json()["choices"][0]["message"]["content"]
"""

PROGRAM = """
    import json, os, sys, urllib.request

    for line in sys.stdin:
        body = {"model": "m", "messages": [{"role": "user", "content": json.loads(line)["user"]}]}
        address = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(address, json.dumps(body).encode(), headers)
        answer = json.load(urllib.request.urlopen(request))
        print(json.dumps({"answer": answer["choices"][0]["message"]["content"]}), flush=True)
"""

NO_NETWORK = """
    import os, sys

    def refuse(event, details):
        \"\"\"Not even this machine is reached, and whoever tried is written down.\"\"\"
        if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
            with open("attempts.txt", "a", encoding="utf-8") as file:
                file.write(f"{event} {details[1:]}\\n")
            raise OSError("there is no network")

    if os.environ.get("NETWORK") == "none":
        sys.addaudithook(refuse)
"""

SCENARIOS = {"total": "the total of Q1", "vat": "the VAT of Q1"}
SERVED = count(1)


@pytest.fixture
def record(project: Project, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs the suite while its servers are there; then they, the key and every connection are gone."""

    def record(*arguments: str) -> str:
        """What pytest printed."""
        with ModelServer(_answer) as models, AgentServer(_serve) as desk:
            monkeypatch.setenv("OPENAI_BASE_URL", models.openai_url)
            monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789abcdef")
            _write_suite(project, models, desk)
            output = _run(project, *arguments)
            assert "8 passed" in output, output
            assert len(models.calls) + len(desk.calls) == TRIALS
        monkeypatch.delenv("OPENAI_API_KEY")
        monkeypatch.setenv("NETWORK", "none")
        return output

    return record


def _answer(call: Any) -> Answer:
    """Never the same twice; $0.015 at the price of gpt-4o-mini."""
    return Answer(f"yes, {call.number} for {call.last_text}", input_tokens=100_000, output_tokens=0)


def _serve(call: Any) -> Any:
    """Never the same twice, at $0.25."""
    return {"answer": f"yes, {next(SERVED)} for {call.body['user']}", "used": {"cost_usd": 0.25}}


def _write_suite(project: Project, models: ModelServer, desk: AgentServer) -> None:
    project.write(asking=ASK, program=PROGRAM, conftest=NO_NETWORK)
    targets: dict[str, Any] = {
        "coded": {"python": "asking:ask"},
        "modelled": {"model": "openai:gpt-4o-mini", "base_url": models.openai_url},
        "program": {"command": [sys.executable, "program.py"]},
        "served": {"http": {"url": desk.url, "response": {"usage": "used"}}},
    }
    for name, target in targets.items():
        project.add_agent(SCENARIOS, name=name, target=target, trials=2, tools=[])


def _run(project: Project, *arguments: str) -> str:
    """What pytest prints over all agents, in a process of its own."""
    output, _ = project.start("-v", "--arc-json=run.json", *arguments).communicate(timeout=120)
    return output


def _read_run(project: Project) -> tuple[str, Any]:
    """`results` of the last run as they are written, and the whole document."""
    text = (project.path / "run.json").read_text(encoding="utf-8")
    return text[text.index('"results":') : text.index('"timings":')], json.loads(text)


def _list_costs(output: str) -> list[str]:
    return [line.split("(")[0].split()[-1] for line in output.splitlines() if line.startswith("  cost ")]


def test_suite_recorded_once_replays_without_a_network_to_the_byte_and_for_nothing(
    project: Project, record: Callable[..., str]
) -> None:
    live = record("--arc-record=new")
    results, document = _read_run(project)

    outputs = [_run(project, "--arc-record=none") for _ in range(2)]
    replayed, again = _read_run(project)

    assert replayed == results
    assert again["header"]["results_sha256"] == document["header"]["results_sha256"]
    assert _list_costs(live) == ["unknown", "$0.06", "unknown", "$1.00"]
    assert [_list_costs(output) for output in outputs] == [["$0.00"] * 4] * 2
    assert "openai:gpt-4o-mini; replayed)" in outputs[0]
    assert {trial["replayed"] for case in again["timings"].values() for trial in case} == {True}
    assert not (project.path / "attempts.txt").exists()


def test_replayed_trials_use_up_no_budget(project: Project, record: Callable[..., str]) -> None:
    record("--arc-record=new")

    assert "8 passed" in _run(project, "--arc-record=none", "--arc-budget=0.01")


def test_call_that_was_never_recorded_errors_its_case_and_is_told_from_the_nearest(
    project: Project, record: Callable[..., str]
) -> None:
    record("--arc-record=new")
    for path in project.path.glob("*_scenarios.yaml"):
        path.write_text(path.read_text(encoding="utf-8").replace("VAT of Q1", "VAT of Q2"), encoding="utf-8")

    output = _run(project, "--arc-record=none")

    assert "4 passed" in output
    assert "4 errors" in output
    _, document = _read_run(project)
    for agent in document["results"]["agents"]:
        passed, errored = agent["cases"]
        assert (passed["outcome"], errored["outcome"]) == ("passed", "errored"), agent["id"]
        for trial in errored["trials"]:
            assert trial["blame"] == "infrastructure"
            assert "'the VAT of Q1' is recorded, 'the VAT of Q2' is asked" in trial["reason"], agent["id"]
            assert "nothing was sent" in trial["reason"]
    assert not (project.path / "attempts.txt").exists()


def test_any_trial_of_a_live_run_is_repeated_without_a_network_for_nothing(
    project: Project, record: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    record()
    _, document = _read_run(project)
    trajectories = (project.find_run() / "trajectories.jsonl").read_text(encoding="utf-8").splitlines()
    said = {(line["case"], line["trial"]): json.dumps(line) for line in map(json.loads, trajectories)}

    for agent in AGENTS:
        output = _debug(project, f"{document['header']['run_id']}::{agent}/vat#2")

        assert "providers answer as they did then: $0.00" in output, output
        assert output.endswith("  as in that run\n"), output
        answer = next(line.strip() for line in output.splitlines() if "yes, " in line)
        assert answer[answer.index("yes, ") :] in said[f"{agent}/vat", 2]
    assert not (project.path / "attempts.txt").exists()


def _debug(project: Project, address: str) -> str:
    command = [sys.executable, "-m", "pytest_arc", "debug", address]
    done = subprocess.run(
        command, cwd=project.path, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


FRAMEWORKS = """
    import os
    from openai import AsyncOpenAI

    def build_graph():
        from langchain_core.messages import AIMessage
        from langgraph.graph import END, START, MessagesState, StateGraph

        async def answer(state):
            said = [{"role": "user", "content": state["messages"][-1].content}]
            async with AsyncOpenAI(max_retries=0) as client:
                reply = await client.chat.completions.create(model="gpt-4o-mini", messages=said)
            return {"messages": [AIMessage(reply.choices[0].message.content)]}

        graph = StateGraph(MessagesState).add_node("answer", answer)
        return graph.add_edge(START, "answer").add_edge("answer", END).compile()

    def build_sdk_agent():
        from agents import Agent, OpenAIChatCompletionsModel, set_tracing_disabled

        set_tracing_disabled(True)
        model = OpenAIChatCompletionsModel("gpt-4o-mini", AsyncOpenAI(max_retries=0))
        return Agent(name="desk", model=model)

    def build_pydantic_agent():
        from pydantic_ai import Agent

        return Agent("openai-chat:gpt-4o-mini")
"""


def test_agents_of_frameworks_replay_without_a_network_too(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for library in ("langgraph", "agents", "openai"):
        pytest.importorskip(library, reason="the frameworks are not installed")
    project.write(desks=FRAMEWORKS, conftest=NO_NETWORK)
    (project.path / "agents.py").unlink()  # it would hide the SDK
    builders = {"langgraph": "graph", "openai_agents": "sdk_agent", "pydantic_ai": "pydantic_agent"}
    for name, builder in builders.items():
        project.add_agent(SCENARIOS, name=name, target={name: f"desks:build_{builder}"}, trials=2, tools=[])
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789abcdef")
    with ModelServer(_answer) as models:
        monkeypatch.setenv("OPENAI_BASE_URL", models.openai_url)
        output = _run(project, "--arc-record=new")
        assert "6 passed" in output, output
        # Who asks word for word the same in the same trial is answered the same: not every call is made.
        assert 4 <= len(models.calls) <= 12
    results, _ = _read_run(project)
    monkeypatch.setenv("NETWORK", "none")

    output = _run(project, "--arc-record=none")

    assert "6 passed" in output, output
    assert _read_run(project)[0] == results
    assert not (project.path / "attempts.txt").exists()
