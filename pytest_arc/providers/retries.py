"""Another try where it may help: after limits, overload, and trouble of network or server."""

from __future__ import annotations

import asyncio
import logging

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential, wait_random

from pytest_arc.errors import ProviderError
from pytest_arc.providers import Provider, Reply, Request
from pytest_arc.providers.upkeep import Upkeep
from pytest_arc.scope import wait_aside

__all__ = ["MAX_WAIT_S", "RetryLayer"]

_log = logging.getLogger(__name__)

MAX_WAIT_S = 60.0
"""Who is asked to wait longer gives up: a quota of the day does not come back while a test waits."""

_back_off = wait_exponential(multiplier=0.5, max=8.0) + wait_random(0.0, 0.5)
"""Doubled with every try; chance keeps many trials from coming back all at once."""


class RetryLayer:
    """The only place where a call is tried again: the libraries of providers are told not to."""

    def __init__(self, inner: Provider, retries: int, upkeep: Upkeep) -> None:
        self._inner = inner
        self._upkeep = upkeep
        self._retrying = AsyncRetrying(
            retry=retry_if_exception(_may_help),
            stop=stop_after_attempt(1 + retries),
            wait=_choose_wait_s,
            sleep=_sleep,
            before_sleep=self._count,
            reraise=True,
        )

    async def complete(self, request: Request) -> Reply:
        """Raises what the last try raised."""
        return await self._retrying(self._inner.complete, request)

    def _count(self, state: RetryCallState) -> None:
        self._upkeep.counts["retries"] += 1
        wait_s = state.next_action.sleep if state.next_action is not None else 0.0
        error = state.outcome.exception() if state.outcome is not None else None
        told = {"event": "retry", "wait_s": round(wait_s, 3)}
        _log.info("trying again in %.1f s: %s", wait_s, error, extra={"arc": told})


def _may_help(error: BaseException) -> bool:
    return (
        isinstance(error, ProviderError) and error.is_transient and (error.retry_after_s or 0.0) <= MAX_WAIT_S
    )


def _choose_wait_s(state: RetryCallState) -> float:
    """What the provider asked for, and no less; else longer each time."""
    error = state.outcome.exception() if state.outcome is not None else None
    asked_s = error.retry_after_s if isinstance(error, ProviderError) else None
    return _back_off(state) if asked_s is None else asked_s


async def _sleep(seconds: float) -> None:
    with wait_aside():
        await asyncio.sleep(seconds)
