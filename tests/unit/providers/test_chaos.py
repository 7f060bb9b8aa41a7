"""Chaos and stand-ins, in whole trials."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("tenacity", reason="needs the extra 'models'")

from pytest_arc.domain.calls import CallOptions, Injection
from pytest_arc.domain.plan import AgentPlan, make_trial
from pytest_arc.domain.result import TrialResult
from pytest_arc.errors import ProviderError
from pytest_arc.fingerprint import stream
from pytest_arc.providers import Request
from pytest_arc.providers.layers import Calling
from pytest_arc.providers.scripted import ScriptedProvider
from pytest_arc.providers.services import Services, use_services
from pytest_arc.registry import PROVIDERS
from pytest_arc.trial import run_trial

PlanAgent = Callable[..., AgentPlan]
TRIALS = 400


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Any], None]:
    monkeypatch.setattr(PROVIDERS, "_loaded", dict(PROVIDERS._loaded))
    return lambda name, answer: PROVIDERS.register(name, lambda: ScriptedProvider([answer]))


def answer_seven_times_of_ten(request: Request) -> str:
    return "yes" if stream(request.seed, "mood").random() < 0.7 else "no"


def overload(request: Request) -> str:
    raise ProviderError(
        "HTTP 529 from main (request 17)", cause="HTTP 529 from main", status=529, is_transient=True
    )


def refuse(request: Request) -> str:
    raise ProviderError("HTTP 401 from main: no such key", cause="HTTP 401 from main", status=401)


async def run_trials(plan: AgentPlan, services: Services, trials: int) -> list[TrialResult]:
    with use_services(services):
        made = (run_trial(make_trial(plan.cases[0], n, run_seed=0)) for n in range(1, trials + 1))
        return list(await asyncio.gather(*made))


def run(plan_bot: PlanAgent, trials: int, **options: Any) -> tuple[list[TrialResult], Services]:
    plan = plan_bot({"a": "Well?"}, target={"model": "mine"}, tools=[])
    services = Services()
    services.calling = Calling(services, **options)
    return asyncio.run(run_trials(plan, services, trials)), services


def test_chaos_moves_the_error_rate_and_not_the_rate_of_the_agent(plan_bot: PlanAgent, register: Any) -> None:
    register("mine", answer_seven_times_of_ten)
    calm, _ = run(plan_bot, TRIALS)
    shaken, services = run(plan_bot, TRIALS, inject=Injection(p=0.6))
    errored = [trial for trial in shaken if trial.outcome == "errored"]

    # Three tries fail with probability 0.6³ = 0.216: 86 of 400, give or take four standard deviations.
    assert Counter(trial.outcome for trial in calm)["errored"] == 0
    assert 54 <= len(errored) <= 119
    assert all(trial.blame == "infrastructure" for trial in errored)
    assert services.counts["retries"] > len(errored)
    # Whatever could be scored ended as it does without chaos.
    assert [t.outcome for t in shaken if t.is_scored] == [
        before.outcome for before, after in zip(calm, shaken, strict=True) if after.is_scored
    ]


def test_chaos_is_the_same_whenever_it_is_repeated(plan_bot: PlanAgent, register: Any) -> None:
    register("mine", "yes")
    runs = [run(plan_bot, 50, inject=Injection(p=0.8))[0] for _ in range(2)]

    assert [t.reason for t in runs[0]] == [t.reason for t in runs[1]]
    assert 0 < sum(t.outcome == "errored" for t in runs[0]) < 50


def test_errors_of_a_kind_are_counted_by_one_cause(plan_bot: PlanAgent, register: Any) -> None:
    register("mine", "yes")
    any_kind, _ = run(plan_bot, 200, inject=Injection(p=1))
    one_kind, _ = run(plan_bot, 5, inject=Injection(p=1, kind="timeout"))

    assert {t.cause for t in any_kind} == {
        "injected: HTTP 429 from mine",
        "injected: HTTP 500 from mine",
        "injected: HTTP 529 from mine",
        "injected: no answer in time from mine",
        "injected: no connection from mine",
    }
    assert {t.cause for t in one_kind} == {"injected: no answer in time from mine"}


def test_a_stand_in_answers_and_the_trial_says_so_and_is_not_counted(
    plan_bot: PlanAgent, register: Any
) -> None:
    register("mine", overload)
    register("other", "yes")
    (trial,), services = run(plan_bot, 1, models={"mine": CallOptions(retries=0, fallback=("other",))})

    assert (trial.outcome, trial.blame, trial.cause) == (
        "errored",
        "infrastructure",
        "answered by another model",
    )
    assert trial.reason == (
        "other answered for the agent's model, mine, after HTTP 529 from main:"
        " that is another agent's trial, and is not counted (it passed)"
    )
    assert [check.passed for check in trial.checks] == [True]
    assert services.counts["fallbacks"] == 1


def test_stand_ins_are_asked_in_order_and_the_last_error_is_told(plan_bot: PlanAgent, register: Any) -> None:
    register("mine", overload)
    register("second", overload)
    register("third", refuse)
    chain = CallOptions(retries=0, fallback=("second", "third"))
    (trial,), _ = run(plan_bot, 1, models={"mine": chain})

    assert (trial.outcome, trial.cause) == ("errored", "HTTP 401 from main")


def test_nobody_stands_in_where_people_must_put_something_right(plan_bot: PlanAgent, register: Any) -> None:
    register("mine", refuse)
    register("other", "yes")
    (trial,), services = run(plan_bot, 1, models={"mine": CallOptions(fallback=("other",))})

    assert (trial.outcome, trial.cause) == ("errored", "HTTP 401 from main")
    assert not services.counts["fallbacks"]


def test_without_a_setting_nobody_stands_in_and_nothing_is_around_a_scripted_model(register: Any) -> None:
    from pytest_arc.providers.factory import make_provider

    register("mine", "yes")
    services = Services()
    services.calling = Calling(services)
    with use_services(services):
        assert type(make_provider("mine")) is ScriptedProvider
