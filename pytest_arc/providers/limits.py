"""How many calls at once, and how many calls and tokens per minute. Needs the extra `models`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, cast
from weakref import WeakKeyDictionary

from pyrate_limiter import GCRA, Decision, InMemoryStateStore, Rate, RedisStateStore, StateStore

from pytest_arc.domain.calls import CallOptions
from pytest_arc.providers import Provider, Reply, Request
from pytest_arc.providers.places import SharedPlaces
from pytest_arc.scope import wait_aside

if TYPE_CHECKING:
    from pytest_arc.providers.redis_state import SharedState

__all__ = ["Limits", "LimitsLayer", "RateLimit"]

_log = logging.getLogger(__name__)

MINUTE_MS = 60_000
WORTH_LOGGING_S = 0.1
"""A call that waits longer for its turn is logged."""
CHARACTERS_PER_TOKEN = 4
"""A guess that is put right after each call."""

_ALGORITHM = GCRA()


class RateLimit:
    """At most `per_minute` units within any minute: a tenth of them at once, the others evenly.

    The generic cell rate algorithm (pyrate-limiter's): with a burst of b and one unit every 60/(n - b + 1) s
    after it, no 60 s hold more than n.
    """

    def __init__(self, name: str, per_minute: int, shared: SharedState | None = None) -> None:
        self._burst = max(1, per_minute // 10)
        self._rates = [Rate(per_minute - self._burst + 1, MINUTE_MS, self._burst)]
        self._own = InMemoryStateStore()
        self._shared = (
            None if shared is None else (shared, RedisStateStore(shared.client, f"arc:limit:{name}"))
        )
        self._owed = 0
        """Units used beyond what was taken, and not paid yet; below 0: taken and not used."""

    async def take(self, units: int) -> None:
        """Wait until there are `units`, and take them, with what is owed from before."""
        self._owed += units
        try:
            while (part := min(self._owed, self._burst)) > 0:
                wait_ms = await self._try(part)
                if wait_ms:
                    await asyncio.sleep(wait_ms / 1000)
                else:
                    self._owed -= part
        except asyncio.CancelledError:
            self._owed -= units
            raise

    def settle(self, taken: int, used: int) -> None:
        """Put right what was taken, once it is known what was used."""
        self._owed += used - taken

    async def _try(self, units: int) -> int:
        """Take `units` and return 0; or return in how many milliseconds to ask again."""
        decision: Decision | None = None
        if self._shared is not None:
            shared, store = self._shared
            decision = await shared.try_call(lambda: self._ask(store, shared.read_clock_ms(), units))
        if decision is None:
            now_ms = int(asyncio.get_running_loop().time() * 1000)
            decision = self._ask(self._own, now_ms, units)
        return 0 if decision.allowed else max(1, decision.retry_after_ms or 1)

    def _ask(self, store: StateStore, now_ms: int, units: int) -> Decision:
        decision = cast("Decision", store.check(_ALGORITHM, self._rates, now_ms, units))
        if (decision.retry_after_ms or 0) > MINUTE_MS:
            # No minute lasts longer: the clock that wrote this down was ahead of the one we read.
            store.reset()
            decision = cast("Decision", store.check(_ALGORITHM, self._rates, now_ms, units))
        return decision


class Limits:
    """The limits of one model, or of several that share them."""

    def __init__(self, name: str, options: CallOptions, shared: SharedState | None = None) -> None:
        self._name = name
        self._options = options
        self._requests = _make_limit(f"{name}:requests", options.requests_per_minute, shared)
        self._tokens = _make_limit(f"{name}:tokens", options.tokens_per_minute, shared)
        self._shared_places = _share_places(name, options.concurrency, shared)
        # Locks belong to the event loop that first waited for them.
        self._gates: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[asyncio.Semaphore, asyncio.Lock]] = (
            WeakKeyDictionary()
        )

    @asynccontextmanager
    async def admit(self, tokens: int) -> AsyncGenerator[None]:
        """Wait for a turn, first come, first served; it ends with the block."""
        places, queue = self._find_gate()
        came_s = asyncio.get_running_loop().time()
        with wait_aside():
            await places.acquire()
        try:
            async with AsyncExitStack() as held:
                with wait_aside():
                    async with queue:
                        await self._await_turn(tokens, held)
                self._note_wait(asyncio.get_running_loop().time() - came_s)
                yield
        finally:
            places.release()

    def _note_wait(self, wait_s: float) -> None:
        if wait_s > WORTH_LOGGING_S:
            told = {"event": "limit_waited", "model": self._name, "wait_s": round(wait_s, 3)}
            _log.info("waited %.1f s for a turn at %s", wait_s, self._name, extra={"arc": told})

    async def _await_turn(self, tokens: int, held: AsyncExitStack) -> None:
        if self._shared_places is not None:
            await held.enter_async_context(self._shared_places.hold())
        if self._requests is not None:
            await self._requests.take(1)
        if self._tokens is not None:
            await self._tokens.take(tokens)

    def settle(self, taken: int, used: int) -> None:
        """Put right the tokens that were taken for a call."""
        if self._tokens is not None:
            self._tokens.settle(taken, used)

    def _find_gate(self) -> tuple[asyncio.Semaphore, asyncio.Lock]:
        loop = asyncio.get_running_loop()
        if loop not in self._gates:
            places = self._options.concurrency or 1_000_000
            self._gates[loop] = asyncio.Semaphore(places), asyncio.Lock()
        return self._gates[loop]


class LimitsLayer:
    """Lets a call through when it is its turn."""

    def __init__(self, inner: Provider, limits: Limits) -> None:
        self._inner = inner
        self._limits = limits

    async def complete(self, request: Request) -> Reply:
        """Raises what the provider raises."""
        guessed = sum(len(message.text) for message in request.messages) // CHARACTERS_PER_TOKEN
        async with self._limits.admit(guessed):
            reply = await self._inner.complete(request)
        used = reply.usage.input_tokens + reply.usage.output_tokens
        self._limits.settle(guessed, used)
        return reply


def _make_limit(name: str, per_minute: int | None, shared: SharedState | None) -> RateLimit | None:
    return None if per_minute is None else RateLimit(name, per_minute, shared)


def _share_places(name: str, concurrency: int | None, shared: SharedState | None) -> SharedPlaces | None:
    return None if concurrency is None or shared is None else SharedPlaces(name, concurrency, shared)
