"""The connections to agents behind HTTP, which all trials of an event loop share."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from pytest_arc.extras import require

if TYPE_CHECKING:
    import httpx2

__all__ = ["CONNECT_TIMEOUT_S", "lend_client"]

CONNECT_TIMEOUT_S = 10.0
KEEP_ALIVE_S = 2.0
"""An idle connection is closed before a server would do so: many wait for five seconds."""
MAX_CALLS = 10
"""Of one client at the same time. For each of them its pool looks at all of its connections: what 50 calls
at once take doubles in one pool."""


@dataclass(eq=False, slots=True)
class _Client:
    inner: httpx2.AsyncClient
    calls: int = 0
    """Under way."""


@dataclass(eq=False, slots=True)
class _Clients:
    """Of one event loop and one scheme."""

    trust: ssl.SSLContext
    open: list[_Client] = field(default_factory=list[_Client])
    closing: list[AsyncGenerator[None]] = field(default_factory=list[AsyncGenerator[None]])


# Values would keep their key alive; closing removes them.
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[bool, _Clients]] = WeakKeyDictionary()


@asynccontextmanager
async def lend_client(url: str) -> AsyncGenerator[httpx2.AsyncClient]:
    """A client for one call, until its answer has been read."""
    client = await _find_client(url.startswith("https:"))
    client.calls += 1
    try:
        yield client.inner
    finally:
        client.calls -= 1


async def _find_client(is_secure: bool) -> _Client:
    """The first that has room: so few calls at once have few connections."""
    loop = asyncio.get_running_loop()
    of_loop = _clients.setdefault(loop, {})
    if is_secure not in of_loop:
        of_loop[is_secure] = _Clients(_make_trust(is_secure))
    clients = of_loop[is_secure]
    found = next((client for client in clients.open if client.calls < MAX_CALLS), None)
    if found is None:
        found = _Client(_make_client(clients.trust))
        clients.open.append(found)
        closing = _close_with(loop, found.inner)
        clients.closing.append(closing)
        await anext(closing)
    return found


def _make_trust(is_secure: bool) -> ssl.SSLContext:
    # To load the authorities that the system trusts takes longer than a hundred requests.
    library: Any = require("httpx2", "http")
    return library.create_ssl_context() if is_secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _make_client(trust: ssl.SSLContext) -> httpx2.AsyncClient:
    library: Any = require("httpx2", "http")
    return library.AsyncClient(
        # Cookies belong to a trial.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        timeout=library.Timeout(None, connect=CONNECT_TIMEOUT_S),
        limits=library.Limits(keepalive_expiry=KEEP_ALIVE_S),
        verify=trust,
    )


async def _close_with(loop: asyncio.AbstractEventLoop, client: httpx2.AsyncClient) -> AsyncGenerator[None]:
    """Close the client when the loop ends: whoever runs a loop closes the generators it has seen."""
    try:
        yield
    finally:
        _clients.pop(loop, None)
        await client.aclose()
