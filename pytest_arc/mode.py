"""How a face wants trials to be made, and what that means for the executor."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pytest_arc.domain.plan import Plan
from pytest_arc.domain.settings import Settings
from pytest_arc.executors.body import BodyOptions
from pytest_arc.executors.executor import choose_executor
from pytest_arc.executors.stream import StreamOptions
from pytest_arc.providers.cassettes.recorder import Repetition
from pytest_arc.providers.services import Services
from pytest_arc.redaction import Redactor
from pytest_arc.trial import TrialOptions

__all__ = ["SessionMode", "choose_options"]


@dataclass(frozen=True, slots=True)
class SessionMode:
    """How the face wants trials to be run."""

    inline: bool = False
    """One after the other on the calling thread, when a case is waited for: for a debugger."""
    reraise: bool = False
    """Inline: let the exception of the agent's own code through."""
    route_output: bool = True
    """Keep what agents print per trial; off with `-s`."""
    repeat: Repetition | None = None
    """The trial of an earlier run whose answers are replayed: no provider is asked."""
    recordings: Path | None = None
    """Where answers of providers are recorded, if not below the folder of runs."""
    window: int | None = None
    """At most so many trials ahead, whatever the concurrency: for runs that stop at the first failure."""
    ahead: frozenset[str] | None = None
    """Ids of the cases whose trials begin at once; those of others begin when the case is waited for, or
    are made elsewhere and received. None: all."""
    part: Path | None = None
    """The folder where a part of another process's run is written: that process decides its gates."""
    folder: Path | None = None
    """The folder of the run, where it has been reserved."""
    workers: int = 0
    """Processes that make the planned trials of this run together. One that writes a part takes no more than
    its share of the trials at once; one that does not takes no planned trial itself."""
    fraction: float = 1.0
    """The part of every budget that this process may use."""

    @property
    def makes_planned(self) -> bool:
        """Whether trials of the plan are made here, and not only fresh ones."""
        return self.ahead is None or bool(self.ahead) or self.part is not None


def choose_options(
    plan: Plan, settings: Settings, mode: SessionMode, services: Services, redactor: Redactor
) -> StreamOptions:
    """What the trials of a run are made with.

    Of several processes that make them together, each takes its share at once.
    """
    executor = choose_executor(None if mode.inline else settings.executor)
    suitable = min((agent.profile.target.default_concurrency for agent in plan.agents), default=1)
    wanted = settings.concurrency or executor.choose_concurrency(plan, suitable)
    if mode.part is not None:
        wanted = max(1, wanted // max(1, mode.workers))
    trial = TrialOptions(
        real_time=settings.real_time,
        watchdog=not mode.inline,
        reraise=mode.reraise,
        redact=redactor.text,
    )
    return StreamOptions(
        BodyOptions(trial, settings.attempts, mode.route_output, services),
        concurrency=min(wanted, mode.window or wanted),
        inline=mode.inline,
        executor=executor,
    )
