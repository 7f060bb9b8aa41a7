"""All gates of one agent."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_arc.domain.baseline import Ruler
from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.result import Verdict
from pytest_arc.gates.ledger import Ledger
from pytest_arc.gates.missing import explain_missing, list_first
from pytest_arc.gates.rounds import make_schedule
from pytest_arc.gates.selection import Counting, list_counted
from pytest_arc.gates.threshold import judge_threshold

__all__ = ["evaluate", "request_fresh_trials"]

NO_RULER = Ruler()


def evaluate(
    agent: AgentPlan,
    ledger: Ledger,
    counting: Counting,
    seed: int,
    ruler: Ruler = NO_RULER,
    stopped: str = "",
) -> list[Verdict]:
    """Judge every gate of one agent that is due, in the order of its profile.

    `seed` is the run's; `stopped` says why the run ended early, if it did.
    """
    due = counting.list_due(agent)
    schedule = make_schedule(agent, due, seed)
    return [
        judge_threshold(agent, name, ledger, schedule, stopped)
        if name == "reliability" or name.startswith("group/")
        else _judge_first(agent, name, ledger, ruler, stopped)
        for name in due
    ]


def request_fresh_trials(
    agent: AgentPlan, ledger: Ledger, counting: Counting, ruler: Ruler
) -> Mapping[str, int]:
    """How many fresh trials each case needs, to confirm an alarm before a gate fails; by case id."""
    gate = agent.profile.gates.regression
    if gate is None or "regression" not in counting.list_due(agent) or ruler.baseline is None:
        return {}
    if explain_missing(agent, list_first(agent, list_counted(agent)), ledger):
        return {}
    return {}


def _judge_first(agent: AgentPlan, name: str, ledger: Ledger, ruler: Ruler, stopped: str) -> Verdict:
    """A gate that is decided once, on the first trials of every case."""
    planned = list_first(agent, list_counted(agent))
    if reason := explain_missing(agent, planned, ledger, stopped):
        return Verdict(name, agent.profile.id, "not evaluated", reason, fails=True)
    return Verdict(name, agent.profile.id, "not evaluated", "not there yet", fails=True)
