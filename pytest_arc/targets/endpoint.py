"""One HTTP call to an agent, and in whose name it failed when it did.

What the agent's endpoint answers is the agent's doing: a status of 500 and above, no JSON, far too much of
it. That it cannot be reached, or does not let us in, is ours.
"""

from __future__ import annotations

import asyncio
import html
import itertools
import json
import re
import socket
import ssl
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from secrets import token_hex
from typing import TYPE_CHECKING, Any, NoReturn, cast
from urllib.parse import urlsplit

from pytest_arc.errors import AgentError, InfrastructureError
from pytest_arc.extras import require
from pytest_arc.targets.clients import CONNECT_TIMEOUT_S, lend_client
from pytest_arc.targets.context import AgentContext
from pytest_arc.targets.replies import quote_start

if TYPE_CHECKING:
    import httpx2

__all__ = ["Answer", "Call", "Connection", "is_unheard", "name_address", "read_retry_after"]

MAX_ANSWER_BYTES = 10_000_000
"""More than this is not read."""
FIRST_PAUSE_S = 0.5
"""Before the first retry; twice as long before each further one."""
MAX_PAUSE_S = 30.0
RETRIED = frozenset({429, 502, 503, 504})
"""Statuses by which a server, or the gateway before it, asks to come back. An error of the agent itself, 500,
is what is measured: it is not tried again."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, with its templates filled in."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Any
    """JSON; the query parameters of GET and DELETE. None: nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON of an answer, or of each event of one that came as server-sent events."""

    documents: tuple[Any, ...]
    is_stream: bool


class Connection:
    """Calls for one trial: its cookies and its trace. Connections are shared by the whole run."""

    def __init__(self, context: AgentContext, trace_id: str, retries: int) -> None:
        self._context = context
        self.trace_id = trace_id
        self.span_ids: list[str] = []
        """What requests were sent with, as the parents of whatever the agent does for them."""
        self._retries = retries
        self._library: Any = require("httpx2", "http")
        self._cookies: httpx2.Cookies = self._library.Cookies()

    async def fetch(self, call: Call) -> Answer:
        """Call, and read the JSON of the answer. Raises AgentError and InfrastructureError."""
        async with self._open(call) as response:
            if response.headers.get("content-type", "").startswith("text/event-stream"):
                return Answer(tuple([event async for event in self._read_events(response)]), True)
            return Answer((_read_json(await self._read_body(response), response),), False)

    async def poke(self, call: Call) -> None:
        """Call, and leave the answer unread. Raises AgentError and InfrastructureError."""
        async with self._open(call):
            pass

    @asynccontextmanager
    async def _open(self, call: Call) -> AsyncGenerator[httpx2.Response]:
        """Give the response, once it is a good one, with its body still to be read."""
        address, library = name_address(call.url), self._library
        try:
            async with lend_client(call.url) as client:
                response = await self._send(client, call)
                try:
                    yield response
                finally:
                    await response.aclose()
        except library.DecodingError as error:
            raise AgentError(f"{address} sent an answer that cannot be decoded: {error}") from None
        except library.SSEError:
            raise AgentError(_say_too_much(address)) from None  # a single event of that size
        except library.TransportError as error:
            raise InfrastructureError(_explain_connection(error, call.url)) from error

    async def _send(self, client: httpx2.AsyncClient, call: Call) -> httpx2.Response:
        for attempt in itertools.count():
            response = await client.send(self._make_request(client, call), stream=True)
            self._cookies.extract_cookies(response)
            if response.is_success:
                return response
            try:
                if response.status_code not in RETRIED or attempt == self._retries:
                    await self._refuse(response, call, attempt)
            finally:
                await response.aclose()
            await self._pause(response, attempt)
        raise AssertionError("retries have an end")

    def _make_request(self, client: httpx2.AsyncClient, call: Call) -> httpx2.Request:
        in_query = call.method in ("GET", "DELETE")
        self.span_ids.append(token_hex(8))
        try:
            request = client.build_request(
                call.method,
                call.url,
                headers={"traceparent": f"00-{self.trace_id}-{self.span_ids[-1]}-01", **call.headers},
                params=_flatten(call.body) if in_query and call.body is not None else None,
                json=None if in_query else call.body,
            )
        except (self._library.InvalidURL, ValueError, TypeError) as error:
            raise InfrastructureError(f"a request to '{call.url}' cannot be made: {error}") from None
        self._cookies.set_cookie_header(request)
        return request

    async def _pause(self, response: httpx2.Response, attempt: int) -> None:
        context, pause_s = self._context, FIRST_PAUSE_S * 2**attempt
        before = context.waiting_for
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            context.waiting_for = "infrastructure"
        await asyncio.sleep(min(read_retry_after(response.headers) or pause_s, MAX_PAUSE_S))
        context.waiting_for = before

    async def _refuse(self, response: httpx2.Response, call: Call, attempt: int) -> NoReturn:
        """Say what a status other than 200 to 299 means."""
        status = response.status_code
        said = _summarize((await _read_start(response)).decode("utf-8", "replace"))
        times = f", {attempt + 1} times" if attempt else ""
        text = f"{name_address(call.url)} answered {_name_status(status)}{times}{said}"
        if response.has_redirect_location:
            target = response.url.join(response.headers["location"])
            raise InfrastructureError(f"{text}; write {name_address(str(target))} as 'url'")
        if advice := _advise(status, call):
            raise InfrastructureError(f"{text}; {advice}")
        raise AgentError(text)

    async def _read_body(self, response: httpx2.Response) -> bytes:
        read = bytearray()
        async for chunk in response.aiter_bytes():
            read += chunk
            _limit(len(read), response)
        return bytes(read)

    async def _read_events(self, response: httpx2.Response) -> AsyncGenerator[Any]:
        size = 0
        async for event in self._library.EventSource(response, MAX_ANSWER_BYTES):
            size += len(event.data)
            _limit(size, response)
            if event.data and event.data != "[DONE]":
                yield _read_json(event.data, response, "an event")


def is_unheard(error: BaseException) -> bool:
    """Whether the agent did nothing for a call that ended so: it was not reached, or did not let us in."""
    cause = error.__cause__
    is_unreached = cause is None or type(cause).__name__ in ("ConnectError", "ConnectTimeout")
    return isinstance(error, InfrastructureError) and is_unreached


def name_address(url: str) -> str:
    """A URL without what may be secret in it: credentials and query."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def _flatten(body: Any) -> dict[str, str]:
    """Query parameters: texts as they are, anything else as JSON."""
    items = cast("Mapping[str, Any]", body).items()
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in items}


