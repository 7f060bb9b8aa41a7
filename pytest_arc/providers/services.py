"""What all model calls of one run share: limits, recordings, prices, and what is to be closed at its end."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_arc.providers.catalog import Catalog, load_bundled_catalog
from pytest_arc.providers.upkeep import Upkeep
from pytest_arc.scope import TrialScope

if TYPE_CHECKING:
    from pytest_arc.providers.cassettes.recorder import Recorder
    from pytest_arc.providers.layers import Calling

__all__ = [
    "Services",
    "current_catalog",
    "current_services",
    "enter_services",
    "find_base_url",
    "use_services",
]


@dataclass(slots=True, eq=False)
class Services(Upkeep):
    """One per run. As it is made, it adds nothing to a call: no limits, no recording, no chaos."""

    catalog: Catalog | None = None
    """What models can do and cost; None: as the list of this package says."""

    recorder: Recorder | None = None
    """What records calls and replays them; None: every call is live, and nothing is kept."""
    redirect: Callable[[TrialScope], AbstractContextManager[Mapping[str, str]]] | None = None
    """Leads the programs of a trial to a base URL that records, once one is asked for: variables for them."""

    calling: Calling | None = None
    """Limits, tries, breakers, stand-ins and chaos; None: each call is made as it is, once."""

    traced: bool = False
    """Model calls are noted in the scope of their trial, for telemetry."""


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


def current_catalog() -> Catalog:
    """The models that this run knows of."""
    return current_services().catalog or load_bundled_catalog()


def find_base_url(model: str) -> str | None:
    """Where this run's list of models says that `provider:model` is; None for its provider's own address."""
    entry = current_catalog().find(model)
    return entry.base_url if entry else None
