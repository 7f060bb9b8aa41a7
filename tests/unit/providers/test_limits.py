from __future__ import annotations

import asyncio
import logging
from collections.abc import Generator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
from virtual_time import run_virtually

pytest.importorskip("pyrate_limiter", reason="needs the extra 'models'")

from pytest_arc.domain.calls import CallOptions
from pytest_arc.domain.trajectory import Usage
from pytest_arc.providers import ChatMessage, Reply, Request
from pytest_arc.providers.limits import Limits, LimitsLayer, RateLimit
from pytest_arc.scope import TrialScope, enter_scope


class Slow:
    """Takes a while, and notes when it was called and how many calls were under way."""

    def __init__(self, latency_s: float = 0.0, tokens: int = 0) -> None:
        self._latency_s = latency_s
        self._tokens = tokens
        self.called_s: list[float] = []
        self.at_once = 0
        self.most_at_once = 0

    async def complete(self, request: Request) -> Reply:
        self.called_s.append(asyncio.get_running_loop().time())
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self._latency_s)
        finally:
            self.at_once -= 1
        return Reply(text="done", usage=Usage(input_tokens=self._tokens))


def ask(text: str = "") -> Request:
    return Request(messages=(ChatMessage(role="user", text=text),))


async def call_all(layer: LimitsLayer, count: int, text: str = "") -> None:
    await asyncio.gather(*(layer.complete(ask(text)) for _ in range(count)))


def limit(provider: Slow, **options: Any) -> LimitsLayer:
    return LimitsLayer(provider, Limits("test:model", CallOptions(**options)))


def most_within_a_minute(times_s: list[float]) -> int:
    return max(sum(start <= at < start + 60 for at in times_s) for start in times_s)


def test_no_more_calls_are_under_way_than_allowed_and_all_are_made() -> None:
    provider = Slow(latency_s=1)
    run_virtually(call_all(limit(provider, concurrency=3), 10))

    assert (provider.most_at_once, len(provider.called_s)) == (3, 10)


def test_a_call_that_waits_for_its_turn_is_logged_afterwards(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pytest_arc")
    run_virtually(call_all(limit(Slow(latency_s=2), concurrency=1), 2))

    (record,) = caplog.records
    assert record.getMessage() == "waited 2.0 s for a turn at test:model"
    assert vars(record)["arc"] == {"event": "limit_waited", "model": "test:model", "wait_s": 2.0}


@pytest.mark.parametrize("per_minute", [1, 2, 9, 10, 60, 500])
def test_no_minute_holds_more_calls_than_allowed(per_minute: int) -> None:
    provider = Slow()
    run_virtually(call_all(limit(provider, requests_per_minute=per_minute), 3 * per_minute))

    assert len(provider.called_s) == 3 * per_minute
    assert most_within_a_minute(provider.called_s) <= per_minute


def test_a_tenth_of_a_minutes_calls_are_made_at_once_and_the_others_evenly() -> None:
    provider = Slow()
    run_virtually(call_all(limit(provider, requests_per_minute=60), 120))
    gaps_s = [after - before for before, after in pairwise(provider.called_s)]

    assert gaps_s[:5] == [0] * 5
    assert all(1.0 < gap < 1.2 for gap in gaps_s[6:])


def test_tokens_that_calls_really_took_delay_the_calls_after_them() -> None:
    provider = Slow(tokens=1_000)
    layer = limit(provider, tokens_per_minute=1_000)

    async def talk() -> None:
        for _ in range(5):
            await layer.complete(ask("four"))

    run_virtually(talk())
    gaps_s = [after - before for before, after in pairwise(provider.called_s)]

    # Each call pays for the one before it: 1,000 tokens at 901 a minute, the first tenth of them at once.
    assert gaps_s == [pytest.approx(66.6 - 6.6, abs=0.1)] + [pytest.approx(66.6, abs=0.2)] * 3


def test_tokens_that_were_taken_and_not_used_are_given_back() -> None:
    provider = Slow(tokens=10)
    layer = limit(provider, tokens_per_minute=1_000)

    async def talk() -> None:
        for _ in range(9):
            await layer.complete(ask("word" * 90))  # looks like 90 tokens

    run_virtually(talk())

    # 90 for the first call and 10 for each other one, of which a tenth of 1,000 needs no waiting.
    assert provider.called_s[-1] - provider.called_s[0] == pytest.approx(70 * 60 / 901, abs=0.1)


def test_a_call_that_is_given_up_while_it_waits_takes_nothing() -> None:
    async def give_up() -> float:
        loop = asyncio.get_running_loop()
        limit = RateLimit("test", 60)
        await limit.take(6)
        began_s = loop.time()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await limit.take(50)
        await limit.take(1)
        return loop.time() - began_s

    assert run_virtually(give_up()) < 1.3


def test_what_was_written_with_a_clock_ahead_of_ours_does_not_hold_anybody_up() -> None:
    async def set_back() -> float:
        loop = asyncio.get_running_loop()
        limit = RateLimit("test", 60)
        await limit.take(60)
        before_s = loop.time()
        loop.skip(-3600)  # type: ignore[attr-defined]
        await asyncio.wait_for(limit.take(1), 10)
        return loop.time() - (before_s - 3600)

    assert run_virtually(set_back()) < 1.3


def test_time_in_line_is_not_the_trials() -> None:
    asides: list[float] = []

    @contextmanager
    def note() -> Generator[None]:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        yield
        asides.append(loop.time() - began_s)

    async def talk() -> float:
        enter_scope(TrialScope("case", "scenario", 1, 1, 0, wait_aside=note))
        layer = limit(Slow(latency_s=1), requests_per_minute=6)
        began_s = asyncio.get_running_loop().time()
        for _ in range(3):
            await layer.complete(ask())
        return asyncio.get_running_loop().time() - began_s

    # 10 s from call to call; 1 s of each is the model's.
    assert run_virtually(talk()) == pytest.approx(21, abs=0.1)
    assert sum(asides) == pytest.approx(18, abs=0.1)


def test_limits_hold_in_one_event_loop_after_the_other() -> None:
    layer = limit(Slow(latency_s=0.01), concurrency=1, requests_per_minute=6000)
    for _ in range(2):
        asyncio.run(call_all(layer, 3))
