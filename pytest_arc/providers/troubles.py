"""Why a provider did not answer: whose trouble it is, whether it passes, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestTimeout,
    ModelTimeoutError,
    UserError,
)
from pydantic_ai.models import Model

from pytest_arc.errors import ProviderError

__all__ = ["explain_size", "explain_trouble"]

MAX_TEXT = 200
"""Characters of a provider's own message."""

_REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-amzn-requestid", "cf-ray")
_TRANSIENT_STATUS = frozenset({408, 409, 429})
_UNANSWERED = (ModelHTTPError, ModelConnectionError, ModelTimeoutError, ModelRequestTimeout, UserError)
"""What is none of these is about an answer that came and cannot be read."""


def explain_trouble(error: Exception, model: Model, key_variables: tuple[str, ...]) -> ProviderError:
    """What an exception of pydantic-ai means. `key_variables` are those that hold the provider's key."""
    host = _find_host(model)
    what, cause = _name(error, host)
    status = error.status_code if isinstance(error, ModelHTTPError) else None
    said = _shorten(_find_text(error))
    advice = _advise(error, status, key_variables)
    message = f"{what}: {said}; {advice}" if said else f"{what}; {advice}"
    return ProviderError(
        message,
        cause=cause,
        host=host,
        status=status,
        is_transient=_is_transient(error, status),
        retry_after_s=error.retry_after if isinstance(error, ModelAPIError) else None,
        is_answered=not isinstance(error, _UNANSWERED),
    )


def explain_size(characters: int, model: Model) -> ProviderError:
    """An answer that no model has written."""
    host = _find_host(model)
    cause = f"an answer too large from {host}"
    message = f"{cause}: {characters:,} characters; check what answers there"
    return ProviderError(message, cause=cause, host=host, is_answered=True)


def _find_host(model: Model) -> str:
    """With its port, where that is a special one."""
    try:
        place = urlsplit(model.base_url or "")
    except (AttributeError, UserError):
        return model.system
    return place.netloc.rpartition("@")[2] or model.system


def _name(error: Exception, host: str) -> tuple[str, str]:
    """The trouble, with the request's id if there is one, and without: as errors of a kind are counted."""
    if isinstance(error, ModelHTTPError):
        cause = f"HTTP {error.status_code} from {host}"
        id = _find_request_id(error.headers or {})
        return (f"{cause} (request {id})" if id else cause), cause
    if isinstance(error, (ModelTimeoutError, ModelRequestTimeout)):
        cause = f"no answer in time from {host}"
    elif isinstance(error, ModelConnectionError):
        cause = f"no connection to {host}" if error.phase == "connect" else f"lost connection to {host}"
    elif isinstance(error, UserError):
        cause = f"a request that cannot be made to {host}"
    else:
        cause = f"an unreadable answer from {host}"
    return cause, cause


def _find_request_id(headers: Mapping[str, str]) -> str:
    return next((headers[name] for name in _REQUEST_ID_HEADERS if name in headers), "")


def _is_transient(error: Exception, status: int | None) -> bool:
    if isinstance(error, (ModelQuotaExceededError, UserError)):
        return False
    if status is not None:
        return status in _TRANSIENT_STATUS or status >= 500
    # Connections, time, and an answer that is no JSON: mostly a gateway's page about trouble behind it.
    return True


def _find_text(error: Exception) -> str:
    """The provider's own words; those of the network where it said nothing."""
    body = getattr(error, "body", None)
    if isinstance(body, Mapping):
        told = cast("Mapping[str, Any]", body)
        inner = told.get("error")
        told = cast("Mapping[str, Any]", inner) if isinstance(inner, Mapping) else told
        return str(told.get("message") or told.get("detail") or told)
    if isinstance(error, ModelHTTPError):
        return "" if body is None else str(body)
    # The libraries between wrap "Name or service not known" into "Connection error.".
    causes = list(_unwrap(error))
    for cause in causes:
        if isinstance(cause, json.JSONDecodeError):
            return f"no JSON, but {cause.doc[:80]!r}" if cause.doc else "an empty body"
    return next((text for text in map(str, reversed(causes)) if text), "")


def _unwrap(error: BaseException) -> Iterator[BaseException]:
    inner: BaseException | None = error
    while inner is not None:
        yield inner
        inner = inner.__cause__


def _shorten(text: str) -> str:
    line = " ".join(text[: 4 * MAX_TEXT].split()).rstrip(".")
    return line if len(line) <= MAX_TEXT else line[: MAX_TEXT - 4] + " ..."


def _advise(error: Exception, status: int | None, key_variables: tuple[str, ...]) -> str:
    key = " or ".join(key_variables) or "the key"
    match error:
        case ModelAuthenticationError():
            return f"check {key}: it may be wrong, expired, or not allowed to use this model"
        case ModelQuotaExceededError():
            return "the account's quota or credit is used up"
        case ModelRateLimitError():
            return "fewer at once: --arc-concurrency, or limits for this model"
        case ModelContextWindowExceededError():
            return (
                "the conversation is too long for the model: shorter tool results, or a larger context window"
            )
        case ModelNotFoundError():
            near = error.suggested_model_id if isinstance(error, ModelHTTPError) else None
            return (
                f"did you mean '{near}'?" if near else "check the model's name, and 'base_url' if you set it"
            )
        case ModelTimeoutError() | ModelRequestTimeout():
            return "'timeout' in the target's settings is how long one call may take"
        case ModelConnectionError() if "CERTIFICATE_VERIFY_FAILED" in _find_text(error):
            return "where you trust that server, name its authority's file in SSL_CERT_FILE"
        case ModelConnectionError():
            return "check the network, and 'base_url' if you set it"
        case UserError():
            return "check the target's model and settings"
        case _ if status is not None and status < 500:
            return "check the target's settings, and the schemas of its tools"
        case _:
            return "the provider is in trouble: run again later"
