"""Agents behind an endpoint: what they are sent, what is read, and whose trouble it is when it fails."""

from __future__ import annotations

import asyncio
import gzip
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from agent_server import AgentServer, Call, Raw
from certificates import make_certificate
from pydantic import ValidationError
from syrupy.assertion import SnapshotAssertion

from pytest_arc.domain.settings import Settings
from pytest_arc.domain.trajectory import NOTHING_USED, Message, ToolCall, ToolResult, Usage
from pytest_arc.errors import AgentError, InfrastructureError, TrialError
from pytest_arc.providers.cassettes.opening import start_recording
from pytest_arc.providers.services import Services, use_services
from pytest_arc.scope import TrialScope, enter_scope
from pytest_arc.targets import endpoint
from pytest_arc.targets.http import HttpTarget

from .conftest import Trial

pytest.importorskip("httpx2", reason="the extra 'http' is not installed")

Answer = Callable[[Call], Any]


def ask(answer: Answer, *says: str, **options: Any) -> tuple[Trial, AgentServer]:
    """Hold one conversation with a server that answers so."""
    trial = Trial(says=says or ("Hello",))
    with AgentServer(answer) as server:
        trial.run(make_target(server.url + "/chat", **options))
    return trial, server


def make_target(url: str, **options: Any) -> HttpTarget:
    return HttpTarget.model_validate({"http": {"url": url, **options}})


def complain(answer: Answer, **options: Any) -> str:
    """What is said of a trial that such a server spoils: whose trouble it is, and what to do."""
    with pytest.raises(TrialError) as caught:
        ask(answer, **options)
    return describe(caught.value)


def describe(error: TrialError) -> str:
    """Without what differs between machines: ports, and the words of the system."""
    text = re.sub(r"127.0.0.1:[0-9]+", "HOST", str(error))
    if error.blame == "infrastructure":
        text = re.sub(r"\((?!connection refused|--)[^)]*\)", "(REASON)", text)
    return f"{error.blame}: {text}"


# What an agent is sent.


def test_without_a_request_the_agent_is_told_everything_about_the_turn() -> None:
    _, server = ask(lambda call: {"answer": "yes"}, "One", "Two")

    first, second = (call.body for call in server.calls)
    assert first.keys() == {
        "user", "conversation", "system_prompt", "session_id", "scenario", "trial", "seed"
    }  # fmt: skip
    assert (second["user"], second["system_prompt"], second["seed"]) == ("Two", "Be kind", 7)
    assert (second["scenario"], second["trial"]) == ("greetings/hello", 1)
    assert second["conversation"] == [
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "yes"},
        {"role": "user", "content": "Two"},
    ]
    assert first["session_id"] == second["session_id"]


def test_templates_keep_types_and_treat_what_is_said_as_text() -> None:
    request = {
        "messages": "{{ conversation }}",
        "n": ["{{ trial }}", "no {{ trial }}"],
        "text": "<{{ user }}>",
    }
    headers = {"X-Session": "s-{{ session_id }}"}
    _, server = ask(lambda call: {"answer": ""}, "{{ 7 * 7 }}", request=request, headers=headers)

    (call,) = server.calls
    assert call.body == {
        "messages": [{"role": "user", "content": "{{ 7 * 7 }}"}],
        "n": [1, "no 1"],
        "text": "<{{ 7 * 7 }}>",
    }
    assert re.fullmatch("s-[0-9a-f]{32}", call.headers["x-session"])


def test_get_sends_the_request_as_query() -> None:
    _, server = ask(lambda call: {"answer": ""}, "a & b", method="GET", request={"q": "{{ user }}", "n": 1})

    (call,) = server.calls
    assert (call.method, call.query, call.body) == ("GET", {"q": "a & b", "n": "1"}, None)


def test_cookies_last_for_one_trial() -> None:
    def answer(call: Call) -> Raw:
        return Raw(b'{"answer": ""}', headers={"set-cookie": f"id={len(server.calls)}; Path=/"})

    with AgentServer(answer) as server:

        async def hold_both() -> None:
            for _ in range(2):
                await Trial(says=("One", "Two")).converse(make_target(server.url))

        asyncio.run(hold_both())

    assert [call.headers.get("cookie") for call in server.calls] == [None, "id=1", None, "id=3"]
    assert server.connections == 1


