"""Calls that fail on purpose, by the trial's seed: `--arc-inject p=0.05,kind=timeout`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import get_args

from pytest_arc.domain.calls import Injection, InjectionKind
from pytest_arc.errors import ProviderError
from pytest_arc.fingerprint import stream
from pytest_arc.providers import Provider, Reply, Request
from pytest_arc.providers.upkeep import Upkeep
from pytest_arc.scope import current_purpose, current_scope

__all__ = ["ChaosLayer"]


class ChaosLayer:
    """Below the tries; above breaker and limits, which count what is real."""

    def __init__(self, inner: Provider, name: str, injection: Injection, upkeep: Upkeep) -> None:
        self._inner = inner
        self._name = name
        self._injection = injection
        self._upkeep = upkeep

    async def complete(self, request: Request) -> Reply:
        """Raises ProviderError where chance has it, and what the provider raises elsewhere."""
        scope = current_scope()
        purpose = current_purpose()
        if scope is None:
            chance = stream(request.seed, "inject", purpose, request.call)
        else:
            # Each try is a call of its own here: had they one chance, none would ever help.
            number = scope.count(("inject", purpose))
            chance = stream(scope.seed, "inject", purpose, scope.attempt, number)
        if chance.random() >= self._injection.p:
            return await self._inner.complete(request)
        self._upkeep.counts["injected"] += 1
        raise _FAILURES[self._injection.kind or chance.choice(get_args(InjectionKind))](self._name)


def _make(what: str, status: int | None = None) -> Callable[[str], ProviderError]:
    def make(name: str) -> ProviderError:
        cause = f"injected: {what} from {name}"
        # No time is lost on waiting for a server that is not there.
        return ProviderError(cause, cause=cause, status=status, is_transient=True, retry_after_s=0.0)

    return make


_FAILURES: Mapping[InjectionKind, Callable[[str], ProviderError]] = {
    "error": _make("HTTP 500", 500),
    "overloaded": _make("HTTP 529", 529),
    "rate_limit": _make("HTTP 429", 429),
    "timeout": _make("no answer in time"),
    "connection": _make("no connection"),
}
