"""Traces and metrics of a run, sent to a collector by OTLP/HTTP while the run goes on.

Best effort: what cannot be sent is counted, said once, and changes nothing about the run. Whatever is sent
goes through the redactor first.
"""

from __future__ import annotations

import base64
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from pytest_arc.domain.events import Event, RunStarted, TrialEnded, TrialFinished, TrialStarted
from pytest_arc.domain.result import TrialResult
from pytest_arc.errors import UsageError
from pytest_arc.extras import require
from pytest_arc.redaction import Redactor
from pytest_arc.scope import current_scope

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from pytest_arc.telemetry.metrics import Meter
    from pytest_arc.telemetry.traces import TraceWriter

__all__ = ["Exporter", "open_exporter"]

EXIT_S = 2.0
"""How long the end of a run waits for what has not been sent yet."""
MOST_WAITING = 2_000
"""Trials that wait to be sent; more are left out, so that a slow collector does not fill the memory."""
MOST_FAILURES = 3
"""In a row; then nothing more is tried."""
BATCH = 512
"""Spans sent at once, at least, where so many are waiting."""
METRICS_EVERY_S = 15.0
LANGFUSE_URL = "https://cloud.langfuse.com"
_LOGGERS = (
    "opentelemetry.exporter.otlp.common.http",
    "opentelemetry.exporter.otlp.proto.http.metric_exporter",
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "urllib3.connectionpool",
)


def open_exporter(
    where: Literal["otlp", "langfuse"],
    redactor: Redactor,
    environ: Mapping[str, str],
    *,
    content: bool = True,
    counts: Mapping[str, int] | None = None,
    warn: Callable[[str], None] = lambda message: None,
) -> Exporter:
    """An exporter to the collector that the environment names: for `otlp` by the standard `OTEL_*` variables.

    `content` sends prompts, answers, arguments and results too. `counts` are those of `Services`. Raises
    MissingExtra without the extra `otel`, and UsageError where Langfuse's keys are missing.
    """
    langfuse = _find_langfuse(environ) if where == "langfuse" else None
    require("opentelemetry.exporter.otlp.proto.http.trace_exporter", "otel")
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    from pytest_arc.telemetry.metrics import Meter
    from pytest_arc.telemetry.traces import TraceWriter

    writer = TraceWriter(redactor, content)
    if langfuse is not None:  # it takes traces alone
        endpoint, headers = langfuse
        return Exporter(OTLPSpanExporter(endpoint=endpoint, headers=headers), writer, None, redactor, warn)
    meter = Meter(OTLPMetricExporter(), {} if counts is None else counts)  # one may be empty as yet
    return Exporter(OTLPSpanExporter(), writer, meter, redactor, warn)


