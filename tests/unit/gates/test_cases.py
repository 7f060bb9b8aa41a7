"""What becomes of a case: the table of the design, row by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.score import CheckResult
from pytest_arc.gates import Ledger, judge_case, request_second_look
from pytest_arc.stats import wilson


@pytest.mark.parametrize(
    "scenario, counted, trials, word, reason",
    [
        ({}, False, "ppppp", "passed", "5/5 trials passed"),
        ({}, True, "ppppp", "passed", "5/5 trials passed"),
        ({}, False, "ppppf", "failed", "4/5 trials passed; this scenario asks for 5/5"),
        ({}, True, "ppppf", "below bar", "4/5 trials passed; counted by gate/reliability"),
        ({"critical": True}, True, "ppppf", "failed", "4/5 trials passed; this scenario asks for 5/5"),
        ({"critical": True}, True, "ppppp", "passed", "5/5 trials passed"),
        ({"min_pass_rate": 0.8}, False, "ppppf", "passed", "4/5 trials passed"),
        ({"min_pass_rate": 0.8}, False, "pppff", "failed", "3/5 trials passed; this scenario asks for 80 %"),
        ({"min_pass_rate": 0}, False, "fffff", "passed", "0/5 trials passed"),
        ({}, False, "pppee", "passed", "3/3 trials passed, 2 errored"),
        ({}, False, "ppfee", "failed", "2/3 trials passed, 2 errored; this scenario asks for 3/3"),
        ({}, True, "eeeee", "errored", "no trial could be scored: trial 1 errored"),
        ({}, True, "", "not run", "not run: the run was stopped"),
        ({}, True, "ccccc", "not run", "not run: the run was stopped"),
        ({}, False, "ppccc", "passed", "2/2 trials passed"),
        ({"skip": "later"}, True, "", "skipped", "later"),
        ({"xfail": "ticket 7"}, True, "pffff", "xfailed", "(expected: ticket 7)"),
        ({"xfail": "ticket 7"}, True, "ppppp", "xpassed", "5/5 trials passed"),
    ],
)
def test_the_table(
    agent: Callable[..., AgentPlan],
    ledger: Callable[..., Ledger],
    scenario: dict[str, Any],
    counted: bool,
    trials: str,
    word: str,
    reason: str,
) -> None:
    (case,) = agent({"id": "a", **scenario}).cases
    outcome = judge_case(case, ledger(a=trials), "reliability" if counted else "")
    assert outcome.word == word
    assert outcome.reason.endswith(reason)


def test_one_forbidden_call_fails_a_case_that_is_above_its_bar(
    agent: Callable[..., AgentPlan], trial: Callable[..., TrialResult]
) -> None:
    (case,) = agent({"id": "a", "min_pass_rate": 0.5}).cases
    broken = CheckResult("never_calls: pay", "tool_execution", True, False, 0.0, "it called pay", True)
    trials = [trial("a", 1, "p"), trial("a", 2, "p"), trial("a", 3, "f", broken)]
    outcome = judge_case(case, Ledger(trials), counted_by="reliability")
    assert outcome.word == "failed"
    assert outcome.reason == "trial 3: it called pay (one violation is one too many); 2/3 trials passed"


def test_a_forbidden_call_that_does_not_gate_fails_nothing(
    agent: Callable[..., AgentPlan], trial: Callable[..., TrialResult]
) -> None:
    (case,) = agent({"id": "a"}).cases
    broken = CheckResult("never_calls: pay", "tool_execution", False, False, 0.0, "it called pay", True)
    assert judge_case(case, Ledger([trial("a", 1, "p", broken)]), counted_by="reliability").word == "passed"


def test_the_rate_leaves_errors_out_and_has_wilsons_interval(
    agent: Callable[..., AgentPlan], ledger: Callable[..., Ledger]
) -> None:
    (case,) = agent({"id": "a"}).cases
    outcome = judge_case(case, ledger(a="ppfee"), counted_by="reliability")
    assert outcome.estimate is not None
    assert (outcome.passed, outcome.failed, outcome.errored) == (2, 1, 2)
    assert (outcome.estimate.low, outcome.estimate.high) == wilson(2, 3)


def test_why_a_case_was_not_run_is_said(
    agent: Callable[..., AgentPlan], ledger: Callable[..., Ledger]
) -> None:
    (case,) = agent({"id": "a"}).cases
    outcome = judge_case(case, ledger(), not_run="interrupted")
    assert outcome.reason == "not run: interrupted"


@pytest.mark.parametrize(
    "trials, word, reason",
    [
        ("pppfpppppp", "below bar", "4/5 trials passed; this scenario asks for 5/5; not confirmed: 5/5"),
        ("pppfpppfpp", "failed", "4/5 trials passed; this scenario asks for 5/5; confirmed: 4/5"),
        ("pppfpeeeee", "failed", "4/5 trials passed; this scenario asks for 5/5"),
        ("ppppp", "passed", "5/5 trials passed"),
    ],
)
def test_a_critical_case_fails_when_fresh_trials_confirm_it(
    agent: Callable[..., AgentPlan], ledger: Callable[..., Ledger], trials: str, word: str, reason: str
) -> None:
    (case,) = agent({"id": "a", "critical": True}).cases
    outcome = judge_case(case, ledger(a=trials), counted_by="reliability")
    assert outcome.word == word
    assert outcome.reason.removesuffix(" fresh trials passed") == reason
    assert outcome.scored == 5


def test_fresh_trials_are_asked_for_once_and_only_where_they_can_change_something(
    agent: Callable[..., AgentPlan], ledger: Callable[..., Ledger]
) -> None:
    (case,) = agent({"id": "a", "critical": True}).cases
    asked = [request_second_look(case, ledger(a=trials)) for trials in ("pppfp", "ppppp", "pppfpfffff")]
    assert asked == [5, 0, 0]
    (plain,) = agent({"id": "a"}).cases
    assert request_second_look(plain, ledger(a="fffff")) == 0


def test_recorded_trials_cannot_be_repeated(
    agent: Callable[..., AgentPlan], ledger: Callable[..., Ledger]
) -> None:
    (case,) = agent({"id": "a", "critical": True}, target={"replay": "recorded.jsonl"}).cases
    assert request_second_look(case, ledger(a="pppfp")) == 0
    assert judge_case(case, ledger(a="pppfp")).word == "failed"


SPLIT_PASS = CheckResult("judge: polite", "response_quality", True, True, 0.8, "polite", agreement=2 / 3)
SPLIT_FAILURE = CheckResult("judge: polite", "response_quality", True, False, 0.2, "rude", agreement=2 / 3)
AGREED_FAILURE = CheckResult("judge: brief", "response_quality", True, False, 0.1, "long", agreement=1.0)


def test_where_judges_disagree_the_interval_reaches_from_the_least_to_the_most(
    agent: Callable[..., AgentPlan], trial: Callable[..., TrialResult]
) -> None:
    (case,) = agent({"id": "a", "min_pass_rate": 0.5}).cases
    trials = [
        trial("a", 1, "p"),
        trial("a", 2, "p", SPLIT_PASS),
        trial("a", 3, "f", SPLIT_FAILURE),
        trial("a", 4, "f", AGREED_FAILURE),
    ]
    outcome = judge_case(case, Ledger(trials))
    assert outcome.reason == "2/4 trials passed, judges disagreed on 2"
    assert outcome.estimate is not None
    assert outcome.estimate.rate == 0.5
    assert (outcome.estimate.low, outcome.estimate.high) == (wilson(1, 4).low, wilson(3, 4).high)


@pytest.mark.parametrize(
    "outcome, checks, is_disputed",
    [
        ("p", (SPLIT_PASS,), True),
        ("f", (SPLIT_FAILURE,), True),
        ("f", (SPLIT_FAILURE, AGREED_FAILURE), False),  # it failed whoever is right
        ("f", (SPLIT_PASS, AGREED_FAILURE), False),
        ("f", (SPLIT_PASS,), False),  # the agent broke
        ("e", (SPLIT_PASS,), False),
        ("p", (replace(SPLIT_FAILURE, gating=False),), False),
        ("p", (), False),
    ],
)
def test_a_trial_is_disputed_when_the_outvoted_judges_would_turn_it(
    trial: Callable[..., TrialResult], outcome: str, checks: tuple[CheckResult, ...], is_disputed: bool
) -> None:
    assert trial("a", 1, outcome, *checks).is_disputed is is_disputed