def test_connections_are_closed_with_the_loop_and_shared_in_it() -> None:
    async def hold_many() -> None:
        await asyncio.gather(*(Trial(says=("a",) * 3).converse(make_target(server.url)) for _ in range(20)))

    with AgentServer(lambda call: {"answer": ""}, latency_s=0.01) as server:
        asyncio.run(hold_many())
        asyncio.run(hold_many())

    assert len(server.calls) == 120
    assert server.connections <= 40
    assert server.most_at_once > 1


def test_every_attempt_has_a_trace_of_its_own_that_its_scope_knows() -> None:
    scopes = [TrialScope("a/b", "b", trial=1, attempt=attempt, seed=7) for attempt in (1, 2)]

    async def attempt(scope: TrialScope) -> None:
        enter_scope(scope)
        await Trial(says=("One", "Two")).converse(make_target(server.url))

    with AgentServer(lambda call: {"answer": ""}) as server:
        for scope in scopes:
            asyncio.run(attempt(scope))

    sent = [call.headers["traceparent"].split("-") for call in server.calls]
    assert [trace for _, trace, _, _ in sent] == [scope.trace_id for scope in scopes for _ in range(2)]
    assert len({span for _, _, span, _ in sent}) == 4
    assert {(version, flags) for version, _, _, flags in sent} == {("00", "01")}


def test_reset_is_called_once_before_the_first_turn() -> None:
    with AgentServer(lambda call: {"answer": ""}) as server:
        reset = {"url": server.url + "/forget/{{ session_id }}", "method": "DELETE"}
        target = make_target(server.url + "/chat", headers={"X-Key": "k"}, reset=reset)
        Trial(says=("One", "Two")).run(target)

    first, second, _ = server.calls
    assert [call.method for call in server.calls] == ["DELETE", "POST", "POST"]
    assert first.path == f"/forget/{second.body['session_id']}"
    assert first.headers["x-key"] == "k"


# What is read of an answer.


def test_tool_calls_and_usage_are_found_by_the_response_map() -> None:
    answer = {
        "reply": {"text": "Done"},
        "steps": [
            {"tool": "find", "input": {"id": 7}, "output": {"total": 12}},
            {"tool": "pay", "input": '{"to": "x"}', "output": "no money", "failed": True},
            {"tool": "wait", "input": None},
        ],
        "tokens": {"prompt": 5, "completion": 7},
        "usd": 0.25,
    }
    trial, _ = ask(
        lambda call: answer,
        "One",
        "Two",
        response={
            "answer": "reply.text",
            "tool_calls": "steps[].{name: tool, arguments: input, result: output, is_error: failed}",
            "usage": "{input_tokens: tokens.prompt, output_tokens: tokens.completion, cost_usd: usd}",
        },
    )

    trajectory = trial.context.finish()
    assert trajectory.usage == Usage(input_tokens=10, output_tokens=14, cost_usd=0.5)
    turn = [step.model_copy(update={"at_s": 0.0}) for step in trajectory.steps[1:7]]
    assert turn == [
        ToolCall(id="call-1-1", tool="find", arguments={"id": 7}),
        ToolResult(id="call-1-1", tool="find", content='{"total": 12}'),
        ToolCall(id="call-1-2", tool="pay", arguments={"to": "x"}),
        ToolResult(id="call-1-2", tool="pay", content="no money", is_error=True),
        ToolCall(id="call-1-3", tool="wait"),
        Message(role="assistant", text="Done"),
    ]
    assert len({step.id for step in trajectory.tool_calls}) == 6


def test_cost_that_is_not_told_is_unknown() -> None:
    trial, _ = ask(lambda call: {"answer": "", "used": {"input_tokens": 3}}, response={"usage": "used"})

    assert trial.context.finish().usage == Usage(input_tokens=3, cost_usd=None)


def test_target_shows_only_what_its_response_map_names() -> None:
    assert make_target("http://localhost").observes == {"answer", "latency"}
    assert "tool_calls" in make_target("http://localhost", response={"tool_calls": "steps"}).observes
    assert "usage" in make_target("http://localhost", response={"usage": "used"}).observes
    assert not make_target("http://localhost").uses_world


