from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.result import TrialResult
from pytest_arc.gates import Ledger


def test_trials_are_listed_by_number_in_whatever_order_they_finished(
    trial: Callable[..., TrialResult],
) -> None:
    results = [trial("a", number, "p") for number in range(1, 21)]
    shuffled = random.Random(3).sample(results, len(results))
    assert list(Ledger(shuffled).list_trials("bot/a")) == results


def test_nothing_counts_twice(trial: Callable[..., TrialResult]) -> None:
    ledger = Ledger([trial("a", 1, "p")])
    with pytest.raises(ValueError, match="trial 1 of bot/a is counted already"):
        ledger.add(trial("a", 1, "f"))


def test_a_case_without_trials_has_none(ledger: Callable[..., Ledger]) -> None:
    assert list(ledger().list_trials("bot/a")) == []


def test_a_gate_counts_the_same_number_of_trials_from_every_scenario(
    agent: Callable[..., AgentPlan], ledger: Callable[..., Ledger]
) -> None:
    plan = agent({"id": "a"}, {"id": "b", "trials": 8})
    counted = ledger(a="ppppp", b="pppppfff").list_gate_trials(plan)
    assert [result.case for result in counted] == ["bot/a"] * 5 + ["bot/b"] * 5
    assert all(result.outcome == "passed" for result in counted)
