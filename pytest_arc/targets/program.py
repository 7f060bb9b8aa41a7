"""A program that is started for one trial: a line in, a line out, and no process left behind."""

from __future__ import annotations

import asyncio
import codecs
import os
import shutil
import sys
from asyncio.subprocess import PIPE, SubprocessStreamProtocol
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import NoReturn

from pytest_arc.errors import AgentError, InfrastructureError
from pytest_arc.targets.context import Clock
from pytest_arc.targets.groups import GROUP, end_group, forget_group, remember_group
from pytest_arc.targets.replies import quote_start

__all__ = [
    "MAX_LINE_BYTES",
    "Program",
    "explain_exit",
    "find_start_trouble",
    "limit_resources",
    "run_program",
]

MAX_LINE_BYTES = 10_000_000
"""A longer line is not read."""
FINISH_S = 2.0
"""How long a program may go on when its standard input is closed, and when it is told to end."""
LAST_WORDS = 2_000
"""Characters kept of the end of standard error, for messages."""

# Set by a small program in between: code between fork and exec may deadlock in a process with threads.
_LIMIT_AND_RUN = """\
import os, resource, sys
def limit(kind, most, grace):
    hard = resource.getrlimit(kind)[1]
    if most and (hard == resource.RLIM_INFINITY or most + grace <= hard):
        resource.setrlimit(kind, (most, most + grace))
limit(resource.RLIMIT_AS, int(sys.argv[1]), 0)
limit(resource.RLIMIT_CPU, int(sys.argv[2]), 1)
os.execv(sys.argv[3], sys.argv[3:])
"""

_SIGNALS: Mapping[int, str] = {
    2: "interrupted",
    4: "illegal instruction",
    6: "aborted",
    8: "arithmetic error",
    9: "killed, often out of memory",
    11: "crashed by a segmentation fault",
    13: "wrote to a closed pipe",
    15: "terminated",
    24: "its limit of processor time was used up",
}
"""Number of a signal -> what it says of a program that ended by it. The same on Linux and macOS."""

_CODES: Mapping[int, str] = {
    126: "a program could not be executed",
    127: "a program was not found",
    0xC0000005: "crashed by an access violation",
    0xC00000FD: "its stack overflowed",
    0xC000013A: "interrupted",
}
"""Exit code of a shell, or status of Windows -> what it says."""


def explain_exit(code: int) -> str:
    """`exit code 137: killed, often out of memory`, from what the system or a shell in between reports."""
    number = -code if code < 0 else code - 128
    told = _SIGNALS.get(number) if number > 0 else None
    shown = 128 - code if code < 0 else code
    meaning = told or _CODES.get(code) or ""
    return f"exit code {shown}{f': {meaning}' if meaning else ''}"


def find_start_trouble(command: Sequence[str]) -> str | None:
    """Why a program cannot be started, as far as can be told beforehand."""
    name = command[0]
    if shutil.which(name) is not None:
        return None
    if os.path.isfile(name):  # noqa: PTH113 - a Path would take the './' away
        here = not os.path.dirname(name)  # noqa: PTH120
        return f"'{name}' is not on PATH; write './{name}'" if here else f"'{name}' is not executable"
    return f"there is no program '{name}'{'' if os.path.dirname(name) else ' on PATH'}"  # noqa: PTH120


def limit_resources(command: Sequence[str], memory_mb: int | None, cpu_s: int | None) -> list[str]:
    """The command that runs `command` with at most so much address space and processor time (POSIX)."""
    program = shutil.which(command[0]) or command[0]
    if memory_mb is None and cpu_s is None:
        return [program, *command[1:]]
    limits = (str((memory_mb or 0) * 1_000_000), str(cpu_s or 0))
    return [sys.executable, "-I", "-S", "-c", _LIMIT_AND_RUN, *limits, program, *command[1:]]


@asynccontextmanager
async def run_program(
    command: Sequence[str], environ: Mapping[str, str], clock: Clock
) -> AsyncGenerator[Program]:
    """Start a program, and end it and all that it has started, however the block ends.

    Raises InfrastructureError when it cannot be started.
    """
    program = await Program.start(command, environ, clock)
    try:
        yield program
    finally:
        await program.end()