def test_a_call_that_nobody_took_costs_nothing_and_one_that_was_spoilt_nobody_knows_what() -> None:
    def spoil(status: int) -> Usage | None:
        trial, mapped = Trial(), {"usage": "used"}
        with AgentServer(lambda call: Raw(b"no", status=status)) as server, pytest.raises(TrialError):
            trial.run(make_target(server.url, response=mapped, retries=0))
        return trial.context.finish().usage

    assert (spoil(401), spoil(429)) == (NOTHING_USED, NOTHING_USED)
    assert (spoil(500), spoil(200)) == (Usage(), Usage())

    with AgentServer(lambda call: {"answer": ""}) as closed:
        pass
    trial = Trial()
    with pytest.raises(InfrastructureError, match="connection refused"):
        trial.run(make_target(closed.url, response={"usage": "used"}))
    assert trial.context.finish().usage == NOTHING_USED


def test_events_are_joined_and_the_last_usage_counts() -> None:
    events = Raw.events(
        {"delta": "Hel"}, {"delta": "lo"}, {"calls": [{"name": "a"}]}, {"used": {"output_tokens": 1}},
        {"calls": [{"name": "b"}]}, {"delta": " there"}, {"used": {"output_tokens": 9}},
    )  # fmt: skip
    response = {"answer": "delta", "tool_calls": "calls", "usage": "used"}
    trial, _ = ask(lambda call: events, response=response)

    trajectory = trial.context.finish()
    assert trajectory.answer == "Hello there"
    assert [call.tool for call in trajectory.tool_calls] == ["a", "b"]
    assert trajectory.usage == Usage(output_tokens=9)


def test_a_stream_of_openai_s_kind_is_read() -> None:
    chunks = ({"choices": [{"delta": {"content": part}}]} for part in ("Gr", "üße"))
    end = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
    answer = Raw.events({"choices": [{"delta": {"role": "assistant"}}]}, *chunks, end)
    trial, _ = ask(lambda call: answer, response={"answer": "choices[0].delta.content"})

    assert trial.context.finish().answer == "Grüße"


# Whose trouble it is.


def page(status: int, text: str = "") -> Answer:
    return lambda call: Raw(text.encode(), status, "text/html" if text.startswith("<") else "text/plain")


HTML = "<!doctype html><html><head><title>Sign in</title></head><body>...</body></html>"


