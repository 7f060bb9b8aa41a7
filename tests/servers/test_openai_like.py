"""The server that stands in for providers does what its script says."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest
from openai_like import Answer, ModelServer

ASK = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def post(server: ModelServer, path: str, body: Any) -> tuple[int, Any, bytes]:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    try:
        connection.request("POST", path, json.dumps(body))
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses", "/v1/messages"])
def test_an_answer_comes_whole_or_in_events(path: str) -> None:
    with ModelServer(["three words here", "three words here"]) as server:
        assert b"three words here" in post(server, path, ASK)[2]
        _, headers, body = post(server, path, {**ASK, "stream": True})
        assert headers["content-type"] == "text/event-stream"
        assert body.count(b"data: ") > 3


def test_calls_are_kept_and_a_script_may_be_a_function_of_them() -> None:
    with ModelServer(lambda call: f"{call.number} {call.last_text}") as server:
        assert b"1 hi" in post(server, "/v1/chat/completions", ASK)[2]
        assert [call.body for call in server.calls] == [ASK]


def test_a_rate_limit_says_when_to_come_back() -> None:
    with ModelServer([Answer.rate_limited(retry_after_s=2.5)]) as server:
        status, headers, _ = post(server, "/v1/chat/completions", ASK)
        assert (status, headers["retry-after"]) == (429, "2.5")


def test_a_cut_answer_is_shorter_than_was_announced() -> None:
    with (
        ModelServer([Answer("long enough", truncate_at=10)]) as server,
        pytest.raises(http.client.IncompleteRead),
    ):
        post(server, "/v1/chat/completions", ASK)


def test_truncated_json_is_no_json() -> None:
    with ModelServer([Answer.truncated()]) as server, pytest.raises(json.JSONDecodeError):
        json.loads(post(server, "/v1/chat/completions", ASK)[2])


def test_a_script_that_is_over_says_so() -> None:
    with ModelServer([]) as server:
        status, _, body = post(server, "/v1/chat/completions", ASK)
        assert status == 500
        assert b"the script is over at call 1" in body