class Program:
    """A running program. What it prints on standard error is printed on ours, as output of the trial."""

    def __init__(
        self, transport: asyncio.SubprocessTransport, protocol: SubprocessStreamProtocol, clock: Clock
    ) -> None:
        self._process = asyncio.subprocess.Process(transport, protocol, asyncio.get_running_loop())
        self._transport = transport
        self._clock = clock
        self._last_words = ""
        self._errors = asyncio.create_task(self._pass_on_errors())
        remember_group(self._process.pid)

    @classmethod
    async def start(cls, command: Sequence[str], environ: Mapping[str, str], clock: Clock) -> Program:
        loop = asyncio.get_running_loop()
        try:
            transport, protocol = await loop.subprocess_exec(
                lambda: SubprocessStreamProtocol(MAX_LINE_BYTES, loop),
                *command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                env=environ,
                **GROUP,
            )
        except (OSError, ValueError) as error:
            raise InfrastructureError(f"'{command[0]}' cannot be started: {error}") from error
        return cls(transport, protocol, clock)

    async def ask(self, line: str) -> str:
        """Give it a line, and return the next one that it prints. Raises AgentError when there is none."""
        stdin = self._streams[0]
        # What it says before it stops reading still counts.
        with suppress(BrokenPipeError, ConnectionResetError):
            stdin.write(line.encode() + b"\n")
            await stdin.drain()
        return await self._read_line() or await self._explain_silence()

    async def finish(self) -> None:
        """Close its standard input, by which it knows that nothing more will be said, and let it end.

        Raises AgentError when it says more than it was asked, or ends with an error. The time that this
        takes is not the agent's latency.
        """
        self._streams[0].close()
        with self._clock.stop():
            try:
                async with asyncio.timeout(FINISH_S):
                    if line := await self._read_line():
                        more = quote_start(line)
                        raise AgentError(f"the agent printed more than one line for a turn: {more}")
                    code = await self._process.wait()
            except TimeoutError:
                note = f"(it went on for {FINISH_S:g} s after its standard input was closed, and was ended)\n"
                sys.stderr.write(note)
                return
            if code:
                said = await self._quote_errors()
                raise AgentError(f"the agent had answered, and ended with {explain_exit(code)}{said}")

    async def end(self) -> None:
        """End the program and all that it has started: asked at first, then killed."""
        try:
            if self._process.returncode is None:
                end_group(self._process.pid)
                await self._wait(FINISH_S)
        finally:
            end_group(self._process.pid, kill=True)
            forget_group(self._process.pid)
            self._errors.cancel()
            if self._process.returncode is None:
                await self._wait(FINISH_S)
            self._transport.close()

    @property
    def _streams(self) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        return stdin, stdout

    async def _read_line(self) -> str:
        """The next line that is not blank; empty at the end."""
        stdout = self._streams[1]
        try:
            while (line := await stdout.readline()) and not line.strip():
                pass
        except ValueError:
            raise AgentError(f"the agent printed a line of more than {MAX_LINE_BYTES / 1e6:g} MB") from None
        return line.decode("utf-8", "replace").strip()

    async def _explain_silence(self) -> NoReturn:
        await self._wait(FINISH_S)
        code = self._process.returncode
        if code is None:
            raise AgentError("the agent closed its standard output before it answered")
        how = f"before it answered, with {explain_exit(code)}" if code else "without an answer (exit code 0)"
        raise AgentError(f"the agent ended {how}{await self._quote_errors()}")

    async def _quote_errors(self) -> str:
        """The last line of standard error, once all of it is there."""
        await asyncio.wait([self._errors], timeout=FINISH_S)
        lines = self._last_words.strip().splitlines()
        return f"; last on standard error: {quote_start(lines[-1])}" if lines else ""

    async def _wait(self, timeout_s: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), timeout_s)

    async def _pass_on_errors(self) -> None:
        stderr = self._process.stderr
        assert stderr is not None
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while chunk := await stderr.read(65_536):
            text = decoder.decode(chunk)
            self._last_words = (self._last_words + text)[-LAST_WORDS:]
            sys.stderr.write(text)