@pytest.mark.parametrize(
    "answer, options",
    [
        pytest.param(page(400, "no such field: message"), {}, id="400"),
        pytest.param(page(401), {}, id="401 without a key"),
        pytest.param(page(401), {"headers": {"Authorization": "Bearer 1"}}, id="401 with a key"),
        pytest.param(page(403, HTML), {}, id="403"),
        pytest.param(page(404, "not found"), {}, id="404"),
        pytest.param(page(405), {}, id="405"),
        pytest.param(page(429, '{"error": "slow down"}'), {"retries": 0}, id="429"),
        pytest.param(page(500, "Traceback (most recent call last): ..."), {}, id="500"),
        pytest.param(page(503, HTML), {"retries": 0}, id="503"),
        pytest.param(
            lambda call: Raw(b"", 307, headers={"location": "/chat/?key=secret"}), {}, id="redirect"
        ),
        pytest.param(page(200, HTML), {}, id="HTML"),
        pytest.param(page(200, ""), {}, id="nothing"),
        pytest.param(page(200, '{"answer": "half'), {}, id="half of JSON"),
        pytest.param(page(200, "[" * 100_000), {}, id="nested JSON"),
        pytest.param(lambda call: {"text": "hi", "id": 1}, {}, id="no answer"),
        pytest.param(lambda call: ["hi"], {}, id="a list"),
        pytest.param(lambda call: {"answer": {"text": "hi"}}, {}, id="answer is an object"),
        pytest.param(lambda call: {"answer": 42}, {}, id="answer is a number"),
        pytest.param(lambda call: {"answer": "a"}, {"response": {"tool_calls": "calls"}}, id="no calls"),
        pytest.param(lambda call: {"answer": "a"}, {"response": {"usage": "used"}}, id="no usage"),
        pytest.param(
            lambda call: {"answer": "a", "calls": [{"tool": "x"}]},
            {"response": {"tool_calls": "calls"}},
            id="call without a name",
        ),
        pytest.param(
            lambda call: {"answer": "a", "calls": [{"name": "pay", "arguments": '{"to": '}]},
            {"response": {"tool_calls": "calls"}},
            id="call with half of JSON",
        ),
        pytest.param(
            lambda call: {"answer": "a", "calls": [{"name": "pay", "arguments": [1]}]},
            {"response": {"tool_calls": "calls"}},
            id="call with a list",
        ),
        pytest.param(
            lambda call: {"answer": "a", "used": {"prompt_tokens": 3}},
            {"response": {"usage": "used"}},
            id="usage in other words",
        ),
        pytest.param(
            lambda call: {"answer": "a", "used": {"input_tokens": -3}},
            {"response": {"usage": "used"}},
            id="usage below zero",
        ),
        pytest.param(
            lambda call: {"answer": 3}, {"response": {"answer": "join(', ', answer)"}}, id="unsuitable map"
        ),
        pytest.param(lambda call: Raw.events({"x": 1}, {"y": 2}), {}, id="events without an answer"),
        pytest.param(lambda call: Raw(b"data: {oops\n\n", 200, "text/event-stream"), {}, id="broken event"),
        pytest.param(lambda call: Raw(cut=True), {}, id="cut"),
        pytest.param(lambda call: Raw(b"xx", headers={"content-encoding": "gzip"}), {}, id="no gzip"),
        pytest.param(lambda call: {"answer": ""}, {"request": "{{ 1 / (trial - 1) }}"}, id="bad template"),
        pytest.param(
            lambda call: {"answer": ""}, {"request": "{{ user.name }}"}, id="template that finds nothing"
        ),
    ],
)
def test_trouble_is_explained(answer: Answer, options: dict[str, Any], snapshot: SnapshotAssertion) -> None:
    assert complain(answer, **options) == snapshot


def test_a_reset_that_fails_is_not_the_agent_s_failure() -> None:
    with AgentServer(page(500)) as server, pytest.raises(InfrastructureError, match=r"was not reset: .* 500"):
        Trial().run(make_target(server.url, reset=server.url + "/reset"))

    assert len(server.calls) == 1


async def pour(total: int) -> AsyncIterator[bytes]:
    for _ in range(total // 100_000):
        yield b"x" * 100_000


@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream"])
def test_an_answer_of_fifty_megabytes_is_not_read_to_its_end(content_type: str) -> None:
    with pytest.raises(AgentError, match="10 MB") as caught:
        ask(lambda call: Raw(content_type=content_type, pieces=pour(50_000_000)))

    assert "the rest was not read" in str(caught.value)


def test_a_small_answer_that_unpacks_to_fifty_megabytes_is_not_read_either() -> None:
    packed = gzip.compress(b" " * 50_000_000)
    with pytest.raises(AgentError, match="10 MB"):
        ask(lambda call: Raw(packed, headers={"content-encoding": "gzip"}))


def test_a_busy_server_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "FIRST_PAUSE_S", 0.01)
    replies = iter([Raw(status=503), Raw(status=429, headers={"retry-after": "0"}), {"answer": "at last"}])
    trial, server = ask(lambda call: next(replies))

    assert trial.context.finish().answer == "at last"
    assert len(server.calls) == 3


def test_retries_have_an_end_and_an_error_of_the_agent_is_not_retried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(endpoint, "FIRST_PAUSE_S", 0.01)

    assert complain(page(502)) == "agent: http://HOST/chat answered 502 Bad Gateway, 3 times"
    assert complain(page(500)) == "agent: http://HOST/chat answered 500 Internal Server Error"


