from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import pytest

from pytest_arc.domain.plan import TrialSpec
from pytest_arc.errors import AgentError
from pytest_arc.executors.local import BEAT_S, LocalExecutor

Work = Callable[[Any], Any]


@pytest.fixture
def run() -> Callable[..., list[Any]]:
    """Run numbers as if they were trials; what became of each, in the order they ended."""

    def run(work: Work, count: int, concurrency: int = 4, **options: Any) -> list[Any]:
        results: list[Any] = []
        executor = LocalExecutor(work, lambda *told: results.append(told), concurrency, **options)
        executor.start(range(count))  # type: ignore[arg-type]
        executor.join()
        return results

    return run


def test_each_trial_is_told_of_exactly_once(run: Callable[..., list[Any]]) -> None:
    async def work(number: int) -> int:
        await asyncio.sleep(0.001 * (number % 3))
        return number

    results = run(work, 50)
    assert sorted(results) == [(number, number) for number in range(50)]


def test_no_more_run_at_once_than_allowed_and_that_many_do(run: Callable[..., list[Any]]) -> None:
    live = peak = 0

    async def work(number: int) -> None:
        nonlocal live, peak
        live += 1
        peak = max(peak, live)
        await asyncio.sleep(0.005)
        live -= 1

    run(work, 20, concurrency=6)
    assert peak == 6


def test_they_start_in_order(run: Callable[..., list[Any]]) -> None:
    started: list[TrialSpec] = []

    async def work(number: int) -> None:
        await asyncio.sleep(0)

    run(work, 20, on_start=started.append)
    assert started == list(range(20))


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(3), KeyboardInterrupt()])
def test_what_a_trial_raises_is_told_and_stops_no_other(
    run: Callable[..., list[Any]], error: BaseException
) -> None:
    async def work(number: int) -> int:
        if number == 3:
            raise error
        return number

    results = dict(run(work, 6))
    assert results == {0: 0, 1: 1, 2: 2, 3: error, 4: 4, 5: 5}


def test_a_trial_whose_start_cannot_be_announced_is_told_of(run: Callable[..., list[Any]]) -> None:
    async def work(number: int) -> int:
        return number

    def announce(number: Any) -> None:
        if number == 1:
            raise RuntimeError("no listener")

    results = dict(run(work, 3, on_start=announce))
    assert isinstance(results[1], RuntimeError)
    assert results[2] == 2


def test_a_task_of_the_agents_own_that_exits_leaves_the_others_running(run: Callable[..., list[Any]]) -> None:
    async def leave() -> None:
        raise SystemExit(1)

    async def work(number: int) -> int:
        if number == 0:
            await asyncio.gather(asyncio.create_task(leave()), return_exceptions=True)
        await asyncio.sleep(0.01)
        return number

    assert {1: 1, 2: 2, 3: 3}.items() <= dict(run(work, 4)).items()


@pytest.fixture
def hanging() -> Iterator[tuple[LocalExecutor, list[Any]]]:
    results: list[Any] = []

    async def work(number: Any) -> int:
        if number >= 2:
            await asyncio.sleep(600)
        return number

    executor = LocalExecutor(work, lambda *told: results.append(told), 4)  # type: ignore[arg-type]
    executor.start(range(10))  # type: ignore[arg-type]
    while len(results) < 2:
        time.sleep(0.005)
    yield executor, results
    executor.cancel()


def test_cancelling_ends_what_runs_and_starts_nothing_more(hanging: tuple[LocalExecutor, list[Any]]) -> None:
    executor, results = hanging
    executor.cancel()
    assert not executor.is_alive
    assert [number for number, _ in results] == [0, 1, 2, 3, 4, 5]
    assert all(isinstance(result, asyncio.CancelledError) for _, result in results[2:])


def test_each_trial_has_context_variables_of_its_own(run: Callable[..., list[Any]]) -> None:
    name: ContextVar[int] = ContextVar("name", default=-1)

    async def work(number: int) -> int:
        before = name.get()
        name.set(number)
        await asyncio.sleep(0)
        return before

    assert {result for _, result in run(work, 10)} == {-1}


def test_who_was_not_told_to_end_is_waited_for_and_who_goes_on_all_the_same_is_given_up() -> None:
    """A trial that stands in line has its limit stand still; one that swallows its cancellation has none."""

    async def work(name: str) -> str:
        if name == "swallows":
            asyncio.current_task().cancel()  # type: ignore[union-attr]
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
        await asyncio.sleep(2 * BEAT_S + 0.2 if name == "waits" else 30)
        return "done"

    results: list[Any] = []
    executor = LocalExecutor(work, lambda *told: results.append(told), 2, longest_s=lambda spec: 0.0)  # type: ignore[arg-type]
    executor.grace_s = 0.2
    executor.start(["waits", "swallows"])  # type: ignore[arg-type]
    executor.join()

    told: dict[str, Any] = dict(results)
    assert told["waits"] == "done"
    assert isinstance(told["swallows"], AgentError)
