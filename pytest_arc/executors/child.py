"""A child process that makes trials: `python -m pytest_arc.executors.child`.

Specs come on standard input and answers go to standard output (`frames`). At the end of its input it ends,
with all that it has started: so it does too when the parent is killed.

Both pipes are taken away before any code of the user runs. What that code reads from its standard input ends
at once, and what it writes to its standard output, be it in C or from a program it starts, goes to standard
error, which the parent keeps.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from pytest_arc.domain.plan import TrialSpec
from pytest_arc.errors import TrialError
from pytest_arc.executors.frames import BEAT_S, FRAME, LIFE
from pytest_arc.executors.local import LocalExecutor
from pytest_arc.executors.wire import Envelope, Job, dump_envelope, load_spec
from pytest_arc.executors.worker import answer_spec, prepare_spec
from pytest_arc.targets.groups import end_group

__all__ = ["Channel", "serve"]

FINISH_S = 1.0
"""How long trials may take to end when the input has ended."""
MANY = 10_000
"""More trials at once than any parent sends."""


@dataclass(frozen=True, slots=True)
class Request:
    """One trial to be made."""

    number: int
    text: str

    def limit_time(self) -> float:
        """How long it may take, with all its attempts."""
        spec, job = self._read()
        return spec.case.longest_s * job.settings.attempts if spec and job else float("inf")

    def limit_attempt(self) -> float:
        """The longest that its agent may take."""
        spec, _ = self._read()
        return spec.case.limits.timeout_s if spec else 0.0

    def _read(self) -> tuple[TrialSpec, Job] | tuple[None, None]:
        try:
            return load_spec(self.text)
        except Exception:  # of modules of the user's, too; its answer will say what is wrong
            return None, None


class Channel:
    """What is heard from the parent, and told to it."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self._requests = requests
        self._answers = answers
        self._lock = threading.Lock()
        self._pid = os.getpid()

    @classmethod
    def take(cls) -> Channel:
        """Take standard input and output for it, and leave others in their place."""
        requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(2, 1)
        os.close(null)
        return cls(requests, answers)

    def read(self) -> Request | None:
        """The next trial; None at the end, which may come in the middle of one."""
        head = self._requests.read(FRAME.size)
        if len(head) < FRAME.size:
            return None
        number, length = FRAME.unpack(head)
        data = self._requests.read(length)
        return Request(number, data.decode("ascii")) if len(data) == length else None

    def write(self, number: int, text: str = "") -> None:
        data = text.encode("ascii")
        if os.getpid() != self._pid:
            # An agent has forked, and the copy of this process has come to its end.
            os.kill(os.getpid(), 9)
        with self._lock, suppress(OSError):  # the parent has gone; the end of the input follows
            view = memoryview(FRAME.pack(number, len(data)) + data)
            while view:
                view = view[self._answers.write(view) :]


def serve(channel: Channel) -> None:
    """Make the trials that come until the input ends."""
    executor = LocalExecutor[Request, str](
        lambda request: answer_spec(request.text),
        lambda request, answer: channel.write(request.number, explain(answer)),
        MANY,
        longest_s=Request.limit_time,
    )
    executor.start()
    watch = Watch(channel, executor)
    while (request := channel.read()) is not None:
        watch.longest_s = max(watch.longest_s, request.limit_attempt())
        prepare_spec(request.text)
        executor.add([request])
    watch.is_over = True
    threading.Thread(target=_end_late, daemon=True).start()
    executor.grace_s = FINISH_S
    executor.cancel()


def explain(answer: str | BaseException) -> str:
    """An answer as it is; what kept a trial from having one, as one that says so."""
    if isinstance(answer, str):
        return answer
    blame = answer.blame if isinstance(answer, TrialError) else "infrastructure"
    return dump_envelope(Envelope(error=str(answer) or type(answer).__name__, blame=blame))


class Watch:
    """Shows the parent that this process is alive, and gives up when its trials cannot go on."""

    def __init__(self, channel: Channel, executor: LocalExecutor[Request, str]) -> None:
        self.longest_s = 0.0
        """The longest limit of a trial so far."""
        self.is_over = False
        self._channel = channel
        self._executor = executor
        threading.Thread(target=self._look, name="pytest-arc watch", daemon=True).start()

    def _look(self) -> None:
        while not self.is_over:
            self._channel.write(LIFE, self._executor.find_trouble(self.longest_s))
            time.sleep(BEAT_S)


def _end_late() -> None:
    """End although threads of the user's go on."""
    time.sleep(2 * FINISH_S)
    _end_all()


def _end_all() -> None:
    """End this process and all that it has started."""
    if sys.platform == "win32" or os.getpgrp() == os.getpid():
        end_group(os.getpid(), kill=True)


if __name__ == "__main__":
    serve(Channel.take())
    # What is registered runs, threads of the user's are not waited for, and nothing is left. No public name
    # does only the first.
    atexit._run_exitfuncs()  # pyright: ignore[reportPrivateUsage]
    _end_all()
