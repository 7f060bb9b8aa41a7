"""Other models that answer when one cannot. Whoever answers, it is said."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from pytest_arc.errors import ProviderError
from pytest_arc.providers import Provider, Reply, Request
from pytest_arc.providers.breaker import CircuitOpen
from pytest_arc.providers.upkeep import Upkeep
from pytest_arc.scope import current_purpose, current_scope

__all__ = ["FallbackLayer"]

_log = logging.getLogger(__name__)


class FallbackLayer:
    """Asks the next model of a chain when the ones before it fail with trouble that may pass.

    A wrong key or a request that is refused is for people to put right: it goes through.
    """

    def __init__(
        self,
        name: str,
        inner: Provider,
        others: Sequence[str],
        make: Callable[[str], Provider],
        upkeep: Upkeep,
    ) -> None:
        self._name = name
        self._inner = inner
        self._others = others
        self._make = make
        self._upkeep = upkeep

    async def complete(self, request: Request) -> Reply:
        """Raises what the last model of the chain raised."""
        try:
            return await self._inner.complete(request)
        except ProviderError as error:
            if not (error.is_transient or isinstance(error, CircuitOpen)):
                raise
            trouble = error
        for name in self._others:
            try:
                reply = await self._make(name).complete(request)
            except ProviderError as error:
                trouble = error
            else:
                self._attribute(name, trouble)
                return reply
        raise trouble

    def _attribute(self, name: str, trouble: ProviderError) -> None:
        """Say whose answer this is, to the trial and to the run."""
        who = {"agent": "the agent's model"}.get(current_purpose(), f"the model of the {current_purpose()}")
        self._upkeep.counts["fallbacks"] += 1
        told = {"event": "fallback", "model": name}
        _log.info(
            "%s answered for %s, %s, after %s", name, who, self._name, trouble.cause, extra={"arc": told}
        )
        scope = current_scope()
        if scope is not None and not scope.stand_in:
            scope.stand_in = f"{name} answered for {who}, {self._name}, after {trouble.cause}"
