"""Agents that are programs: one process for each trial, JSON lines on standard input and output.

    target:
      command: [node, agent.js, --quiet]

For each user turn the program is given one line, an object with what `replies.describe_turn` tells, and
prints one line, an object with its `answer` and, if it likes, `tool_calls` and `usage`. When nothing more
will be said its standard input is closed, and it ends.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex
from typing import Any, ClassVar, cast

from pydantic import Field

from pytest_arc.domain.score import Observation
from pytest_arc.errors import AgentError
from pytest_arc.providers.cassettes.proxy import redirect_providers
from pytest_arc.targets import AgentContext, Target, UserTurns, converse
from pytest_arc.targets.program import Program, find_start_trouble, limit_resources, run_program
from pytest_arc.targets.replies import describe_turn, find_trace_id, list_keys, quote_start, read_reply
from pytest_arc.targets.turns import take_turn

__all__ = ["CommandTarget"]


class CommandTarget(Target):
    """A program started for each trial: user turns on its standard input, answers on its output."""

    kind: ClassVar[str] = "command"
    uses_world: ClassVar[bool] = False
    default_concurrency: ClassVar[int] = 8

    command: tuple[str, ...] = Field(min_length=1)
    """The program and its arguments; no shell. It runs in the current folder."""
    env: dict[str, str] = Field(default_factory=dict)
    """Environment variables, besides those of this process."""
    reports_tool_calls: bool = False
    """Each line tells the tool calls of its turn, so that checks can see them; one without is a failure."""
    reports_usage: bool = False
    """The same for tokens and cost."""
    memory_mb: int | None = Field(default=None, ge=1)
    """The most address space of each of its processes, in units of 10**6 bytes; POSIX only."""
    cpu_s: int | None = Field(default=None, ge=1)
    """The most processor time of each of its processes; POSIX only."""

    @property
    def observes(self) -> frozenset[Observation]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What is not promised is not shown."""
        shown: set[Observation] = {"answer", "latency"}
        shown |= {"tool_calls"} if self.reports_tool_calls else set[Observation]()
        shown |= {"usage"} if self.reports_usage else set[Observation]()
        return frozenset(shown)

    def describe(self) -> str:
        return f"command {' '.join(self.command[:2])}"

    def identify(self) -> dict[str, Any]:
        """With the content of the files that it names, and without the values of variables: a key that was
        renewed makes no other agent."""
        files = [Path(word) for word in self.command if Path(word).is_file()]
        hashes = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
        return {**self.model_dump(mode="json"), "env": sorted(self.env), "files": hashes}

    def advise(self, observation: Observation) -> str:
        if observation not in ("tool_calls", "usage"):
            return super().advise(observation)
        return f"'reports_{observation}: true' promises that the program tells"

    def verify(self) -> str | None:
        if sys.platform == "win32" and (self.memory_mb or self.cpu_s):
            return "'memory_mb' and 'cpu_s' need POSIX; on Windows, leave them out"
        return find_start_trouble(self.command)

    async def run(self, context: AgentContext, user: UserTurns) -> None:
        session_id = find_trace_id()
        command = limit_resources(self.command, self.memory_mb, self.cpu_s)
        with redirect_providers() as recording:
            environ = {**_PYTHON, **os.environ, **recording, **_name_trace(session_id), **self.env}
            async with run_program(command, environ, context.clock) as program:
                conversation = _Conversation(self, context, program, session_id)
                await converse(context, user, conversation.answer)
                await program.finish()


# So that programs in Python send their lines at once, and as UTF-8.
_PYTHON: Mapping[str, str] = {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}


def _name_trace(trace_id: str) -> dict[str, str]:
    """The trace that the trial is, for spans of the program: W3C Trace Context in an environment variable."""
    return {"TRACEPARENT": f"00-{trace_id}-{token_hex(8)}-01"}


class _Conversation:
    """One trial."""

    def __init__(
        self, target: CommandTarget, context: AgentContext, program: Program, session_id: str
    ) -> None:
        self._target = target
        self._context = context
        self._program = program
        self._session_id = session_id
        self._turns = 0

    async def answer(self) -> str:
        """Hand over the latest user turn, and take over what the program did and said."""
        self._turns += 1
        line = await self._program.ask(json.dumps(describe_turn(self._context, self._session_id)))
        told = self._read(line)
        reply = read_reply(told["answer"], told.get("tool_calls"), told.get("usage"), self._turns)
        return take_turn(reply, self._context)

    def _read(self, line: str) -> Mapping[str, Any]:
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            told = None
        # No text either, as an answer: a stray line of a library would be taken for one, and answers would
        # come a turn late from then on.
        if not isinstance(told, dict):
            raise AgentError(f"the agent printed a line that is no JSON object: {quote_start(line)}")
        answer = cast("dict[str, Any]", told)
        promised = {"tool_calls": self._target.reports_tool_calls, "usage": self._target.reports_usage}
        for key in ("answer", *(name for name, is_promised in promised.items() if is_promised)):
            if answer.get(key) is None:
                because = f", although 'reports_{key}' is set" if key in promised else ""
                raise AgentError(f"the agent's line has no '{key}'{because}; {list_keys(answer)}")
        return answer
