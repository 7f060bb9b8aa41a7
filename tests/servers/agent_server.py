"""An agent behind HTTP, on this machine, that answers by a function and remembers what it was asked.

    with AgentServer(lambda call: {"answer": call.body["user"]}) as server:
        ...
    assert server.calls[0].headers["traceparent"]

Run as a program it takes a latency in seconds, prints its address and echoes what the user says, until its
standard input is closed.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

__all__ = ["AgentServer", "Call", "Raw"]


@dataclass(frozen=True)
class Call:
    """One request as it came in."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Any
    """Parsed JSON; None without a body."""
    connection: int
    """Which of the server's connections it came by, counted from 1."""


@dataclass(frozen=True)
class Raw:
    """An answer that is more, or less, than JSON with status 200."""

    body: bytes = b"{}"
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    pieces: AsyncIterator[bytes] | None = None
    """Sent instead of `body`, as they come."""
    cut: bool = False
    """Close the connection instead of answering."""

    @classmethod
    def events(cls, *documents: Any, end: str = "[DONE]") -> Raw:
        """Server-sent events, one for each document."""
        lines = [f"data: {json.dumps(document)}\n\n" for document in documents]
        return cls("".join([*lines, f"data: {end}\n\n" if end else ""]).encode(), 200, "text/event-stream")


Reply: TypeAlias = Any
"""A `Raw` answer, or what is to be JSON."""


class AgentServer:
    """Use it in a `with` block. `answer` is called for each request, in the server's loop."""

    def __init__(
        self,
        answer: Callable[[Call], Reply],
        latency_s: float = 0.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.calls: list[Call] = []
        self.connections = 0
        self.most_at_once = 0
        self._at_once = 0
        self._answer = answer
        self._latency_s = latency_s
        self._tls = tls
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    def __enter__(self) -> AgentServer:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=self._tls)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        try:
            while call := await _read_call(reader, number):
                self._at_once += 1
                self.most_at_once = max(self.most_at_once, self._at_once)
                self.calls.append(call)
                await asyncio.sleep(self._latency_s)
                self._at_once -= 1
                reply = self._answer(call)
                raw = reply if isinstance(reply, Raw) else Raw(json.dumps(reply).encode())
                if raw.cut:
                    return
                await _send(raw, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # a client that went away is part of the game
        finally:
            writer.close()


async def _read_call(reader: asyncio.StreamReader, connection: int) -> Call | None:
    line = (await reader.readline()).decode()
    if not line:
        return None
    method, target, _ = line.split(" ", 2)
    headers: dict[str, str] = {}
    while header := (await reader.readline()).decode("latin-1").strip():
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    url = urlsplit(target)
    query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
    return Call(method, url.path, query, headers, json.loads(body) if body else None, connection)


async def _send(raw: Raw, writer: asyncio.StreamWriter) -> None:
    length = "transfer-encoding: chunked" if raw.pieces else f"content-length: {len(raw.body)}"
    headers = [f"{name}: {value}" for name, value in raw.headers.items()]
    status = f"HTTP/1.1 {raw.status} {HTTPStatus(raw.status).phrase}"
    head = [status, f"content-type: {raw.content_type}", length, *headers, "", ""]
    writer.write("\r\n".join(head).encode("latin-1"))
    if raw.pieces is None:
        writer.write(raw.body)
    else:
        async for piece in raw.pieces:
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
    await writer.drain()


if __name__ == "__main__":
    with AgentServer(lambda call: {"answer": call.body["user"]}, float(sys.argv[1])) as echo:
        print(echo.url, flush=True)
        sys.stdin.read()
