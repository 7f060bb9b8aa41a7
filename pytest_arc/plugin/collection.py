"""What was collected: kept in step with the plan, and described."""

# pytest's own functions are only partly annotated.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import pytest

from pytest_arc.domain.plan import Plan
from pytest_arc.domain.settings import Settings
from pytest_arc.gates import decide_counting, explain_ungated, list_undecidable
from pytest_arc.planning import explain_fixed
from pytest_arc.plugin.items import CaseItem
from pytest_arc.reports.style import wrap

__all__ = ["describe_collection", "follow_plan", "lift_time_limits"]


def follow_plan(config: pytest.Config, items: list[pytest.Item], plan: Plan) -> None:
    """Give items the cases that a hook has put into the plan, and leave out what it took away."""
    cases = {case.id: case for case in plan.cases}
    gone = [item for item in items if isinstance(item, CaseItem) and item.case.id not in cases]
    if gone:
        items[:] = [item for item in items if item not in gone]
        config.hook.pytest_deselected(items=gone)
    for item in items:
        if isinstance(item, CaseItem):
            item.case = cases[item.case.id]


def lift_time_limits(config: pytest.Config, items: list[CaseItem]) -> None:
    """pytest-timeout would fail whichever item waits for trials that take long together."""
    if "pytest-timeout" in _list_foreign_plugins(config):
        for item in items:
            # First among its marks: it is to hold whatever a conftest.py says.
            item.add_marker(pytest.mark.timeout(0), append=False)


def describe_collection(config: pytest.Config, plan: Plan, settings: Settings, passed_over: int) -> list[str]:
    """What pytest says after collection: how much there is, and which gates cannot be decided.

    `passed_over`: how many YAML files were nobody's.
    """
    cases = sum(len(agent.cases) for agent in plan.agents)
    gates = sum(len(agent.profile.gates.names) for agent in plan.agents)
    lines = [f"arc: {_count(len(plan.agents), 'agent')}, {_count(cases, 'case')}, {_count(gates, 'gate')}"]
    if passed_over:
        lines[0] += f" ({_count(passed_over, 'other YAML file')} passed over)"
    if settings.seed == "random":
        lines.append(f"arc: the run's seed is {plan.seed}: --arc-seed {plan.seed} repeats it")
    counting = decide_counting(plan, settings)
    for agent in plan.agents:
        if fixed := explain_fixed(agent, settings):
            lines.append(f"{agent.profile.id}: {fixed}")
        if not agent.profile.gates.names:
            continue
        if not counting.list_due(agent):
            lines.append(f"{agent.profile.id}: {explain_ungated(agent, plan, settings)}")
        else:
            lines += [f"{agent.profile.id}: {sentence}" for sentence in list_undecidable(agent)]
    if disabled := _list_foreign_plugins(config):
        lines.append(
            f"arc: switched off for arc items, which have limits of their own: {', '.join(disabled)}"
        )
    return [part for line in lines for part in _fold(line)]


def _fold(line: str) -> list[str]:
    label, space, text = line.partition(" ")
    return wrap(label + space, text, 2)


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _list_foreign_plugins(config: pytest.Config) -> list[str]:
    has_plugin = config.pluginmanager.has_plugin
    # By the name of its entry point, or as `-p` names it.
    known = {"timeout": "pytest_timeout", "rerunfailures": "pytest_rerunfailures"}
    return [
        module.replace("_", "-") for name, module in known.items() if has_plugin(name) or has_plugin(module)
    ]
