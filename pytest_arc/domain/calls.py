"""How models are called: limits, tries, stand-ins, and trouble put in on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from pytest_arc.domain.frozen import Frozen

__all__ = ["CallOptions", "Injection", "InjectionKind", "ReadInjection", "divide_limits"]


class CallOptions(Frozen):
    """One table of `[tool.pytest-arc.models]`: of a model or, with a name such as `openai:*`, of all models
    of a provider, which then share its limits.
    """

    concurrency: int | None = Field(default=None, ge=1)
    """Calls at the same time, in each process."""
    requests_per_minute: int | None = Field(default=None, ge=1)
    tokens_per_minute: int | None = Field(default=None, ge=1)
    """Input and output together."""
    retries: int = Field(default=2, ge=0, le=10)
    """Tries of a call after the first, where another one may help."""
    fallback: tuple[str, ...] = ()
    """Models that answer, in this order, when this one cannot. Such a trial is not counted."""

    @property
    def limits(self) -> Mapping[str, int]:
        """Name of each limit that is set -> calls or tokens."""
        limits = {name: getattr(self, name) for name in _LIMITS}
        return {name: limit for name, limit in limits.items() if limit is not None}


_LIMITS = ("concurrency", "requests_per_minute", "tokens_per_minute")


def divide_limits(models: Mapping[str, CallOptions], processes: int) -> Mapping[str, CallOptions]:
    """What each of several processes may do that call the same models and know nothing of each other: an
    equal part of every limit, rounded down, and at least 1. Where limits are shared in Redis there is nothing
    to divide.
    """

    def divide(options: CallOptions) -> CallOptions:
        parts = {name: max(1, limit // processes) for name, limit in options.limits.items()}
        return options.model_copy(update=parts)

    return models if processes <= 1 else {name: divide(options) for name, options in models.items()}


InjectionKind = Literal["error", "overloaded", "rate_limit", "timeout", "connection"]


class Injection(Frozen):
    """Calls of providers that fail on purpose: `p=0.05`, or `p=0.05,kind=timeout`."""

    p: float = Field(ge=0, le=1)
    """Probability, for each try of a call."""
    kind: InjectionKind | None = None
    """None: any kind, each as likely."""


def _read_injection(value: Any) -> Any:
    """`p=0.05,kind=timeout`, as it is written on a command line; or the probability alone."""
    if not isinstance(value, str):
        return value
    parts = [part.partition("=") for part in value.split(",")]
    options = {
        name.strip() if mark else "p": (given if mark else name).strip() for name, mark, given in parts
    }
    if "p" not in options or not options.keys() <= {"p", "kind"}:
        raise PydanticCustomError("injection", "'p=0.05' or 'p=0.05,kind=timeout'")
    return options


ReadInjection = BeforeValidator(_read_injection)
