"""What a receiver of spans takes from exporters in any language, and what it refuses."""

from __future__ import annotations

import http.client
import json
import socket
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_arc.domain.trajectory import ToolCall
from pytest_arc.telemetry.receiver import ReceivedSpan, SpanReceiver, receive_spans
from pytest_arc.telemetry.spans import ModelSpan, ToolSpan

trace_service = pytest.importorskip(
    "opentelemetry.proto.collector.trace.v1.trace_service_pb2", reason="the extra 'otel' is not installed"
)

TRACE = "0af7651916cd43dd8448eb211c80319c"
JSON = {"content-type": "application/json"}
PROTOBUF = {"content-type": "application/x-protobuf"}


@pytest.fixture
def receiver() -> Iterator[SpanReceiver]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    with receive_spans("127.0.0.1", port) as receiver:
        yield receiver


def post(receiver: SpanReceiver, body: Any, path: str = "/v1/traces", **headers: str) -> int:
    """The status of the answer."""
    host = receiver.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=30)
    try:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        chunked = names.get("transfer-encoding") == "chunked"
        connection.request("POST", path, body, names, encode_chunked=chunked)
        return connection.getresponse().status
    finally:
        connection.close()


def make_span(trace_id: str = TRACE, **attributes: Any) -> dict[str, Any]:
    """A span as OTLP's JSON has it."""
    kinds = {str: "stringValue", int: "intValue"}
    values = [
        {"key": k, "value": v if isinstance(v, dict) else {kinds[type(v)]: v}} for k, v in attributes.items()
    ]
    return {
        "traceId": trace_id,
        "spanId": "b7ad6b7169203331",
        "parentSpanId": "00f067aa0ba902b7",
        "kind": 2,
        "startTimeUnixNano": "1000000000",
        "endTimeUnixNano": "3000000000",
        "attributes": values,
        "status": {"code": 2},
        "links": [{"traceId": trace_id, "spanId": "b7ad6b7169203331"}],
    }


def pack(*spans: dict[str, Any]) -> bytes:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"scope": {}, "spans": spans}]}]}).encode()


def test_json_is_read_as_protobuf_is(receiver: SpanReceiver) -> None:
    said = {"role": "assistant", "parts": [{"type": "tool_call", "id": "1", "name": "look", "arguments": {}}]}
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.output.messages": json.dumps([said]),
    }
    taken: list[ReceivedSpan] = []
    with receiver.deliver(TRACE, taken.extend):
        status = post(receiver, pack(make_span(**attributes)), **JSON)

    (span,) = taken
    assert status == 200
    assert (span.trace_id, span.id, span.parent) == (TRACE, "b7ad6b7169203331", "00f067aa0ba902b7")
    assert (span.is_server, span.began_s, span.ended_s) == (True, 1.0, 3.0)
    assert span.event == ModelSpan(requests=(ToolCall(id="1", tool="look", arguments={}),), input_tokens=7)


def test_lists_and_mappings_in_attributes_are_read(receiver: SpanReceiver) -> None:
    entry = {"key": "n", "value": {"arrayValue": {"values": [{"intValue": "1"}, {"boolValue": True}]}}}
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "look",
        "gen_ai.tool.call.arguments": {"kvlistValue": {"values": [entry]}},
    }
    taken: list[ReceivedSpan] = []
    with receiver.deliver(TRACE, taken.extend):
        post(receiver, pack(make_span(**attributes)), **JSON)

    assert taken[0].event == ToolSpan("look", {"n": [1, True]}, is_error=True)


@pytest.mark.parametrize("coding", ["chunked", "gzip", "deflate"])
def test_bodies_are_read_however_they_are_sent(receiver: SpanReceiver, coding: str) -> None:
    body = pack(make_span())
    packed = {
        "chunked": iter([body[:10], body[10:]]),
        "gzip": zlib.compress(body, wbits=zlib.MAX_WBITS | 16),
        "deflate": zlib.compress(body),
    }
    name = "transfer_encoding" if coding == "chunked" else "content_encoding"
    taken: list[ReceivedSpan] = []
    with receiver.deliver(TRACE, taken.extend):
        status = post(receiver, packed[coding], **JSON, **{name: coding})

    assert (status, len(taken)) == (200, 1)


def test_only_spans_of_traces_that_never_were_a_trial_s_are_strays(receiver: SpanReceiver) -> None:
    with receiver.deliver(TRACE, lambda spans: None):
        pass
    post(receiver, pack(make_span()), **JSON)
    assert receiver.strays == 0

    post(receiver, pack(make_span(trace_id="1" * 32), make_span(trace_id="2" * 32)), **JSON)
    assert receiver.strays == 2


@pytest.mark.parametrize(
    "path, body, headers, status",
    [
        pytest.param("/v1/logs", b"anything", PROTOBUF, 200, id="log records are let go by"),
        pytest.param("/v1/metrics", b"anything", PROTOBUF, 200, id="metrics are let go by"),
        pytest.param("/", b"", PROTOBUF, 404, id="another path"),
        pytest.param("/v1/traces", b"\xff\xff", PROTOBUF, 400, id="no protobuf"),
        pytest.param("/v1/traces", b"[1, 2]", JSON, 400, id="no request"),
        pytest.param("/v1/traces", pack(make_span(trace_id="xyz")), JSON, 400, id="no trace id"),
        pytest.param("/v1/traces", b"no gzip", {**JSON, "content-encoding": "gzip"}, 400, id="no gzip"),
        pytest.param(
            "/v1/traces",
            zlib.compress(b" " * 70_000_000),
            {**JSON, "content-encoding": "deflate"},
            400,
            id="far too much, packed",
        ),
        pytest.param("/v1/traces", b"", {**JSON, "content-length": "70000000"}, 400, id="far too much"),
        pytest.param("/v1/traces", b"", {**JSON, "content-length": "-1"}, 400, id="less than nothing"),
    ],
)
def test_what_is_no_request_is_refused_and_the_next_one_served(
    receiver: SpanReceiver, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    assert post(receiver, body, path, **headers) == status

    empty = trace_service.ExportTraceServiceRequest().SerializeToString()
    assert post(receiver, empty, **PROTOBUF) == 200
