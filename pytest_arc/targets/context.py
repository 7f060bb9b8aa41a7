"""What an agent sees and can do in one trial."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any, Literal, NoReturn, Protocol

from pytest_arc.deadlines import TimeLimit
from pytest_arc.domain.scenario import Limits
from pytest_arc.domain.trajectory import (
    NOTHING_USED,
    Message,
    ModelCall,
    Step,
    ToolCall,
    ToolResult,
    Trajectory,
    Usage,
)
from pytest_arc.errors import AgentError, Blame, ToolSimulatorError, TrialError
from pytest_arc.providers import ToolSchema

__all__ = ["AgentContext", "Clock", "ToolAnswer"]

MAX_ANSWER = 10_000_000
"""Characters of one answer: what is longer no check is meant for, and no run folder."""

_NAMES: dict[Blame, str] = {
    "agent": "the agent",
    "infrastructure": "the provider",
    "user_simulator": "the simulated user",
}


class Clock:
    """The trial's clock: simulated time alone, or added to real time."""

    def __init__(self, kind: Literal["virtual", "wall"], real_time: bool = False) -> None:
        self.kind: Literal["virtual", "wall"] = kind
        self.real_time = real_time
        """Simulated latencies are really slept, by the caller of `add`."""
        self._simulated_s = 0.0
        self._started = time.perf_counter()

    def read(self) -> float:
        """Seconds since the trial began."""
        if self.kind == "virtual":
            return self._simulated_s
        slept = self.real_time
        return time.perf_counter() - self._started + (0.0 if slept else self._simulated_s)

    def add(self, seconds: float) -> None:
        """Let simulated time pass."""
        self._simulated_s += seconds

    @contextmanager
    def stop(self) -> Generator[None]:
        """Leave out the real time that passes inside."""
        stopped = time.perf_counter()
        try:
            yield
        finally:
            self._started += time.perf_counter() - stopped


class ToolAnswer(Protocol):
    """What the world answers to a tool call."""

    @property
    def content(self) -> str: ...
    @property
    def is_error(self) -> bool: ...
    @property
    def fault(self) -> str | None: ...
    @property
    def latency_s(self) -> float: ...


