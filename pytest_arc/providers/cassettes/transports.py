"""Record and replay inside httpx and httpx2: for agents in this process that bring clients of their own.

The network transports of both libraries are patched once for the process; what a patched one does depends
on the trial that sends: calls outside of trials, and in runs that record nothing, go their way.
"""

from __future__ import annotations

import base64
import sys
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, wraps
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, cast

from pytest_arc.errors import InfrastructureError
from pytest_arc.providers.cassettes.layer import is_recorded_above
from pytest_arc.providers.cassettes.recorder import Call
from pytest_arc.providers.cassettes.requests import canonicalize_http
from pytest_arc.providers.services import current_services
from pytest_arc.scope import current_scope

__all__ = ["patch_transports"]

MAX_BYTES = 20_000_000
"""Of an answer that is recorded."""

_LIBRARIES = ("httpx", "httpx2")
_TRANSIENT = frozenset({408, 409, 425, 429})
_LEFT_OUT = frozenset(
    "alt-svc connection content-encoding content-length date keep-alive server set-cookie"
    " strict-transport-security trailer transfer-encoding upgrade via".split()
)
"""Headers of an answer that are about its way here, or are nobody else's business."""


def patch_transports() -> None:
    """Let the transports of httpx and httpx2 record and replay; also of the one that is imported later."""
    for name in _LIBRARIES:
        if name in sys.modules:
            _patch(sys.modules[name])
    if not any(isinstance(finder, _Watcher) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Watcher())


