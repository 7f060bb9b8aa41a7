"""What an agent's instrumentation shows of one trial.

`capture_trial` opens a `Capture` for the current trial; whatever is seen in the trial's tasks, in threads
that copy its context, or below a span that was begun there goes into it. `watch_spans` lets spans and log
records of OpenTelemetry be seen; adapters of frameworks tell a capture directly what their framework tells
them.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakSet, WeakValueDictionary

from pytest_arc.extras import require
from pytest_arc.scope import current_purpose
from pytest_arc.telemetry.records import complete_call, join_calls, read_record
from pytest_arc.telemetry.spans import ModelSpan, ToolSpan, is_model_call, read_span

__all__ = ["Capture", "Sighting", "capture_trial", "watch_spans"]

OWN_SCOPE = "pytest_arc"
"""Spans of this package are no doing of the agent."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something the agent did, and when, in seconds on the trial's clock."""

    event: ModelSpan | ToolSpan
    began_s: float
    ended_s: float


@dataclass(slots=True)
class _Work:
    """A model call or tool run, or anything around it, that has begun."""

    parent: int | None
    began_s: float
    read: Callable[[], ModelSpan | ToolSpan | None]
    event: ModelSpan | ToolSpan | None = None
    ended_s: float | None = None


@dataclass(frozen=True, slots=True)
class _Remark:
    """A log record about a model call."""

    span: int
    """The span that it belongs to; 0 where there is none."""
    call: ModelSpan
    at_s: float


@dataclass(eq=False)
class Capture:
    """Collects sightings of one trial. Told from any thread; `take` is for the trial's own."""

    read_clock: Callable[[], float]
    tell_pending: Callable[[bool], None] = lambda pending: None
    """Called with True when a model is asked, and with False when no model is, any more."""
    _work: dict[int, _Work] = field(default_factory=dict[int, _Work])
    _asked: set[int] = field(default_factory=set[int])
    _remarks: list[_Remark] = field(default_factory=list[_Remark])
    _lock: threading.Lock = field(default_factory=threading.Lock)
    has_seen: bool = False
    """Whether any model call or tool run was seen in this trial."""

    def begin(
        self,
        id: int,
        parent: int | None,
        read: Callable[[], ModelSpan | ToolSpan | None],
        asks_model: bool = False,
    ) -> None:
        """Something begins; `read` says what it is, as far as that is known when asked."""
        with self._lock:
            self._work[id] = _Work(parent, self.read_clock(), read)
            if asks_model:
                self._asked.add(id)
        if asks_model:
            self.tell_pending(True)

    def end(self, id: int, event: ModelSpan | ToolSpan | None, is_error: bool = False) -> None:
        """It has ended. A model that failed stays the one that is waited for, until another one answers."""
        with self._lock:
            work = self._work.get(id)
            was_asked = id in self._asked
            self._asked.discard(id)
            is_done = was_asked and not self._asked and not is_error
            if work is not None:
                work.event, work.ended_s = event, self.read_clock()
        if is_done:
            self.tell_pending(False)

    def add(
        self, id: int, parent: int | None, event: ModelSpan | ToolSpan | None, began_s: float, ended_s: float
    ) -> None:
        """Something that has ended elsewhere, at times on the trial's clock."""
        with self._lock:
            self._work[id] = _Work(parent, began_s, lambda: event, event, ended_s)

    def remark(self, span: int, call: ModelSpan) -> None:
        """A log record tells of a model call: of its span, where that is one, or of one without a span."""
        with self._lock:
            self._remarks.append(_Remark(span, call, self.read_clock()))

    def take(self) -> list[Sighting]:
        """What was seen since the last time, in the order it began.

        A tool that has not ended is among it; a model that has not answered is not. Of a call within a call,
        which two instrumentations tell of, the outer one is taken.
        """
        with self._lock:
            work = self._work
            for item in work.values():
                item.event = item.event if item.ended_s is not None else item.read()
            self._work = {id: item for id, item in work.items() if _goes_on(item)}
            loose = self._apply_remarks(work)
        taken = [
            Sighting(item.event, item.began_s, self.read_clock() if item.ended_s is None else item.ended_s)
            for item in work.values()
            if item.event is not None and not _goes_on(item) and not _is_told_by_outer(item, work)
        ] + loose
        self.has_seen = self.has_seen or bool(taken)
        return sorted(taken, key=lambda sighting: sighting.began_s)

    def _apply_remarks(self, work: dict[int, _Work]) -> list[Sighting]:
        """Let calls have what records tell of them. Returns those that have no span.

        What is told of a call that has not ended waits for its end, and a result for the call that it was
        told to.
        """
        told: dict[int, list[_Remark]] = {}
        for remark in self._remarks:
            told.setdefault(remark.span, []).append(remark)
        self._remarks = []
        loose: list[Sighting] = []
        for span, remarks in told.items():
            item = work.get(span)
            if item is None or not isinstance(item.event, ModelSpan):
                calls, rest = _gather_calls(remarks)
                loose += calls
                self._remarks += rest
            elif _goes_on(item):
                self._remarks += remarks
            else:
                item.event = complete_call(item.event, join_calls(*(remark.call for remark in remarks)))
        return loose


