"""What the server of an agent tells by its spans, as a part of the trial.

    target:
      http:
        url: "${AGENT_URL}/chat"
        traces: true

The request carries the trace of the trial. Spans of that trace arrive at a receiver of this process, mostly
some time after the answer, since exporters send them in batches.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from pytest_arc.deadlines import TimeLimit
from pytest_arc.domain.frozen import Frozen
from pytest_arc.errors import AgentError, InfrastructureError
from pytest_arc.scope import current_scope
from pytest_arc.targets.context import AgentContext
from pytest_arc.targets.endpoint import Connection
from pytest_arc.targets.sightings import Watch, watch_agent
from pytest_arc.telemetry.receiver import ReceivedSpan, SpanReceiver, receive_spans

__all__ = ["ReadTraces", "TraceOptions", "watch_endpoint"]


class TraceOptions(Frozen):
    """Where the agent's server sends its spans."""

    port: int = Field(default=4318, ge=1, le=65535)
    """4318 is where exporters send to when they are told nothing."""
    host: str = Field(default="127.0.0.1", min_length=1)
    """The address of this machine to listen at: `0.0.0.0` for a server in a container."""
    wait_s: float = Field(default=6.0, gt=0, le=600)
    """How long spans are waited for after an answer: a second more than exporters that are told nothing
    keep theirs back."""


def _unfold(value: Any) -> Any:
    """`true` or a port, which may come from the environment."""
    if isinstance(value, bool):
        return {} if value else None
    return {"port": value} if isinstance(value, int | str) else value


ReadTraces = Annotated[
    TraceOptions | None,
    BeforeValidator(_unfold, json_schema_input_type=bool | int | str | TraceOptions | None),
]


class EndpointWatch:
    """One trial's agent, watched by the spans that arrive from its server."""

    def __init__(
        self,
        options: TraceOptions,
        receiver: SpanReceiver,
        connection: Connection,
        context: AgentContext,
        watch: Watch,
    ) -> None:
        self._options = options
        self._receiver = receiver
        self._connection = connection
        self._context = context
        self._watch = watch
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._ids: set[str] = set()
        """Of all spans of the trial."""
        self._turn: list[ReceivedSpan] = []
        """What has arrived since the turn before."""

    async def record(self, ask: Callable[[], Awaitable[str]]) -> str:
        """Let the agent answer one user turn, and record what its spans tell of it.

        Raises InfrastructureError when none arrive: what was not seen cannot be judged.
        """
        return await self._watch.record(lambda: self._answer(ask))

    def receive(self, spans: Sequence[ReceivedSpan]) -> None:
        """Take spans from the thread of the receiver."""
        self._loop.call_soon_threadsafe(self._add, spans)

    def conclude(self) -> None:
        """Raise InfrastructureError when no span of the trial was about a model or a tool."""
        if not self._watch.has_seen:
            raise InfrastructureError(
                "the spans of the agent's server tell of no model and no tool: is its instrumentation of "
                "them switched on?"
            )

    def _add(self, spans: Sequence[ReceivedSpan]) -> None:
        self._ids.update(span.id for span in spans)
        self._turn += spans
        self._arrived.set()

    async def _answer(self, ask: Callable[[], Awaitable[str]]) -> str:
        clock, strays = self._context.clock, self._receiver.strays
        asked_s, asked_at_s = clock.read(), time.time()
        answered_s = None
        replayed = _count_replayed()
        try:
            try:
                text = await ask()
            except AgentError:  # what it did until then counts
                answered_s = clock.read()
                await self._await_spans()
                raise
            answered_s = clock.read()
            if _count_replayed() > replayed:
                raise InfrastructureError(
                    "the answer was replayed, and spans are not recorded: with 'traces', run without a "
                    "record mode or with --arc-record all, and arc debug with --live"
                )
            await self._await_spans()
            if not self._turn:
                raise InfrastructureError(self._explain_silence(self._receiver.strays - strays))
        finally:
            self._hand_over(asked_s, asked_at_s, clock.read() if answered_s is None else answered_s)
        return text

    async def _await_spans(self) -> None:
        """Wait until all spans of this turn are here, as far as can be told, or the time is over."""
        with (
            self._context.wait_aside("infrastructure"),
            suppress(TimeoutError),
            TimeLimit(self._options.wait_s),
        ):
            while not self._is_whole():
                self._arrived.clear()
                await self._arrived.wait()

    def _is_whole(self) -> bool:
        """Whether the server has told of the end of our request, and of all in between.

        The span of a request ends last, and exporters keep the order. Where it tells of no model and tool,
        it may be that of a gateway in front of the agent.
        """
        known = self._ids.union(self._connection.span_ids, ("",))
        return (
            any(span.is_server and span.parent == self._connection.span_ids[-1] for span in self._turn)
            and any(span.event is not None for span in self._turn)
            and all(span.parent in known for span in self._turn)
        )

    def _hand_over(self, asked_s: float, asked_at_s: float, answered_s: float) -> None:
        """Let the capture have the spans of this turn, at times on the trial's clock.

        The clock of another machine may differ: a span is taken to lie between question and answer.
        """

        def read_clock(at_s: float) -> float:
            return min(max(asked_s, asked_s + at_s - asked_at_s), answered_s)

        for span in sorted(self._turn, key=lambda span: span.began_s):
            self._watch.capture.add(
                int(span.id, 16),
                int(span.parent, 16) if span.parent else None,
                span.event,
                read_clock(span.began_s),
                read_clock(span.ended_s),
            )
        self._turn = []

    def _explain_silence(self, strays: int) -> str:
        url, wait_s = self._receiver.url, self._options.wait_s
        missing = f"no span of the agent's server arrived at {url} within {wait_s:g} s after its answer"
        if strays:
            return f"{missing}, but {strays} of other traces: does it take over the header 'traceparent'?"
        return (
            f"{missing}: does it have OTEL_EXPORTER_OTLP_ENDPOINT={url}, OTEL_EXPORTER_OTLP_PROTOCOL="
            "http/protobuf, and an OTEL_BSP_SCHEDULE_DELAY that is shorter?"
        )


def _count_replayed() -> int:
    scope = current_scope()
    return 0 if scope is None else scope.replayed_calls


@contextmanager
def watch_endpoint(
    options: TraceOptions, connection: Connection, context: AgentContext
) -> Generator[EndpointWatch]:
    """Watch the agent of this trial by the spans that its server sends."""
    with receive_spans(options.host, options.port) as receiver, watch_agent(context) as watch:
        endpoint = EndpointWatch(options, receiver, connection, context, watch)
        with receiver.deliver(connection.trace_id, endpoint.receive):
            yield endpoint
