"""How many calls at once, counted over all processes that share a Redis. Needs the extra `redis`.

A call holds a place for a while, and its process renews it while the call lasts. The places of a process that
was killed come back by themselves.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from pytest_arc.providers.redis_state import SharedState

__all__ = ["LEASE_S", "SharedPlaces"]

LEASE_S = 15.0
"""How long a place is held that nobody renews."""
RENEW_EVERY_S = LEASE_S / 5
"""Some renewals may come late or not at all before a place is lost."""
POLL_S = 0.05
"""How often a process that waits asks again: calls of models take much longer."""

# Each place is a member of a sorted set, by the time at which it comes back, on the clock of Redis.
_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local back = string.format('%.0f', now + ARGV[1])
"""
_TAKE = f"""{_NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], back, ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
"""
# What is not there any more has been given back meanwhile: it must not come to life again.
_RENEW = f"""{_NOW}
for place = 2, #ARGV do redis.call('ZADD', KEYS[1], 'XX', back, ARGV[place]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
"""
_GIVE_BACK = """
for place = 1, #ARGV do redis.call('ZREM', KEYS[1], ARGV[place]) end
return 1
"""


class SharedPlaces:
    """The places of one model. When Redis is lost all are let in: each process has its own limit, too."""

    def __init__(self, name: str, count: int, shared: SharedState) -> None:
        self._key = f"arc:places:{name}"
        self._count = count
        self._shared = shared
        self._held: set[str] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._keeper: threading.Thread | None = None
        shared.on_close(self._close)

    async def take(self) -> str:
        """Wait for a place, and return its name."""
        place = uuid4().hex
        while await self._shared.run(_TAKE, self._key, int(LEASE_S * 1000), self._count, place) == 0:
            await asyncio.sleep(POLL_S)
        with self._lock:
            self._held.add(place)
            if self._keeper is None:
                # A thread: an agent that blocks the event loop must not lose the places of others.
                self._keeper = threading.Thread(target=self._keep, name="pytest-arc places", daemon=True)
                self._keeper.start()
        return place

    async def give_back(self, place: str) -> None:
        """Let somebody else have it. Where that fails, it comes back by itself."""
        with self._lock:
            self._held.discard(place)
        await asyncio.shield(self._shared.run(_GIVE_BACK, self._key, place))

    @asynccontextmanager
    async def hold(self) -> AsyncGenerator[None]:
        """Have a place for as long as the block lasts."""
        place = await self.take()
        try:
            yield
        finally:
            await self.give_back(place)

    def _keep(self) -> None:
        while not self._closed.wait(RENEW_EVERY_S):
            with self._lock:
                held = sorted(self._held)
            if held:
                self._shared.run_here(_RENEW, self._key, int(LEASE_S * 1000), *held)

    def _close(self) -> None:
        self._closed.set()
        if self._keeper is not None:
            self._keeper.join()
        if self._held:
            self._shared.run_here(_GIVE_BACK, self._key, *sorted(self._held))
