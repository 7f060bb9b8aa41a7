"""An agent that does what its user says, wherever its trials are made."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from pathlib import Path

SEEN: ContextVar[str] = ContextVar("SEEN", default="nothing")


async def obey(context):  # type: ignore[no-untyped-def]  # as users write it
    word, _, rest = context.user.partition(" ")
    return await DEEDS[word](rest)


async def say(text: str) -> str:
    return text


async def show(text: str) -> str:
    print(text)
    print(text, file=sys.stderr)
    return text


async def write_past_python(text: str) -> str:
    """What C code and programs do that know nothing of `sys.stdout`."""
    os.write(1, f"{text}\n".encode())
    return text


async def wait_for(path: str) -> str:
    """Answer when there is such a file."""
    while not Path(path).exists():
        await asyncio.sleep(0.01)
    return "it is there"


async def sleep(seconds: str) -> str:
    await asyncio.sleep(float(seconds))
    return seconds


async def hang(path: str) -> str:
    """Say which process hangs, and go on for ever, with a program of its own."""
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    program = os.posix_spawn(sys.executable, command, os.environ)
    with Path(path).open("a") as file:
        file.write(f"{os.getpid()} {program}\n")
    await asyncio.sleep(600)
    return "never"


async def block(text: str) -> str:
    time.sleep(600)
    return text


async def swallow(text: str) -> str:
    while True:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            continue


async def fail(text: str) -> str:
    raise LookupError(text)


async def leave(text: str) -> str:
    sys.exit(3)


async def die(path: str) -> str:
    """Kill the process, as the system does when memory is short; once, where `path` is given."""
    if not path or not Path(path).exists():
        if path:
            Path(path).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


async def abort(text: str) -> str:
    print("about to abort")
    os.abort()


async def remember(text: str) -> str:
    before = SEEN.get()
    SEEN.set(text)
    await asyncio.sleep(0.01)
    return f"{before}, {SEEN.get()}"


async def tell_process(text: str) -> str:
    return f"process {os.getpid()}"


async def leak(name: str) -> str:
    raise ValueError(f"refused: {os.environ[name]}")


async def read_input(text: str) -> str:
    return f"read {sys.stdin.read()!r}"


async def fork(text: str) -> str:
    """The copy goes on, and answers too."""
    return "copy" if os.fork() == 0 else "original"


DEEDS: dict[str, Callable[[str], Awaitable[str]]] = {
    "say": say,
    "show": show,
    "write": write_past_python,
    "wait_for": wait_for,
    "sleep": sleep,
    "hang": hang,
    "block": block,
    "swallow": swallow,
    "fail": fail,
    "leave": leave,
    "die": die,
    "abort": abort,
    "remember": remember,
    "process": tell_process,
    "leak": leak,
    "read": read_input,
    "fork": fork,
}
