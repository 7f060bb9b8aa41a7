"""One trial's tools: arguments are validated, the tool runs, and trouble is put in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_arc.domain.profile import Tool
from pytest_arc.domain.scenario import Fault, WorldSpec
from pytest_arc.errors import ToolSimulatorError
from pytest_arc.fingerprint import Stream, canonicalize, stream
from pytest_arc.registry import find_near_miss
from pytest_arc.world.arguments import check_schema, find_violation
from pytest_arc.world.behavior import Behavior, ToolFailure, encode_error, encode_result
from pytest_arc.world.conditions import Conditions
from pytest_arc.world.faults import ToolInvocation, apply_fault, choose_fault, get_delay_s, replace_call
from pytest_arc.world.state import WorldState

__all__ = ["ToolReply", "World", "verify_tool"]


@dataclass(frozen=True, slots=True)
class ToolReply:
    """What the agent sees of one call."""

    content: str
    """JSON, unless a tool of the user's answers with text."""
    is_error: bool = False
    fault: str | None = None
    """The kind of trouble that was put in, if any was."""
    latency_s: float = 0.0
    """How long the tool took in simulation. Nothing was slept: the caller adds it to the trial's clock."""


class World:
    """The simulated tools of one trial and what they work on.

    `profile_tools` are those the agent has; `seed` is the trial's. A world is cheap to make: nothing is
    read or opened before a tool needs it.
    """

    def __init__(
        self, profile_tools: tuple[Tool, ...], spec: WorldSpec, faults: tuple[Fault, ...], seed: int
    ) -> None:
        self._tools = profile_tools
        self._faults = faults
        self._seed = seed
        self._state = WorldState(spec)
        self._calls: defaultdict[str, int] = defaultdict(int)
        self._repetitions: defaultdict[tuple[str, str], int] = defaultdict(int)

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> ToolReply:
        """Answer one call of the agent. What goes wrong for the agent is a reply with `is_error`.

        Raises ToolSimulatorError when the simulation itself is broken.
        """
        found = next((candidate for candidate in self._tools if candidate.name == tool), None)
        if found is None:
            return _reply_error(self._say_unknown(tool))
        try:
            call = self._count(tool, arguments)
        except (TypeError, ValueError, RecursionError) as error:  # of the agent's: the tool answers it
            return _reply_error(f"the arguments are not JSON: {error}")
        conditions = found.behavior.resolved_conditions if isinstance(found.behavior, Behavior) else None
        fault = choose_fault(self._faults, call, self._seed)
        if fault is None and conditions is not None:
            fault = conditions.draw_fault(tool, self._stream("trouble", call))
        if fault is not None:
            message = replace_call(fault)
            if message is not None:
                latency_s = get_delay_s(fault) or self._draw_latency_s(conditions, call)
                return _reply_error(message, fault.kind, latency_s)
        return await self._answer(found, arguments, fault, self._draw_latency_s(conditions, call))

    def state(self) -> dict[str, Any]:
        """What `state` checks look at: `tables`, `files`, `rates`, `calls` (per tool) and `state`.

        `state` is what the user's functions kept. Raises ToolSimulatorError when a table cannot be read.
        """
        state = self._state.describe()
        state["calls"] = {tool.name: self._calls[tool.name] for tool in self._tools}
        return state

    def close(self) -> None:
        """Free what the trial held. The state can no longer be asked for."""
        self._state.close()

    def _count(self, tool: str, arguments: Mapping[str, Any]) -> ToolInvocation:
        self._calls[tool] += 1
        canonical = canonicalize(arguments)
        self._repetitions[tool, canonical] += 1
        return ToolInvocation(tool, self._calls[tool], canonical, self._repetitions[tool, canonical])

    async def _answer(
        self, tool: Tool, arguments: Mapping[str, Any], fault: Fault | None, latency_s: float
    ) -> ToolReply:
        """Run the tool, and change its answer where `fault` says so."""
        violation = find_violation(tool.parameters, arguments)
        if violation is not None:
            return _reply_error(violation, latency_s=latency_s)
        try:
            answer = await self._run(tool, arguments)
        except ToolFailure as failure:  # what a tool refuses is an answer, too
            return _reply_error(failure.answer, latency_s=latency_s)
        content = _encode(tool.name, answer)
        changed = None if fault is None else apply_fault(fault, answer)
        if fault is None or changed is None:
            return ToolReply(content, latency_s=latency_s)
        return ToolReply(_mend_text(changed), fault=fault.kind, latency_s=latency_s + get_delay_s(fault))

    async def _run(self, tool: Tool, arguments: Mapping[str, Any]) -> Any:
        behavior = tool.behavior
        if behavior is None:
            raise ToolFailure(f"the tool '{tool.name}' is not simulated: it has no behavior here")
        if not isinstance(behavior, Behavior):
            raise ToolSimulatorError(
                f"tool '{tool.name}': {type(behavior).__name__} is not a pytest_arc.world.behavior.Behavior"
            )
        try:
            return await behavior.run(arguments, self._state)
        except (ToolFailure, ToolSimulatorError):
            raise
        except Exception as error:
            raise ToolSimulatorError(f"tool '{tool.name}' broke: {type(error).__name__}: {error}") from error

    def _draw_latency_s(self, conditions: Conditions | None, call: ToolInvocation) -> float:
        return 0.0 if conditions is None else conditions.latency.draw_s(self._stream("latency", call))

    def _stream(self, purpose: str, call: ToolInvocation) -> Stream:
        return stream(self._seed, purpose, call.tool, call.arguments, call.repetition)

    def _say_unknown(self, name: str) -> str:
        names = [tool.name for tool in self._tools]
        there = f"there are: {', '.join(names)}" if names else "there are none"
        near = find_near_miss(name, names)
        return f"there is no tool '{name}'; {there}" + (f"; did you mean '{near}'?" if near else "")


def verify_tool(tool: Tool) -> str | None:
    """What makes this tool unusable here, found before any trial; None when nothing does."""
    trouble = check_schema(tool.parameters)
    if trouble:
        return f"the parameters of tool '{tool.name}' are no JSON schema: {trouble}"
    if tool.behavior is None:
        return None
    if not isinstance(tool.behavior, Behavior):
        return f"tool '{tool.name}': {type(tool.behavior).__name__} cannot be run"
    trouble = tool.behavior.verify()
    return f"tool '{tool.name}': {trouble}" if trouble else None


def _reply_error(answer: Any, fault: str | None = None, latency_s: float = 0.0) -> ToolReply:
    return ToolReply(_mend_text(encode_error(answer)), True, fault, latency_s)


def _encode(tool: str, answer: Any) -> str:
    try:
        return _mend_text(encode_result(answer))
    except (TypeError, ValueError, RecursionError) as error:
        raise ToolSimulatorError(
            f"tool '{tool}' answered with something that is not JSON: {error}"
        ) from error


def _mend_text(text: str) -> str:
    """Replace half a surrogate pair, which no file and no network takes."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return text
