from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_arc.domain.baseline import EarlierCounts, Ruler
from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.result import TrialResult, Verdict
from pytest_arc.domain.score import CheckResult
from pytest_arc.domain.settings import Settings
from pytest_arc.gates import Ledger, decide_counting, evaluate, list_undecidable
from pytest_arc.planning import make_plan
from pytest_arc.stats import least_passing_trials

Agents = Callable[..., AgentPlan]
Ledgers = Callable[..., Ledger]
TEN = [{"id": f"s{number}"} for number in range(10)]


def _evaluate(
    agent: AgentPlan, ledger: Ledger, stopped: str = "", earlier: EarlierCounts | None = None
) -> list[Verdict]:
    counting = decide_counting(make_plan([agent]), Settings())
    return evaluate(agent, ledger, counting, 0, Ruler(earlier=earlier), stopped)


def _judge(
    agent: AgentPlan, ledger: Ledger, stopped: str = "", earlier: EarlierCounts | None = None
) -> Verdict:
    (verdict,) = _evaluate(agent, ledger, stopped, earlier)
    return verdict


def test_an_agent_without_a_gate_has_no_verdict(agent: Agents, ledger: Ledgers) -> None:
    assert _evaluate(agent({"id": "a"}, gate=None), ledger(a="fffff")) == []


@pytest.mark.parametrize(
    "per_scenario, word, fails",
    [("ppppp", "passed", False), ("fffff", "failed", True), ("ppppf", "inconclusive", False)],
)
def test_the_verdict_is_three_valued(
    agent: Agents, ledger: Ledgers, per_scenario: str, word: str, fails: bool
) -> None:
    verdict = _judge(agent(*TEN), ledger(**{s["id"]: per_scenario for s in TEN}))
    assert (verdict.word, verdict.fails) == (word, fails)


@pytest.mark.parametrize("passed", range(51))
def test_the_interval_never_contradicts_the_verdict(agent: Agents, ledger: Ledgers, passed: int) -> None:
    letters = "p" * passed + "f" * (50 - passed)
    counts = {s["id"]: letters[5 * n : 5 * n + 5] for n, s in enumerate(TEN)}
    verdict = _judge(agent(*TEN), ledger(**counts))
    assert verdict.estimate is not None
    assert (verdict.word == "passed") == (verdict.estimate.low >= 0.85)
    assert (verdict.word == "failed") == (verdict.estimate.high < 0.85)


@pytest.mark.parametrize("letter, passed, others", [("p", True, "passed"), ("f", False, "failed")])
def test_a_gate_is_decided_only_if_it_is_whichever_judges_are_right(
    agent: Agents, trial: Callable[..., TrialResult], letter: str, passed: bool, others: str
) -> None:
    plan = agent({"id": "a", "trials": 30}, trials=30)
    agreed, split = (
        CheckResult("judge: polite", "response_quality", True, passed, 0.5, "so so", agreement=agreement)
        for agreement in (1.0, 2 / 3)
    )

    def judge(doubtful: int) -> Verdict:
        numbers = range(1, 31)
        return _judge(
            plan, Ledger(trial("a", n, letter, split if n <= doubtful else agreed) for n in numbers)
        )

    assert judge(0).word == others
    verdict = judge(30)
    assert verdict.word == "inconclusive"
    assert "judges disagreed on 30, which count either way" in verdict.reason
    assert verdict.estimate is not None
    assert verdict.estimate.low < 0.85 < verdict.estimate.high


def test_so_is_one_over_the_population(agent: Agents, ledger: Ledgers) -> None:
    names = [f"s{number}" for number in range(40)]
    plan = agent(*[{"id": name} for name in names], gate={"min": 0.9, "over": "population"})

    assert _judge(plan, ledger(**dict.fromkeys(names, "ppppp"))).word == "passed"
    verdict = _judge(plan, ledger(**dict.fromkeys(names, "ppppP")))
    assert verdict.word == "inconclusive"
    assert "judges disagreed on 40, which count either way" in verdict.reason


def test_an_inconclusive_gate_fails_where_the_profile_says_so(agent: Agents, ledger: Ledgers) -> None:
    plan = agent({"id": "a"}, gate={"min": 0.85, "on_inconclusive": "fail"})
    verdict = _judge(plan, ledger(a="ppppp"))
    assert (verdict.word, verdict.fails) == ("inconclusive", True)


def test_a_tenth_of_errors_is_tolerated_and_leaves_the_rate(agent: Agents, ledger: Ledgers) -> None:
    counts = {s["id"]: "ppppp" for s in TEN} | {"s0": "eeeee"}
    verdict = _judge(agent(*TEN), ledger(**counts))
    assert verdict.word == "passed"
    assert verdict.estimate is not None
    assert verdict.estimate.n == 45


def test_more_than_a_tenth_of_errors_is_not_evaluated_and_fails(agent: Agents, ledger: Ledgers) -> None:
    counts = {s["id"]: "ppppp" for s in TEN} | {"s0": "eeeee", "s1": "ppppe"}
    verdict = _judge(agent(*TEN), ledger(**counts))
    assert (verdict.word, verdict.fails) == ("not evaluated", True)
    assert "6 of 50 trials (12.0 %) errored; the limit is 10 %" in verdict.reason