def _find_langfuse(environ: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    keys = [environ.get(name, "") for name in ("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY")]
    if not all(keys):
        raise UsageError(
            "telemetry goes to Langfuse, but LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY are not both set.\n"
            "    Set them, and LANGFUSE_BASE_URL unless it is the European cloud; or --arc-telemetry off"
        )
    base = environ.get("LANGFUSE_BASE_URL") or environ.get("LANGFUSE_HOST") or LANGFUSE_URL
    token = base64.b64encode(":".join(keys).encode()).decode("ascii")
    return f"{base.rstrip('/')}/api/public/otel/v1/traces", {"Authorization": f"Basic {token}"}


class Exporter:
    """Listens to a run; a thread of its own makes spans of what it hears, and sends them."""

    def __init__(
        self,
        spans: Any,
        writer: TraceWriter,
        meter: Meter | None,
        redactor: Redactor,
        warn: Callable[[str], None],
    ) -> None:
        self._spans = spans
        self._writer = writer
        self._meter = meter
        self._redactor = redactor
        self._warn = warn
        self._waiting: queue.Queue[Callable[[], list[ReadableSpan]] | None] = queue.Queue(MOST_WAITING)
        self._failures = 0
        self._lost = 0
        self._is_closed = False
        self._thread = threading.Thread(target=self._work, name="pytest-arc telemetry", daemon=True)
        self._quiet = _QuietThread(self._thread)
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self._quiet)
        self._thread.start()

    def __call__(self, event: Event) -> None:
        """Take what there is to tell; nothing is sent in the caller's thread."""
        match event:
            case RunStarted():
                self._put(lambda: self._writer.write_plan(event.run_id, event.plan))
            case TrialEnded():
                self._put(self._describe(event.result))
            case TrialStarted() | TrialFinished():
                if self._meter is not None:
                    self._meter.count(event)
            case _:
                pass

    def _describe(self, result: TrialResult) -> Callable[[], list[ReadableSpan]]:
        # Both belong to the thread and the context that the trial was made in.
        scope, ended_s = current_scope(), time.time()
        trajectory = result.trajectory  # the result itself forgets it once it is on disk
        calls = tuple(scope.model_calls) if scope is not None else ()
        trace_id = scope.trace_id if scope is not None else ""
        if self._meter is not None and scope is not None:
            self._meter.count_hits(scope.replayed_calls)
        return lambda: self._writer.write_trial(result, trajectory, calls, trace_id, ended_s)

    def _put(self, write: Callable[[], list[ReadableSpan]]) -> None:
        if self._failures >= MOST_FAILURES or self._is_closed:
            self._lost += 1
            return
        try:
            self._waiting.put_nowait(write)
        except queue.Full:
            self._lost += 1

    def close(self) -> None:
        """Send what waits, for at most `EXIT_S`; say what could not be sent. Nothing is raised."""
        self._is_closed = True
        until = time.monotonic() + EXIT_S
        with suppress(queue.Full):  # then the thread is late, which is said below
            self._waiting.put(None, timeout=EXIT_S)
        self._thread.join(max(0.0, until - time.monotonic()))
        is_late = self._thread.is_alive()
        if is_late or self._failures or self._lost:
            where = self._redactor.text(str(getattr(self._spans, "_endpoint", "the collector")))
            why = "it did not answer in time" if is_late else "it could not be reached, or refused them"
            self._warn(f"telemetry: not all traces arrived at {where}: {why}. The results are not affected")
        if not is_late:
            for name in _LOGGERS:
                logging.getLogger(name).removeFilter(self._quiet)
        # Also ends the pause between two tries of a thread that is late.
        with suppress(Exception):  # of a library: all that can be lost has been said
            self._spans.shutdown()

    def _work(self) -> None:
        spans: list[ReadableSpan] = []
        metrics_at = time.monotonic() + METRICS_EVERY_S
        while True:
            with suppress(queue.Empty):  # nothing new for a second: what there is goes out
                write = self._waiting.get(timeout=1.0)
                if write is None:
                    break
                spans += self._try(write, [])
                if len(spans) < BATCH and not self._waiting.empty():
                    continue
            self._send(spans)
            spans = []
            if time.monotonic() > metrics_at:
                self._send_metrics()
                metrics_at = time.monotonic() + METRICS_EVERY_S
        self._send(spans)
        self._send_metrics()

    def _send(self, spans: Sequence[ReadableSpan]) -> None:
        if spans and self._failures < MOST_FAILURES:
            result = self._try(lambda: self._spans.export(spans), None)
            self._failures = 0 if result is not None and result.name == "SUCCESS" else self._failures + 1

    def _send_metrics(self) -> None:
        if self._meter is not None and self._failures < MOST_FAILURES:
            self._try(self._meter.send, None)

    def _try(self, do: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return do()
        except Exception:  # of a library, over data of anybody's: it is telemetry that is lost, and no more
            self._lost += 1
            return otherwise


class _QuietThread(logging.Filter):
    """Leaves out what is logged in one thread: a collector that is away is said once, by ourselves."""

    def __init__(self, thread: threading.Thread) -> None:
        super().__init__()
        self._thread = thread

    def filter(self, record: logging.LogRecord) -> bool:
        return record.thread != self._thread.ident
