"""`kind: python`: the user's own function.

    behavior: {kind: python, function: "my_fakes.crm:find_customer"}

    def find_customer(name: str, state: dict) -> dict: ...

It is called with the agent's arguments as keywords. A parameter `state` receives a dict that lives as long
as the trial and is `state` in `state` checks. It returns a text or any JSON value. For an error the agent
shall see it raises `pytest_arc.world.behavior.ToolFailure`; any other exception is trouble of the tool's,
not the agent's.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import re
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

from pydantic import field_validator

from pytest_arc.errors import ToolSimulatorError
from pytest_arc.providers.breaker import CircuitOpen
from pytest_arc.providers.services import current_services
from pytest_arc.registry import import_object
from pytest_arc.scope import wait_aside
from pytest_arc.world.behavior import Behavior, ToolFailure
from pytest_arc.world.state import WorldState

__all__ = ["PythonBehavior", "check_importable"]

_ENTRY_POINT = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


class PythonBehavior(Behavior):
    """Calls a function of the user: an async one in the event loop, any other in a thread."""

    kind: ClassVar[str] = "python"

    function: str
    """`package.module:name`."""

    @field_validator("function")
    @classmethod
    def _is_entry_point(cls, function: str) -> str:
        if not _ENTRY_POINT.fullmatch(function):
            raise ValueError(f"'{function}' is not of the form package.module:function")
        return function

    def verify(self) -> str | None:
        return check_importable(self.function)

    async def run(self, arguments: Mapping[str, Any], state: WorldState) -> Any:
        trouble = check_importable(self.function)
        if trouble:
            raise ToolSimulatorError(trouble)
        function = cast("Callable[..., Any]", import_object(self.function))
        keywords = self._bind(function, arguments, state)
        try:
            return await _call_guarded(self.function, function, keywords)
        except ToolFailure:
            raise
        except CircuitOpen as refusal:
            raise ToolSimulatorError(str(refusal)) from refusal
        except (Exception, SystemExit) as error:
            raise ToolSimulatorError(f"{self.function} raised {type(error).__name__}: {error}") from error

    def _bind(
        self, function: Callable[..., Any], arguments: Mapping[str, Any], state: WorldState
    ) -> dict[str, Any]:
        try:
            signature = inspect.signature(function)
        except ValueError:
            # Some functions written in C do not say what they accept.
            return dict(arguments)
        own = {"state": state.memory} if "state" in signature.parameters else {}
        try:
            if own.keys() & arguments.keys():
                raise TypeError("'state' belongs to the trial; give the tool's argument another name")
            signature.bind(**arguments, **own)
        except TypeError as error:
            given = ", ".join(arguments) or "none"
            raise ToolSimulatorError(
                f"{self.function}{signature} cannot be called with the arguments the tool's schema allows "
                f"(given: {given}): {error}"
            ) from error
        return {**arguments, **own}


def check_importable(path: str) -> str | None:
    """What keeps `package.module:name` from being called, in one sentence; None when nothing does."""
    module, _, name = path.partition(":")
    try:
        found = import_object(path)
    except AttributeError as error:
        return f"cannot import '{path}': {error}"
    except (Exception, SystemExit) as error:
        # Importing runs the user's code, which may raise anything.
        return f"cannot import '{module}': {type(error).__name__}: {error}"
    return None if callable(found) else f"'{name}' in '{module}' is {type(found).__name__}, not a function"


async def _call_guarded(path: str, function: Callable[..., Any], keywords: Mapping[str, Any]) -> Any:
    """Leave a function alone for a while that reaches for something outside and does not find it.

    Other trouble comes with the arguments, and says nothing about the next call. Raises CircuitOpen.
    """
    calling = current_services().calling
    if calling is None:
        return await _call(function, keywords)
    breaker = calling.find_breaker(path)
    while True:
        try:
            async with breaker.watch(_is_outage):
                return await _call(function, keywords)
        except CircuitOpen as refusal:
            if not refusal.is_transient:
                raise
            with wait_aside():
                await asyncio.sleep(refusal.retry_after_s or 0.0)


def _is_outage(error: BaseException) -> bool:
    found: BaseException | None = None if isinstance(error, ToolFailure) else error
    while found is not None:
        if isinstance(found, (ConnectionError, TimeoutError, socket.gaierror)):
            return True
        found = found.__cause__ or found.__context__
    return False


async def _call(function: Callable[..., Any], keywords: Mapping[str, Any]) -> Any:
    call_itself = getattr(function, "__call__", None)  # noqa: B004  an object with an async __call__
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call_itself):
        return await function(**keywords)
    answer = await _run_in_thread(lambda: function(**keywords))
    return await answer if inspect.isawaitable(answer) else answer


async def _run_in_thread(work: Callable[[], Any]) -> Any:
    """Call `work` in a thread of its own.

    Not in a pool: agents may be waiting in all of its threads for the very tool that needs one. The thread
    is a daemon, so that a function that hangs keeps no process alive.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()
    context = contextvars.copy_context()

    def deliver(outcome: tuple[Any, BaseException | None]) -> None:
        if not future.done():
            future.set_result(outcome)

    def live() -> None:
        try:
            outcome: tuple[Any, BaseException | None] = (context.run(work), None)
        except BaseException as error:
            outcome = (None, error)
        # The trial may have been given up, and its loop closed, in the meantime.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(deliver, outcome)

    threading.Thread(target=live, name="pytest-arc tool", daemon=True).start()
    answer, error = await future
    if error is not None:
        raise error
    return answer
