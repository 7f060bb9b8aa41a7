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


def test_fresh_trials_are_told_from_planned_ones_by_their_number(
    agent: Callable[..., AgentPlan], ledger: Callable[..., Ledger]
) -> None:
    (case,) = agent({"id": "a"}).cases
    counted = ledger(a="pppppfff")
    assert [result.trial for result in counted.list_planned(case)] == [1, 2, 3, 4, 5]
    assert [result.trial for result in counted.list_fresh(case)] == [6, 7, 8]


def test_a_trial_is_found_by_its_number_wherever_others_are_missing(
    trial: Callable[..., TrialResult],
) -> None:
    counted = Ledger([trial("a", 1, "p"), trial("a", 3, "f"), trial("a", 4, "c")])
    assert [getattr(counted.find("bot/a", n), "trial", None) for n in range(1, 6)] == [1, None, 3, None, None]
