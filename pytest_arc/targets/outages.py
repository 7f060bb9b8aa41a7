"""Whether an exception out of an agent is a model provider's doing."""

from __future__ import annotations

from collections.abc import Iterator
from json import JSONDecodeError
from traceback import walk_tb
from typing import Any

from pytest_arc.errors import ProviderError
from pytest_arc.scope import redact

__all__ = ["find_outage"]

PACKAGES = frozenset({"anthropic", "cohere", "google", "groq", "mistralai", "openai", "pydantic_ai"})
"""Clients of model providers. What else fails over HTTP may be a service of the agent's own."""

TRANSPORTS = frozenset({"httpx", "httpx2", "json"})
"""What clients read answers with."""

ANSWER_FIELDS = frozenset({"choices", "content", "output", "output_text", "usage"})
"""What agents look for first in the answer of a client."""

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
        if (text := _find_unreadable(cause)) is not None:
            kind = "an unreadable answer from the provider"
            return ProviderError(
                f"{kind}: no JSON, but '{_shorten(text, 80)}'", cause=kind, is_transient=True
            )
        if not _is_of_client(type(cause).__module__):
            continue
        name = type(cause).__name__
        status = _read_status(cause)
        if name in CONNECTION_ERRORS:
            message = f"{name}: {_shorten(str(cause))}{_locate(cause)}; is it up, and the address right?"
            return ProviderError(message, cause=name, is_transient=True)
        if status is not None and (status in REFUSALS or status >= 500):
            kind = f"HTTP {status} from the provider"
            message = f"{kind}: {_shorten(str(cause))}; {_advise(status)}"
            return ProviderError(
                message, cause=kind, status=status, is_transient=status not in (401, 402, 403)
            )
    return None


def _advise(status: int) -> str:
    match status:
        case 401:
            return "check the key that the agent uses"
        case 402:
            return "the account's quota or credit is used up"
        case 403:
            return "the key that the agent uses does not allow this"
        case 429:
            return "ask for less at once (--arc-concurrency 2), or have the limit raised"
        case _:
            return "the provider is in trouble: run again later"


def _is_of_client(module: str) -> bool:
    return module.partition(".")[0] in PACKAGES


def _find_unreadable(error: BaseException) -> str | None:
    """What a provider sent in place of JSON: clients stumble over it, or hand on a page as it is."""
    if isinstance(error, JSONDecodeError) and _is_raised_by_client(error):
        return error.doc
    if isinstance(error, AttributeError) and error.name in ANSWER_FIELDS and isinstance(error.obj, str):
        return error.obj if error.obj.lstrip()[:9].lower().startswith(("<html", "<!doctype")) else None
    return None


def _is_raised_by_client(error: BaseException) -> bool:
    """Whether a client was at work, and nobody whom it called back: what it reads comes from its provider."""
    modules = [str(frame.f_globals.get("__name__", "")) for frame, _ in walk_tb(error.__traceback__)]
    while modules and modules[-1].partition(".")[0] in TRANSPORTS:
        modules.pop()
    return bool(modules) and _is_of_client(modules[-1])


def _locate(error: BaseException) -> str:
    """Where a client could not connect to, and why; its own words are `Connection error.`"""
    host = getattr(getattr(getattr(error, "request", None), "url", None), "netloc", b"").decode()
    *_, last = _unwrap(error)
    reason = "" if last is error else _shorten(str(last))
    told = ": ".join(filter(None, (host, reason)))
    return f" ({told})" if told else ""


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
