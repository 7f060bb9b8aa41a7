"""A base URL on this machine, for agents in other processes: what they send goes on, recorded or replayed.

    http://127.0.0.1:PORT/trial/TRACE_ID/openai/v1/chat/completions     which trial asks stands in the path
    http://127.0.0.1:PORT/openai/v1/chat/completions                    or in the header `traceparent`
    http://127.0.0.1:PORT/trial/TRACE_ID/anthropic/v1/messages

A program that is started for a trial finds the first form in `OPENAI_BASE_URL` and `ANTHROPIC_BASE_URL`, as
the clients of both providers read them. Answers are passed on as they come, event by event. Where nothing may
leave, the program is told to reach all else by way of this server too, which refuses it.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import threading
from base64 import b64decode
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import contextmanager, suppress
from contextvars import copy_context
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pytest_arc.errors import InfrastructureError
from pytest_arc.extras import explain_missing, require
from pytest_arc.providers.cassettes.seal import refuse
from pytest_arc.providers.cassettes.transports import patch_transports
from pytest_arc.providers.services import Services, current_services, use_services
from pytest_arc.scope import TrialScope, current_scope, enter_scope

__all__ = ["RecordingProxy", "redirect_providers"]

UPSTREAM_TIMEOUT_S = 600.0
"""Of one read; the trial's own limit comes first."""
MAX_BODY = 50_000_000

_VARIABLES = {
    "openai": ("OPENAI_BASE_URL", "https://api.openai.com/v1", "/openai/v1"),
    "anthropic": ("ANTHROPIC_BASE_URL", "https://api.anthropic.com", "/anthropic"),
}
"""Provider -> the variable that its clients read, where it is else, and where it is here."""
_LOCAL = "127.0.0.1,localhost,::1"
_PATH = re.compile(r"(?:/trial/(?P<trial>[0-9a-f]{32}))?/(?P<provider>openai/v1|anthropic)(?P<rest>/.*)")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-")
_HOP_BY_HOP = frozenset(
    "connection content-length expect host keep-alive proxy-authorization proxy-connection te trailer"
    " transfer-encoding upgrade".split()
)


@contextmanager
def redirect_providers() -> Generator[Mapping[str, str]]:
    """Environment variables that lead a program of the current trial to this run's recordings.

    None outside of trials and in runs that record nothing. Without httpx2 nothing is kept for `arc debug`,
    and a run with a record mode raises MissingExtra.
    """
    services, scope = current_services(), current_scope()
    recorder = services.recorder
    cannot_keep = recorder is not None and recorder.mode is None and explain_missing("httpx2", "http")
    if recorder is None or scope is None or cannot_keep:
        yield {}
        return
    if services.redirect is None:
        proxy = RecordingProxy(services)
        services.closing.callback(proxy.close)
        services.redirect = proxy.serve
    with services.redirect(scope) as environment:
        yield environment


class _Request(NamedTuple):
    method: str
    target: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


