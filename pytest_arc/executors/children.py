"""Child processes that make trials, seen from the parent. `child.py` is the other end.

What becomes of a trial whose child ends without an answer:

    a shared one                 made again, alone in a fresh child, if its attempts allow that; else
                                 errored, blame infrastructure
    its own, killed from outside the same
    its own, otherwise           failed: nothing else ran in it
"""

from __future__ import annotations

import asyncio
import codecs
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import cached_property

from pytest_arc.domain.plan import TrialSpec
from pytest_arc.domain.result import TrialResult
from pytest_arc.errors import AgentError, InfrastructureError
from pytest_arc.executors.body import limit_attempts
from pytest_arc.executors.executor import Stage
from pytest_arc.executors.frames import BEAT_S, FRAME, LIFE
from pytest_arc.executors.lost import explain_lost
from pytest_arc.executors.output import TrialOutput
from pytest_arc.executors.wire import SpecWriter
from pytest_arc.targets.groups import GROUP, end_group, forget_group, remember_group
from pytest_arc.targets.program import LAST_WORDS, explain_exit
from pytest_arc.targets.replies import quote_start

__all__ = ["ChildDied", "Children"]

FINISH_S = 3.0
"""How long a child may take to end when nothing more is asked of it."""
SILENCE_S = 30.0
"""A child without a sign of life for so long is stuck in code that lets no other thread work."""
OUTSIDE = frozenset({-signal.SIGTERM, -9, -signal.SIGINT})
"""Ways to end that come from outside: someone, or the system when memory is short."""


class ChildDied(InfrastructureError):
    """A child ended, or was given up, before it answered."""

    def __init__(self, message: str, is_outside: bool, others: int) -> None:
        super().__init__(message)
        self.is_outside = is_outside
        """Not by what ran in it."""
        self.others = others
        """Trials in it besides this one."""


class Child:
    """One process. It starts with the first trial that it is given."""

    def __init__(self, environ: Mapping[str, str], keep: Callable[[str], None]) -> None:
        """`keep` is told what the process writes, by what means ever, besides its answers."""
        self._environ = environ
        self._keep = keep
        self._answers: dict[int, asyncio.Future[str]] = {}
        self._count = 0
        self._process: Process | None = None
        self._opening: asyncio.Task[Process] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._last_words = ""
        self._heard = 0.0
        self._given_up = ""
        self.is_dead = False

    @property
    def trials(self) -> int:
        """How many are under way in it."""
        return len(self._answers)

    async def ask(self, text: str) -> str:
        """The answer to a spec. Raises ChildDied, and InfrastructureError when no process can be started."""
        self._count += 1
        number = self._count
        # Before anything is awaited: others are to see that there is one more.
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        try:
            self._opening = self._opening or asyncio.create_task(self._start())
            process = await asyncio.shield(self._opening)
            assert process.stdin is not None
            data = text.encode("ascii")
            with suppress(BrokenPipeError, ConnectionResetError):  # the end of its answers tells
                process.stdin.write(FRAME.pack(number, len(data)) + data)
                await process.stdin.drain()
            return await answer
        finally:
            self._answers.pop(number, None)

    async def close(self) -> None:
        """Let it end, and end what it has started."""
        if self._opening is None:
            return
        with suppress(InfrastructureError):  # it never began: there is nothing to end
            process = await self._opening
            self.is_dead = True
            try:
                if process.stdin is not None:
                    process.stdin.close()
                with suppress(TimeoutError):  # it does not end by itself: it is killed
                    await asyncio.wait_for(process.wait(), FINISH_S)
            finally:
                end_group(process.pid, kill=True)
                forget_group(process.pid)
            *readers, watch = self._tasks
            watch.cancel()
            await asyncio.wait(readers, timeout=FINISH_S)

    async def _start(self) -> Process:
        command = (sys.executable, "-u", "-m", "pytest_arc.executors.child")
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=self._environ, **GROUP
            )
        except OSError as error:
            self.is_dead = True
            raise InfrastructureError(f"no process could be started for trials: {error}") from error
        remember_group(process.pid)
        self._heard = time.monotonic()
        self._process = process
        self._tasks = [
            asyncio.create_task(work(process)) for work in (self._read_answers, self._read_rest, self._watch)
        ]
        return process

    async def _read_answers(self, process: Process) -> None:
        assert process.stdout is not None
        with suppress(asyncio.IncompleteReadError):  # it has ended, and the trials in it hear of that
            while True:
                number, length = FRAME.unpack(await process.stdout.readexactly(FRAME.size))
                text = (await process.stdout.readexactly(length)).decode("ascii")
                self._heard = time.monotonic()
                if number != LIFE:
                    answer = self._answers.get(number)
                    if answer is not None and not answer.done():
                        answer.set_result(text)
                elif text:
                    self._give_up(process, text)
        await self._bury(process)

    def _give_up(self, process: Process, why: str) -> None:
        self._given_up = why
        end_group(process.pid, kill=True)

    async def _bury(self, process: Process) -> None:
        """Tell all who wait that nothing more will come."""
        self.is_dead = True
        code = await process.wait()
        end_group(process.pid, kill=True)
        forget_group(process.pid)
        rest = self._tasks[1]
        await asyncio.wait([rest], timeout=FINISH_S)
        waiting = [answer for answer in self._answers.values() if not answer.done()]
        for answer in waiting:
            answer.set_exception(self._explain(code, len(waiting) - 1))

    def _explain(self, code: int, others: int) -> ChildDied:
        with_others = f", with {others} other trial{'s' * (others > 1)} in it" if others else ""
        if self._given_up:
            return ChildDied(f"{self._given_up}{with_others}", False, others)
        lines = self._last_words.strip().splitlines()
        said = f"; last on standard error: {quote_start(lines[-1])}" if lines else ""
        message = f"the process of the trial ended with {explain_exit(code)}{with_others}{said}"
        return ChildDied(message, code in OUTSIDE, others)

    async def _read_rest(self, process: Process) -> None:
        assert process.stderr is not None
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while chunk := await process.stderr.read(65_536):
            text = decoder.decode(chunk)
            self._last_words = (self._last_words + text)[-LAST_WORDS:]
            self._keep(text)

    async def _watch(self, process: Process) -> None:
        while process.returncode is None:
            await asyncio.sleep(BEAT_S)
            silent_s = time.monotonic() - self._heard
            if self._answers and silent_s > SILENCE_S:
                why = (
                    f"the agent let no other thread work for {silent_s:.0f} s: it is stuck outside of Python"
                )
                self._give_up(process, why)


