from __future__ import annotations

import asyncio
import logging
from itertools import pairwise

import pytest
from openai_like import Answer, ModelServer
from virtual_time import run_virtually

pytest.importorskip("tenacity", reason="needs the extra 'models'")

from pytest_arc.errors import AgentError, ProviderError
from pytest_arc.providers import ChatMessage, Reply, Request
from pytest_arc.providers.factory import make_provider
from pytest_arc.providers.layers import Calling
from pytest_arc.providers.retries import RetryLayer
from pytest_arc.providers.services import Services, use_services

HELLO = Request(messages=(ChatMessage(role="user", text="hello"),))


class Troubled:
    """Raises one error after the other, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.called_s: list[float] = []

    async def complete(self, request: Request) -> Reply:
        self.called_s.append(asyncio.get_running_loop().time())
        if self._errors:
            raise self._errors.pop(0)
        return Reply(text="at last")

    @property
    def waits_s(self) -> list[float]:
        return [after - before for before, after in pairwise(self.called_s)]


def overloaded(retry_after_s: float | None = None) -> ProviderError:
    cause = "HTTP 529 from test"
    return ProviderError(cause, cause=cause, status=529, is_transient=True, retry_after_s=retry_after_s)


def complete(provider: Troubled, retries: int = 2) -> tuple[Reply, Services]:
    services = Services()
    return run_virtually(RetryLayer(provider, retries, services).complete(HELLO)), services


def test_what_passes_is_tried_again_and_counted() -> None:
    reply, services = complete(Troubled(overloaded(), overloaded()))

    assert (reply.text, services.counts["retries"]) == ("at last", 2)


def test_each_wait_is_logged_with_why(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pytest_arc")
    complete(Troubled(overloaded(retry_after_s=37)))

    (record,) = caplog.records
    assert record.getMessage() == "trying again in 37.0 s: HTTP 529 from test"
    assert vars(record)["arc"] == {"event": "retry", "wait_s": 37.0}


def test_the_last_error_comes_through_when_no_try_helps() -> None:
    provider = Troubled(overloaded(), overloaded(), overloaded())
    with pytest.raises(ProviderError, match="529"):
        complete(provider)

    assert len(provider.called_s) == 3


def test_waits_grow_and_are_not_all_the_same() -> None:
    provider = Troubled(*[overloaded()] * 6)
    complete(provider, retries=6)

    for wait_s, least_s in zip(provider.waits_s, (0.5, 1, 2, 4, 8, 8), strict=True):
        assert least_s <= wait_s <= least_s + 0.5
    assert len({round(wait_s % 0.5, 6) for wait_s in provider.waits_s[:4]}) > 1


def test_a_provider_that_asks_to_wait_is_given_the_time() -> None:
    provider = Troubled(overloaded(retry_after_s=37), overloaded(retry_after_s=0))
    complete(provider)

    assert provider.waits_s == [37, 0]


@pytest.mark.parametrize(
    "error",
    [
        ProviderError("no such key", cause="HTTP 401 from test", status=401),
        overloaded(retry_after_s=3600),
        AgentError("the model refused"),
    ],
    ids=["not transient", "too long to wait", "the agent's own"],
)
def test_what_no_further_try_helps_is_raised_at_once(error: Exception) -> None:
    provider = Troubled(error)
    with pytest.raises(type(error)):
        complete(provider)

    assert len(provider.called_s) == 1


def test_nobody_below_tries_again_over_the_wire(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two retries are three requests: the libraries of the provider make none of their own."""
    pytest.importorskip("pydantic_ai", reason="needs the extra 'models'")
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    services = Services()
    services.calling = Calling(services)
    with ModelServer(lambda call: Answer.rate_limited(retry_after_s=0.1)) as server, use_services(services):
        provider = make_provider("openai:gpt-5-mini", server.openai_url)
        with pytest.raises(ProviderError) as caught:
            asyncio.run(provider.complete(HELLO))

    assert len(server.calls) == 3
    assert all(after.at_s - before.at_s >= 0.1 for before, after in pairwise(server.calls))
    assert caught.value.cause == f"HTTP 429 from {server.url.removeprefix('http://')}"


@pytest.mark.parametrize("status", [408, 409, 500, 503, 529])
def test_each_status_that_may_pass_is_tried_again_over_the_wire(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    pytest.importorskip("pydantic_ai", reason="needs the extra 'models'")
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    services = Services()
    services.calling = Calling(services)
    script = [Answer.failing(status, headers={"retry-after": "0"}), "good day"]
    with ModelServer(script) as server, use_services(services):
        reply = asyncio.run(make_provider("openai:gpt-5-mini", server.openai_url).complete(HELLO))

    assert (reply.text, len(server.calls)) == ("good day", 2)
