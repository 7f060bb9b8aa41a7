from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.settings import Settings
from pytest_arc.gates import Counting, Course, Ledger, decide_counting, evaluate
from pytest_arc.gates.rounds import make_schedule
from pytest_arc.planning import make_plan

Agents = Callable[..., AgentPlan]
MakeTrial = Callable[..., TrialResult]
ROUNDS = {"first": 2, "max": 20}


@pytest.fixture
def ten(agent: Agents) -> Callable[..., AgentPlan]:
    """Ten scenarios of an agent whose trials come in rounds."""

    def make(**changes: Any) -> AgentPlan:
        scenarios = [{"id": f"fx/{n}" if n < 4 else f"s{n}"} for n in range(10)]
        return agent(*scenarios, rounds=ROUNDS, **changes)

    return make


def _count(agent: AgentPlan) -> Counting:
    return decide_counting(make_plan([agent]), Settings())


def _run(agent: AgentPlan, trial: MakeTrial, ends: Callable[[str, int], str]) -> tuple[Ledger, list[int]]:
    """Do what the course says; the ledger, and the size of each batch. `ends(case, trial)` gives p, f, e."""
    ledger, sizes = Ledger(), list[int]()
    course = Course(agent, make_plan([agent]), _count(agent))
    batch = course.start()
    while batch:
        sizes.append(len(batch))
        for spec in batch:
            scenario = spec.case.scenario.id
            ledger.add(trial(scenario, spec.trial, ends(scenario, spec.trial)))
        batch = course.go_on(ledger)
    assert course.is_over
    return ledger, sizes


def test_each_round_goes_over_every_scenario_in_an_order_of_its_own(ten: Agents) -> None:
    order = make_schedule(ten(), ["reliability"], seed=0).order
    rounds = [order[begin : begin + 10] for begin in range(0, 200, 10)]
    assert [{trial for _, trial in one} for one in rounds] == [{n} for n in range(1, 21)]
    assert all(len({case.id for case, _ in one}) == 10 for one in rounds)
    assert len({tuple(case.id for case, _ in one) for one in rounds}) > 15


def test_the_order_belongs_to_the_seed(ten: Agents) -> None:
    one, same, other = (make_schedule(ten(), ["reliability"], seed).order for seed in (1, 1, 2))
    assert one == same != other


def test_looks_follow_the_rounds_and_none_is_made_before_each_scenario_had_its_first_trials(
    ten: Agents,
) -> None:
    schedule = make_schedule(ten(), ["reliability"], seed=0)
    assert schedule.first_look == 20
    assert schedule.looks[-1] == 200
    assert {2, 10, 20, 30, 100} < set(schedule.looks)


def test_a_clear_agent_ends_at_the_first_look(ten: Agents, trial: MakeTrial) -> None:
    agent = ten(gate=0.5)
    ledger, sizes = _run(agent, trial, lambda case, number: "p")
    assert sizes == [20]
    (verdict,) = evaluate(agent, ledger, _count(agent), seed=0)
    assert verdict.word == "passed"
    assert verdict.reason.endswith("decided after 20 of at most 200 trials")
    assert verdict.estimate is not None
    assert verdict.estimate.low >= 0.5


def test_an_agent_at_the_minimum_uses_all_there_is_and_is_told_the_bounds(
    ten: Agents, trial: MakeTrial
) -> None:
    agent = ten(gate=0.8)
    ledger, sizes = _run(agent, trial, lambda case, number: "pppfp"[(number + len(case)) % 5])
    assert sum(sizes) == 200
    (verdict,) = evaluate(agent, ledger, _count(agent), seed=0)
    assert verdict.word == "inconclusive"
    assert "160 of 200 trials passed (80.0 %); asked: 80 %; " in verdict.reason


def test_the_verdict_counts_the_trials_up_to_its_look_and_no_others(ten: Agents, trial: MakeTrial) -> None:
    agent = ten(gate=0.5)
    ledger, _ = _run(agent, trial, lambda case, number: "p")
    for number in range(3, 9):
        ledger.add(trial("s5", number, "f"))
    (verdict,) = evaluate(agent, ledger, _count(agent), seed=0)
    assert verdict.estimate is not None
    assert (verdict.estimate.passed, verdict.estimate.n) == (20, 20)


