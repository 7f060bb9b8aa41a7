from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Callable
from typing import Any

import pytest

from pytest_arc.domain.plan import AgentPlan, list_trials
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.trajectory import Usage
from pytest_arc.history.document import read_trial, write_line
from pytest_arc.planning import make_plan
from pytest_arc.providers import Reply, Request
from pytest_arc.registry import PROVIDERS
from pytest_arc.targets import AgentContext
from pytest_arc.testing import ScriptedProvider
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


def test_a_finished_trial_leaves_nothing_for_the_garbage_collector(
    attempt: Callable[..., TrialResult],
) -> None:
    def count_contexts() -> int:
        return sum(isinstance(found, AgentContext) for found in gc.get_objects())

    gc.collect()
    before = count_contexts()
    gc.disable()
    try:
        result = attempt("pass")
        left = count_contexts() - before
    finally:
        gc.enable()
    assert (result.outcome, left) == ("passed", 0)


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


# Those who work for the test: a user whom a model plays, and judges.


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`register("critic", ...)`: a model that answers in this order."""
    monkeypatch.setattr(PROVIDERS, "_loaded", dict(PROVIDERS._loaded))
    return lambda model, *replies: PROVIDERS.register(model, lambda: ScriptedProvider(replies))


class Sleeper:
    """A model that does not answer for ages, or only after `pause_s`."""

    def __init__(self, pause_s: float = 600) -> None:
        self.pause_s = pause_s

    async def complete(self, request: Request) -> Reply:
        await asyncio.sleep(self.pause_s)
        return Reply(text="pass", usage=Usage(model_calls=1))


def give_verdict(score: float) -> Callable[[Request], Any]:
    def answer(request: Request) -> Any:
        ticket = request.messages[-1].text.rpartition("</trial-")[2].rstrip(">")
        arguments = {"ticket": ticket, "score": score, "reason": f"it is worth {score}"}
        return {"tool": "give_verdict", "arguments": arguments}

    return answer


PLAYED = {"goal": "hear yes", "model": "actor"}


def test_a_model_may_play_the_user_and_judge_and_its_usage_stands_apart(
    attempt: Callable[..., TrialResult], register: Callable[..., None]
) -> None:
    register("actor", "pass", "pass once more", "[END OF CONVERSATION]")
    register("critic", give_verdict(0.2), give_verdict(0.9), give_verdict(0.8))
    judge = {"judge": "Says yes", "model": "critic", "votes": 3, "gating": True}
    result = attempt({"user": PLAYED, "expect": [{"answer_contains": "yes"}, judge]})
    assert (result.outcome, result.steps) == ("passed", 2)
    assert result.usage is None
    assert {who: usage.model_calls for who, usage in result.harness_usage.items()} == {"user": 3, "judge": 3}
    assert [check.agreement for check in result.checks] == [None, pytest.approx(2 / 3)]
    assert result.is_disputed


def test_results_keep_what_user_and_judges_consumed(
    attempt: Callable[..., TrialResult], register: Callable[..., None]
) -> None:
    register("critic", give_verdict(0.9))
    judged = attempt({"user": "pass", "expect": [{"judge": "Says yes", "model": "critic", "gating": True}]})
    read = read_trial(json.loads(write_line(judged)))
    assert read.harness_usage == judged.harness_usage != {}
    assert read.checks == judged.checks
    assert '"harness_usage"' not in write_line(attempt("pass"))


def test_no_model_is_asked_about_a_trial_that_has_failed_already(
    attempt: Callable[..., TrialResult], register: Callable[..., None]
) -> None:
    register("critic")
    judge = {"judge": "Says yes", "model": "critic", "gating": True}
    result = attempt({"user": "crash", "expect": [{"answer_contains": "yes"}, judge]})
    assert (result.outcome, result.blame) == ("failed", "agent")
    assert [check.check for check in result.checks] == ["answer_contains: yes"]


@pytest.mark.parametrize(
    "user, judge, blame, reason",
    [
        (PLAYED, "critic", "user_simulator", "the simulated user left its role: it said nothing"),
        ("pass", "nobody", "judge", "check 'judge: Says yes': its model nobody gave no verdict"),
    ],
)
def test_trouble_of_those_who_work_for_the_test_is_not_the_agents(
    attempt: Callable[..., TrialResult],
    register: Callable[..., None],
    user: Any,
    judge: str,
    blame: str,
    reason: str,
) -> None:
    register("actor", "pass", "")
    register("critic", give_verdict(1.0))
    register("nobody", "hm")
    result = attempt({"user": user, "expect": [{"judge": "Says yes", "model": judge, "gating": True}]})
    assert (result.outcome, result.blame) == ("errored", blame)
    assert result.reason.startswith(reason)


# Each stage has its time.


@pytest.mark.parametrize(
    "scenario, limits, outcome, blame, reason",
    [
        (
            {"user": "hang"},
            {"agent_timeout_s": 0.05},
            "failed",
            "agent",
            "no answer within 0.05 s from the agent",
        ),
        (
            {"user": "call slow"},
            {"tool_timeout_s": 0.05},
            "errored",
            "tool",
            "no answer within 0.05 s from the simulated tool 'slow'",
        ),
        (
            {"user": "call slow"},
            {"agent_timeout_s": 0.05},
            "errored",
            "tool",
            "no answer within 0.05 s from the simulated tool 'slow'",
        ),
        (
            {"user": "call slow"},
            {"timeout_s": 0.05},
            "errored",
            "tool",
            "no answer within 0.05 s from the simulated tool 'slow'",
        ),
        (
            {"user": {"goal": "hear yes", "model": "sleeper"}},
            {"user_timeout_s": 0.05},
            "errored",
            "user_simulator",
            "no answer within 0.05 s from the simulated user",
        ),
        (
            {"user": "pass", "expect": [{"judge": "Says yes", "model": "sleeper", "gating": True}]},
            {"judge_timeout_s": 0.05},
            "errored",
            "judge",
            "no answer within 0.05 s from the judge",
        ),
    ],
)
@pytest.mark.usefixtures("register")
def test_a_stage_that_takes_too_long_is_ended_and_blamed(
    attempt: Callable[..., TrialResult],
    scenario: Any,
    limits: dict[str, float],
    outcome: str,
    blame: str,
    reason: str,
) -> None:
    PROVIDERS.register("sleeper", Sleeper)
    tool = {"name": "slow", "behavior": {"kind": "python", "function": "bots_in_code:take_ages"}}
    result = attempt(scenario, limits=limits, tools=[tool])
    assert (result.outcome, result.blame, result.reason) == (outcome, blame, reason)


@pytest.mark.usefixtures("register")
def test_the_time_of_a_played_user_is_not_the_agents(attempt: Callable[..., TrialResult]) -> None:
    PROVIDERS.register("dawdler", lambda: Sleeper(0.15))
    user = {"goal": "hear yes", "model": "dawdler", "max_turns": 2}
    result = attempt({"user": user}, limits={"timeout_s": 0.1})
    assert result.outcome == "passed"
    assert result.latency_s < 0.1
    assert result.wall_s > 0.3


@pytest.mark.usefixtures("register")
def test_shortly_before_the_end_it_is_said_what_a_trial_waits_for(
    attempt: Callable[..., TrialResult], caplog: pytest.LogCaptureFixture
) -> None:
    PROVIDERS.register("sleeper", Sleeper)
    attempt("pass", limits={"timeout_s": 0.05})
    assert caplog.messages == []
    result = attempt("hi", target={"model": "sleeper"}, limits={"timeout_s": 0.05})
    assert (result.blame, result.reason) == ("infrastructure", "no answer within 0.05 s from the provider")
    assert caplog.messages == ["bot/a, trial 1: 95 % of its 0.05 s are over; waiting for the provider"]


def test_a_debugger_has_all_the_time(attempt: Callable[..., TrialResult]) -> None:
    limits = {"agent_timeout_s": 0.001, "tool_timeout_s": 0.001, "timeout_s": 0.001}
    tool = {"name": "nap", "behavior": {"kind": "python", "function": "bots_in_code:nap"}}
    result = attempt("call nap", TrialOptions(watchdog=False), limits=limits, tools=[tool])
    assert result.outcome == "passed"