@pytest.mark.parametrize(
    "said, seconds",
    [("1.5", None), ("7", 7.0), ("soon", None), ("", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)
def test_retry_after_is_a_number_or_a_date(said: str, seconds: float | None) -> None:
    assert endpoint.read_retry_after({"retry-after": said}) == seconds


def test_a_dead_server_and_an_unknown_host_are_no_failure_of_the_agent(snapshot: SnapshotAssertion) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    said: list[str] = []
    for url in (f"http://127.0.0.1:{port}/chat", "http://agent.invalid/chat"):
        with pytest.raises(InfrastructureError) as caught:
            Trial().run(make_target(url))
        said.append(describe(caught.value))

    assert said == snapshot


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def test_a_certificate_that_nobody_trusts_is_explained(
    certificate: ssl.SSLContext, snapshot: SnapshotAssertion
) -> None:
    server = AgentServer(lambda call: {"answer": ""}, tls=certificate)
    with server, pytest.raises(InfrastructureError) as caught:
        Trial().run(make_target(server.url))

    assert describe(caught.value) == snapshot


def test_https_to_a_server_without_it_is_explained(snapshot: SnapshotAssertion) -> None:
    with AgentServer(lambda call: {"answer": ""}) as server, pytest.raises(InfrastructureError) as caught:
        Trial().run(make_target(server.url.replace("http:", "https:")))

    assert describe(caught.value) == snapshot


def test_a_slow_agent_is_cancelled_with_its_trial() -> None:
    with AgentServer(lambda call: {"answer": ""}, latency_s=30) as server, pytest.raises(TimeoutError):
        Trial(watchdog_s=0.2).run(make_target(server.url))


def test_a_recorded_conversation_is_replayed_without_the_agent(tmp_path: Path) -> None:
    def hold(mode: str) -> str:
        services = Services()
        settings = Settings.model_validate({"record": mode})
        with use_services(services):
            start_recording(services, settings, folder=tmp_path, run=mode, redact=lambda value: value)
            trial = Trial(says=("One", "Two"))
            asyncio.run(attempt(trial))
        services.close()
        return trial.context.finish().answer

    async def attempt(trial: Trial) -> None:
        enter_scope(TrialScope("a/b", "b", trial=1, attempt=1, seed=7))
        await trial.converse(make_target(server.url))

    with AgentServer(lambda call: {"answer": f"You said {call.body['user']}"}) as server:
        assert hold("new") == "You said Two"

    assert hold("none") == "You said Two"
    assert len(server.calls) == 2


# What is found before any trial.


@pytest.mark.parametrize(
    "options, complaint",
    [
        ({"url": ""}, "at least 1 character"),
        ({"url": "localhost:8000/chat"}, "a URL begins with http:// or https://"),
        ({"url": "http://h", "verb": "POST"}, "Extra inputs"),
        ({"url": "http://h", "request": {"q": ["{{ usr }}"]}}, "'usr' is undefined; did you mean 'user'"),
        ({"url": "http://h", "headers": {"X": "{{ user"}}, "is not valid: unexpected end"),
        ({"url": "http://h/{{ thread }}"}, "'thread' is undefined; there is: user, conversation"),
        ({"url": "http://h", "response": {"answer": "a["}}, "not a JMESPath expression"),
        ({"url": "http://h", "response": {"usage": "nth(a)"}}, "JMESPath has no function 'nth'"),
        ({"url": "http://h", "method": "GET", "request": "{{ user }}"}, "write a mapping"),
    ],
)
def test_mistakes_are_found_when_the_file_is_loaded(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(complaint)):
        HttpTarget.model_validate({"http": options})


def test_a_url_alone_is_enough() -> None:
    short = HttpTarget.model_validate({"http": "http://localhost:8000/chat"})

    assert short == make_target("http://localhost:8000/chat")


def test_reports_and_identity_show_no_secret() -> None:
    secret, other = (
        make_target("https://me:pass@h:8/chat?key=k", headers={"Authorization": f"Bearer {key}"})
        for key in ("s3cret", "0ther")
    )

    assert secret.describe() == "http https://h:8/chat"
    assert "s3cret" not in str(secret.identify())
    assert secret.identify() == other.identify()


def test_advice_says_how_a_trial_shows_more() -> None:
    target = make_target("http://localhost")

    assert "'response: {usage: ...}'" in target.advise("usage")
    assert "if_observed" in target.advise("latency")
