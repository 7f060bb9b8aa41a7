"""One of several processes that share what they know in Redis. Prints, as JSON, when its calls were made:
on a clock that all processes of a machine have in common."""

from __future__ import annotations

import asyncio
import json
import sys
import time

from pytest_arc.domain.calls import CallOptions
from pytest_arc.errors import ProviderError
from pytest_arc.providers import ChatMessage, Provider, Reply, Request
from pytest_arc.providers.layers import Calling
from pytest_arc.providers.services import Services

HELLO = Request(messages=(ChatMessage(role="user", text="hello"),))


class Noting:
    def __init__(self, is_up: bool) -> None:
        self._is_up = is_up
        self.called_s: list[float] = []

    async def complete(self, request: Request) -> Reply:
        self.called_s.append(time.monotonic())
        if self._is_up:
            return Reply(text="hello")
        raise ProviderError("down", cause="down", status=503, is_transient=True)


async def call(provider: Provider) -> str:
    try:
        await provider.complete(HELLO)
    except ProviderError as error:
        return error.cause
    return "answered"


async def work(url: str, what: str, count: int) -> None:
    services = Services()
    options = CallOptions(requests_per_minute=1200 if what == "limit" else None, retries=0)
    calling = Calling(services, {"test:model": options}, redis_url=url)
    noting = Noting(is_up=what == "limit")
    provider = calling.guard(noting, "test:model", None)
    told = [await call(provider) for _ in range(count)]
    services.close()
    print(json.dumps({"called_s": noting.called_s, "told": told, "warnings": services.warnings}))


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2], int(sys.argv[3])))
