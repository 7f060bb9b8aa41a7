"""What limits, tries, breaker and chaos cost when none of them has anything to do."""

from __future__ import annotations

import asyncio
import time

import pytest
from measuring import Figure, judge

from pytest_arc.domain.calls import CallOptions, Injection
from pytest_arc.providers import ChatMessage, Provider, Request
from pytest_arc.providers.layers import Calling
from pytest_arc.providers.scripted import ScriptedProvider
from pytest_arc.providers.services import Services

pytest.importorskip("pyrate_limiter", reason="the extra 'models' is not installed")
pytest.importorskip("tenacity", reason="the extra 'models' is not installed")

CALLS = 2_000
ASKED = Request(messages=(ChatMessage(role="user", text="How much was it? " * 20),))


def test_layers_cost_little_when_they_have_nothing_to_do(figures: list[Figure]) -> None:
    services = Services()
    options = CallOptions(concurrency=8, requests_per_minute=10**8, tokens_per_minute=10**9)
    calling = Calling(services, {"scripted": options}, Injection(p=0.0))
    bare = ScriptedProvider(["4"])
    guarded = calling.guard(bare, "scripted", None)
    added = [1000 * (_measure(guarded) - _measure(bare)) for _ in range(7)]
    figures.append(judge("a model call: CPU, all layers around it", added, 2, "ms"))


def _measure(provider: Provider) -> float:
    """CPU seconds of one call."""

    async def ask() -> float:
        await provider.complete(ASKED)
        started = time.process_time()
        for _ in range(CALLS):
            await provider.complete(ASKED)
        return (time.process_time() - started) / CALLS

    return asyncio.run(ask())
