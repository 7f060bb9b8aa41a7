"""Limits and breakers that several processes share, in a real Redis."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from redis_server import RedisServer, explain_absence

pytest.importorskip("pyrate_limiter", reason="needs the extra 'models'")
from pytest_arc.domain.calls import CallOptions
from pytest_arc.errors import UsageError
from pytest_arc.providers import ChatMessage, Reply, Request
from pytest_arc.providers.breaker import THRESHOLD, Breaker, Pass, SharedBreaker
from pytest_arc.providers.layers import Calling
from pytest_arc.providers.limits import RateLimit
from pytest_arc.providers.places import SharedPlaces
from pytest_arc.providers.services import Services

pytestmark = pytest.mark.skipif(explain_absence() is not None, reason=explain_absence() or "")

WORKER = Path(__file__).with_name("redis_worker.py")
HELLO = Request(messages=(ChatMessage(role="user", text="hello"),))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def client(server: RedisServer) -> Iterator[Any]:
    import redis

    with redis.Redis.from_url(server.url) as client:
        client.flushall()
        yield client


@pytest.fixture
def services() -> Iterator[Services]:
    services = Services()
    yield services
    services.close()


def connect(server: RedisServer, services: Services) -> Any:
    from pytest_arc.providers.redis_state import SharedState

    return SharedState(server.url, services)


def work(server: RedisServer, what: str, *counts: int) -> list[dict[str, Any]]:
    """Let one process after the other be started, all at work at the same time."""
    command = [sys.executable, str(WORKER), server.url, what]
    workers = [
        subprocess.Popen([*command, str(count)], stdout=subprocess.PIPE, text=True) for count in counts
    ]
    return [json.loads(worker.communicate(timeout=120)[0]) for worker in workers]


def await_true(look: Callable[[], Any]) -> Any:
    give_up_s = time.monotonic() + 60
    while not (found := look()):
        assert time.monotonic() < give_up_s
        time.sleep(0.05)
    return found


def test_two_processes_together_make_no_more_calls_than_one_may(server: RedisServer, client: Any) -> None:
    """1,200 a minute: 120 at once, and one every 55.5 ms after that."""
    first, second = work(server, "limit", 90, 90)
    called_s = sorted(first["called_s"] + second["called_s"])

    assert (first["warnings"], second["warnings"]) == ([], [])
    assert len(first["called_s"]) == len(second["called_s"]) == 90
    # Each alone would stay below 120, and wait for nothing.
    # Half a second is for the trip to Redis that sets a worker's clock.
    for number, at_s in enumerate(called_s, 1):
        assert number <= 120 + (at_s - called_s[0] + 0.5) / 0.0555


def test_two_processes_together_have_no_more_calls_under_way_than_one_may(
    server: RedisServer, client: Any
) -> None:
    first, second = work(server, "crowd", 40, 40)
    events = [(at_s, 1) for worker in (first, second) for at_s in worker["called_s"]]
    events += [(at_s, -1) for worker in (first, second) for at_s in worker["ended_s"]]
    # A call that ends as another one begins makes room for it.
    under_way = list(accumulate(change for _, change in sorted(events)))

    assert (first["warnings"], second["warnings"]) == ([], [])
    assert len(first["called_s"]) == len(second["called_s"]) == 40
    assert max(under_way) == 3
    assert client.exists("arc:places:test:model") == 0


def test_places_of_a_process_that_was_killed_come_back(
    server: RedisServer, client: Any, services: Services
) -> None:
    key = "arc:places:test:model"

    def find_ends() -> list[float]:
        return [end for _, end in client.zrange(key, 0, -1, withscores=True)]

    async def try_to_take(timeout_s: float) -> str:
        places = SharedPlaces("test:model", 3, connect(server, services))
        return await asyncio.wait_for(places.take(), timeout_s)

    worker = subprocess.Popen([sys.executable, str(WORKER), server.url, "hang", "3"], stdout=subprocess.PIPE)
    try:
        first = await_true(lambda: ends if len(ends := find_ends()) == 3 else None)
        # Renewed again and again, as long as its process lives.
        await_true(lambda: min(find_ends()) > max(first))
        with pytest.raises(TimeoutError):
            asyncio.run(try_to_take(0.5))
    finally:
        worker.kill()
        worker.communicate()

    assert asyncio.run(try_to_take(60))
    assert client.zcard(key) == 1
    services.close()
    assert client.exists(key) == 0


def test_a_circuit_that_one_process_opens_is_open_for_the_other(server: RedisServer, client: Any) -> None:
    (first,) = work(server, "break", THRESHOLD)
    (second,) = work(server, "break", 3)

    assert first["told"] == ["down"] * THRESHOLD
    assert second["called_s"] == []
    assert second["told"] == ["no call to test:model: it failed 5 times in a row"] * 3


def test_failures_of_two_processes_at_once_are_all_counted(server: RedisServer, client: Any) -> None:
    first, second = work(server, "break", 20, 20)

    # One call of each may be under way while the circuit opens.
    assert THRESHOLD <= len(first["called_s"]) + len(second["called_s"]) <= THRESHOLD + 1


def test_whatever_is_kept_is_forgotten_in_time(server: RedisServer, client: Any, services: Services) -> None:
    async def use() -> None:
        shared = connect(server, services)
        await RateLimit("test", 60, shared).take(3)
        breaker = SharedBreaker("test", shared)
        await breaker.leave(Pass(), failed=True)
        await SharedPlaces("test", 1, shared).take()

    asyncio.run(use())
    keys = sorted(key.decode() for key in client.scan_iter())

    assert keys == ["arc:breaker:test", "arc:limit:test", "arc:places:test"]
    assert all(0 < client.pttl(key) <= 600_000 for key in keys)


@pytest.mark.parametrize("seed", range(3))
def test_a_shared_breaker_decides_as_one_in_this_process(
    server: RedisServer, client: Any, services: Services, seed: int
) -> None:
    """Neither waits for the other's clock: the same events in the same order, within one cool-down."""

    async def compare() -> None:
        shared, own = SharedBreaker(f"same{seed}", connect(server, services)), Breaker()
        for _ in range(40):
            theirs, ours = await shared.enter(), own.enter(time.monotonic())
            assert type(theirs) is type(ours)
            if isinstance(theirs, Pass) and isinstance(ours, Pass):
                assert theirs.is_probe == ours.is_probe
                failed = chance.random() < 0.8
                opened = await shared.leave(theirs, failed)
                assert opened == own.leave(ours, failed, time.monotonic())

    chance = random.Random(seed)
    asyncio.run(compare())