def _gather_calls(remarks: list[_Remark]) -> tuple[list[Sighting], list[_Remark]]:
    """Calls that records alone tell of, each with the results it was told, and results that are left over."""
    calls: list[Sighting] = []
    heard: list[_Remark] = []
    for remark in remarks:
        heard.append(remark)
        if remark.call.text or remark.call.requests:
            call = join_calls(*(one.call for one in heard))
            calls.append(Sighting(call, heard[0].at_s, remark.at_s))
            heard = []
    return calls, heard


_CURRENT: ContextVar[Capture | None] = ContextVar("pytest_arc_capture", default=None)
_OWNERS: WeakValueDictionary[int, Capture] = WeakValueDictionary()
"""Span id -> capture: a thread that knows nothing of its trial may still know its parent span."""
_WATCHED: WeakSet[Any] = WeakSet()
_REGISTERING = threading.Lock()


@contextmanager
def capture_trial(
    read_clock: Callable[[], float], tell_pending: Callable[[bool], None] = lambda pending: None
) -> Generator[Capture]:
    """Collect what the agent shows inside the `with` block, in this task and in what it starts."""
    capture = Capture(read_clock, tell_pending)
    token = _CURRENT.set(capture)
    try:
        yield capture
    finally:
        _CURRENT.reset(token)


def watch_spans(provider: Any = None) -> None:
    """See the spans of a TracerProvider: `provider`, or the global one; and the log records of the global
    LoggerProvider. Of these, one that is not there yet is set.

    As often as it is called, each provider is watched once. Raises MissingExtra.
    """
    sdk = require("opentelemetry.sdk.trace", "otel")
    with _REGISTERING:
        if provider is None:
            provider = _find_global_provider(sdk)
        if provider not in _WATCHED:
            provider.add_span_processor(_make_processor(sdk))
            _WATCHED.add(provider)
        _watch_records()


def _find_global_provider(sdk: Any) -> Any:
    trace = require("opentelemetry.trace", "otel")
    provider = trace.get_tracer_provider()
    if not hasattr(provider, "add_span_processor"):
        trace.set_tracer_provider(sdk.TracerProvider())
        provider = trace.get_tracer_provider()
    return provider


def _watch_records() -> None:
    sdk, logs = require("opentelemetry.sdk._logs", "otel"), require("opentelemetry._logs", "otel")
    provider = logs.get_logger_provider()
    if not hasattr(provider, "add_log_record_processor"):
        logs.set_logger_provider(sdk.LoggerProvider())
        provider = logs.get_logger_provider()
    if provider not in _WATCHED:
        provider.add_log_record_processor(_make_record_processor(sdk))
        _WATCHED.add(provider)


def _make_processor(sdk: Any) -> Any:
    class Watcher(sdk.SpanProcessor):
        """Tells the capture of the trial that a span belongs to. Never raises into the agent."""

        def on_start(self, span: Any, parent_context: Any = None) -> None:
            scope = _name_scope(span)
            if scope.partition(".")[0] == OWN_SCOPE or current_purpose() != "agent":
                return
            parent = span.parent.span_id if span.parent else None
            capture = _CURRENT.get() or (_OWNERS.get(parent) if parent else None)
            if capture is None:
                return
            id = span.context.span_id
            _OWNERS[id] = capture
            asks = is_model_call(span.attributes or {})
            capture.begin(id, parent, lambda: read_span(dict(span.attributes or {}), scope), asks)

        def on_end(self, span: Any) -> None:
            capture = _OWNERS.get(span.context.span_id)
            if capture is not None:
                is_error = span.status.status_code.name == "ERROR" or _is_stopped()
                event = read_span(dict(span.attributes or {}), _name_scope(span), is_error)
                capture.end(span.context.span_id, event, is_error)

    return Watcher()


def _make_record_processor(sdk: Any) -> Any:
    class RecordWatcher(sdk.LogRecordProcessor):
        """Tells the capture of the trial that a log record belongs to. Never raises into the agent."""

        def on_emit(self, log_record: Any) -> None:
            scope = _name_scope(log_record)
            if scope.partition(".")[0] == OWN_SCOPE or current_purpose() != "agent":
                return
            record = log_record.log_record
            span = record.span_id or 0
            capture = _CURRENT.get() or _OWNERS.get(span)
            if capture is not None:
                call = read_record(record.event_name or "", record.attributes or {}, record.body, scope)
                if call is not None:
                    capture.remark(span, call)

        def shutdown(self) -> None:
            pass

        def force_flush(self, timeout_millis: int = 0) -> bool:
            return True

    return RecordWatcher()


def _is_stopped() -> bool:
    """Whether the agent is being stopped just now. OpenTelemetry takes only an Exception for an error."""
    return isinstance(sys.exception(), (asyncio.CancelledError, SystemExit))


def _name_scope(span: Any) -> str:
    """The instrumentation that made a span."""
    return span.instrumentation_scope.name if span.instrumentation_scope else ""


def _goes_on(item: _Work) -> bool:
    return item.ended_s is None and not isinstance(item.event, ToolSpan)


def _is_told_by_outer(item: _Work, work: dict[int, _Work]) -> bool:
    """Whether the call stands within one of the same kind: what a client and its framework both tell of."""
    outer = work.get(item.parent) if item.parent is not None else None
    while outer is not None:
        if _name_call(outer.event) == _name_call(item.event):
            return True
        outer = work.get(outer.parent) if outer.parent is not None else None
    return False


def _name_call(event: ModelSpan | ToolSpan | None) -> str | None:
    """All model calls are alike, and those of one tool."""
    if isinstance(event, ModelSpan):
        return ""
    return None if event is None else event.tool
