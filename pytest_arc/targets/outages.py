"""Whether an exception out of an agent is a model provider's doing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_arc.errors import ProviderError
from pytest_arc.scope import redact

__all__ = ["find_outage"]

PACKAGES = frozenset({"anthropic", "cohere", "google", "groq", "mistralai", "openai", "pydantic_ai"})
"""Clients of model providers. What else fails over HTTP may be a service of the agent's own."""

CONNECTION_ERRORS = frozenset(
    {
        "APIConnectionError",
        "APITimeoutError",
        "ModelConnectionError",
        "ModelRequestTimeout",
        "ModelTimeoutError",
    }
)
REFUSALS = frozenset({401, 402, 403, 408, 409, 429})
"""Keys, quotas and limits; like a status from 500 on they say nothing about the agent."""


def find_outage(error: BaseException) -> ProviderError | None:
    """What to raise instead when a provider refused, or was not there; None for all else."""
    for cause in _unwrap(error):
        if type(cause).__module__.partition(".")[0] not in PACKAGES:
            continue
        name = type(cause).__name__
        status = _read_status(cause)
        if name in CONNECTION_ERRORS:
            return ProviderError(f"{name}: {_shorten(str(cause))}", cause=name, is_transient=True)
        if status is not None and (status in REFUSALS or status >= 500):
            kind = f"HTTP {status} from the provider"
            message = f"{kind}: {_shorten(str(cause))}"
            return ProviderError(
                message, cause=kind, status=status, is_transient=status not in (401, 402, 403)
            )
    return None


def _unwrap(error: BaseException) -> Iterator[BaseException]:
    """The exception, what it was raised from, and the members of groups."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        found = waiting.pop(0)
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting += [cause for cause in (found.__cause__,) if cause is not None]
        if isinstance(found, BaseExceptionGroup):
            waiting += list(found.exceptions)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def _read_status(error: BaseException) -> int | None:
    status: Any = getattr(error, "status_code", None) or getattr(error, "code", None)
    return status if isinstance(status, int) else None


def _shorten(text: str, width: int = 200) -> str:
    line = " ".join(redact(text).split())
    return line if len(line) <= width else line[: width - 4] + " ..."
