"""A circuit breaker: whoever does not answer five times in a row is left alone for a while.

The first time, callers wait for the one call that is then let through as a probe: most trouble is short.
When the probe fails too, callers fail at once until one succeeds: a run against a dead server ends soon.

purgatory, which does the same, was read and left: after the pause it lets all callers through at once, it
decides in Redis by reading first and writing later, keeps its keys there for ever, and reads the wall clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pytest_arc.errors import ProviderError
from pytest_arc.providers import Provider, Reply, Request

if TYPE_CHECKING:
    from pytest_arc.providers.redis_state import SharedState

__all__ = [
    "COOL_DOWN_S",
    "THRESHOLD",
    "Breaker",
    "BreakerLayer",
    "CircuitOpen",
    "Pass",
    "Refusal",
    "SharedBreaker",
]

THRESHOLD = 5
"""Failures in a row that open the circuit."""
COOL_DOWN_S = 15.0
"""From its opening, or from a probe, to the next probe."""


class CircuitOpen(ProviderError):
    """A call that was not made."""


@dataclass(frozen=True, slots=True)
class Pass:
    """The call may be made."""

    is_probe: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    wait_s: float
    """Until the next probe."""
    is_dead: bool
    """A probe has failed already."""


Admission: TypeAlias = Pass | Refusal


class Breaker:
    """The state of one circuit, in this process. Times are seconds on a clock that never goes back."""

    def __init__(self) -> None:
        self._failures = 0
        self._next_probe_s = 0.0
        self._is_dead = False

    def enter(self, now_s: float) -> Admission:
        """Ask whether a call may be made."""
        if self._failures < THRESHOLD:
            return Pass()
        if now_s < self._next_probe_s:
            return Refusal(self._next_probe_s - now_s, self._is_dead)
        # A probe that never comes back is followed by another one.
        self._next_probe_s = now_s + COOL_DOWN_S
        return Pass(is_probe=True)

    def leave(self, admission: Pass, failed: bool, now_s: float) -> bool:
        """Say how a call went. Returns whether this opened the circuit."""
        if not failed:
            self._failures, self._is_dead = 0, False
            return False
        self._failures += 1
        self._is_dead = self._is_dead or admission.is_probe
        opens = self._failures == THRESHOLD
        if opens or admission.is_probe:
            self._next_probe_s = now_s + COOL_DOWN_S
        return opens


# The same in Redis, on its clock. State that nobody has touched for ten minutes is forgotten.
_ENTER = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local failures = tonumber(redis.call('HGET', KEYS[1], 'failures') or '0')
if failures < tonumber(ARGV[1]) then return {0, 0} end
local next_probe = tonumber(redis.call('HGET', KEYS[1], 'next_probe') or '0')
local wait = math.min(next_probe - now, tonumber(ARGV[2]))
if wait > 0 then return {wait, tonumber(redis.call('HGET', KEYS[1], 'dead') or '0')} end
redis.call('HSET', KEYS[1], 'next_probe', string.format('%.0f', now + ARGV[2]))
redis.call('PEXPIRE', KEYS[1], 600000)
return {-1, 0}
"""
_LEAVE = """
if ARGV[4] == '0' then redis.call('DEL', KEYS[1]) return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
if ARGV[3] == '1' then redis.call('HSET', KEYS[1], 'dead', 1) end
local opens = failures == tonumber(ARGV[1])
if opens or ARGV[3] == '1' then
    redis.call('HSET', KEYS[1], 'next_probe', string.format('%.0f', now + ARGV[2]))
end
redis.call('PEXPIRE', KEYS[1], 600000)
return opens and 1 or 0
"""


class SharedBreaker:
    """One circuit, its state in Redis where there is one; in this process when Redis is gone."""

    def __init__(
        self, name: str, shared: SharedState | None = None, on_open: Callable[[], None] = lambda: None
    ) -> None:
        self._name = name
        self._key = f"arc:breaker:{name}"
        self._shared = shared
        self._own = Breaker()
        self._on_open = on_open

    @asynccontextmanager
    async def watch(self, is_failure: Callable[[Exception], bool]) -> AsyncGenerator[None]:
        """Make a call inside, and learn from how it ends. Raises CircuitOpen when none may be made."""
        admission = await self.enter()
        if isinstance(admission, Refusal):
            raise _refuse(self._name, admission)
        try:
            yield
        # One that is cancelled says nothing of the provider, and a probe of that kind is followed by another.
        except Exception as error:
            if await self.leave(admission, is_failure(error)):
                self._on_open()
            raise
        await self.leave(admission, failed=False)

    async def enter(self) -> Admission:
        """Ask whether a call may be made."""
        if self._shared is not None:
            found = await self._shared.run(_ENTER, self._key, THRESHOLD, int(COOL_DOWN_S * 1000))
            if found is not None:
                wait_ms, is_dead = found
                return Refusal(wait_ms / 1000, bool(is_dead)) if wait_ms > 0 else Pass(wait_ms < 0)
        return self._own.enter(asyncio.get_running_loop().time())

    async def leave(self, admission: Pass, failed: bool) -> bool:
        """Say how a call went. Returns whether this opened the circuit."""
        if self._shared is not None:
            told = (THRESHOLD, int(COOL_DOWN_S * 1000), int(admission.is_probe), int(failed))
            opened = await self._shared.run(_LEAVE, self._key, *told)
            if opened is not None:
                return bool(opened)
        return self._own.leave(admission, failed, asyncio.get_running_loop().time())


class BreakerLayer:
    """Makes no call while the circuit of its provider is open."""

    def __init__(self, inner: Provider, breaker: SharedBreaker) -> None:
        self._inner = inner
        self._breaker = breaker

    async def complete(self, request: Request) -> Reply:
        """Raises CircuitOpen, and what the provider raises."""
        async with self._breaker.watch(_is_failure):
            return await self._inner.complete(request)


def _is_failure(error: Exception) -> bool:
    """Whether the provider is out of order. One that says 'slower' or 'no' is not."""
    return isinstance(error, ProviderError) and error.is_transient and error.status not in (408, 409, 429)


def _refuse(name: str, refusal: Refusal) -> CircuitOpen:
    cause = f"no call to {name}: it failed {THRESHOLD} times in a row"
    return CircuitOpen(
        f"{cause}; the next one is tried in {refusal.wait_s:.0f} s",
        cause=cause,
        is_transient=not refusal.is_dead,
        retry_after_s=refusal.wait_s,
    )