def _limit(size: int, response: httpx2.Response) -> None:
    if size > MAX_ANSWER_BYTES:
        raise AgentError(_say_too_much(name_address(str(response.url))))


def _say_too_much(address: str) -> str:
    return f"{address} sent more than {MAX_ANSWER_BYTES / 1e6:g} MB; the rest was not read"


async def _read_start(response: httpx2.Response) -> bytes:
    """The beginning of what an error says."""
    async for chunk in response.aiter_bytes():
        return chunk[:10_000]
    return b""


def _read_json(text: str | bytes, response: httpx2.Response, what: str = "an answer") -> Any:
    address = name_address(str(response.url))
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        said = text if isinstance(text, str) else text[:10_000].decode("utf-8", "replace")
        if not said.strip():
            raise AgentError(f"{address} sent {what} without content; JSON was expected") from None
        if said.lstrip().startswith("<"):
            hint = "is 'url' that of the agent's API?"
            raise AgentError(f"{address} sent HTML, not JSON{_summarize(said)}; {hint}") from None
        reason = _explain_json(error)
        raise AgentError(f"{address} sent {what} that is no JSON ({reason}): {quote_start(said)}") from None


def _explain_json(error: ValueError | RecursionError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.removesuffix(' at')} at character {error.pos + 1}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def _summarize(said: str) -> str:
    """What an error page or text says, in one line; nothing when it says nothing."""
    if said.lstrip().startswith("<"):
        heading = re.search(r"<(title|h1)[^>]*>(.*?)</\1>", said, re.DOTALL | re.IGNORECASE)
        said = html.unescape(re.sub(r"<[^>]*>", " ", heading[2] if heading else said))
    return f": {quote_start(said)}" if said.strip() else ""


def _name_status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:  # such as 529, which some providers send
        return str(status)


def _advise(status: int, call: Call) -> str:
    """What to do where the trouble is between us and the endpoint; empty where the agent is to blame."""
    sends_key = any(name.lower() in ("authorization", "x-api-key", "api-key") for name in call.headers)
    return {
        401: "is the key in 'headers' right, and still valid?"
        if sends_key
        else "it wants a key: headers: {Authorization: 'Bearer ${AGENT_KEY}'}",
        403: "the key in 'headers' does not allow this"
        if sends_key
        else "it may want a key, or let in known addresses only",
        404: "check 'url'",
        405: f"check 'method', which is {call.method}",
        407: "the proxy wants credentials: see HTTPS_PROXY",
        429: "ask for less at once (--arc-concurrency 2), or have the limit raised",
    }.get(status, "")


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from a number of seconds or a date; None when the server does not say."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        if text.isdecimal():
            return float(text)
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _explain_connection(error: Exception, url: str) -> str:
    host, address = urlsplit(url).hostname, name_address(url)
    causes = list(_list_causes(error))
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return f"there is no host '{host}' ({cause.strerror}): check 'url' and the network"
        if isinstance(cause, ssl.SSLCertVerificationError):
            hint = "name its authority's file in SSL_CERT_FILE"
            return f"the certificate of {host} is not trusted ({cause.verify_message}): {hint}"
        if isinstance(cause, ssl.SSLError):
            return f"no TLS connection to {host} ({cause.reason}): does the endpoint speak https?"
        if isinstance(cause, ConnectionRefusedError):
            return f"nothing listens at {address} (connection refused): is the agent running?"
    kind = type(error).__name__
    if kind == "ConnectTimeout":
        return f"no connection to {address} within {CONNECT_TIMEOUT_S:g} s"
    if kind == "ConnectError":
        return f"no connection to {address}: {causes[-1]}"
    return f"the connection to {address} broke: {error or kind}"


def _list_causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and what led to it; several at once where several addresses were tried."""
    if error is None:
        return
    yield error
    if isinstance(error, BaseExceptionGroup):
        for inner in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            yield from _list_causes(inner)
    yield from _list_causes(error.__cause__ or error.__context__)