class _Watcher(MetaPathFinder):
    """Patches a library when it is imported: to import it here would cost those who need none of it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _LIBRARIES:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_patch(module: ModuleType) -> None:
                execute(module)
                _patch(module)

            spec.loader.exec_module = execute_and_patch
        return spec


def _patch(library: Any) -> None:
    if not hasattr(library.HTTPTransport.handle_request, "__wrapped__"):
        _patch_plain(library)
        _patch_async(library)


def _patch_plain(library: Any) -> None:
    send: Callable[[Any, Any], Any] = library.HTTPTransport.handle_request

    @wraps(send)
    def handle_request(transport: Any, request: Any) -> Any:
        if not _is_watched():
            return send(transport, request)
        call = _open_call(request, request.read())
        if (answer := _replay(call)) is not None:
            return _make_response(library, answer)
        request.headers["accept-encoding"] = "identity"
        try:
            response = send(transport, request)
        except BaseException:
            call.drop()
            raise
        return _watch(library, response, call)

    library.HTTPTransport.handle_request = handle_request


def _patch_async(library: Any) -> None:
    send: Callable[[Any, Any], Any] = library.AsyncHTTPTransport.handle_async_request

    @wraps(send)
    async def handle_async_request(transport: Any, request: Any) -> Any:
        if not _is_watched():
            return await send(transport, request)
        call = _open_call(request, await request.aread())
        if (answer := _replay(call)) is not None:
            return _make_response(library, answer)
        request.headers["accept-encoding"] = "identity"
        try:
            response = await send(transport, request)
        except BaseException:
            call.drop()
            raise
        return _watch(library, response, call)

    library.AsyncHTTPTransport.handle_async_request = handle_async_request


def _is_watched() -> bool:
    recorder = current_services().recorder
    return recorder is not None and current_scope() is not None and not is_recorded_above()


def _open_call(request: Any, body: bytes) -> Call:
    recorder, scope = current_services().recorder, current_scope()
    assert recorder is not None
    assert scope is not None
    # Drawn anew for every attempt, and sent as the id of its session.
    url = str(request.url).replace(scope.trace_id, "session")
    body = body.replace(scope.trace_id.encode(), b"session")
    content_type = request.headers.get("content-type", "")
    return recorder.open(scope, "http", canonicalize_http(request.method, url, content_type, body))


def _replay(call: Call) -> Mapping[str, Any] | None:
    """The recorded answer. What should be recorded and is not, is answered by an error that no client tries
    again; the trial remembers it as well.
    """
    try:
        return call.replay()
    except InfrastructureError as error:
        text = str(error).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return {
            "status": 400,
            "headers": [["content-type", "application/json"], ["x-should-retry", "false"]],
            "body": f'{{"error": {{"type": "no_recording", "message": "{text}"}}}}',
        }


def _make_response(library: Any, answer: Mapping[str, Any]) -> Any:
    body = answer["body"]
    data = body.encode() if isinstance(body, str) else base64.b64decode(body["base64"])
    return library.Response(
        status_code=answer["status"],
        headers=[(name, value) for name, value in answer["headers"]],
        stream=_make_stream_class(library)(_Replayed(data)),
        extensions={"http_version": b"HTTP/1.1"},
    )


def _watch(library: Any, response: Any, call: Call) -> Any:
    """Let an answer through, and record it when all of it has come."""
    if response.status_code in _TRANSIENT or response.status_code >= 500:
        call.drop()  # the next try may be answered: that is what is worth to be recorded
    else:
        response.stream = _make_stream_class(library)(_Copied(response, call))
    return response


class _Replayed:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def __iter__(self) -> Iterator[bytes]:
        yield self._data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._data

    def close(self) -> None: ...

    async def aclose(self) -> None: ...


class _Copied:
    """The bytes of an answer on their way to whoever asked; recorded when they have come."""

    def __init__(self, response: Any, call: Call) -> None:
        self._stream = response.stream
        self._status = int(response.status_code)
        self._headers = cast("list[tuple[str, str]]", response.headers.multi_items())
        self._call: Call | None = call
        self._chunks: list[bytes] = []
        self._size = 0

    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._stream:
                self._add(chunk)
                yield chunk
        except Exception:
            self._drop()
            raise
        self._keep()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._stream:
                self._add(chunk)
                yield chunk
        except Exception:
            self._drop()
            raise
        self._keep()

    def close(self) -> None:
        self._end()
        self._stream.close()

    async def aclose(self) -> None:
        self._end()
        await self._stream.aclose()

    def _add(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size <= MAX_BYTES:
            self._chunks.append(chunk)
        else:
            self._drop()

    def _end(self) -> None:
        """Nobody reads on. Of events, what was read counts: clients stop at the last one they know."""
        is_events = any(n.lower() == "content-type" and "event-stream" in v for n, v in self._headers)
        if is_events and self._chunks:
            self._keep()
        else:
            self._drop()

    def _drop(self) -> None:
        call, self._call = self._call, None
        self._chunks.clear()
        if call is not None:
            call.drop()

    def _keep(self) -> None:
        call, self._call = self._call, None
        if call is None:
            return
        body = _decode(b"".join(self._chunks), self._headers)
        if body is None:
            call.drop()
            return
        headers = [[name, value] for name, value in self._headers if name.lower() not in _LEFT_OUT]
        call.keep({"status": self._status, "headers": headers, "body": body})


@cache
def _make_stream_class(library: Any) -> Any:
    """Streams of `library`, which insists on classes of its own."""

    class Stream(library.SyncByteStream, library.AsyncByteStream):
        def __init__(self, source: _Replayed | _Copied) -> None:
            self._source = source

        def __iter__(self) -> Iterator[bytes]:
            return iter(self._source)

        def __aiter__(self) -> AsyncIterator[bytes]:
            return aiter(self._source)

        def close(self) -> None:
            self._source.close()

        async def aclose(self) -> None:
            await self._source.aclose()

    return Stream


def _decode(data: bytes, headers: Sequence[tuple[str, str]]) -> Any:
    """A body as it is kept: text, or base64 of what is none. None when it cannot be read, and so not be
    redacted.
    """
    encoding = next((value.lower() for name, value in headers if name.lower() == "content-encoding"), "")
    if encoding in ("gzip", "deflate"):
        # 47: the format is told by the data. Some servers compress although they were asked not to.
        with suppress(zlib.error):  # not what it says it is: kept by nobody, as nobody could redact it
            data, encoding = zlib.decompress(data, 47), ""
    if encoding not in ("", "identity"):
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}