def test_rounds_go_on_until_the_last_gate_is_decided(ten: Agents, trial: MakeTrial) -> None:
    agent = ten(gates={"reliability": 0.5, "groups": {"fx": 0.9}})
    ledger, sizes = _run(agent, trial, lambda case, number: "p")
    assert len(sizes) > 1
    verdicts = evaluate(agent, ledger, _count(agent), seed=0)
    assert [(verdict.gate, verdict.word) for verdict in verdicts] == [
        ("reliability", "passed"),
        ("group/fx", "passed"),
    ]
    # The first gate keeps the look that decided it.
    assert verdicts[0].estimate is not None
    assert verdicts[0].estimate.n == 20


def test_errored_trials_are_missing_from_the_looks(ten: Agents, trial: MakeTrial) -> None:
    agent = ten(gate=0.5)
    ledger, _ = _run(agent, trial, lambda case, number: "e" if (case, number) == ("s7", 1) else "p")
    (verdict,) = evaluate(agent, ledger, _count(agent), seed=0)
    assert verdict.word == "passed"
    assert verdict.estimate is not None
    assert verdict.estimate.n == 19


def test_too_many_errors_decide_nothing_however_long_it_goes_on(ten: Agents, trial: MakeTrial) -> None:
    agent = ten(gate=0.5)
    ledger, sizes = _run(agent, trial, lambda case, number: "e" if number % 2 else "p")
    assert sum(sizes) == 200
    (verdict,) = evaluate(agent, ledger, _count(agent), seed=0)
    assert (verdict.word, verdict.fails) == ("not evaluated", True)
    assert verdict.reason.startswith("100 of 200 trials (50.0 %) errored; the limit is 10 %.")


def test_rounds_that_were_cut_short_are_not_evaluated(ten: Agents, trial: MakeTrial) -> None:
    agent = ten(gate=0.9)
    course = Course(agent, make_plan([agent]), _count(agent))
    ledger = Ledger(trial(spec.case.scenario.id, spec.trial, "p") for spec in course.start())
    (verdict,) = evaluate(agent, ledger, _count(agent), seed=0, stopped="interrupted")
    assert (verdict.word, verdict.reason) == ("not evaluated", "180 of 200 trials were not run: interrupted")


def test_a_scenario_gets_the_trials_it_asks_for_itself_and_no_trial_twice(
    agent: Agents, trial: MakeTrial
) -> None:
    scenarios = [{"id": f"s{n}"} for n in range(9)] + [{"id": "own", "trials": 7}]
    bot = agent(*scenarios, rounds=ROUNDS, gate=0.8)
    ledger, _ = _run(bot, trial, lambda case, number: "pppfp"[(number + ord(case[-1])) % 5])
    numbers = Counter(case.scenario.id for case in bot.cases for _ in ledger.list_trials(case.id))
    assert set(numbers.values()) == {20}


def test_without_a_gate_that_is_due_every_case_gets_the_first_trials(ten: Agents) -> None:
    agent = ten()
    course = Course(agent, make_plan([agent], [case.id for case in agent.cases[:3]]), Counting())
    assert (course.is_over, len(course.start())) == (True, 6)


def test_the_population_is_judged_by_scenarios(agent: Agents, ledger: Callable[..., Ledger]) -> None:
    gate = {"min": 0.9, "over": "population"}
    few = agent(*[{"id": f"s{n}"} for n in range(10)], gate=gate)
    (verdict,) = evaluate(few, ledger(**{f"s{n}": "ppppp" for n in range(10)}), _count(few), seed=0)
    assert verdict.word == "inconclusive"
    assert verdict.hints == (
        "gate/reliability over the population cannot pass with 10 scenarios;"
        " 35 all-passing are the least at min 0.9: more scenarios, not more trials",
    )
    many = agent(*[{"id": f"s{n}"} for n in range(40)], gate=gate)
    good = {f"s{n}": "ppppp" for n in range(40)}
    words = [
        evaluate(many, ledger(**(good | bad)), _count(many), seed=0)[0].word
        for bad in ({}, {"s1": "fffff", "s2": "fffff"}, {f"s{n}": "fffff" for n in range(12)})
    ]
    assert words == ["passed", "inconclusive", "failed"]
