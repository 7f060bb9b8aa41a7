"""Whose fault an exception is that comes out of an agent."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_arc.targets.outages import find_outage


def make_error(package: str, name: str, **attributes: Any) -> Exception:
    """An exception as the client `package` defines it, which need not be installed."""
    error = type(name, (Exception,), {"__module__": f"{package}._exceptions"})("sorry")
    vars(error).update(attributes)
    return error


@pytest.mark.parametrize(
    "error, message, is_transient",
    [
        (make_error("openai", "RateLimitError", status_code=429), "HTTP 429 from the provider: sorry", True),
        (
            make_error("anthropic", "OverloadedError", status_code=529),
            "HTTP 529 from the provider: sorry",
            True,
        ),
        (
            make_error("openai", "AuthenticationError", status_code=401),
            "HTTP 401 from the provider: sorry",
            False,
        ),
        (make_error("openai", "APIConnectionError"), "APIConnectionError: sorry", True),
        (make_error("google", "ServerError", code=503), "HTTP 503 from the provider: sorry", True),
    ],
)
def test_provider_that_refuses_or_is_not_there_is_its_own_fault(
    error: Exception, message: str, is_transient: bool
) -> None:
    outage = find_outage(error)

    assert outage is not None
    assert (str(outage), outage.blame, outage.is_transient) == (message, "infrastructure", is_transient)


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
