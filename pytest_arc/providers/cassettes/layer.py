"""Record and replay around `Provider.complete`."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pytest_arc.providers import Provider, Reply, Request
from pytest_arc.providers.services import current_services
from pytest_arc.scope import current_scope

__all__ = ["RecordedProvider", "is_recorded_above", "record_above"]

_RECORDED_ABOVE: ContextVar[bool] = ContextVar("pytest_arc_recorded_above", default=False)
_NO_ANSWER_OF_IT = {"seed", "call"}
"""What is told to a provider and asks nothing: it says which call of which trial this is."""


class RecordedProvider:
    """A provider whose answers are recorded and replayed as the run wants it; outside of trials, and in runs
    that record nothing, it is the provider alone.
    """

    def __init__(self, provider: Provider, identity: dict[str, Any]) -> None:
        """`identity` is what makes an answer another one besides the request: the model's name, its URL."""
        self._provider = provider
        self._identity = identity

    async def complete(self, request: Request) -> Reply:
        """Answer from the recording, or ask and record. Raises what the provider raises, and
        InfrastructureError for an answer that should be recorded and is not.
        """
        recorder, scope = current_services().recorder, current_scope()
        if recorder is None or scope is None:
            return await self._provider.complete(request)
        asked = request.model_dump(mode="json", exclude=_NO_ANSWER_OF_IT)
        call = recorder.open(scope, "model", {**self._identity, **asked})
        answer = call.replay()
        if answer is not None:
            return Reply.model_validate({**answer, "replayed": True})
        try:
            with record_above():
                reply = await self._provider.complete(request)
        except BaseException:
            call.drop()
            raise
        call.keep(reply.model_dump(mode="json", exclude={"replayed"}))
        return reply


@contextmanager
def record_above() -> Generator[None]:
    """What is sent inside is recorded as a whole by whoever calls this: not once more as HTTP."""
    token = _RECORDED_ABOVE.set(True)
    try:
        yield
    finally:
        _RECORDED_ABOVE.reset(token)


def is_recorded_above() -> bool:
    return _RECORDED_ABOVE.get()
