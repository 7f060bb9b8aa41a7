from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pytest_arc.domain.trajectory import Usage
from pytest_arc.errors import AgentError, InfrastructureError
from pytest_arc.providers import ChatMessage, Reply, Request, ToolRequest
from pytest_arc.providers.scripted import ScriptedProvider


def complete(provider: ScriptedProvider, call: int = 1, **fields: Any) -> Reply:
    request = Request(messages=(ChatMessage(role="user", text="Hello"),), call=call, **fields)
    return asyncio.run(provider.complete(request))


def test_text_is_an_answer_that_costs_one_model_call() -> None:
    reply = complete(ScriptedProvider(["Good day."]))
    assert (reply.text, reply.tool_requests) == ("Good day.", ())
    assert reply.usage == Usage(model_calls=1, cost_usd=0.0)


def test_the_nth_call_gets_the_nth_entry_whichever_trial_asks() -> None:
    provider = ScriptedProvider(["one", "two"])
    assert [complete(provider, call).text for call in (1, 1, 2, 2)] == ["one", "one", "two", "two"]


def test_a_mapping_is_a_tool_call_with_an_id_of_its_own() -> None:
    provider = ScriptedProvider([{"tool": "ledger", "arguments": {"file": "a.csv"}}])
    assert complete(provider).tool_requests == (
        ToolRequest(id="call-1-1", tool="ledger", arguments={"file": "a.csv"}),
    )


def test_a_list_asks_for_several_tools_at_once() -> None:
    reply = complete(ScriptedProvider([[{"tool": "a"}, ToolRequest(id="mine", tool="b")]]))
    assert [(r.id, r.tool) for r in reply.tool_requests] == [("call-1-1", "a"), ("mine", "b")]


def test_a_reply_is_given_as_it_is() -> None:
    reply = Reply(text="slow", latency_s=9.0, model="mine")
    assert complete(ScriptedProvider([reply])) is reply


def test_an_exception_is_raised() -> None:
    with pytest.raises(AgentError, match="out of tokens"):
        complete(ScriptedProvider([AgentError("out of tokens")]))


def test_a_function_sees_the_request_and_returns_any_other_entry() -> None:
    provider = ScriptedProvider([lambda request: f"You said {request.messages[-1].text}."])
    assert complete(provider).text == "You said Hello."


def test_a_script_that_is_over_is_not_the_agents_fault() -> None:
    with pytest.raises(InfrastructureError, match="the script has 1 replies; call 2 was made"):
        complete(ScriptedProvider(["only"]), call=2)


def test_settings_hold_the_script_of_a_provider_without_one() -> None:
    assert complete(ScriptedProvider(), settings={"replies": ["from YAML"]}).text == "from YAML"


def test_what_is_no_entry_is_named() -> None:
    with pytest.raises(TypeError, match="a script holds no int: 3"):
        complete(ScriptedProvider([[3]]))  # type: ignore[list-item]
