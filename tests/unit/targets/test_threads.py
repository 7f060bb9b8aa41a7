"""Who does the work of agents that are plain functions."""

from __future__ import annotations

import asyncio
import threading

from pytest_arc.targets.threads import lend_thread, run_in_thread


async def _name_threads(jobs: int) -> set[int]:
    return {await run_in_thread(threading.get_ident) for _ in range(jobs)}


def test_lent_thread_does_every_job_although_an_earlier_run_left_idle_ones() -> None:
    left = asyncio.run(_name_threads(1))

    assert lend_thread(lambda: asyncio.run(_name_threads(50))) == {threading.get_ident()}
    assert asyncio.run(_name_threads(1)).isdisjoint({threading.get_ident()})
    assert left.isdisjoint({threading.get_ident()})
