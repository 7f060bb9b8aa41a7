"""Is a case counted by a gate, or does it stand for itself? Decided once, after collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_arc.domain.plan import AgentPlan, Case, Plan
from pytest_arc.domain.settings import Settings

__all__ = ["Counting", "count_selected", "decide_counting", "explain_ungated", "list_counted"]


@dataclass(frozen=True, slots=True)
class Counting:
    """What the gates of a run are over."""

    gates: frozenset[tuple[str, str]] = frozenset()
    """Agent id and name of every gate that is due."""
    cases: Mapping[str, str] = field(default_factory=dict[str, str])
    """Id of each case whose passes they count -> name of the first gate that does."""

    def list_due(self, agent: AgentPlan) -> list[str]:
        """The gates of one agent that are due, in the order they are reported."""
        return [name for name in agent.profile.gates.names if (agent.profile.id, name) in self.gates]


def decide_counting(plan: Plan, settings: Settings) -> Counting:
    """Which gates are evaluated in this run, and which cases they count.

    A gate over a deliberate part of its cases gives no verdict; then each case stands for itself. So it is
    when the gate itself was left out, with `--arc-strict` and with a single `--arc-trial`. A shard leaves
    its gates, and the cases they count, to `arc merge`.
    """
    if settings.strict or settings.trial is not None:
        return Counting()
    due = [
        (agent, name)
        for agent in plan.agents
        for name in agent.profile.gates.names
        if f"{agent.profile.id}/gate/{name}" not in plan.ungated and _is_complete(agent, name, plan)
    ]
    counted: dict[str, str] = {}
    for agent, name in filter(_counts_passes, due):
        for case in list_counted(agent, name):
            counted.setdefault(case.id, name)
    if plan.whole is not None:
        due = []
    return Counting(frozenset((agent.profile.id, name) for agent, name in due), counted)


def list_counted(agent: AgentPlan, gate: str = "reliability") -> list[Case]:
    """The cases a gate is over: all, or those of its group, but those set aside with `skip` or `xfail`."""
    kind, _, name = gate.partition("/")
    cases = agent.list_group(name) if kind == "group" else agent.cases
    return [case for case in cases if not (case.scenario.skip or case.scenario.xfail)]


def count_selected(agent: AgentPlan, plan: Plan) -> tuple[int, int]:
    """How many of the agent's cases are selected, and how many there are."""
    return sum(case.id in plan.selected for case in agent.cases), len(agent.cases)


def explain_ungated(agent: AgentPlan, plan: Plan, settings: Settings) -> str:
    """Why the gates of an agent are not evaluated in this run."""
    selected, total = count_selected(agent, plan)
    if plan.whole is not None:
        total = sum(case.id in plan.whole for case in agent.cases)
        return (
            f"shard {settings.shard}, {selected} of {total} cases: arc merge decides the gates of all shards"
        )
    why = "no case to count"
    names = [f"gate/{name}" for name in agent.profile.gates.names]
    if settings.trial is not None:
        why = f"only trial {settings.trial} of each case"
    elif settings.strict:
        why = "strict"
    elif selected < total:
        why = f"{selected} of {total} cases selected"
    elif all(f"{agent.profile.id}/{name}" in plan.ungated for name in names):
        why = f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} deselected"
    return f"{why}: no gate is evaluated, each case stands for itself"


def _counts_passes(due: tuple[AgentPlan, str]) -> bool:
    _, gate = due
    return gate in ("reliability", "regression") or gate.startswith("group/")


def _is_complete(agent: AgentPlan, gate: str, plan: Plan) -> bool:
    counted = list_counted(agent, gate)
    selected = plan.selected if plan.whole is None else plan.whole
    return bool(counted) and all(case.id in selected for case in counted)
