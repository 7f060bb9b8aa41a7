"""In which order the trials of an agent start, and after which of them its threshold gates look.

A fixed number of trials is one look at all of them. Where trials come in rounds, each round goes over all
scenarios in an order of its own, drawn from the run's seed. A gate decides on exactly the trials up to a
look, whatever else has finished: how fast a trial is has no part in the verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from pytest_arc.domain.plan import AgentPlan, Case
from pytest_arc.fingerprint import derive_seed
from pytest_arc.gates.selection import list_counted
from pytest_arc.stats import gate_looks

__all__ = ["Schedule", "list_stopping", "make_schedule"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The trials that threshold gates count."""

    order: tuple[tuple[Case, int], ...]
    """Case and number of each, as they start."""
    looks: tuple[int, ...]
    """How many of `order` have ended at each look; the last is all of them."""
    first_look: int
    """Looks at fewer trials are skipped, not postponed: no scenario may go untried."""


def list_stopping(agent: AgentPlan, due: Sequence[str]) -> list[str]:
    """The gates of `due` that are decided as trials come in, and so may end an agent's rounds."""
    gates = agent.profile.gates
    over_suite = gates.reliability is not None and gates.reliability.over == "suite"
    return [name for name in due if (name == "reliability" and over_suite) or name.startswith("group/")]


def make_schedule(agent: AgentPlan, due: Sequence[str], seed: int) -> Schedule:
    """The schedule of one agent in a run of this seed, for those of its gates that are due."""
    counted = {case.id for gate in list_stopping(agent, due) for case in list_counted(agent, gate)}
    cases = [case for case in agent.cases if case.id in counted]
    if not agent.is_sequential:
        order = tuple((case, trial) for case in cases for trial in range(1, agent.trials + 1))
        return Schedule(order, (len(order),) if order else (), len(order))
    order = tuple(
        (case, trial)
        for trial in range(1, agent.max_trials + 1)
        for case in _shuffle(cases, derive_seed("round", seed, trial))
    )
    first_look = len(cases) * agent.trials
    looks = {first_look, *gate_looks(len(cases), agent.max_trials)} if cases else set[int]()
    return Schedule(order, tuple(sorted(looks)), first_look)


def _shuffle(cases: Sequence[Case], seed: int) -> list[Case]:
    shuffled = list(cases)
    Random(seed).shuffle(shuffled)
    return shuffled
