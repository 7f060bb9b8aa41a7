"""One of several processes that share what they know in Redis. Prints, as JSON, when its calls were made:
on a clock that all processes of a machine have in common.

`crowd` makes calls that take a while, as many at once as it may; `hang` calls that never end, with
places that come back soon."""

from __future__ import annotations

import asyncio
import json
import sys
import time

from pytest_arc.domain.calls import CallOptions
from pytest_arc.errors import ProviderError
from pytest_arc.providers import ChatMessage, Provider, Reply, Request, places
from pytest_arc.providers.layers import Calling
from pytest_arc.providers.services import Services

HELLO = Request(messages=(ChatMessage(role="user", text="hello"),))


class Noting:
    def __init__(self, is_up: bool, latency_s: float) -> None:
        self._is_up = is_up
        self._latency_s = latency_s
        self.called_s: list[float] = []
        self.ended_s: list[float] = []

    async def complete(self, request: Request) -> Reply:
        self.called_s.append(time.monotonic())
        if self._latency_s:
            await asyncio.sleep(self._latency_s)
        self.ended_s.append(time.monotonic())
        if self._is_up:
            return Reply(text="hello")
        raise ProviderError("down", cause="down", status=503, is_transient=True)


async def call(provider: Provider) -> str:
    try:
        await provider.complete(HELLO)
    except ProviderError as error:
        return error.cause
    return "answered"


LATENCIES_S = {"crowd": 0.05, "hang": 3600.0}


async def work(url: str, what: str, count: int) -> None:
    services = Services()
    options = CallOptions(
        requests_per_minute=1200 if what == "limit" else None,
        concurrency=3 if what in LATENCIES_S else None,
        retries=0,
    )
    if what == "hang":
        places.LEASE_S, places.RENEW_EVERY_S = 4.0, 0.5
    calling = Calling(services, {"test:model": options}, redis_url=url)
    noting = Noting(is_up=what != "break", latency_s=LATENCIES_S.get(what, 0.0))
    provider = calling.guard(noting, "test:model", None)
    if what in LATENCIES_S:
        told = await asyncio.gather(*(call(provider) for _ in range(count)))
    else:
        told = [await call(provider) for _ in range(count)]
    services.close()
    noted = {"called_s": noting.called_s, "ended_s": noting.ended_s}
    print(json.dumps({**noted, "told": told, "warnings": services.warnings}))


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2], int(sys.argv[3])))
