"""The user's own fakes, set up before a trial and torn down after it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    nullcontext,
    suppress,
)
from typing import Any, NoReturn, cast

from pytest_arc.errors import ToolSimulatorError
from pytest_arc.registry import import_object
from pytest_arc.targets.context import AgentContext
from pytest_arc.targets.failures import describe_exception
from pytest_arc.targets.functions import read_signature

__all__ = ["set_up"]


def set_up(path: str | None, context: AgentContext) -> AbstractAsyncContextManager[None]:
    """Enter the context manager that `package.module:name` makes, and leave it however the trial ends.

    It is not told what the trial raised, so that it cannot swallow it, and a generator needs no `finally`.
    A plain one runs in the event loop, where the agent sees the context variables it sets: it must not
    wait. While it works, a hang is blamed on the tools; what it raises becomes a ToolSimulatorError, unless
    the trial has come to grief already.
    """
    return nullcontext() if path is None else _enter(path, context)


@asynccontextmanager
async def _enter(path: str, context: AgentContext) -> AsyncGenerator[None]:
    manager = _make_manager(path, context)
    await _do(path, manager.__aenter__(), context)
    try:
        yield
    except BaseException:
        # The first trouble is the one to report: what comes after it is mostly its consequence.
        with suppress(Exception):
            await manager.__aexit__(None, None, None)
        raise
    await _do(path, manager.__aexit__(None, None, None), context)


def _make_manager(path: str, context: AgentContext) -> AbstractAsyncContextManager[Any, Any]:
    try:
        make = import_object(path)
        made = read_signature(make, takes_text=False).call(make, context)
    except Exception as error:
        _blame(path, error)
    if isinstance(made, AbstractAsyncContextManager):
        return cast("AbstractAsyncContextManager[Any, Any]", made)
    if isinstance(made, AbstractContextManager):
        return _make_async(cast("AbstractContextManager[Any, Any]", made))
    raise ToolSimulatorError(f"setup {path} made an object of type {type(made).__name__}, no context manager")


@asynccontextmanager
async def _make_async(manager: AbstractContextManager[Any, Any]) -> AsyncGenerator[None]:
    with manager:
        yield


async def _do(path: str, action: Awaitable[Any], context: AgentContext) -> None:
    before, context.waiting_for = context.waiting_for, "tool"
    try:
        await action
    except Exception as error:
        _blame(path, error)
    context.waiting_for = before


def _blame(path: str, error: Exception) -> NoReturn:
    raise ToolSimulatorError(f"setup {path} {describe_exception(error)}") from error
