"""Which scenarios are held against the baseline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_arc.domain.baseline import CaseHashes, Ruler
from pytest_arc.domain.plan import AgentPlan
from pytest_arc.gates import Ledger
from pytest_arc.gates.comparison import compare, explain_incomparable

Agents = Callable[..., AgentPlan]
Ledgers = Callable[..., Ledger]
Rulers = Callable[..., Ruler]


def test_a_scenario_that_is_the_same_on_both_sides_is_compared(
    agent: Agents, ledger: Ledgers, ruler: Rulers
) -> None:
    (found,) = compare(agent({"id": "a"}), ledger(a="ppfee"), ruler(a=(9, 10))).cases
    assert (found.name, found.passed, found.n, found.rate_then) == ("a", 2, 3, 0.9)


def test_only_the_first_trials_count(agent: Agents, ledger: Ledgers, ruler: Rulers) -> None:
    plan = agent({"id": "a", "trials": 7}, {"id": "b"}, trials=3)
    comparison = compare(plan, ledger(a="pppffffff", b="pppff"), ruler(a=(10, 10), b=(10, 10)))
    assert [(found.passed, found.n) for found in comparison.cases] == [(3, 3), (3, 3)]


@pytest.mark.parametrize(
    "now, why",
    [
        (CaseHashes("other", "checks"), "scenario changed"),
        (CaseHashes("scenario", "other"), "checks changed"),
        (CaseHashes("other", "other"), "scenario changed"),
    ],
)
def test_a_changed_hash_makes_a_scenario_incomparable(
    agent: Agents, ledger: Ledgers, ruler: Rulers, now: CaseHashes, why: str
) -> None:
    held = replace(ruler(a=(10, 10)), hashes={"a": now})
    comparison = compare(agent({"id": "a"}), ledger(a="ppppp"), held)
    assert comparison.cases == ()
    assert comparison.left_out == {"a": why}


def test_new_removed_quarantined_and_unscored_scenarios_are_named(
    agent: Agents, ledger: Ledgers, ruler: Rulers
) -> None:
    plan = agent({"id": "here"}, {"id": "new"}, {"id": "shaky"}, {"id": "down"})
    counts = dict.fromkeys(("here", "shaky", "down", "gone"), (10, 10))
    held = replace(ruler(**counts), quarantined=frozenset({"shaky"}))
    comparison = compare(plan, ledger(here="ppppp", new="ppppp", shaky="ppfff", down="eeeee"), held)
    assert [found.name for found in comparison.cases] == ["here"]
    assert comparison.left_out == {
        "new": "new",
        "shaky": "quarantined",
        "down": "not scored",
        "gone": "removed",
    }


def test_scenarios_set_aside_are_neither_compared_nor_removed(
    agent: Agents, ledger: Ledgers, ruler: Rulers
) -> None:
    plan = agent({"id": "a", "skip": "later"}, {"id": "b", "xfail": "ticket 7"}, {"id": "c"})
    comparison = compare(plan, ledger(b="fffff", c="ppppp"), ruler(a=(1, 1), b=(1, 1), c=(1, 1)))
    assert [found.name for found in comparison.cases] == ["c"]
    assert comparison.left_out == {}


def test_groups_are_the_first_segments_of_ids_and_what_the_profile_declares(
    agent: Agents, ledger: Ledgers, ruler: Rulers
) -> None:
    ids = ["fx/a", "fx/b", "tax/c", "plain"]
    scenarios = [{"id": "fx/a", "tags": ["money"]}, {"id": "fx/b"}, {"id": "tax/c", "tags": ["money"]}]
    plan = agent(*scenarios, {"id": "plain"}, gates={"groups": {"money": 0.8}})
    comparison = compare(plan, ledger(**dict.fromkeys(ids, "ppppp")), ruler(**dict.fromkeys(ids, (9, 10))))
    groups = {name: [found.name for found in members] for name, members in comparison.groups.items()}
    assert groups == {"fx": ["fx/a", "fx/b"], "money": ["fx/a", "tax/c"], "tax": ["tax/c"]}


def test_recorded_runs_cannot_be_repeated(agent: Agents, ledger: Ledgers, ruler: Rulers) -> None:
    recorded = agent({"id": "a"}, target={"replay": "trajectories.jsonl"})
    assert not compare(recorded, ledger(), ruler()).repeatable
    assert compare(agent({"id": "a"}), ledger(), ruler()).repeatable


def test_why_nothing_is_compared_is_said(agent: Agents, ledger: Ledgers, ruler: Rulers) -> None:
    plan, counts = agent({"id": "a"}, {"id": "b"}), ledger(a="ppppp", b="ppppp")
    nothing = compare(plan, counts, Ruler(trouble="no baseline: arc baseline update"))
    assert explain_incomparable(nothing) == "no baseline: arc baseline update"
    others = compare(plan, counts, ruler(c=(1, 1)))
    expected = "no scenario can be compared with main 3f2c1a9: 2 new; 1 removed"
    assert explain_incomparable(others) == expected
