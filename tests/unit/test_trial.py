from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from pytest_arc.domain.plan import AgentPlan, list_trials
from pytest_arc.domain.result import TrialResult
from pytest_arc.planning import make_plan
from pytest_arc.trial import TrialOptions, run_trial

PlanAgent = Callable[..., AgentPlan]
DEFAULTS = TrialOptions()


@pytest.fixture
def attempt(plan_bot: PlanAgent) -> Callable[..., TrialResult]:
    """Run one trial of one scenario."""

    def attempt(scenario: Any, options: TrialOptions = DEFAULTS, **profile: Any) -> TrialResult:
        (spec, *_) = list_trials(make_plan([plan_bot({"a": scenario}, **profile)]))
        return asyncio.run(run_trial(spec, options))

    return attempt


def test_a_trial_passes_when_its_gating_checks_do(attempt: Callable[..., TrialResult]) -> None:
    result = attempt("pass")
    assert (result.outcome, result.blame, result.reason) == ("passed", None, "")
    assert result.trajectory is not None
    assert result.trajectory.answer == "yes"


def test_a_failed_trial_says_why_in_the_words_of_its_first_failing_check(
    attempt: Callable[..., TrialResult],
) -> None:
    result = attempt("fail")
    assert (result.outcome, result.blame) == ("failed", "agent")
    assert result.reason == "the answer does not contain 'yes'; it said 'no'"


def test_checks_that_do_not_gate_only_lower_the_score(attempt: Callable[..., TrialResult]) -> None:
    expect = [{"answer_contains": "yes"}, {"answer_contains": "please", "gating": False}]
    result = attempt({"user": "pass", "expect": expect})
    assert result.outcome == "passed"
    assert result.score is not None
    assert result.score < 1


@pytest.mark.parametrize(
    "scenario, outcome, blame, reason",
    [
        ("crash", "failed", "agent", "the agent raised RuntimeError: no such customer"),
        ("hang", "failed", "agent", "no answer within 0.05 s from the agent"),
        ("call broken", "errored", "tool", "OSError: on fire"),
        (
            {"user": "pass", "expect": [{"python": "bots_in_code:raise_in_check"}]},
            "errored",
            "judge",
            "LookupError: nothing there",
        ),
    ],
)
def test_whoever_broke_is_blamed(
    attempt: Callable[..., TrialResult], scenario: Any, outcome: str, blame: str, reason: str
) -> None:
    result = attempt(scenario, limits={"timeout_s": 0.05})
    assert (result.outcome, result.blame) == (outcome, blame)
    assert reason in result.reason


def test_what_an_agent_did_before_it_crashed_is_judged(attempt: Callable[..., TrialResult]) -> None:
    result = attempt({"user": "crash", "expect": [{"answer_contains": "yes"}]})
    assert [check.passed for check in result.checks] == [False]


def test_an_errored_trial_has_no_score(attempt: Callable[..., TrialResult]) -> None:
    result = attempt("call broken")
    assert (result.score, result.checks, dict(result.dimensions)) == (None, (), {})


def test_a_debugger_gets_the_exception_of_the_agents_own_code(attempt: Callable[..., TrialResult]) -> None:
    with pytest.raises(RuntimeError, match="no such customer"):
        attempt("crash", TrialOptions(reraise=True))


def test_steps_are_tool_calls_and_answers(attempt: Callable[..., TrialResult]) -> None:
    assert attempt({"user": {"says": ["pass", "pass"]}}).steps == 2