def test_errors_alone_prove_nothing_however_many_are_tolerated(agent: Agents, ledger: Ledgers) -> None:
    plan = agent({"id": "a"}, gates={"reliability": 0.85, "errors": {"max": 1.0}})
    assert _judge(plan, ledger(a="eeeee")).word == "not evaluated"


@pytest.mark.parametrize("trials", ["pppp", "ppppc", ""])
def test_missing_trials_are_not_evaluated_and_fail(agent: Agents, ledger: Ledgers, trials: str) -> None:
    verdict = _judge(agent({"id": "a"}), ledger(a=trials), "interrupted")
    assert (verdict.word, verdict.fails) == ("not evaluated", True)
    assert verdict.reason.endswith("of 5 trials were not run: interrupted")


def test_skipped_and_expected_failures_are_not_counted(agent: Agents, ledger: Ledgers) -> None:
    plan = agent(*TEN, {"id": "later", "skip": "x"}, {"id": "known", "xfail": "x"})
    verdict = _judge(plan, ledger(**{s["id"]: "ppppp" for s in TEN}, known="fffff"))
    assert verdict.word == "passed"
    assert verdict.estimate is not None
    assert verdict.estimate.n == 50


@pytest.mark.parametrize("trials", range(1, 30))
def test_a_gate_is_called_undecidable_exactly_when_no_result_could_pass(
    agent: Agents, ledger: Ledgers, trials: int
) -> None:
    plan = agent({"id": "a"}, trials=trials)
    passes = _judge(plan, ledger(a="p" * trials)).word == "passed"
    assert passes == (not list_undecidable(plan))


def test_the_least_number_of_trials_is_told(agent: Agents) -> None:
    least = least_passing_trials(0.85, 0.95)
    assert f"{least} all-passing are the least" in list_undecidable(agent({"id": "a"}))[0]


def test_what_kept_trials_from_ending_is_counted_by_kind(agent: Agents, trial: Callable[..., Any]) -> None:
    plan = agent(*TEN, trials=2)
    causes = ["HTTP 529 from api.example.com", "HTTP 529 from api.example.com", "no connection to db", ""]
    errored = [replace(trial("s0", n + 1, "e"), cause=cause) for n, cause in enumerate(causes[:2])]
    errored += [replace(trial("s1", n + 1, "e"), cause=cause) for n, cause in enumerate(causes[2:])]
    passed = [trial(f"s{case}", n, "p") for case in range(2, 10) for n in (1, 2)]
    verdict = _judge(plan, Ledger([*errored, *passed]))
    assert verdict.reason == (
        "4 of 20 trials (20.0 %) errored; the limit is 10 %. The agent is not to blame, and they are not in"
        " the rate. 2 x HTTP 529 from api.example.com, 1 x no connection to db, 1 x other trouble."
    )


@pytest.mark.parametrize(
    "target, hinted", [({"python": "agents:agent"}, True), ({"replay": "/kept.jsonl"}, False)]
)
def test_more_trials_are_proposed_only_where_they_can_be_made(
    agent: Agents, ledger: Ledgers, target: dict[str, str], hinted: bool
) -> None:
    verdict = _judge(agent(*TEN, target=target), ledger(**{s["id"]: "ppppf" for s in TEN}))
    assert verdict.word == "inconclusive"
    assert any("--arc-trials" in hint for hint in verdict.hints) == hinted


def test_nothing_is_proposed_that_counts_this_run_alone_when_earlier_ones_are_pooled(
    agent: Agents, ledger: Ledgers
) -> None:
    plan, run = agent({"id": "a"}), ledger(a="ppppf")
    assert _judge(plan, run).hints
    verdict = _judge(plan, run, earlier=EarlierCounts("3f2c1a9", {"a": (13, 15)}))
    assert verdict.hints == ()
    assert verdict.reason == (
        "17 of 20 trials passed (85.0 %); asked: 85 %; only 20 of 20 proves 85 %, 13 would fail"
        "; not the first run of 3f2c1a9: 13/15 before, 4/5 now, pooled"
    )


def test_earlier_runs_of_other_scenarios_change_nothing(agent: Agents, ledger: Ledgers) -> None:
    plan, run = agent({"id": "a"}), ledger(a="ppppf")
    assert _judge(plan, run, earlier=EarlierCounts("3f2c1a9", {"b": (13, 15)})) == _judge(plan, run)


@pytest.mark.parametrize(
    "options, why",
    [
        ({"rounds": {"first": 2, "max": 5}}, "as trials come in rounds"),
        ({"gate": {"min": 0.85, "over": "population"}}, "over the population"),
    ],
)
def test_it_is_said_where_earlier_runs_are_not_counted(
    agent: Agents, ledger: Ledgers, options: dict[str, Any], why: str
) -> None:
    plan, run = agent(*TEN, **options), ledger(**{s["id"]: "ppppf" for s in TEN})
    alone = _judge(plan, run)
    verdict = _judge(plan, run, earlier=EarlierCounts("3f2c1a9", {"s0": (2, 2)}))
    said = f"; not the first run of 3f2c1a9: earlier ones are not counted {why}".replace(" as", ", as")
    assert verdict == replace(alone, reason=alone.reason + said)
