"""Which trial a piece of work belongs to: for whatever is recorded, limited or traced along the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Hashable
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from secrets import token_hex

from pytest_arc.errors import TrialError

__all__ = [
    "ModelCall",
    "TrialScope",
    "current_purpose",
    "current_scope",
    "enter_purpose",
    "enter_scope",
    "redact",
    "wait_aside",
]


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One call of a model, for telemetry."""

    purpose: str
    model: str
    """As it was asked for."""
    answered_by: str
    """As the provider names it; empty when it did not answer."""
    started_s: float
    """Since the epoch, as `ended_s`."""
    ended_s: float
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    error: str = ""
    """The type of what was raised instead of an answer."""


@dataclass
class TrialScope:
    """One attempt at one trial. Tasks and threads that a trial starts inherit it."""

    # Every trial has one, and most need nothing of it: what takes time to make is made when it is asked for,
    # and what nearly always keeps its default is no parameter.

    case: str
    """Case id: agent, scenario and row."""
    scenario: str
    """Scenario id with its row."""
    trial: int
    """Counted from 1."""
    attempt: int
    seed: int
    redact: Callable[[str], str] = str
    """Takes secrets out of a text."""
    wait_aside: Callable[[], AbstractContextManager[None]] = nullcontext
    """Stops the clock and the limit of the trial inside, while the agent waits for its turn."""
    trouble: TrialError | None = field(default=None, init=False)
    """Trouble that is not the agent's and that its code may have swallowed: it decides about the trial."""
    live_calls: int = field(default=0, init=False)
    """Calls that were really sent to a provider, as far as they are watched."""
    replayed_calls: int = field(default=0, init=False)
    """Calls that were answered from a recording."""
    answers: set[str] = field(default_factory=set[str], init=False)
    """What is unique to each recorded answer that this attempt was given, be it live or replayed."""
    stand_in: str = field(default="", init=False)
    """Which other model answered in place of one that could not, and why; empty while none did."""

    @cached_property
    def trace_id(self) -> str:
        """32 hexadecimal digits, drawn anew for every attempt: the trace id of W3C Trace Context, by which
        spans of other processes are known to belong here, and the session id that an agent elsewhere is
        given."""
        return token_hex(16)

    @cached_property
    def model_calls(self) -> list[ModelCall]:
        """What was asked of models, where the run sends telemetry."""
        return []

    @cached_property
    def _seen(self) -> Counter[Hashable]:
        return Counter()

    def count(self, key: Hashable) -> int:
        """How often `key` has come up in this attempt, this time included: 1 at first."""
        self._seen[key] += 1
        return self._seen[key]

    def uncount(self, key: Hashable) -> None:
        """Take one count of `key` back: what was counted came to nothing."""
        self._seen[key] -= 1

    @property
    def is_replayed(self) -> bool:
        """Whether all calls were answered from recordings, so that nothing was paid for."""
        return self.replayed_calls > 0 and not self.live_calls


_CURRENT: ContextVar[TrialScope | None] = ContextVar("pytest_arc_trial", default=None)
_PURPOSE: ContextVar[str] = ContextVar("pytest_arc_purpose", default="agent")


def current_scope() -> TrialScope | None:
    """The trial that this code runs for; None outside of trials."""
    return _CURRENT.get()


def redact(text: str) -> str:
    """A text without the secrets that the run knows. To be done before it is cut: half of one is not seen."""
    scope = _CURRENT.get()
    return text if scope is None else scope.redact(text)


def current_purpose() -> str:
    """Who asks a model: `agent`, `user`, `judge`, `judge 2` for its second vote, `judge 2 again`."""
    return _PURPOSE.get()


def enter_scope(scope: TrialScope) -> None:
    """Let the rest of this task, and what it starts, belong to a trial."""
    _CURRENT.set(scope)


@contextmanager
def enter_purpose(purpose: str) -> Generator[None]:
    """Say who asks, for the models that this task, and what it starts, call inside."""
    token = _PURPOSE.set(purpose)
    try:
        yield
    finally:
        _PURPOSE.reset(token)


def wait_aside() -> AbstractContextManager[None]:
    """Wait inside without using up the trial's time: for a limit to make room, or to try a call again."""
    scope = current_scope()
    # Time that users and judges take is none of the trial's anyway.
    return nullcontext() if scope is None or current_purpose() != "agent" else scope.wait_aside()