class Children:
    """The processes of one run: some that are shared by trials, and fresh ones for single trials."""

    def __init__(self, stage: Stage, workers: int = 0) -> None:
        """At most so many `workers` are shared."""
        self._stage = stage
        self._workers = workers
        self._job = replace(stage.job, share=max(1, workers))
        self._shared: list[Child] = []
        self._alone = 0

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """No process is left behind."""
        try:
            yield
        finally:
            await asyncio.gather(*(child.close() for child in self._shared))

    @property
    def count(self) -> int:
        """How many processes there are."""
        return len([child for child in self._shared if not child.is_dead]) + self._alone

    @cached_property
    def _environ(self) -> dict[str, str]:
        url = self._job.settings.redis_url
        return {**os.environ, **({"ARC_REDIS_URL": url} if url else {})}

    @cached_property
    def _writer(self) -> SpecWriter:
        return SpecWriter(self._job)

    @cached_property
    def _lone_writer(self) -> SpecWriter:
        """What is printed is kept here then: a child that dies takes nothing with it."""
        return SpecWriter(replace(self._job, route_output=False))

    async def make(self, spec: TrialSpec) -> TrialResult:
        """Make a trial in a process that it shares with others."""
        child = self._choose()
        try:
            result, _ = self._stage.read_answer(await child.ask(self._writer.dump(spec)))
            return result
        except ChildDied as death:
            return await self._make_again(spec, death)

    async def make_alone(self, spec: TrialSpec) -> TrialResult:
        """Make a trial in a fresh process, which nothing but this trial ever sees."""
        output = TrialOutput()
        keep = output.write if self._stage.body.route_output else _pass_on
        child = Child(self._environ, keep)
        self._alone += 1
        try:
            answer = await child.ask(self._lone_writer.dump(spec))
        except ChildDied as death:
            if death.is_outside:
                return await self._make_again(spec, death)
            result = replace(explain_lost(spec, AgentError(str(death))), attempts=spec.attempt)
        else:
            result, _ = self._stage.read_answer(answer)
        finally:
            await asyncio.shield(child.close())
            self._alone -= 1
        printed = output.read()
        return replace(result, output=printed) if printed else result

    async def _make_again(self, spec: TrialSpec, death: ChildDied) -> TrialResult:
        if spec.attempt >= limit_attempts(spec, self._stage.body.attempts):
            raise death
        return await self.make_alone(replace(spec, attempt=spec.attempt + 1))

    def _choose(self) -> Child:
        """The one with the fewest trials; a new one, as long as there may be more."""
        self._shared = [child for child in self._shared if not child.is_dead]
        least = min(self._shared, key=lambda child: child.trials, default=None)
        if least is None or (least.trials and len(self._shared) < self._workers):
            least = Child(self._environ, _pass_on)
            self._shared.append(least)
        return least


def _pass_on(text: str) -> None:
    """What nobody can say which trial has written it."""
    sys.stdout.write(text)
