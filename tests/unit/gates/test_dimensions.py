"""The gates over dimensions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from pytest_arc.domain.gates import DimensionGate
from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.result import TrialResult, Verdict
from pytest_arc.gates import Ledger
from pytest_arc.gates.dimensions import judge_dimension, judge_means
from pytest_arc.stats import log_e

Agents = Callable[..., AgentPlan]
Trials = Callable[..., TrialResult]
Judges = Callable[..., Verdict]

NAME = "dimension/tool_execution"


@pytest.fixture
def judge(agent: Agents, trial: Trials) -> Judges:
    """`judge([[0.9, 1.0], []])`: the first scenario scored .9 and 1, the second does not measure it."""

    def make(scores: Sequence[Sequence[float]], **gate: object) -> Verdict:
        rule = {"dimensions": {"tool_execution": {"min": 0.9, **gate}}}
        plan = agent(*[{"id": f"s{n}"} for n in range(len(scores))], gates=rule, trials=2)
        ledger = Ledger()
        for n, values in enumerate(scores):
            for number, value in enumerate(values, 1):
                ledger.add(replace(trial(f"s{n}", number, "p"), dimensions={"tool_execution": value}))
        return judge_dimension(plan, NAME, ledger)

    return make


@pytest.mark.parametrize(
    "score, scenarios, word",
    [(1.0, 60, "passed"), (0.5, 60, "failed"), (0.9, 60, "inconclusive"), (1.0, 9, "inconclusive")],
)
def test_the_verdict_is_three_valued(
    judge: Judges, snapshot: SnapshotAssertion, score: float, scenarios: int, word: str
) -> None:
    verdict = judge([[score]] * scenarios)
    assert (verdict.gate, verdict.word, verdict.minimum) == (NAME, word, 0.9)
    assert verdict.fails == (word == "failed")
    assert verdict.reason == snapshot


def test_a_dimension_that_no_check_speaks_for_is_not_measured(
    judge: Judges, snapshot: SnapshotAssertion
) -> None:
    verdict = judge([[]] * 20, on_inconclusive="fail")
    assert (verdict.word, verdict.fails) == ("inconclusive", True)
    assert verdict.reason == snapshot


def test_only_scenarios_that_measure_it_count(judge: Judges, snapshot: SnapshotAssertion) -> None:
    assert judge([[1.0]] * 60 + [[]] * 20).reason == snapshot


def test_each_scenario_counts_once_with_the_mean_of_its_first_trials(judge: Judges) -> None:
    mixed = judge([[1.0, 0.0, 0.0, 0.0]] + [[0.5, 0.5]] * 9)
    assert mixed.reason.startswith("50.0 % on average over 10 scenarios")


def test_errored_trials_and_scenarios_set_aside_do_not_count(agent: Agents, trial: Trials) -> None:
    rule = {"dimensions": {"tool_execution": 0.9}}
    plan = agent({"id": "a"}, {"id": "b", "xfail": "ticket 7"}, gates=rule)
    scored = {"tool_execution": 1.0}
    ledger = Ledger(
        [
            replace(trial("a", 1, "p"), dimensions=scored),
            replace(trial("a", 2, "e"), dimensions={"tool_execution": 0.0}),
            replace(trial("b", 1, "f"), dimensions={"tool_execution": 0.0}),
        ]
    )
    assert judge_dimension(plan, NAME, ledger).reason.startswith("100.0 % on average over 1 scenario")


@settings(max_examples=100, deadline=None)
@given(
    scores=st.lists(st.floats(0.0, 1.0), min_size=10, max_size=200),
    minimum=st.floats(0.02, 0.98),
    confidence=st.sampled_from([0.8, 0.95, 0.99]),
)
def test_the_word_is_what_the_e_values_say(scores: list[float], minimum: float, confidence: float) -> None:
    gate = DimensionGate(min=minimum, confidence=confidence)
    word, _ = judge_means(gate, scores, len(scores))
    needed = -math.log(1.0 - confidence)
    total, n = math.fsum(scores), len(scores)
    assert (word == "passed") == (log_e(total, n, minimum, "pass") >= needed)
    assert (word == "failed") == (log_e(total, n, minimum, "fail") >= needed)
