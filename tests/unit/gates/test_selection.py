from __future__ import annotations

from collections.abc import Callable

from pytest_arc.domain.plan import AgentPlan, Plan
from pytest_arc.domain.settings import Settings
from pytest_arc.gates import count_selected, decide_counting

Agents = Callable[..., AgentPlan]


def _select(agent: AgentPlan, *ids: str, ungated: frozenset[str] = frozenset()) -> Plan:
    return Plan((agent,), selected=frozenset(f"bot/{id}" for id in ids), ungated=ungated)


def test_a_gate_counts_when_all_its_cases_are_selected(agent: Agents) -> None:
    plan = _select(agent({"id": "a"}, {"id": "b"}), "a", "b")
    assert decide_counting(plan, Settings()) == {"bot"}


def test_a_part_of_the_cases_is_not_counted(agent: Agents) -> None:
    plan = _select(agent({"id": "a"}, {"id": "b"}), "a")
    assert decide_counting(plan, Settings()) == frozenset()
    assert count_selected(plan.agents[0], plan) == (1, 2)


def test_cases_that_are_set_aside_need_not_be_selected(agent: Agents) -> None:
    plan = _select(agent({"id": "a"}, {"id": "b", "skip": "x"}, {"id": "c", "xfail": "x"}), "a")
    assert decide_counting(plan, Settings()) == {"bot"}


def test_nothing_is_counted_when_every_case_is_set_aside(agent: Agents) -> None:
    plan = _select(agent({"id": "a", "skip": "x"}), "a")
    assert decide_counting(plan, Settings()) == frozenset()


def test_strict_and_single_trials_count_nothing(agent: Agents) -> None:
    plan = _select(agent({"id": "a"}), "a")
    assert decide_counting(plan, Settings(strict=True)) == frozenset()
    assert decide_counting(plan, Settings(trial=2)) == frozenset()


def test_a_gate_that_was_left_out_counts_nothing(agent: Agents) -> None:
    plan = _select(agent({"id": "a"}), "a", ungated=frozenset({"bot"}))
    assert decide_counting(plan, Settings()) == frozenset()


def test_an_agent_without_a_gate_is_not_counted(agent: Agents) -> None:
    assert decide_counting(_select(agent({"id": "a"}, gate=None), "a"), Settings()) == frozenset()
