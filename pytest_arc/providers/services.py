"""What all model calls of one run share: limits, recordings, prices, and what is to be closed at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_arc.providers.cassettes.proxy import RecordingProxy
    from pytest_arc.providers.cassettes.recorder import Recorder
    from pytest_arc.providers.catalog import Catalog
    from pytest_arc.providers.layers import Calling

__all__ = ["Services", "current_services", "enter_services", "use_services"]


@dataclass(slots=True, eq=False)
class Services:
    """One per run. As it is made, it adds nothing to a call: no limits, no recording, no chaos."""

    counts: Counter[str] = field(default_factory=Counter[str])
    """What happened how often in this run, such as `retries` and `breaker trips`; for reports."""
    warnings: list[str] = field(default_factory=list[str])
    """What the user is to hear at the end of the run, each once."""
    closing: ExitStack = field(default_factory=ExitStack)
    """What is to be closed when the run ends: `services.closing.callback(store.close)`."""

    catalog: Catalog | None = None
    """What models can do and cost; None: as the list of this package says."""

    recorder: Recorder | None = None
    """What records calls and replays them; None: every call is live, and nothing is kept."""
    proxy: RecordingProxy | None = None
    """The base URL of agents in other processes, once one is asked for."""

    calling: Calling | None = None
    """Limits, tries, breakers, stand-ins and chaos; None: each call is made as it is, once."""

    traced: bool = False
    """Model calls are noted in the scope of their trial, for telemetry."""

    def warn(self, message: str) -> None:
        """Tell the user at the end of the run, once however often it is said."""
        if message not in self.warnings:
            self.warnings.append(message)

    def close(self) -> None:
        """Close everything, what was opened last first. Called once, when no call is under way any more."""
        self.closing.close()


_NONE = Services()
_CURRENT: ContextVar[Services] = ContextVar("pytest_arc_services", default=_NONE)


def current_services() -> Services:
    """The services of the run that this code belongs to; outside of runs, services that add nothing."""
    return _CURRENT.get()


def enter_services(services: Services) -> None:
    """Let the rest of this task, and what it starts, use these services."""
    _CURRENT.set(services)


@contextmanager
def use_services(services: Services) -> Generator[Services]:
    """Let what runs inside the `with` block use these services, and the tasks it starts.

    A new thread does not inherit them (see `contextvars`). They stay open: who made them closes them.
    """
    token = _CURRENT.set(services)
    try:
        yield services
    finally:
        _CURRENT.reset(token)
