"""State that all workers of a run share, in Redis (`ARC_REDIS_URL`). Needs the extra `redis`."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

import redis
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError
from redis.retry import Retry

from pytest_arc.providers.upkeep import Upkeep

__all__ = ["SharedState"]

TIMEOUT_S = 2.0
"""Of one command: whoever waits for Redis does not call a model meanwhile."""

T = TypeVar("T")


class SharedState:
    """A connection that gives up at the first trouble: from then on each process keeps its own state."""

    def __init__(self, url: str, upkeep: Upkeep) -> None:
        self._client = redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            # Once more at once: a connection may have been closed while nobody needed it.
            retry=Retry(NoBackoff(), 1),
        )
        self._upkeep = upkeep
        self._is_lost = False
        self._scripts: dict[str, str] = {}
        self._clock_offset_ms: int | None = None
        upkeep.closing.callback(self._client.close)

    @property
    def client(self) -> redis.Redis:
        return self._client

    def on_close(self, close: Callable[[], None]) -> None:
        """Have something done before the connection is closed."""
        self._upkeep.closing.callback(close)

    async def run(self, script: str, key: str, *arguments: int | str) -> Any:
        """What a Lua script returns, which does all it does at once; None when Redis is lost."""
        return await self.try_call(lambda: self._run(script, key, arguments))

    def run_here(self, script: str, key: str, *arguments: int | str) -> Any:
        """The same, in a thread that may wait."""
        return self._try(lambda: self._run(script, key, arguments))

    async def try_call(self, call: Callable[[], T]) -> T | None:
        """What `call` returns, made in a thread; None when Redis is lost, and the user is told once."""
        return None if self._is_lost else await asyncio.to_thread(self._try, call)

    def _try(self, call: Callable[[], T]) -> T | None:
        if self._is_lost:
            return None
        try:
            return call()
        except redis.RedisError as error:
            self._is_lost = True
            self._upkeep.warn(
                f"Redis does not answer ({type(error).__name__}; see ARC_REDIS_URL): from here on, each"
                " process keeps limits and circuit breakers of its own"
            )
            return None

    def read_clock_ms(self) -> int:
        """The clock of Redis, read once and carried on by one that never goes back."""
        if self._clock_offset_ms is None:
            seconds, micros = self._client.time()  # pyright: ignore[reportUnknownMemberType]
            self._clock_offset_ms = seconds * 1000 + micros // 1000 - _read_own_ms()
        return _read_own_ms() + self._clock_offset_ms

    def _run(self, script: str, key: str, arguments: tuple[int | str, ...]) -> Any:
        client = cast("Any", self._client)
        digest = self._scripts.setdefault(script, hashlib.sha1(script.encode()).hexdigest())
        try:
            return client.evalsha(digest, 1, key, *arguments)
        except NoScriptError:
            return client.eval(script, 1, key, *arguments)


def _read_own_ms() -> int:
    return time.monotonic_ns() // 1_000_000