def test_redis_that_vanishes_leaves_each_process_its_own_limits_and_one_warning(
    tmp_path: Path, services: Services
) -> None:
    class Up:
        async def complete(self, request: Request) -> Reply:
            return Reply(text="hello")

    async def talk() -> list[Reply]:
        provider = calling.guard(Up(), "test:model", None)
        replies = [await provider.complete(HELLO) for _ in range(3)]
        server.stop()
        return replies + [await provider.complete(HELLO) for _ in range(3)]

    options = CallOptions(concurrency=2, requests_per_minute=600, tokens_per_minute=100_000)
    with RedisServer(tmp_path) as server:
        calling = Calling(services, {"test:model": options}, redis_url=server.url)
        replies = asyncio.run(talk())

    assert len(replies) == 6
    assert services.warnings == [
        "Redis does not answer (ConnectionError; see ARC_REDIS_URL): from here on, each process keeps limits"
        " and circuit breakers of its own"
    ]


def test_a_clock_of_redis_that_was_set_back_holds_nobody_up(
    server: RedisServer, client: Any, services: Services
) -> None:
    async def use() -> None:
        limit = RateLimit("skewed", 60, connect(server, services))
        await limit.take(6)
        # As a process wrote it that saw the clock an hour ahead.
        client.hset("arc:limit:skewed", "tat1", int((time.time() + 3600) * 1_000_000))
        await asyncio.wait_for(limit.take(1), 30)

    asyncio.run(use())


def test_an_address_that_is_none_is_said_before_anything_runs(services: Services) -> None:
    with pytest.raises(UsageError, match="ARC_REDIS_URL is not an address of Redis"):
        Calling(services, redis_url="localhost:6379")


def test_a_shared_refusal_tells_a_first_pause_from_a_dead_host(
    server: RedisServer, client: Any, services: Services
) -> None:
    async def fail() -> tuple[bool, bool]:
        breaker = SharedBreaker("dead", connect(server, services))
        for _ in range(THRESHOLD):
            await breaker.leave(Pass(), failed=True)
        before = await breaker.enter()
        client.hset("arc:breaker:dead", "next_probe", 0)
        probe = await breaker.enter()
        assert isinstance(probe, Pass)
        await breaker.leave(probe, failed=True)
        after = await breaker.enter()
        return before.is_dead, after.is_dead  # type: ignore[union-attr]

    assert asyncio.run(fail()) == (False, True)