class _Refused(Exception):
    """A request that goes nowhere."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class RecordingProxy:
    """A small HTTP server in a thread of its own, for all trials of a run. Use `serve`, and `close` it."""

    def __init__(self, services: Services, upstreams: Mapping[str, str] | None = None) -> None:
        """`upstreams`: where each provider is, if not where its variable or its documentation says."""
        self._httpx: Any = require("httpx2", "http")
        patch_transports()
        self._services = services
        self._upstreams = {
            here.removeprefix("/"): (upstreams or {}).get(name) or os.environ.get(variable) or default
            for name, (variable, default, here) in _VARIABLES.items()
        }
        self._trials: dict[str, TrialScope] = {}
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ready = threading.Event()
        self._port = 0
        self._thread = threading.Thread(target=self._work, name="pytest-arc recording proxy", daemon=True)
        self._thread.start()
        self._ready.wait()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @contextmanager
    def serve(self, scope: TrialScope) -> Generator[Mapping[str, str]]:
        """Let a trial in, and give the environment variables that lead its programs here."""
        self._trials[scope.trace_id] = scope
        try:
            yield {
                variable: f"{self.url}/trial/{scope.trace_id}{here}"
                for variable, _, here in _VARIABLES.values()
            } | self._seal(scope)
        finally:
            self._trials.pop(scope.trace_id, None)

    def _seal(self, scope: TrialScope) -> dict[str, str]:
        """Variables by which most clients send what is for other machines here."""
        recorder = self._services.recorder
        if recorder is None or not recorder.is_sealed:
            return {}
        way_out = self.url.replace("://", f"://{scope.trace_id}:trial@")
        sealed = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), way_out) | {"NO_PROXY": _LOCAL}
        return sealed | {name.lower(): value for name, value in sealed.items()} | {"NODE_USE_ENV_PROXY": "1"}

    def close(self) -> None:
        """End it, with what is under way."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    # In the thread of the proxy.

    def _work(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._main())

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        timeout = self._httpx.Timeout(UPSTREAM_TIMEOUT_S)
        async with self._httpx.AsyncClient(timeout=timeout, follow_redirects=False) as self._client:
            server = await asyncio.start_server(self._converse, "127.0.0.1", 0, limit=2**18)
            self._port = server.sockets[0].getsockname()[1]
            self._ready.set()
            await self._stop.wait()
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection, one after the other."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while (request := await _read_request(reader, writer)) is not None:
                await self._answer(request, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # the client went away, or speaks no HTTP
        except asyncio.CancelledError:
            pass  # the run is over
        finally:
            self._tasks.discard(task)
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _answer(self, request: _Request, writer: asyncio.StreamWriter) -> None:
        try:
            scope, url = self._find(request)
        except _Refused as refused:
            _write_error(writer, refused.status, str(refused))
            return
        # In a task of its own: what a trial is, is a matter of the context.
        await asyncio.get_running_loop().create_task(self._pass_on(scope, url, request, writer))

    def _find(self, request: _Request) -> tuple[TrialScope, str]:
        """The trial that asks, and where the request goes on to."""
        if request.method == "CONNECT" or "://" in request.target:
            raise self._refuse_way_out(request)
        path = _PATH.fullmatch(request.target)
        if path is None:
            raise _Refused(HTTPStatus.NOT_FOUND, "paths here begin with /openai/v1/ or /anthropic/")
        traceparent = _TRACEPARENT.match(request.headers.get("traceparent", ""))
        trial = path["trial"] or (traceparent[1] if traceparent else "")
        scope = self._trials.get(trial)
        if scope is None:
            raise _Refused(HTTPStatus.NOT_FOUND, "this request belongs to no trial that is under way")
        return scope, self._upstreams[path["provider"]].rstrip("/") + path["rest"]

    def _refuse_way_out(self, request: _Request) -> _Refused:
        """Nobody is led here as to a proxy but programs of trials that may reach nothing else."""
        host = urlsplit(request.target if "://" in request.target else f"//{request.target}").netloc
        credentials = request.headers.get("proxy-authorization", "").partition(" ")[2]
        with suppress(ValueError):
            scope = self._trials.get(b64decode(credentials).decode("latin-1").partition(":")[0])
            if scope is not None:
                error = copy_context().run(_refuse_in, scope, f"a connection to {host}")
                return _Refused(HTTPStatus.FORBIDDEN, str(error))
        return _Refused(HTTPStatus.FORBIDDEN, "this is no proxy to other machines")

    async def _pass_on(
        self, scope: TrialScope, url: str, request: _Request, writer: asyncio.StreamWriter
    ) -> None:
        enter_scope(scope)
        headers = {name: value for name, value in request.headers.items() if name not in _HOP_BY_HOP}
        with use_services(self._services):
            asked = self._client.build_request(request.method, url, headers=headers, content=request.body)
            try:
                # The transport below is a patched one: it records and replays.
                answer = await self._client.send(asked, stream=True)
            except self._httpx.HTTPError as error:
                message = f"no answer from {asked.url.host}: {type(error).__name__}: {error}"
                _write_error(writer, HTTPStatus.BAD_GATEWAY, message)
                return
            try:
                await _write_answer(writer, answer)
            except self._httpx.HTTPError:
                writer.close()  # a client must not take a part for the whole
            finally:
                await answer.aclose()


def _refuse_in(scope: TrialScope, what: str) -> InfrastructureError:
    enter_scope(scope)
    return refuse(what)


async def _read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> _Request | None:
    """The next request of a connection; None at its end. Raises ValueError for what is no HTTP."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, target, _version = first.split(" ")
    fields = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in fields}
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body = b"".join([chunk async for chunk in _read_chunks(reader)])
    else:
        size = int(headers.get("content-length", "0"))
        if size > MAX_BODY:
            raise ValueError("too large")
        body = await reader.readexactly(size)
    return _Request(method, target, headers, body)


async def _read_chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    total = 0
    while size := int((await reader.readline()).partition(b";")[0], 16):
        total += size
        if total > MAX_BODY:
            raise ValueError("too large")
        yield await reader.readexactly(size)
        await reader.readline()
    while (await reader.readline()).strip():
        pass  # trailers


async def _write_answer(writer: asyncio.StreamWriter, answer: Any) -> None:
    headers = [(n, v) for n, v in answer.headers.multi_items() if n.lower() not in _HOP_BY_HOP]
    _write_head(writer, answer.status_code, [*headers, ("transfer-encoding", "chunked")])
    async for chunk in answer.aiter_raw():
        if chunk:
            writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            await writer.drain()
    writer.write(b"0\r\n\r\n")
    await writer.drain()


def _write_error(writer: asyncio.StreamWriter, status: HTTPStatus, message: str) -> None:
    body = json.dumps({"error": {"type": "pytest_arc_proxy", "message": message}}).encode()
    headers = [("content-type", "application/json"), ("content-length", str(len(body)))]
    _write_head(writer, status, headers)
    writer.write(body)


def _write_head(writer: asyncio.StreamWriter, status: int, headers: list[tuple[str, str]]) -> None:
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Unknown"
    lines = [f"HTTP/1.1 {int(status)} {phrase}", *(f"{name}: {value}" for name, value in headers)]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
