"""What surrounds a model call, outermost first:

    fallback    another model, where this one cannot answer (off unless asked for)
    cassette    a recorded answer takes no turn, cannot fail, and costs nothing
    retries     each try is a call of its own for everything below
    chaos       trouble put in on purpose; it fills no limit and trips no breaker
    breaker     no call to who is out of order; it does not wait in line to learn that
    limits      calls at once, calls and tokens per minute: of calls that are really made
    provider    sends the call and prices the answer

The reference policy and scripted providers are called as they are, unless a setting names them or chaos is
asked for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from pytest_arc.domain.calls import CallOptions, Injection
from pytest_arc.errors import UsageError
from pytest_arc.extras import require
from pytest_arc.providers import Provider
from pytest_arc.providers.upkeep import Upkeep

if TYPE_CHECKING:
    from pytest_arc.providers.breaker import SharedBreaker
    from pytest_arc.providers.limits import Limits
    from pytest_arc.providers.redis_state import SharedState

__all__ = ["Calling"]

_log = logging.getLogger(__name__)


class Calling:
    """How the models of one run are called, and what their limits and circuits have come to."""

    def __init__(
        self,
        upkeep: Upkeep,
        models: Mapping[str, CallOptions] | None = None,
        inject: Injection | None = None,
        redis_url: str | None = None,
    ) -> None:
        """Raises UsageError for an address that is none of Redis, and where an extra is missing."""
        self._upkeep = upkeep
        self._models = dict(models or {})
        self._inject = inject
        self._shared = None if redis_url is None else _connect(redis_url, upkeep)
        self._limits: dict[str, Limits] = {}
        self._breakers: dict[str, SharedBreaker] = {}

    def guard(self, provider: Provider, model: str, base_url: str | None) -> Provider:
        """`provider` with tries, chaos, breaker and limits around it, as far as they are asked for.

        Raises MissingExtra.
        """
        table = self._find_table(model)
        if table is None and self._inject is None:
            return provider
        # Small, but not everybody's: those who call no model need not have them.
        require("tenacity", "models")
        from pytest_arc.providers.retries import RetryLayer

        options = CallOptions() if table is None else self._models.get(table, CallOptions())
        if table is not None:
            provider = self._add_limits(provider, table, options)
            provider = self._add_breaker(provider, model if base_url is None else f"{model} at {base_url}")
        if self._inject is not None:
            from pytest_arc.providers.chaos import ChaosLayer

            provider = ChaosLayer(provider, model, self._inject, self._upkeep)
        return RetryLayer(provider, options.retries, self._upkeep)

    def list_fallbacks(self, model: str) -> tuple[str, ...]:
        """Who answers, in this order, when `model` cannot."""
        table = self._find_table(model)
        return () if table is None else self._models.get(table, CallOptions()).fallback

    def add_fallback(self, provider: Provider, model: str, make: Callable[[str], Provider]) -> Provider:
        """`provider`, and those that `make` makes of the models which stand in for it."""
        names = self.list_fallbacks(model)
        if not names:
            return provider
        from pytest_arc.providers.fallback import FallbackLayer

        return FallbackLayer(model, provider, names, make, self._upkeep)

    def find_breaker(self, place: str) -> SharedBreaker:
        """The circuit of a model's place, or of a tool that reaches for something outside."""
        if place not in self._breakers:
            from pytest_arc.providers.breaker import SharedBreaker

            self._breakers[place] = SharedBreaker(place, self._shared, partial(self._count_trip, place))
        return self._breakers[place]

    def _count_trip(self, place: str) -> None:
        self._upkeep.counts["breaker trips"] += 1
        told = {"event": "breaker_opened"}
        _log.info("no more calls to %s for now: it failed again and again", place, extra={"arc": told})

    def _find_table(self, model: str) -> str | None:
        """Whose options are those of `model`; None when it is called without ado."""
        family = f"{model.partition(':')[0]}:*"
        for name in (model, family):
            if name in self._models:
                return name
        return model if ":" in model else None

    def _add_limits(self, provider: Provider, table: str, options: CallOptions) -> Provider:
        if not options.limits:
            return provider
        require("pyrate_limiter", "models")
        from pytest_arc.providers.limits import Limits, LimitsLayer

        if table not in self._limits:
            self._limits[table] = Limits(table, options, self._shared)
        return LimitsLayer(provider, self._limits[table])

    def _add_breaker(self, provider: Provider, place: str) -> Provider:
        from pytest_arc.providers.breaker import BreakerLayer

        return BreakerLayer(provider, self.find_breaker(place))


def _connect(url: str, upkeep: Upkeep) -> SharedState:
    require("redis", "redis")
    from pytest_arc.providers.redis_state import SharedState

    try:
        return SharedState(url, upkeep)
    except ValueError as error:
        raise UsageError(f"ARC_REDIS_URL is not an address of Redis: {error}") from None
