"""Whole trials of an agent on a model that is reached over the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from openai_like import Answer, ModelServer

from pytest_arc.domain.plan import AgentPlan, list_trials
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.trajectory import ToolCall, ToolResult
from pytest_arc.planning import make_plan
from pytest_arc.trial import run_trial

pytest.importorskip("pydantic_ai", reason="the extra 'models' is not installed")

LEDGER = {
    "name": "ledger",
    "parameters": {
        "type": "object",
        "properties": {"quarter": {"type": "integer"}},
        "required": ["quarter"],
        "additionalProperties": False,
    },
    "behavior": {"kind": "static", "answers": [{"returns": {"total": 4}}]},
}

RunAgent = Callable[..., TrialResult]


@pytest.fixture
def run_agent(plan_bot: Callable[..., AgentPlan]) -> RunAgent:
    """One trial of an agent with a ledger, on a model of this server."""

    def run(server: ModelServer, **profile: Any) -> TrialResult:
        target = {"model": "openai:gpt-4o-mini", "base_url": server.openai_url}
        keys: dict[str, Any] = {"target": target, "tools": [LEDGER], **profile}
        scenario = {"user": "What was the total?", "expect": [{"answer_contains": "4"}]}
        (spec, *_) = list_trials(make_plan([plan_bot({"a": scenario}, **keys)]))
        return asyncio.run(run_trial(spec))

    return run


def ask(**arguments: Any) -> Answer:
    return Answer(tool_calls=(("ledger", arguments),), input_tokens=1000, output_tokens=100)


def list_results(result: TrialResult) -> list[ToolResult]:
    assert result.trajectory is not None
    return [step for step in result.trajectory.steps if isinstance(step, ToolResult)]


def test_a_model_calls_the_simulated_tools_and_answers(run_agent: RunAgent) -> None:
    with ModelServer([ask(quarter=1), Answer("It was 4.", input_tokens=2000, output_tokens=50)]) as server:
        result = run_agent(server)
    assert (result.outcome, result.steps, result.clock) == ("passed", 2, "wall")
    assert result.usage is not None
    assert (result.usage.model_calls, result.usage.input_tokens, result.usage.output_tokens) == (2, 3000, 150)
    assert result.usage.cost_usd == pytest.approx(3000 * 0.15e-6 + 150 * 0.60e-6, rel=0.02)


def test_the_ids_of_answers_are_kept_beside_the_steps(run_agent: RunAgent) -> None:
    with ModelServer([ask(quarter=1), "It was 4."]) as server:
        trajectory = run_agent(server).trajectory
    assert trajectory is not None
    told = [(call.request_id, call.model, call.input_tokens) for call in trajectory.model_calls]
    assert told == [("chatcmpl-1", "gpt-4o-mini", 1000), ("chatcmpl-2", "gpt-4o-mini", 10)]


@pytest.mark.parametrize(
    "call, complaint",
    [
        (("ledger", '{"quarter": '), "the arguments are not a JSON object: "),
        (("ledger", "[1]"), "the arguments are not a JSON object: [1]"),
        (("ledger", {}), "the argument 'quarter' is missing"),
        (("ledger", {"quarter": "one"}), "the argument 'quarter' must be a whole number"),
        (("leger", {"quarter": 1}), "there is no tool 'leger'"),
    ],
)
def test_a_wrong_call_is_an_error_that_the_model_sees_and_can_mend(
    run_agent: RunAgent, call: tuple[str, Any], complaint: str
) -> None:
    with ModelServer([Answer(tool_calls=(call,)), ask(quarter=1), "It was 4."]) as server:
        result = run_agent(server)
    first, second = list_results(result)
    assert (first.is_error, second.is_error) == (True, False)
    assert complaint in first.content
    assert server.calls[1].last_text == first.content
    assert (result.outcome, result.steps) == ("passed", 3)


def test_a_call_that_could_not_be_read_is_in_the_trajectory_under_its_name(run_agent: RunAgent) -> None:
    with ModelServer([Answer(tool_calls=(("ledger", "{"),)), "It was 4."]) as server:
        trajectory = run_agent(server).trajectory
    assert trajectory is not None
    assert [(s.tool, s.arguments) for s in trajectory.steps if isinstance(s, ToolCall)] == [("ledger", {})]


def test_a_model_that_calls_tools_for_ever_ends_at_the_step_limit(run_agent: RunAgent) -> None:
    with ModelServer(lambda call: ask(quarter=1)) as server:
        result = run_agent(server, limits={"max_steps": 4})
    assert (result.outcome, result.blame) == ("failed", "agent")
    assert result.reason == "the limit of 4 steps was exceeded"
    assert len(server.calls) == 5


def test_unreadable_calls_for_ever_end_at_the_step_limit_too(run_agent: RunAgent) -> None:
    with ModelServer(lambda call: Answer(tool_calls=(("ledger", "{"),))) as server:
        result = run_agent(server, limits={"max_steps": 4})
    assert result.reason == "the limit of 4 steps was exceeded"


def test_a_model_that_refuses_has_failed(run_agent: RunAgent) -> None:
    with ModelServer(["I'm sorry, I can't help with that."]) as server:
        result = run_agent(server)
    assert (result.outcome, result.blame) == ("failed", "agent")


@pytest.mark.parametrize("status", [401, 429, 500, 529])
def test_a_provider_in_trouble_is_not_the_agents_fault(run_agent: RunAgent, status: int) -> None:
    headers = {"retry-after": "0"}
    with ModelServer(lambda call: Answer.failing(status, headers=headers)) as server:
        result = run_agent(server)
    assert (result.outcome, result.blame) == ("errored", "infrastructure")
    assert result.reason.startswith(f"HTTP {status} from 127.0.0.1")


def test_a_key_that_expires_on_the_way_leaves_what_was_done_and_no_verdict(run_agent: RunAgent) -> None:
    with ModelServer([ask(quarter=1), Answer.failing(401, "key expired")]) as server:
        result = run_agent(server)
    assert (result.outcome, result.blame) == ("errored", "infrastructure")
    assert len(list_results(result)) == 1


def test_a_model_of_unknown_price_leaves_the_cost_unknown(run_agent: RunAgent) -> None:
    with ModelServer(["It was 4."]) as server:
        result = run_agent(server, target={"model": "openai:our-own", "base_url": server.openai_url})
    assert result.usage is not None
    assert result.usage.input_tokens == 10
    assert result.usage.cost_usd is None
