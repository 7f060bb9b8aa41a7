"""Whose fault an exception is that comes out of an agent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from openai_like import Answer, ModelServer
from syrupy.assertion import SnapshotAssertion

from pytest_arc.targets.outages import find_outage


def make_error(package: str, name: str, **attributes: Any) -> Exception:
    """An exception as the client `package` defines it, which need not be installed."""
    error = type(name, (Exception,), {"__module__": f"{package}._exceptions"})("sorry")
    vars(error).update(attributes)
    return error


@pytest.mark.parametrize(
    "error, message, is_transient",
    [
        (
            make_error("openai", "RateLimitError", status_code=429),
            "HTTP 429 from the provider: sorry; ",
            True,
        ),
        (
            make_error("anthropic", "OverloadedError", status_code=529),
            "HTTP 529 from the provider: sorry; ",
            True,
        ),
        (
            make_error("openai", "AuthenticationError", status_code=401),
            "HTTP 401 from the provider: sorry; check the key that the agent uses",
            False,
        ),
        (make_error("openai", "APIConnectionError"), "APIConnectionError: sorry; is it up, ", True),
        (make_error("google", "ServerError", code=503), "HTTP 503 from the provider: sorry; ", True),
    ],
)
def test_provider_that_refuses_or_is_not_there_is_its_own_fault(
    error: Exception, message: str, is_transient: bool
) -> None:
    outage = find_outage(error)

    assert outage is not None
    assert str(outage).startswith(message)
    assert (outage.blame, outage.is_transient) == ("infrastructure", is_transient)


@pytest.mark.parametrize(
    "error",
    [
        make_error("openai", "BadRequestError", status_code=400),
        make_error("my_agent", "RateLimitError", status_code=429),
        ConnectionError("the agent's own database"),
        ValueError("openai"),
    ],
)
def test_anything_else_is_the_agent_s(error: Exception) -> None:
    assert find_outage(error) is None


def test_provider_is_found_behind_what_a_framework_makes_of_it() -> None:
    overloaded = make_error("openai", "InternalServerError", status_code=500)
    wrapped = RuntimeError("the node failed")
    wrapped.__cause__ = ExceptionGroup("tasks", [ValueError("other"), overloaded])

    assert find_outage(wrapped) is not None


def test_error_that_came_while_another_was_handled_is_the_agent_s() -> None:
    def fall_back() -> None:
        try:
            raise make_error("openai", "InternalServerError", status_code=500)
        except Exception:
            raise KeyError("fallback")  # noqa: B904

    with pytest.raises(KeyError) as caught:
        fall_back()

    assert find_outage(caught.value) is None


# The client of OpenAI, over the wire.

HELLO = [{"role": "user", "content": "Good day"}]
PAGE = b"<!DOCTYPE html><html><body>Bad gateway</body></html>"
TROUBLES: dict[str, Callable[[ModelServer], str] | Answer] = {
    "expired key": Answer.failing(401, "Incorrect API key provided"),
    "forbidden": Answer.failing(403, "Your project has no access to this model"),
    "rate limit": Answer.rate_limited(),
    "server error": Answer.failing(500, "on fire"),
    "overloaded": Answer.failing(529, "Overloaded"),
    "HTML": Answer(body=PAGE),
    "HTML that says so": Answer(body=PAGE, headers={"content-type": "text/html"}),
    "half of JSON": Answer.truncated(),
    "cut": Answer("a long answer", truncate_at=20),
    "dead server": lambda server: "http://127.0.0.1:9/v1",
    "no TLS": lambda server: server.openai_url.replace("http://", "https://"),
}


def catch(ask: Callable[[], Any]) -> Exception:
    """Whatever the client makes of it."""
    try:
        ask()
    except Exception as error:
        return error
    raise AssertionError("the client was content")


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_of_a_provider_is_told_apart_from_the_agent_s(
    trouble: str, snapshot: SnapshotAssertion
) -> None:
    openai: Any = pytest.importorskip("openai", reason="the client of OpenAI is not installed")
    what = TROUBLES[trouble]
    with ModelServer([what if isinstance(what, Answer) else "never read"]) as server:
        url = server.openai_url if isinstance(what, Answer) else what(server)
        with openai.OpenAI(base_url=url, api_key="sk-test", max_retries=0, timeout=30) as client:
            error = catch(lambda: client.chat.completions.create(model="m", messages=HELLO).choices[0])

    outage = find_outage(error)
    assert outage is not None
    assert outage.blame == "infrastructure"
    told = re.sub(r"127\.0\.0\.1:\d+", "HOST", str(outage))
    assert re.sub(r"(Connection error\. \(HOST: ).*\)", r"\1REASON)", told) == snapshot


def test_a_page_or_text_that_the_agent_reads_itself_is_its_own_affair() -> None:
    with pytest.raises(json.JSONDecodeError) as decoding:
        json.loads("<html>")
    with pytest.raises(AttributeError) as looking:
        _ = PAGE.decode().title_of  # type: ignore[attr-defined]

    assert find_outage(decoding.value) is None
    assert find_outage(looking.value) is None
