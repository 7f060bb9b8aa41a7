"""Models of providers over the wire: each API against a server of our own, its good days and its bad ones."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agent_server import AgentServer
from certificates import make_certificate
from openai_like import Answer, ModelServer
from syrupy.assertion import SnapshotAssertion

from pytest_arc.errors import ProviderError
from pytest_arc.providers import ChatMessage, Reply, Request, ToolRequest, ToolSchema
from pytest_arc.providers.catalog import Catalog, ModelEntry, Price
from pytest_arc.providers.services import Services, use_services

pytest.importorskip("pydantic_ai", reason="the extra 'models' is not installed")

from pytest_arc.providers.pydantic_ai import PydanticAIProvider, find_trouble

KINDS = ("openai:gpt-4o-mini", "openai-responses:gpt-4o-mini", "anthropic:claude-haiku-4-5")
LEDGER = ToolSchema(
    name="ledger",
    description="Looks a number up",
    parameters={"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
)
HELLO = (ChatMessage(role="system", text="Be brief."), ChatMessage(role="user", text="Hello"))
# Above that, Anthropic's library asks for a stream.
SHORT = {"max_tokens": 1000}


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-anthropic")


def complete(server: ModelServer | str, model: str = KINDS[0], **fields: Any) -> Reply:
    url = server if isinstance(server, str) else find_url(server, model)
    request = Request(**{"messages": HELLO, "settings": SHORT, **fields})
    return asyncio.run(PydanticAIProvider(model, url).complete(request))


def find_url(server: ModelServer, model: str) -> str:
    return server.anthropic_url if model.startswith("anthropic") else server.openai_url


@pytest.mark.parametrize("model", KINDS)
def test_text_comes_with_its_tokens_and_what_the_provider_calls_it(model: str) -> None:
    with ModelServer([Answer("Good day.", input_tokens=20, output_tokens=4)]) as server:
        reply = complete(server, model)
    assert reply.text == "Good day."
    assert (reply.usage.model_calls, reply.usage.input_tokens, reply.usage.output_tokens) == (1, 20, 4)
    assert reply.request_id in ("chatcmpl-1", "resp_1", "msg_1")
    assert reply.model == model.partition(":")[2]
    assert reply.native is None


@pytest.mark.parametrize("model", KINDS)
def test_settings_and_schemas_reach_the_model_as_they_are_written(model: str) -> None:
    with ModelServer(["ok"]) as server:
        complete(server, model, tools=(LEDGER,), settings={**SHORT, "temperature": 0.2})
    body = server.calls[0].body
    assert body["temperature"] == 0.2
    (tool,) = body["tools"]
    tool = tool.get("function", tool)
    assert tool["name"] == "ledger"
    assert tool.get("parameters") or tool["input_schema"] == LEDGER.parameters
    assert tool.get("strict") in (None, False)


@pytest.mark.parametrize("model", KINDS)
def test_a_conversation_with_tool_calls_goes_back_with_its_ids(model: str) -> None:
    with ModelServer([Answer("Let me look.", (("ledger", {"a": 1}),)), "It is 4."]) as server:
        first = complete(server, model, tools=(LEDGER,))
        (asked,) = first.tool_requests
        messages = (
            *HELLO,
            ChatMessage(role="assistant", text=first.text, tool_requests=first.tool_requests),
            ChatMessage(role="tool", text='{"error": "busy"}', tool_request_id=asked.id, is_error=True),
        )
        second = complete(server, model, tools=(LEDGER,), messages=messages)
    assert (asked.tool, asked.arguments, asked.malformed) == ("ledger", {"a": 1}, None)
    sent = json.dumps(server.calls[1].body)
    assert sent.count(asked.id) == 2
    assert "busy" in sent
    assert "Let me look." in sent
    assert second.text == "It is 4."


@pytest.mark.parametrize("written", ['{"a": ', "[1]", "a=1"])
def test_arguments_that_are_no_json_object_are_kept_as_written(written: str) -> None:
    with ModelServer([Answer(tool_calls=(("ledger", written),)), "Sorry."]) as server:
        (asked,) = complete(server, tools=(LEDGER,)).tool_requests
        answer = ChatMessage(role="tool", text="no", tool_request_id=asked.id, is_error=True)
        said = ChatMessage(role="assistant", tool_requests=(asked,))
        complete(server, tools=(LEDGER,), messages=(*HELLO, said, answer))
    assert asked == ToolRequest(id=asked.id, tool="ledger", malformed=written)
    # No API takes them back as they were.
    (sent,) = server.calls[1].body["messages"][2]["tool_calls"]
    assert written in json.loads(sent["function"]["arguments"]).values()


def test_a_model_that_thinks_gets_its_thoughts_back() -> None:
    thought = {"type": "thinking", "thinking": "What is in the ledger?", "signature": "c2lnbmVk"}
    call = {"type": "tool_use", "id": "toolu_1", "name": "ledger", "input": {"a": 1}}
    body = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5",
        "content": [thought, call],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 5, "output_tokens": 5},
    }
    model, settings = (
        KINDS[2],
        {"max_tokens": 2000, "anthropic_thinking": {"type": "enabled", "budget_tokens": 1024}},
    )
    with ModelServer([Answer(body=json.dumps(body).encode()), "Done."]) as server:
        first = complete(server, model, tools=(LEDGER,), settings=settings)
        said = ChatMessage(role="assistant", tool_requests=first.tool_requests, native=first.native)
        result = ChatMessage(role="tool", text="4", tool_request_id="toolu_1")
        # As a recording would keep it.
        stored = ChatMessage.model_validate_json(said.model_dump_json())
        complete(server, model, tools=(LEDGER,), settings=settings, messages=(*HELLO, stored, result))
    assert thought in server.calls[1].body["messages"][1]["content"]


def test_a_refusal_is_what_the_agent_said() -> None:
    message = {"role": "assistant", "content": None, "refusal": "I can't help with that."}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4o-mini",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 6, "total_tokens": 15},
    }
    with ModelServer([Answer(body=json.dumps(body).encode())]) as server:
        assert complete(server).text == "I can't help with that."


# Trouble.

ANSWERS = {
    "expired key": Answer.failing(401, "Incorrect API key provided"),
    "forbidden": Answer.failing(403, "Your project has no access to this model"),
    "unknown model": Answer.failing(404, "The model does not exist"),
    "bad setting": Answer.failing(400, "Invalid value for temperature"),
    "rate limit": Answer.rate_limited(retry_after_s=7),
    "server error": Answer.failing(500, "on fire"),
    "overloaded": Answer.failing(529, "Overloaded"),
    "too long": Answer(
        status=400,
        body=json.dumps(
            {
                "error": {
                    "message": "This model's maximum context length is 128000 tokens",
                    "code": "context_length_exceeded",
                }
            }
        ).encode(),
    ),
    "html": Answer(body=b"<html><body>Bad gateway</body></html>"),
    "truncated": Answer.truncated(),
    "cut": Answer("a long answer", truncate_at=20),
}


@pytest.mark.parametrize("trouble", ANSWERS)
def test_trouble_is_told_with_host_request_and_what_to_do(trouble: str, snapshot: SnapshotAssertion) -> None:
    with ModelServer([ANSWERS[trouble]]) as server, pytest.raises(ProviderError) as raised:
        complete(server)
    host = server.url.removeprefix("http://")
    told = {
        "message": str(raised.value).replace(host, "HOST"),
        "cause": raised.value.cause.replace(host, "HOST"),
        "status": raised.value.status,
        "transient": raised.value.is_transient,
        "retry_after_s": raised.value.retry_after_s,
    }
    assert told == snapshot
    assert raised.value.host == host
    assert len(server.calls) == 1, "tries again are made by our own layer"


@pytest.mark.parametrize("model", KINDS[1:])
@pytest.mark.parametrize("trouble", ["expired key", "rate limit", "overloaded", "cut"])
def test_trouble_of_every_api_is_the_same_to_us(model: str, trouble: str) -> None:
    with ModelServer([ANSWERS[trouble], ANSWERS[trouble]]) as server:
        errors: list[ProviderError] = []
        for kind in (KINDS[0], model):
            with pytest.raises(ProviderError) as raised:
                complete(server, kind)
            errors.append(raised.value)
    told = [(e.cause, e.status, e.is_transient, e.retry_after_s) for e in errors]
    assert told[0] == told[1]


@pytest.mark.slow
def test_fifty_megabytes_are_no_answer() -> None:
    with ModelServer([Answer("x" * 50_000_000)]) as server, pytest.raises(ProviderError) as raised:
        complete(server)
    assert "50,000,000 characters; check what answers there" in str(raised.value)
    assert raised.value.cause.startswith("an answer too large from 127.0.0.1")
    assert not raised.value.is_transient


def test_time_that_is_up_is_told_apart() -> None:
    with ModelServer([Answer("late", latency_s=0.5)]) as server, pytest.raises(ProviderError) as raised:
        complete(server, settings={"timeout": 0.05})
    assert raised.value.cause.startswith("no answer in time from 127.0.0.1")
    assert raised.value.is_transient


def test_a_server_that_is_not_there_is_no_connection() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ProviderError, match="check the network") as raised:
        complete(f"http://127.0.0.1:{port}/v1")
    assert raised.value.cause == f"no connection to 127.0.0.1:{port}"


def test_a_name_nobody_knows_is_shown_as_the_network_says_it() -> None:
    with pytest.raises(ProviderError) as raised:
        complete("http://no-such-host.invalid/v1")
    assert str(raised.value).startswith("no connection to no-such-host.invalid: ")
    assert "Connection error" not in str(raised.value)


def test_a_server_without_tls_is_told_from_one_that_is_not_there() -> None:
    with ModelServer(["hi"]) as server, pytest.raises(ProviderError) as raised:
        complete(server.openai_url.replace("http://", "https://"))
    assert "SSL" in str(raised.value)


def test_a_certificate_that_nobody_trusts_is_told_with_what_to_do(tmp_path: Path) -> None:
    server = AgentServer(lambda call: {}, tls=make_certificate(tmp_path))
    with server, pytest.raises(ProviderError) as raised:
        complete(server.url.removesuffix("/chat") + "/v1")
    assert "certificate verify failed" in str(raised.value)
    assert str(raised.value).endswith(
        "; where you trust that server, name its authority's file in SSL_CERT_FILE"
    )


# Money.


@pytest.mark.parametrize("model, input_usd, output_usd", [(KINDS[0], 0.15, 0.60), (KINDS[2], 1.00, 5.00)])
def test_a_fixture_of_known_prices_is_met_within_2_percent(
    model: str, input_usd: float, output_usd: float
) -> None:
    sizes = [(1200, 80), (15_000, 900), (333, 4000), (90_000, 10)]
    with ModelServer([Answer("x", input_tokens=i, output_tokens=o) for i, o in sizes]) as server:
        counted = [complete(server, model).usage.cost_usd for _ in sizes]
    known = sum(i * input_usd + o * output_usd for i, o in sizes) / 1e6
    assert sum(cost or 0.0 for cost in counted) == pytest.approx(known, rel=0.02)


def test_a_price_of_ones_own_comes_before_the_list() -> None:
    entry = ModelEntry(model=KINDS[0], context_window=1000, price=Price(input=3, output=10))
    with (
        ModelServer([Answer("x", input_tokens=1000, output_tokens=100)]) as server,
        use_services(Services(catalog=Catalog(arc_models=1, models=(entry,)))),
    ):
        assert complete(server).usage.cost_usd == pytest.approx(0.004)


def test_an_unknown_model_has_an_unknown_cost_and_not_none() -> None:
    with ModelServer(["x"]) as server:
        assert complete(server, "openai:our-own-model").usage.cost_usd is None


def test_a_server_that_tells_no_tokens_has_an_unknown_cost() -> None:
    with ModelServer([Answer("x", input_tokens=0, output_tokens=0)]) as server:
        assert complete(server).usage.cost_usd is None


# Connections.


def test_calls_of_one_loop_share_a_connection_which_is_closed_with_it(
    monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    async def ask_twice(url: str) -> None:
        for _ in range(2):
            await PydanticAIProvider(KINDS[0], url).complete(Request(messages=HELLO))

    with ModelServer() as server, count_connections(server) as opened:
        asyncio.run(ask_twice(server.openai_url))
        asyncio.run(ask_twice(server.openai_url))
        assert opened() == 2
    assert not [warning for warning in recwarn if issubclass(warning.category, ResourceWarning)]


class count_connections:
    """How many connections a server was asked for."""

    def __init__(self, server: ModelServer) -> None:
        self._server = server._server
        self._count = 0

    def __enter__(self) -> Callable[[], int]:
        accept = self._server.get_request

        def count() -> Any:
            accepted = accept()
            self._count += 1
            return accepted

        self._server.get_request = count  # type: ignore[method-assign]
        return lambda: self._count

    def __exit__(self, *_: object) -> None:
        pass


# What is wrong before any call.


@pytest.mark.parametrize(
    "model, base_url, settings, trouble",
    [
        (
            "opnai:gpt-4o",
            None,
            (),
            "unknown provider 'opnai' of model 'opnai:gpt-4o'; did you mean 'openai'?",
        ),
        ("openai:gpt-4o", None, ("temprature",), "unknown setting 'temprature' of model 'openai:gpt-4o'"),
        ("openai:gpt-4o", None, ("max_retries",), "unknown setting 'max_retries'"),
        ("deepseek:deepseek-chat", "http://x", (), "models of 'deepseek' take no 'base_url'"),
        ("groq:llama", None, (), "pip install"),
    ],
)
def test_what_cannot_work_is_said_before(
    model: str, base_url: str | None, settings: tuple[str, ...], trouble: str
) -> None:
    assert trouble in (find_trouble(model, base_url, settings) or "")


@pytest.mark.parametrize("model", [*KINDS, "openrouter:meta-llama/llama-3.3-70b-instruct"])
def test_models_and_settings_of_their_providers_are_fine(model: str) -> None:
    own = f"{model.partition(':')[0].partition('-')[0]}_anything"
    assert find_trouble(model, None, ("temperature", "timeout", own)) is None


def test_openrouter_is_asked_at_its_own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_arc.providers.pydantic_ai import _Address, _make_model

    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or")
    model = _make_model(_Address("openrouter:openai/gpt-4o-mini"))
    assert model.base_url == "https://openrouter.ai/api/v1/"


def test_the_key_goes_to_the_server_that_base_url_names() -> None:
    with ModelServer(["x", "x"]) as server:
        complete(server, KINDS[0])
        complete(server, KINDS[2])
    assert "sk-of-openai" in str(server.calls[0].headers)
    assert "sk-of-anthropic" in str(server.calls[1].headers)


@pytest.fixture
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("ANTHROPIC_API_KEY")


@pytest.mark.usefixtures("no_keys")
@pytest.mark.parametrize("model", KINDS)
def test_a_server_of_ones_own_needs_no_key(model: str) -> None:
    with ModelServer(["Good day."]) as server:
        assert complete(server, model).text == "Good day."
