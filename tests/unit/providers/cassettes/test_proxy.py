"""The base URL for agents in other processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from openai_like import ModelServer

from pytest_arc.errors import InfrastructureError, MissingExtra
from pytest_arc.providers.cassettes.proxy import RecordingProxy, redirect_providers
from pytest_arc.providers.cassettes.recorder import Recorder
from pytest_arc.providers.services import Services, use_services
from pytest_arc.scope import TrialScope

if TYPE_CHECKING:
    from shapes import InTrial, MakeRecorder

httpx2: Any = pytest.importorskip("httpx2", reason="the extra http is not installed")

CHILD = """
import json, os, sys, urllib.request

def post(url, body):
    headers = {"content-type": "application/json", "authorization": "Bearer k"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        return urllib.request.urlopen(request).read().decode()
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read().decode()}"

ask = {"model": "m", "messages": [{"role": "user", "content": sys.argv[1]}]}
print(post(os.environ["OPENAI_BASE_URL"] + "/chat/completions", ask))
print(post(os.environ["OPENAI_BASE_URL"] + "/chat/completions", ask | {"stream": True}))
print(post(os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages", ask))
"""


def _run_child(text: str) -> str:
    with redirect_providers() as environment:
        return subprocess.run(
            [sys.executable, "-c", CHILD, text],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    with ModelServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.openai_url)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.anthropic_url)
        yield server


@contextmanager
def _open(recorder: Recorder | None, **upstreams: str) -> Iterator[tuple[RecordingProxy, TrialScope]]:
    services = Services(recorder=recorder)
    proxy = RecordingProxy(services, upstreams)
    scope = TrialScope("desk@v1/fx/eur", "fx/eur", 1, 1, seed=0)
    try:
        with proxy.serve(scope):
            yield proxy, scope
    finally:
        proxy.close()


def _ask(proxy: RecordingProxy, path: str, **headers: str) -> Any:
    with httpx2.Client() as client:
        return client.post(proxy.url + path, json={"model": "m", "messages": []}, headers=headers)


def test_program_of_a_trial_is_recorded_and_replayed(
    server: ModelServer, make_recorder: MakeRecorder, in_trial: InTrial
) -> None:
    def run(recorder: Recorder, text: str) -> tuple[str, TrialScope]:
        services = Services(recorder=recorder)

        def work() -> str:
            with use_services(services):
                return _run_child(text)

        try:
            return in_trial(recorder, work)
        finally:
            services.close()

    live, scope = run(make_recorder("new"), "hi")
    replayed, again = run(make_recorder("none"), "hi")
    missed, third = run(make_recorder("none"), "ho")

    assert live == replayed
    assert live.count("answer to: hi") == 2
    assert live.count("data: ") > 4
    assert [call.path for call in server.calls] == [*["/v1/chat/completions"] * 2, "/v1/messages"]
    assert (scope.live_calls, again.replayed_calls, again.live_calls) == (3, 3, 0)
    assert missed.startswith("400 ")
    assert "'hi' is recorded, 'ho' is asked" in missed
    assert isinstance(third.trouble, InfrastructureError)


def test_outside_of_trials_programs_are_not_led_here() -> None:
    with redirect_providers() as environment:
        assert environment == {}


def test_without_httpx2_programs_are_left_alone_unless_they_are_to_be_recorded(
    make_recorder: MakeRecorder, in_trial: InTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    def redirect() -> dict[str, str]:
        with redirect_providers() as environment:
            return dict(environment)

    monkeypatch.setitem(sys.modules, "httpx2", None)
    monkeypatch.setattr("pytest_arc.extras.find_spec", lambda name: None)

    assert in_trial(make_recorder(), redirect)[0] == {}
    with pytest.raises(MissingExtra, match=r"pip install 'pytest-arc\[http\]'"):
        in_trial(make_recorder("new"), redirect)


def test_trial_may_be_told_by_traceparent(make_recorder: MakeRecorder, server: ModelServer) -> None:
    with _open(make_recorder("new")) as (proxy, scope):
        header = f"00-{scope.trace_id}-00f067aa0ba902b7-01"
        answer = _ask(proxy, "/openai/v1/chat/completions", traceparent=header)

    assert answer.json()["object"] == "chat.completion"
    assert scope.live_calls == 1


@pytest.mark.parametrize(
    "path, said",
    [
        ("/openai/v1/chat/completions", "belongs to no trial that is under way"),
        (f"/trial/{'0' * 32}/openai/v1/models", "belongs to no trial that is under way"),
        ("/v1/chat/completions", "paths here begin with /openai/v1/ or /anthropic/"),
    ],
)
def test_request_of_no_trial_goes_nowhere(
    make_recorder: MakeRecorder, server: ModelServer, path: str, said: str
) -> None:
    with _open(make_recorder("new")) as (proxy, _):
        answer = _ask(proxy, path)

    assert answer.status_code == 404
    assert said in answer.json()["error"]["message"]
    assert server.calls == []


def test_dead_provider_is_a_bad_gateway(make_recorder: MakeRecorder) -> None:
    with ModelServer() as server:
        gone = server.openai_url
    with _open(make_recorder("new"), openai=gone) as (proxy, scope):
        answer = _ask(proxy, f"/trial/{scope.trace_id}/openai/v1/chat/completions")

    assert answer.status_code == 502
    assert answer.json()["error"]["message"].startswith("no answer from 127.0.0.1: ConnectError")


def test_several_requests_use_one_connection_and_chunked_bodies(
    make_recorder: MakeRecorder, server: ModelServer
) -> None:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}]}).encode()
    with _open(make_recorder()) as (proxy, scope), httpx2.Client() as client:
        url = f"{proxy.url}/trial/{scope.trace_id}/openai/v1/chat/completions"
        answers = [client.post(url, content=iter([body[:10], body[10:]])).json() for _ in range(3)]

    assert [answer["id"] for answer in answers] == ["chatcmpl-1", "chatcmpl-2", "chatcmpl-3"]


def test_garbage_ends_the_connection(make_recorder: MakeRecorder) -> None:
    import socket

    with _open(make_recorder()) as (proxy, _):
        host, port = proxy.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as client:
            client.sendall(b"nonsense\r\n\r\n")
            assert client.recv(100) == b""


STRAY = """
import sys, urllib.request

try:
    urllib.request.urlopen(sys.argv[1], timeout=60)
except OSError as error:
    print(error)
"""


@pytest.mark.parametrize("url", ["http://models.example/v1", "https://models.example/v1"])
def test_a_program_reaches_no_other_machine_where_nothing_may_leave(
    make_recorder: MakeRecorder, in_trial: InTrial, url: str
) -> None:
    def run() -> str:
        with redirect_providers() as environment:
            return subprocess.run(
                [sys.executable, "-c", STRAY, url],
                env=os.environ | environment,
                capture_output=True,
                text=True,
                check=True,
            ).stdout

    told, scope = in_trial(make_recorder("none"), run)

    assert "403" in told
    assert str(scope.trouble).startswith("a connection to models.example")
    assert "record mode none lets nothing leave" in str(scope.trouble)


def test_a_program_that_may_ask_is_not_led_around(make_recorder: MakeRecorder, in_trial: InTrial) -> None:
    def list_variables() -> list[str]:
        with redirect_providers() as environment:
            return sorted(environment)

    assert in_trial(make_recorder("new"), list_variables)[0] == ["ANTHROPIC_BASE_URL", "OPENAI_BASE_URL"]


def test_nobody_else_is_served_as_by_a_proxy(make_recorder: MakeRecorder) -> None:
    with _open(make_recorder("none")) as (proxy, scope):
        with httpx2.Client(proxy=proxy.url) as client:
            assert client.get("http://models.example/v1").status_code == 403
        assert scope.trouble is None
