from __future__ import annotations

from collections.abc import Callable

from pytest_arc.domain.plan import AgentPlan, Plan
from pytest_arc.domain.settings import Settings
from pytest_arc.gates import Counting, count_selected, decide_counting

Agents = Callable[..., AgentPlan]

NOTHING = Counting()


def _select(agent: AgentPlan, *ids: str, ungated: frozenset[str] = frozenset()) -> Plan:
    return Plan((agent,), selected=frozenset(f"bot/{id}" for id in ids), ungated=ungated)


def test_a_gate_counts_when_all_its_cases_are_selected(agent: Agents) -> None:
    plan = _select(agent({"id": "a"}, {"id": "b"}), "a", "b")
    counting = decide_counting(plan, Settings())
    assert counting.list_due(plan.agents[0]) == ["reliability"]
    assert counting.cases == {"bot/a": "reliability", "bot/b": "reliability"}


def test_a_part_of_the_cases_is_not_counted(agent: Agents) -> None:
    plan = _select(agent({"id": "a"}, {"id": "b"}), "a")
    assert decide_counting(plan, Settings()) == NOTHING
    assert count_selected(plan.agents[0], plan) == (1, 2)


def test_the_gate_of_a_group_is_due_when_the_whole_group_is_selected(agent: Agents) -> None:
    bot = agent(
        {"id": "fx/a"}, {"id": "fx/b"}, {"id": "c"}, gates={"reliability": 0.8, "groups": {"fx": 0.9}}
    )
    counting = decide_counting(_select(bot, "fx/a", "fx/b"), Settings())
    assert counting.list_due(bot) == ["group/fx"]
    assert counting.cases == {"bot/fx/a": "group/fx", "bot/fx/b": "group/fx"}


def test_a_case_in_no_group_that_gates_stands_for_itself(agent: Agents) -> None:
    bot = agent({"id": "a", "tags": ["fx"]}, {"id": "b"}, gates={"groups": {"fx": 0.9}})
    assert decide_counting(_select(bot, "a", "b"), Settings()).cases == {"bot/a": "group/fx"}


def test_gates_that_count_no_passes_leave_each_case_to_itself(agent: Agents) -> None:
    bot = agent({"id": "a"}, gates={"performance": 0.15, "dimensions": {"completeness": 0.9}})
    counting = decide_counting(_select(bot, "a"), Settings())
    assert counting.list_due(bot) == ["dimension/completeness", "performance"]
    assert counting.cases == {}


def test_cases_that_are_set_aside_need_not_be_selected(agent: Agents) -> None:
    plan = _select(agent({"id": "a"}, {"id": "b", "skip": "x"}, {"id": "c", "xfail": "x"}), "a")
    assert decide_counting(plan, Settings()).cases == {"bot/a": "reliability"}


def test_nothing_is_counted_when_every_case_is_set_aside(agent: Agents) -> None:
    plan = _select(agent({"id": "a", "skip": "x"}), "a")
    assert decide_counting(plan, Settings()) == NOTHING


def test_strict_and_single_trials_count_nothing(agent: Agents) -> None:
    plan = _select(agent({"id": "a"}), "a")
    assert decide_counting(plan, Settings(strict=True)) == NOTHING
    assert decide_counting(plan, Settings(trial=2)) == NOTHING


def test_a_gate_that_was_left_out_counts_nothing(agent: Agents) -> None:
    bot = agent({"id": "a"}, gates={"reliability": 0.8, "regression": 0.05})
    ungated = frozenset({"bot/gate/reliability"})
    assert decide_counting(_select(bot, "a", ungated=ungated), Settings()).list_due(bot) == ["regression"]


def test_an_agent_without_a_gate_is_not_counted(agent: Agents) -> None:
    assert decide_counting(_select(agent({"id": "a"}, gate=None), "a"), Settings()) == NOTHING
