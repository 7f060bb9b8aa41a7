"""A collector of OpenTelemetry data: takes OTLP over HTTP in protobuf, and keeps what it is sent."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Receiver", "Span", "serve_otlp"]


@dataclass(frozen=True)
class Span:
    """A span as it arrived."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, Any]
    start_ns: int
    end_ns: int
    is_error: bool
    links: tuple[str, ...]
    """Span ids."""
    service: str


@dataclass
class Receiver:
    """What has arrived. `status` is answered to every request, after `delay_s`."""

    url: str
    status: int = 200
    delay_s: float = 0.0
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Path and headers, names in lower case."""
    spans: list[Span] = field(default_factory=list)
    metrics: dict[str, Any] = field(default_factory=dict)
    """Name -> the newest value: a sum over attributes, or the count of a histogram."""
    bodies: list[bytes] = field(default_factory=list)

    def find(self, name: str) -> list[Span]:
        """Spans whose names begin with `name`."""
        return [span for span in self.spans if span.name.startswith(name)]


@contextmanager
def serve_otlp(status: int = 200, delay_s: float = 0.0) -> Generator[Receiver]:
    """A receiver on a free port of this machine, as long as the block lasts."""
    receiver = Receiver("", status, delay_s)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            time.sleep(receiver.delay_s)
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.requests.append((self.path, headers))
            receiver.bodies.append(body)
            if receiver.status == 200:
                _keep(receiver, self.path, body)
            self.send_response(receiver.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _keep(receiver: Receiver, path: str, body: bytes) -> None:
    if path.endswith("/v1/traces"):
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = _read_attributes(resource.resource.attributes)["service.name"]
            for scope in resource.scope_spans:
                receiver.spans += [_read_span(span, service) for span in scope.spans]
    if path.endswith("/v1/metrics"):
        from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            for scope in resource.scope_metrics:
                receiver.metrics |= {metric.name: _read_metric(metric) for metric in scope.metrics}


def _read_span(span: Any, service: str) -> Span:
    return Span(
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        attributes=_read_attributes(span.attributes),
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        is_error=span.status.code == 2,
        links=tuple(link.span_id.hex() for link in span.links),
        service=service,
    )


def _read_metric(metric: Any) -> Any:
    if metric.HasField("histogram"):
        return sum(point.count for point in metric.histogram.data_points)
    return sum(point.as_int or point.as_double for point in metric.sum.data_points)


def _read_attributes(attributes: Any) -> dict[str, Any]:
    return {item.key: _read_value(item.value) for item in attributes}


def _read_value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_read_value(item) for item in value.array_value.values]
    return getattr(value, kind) if kind else None
