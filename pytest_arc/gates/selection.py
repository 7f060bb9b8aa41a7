"""Is a case counted by a gate, or does it stand for itself? Decided once, after collection."""

from __future__ import annotations

from pytest_arc.domain.plan import AgentPlan, Case, Plan
from pytest_arc.domain.settings import Settings

__all__ = ["count_selected", "decide_counting", "list_expected"]


def decide_counting(plan: Plan, settings: Settings) -> frozenset[str]:
    """Ids of the agents whose gates are evaluated in this run.

    A gate over a deliberate part of the cases gives no verdict; then each case stands for itself. So it is
    when the gate itself was left out, with `--arc-strict` and with a single `--arc-trial`.
    """
    if settings.strict or settings.trial is not None:
        return frozenset()
    return frozenset(
        agent.profile.id
        for agent in plan.agents
        if agent.profile.gates.reliability is not None
        and agent.profile.id not in plan.ungated
        and _is_complete(agent, plan)
    )


def list_expected(agent: AgentPlan) -> list[Case]:
    """The cases a gate counts: all but those set aside with `skip` or `xfail`."""
    return [case for case in agent.cases if not (case.scenario.skip or case.scenario.xfail)]


def count_selected(agent: AgentPlan, plan: Plan) -> tuple[int, int]:
    """How many of the agent's cases are selected, and how many there are."""
    return sum(case.id in plan.selected for case in agent.cases), len(agent.cases)


def _is_complete(agent: AgentPlan, plan: Plan) -> bool:
    expected = list_expected(agent)
    return bool(expected) and all(case.id in plan.selected for case in expected)
