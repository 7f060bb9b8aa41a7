"""Spans that agents in other processes send: OTLP over HTTP, as protobuf or JSON.

One receiver listens at an address for the whole process, and gives each span to the trial of its trace.
"""

from __future__ import annotations

import json
import os
import threading
import zlib
from base64 import b64encode
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any

from pytest_arc.errors import UsageError
from pytest_arc.extras import require
from pytest_arc.telemetry.spans import ModelSpan, ToolSpan, read_span

__all__ = ["ReceivedSpan", "SpanReceiver", "receive_spans", "require_protocol"]

MAX_BODY_BYTES = 64_000_000
"""A batch of more than this, once unpacked, is refused."""
IDLE_TIMEOUT_S = 30.0
"""A connection that says nothing for so long is closed."""
POLL_S = 0.02
"""How often the server looks whether it is to end."""

SERVER_KIND = 2
ERROR_STATUS = 2


@dataclass(frozen=True, slots=True)
class ReceivedSpan:
    """A span that has ended in another process. Ids are hexadecimal, as in `traceparent`."""

    trace_id: str
    id: str
    parent: str
    """Empty where there is none."""
    is_server: bool
    """It stands for a request that the other process answered."""
    began_s: float
    """Since the epoch, by the clock of the other process; as `ended_s`."""
    ended_s: float
    event: ModelSpan | ToolSpan | None
    """None where it tells of neither."""


Deliver = Callable[[Sequence[ReceivedSpan]], None]


class SpanReceiver:
    """Listens at `url`, from `open` until `close`, in threads of its own."""

    def __init__(self, host: str, port: int) -> None:
        self.url = f"http://{host}:{port}"
        self.strays = 0
        """How many spans have come that belong to no trial there has been."""
        self._lock = threading.Lock()
        self._delivered: dict[str, Deliver] = {}
        self._known: set[str] = set()
        """Trace ids of all trials, also of those that are over."""
        self._server = _Server((host, port), _Handler)
        self._server.receiver = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_S,), name="span receiver", daemon=True
        )
        self._thread.start()

    @contextmanager
    def deliver(self, trace_id: str, take: Deliver) -> Generator[None]:
        """Give the spans of a trace to `take`, in a thread of the receiver, as long as the block lasts."""
        with self._lock:
            self._delivered[trace_id] = take
            self._known.add(trace_id)
        try:
            yield
        finally:
            with self._lock:
                del self._delivered[trace_id]

    def sort(self, spans: Iterable[ReceivedSpan]) -> None:
        """Hand out spans, those that have come together at once."""
        traces: dict[str, list[ReceivedSpan]] = {}
        for span in spans:
            traces.setdefault(span.trace_id, []).append(span)
        # Under the lock, so that nobody is told anything after the end of their block.
        with self._lock:
            for trace_id, together in traces.items():
                if trace_id in self._delivered:
                    self._delivered[trace_id](together)
                elif trace_id not in self._known:
                    self.strays += len(together)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


_open: dict[tuple[str, int], SpanReceiver] = {}
_users: dict[tuple[str, int], int] = {}
_opening = threading.Lock()


@contextmanager
def receive_spans(host: str, port: int) -> Generator[SpanReceiver]:
    """The receiver of this process at an address; it listens until the last block that uses it is left.

    Raises UsageError when it cannot listen there, and MissingExtra.
    """
    address = host, port
    with _opening:
        if address not in _open:
            require_protocol()
            _open[address] = _listen(host, port)
        _users[address] = _users.get(address, 0) + 1
    try:
        yield _open[address]
    finally:
        with _opening:
            _users[address] -= 1
            if not _users[address]:
                _open.pop(address).close()


def require_protocol() -> Any:
    """The messages of OTLP. Raises MissingExtra."""
    return require("opentelemetry.proto.collector.trace.v1.trace_service_pb2", "otel")


def _listen(host: str, port: int) -> SpanReceiver:
    try:
        return SpanReceiver(host, port)
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(
            f"spans of agents cannot be received at {host}:{port}: {reason}. Another run or a collector may "
            "listen there: write another port, 'traces: 4319', and tell the agent's server "
            "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4319"
        ) from None


class _Server(ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = os.name == "posix"  # elsewhere it would let two processes listen
    receiver: SpanReceiver

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news: spans that are missing are missed by their trial."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_TIMEOUT_S
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_POST(self) -> None:
        is_json = self.headers.get_content_type() == "application/json"
        try:
            body = _unpack(self._read_body(), self.headers.get("content-encoding", ""))
            status = 200
            if self.path.endswith("/v1/traces"):
                self.server.receiver.sort(_read_spans(body, is_json))
            elif not self.path.endswith(("/v1/logs", "/v1/metrics")):  # these are not needed here
                status = 404
        except Exception:  # whatever a stranger sends, the next one is served
            status = 400
        answer = b"{}" if is_json else b""
        self.send_response(status)
        self.send_header("content-type", "application/json" if is_json else "application/x-protobuf")
        self.send_header("content-length", str(len(answer)))
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _read_body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            return b"".join(self._read_chunks())
        return self._read(int(self.headers.get("content-length", 0)))

    def _read_chunks(self) -> Iterator[bytes]:
        left = MAX_BODY_BYTES
        while size := int(self.rfile.readline(100).partition(b";")[0], 16):
            left -= size
            yield self._read(min(size, left))
            self.rfile.readline(100)

    def _read(self, size: int) -> bytes:
        if not 0 <= size <= MAX_BODY_BYTES:
            raise ValueError("too much")
        return self.rfile.read(size)


def _unpack(body: bytes, encoding: str) -> bytes:
    if encoding not in ("gzip", "deflate"):
        return body
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # by its header
    unpacked = unpacker.decompress(body, MAX_BODY_BYTES)
    if not unpacker.eof:
        raise ValueError("cut off, or too much")
    return unpacked


def _read_spans(body: bytes, is_json: bool) -> list[ReceivedSpan]:
    message: Any = require_protocol().ExportTraceServiceRequest
    request = _parse_json(body, message()) if is_json else message.FromString(body)
    return [
        _read_span(span, scope.scope.name)
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _parse_json(body: bytes, message: Any) -> Any:
    """OTLP writes ids in hexadecimal, where JSON of protobuf has base64."""
    parse = require("google.protobuf.json_format", "otel").ParseDict
    request = json.loads(body)
    for resource in request.get("resourceSpans", ()):
        for scope in resource.get("scopeSpans", ()):
            for span in scope.get("spans", ()):
                span.pop("links", None)
                for name in ("traceId", "spanId", "parentSpanId"):
                    span[name] = b64encode(bytes.fromhex(span.get(name) or "")).decode()
    return parse(request, message, ignore_unknown_fields=True)


def _read_span(span: Any, scope: str) -> ReceivedSpan:
    attributes = _read_attributes(span.attributes)
    return ReceivedSpan(
        trace_id=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        is_server=span.kind == SERVER_KIND,
        began_s=span.start_time_unix_nano / 1e9,
        ended_s=span.end_time_unix_nano / 1e9,
        event=read_span(attributes, scope, span.status.code == ERROR_STATUS),
    )


def _read_attributes(attributes: Any) -> dict[str, Any]:
    return {item.key: _read_value(item.value) for item in attributes}


def _read_value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_read_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _read_attributes(value.kvlist_value.values)
    return getattr(value, kind) if kind else None
