from __future__ import annotations

import asyncio

import pytest
from virtual_time import run_virtually

from pytest_arc.errors import ProviderError
from pytest_arc.providers import ChatMessage, Reply, Request
from pytest_arc.providers.breaker import COOL_DOWN_S, THRESHOLD, BreakerLayer, CircuitOpen
from pytest_arc.providers.layers import Calling
from pytest_arc.providers.services import Services

HELLO = Request(messages=(ChatMessage(role="user", text="hello"),))


class Host:
    """Up or down, as the test wants it."""

    def __init__(self, status: int | None = 503) -> None:
        self.is_up = False
        self.calls = 0
        self.latency_s = 0.0
        self._status = status

    async def complete(self, request: Request) -> Reply:
        self.calls += 1
        await asyncio.sleep(self.latency_s)
        if self.is_up:
            return Reply(text="hello")
        raise ProviderError("down", cause="down", status=self._status, is_transient=True)


class Setup:
    def __init__(self, status: int | None = 503) -> None:
        self.host = Host(status)
        self.services = Services()
        breaker = Calling(self.services).find_breaker("test:model")
        self.layer = BreakerLayer(self.host, breaker)

    async def fail(self, count: int) -> None:
        for _ in range(count):
            with pytest.raises(ProviderError):
                await self.layer.complete(HELLO)

    async def be_refused(self) -> CircuitOpen:
        with pytest.raises(CircuitOpen) as caught:
            await self.layer.complete(HELLO)
        return caught.value


def test_after_five_failures_in_a_row_no_call_is_made_and_it_is_said_why() -> None:
    async def run() -> CircuitOpen:
        await setup.fail(THRESHOLD + 3)
        return await setup.be_refused()

    setup = Setup()
    refusal = run_virtually(run())

    assert (setup.host.calls, setup.services.counts["breaker trips"]) == (THRESHOLD, 1)
    assert str(refusal) == "no call to test:model: it failed 5 times in a row; the next one is tried in 15 s"
    assert refusal.cause == "no call to test:model: it failed 5 times in a row"


def test_a_success_in_between_closes_the_count() -> None:
    async def run() -> None:
        await setup.fail(THRESHOLD - 1)
        setup.host.is_up = True
        await setup.layer.complete(HELLO)
        setup.host.is_up = False
        await setup.fail(THRESHOLD - 1)

    setup = Setup()
    run_virtually(run())

    assert (setup.host.calls, setup.services.counts["breaker trips"]) == (2 * THRESHOLD - 1, 0)


@pytest.mark.parametrize("status", [408, 409, 429])
def test_a_provider_that_says_slower_is_not_out_of_order(status: int) -> None:
    setup = Setup(status)
    run_virtually(setup.fail(3 * THRESHOLD))

    assert setup.host.calls == 3 * THRESHOLD


def test_the_first_time_callers_may_wait_for_the_probe_and_it_closes_the_circuit() -> None:
    async def run() -> None:
        await setup.fail(THRESHOLD)
        refusal = await setup.be_refused()
        assert refusal.is_transient
        assert refusal.retry_after_s == pytest.approx(COOL_DOWN_S)
        await asyncio.sleep(refusal.retry_after_s or 0)
        setup.host.is_up = True
        await setup.layer.complete(HELLO)
        await setup.layer.complete(HELLO)

    setup = Setup()
    run_virtually(run())


def test_one_probe_is_made_at_a_time() -> None:
    async def run() -> None:
        await setup.fail(THRESHOLD)
        await asyncio.sleep(COOL_DOWN_S)
        setup.host.is_up = True
        setup.host.latency_s = 1
        calls = [setup.layer.complete(HELLO) for _ in range(10)]
        told = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(one) for one in told] == [Reply] + [CircuitOpen] * 9

    setup = Setup()
    run_virtually(run())


def test_once_a_probe_has_failed_callers_are_told_not_to_wait() -> None:
    async def run() -> None:
        await setup.fail(THRESHOLD)
        await asyncio.sleep(COOL_DOWN_S)
        await setup.fail(1)
        assert not (await setup.be_refused()).is_transient
        await asyncio.sleep(COOL_DOWN_S)
        setup.host.is_up = True
        await setup.layer.complete(HELLO)
        setup.host.is_up = False
        await setup.fail(THRESHOLD)
        assert (await setup.be_refused()).is_transient

    setup = Setup()
    run_virtually(run())


def test_a_probe_that_never_comes_back_is_followed_by_another() -> None:
    async def run() -> None:
        await setup.fail(THRESHOLD)
        await asyncio.sleep(COOL_DOWN_S)
        setup.host.latency_s = 3600
        lost = asyncio.create_task(setup.layer.complete(HELLO))
        await asyncio.sleep(1)
        lost.cancel()
        await setup.be_refused()
        await asyncio.sleep(COOL_DOWN_S)
        setup.host.is_up, setup.host.latency_s = True, 0
        assert (await setup.layer.complete(HELLO)).text == "hello"

    setup = Setup()
    run_virtually(run())
