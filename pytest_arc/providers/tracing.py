"""Model calls as telemetry tells of them."""

from __future__ import annotations

import time

from pytest_arc.providers import Provider, Reply, Request
from pytest_arc.scope import ModelCall, current_purpose, current_scope

__all__ = ["TracedProvider"]


class TracedProvider:
    """Notes in the trial's scope when a model was called, and what that came to."""

    def __init__(self, provider: Provider, model: str) -> None:
        self._provider = provider
        self._model = model

    async def complete(self, request: Request) -> Reply:
        started_s, reply, error = time.time(), Reply(), ""
        try:
            reply = await self._provider.complete(request)
        except BaseException as raised:  # also one that is cancelled
            error = type(raised).__name__
            raise
        finally:
            scope = current_scope()
            if scope is not None:
                usage = reply.usage
                scope.model_calls.append(
                    ModelCall(
                        purpose=current_purpose(),
                        model=self._model,
                        answered_by=reply.model,
                        started_s=started_s,
                        ended_s=time.time(),
                        input_tokens=usage.input_tokens,
                        output_tokens=usage.output_tokens,
                        cost_usd=usage.cost_usd,
                        error=error,
                    )
                )
        return reply
