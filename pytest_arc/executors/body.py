"""What makes one trial, wherever it is made: here, in another process, in a container."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pytest_arc.domain.plan import TrialSpec
from pytest_arc.domain.result import TrialResult
from pytest_arc.executors.output import TrialOutput, capture_trial
from pytest_arc.providers.services import Services, enter_services
from pytest_arc.trial import TrialOptions, run_trial

__all__ = ["BodyOptions", "limit_attempts", "perform_trial"]


@dataclass(frozen=True, slots=True)
class BodyOptions:
    """How trials are made."""

    trial: TrialOptions
    attempts: int = 1
    """Tries of a trial when the trouble is not the agent's."""
    route_output: bool = True
    """Keep what agents print, for each trial; `output.route_output` is to be entered around all of them."""
    services: Services = field(default_factory=Services)
    """What the model calls of the run share; who made them closes them."""


async def perform_trial(spec: TrialSpec, options: BodyOptions) -> TrialResult:
    """Try again, with the same seed, what failed for reasons that are not the agent's.

    To be called in a task of its own: what belongs to the trial is set in its context.
    """
    output = capture_trial() if options.route_output else TrialOutput()
    enter_services(options.services)
    result = await run_trial(spec, options.trial)
    for attempt in range(spec.attempt + 1, limit_attempts(spec, options.attempts) + 1):
        if result.outcome != "errored":
            break
        again = await run_trial(replace(spec, attempt=attempt), options.trial)
        result = again.follow(result)
    printed = output.read()
    return replace(result, output=printed) if printed else result


def limit_attempts(spec: TrialSpec, attempts: int) -> int:
    """How often a trial is tried at most: what is computed comes out the same every time."""
    is_determined = spec.case.profile.target.deterministic and not spec.case.asks_models
    return 1 if is_determined else attempts
