"""Agents that are Python functions of the user.

    target:
      python: "my_package.agents:answer"

The function is called once per user turn. It may be async, or plain: then it runs in a thread. It takes the
user's text, the `AgentContext`, or both (`functions.read_signature` says how they are told apart), and
returns

* text: the answer; or
* a `Trajectory`, or a list of its steps, that ends with an answer: what the agent did by means of its own.
  What comes before the last user message in it is left out, because it is known here already.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from pytest_arc.domain.score import Observation
from pytest_arc.errors import AgentError, MissingExtra
from pytest_arc.extras import require
from pytest_arc.registry import import_object
from pytest_arc.targets import AgentContext, InProcessTarget, UserTurns, converse
from pytest_arc.targets.exits import intercept_exit
from pytest_arc.targets.failures import describe_exception, raise_for_agent
from pytest_arc.targets.functions import (
    EntryPoint,
    Signature,
    find_import_trouble,
    hash_sources,
    read_signature,
)
from pytest_arc.targets.setup import set_up
from pytest_arc.targets.sightings import watch_agent
from pytest_arc.targets.threads import run_in_thread
from pytest_arc.targets.turns import take_turn
from pytest_arc.telemetry.capture import watch_spans

__all__ = ["AgentFunction", "FactoryTarget", "PythonTarget"]


_OBSERVED: frozenset[Observation] = frozenset({"answer", "tool_calls", "latency"})
_OBSERVED_WITH_USAGE: frozenset[Observation] = _OBSERVED | frozenset[Observation]({"usage"})


class _Function(InProcessTarget):
    """What functions of the user have in common."""

    def advise(self, observation: Observation) -> str:
        if observation != "usage":
            return super().advise(observation)
        told = "'reports_usage: true' promises that the agent counts it (context.count_usage)"
        return f"{told}; {super().advise(observation)}"


class PythonTarget(_Function):
    """A function that answers the user."""

    kind: ClassVar[str] = "python"
    uses_world: ClassVar[bool] = True

    python: EntryPoint
    setup: EntryPoint | None = None
    """A context manager of the user, plain or async, entered before each trial and left after it: for fakes
    of their own. It is given the `AgentContext` if it takes one."""
    reports_usage: bool = False
    """The agent tells what it consumed, by `context.count_usage` or in the trajectories it returns, so that
    checks of tokens and cost can be used. A trial in which it does not has failed."""
    traces: bool | EntryPoint = False
    """The agent's models and tools are instrumented with OpenTelemetry: their spans become tool calls,
    results and usage of the trial. Spans of the global TracerProvider, or of the one that is named here. A
    trial in which there are none has failed."""

    # What a target observes may depend on its options.
    @property
    def observes(self) -> frozenset[Observation]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return _OBSERVED_WITH_USAGE if self.reports_usage or self.traces else _OBSERVED

    @property
    def runs_in_thread(self) -> bool:
        return not inspect.iscoroutinefunction(import_object(self.python))

    def describe(self) -> str:
        return f"python {self.python}"

    def identify(self) -> dict[str, Any]:
        return {**self.model_dump(mode="json"), "sources": hash_sources(self.python)}

    def verify(self) -> str | None:
        return _verify(self.python, takes_text=True) or _verify_rest(self)

    async def run(self, context: AgentContext, user: UserTurns) -> None:
        await _run(self, context, user)

    async def find_agent(self, context: AgentContext) -> AgentFunction:
        """The function of this trial. Raises what importing it raises."""
        return self._function

    @cached_property
    def _function(self) -> AgentFunction:
        return AgentFunction.read(import_object(self.python), takes_text=True)


class FactoryTarget(_Function):
    """A function called once per trial, plain or async, that makes the function that answers the user: for
    agents that keep the conversation themselves. It is given the `AgentContext` if it takes one."""

    kind: ClassVar[str] = "factory"
    uses_world: ClassVar[bool] = True

    factory: EntryPoint
    setup: EntryPoint | None = None
    """As in `PythonTarget`."""
    reports_usage: bool = False
    """As in `PythonTarget`."""
    traces: bool | EntryPoint = False
    """As in `PythonTarget`."""

    @property
    def observes(self) -> frozenset[Observation]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return _OBSERVED_WITH_USAGE if self.reports_usage or self.traces else _OBSERVED

    def describe(self) -> str:
        return f"factory {self.factory}"

    def identify(self) -> dict[str, Any]:
        return {**self.model_dump(mode="json"), "sources": hash_sources(self.factory)}

    def verify(self) -> str | None:
        return _verify(self.factory, takes_text=False) or _verify_rest(self)

    async def run(self, context: AgentContext, user: UserTurns) -> None:
        await _run(self, context, user)

    async def find_agent(self, context: AgentContext) -> AgentFunction:
        """Make the function of this trial. Raises AgentError when that is not possible."""
        try:
            made = await self._function.call(context)
        except BaseException as error:
            raise_for_agent(error, context, f"factory {self.factory}")
        try:
            return AgentFunction.read(made, takes_text=True)
        except TypeError as error:
            # Nothing of the agent's was raised: the cause would show lines of ours.
            raise AgentError(f"factory {self.factory} made no agent: {error}") from None

    @cached_property
    def _function(self) -> AgentFunction:
        return AgentFunction.read(import_object(self.factory), takes_text=False)


async def _run(target: PythonTarget | FactoryTarget, context: AgentContext, user: UserTurns) -> None:
    intercept_exit()
    if target.setup is None:
        await _hold_conversation(target, context, user)
    else:
        async with set_up(target.setup, context):
            await _hold_conversation(target, context, user)
    if target.reports_usage and not context.shows_usage:
        raise AgentError("the agent reported no usage, although 'reports_usage' is set")


async def _hold_conversation(
    target: PythonTarget | FactoryTarget, context: AgentContext, user: UserTurns
) -> None:
    if target.traces:
        await _run_traced(target, context, user)
    else:
        agent = await target.find_agent(context)
        await converse(context, user, lambda: _answer(agent, context))


async def _run_traced(target: PythonTarget | FactoryTarget, context: AgentContext, user: UserTurns) -> None:
    watch_spans(None if target.traces is True else _find_provider(str(target.traces)))
    with watch_agent(context) as watch:
        agent = await target.find_agent(context)
        await converse(context, user, lambda: watch.record(lambda: _answer(agent, context)))
    if not watch.has_seen:
        raise AgentError("the agent emitted no spans of models or tools, although 'traces' is set")


def _find_provider(path: str) -> Any:
    """The TracerProvider that `package.module:name` is, or returns when it is called."""
    found = import_object(path)
    return found if hasattr(found, "add_span_processor") else found()


@dataclass(frozen=True, slots=True)
class AgentFunction:
    """A function of the user, plain or async, and what it is given."""

    function: Callable[..., Any]
    signature: Signature
    is_async: bool

    @classmethod
    def read(cls, function: Any, takes_text: bool) -> AgentFunction:
        if not callable(function):
            raise TypeError(f"an object of type {type(function).__name__} cannot be called")
        is_async = any(map(inspect.iscoroutinefunction, (function, type(function).__call__)))
        return cls(function, read_signature(function, takes_text), is_async)

    async def call(self, context: AgentContext) -> Any:
        if self.is_async:
            return await self.signature.call(self.function, context)
        context.serve_threads()
        returned = await run_in_thread(lambda: self.signature.call(self.function, context))
        # A plain function may hand on the coroutine of an async one.
        return await returned if inspect.isawaitable(returned) else returned


async def _answer(agent: AgentFunction, context: AgentContext) -> str:
    try:
        text = take_turn(await agent.call(context), context)
    except BaseException as error:  # sys.exit() of an agent is its failure too
        raise_for_agent(error, context)
    context.raise_trouble()
    context.check_time()  # it may be up although nothing could interrupt the agent
    return text


def _verify_rest(target: PythonTarget | FactoryTarget) -> str | None:
    if trouble := _verify(target.setup, takes_text=False):
        return trouble
    try:
        if target.traces:
            require("opentelemetry.sdk.trace", "otel")
        if isinstance(target.traces, str) and not hasattr(
            _find_provider(target.traces), "add_span_processor"
        ):
            return f"'{target.traces}' is no TracerProvider of the OpenTelemetry SDK"
    except MissingExtra as missing:
        return f"'traces': {missing}"
    except Exception as error:
        return f"cannot use '{target.traces}': it {describe_exception(error)}"
    return None


def _verify(path: str | None, takes_text: bool) -> str | None:
    """Why the function cannot be used, as far as can be told without calling it."""
    if path is None:
        return None
    if trouble := find_import_trouble(path):
        return trouble
    function = import_object(path)
    if takes_text and inspect.isclass(function):
        return f"'{path}' is a class; with 'factory' each trial gets an object of it"
    try:
        read_signature(function, takes_text)
    except TypeError as error:
        return f"'{path}' cannot be called: {error}"
    return None
