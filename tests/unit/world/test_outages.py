"""Simulated tools that reach for something outside, while it is away."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest
from virtual_time import run_virtually

from pytest_arc.domain.profile import Tool
from pytest_arc.domain.scenario import WorldSpec
from pytest_arc.errors import ToolSimulatorError
from pytest_arc.providers.breaker import THRESHOLD
from pytest_arc.providers.layers import Calling
from pytest_arc.providers.services import Services, use_services
from pytest_arc.world.world import World


class Outside:
    """Asked by the tool; raises `trouble` as long as there is one."""

    def __init__(self) -> None:
        self.calls = 0
        self.trouble: Exception | None = None

    async def look_up(self, sku: str) -> str:
        self.calls += 1
        if self.trouble is not None:
            raise RuntimeError("no price") from self.trouble
        return f"{sku} costs 12.50"


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    outside = Outside()
    module = types.ModuleType("shop_outside")
    module.look_up = outside.look_up  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "shop_outside", module)
    services = Services()
    services.calling = Calling(services)
    with use_services(services):
        yield outside


async def call(times: int = 1) -> list[str]:
    behavior = {"kind": "python", "function": "shop_outside:look_up"}
    tool = Tool.model_validate({"name": "price", "behavior": behavior})
    world = World((tool,), WorldSpec(), (), seed=1)
    told: list[str] = []
    for _ in range(times):
        try:
            told.append((await world.call("price", {"sku": "A1"})).content)
        except ToolSimulatorError as error:
            told.append(str(error))
    return told


def test_a_tool_that_finds_nothing_outside_is_left_alone_until_a_probe_fails_too(outside: Outside) -> None:
    outside.trouble = ConnectionRefusedError("nobody there")
    told = run_virtually(call(THRESHOLD + 3))

    # The sixth call waited for its turn as a probe; the last two were not made.
    assert outside.calls == THRESHOLD + 1
    assert told[-1] == (
        "no call to shop_outside:look_up: it failed 5 times in a row; the next one is tried in 15 s"
    )


def test_a_short_outage_costs_a_wait_and_no_trial(outside: Outside) -> None:
    async def talk() -> list[str]:
        outside.trouble = TimeoutError("too slow")
        await call(THRESHOLD)
        outside.trouble = None
        return await call(2)

    assert run_virtually(talk()) == ["A1 costs 12.50"] * 2


@pytest.mark.parametrize("trouble", [KeyError("A1"), FileNotFoundError("prices.csv")])
def test_trouble_of_the_function_itself_says_nothing_about_the_next_call(
    outside: Outside, trouble: Any
) -> None:
    outside.trouble = trouble
    run_virtually(call(3 * THRESHOLD))

    assert outside.calls == 3 * THRESHOLD