class AgentContext:
    """One trial, from the agent's side: its prompt, its tools, the conversation so far.

    The `job`, `assumptions` and `capabilities` of a profile are not here: they say what the author
    presumes, and an agent that must know them is told so in its prompt.
    """

    def __init__(
        self,
        *,
        system_prompt: str,
        tools: tuple[ToolSchema, ...],
        seed: int,
        trial: int,
        scenario: str,
        limits: Limits,
        clock: Clock,
        call_tool: Callable[[str, dict[str, Any]], Awaitable[ToolAnswer]],
        sleep: Callable[[float], Awaitable[None]] | None = None,
    ) -> None:
        self.system_prompt = system_prompt
        self.tools = tools
        self.seed = seed
        self.trial = trial
        """Counted from 1."""
        self.scenario = scenario
        """Id of the scenario, with its row."""
        self.limits = limits
        self.clock = clock
        self.waiting_for: Blame = "agent"
        """Whose turn it is; the one to blame when the trial hangs."""
        self.watchdog: TimeLimit | None = None
        """The limit of the trial in real time."""
        self.answer_limit: TimeLimit | None = None
        """The limit of the answer that is under way, if it has one of its own."""
        self._call_tool = call_tool
        self._sleep = sleep
        self._steps: list[Step] = []
        self._turn_begins = 0
        """Number of steps up to the latest user turn, this included."""
        self._heard = ""
        self._agent_steps = 0
        self._usage: Usage | None = None
        self._model_calls: list[ModelCall] = []
        self._recorded: Trajectory | None = None
        self._home: asyncio.AbstractEventLoop | None = None
        self._trouble: TrialError | None = None
        self._over = False

    @property
    def conversation(self) -> tuple[Message, ...]:
        """What user and agent have said so far."""
        return tuple(step for step in self._steps if isinstance(step, Message))

    @property
    def turn(self) -> tuple[Step, ...]:
        """What has happened since the latest user turn."""
        return tuple(self._steps[self._turn_begins :])

    @property
    def user(self) -> str:
        """The latest user turn."""
        return self._heard

    async def call(self, tool: str, **arguments: Any) -> ToolResult:
        """Call a simulated tool; its errors come back as a result with `is_error`.

        Raises AgentError when this is one step too many, or the trial's time is up.
        """
        return await self.call_with(tool, arguments)

    async def call_with(self, tool: str, arguments: dict[str, Any], id: str | None = None) -> ToolResult:
        """Like `call`, with the arguments as a mapping and the call id of the model."""
        home = self._home
        if home is not None and home is not asyncio.get_running_loop():
            call = self.call_with(tool, arguments, id)
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call, home))
        self._count_step()
        call = ToolCall(
            id=id or f"call-{self._agent_steps}", tool=tool, arguments=arguments, at_s=self._now()
        )
        self._steps.append(call)
        before, self.waiting_for = self.waiting_for, "tool"
        try:
            if self.limits.tool_timeout_s is None:
                answer = await self._call_tool(tool, arguments)
            else:
                answer = await self._call_in_time(tool, arguments, self.limits.tool_timeout_s)
        except TrialError as error:
            self._trouble = self._trouble or error
            raise
        self.waiting_for = before
        await self.spend(answer.latency_s)
        result = ToolResult(
            id=call.id,
            tool=tool,
            content=answer.content,
            is_error=answer.is_error,
            fault=answer.fault,
            at_s=self._now(),
        )
        self._steps.append(result)
        return result

    async def _call_in_time(self, tool: str, arguments: dict[str, Any], timeout_s: float) -> ToolAnswer:
        try:
            with TimeLimit(timeout_s):
                return await self._call_tool(tool, arguments)
        except TimeoutError:
            raise ToolSimulatorError(
                f"no answer within {timeout_s:g} s from the simulated tool '{tool}'"
            ) from None

    def call_sync(self, tool: str, **arguments: Any) -> ToolResult:
        """Like `call`, for an agent that is a plain function: it runs in a thread and waits here.

        Raises RuntimeError in an async agent, which would wait for itself.
        """
        if self._home is None or self._home is _find_running_loop():
            raise RuntimeError("call_sync is for agents that are plain functions; here, await call(...)")
        return asyncio.run_coroutine_threadsafe(self.call_with(tool, arguments), self._home).result()

    def serve_threads(self) -> None:
        """Let tool calls come from other threads and their loops; they are carried out in this one."""
        self._home = asyncio.get_running_loop()

    async def spend(self, seconds: float) -> None:
        """Let simulated time pass. Raises AgentError when the trial's time is up."""
        if seconds:
            self.clock.add(seconds)
            if self._sleep is not None:
                await self._sleep(seconds)
        self.check_time()

    def check_time(self) -> None:
        """Raise AgentError when the trial's time is up."""
        if self.clock.read() > self.limits.timeout_s:
            self._fail(f"the trial's limit of {self.limits.timeout_s:g} s was exceeded")

    @contextmanager
    def wait_aside(self, blame: Blame) -> Generator[None]:
        """Wait for somebody who works for the test: neither clock nor limit of the trial go on inside."""
        before, self.waiting_for = self.waiting_for, blame
        limits = [limit for limit in (self.watchdog, self.answer_limit) if limit is not None]
        for limit in limits:
            limit.pause()
        try:
            with self.clock.stop():
                yield
        finally:
            for limit in limits:
                limit.resume()
        self.waiting_for = before

    def name_awaited(self) -> str:
        """What the trial is waiting for, in words."""
        if self.waiting_for == "tool":
            answered = {step.id for step in self._steps if isinstance(step, ToolResult)}
            pending = [s.tool for s in self._steps if isinstance(s, ToolCall) and s.id not in answered]
            return f"the simulated tool '{pending[-1]}'" if pending else "the setup of the trial"
        return _NAMES.get(self.waiting_for, self.waiting_for)

    def explain_hang(self, timeout_s: float) -> TrialError:
        """The error of whoever let the trial wait for so long."""
        kinds = {error.blame: error for error in TrialError.__subclasses__()}
        return kinds[self.waiting_for](f"no answer within {timeout_s:g} s from {self.name_awaited()}")

    def hear(self, text: str) -> None:
        """Record a user turn."""
        self._heard = text
        self._steps.append(Message(role="user", text=text, at_s=self._now()))
        self._turn_begins = len(self._steps)

    def say(self, text: str) -> None:
        """Record an answer of the agent. Raises AgentError when it is far too long, or one step too many."""
        if len(text) > MAX_ANSWER:
            raise AgentError(f"an answer of {len(text):,} characters; more than {MAX_ANSWER:,} are not taken")
        self._count_step()
        self._steps.append(Message(role="assistant", text=text, at_s=self._now()))

    def record(self, step: ToolCall | ToolResult) -> None:
        """Take over a tool call, or its result, that the agent made by means of its own.

        Raises AgentError when this is one step too many.
        """
        if isinstance(step, ToolCall):
            self._count_step()
        self._steps.append(step.model_copy(update={"at_s": self._now()}))

    def weave(self, steps: Iterable[Step]) -> None:
        """Take over what the agent did by means of its own since the latest user turn, each step at its time.

        Raises AgentError when these are more steps than the trial may have; they are recorded all the same.
        """
        added = tuple(steps)
        self._steps[self._turn_begins :] = sorted((*self.turn, *added), key=lambda step: step.at_s)
        for step in added:
            if not isinstance(step, ToolResult):
                self._count_step()

    def count_usage(self, usage: Usage) -> None:
        """Add what one model call consumed."""
        self._usage = (self._usage or NOTHING_USED) + usage

    def record_model_call(self, request_id: str, model: str, usage: Usage) -> None:
        """Keep what the provider calls an answer."""
        call = ModelCall(
            request_id=request_id,
            model=model,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost_usd=usage.cost_usd,
            at_s=self._now(),
        )
        self._model_calls.append(call)

    def adopt(self, trajectory: Trajectory) -> None:
        """Take a finished trajectory, recorded elsewhere, as this trial's own."""
        self._recorded = trajectory

    def finish(self) -> Trajectory:
        """The trajectory. The trial is over then: a thread that is still at work can call no more tools."""
        self._over = True
        if self._recorded is not None:
            return self._recorded
        return Trajectory(
            steps=tuple(self._steps),
            usage=self._usage,
            latency_s=self._now(),
            clock=self.clock.kind,
            model_calls=tuple(self._model_calls),
        )

    def raise_trouble(self) -> None:
        """Raise the first TrialError of this trial, if there was one: an agent may have caught it."""
        if self._trouble is not None:
            raise self._trouble

    @property
    def shows_usage(self) -> bool:
        return self._usage is not None

    def _now(self) -> float:
        return round(self.clock.read(), 6)

    def _count_step(self) -> None:
        if self._over:
            raise AgentError("the trial is over")
        self._agent_steps += 1
        if self._agent_steps > self.limits.max_steps:
            self._fail(f"the limit of {self.limits.max_steps} steps was exceeded")

    def _fail(self, message: str) -> NoReturn:
        error = AgentError(message)
        self._trouble = self._trouble or error
        raise error


def _find_running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
