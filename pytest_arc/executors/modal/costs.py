"""What a run in containers takes and costs: estimated before it, and from its containers' times after it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pytest_arc.domain.calls import CallOptions
from pytest_arc.domain.forecast import TrialPace
from pytest_arc.domain.plan import AgentPlan

__all__ = [
    "Bill",
    "Forecast",
    "Load",
    "Rates",
    "advise",
    "describe_bill",
    "describe_forecast",
    "find_limit",
    "forecast_run",
]

RATES_OF = "November 2026"
BOOT_S = 4.0
"""From asking for a container to its first trial: mostly imports of Python."""
IDLE_S = 60.0
"""How long Modal keeps a container that has nothing to do."""
MIN_CPU, MIN_MEMORY_MB = 0.125, 128
"""What Modal reserves for a container that asks for nothing."""
BUSY = 0.5
"""Below this share of their time with work, fewer containers would do."""


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars, by Modal's list; `modal billing rates` shows those of a workspace."""

    core_s: float = 0.0000131
    """A physical core for a second."""
    gib_s: float = 0.00000222
    """A GiB of memory for a second."""

    def price(self, container_s: float, cpu: float | None, memory_mb: int | None) -> float:
        """Of what is reserved. What a container uses beyond that is billed too, and not known here."""
        cores = max(cpu or 0.0, MIN_CPU)
        gib = max(memory_mb or 0, MIN_MEMORY_MB) / 1024
        return container_s * (cores * self.core_s + gib * self.gib_s)


@dataclass(frozen=True, slots=True)
class Load:
    """One agent's part of a run."""

    trials: int
    pace: TrialPace
    limit: tuple[str, CallOptions] | None = None
    """Whose calls are limited, as the settings name it, and how."""

    @property
    def limited_s(self) -> float:
        """How long its calls take under their limits, wherever they are made."""
        if self.limit is None:
            return 0.0
        options = self.limit[1]
        calls, tokens = self.trials * max(1.0, self.pace.model_calls), self.trials * self.pace.tokens
        return max(
            60 * calls / options.requests_per_minute if options.requests_per_minute else 0.0,
            60 * tokens / options.tokens_per_minute if options.tokens_per_minute else 0.0,
            self.trials * self.pace.time_s / options.concurrency if options.concurrency else 0.0,
        )


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run is expected to take."""

    trials: int
    containers: int
    wall_s: float
    cost_usd: float
    local_s: float
    """How long it would take in this process."""
    limit: str = ""
    """Whose limits are what it takes so long for, here and there; empty where none are."""


def find_limit(agent: AgentPlan, models: Mapping[str, CallOptions]) -> tuple[str, CallOptions] | None:
    """The limits of the model that an agent calls, by its own table or its provider's."""
    model = str(getattr(agent.profile.target, "model", ""))
    names = [name for name in (model, f"{model.partition(':')[0]}:*") if name in models]
    return (names[0], models[names[0]]) if names else None


def forecast_run(
    loads: Sequence[Load],
    containers: int,
    inputs: int,
    local_concurrency: int,
    cpu: float | None = None,
    memory_mb: int | None = None,
) -> Forecast:
    """By the number of trials, and how long those of an earlier run took."""
    trials = sum(load.trials for load in loads)
    work_s = sum(load.trials * load.pace.time_s for load in loads)
    slowest = max(loads, key=lambda load: load.limited_s)
    needed = max(1, min(containers, math.ceil(trials / inputs)))
    trial_s = work_s / trials
    local_s = max(math.ceil(trials / local_concurrency) * trial_s, slowest.limited_s)
    wall_s = BOOT_S + max(math.ceil(trials / (needed * inputs)) * trial_s, slowest.limited_s)
    is_bound = slowest.limit is not None and slowest.limited_s >= local_s
    return Forecast(
        trials,
        needed,
        wall_s,
        Rates().price(needed * wall_s, cpu, memory_mb),
        local_s,
        slowest.limit[0] if is_bound and slowest.limit else "",
    )


def describe_forecast(forecast: Forecast) -> list[str]:
    """What is said before a run."""
    wall, here = _say_time(forecast.wall_s), _say_time(forecast.local_s)
    lines = [
        f"modal: {_count(forecast.trials, 'trial')} in {_count(forecast.containers, 'container')}:"
        f" about {wall}, {_say_money(forecast.cost_usd)} (estimate); here about {here}"
    ]
    if forecast.limit:
        lines.append(
            f"modal gains nothing: the limits of {forecast.limit} take {here} here too (--arc-executor local)"
        )
    elif forecast.wall_s >= forecast.local_s:
        lines.append("modal gains nothing: trials so few or short take less time here (--arc-executor local)")
    return lines


@dataclass(slots=True)
class Bill:
    """The times of the containers of one run, by what they have told."""

    trials: int = 0
    trials_s: float = 0.0
    """All trials, one after the other."""
    containers: dict[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    """When the first trial of each began and its last one ended, in seconds since the epoch."""

    def add(self, container: str, started_s: float, ended_s: float) -> None:
        """Count one trial."""
        first, last = self.containers.get(container, (started_s, ended_s))
        self.containers[container] = min(first, started_s), max(last, ended_s)
        self.trials += 1
        self.trials_s += ended_s - started_s

    @property
    def wall_s(self) -> float:
        """From the begin of the first trial to the end of the last one."""
        spans = self._list_spans()
        return max(last for _, last in spans) - min(first for first, _ in spans) if spans else 0.0

    def count_container_s(self, end_s: float) -> float:
        """Seconds of all containers until the app ended, with those in which they started and idled."""
        return sum(
            BOOT_S + last - first + min(IDLE_S, max(0.0, end_s - last)) for first, last in self._list_spans()
        )

    def _list_spans(self) -> list[tuple[float, float]]:
        # A copy, made in one step: trials end in one thread while another one looks.
        return list(self.containers.values())


def describe_bill(bill: Bill, cost_usd: float) -> str:
    """What is said after a run."""
    times = bill.trials_s / bill.wall_s if bill.wall_s else 1.0
    gained = f"{times:.0f} times as fast" if times >= 1.5 else "no faster"
    return (
        f"{_count(bill.trials, 'trial')} in {_count(len(bill.containers), 'container')}"
        f" took {_say_time(bill.wall_s)}, one after the other {_say_time(bill.trials_s)}: {gained};"
        f" {_say_money(cost_usd)}, an estimate by Modal's list prices of {RATES_OF}"
        " for what containers reserve"
    )


def advise(bill: Bill, containers: int, inputs: int) -> str:
    """The one thing that would have made the run cheaper or faster; empty when nothing would have."""
    if not bill.wall_s:
        return ""
    slots = len(bill.containers) * inputs
    busy = bill.trials_s / (bill.wall_s * slots)
    if bill.wall_s < BOOT_S and len(bill.containers) > 1:
        return "cheaper: so short a run pays mostly for starting containers; executor.containers = 1 would do"
    if busy < BUSY and len(bill.containers) > 1:
        fewer = max(1, math.ceil(len(bill.containers) * busy))
        return (
            f"cheaper: containers had work {busy * 100:.0f} % of the time;"
            f" executor.containers = {fewer} takes about as long"
        )
    if len(bill.containers) >= containers and bill.trials > slots:
        more = math.ceil(bill.trials / inputs)
        return f"faster: all {containers} containers were busy; executor.containers can go up to {more}"
    return ""


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _say_money(usd: float) -> str:
    return "less than $0.01" if usd < 0.01 else f"about ${usd:,.2f}"


def _say_time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
