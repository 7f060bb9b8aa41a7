"""An agent behind HTTP, in a process of its own, that is instrumented with OpenTelemetry.

    python tests/servers/traced_agent.py          prints its address, and serves until its input is closed

The exporter is that of OpenTelemetry, told where to send and how often by its own variables (`OTEL_*`). What
the user says is `WORD REST`; the agent looks REST up with a model and a tool:

    look     all of it is traced, and sent after the answer
    crash    so it is, and the answer is an error

Spans of the others are sent before the answer:

    plain    no model and no tool takes part
    bare     no span stands for the request
    apart    the trace is not that of whoever asked
    dark     nothing is traced
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

__all__ = ["serve_traced_agent"]


@contextmanager
def serve_traced_agent(**environ: str) -> Generator[str]:
    """The address of an agent in a process of its own, which ends with the block."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OTEL_BSP_SCHEDULE_DELAY": "50", **environ},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def serve() -> None:
    from opentelemetry.context import Context
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracer = provider.get_tracer("an agent")

    class Agent(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))["user"]
            word, _, rest = asked.partition(" ")
            carrier = {} if word == "apart" else {"traceparent": self.headers["traceparent"]}
            parent = TraceContextTextMapPropagator().extract(carrier)
            request = tracer.start_as_current_span("POST /", parent, SpanKind.SERVER)
            if word in ("look", "crash"):
                with request:
                    look_up(rest)
                    self.answer(500 if word == "crash" else 200, {"answer": f"yes, {rest}"})
                return
            with nullcontext() if word in ("bare", "dark") else request:
                if word in ("bare", "apart"):
                    look_up(rest, parent if word == "bare" else None)
            provider.force_flush()
            self.answer(200, {"answer": f"yes, {rest}"})

        def answer(self, status: int, document: object) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    def look_up(what: str, parent: Context | None = None) -> None:
        with tracer.start_as_current_span("chat m", parent) as span:
            span.set_attribute("gen_ai.operation.name", "chat")
            span.set_attribute("gen_ai.usage.input_tokens", 100)
            span.set_attribute("gen_ai.usage.output_tokens", 10)
        with tracer.start_as_current_span("execute_tool look", parent) as span:
            span.set_attribute("gen_ai.operation.name", "execute_tool")
            span.set_attribute("gen_ai.tool.name", "look")
            span.set_attribute("gen_ai.tool.call.id", f"call-{what}")
            span.set_attribute("gen_ai.tool.call.arguments", json.dumps({"what": what}))
            span.set_attribute("gen_ai.tool.call.result", f"{what} is here")

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128  # many trials come at once

    with Server(("127.0.0.1", 0), Agent) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        sys.stdin.read()
        server.shutdown()
    provider.shutdown()


if __name__ == "__main__":
    serve()
