"""All gates of one agent."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_arc.domain.baseline import Ruler
from pytest_arc.domain.forecast import Pace
from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.result import Verdict
from pytest_arc.gates.comparison import compare
from pytest_arc.gates.dimensions import judge_dimension
from pytest_arc.gates.ledger import Ledger
from pytest_arc.gates.missing import explain_missing, list_first
from pytest_arc.gates.performance import judge_performance
from pytest_arc.gates.regression import judge_regression, request_confirmation
from pytest_arc.gates.rounds import make_schedule
from pytest_arc.gates.selection import Counting, list_counted
from pytest_arc.gates.threshold import NO_PACE, judge_threshold

__all__ = ["NO_RULER", "evaluate", "request_fresh_trials"]

NO_RULER = Ruler()


def evaluate(
    agent: AgentPlan,
    ledger: Ledger,
    counting: Counting,
    seed: int,
    ruler: Ruler = NO_RULER,
    stopped: str = "",
    pace: Pace = NO_PACE,
) -> list[Verdict]:
    """Judge every gate of one agent that is due, in the order of its profile.

    `seed` is the run's; `stopped` says why the run ended early, if it did; `pace` is for hints.
    """
    due = counting.list_due(agent)
    schedule = make_schedule(agent, due, seed)
    return [
        judge_threshold(agent, name, ledger, schedule, stopped, pace, ruler.earlier)
        if name == "reliability" or name.startswith("group/")
        else _judge_first(agent, name, ledger, ruler, stopped)
        for name in due
    ]


def request_fresh_trials(
    agent: AgentPlan, ledger: Ledger, counting: Counting, ruler: Ruler
) -> Mapping[str, int]:
    """How many more fresh trials each case needs now, by case id, to confirm an alarm before a gate fails.

    To be asked again when they have ended, until none is needed.
    """
    gate = agent.profile.gates.regression
    if gate is None or "regression" not in counting.list_due(agent) or ruler.baseline is None:
        return {}
    if explain_missing(agent, list_first(agent, list_counted(agent)), ledger):
        return {}
    return request_confirmation(gate, compare(agent, ledger, ruler), ledger)


def _judge_first(agent: AgentPlan, name: str, ledger: Ledger, ruler: Ruler, stopped: str) -> Verdict:
    """A gate that is decided once, on the first trials of every case."""
    planned = list_first(agent, list_counted(agent))
    reason = explain_missing(agent, planned, ledger, stopped)
    if not name.startswith("dimension/"):
        reason = reason or ruler.damage
    if reason:
        return Verdict(name, agent.profile.id, "not evaluated", reason, fails=True)
    gates = agent.profile.gates
    if name == "regression" and gates.regression is not None:
        return judge_regression(gates.regression, compare(agent, ledger, ruler), ledger)
    if name == "performance" and gates.performance is not None:
        return judge_performance(gates.performance, compare(agent, ledger, ruler), ledger)
    return judge_dimension(agent, name, ledger)
