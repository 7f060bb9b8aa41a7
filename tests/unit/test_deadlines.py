from __future__ import annotations

import asyncio
import gc
import time
import weakref
from contextlib import suppress
from typing import Any

import pytest

from pytest_arc.deadlines import TimeLimit

AGES_S = 3600.0


class CountingLoop(asyncio.SelectorEventLoop):
    """An event loop that counts its timers."""

    timers = 0

    def call_at(self, *arguments: Any, **options: Any) -> asyncio.TimerHandle:
        self.timers += 1
        return super().call_at(*arguments, **options)


async def _wait(limit_s: float, wait_s: float) -> str:
    try:
        with TimeLimit(limit_s):
            await asyncio.sleep(wait_s)
    except TimeoutError:
        return "over"
    return "in time"


def test_what_takes_too_long_is_cancelled_and_raises_timeout_error() -> None:
    assert asyncio.run(_wait(0.01, AGES_S)) == "over"


def test_what_ends_in_time_is_left_alone_afterwards() -> None:
    async def run() -> None:
        assert await _wait(0.01, 0) == "in time"
        await asyncio.sleep(0.03)

    asyncio.run(run())


def test_a_short_limit_is_kept_beside_longer_ones_whichever_began_first() -> None:
    async def run() -> list[str]:
        waits = (AGES_S, 0.05), (0.01, AGES_S), (0.02, AGES_S), (AGES_S, 0)
        return list(await asyncio.gather(*(_wait(limit_s, wait_s) for limit_s, wait_s in waits)))

    assert asyncio.run(run()) == ["in time", "over", "over", "in time"]


def test_of_nested_limits_the_one_that_is_over_raises() -> None:
    async def run() -> None:
        with TimeLimit(0.01):
            await _wait(AGES_S, AGES_S)

    with pytest.raises(TimeoutError):
        asyncio.run(run())


def test_a_cancellation_from_elsewhere_goes_on() -> None:
    async def run() -> None:
        task = asyncio.create_task(_wait(AGES_S, AGES_S))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())


def test_a_cancellation_from_elsewhere_goes_on_also_when_time_is_up_in_the_same_turn() -> None:
    async def run() -> None:
        task = asyncio.create_task(_wait(0.01, AGES_S))
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(0.01, task.cancel)
        time.sleep(0.03)  # both are due when the loop turns again
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())


def test_an_exception_of_the_block_is_its_own_although_time_is_up() -> None:
    async def run() -> None:
        with TimeLimit(0.01):
            try:
                await asyncio.sleep(AGES_S)
            except asyncio.CancelledError:
                raise ValueError("mine") from None

    with pytest.raises(ValueError, match="mine"):
        asyncio.run(run())


def test_a_limit_warns_shortly_before_it_is_over() -> None:
    async def run() -> list[float]:
        read_clock = asyncio.get_running_loop().time
        times = [read_clock()]
        with suppress(TimeoutError), TimeLimit(0.2, lambda: times.append(read_clock())):
            await asyncio.sleep(AGES_S)
        return [*times, read_clock()]

    began, warned, ended = asyncio.run(run())
    assert began + 0.19 <= warned < ended
    assert ended >= began + 0.2


def test_a_limit_that_is_kept_warns_nobody() -> None:
    async def run() -> None:
        with TimeLimit(0.02, lambda: pytest.fail("warned")):
            await asyncio.sleep(0)
        await asyncio.sleep(0.03)

    asyncio.run(run())


async def _wait_aside(limit_s: float, aside_s: float, wait_s: float) -> str:
    try:
        with TimeLimit(limit_s) as limit:
            limit.pause()
            await asyncio.sleep(aside_s)
            limit.resume()
            await asyncio.sleep(wait_s)
    except TimeoutError:
        return "over"
    return "in time"


def test_a_limit_that_stands_still_is_not_over_until_it_has_gone_on() -> None:
    assert asyncio.run(_wait_aside(0.02, 0.05, 0)) == "in time"
    assert asyncio.run(_wait_aside(0.02, 0, AGES_S)) == "over"


def test_a_thousand_limits_share_one_timer() -> None:
    async def run() -> None:
        for _ in range(1000):
            with TimeLimit(AGES_S):
                pass

    loop = CountingLoop()
    try:
        loop.run_until_complete(run())
    finally:
        loop.close()
    assert loop.timers == 1


def test_the_loop_can_be_forgotten() -> None:
    loop = asyncio.new_event_loop()
    loop.run_until_complete(_wait(AGES_S, 0))
    loop.close()
    reference = weakref.ref(loop)
    del loop
    gc.collect()
    assert reference() is None


def test_outside_a_task_it_says_what_it_needs() -> None:
    async def make() -> asyncio.Future[str]:
        said: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(_enter, said)
        return said

    async def run() -> str:
        return await (await make())

    assert asyncio.run(run()) == "a time limit needs a task, which it can cancel"


def _enter(said: asyncio.Future[str]) -> None:
    try:
        with TimeLimit(1):
            said.set_result("entered")
    except RuntimeError as error:
        said.set_result(str(error))
