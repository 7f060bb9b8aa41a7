"""What an agent's instrumentation shows -> steps and usage of the trial."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from pytest_arc.domain.trajectory import NOTHING_USED, Message, Step, ToolCall, ToolResult, Usage
from pytest_arc.errors import AgentError
from pytest_arc.providers.prices import find_price
from pytest_arc.targets.context import AgentContext
from pytest_arc.telemetry.capture import Capture, Sighting, capture_trial
from pytest_arc.telemetry.conventions import PROVIDERS
from pytest_arc.telemetry.spans import ModelSpan, ToolSpan

__all__ = ["Watch", "watch_agent"]

CLOCK_S = 1e-6
"""The times of steps are rounded to this."""


@dataclass(eq=False, slots=True)
class Watch:
    """One trial's agent, watched by what its instrumentation shows."""

    capture: Capture
    context: AgentContext
    sees_all: bool = False
    """No model call goes unseen: an agent without any has consumed nothing."""
    _calls: list[ModelSpan] = field(default_factory=list[ModelSpan])

    async def record(self, answer: Callable[[], Awaitable[str]]) -> str:
        """Let the agent answer one user turn, and record what it did, also when it breaks or is stopped."""
        try:
            text = await answer()
        except BaseException:
            with suppress(AgentError):  # one step too many: the trouble that is under way comes first
                self._take()
            raise
        self._take()
        return text

    @property
    def has_seen(self) -> bool:
        """Whether any model call or tool was seen in this trial."""
        return self.capture.has_seen

    def _take(self) -> None:
        sightings = self.capture.take()
        self._calls += [s.event for s in sightings if isinstance(s.event, ModelSpan)]
        self.context.weave(_list_steps(sightings, self.context))

    def _count_usage(self) -> None:
        """Usage is only counted when every model call told its tokens: a part would pass for the whole."""
        if self.sees_all and not self._calls:
            self.context.count_usage(NOTHING_USED)
        usages = [_measure(call) for call in self._calls]
        told = [usage for usage in usages if usage is not None]
        if told and len(told) == len(usages):
            for usage in told:
                self.context.count_usage(usage)


@contextmanager
def watch_agent(context: AgentContext, sees_all: bool = False) -> Generator[Watch]:
    """Watch the agent of this trial, and count what its model calls consumed when the trial ends."""

    def tell_pending(is_pending: bool) -> None:
        context.waiting_for = "infrastructure" if is_pending else "agent"

    with capture_trial(context.clock.read, tell_pending) as capture:
        watch = Watch(capture, context, sees_all)
        try:
            yield watch
        finally:
            watch._count_usage()  # pyright: ignore[reportPrivateUsage]


def _measure(call: ModelSpan) -> Usage | None:
    """Tokens and price of one call; None when it does not tell its tokens."""
    if call.input_tokens is None or call.output_tokens is None:
        return None
    return Usage(
        model_calls=1,
        input_tokens=call.input_tokens,
        output_tokens=call.output_tokens,
        cost_usd=_price(call, call.input_tokens, call.output_tokens)
        if call.cost_usd is None
        else call.cost_usd,
    )


def _price(call: ModelSpan, input_tokens: int, output_tokens: int) -> float | None:
    provider = PROVIDERS.get(call.provider, call.provider)
    if not provider or not call.model:
        return None
    try:
        price = find_price(f"{provider}:{call.model}")
    except ImportError:  # the list of prices comes with the extra "models"
        return None
    return None if price is None else price.count(input_tokens, output_tokens, call.cached_tokens)


def _list_steps(sightings: Sequence[Sighting], context: AgentContext) -> list[Step]:
    """The steps that `context` does not have yet: simulated tools have recorded their calls themselves.

    Spans of tools tell what was run. Where an agent's instrumentation knows none, what its model asked for
    counts as called, and what the model was told next as the result.
    """
    recorded = [step for step in context.turn if isinstance(step, ToolCall)]
    results = _collect_results(sightings)
    steps: list[Step] = []
    for sighting in sightings:
        event = sighting.event
        if isinstance(event, ToolSpan):
            if not _claim(recorded, event, sighting):
                steps += _describe_run(event, sighting, results, len(steps))
        elif event.requests:
            if event.text:
                steps.append(Message(role="assistant", text=event.text, at_s=round(sighting.ended_s, 6)))
            if not event.has_tool_spans and not any(isinstance(s.event, ToolSpan) for s in sightings):
                for request in event.requests:
                    if not _claim_request(recorded, request, sighting):
                        steps += _describe_request(request, sighting, results, len(steps))
    return steps


def _collect_results(sightings: Sequence[Sighting]) -> dict[str, tuple[str, float]]:
    """Call id -> what models were told as its result, and when."""
    told: dict[str, tuple[str, float]] = {}
    for sighting in sightings:
        if isinstance(sighting.event, ModelSpan):
            for id, content in sighting.event.results:
                told.setdefault(id, (content, sighting.began_s))
    return told


def _claim(recorded: list[ToolCall], run: ToolSpan, sighting: Sighting) -> bool:
    """Take the call out of `recorded` that was made inside this run of the tool, if there is one."""
    return _remove(
        recorded,
        lambda call: (
            call.id == run.id
            or (
                call.tool == run.tool
                and sighting.began_s - CLOCK_S <= call.at_s <= sighting.ended_s + CLOCK_S
            )
        ),
    )


def _claim_request(recorded: list[ToolCall], request: ToolCall, sighting: Sighting) -> bool:
    """Take the call out of `recorded` that answers this request, if there is one."""
    return _remove(
        recorded,
        lambda call: (
            call.id == request.id
            or (
                call.tool == request.tool
                and call.arguments == request.arguments
                and call.at_s >= sighting.ended_s - CLOCK_S
            )
        ),
    )


def _remove(recorded: list[ToolCall], is_it: Callable[[ToolCall], bool]) -> bool:
    found = next((index for index, call in enumerate(recorded) if is_it(call)), None)
    if found is not None:
        del recorded[found]
    return found is not None


def _describe_run(
    run: ToolSpan, sighting: Sighting, results: dict[str, tuple[str, float]], number: int
) -> list[Step]:
    id = run.id or f"span-{number + 1}"
    content = run.content if run.content is not None else results.get(id, (None, 0.0))[0]
    call = ToolCall(id=id, tool=run.tool, arguments=run.arguments, at_s=round(sighting.began_s, 6))
    if content is None and not run.is_error:
        return [call]
    ended_s = round(sighting.ended_s, 6)
    return [
        call,
        ToolResult(id=id, tool=run.tool, content=content or "", is_error=run.is_error, at_s=ended_s),
    ]


def _describe_request(
    request: ToolCall, sighting: Sighting, results: dict[str, tuple[str, float]], number: int
) -> list[Step]:
    id, at_s = request.id or f"span-{number + 1}", round(sighting.ended_s, 6)
    call = request.model_copy(update={"id": id, "at_s": at_s})
    if id not in results:
        return [call]
    content, told_s = results[id]
    return [call, ToolResult(id=id, tool=call.tool, content=content, at_s=round(told_s, 6))]
