"""What happens when the money, the tokens or the time of a run are used up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.profile import Budget
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.settings import Settings
from pytest_arc.domain.trajectory import Usage
from pytest_arc.executors.budget import BudgetMeter
from pytest_arc.history.pace import estimate_cost, estimate_pace
from pytest_arc.planning import make_plan
from pytest_arc.providers import Reply, Request
from pytest_arc.registry import PROVIDERS
from pytest_arc.session import Session, SessionMode, run_session

PlanAgent = Callable[..., AgentPlan]
CONCURRENT = SessionMode()
SIX = {f"s{n}": "go" for n in range(6)}


class PaidProvider:
    """A cent, and 110 tokens, for each call."""

    async def complete(self, request: Request) -> Reply:
        await asyncio.sleep(0.01)
        return Reply(
            text="yes", usage=Usage(model_calls=1, input_tokens=100, output_tokens=10, cost_usd=0.01)
        )


@pytest.fixture
def run(plan_bot: PlanAgent, tmp_path: Path) -> Iterator[Callable[..., Session]]:
    """Six scenarios of an agent whose calls cost something, five trials each, one after the other."""
    PROVIDERS.register("paid", PaidProvider)

    def run(mode: SessionMode = CONCURRENT, budget_usd: float | None = None, **profile: Any) -> Session:
        settings = Settings(concurrency=1, budget=budget_usd)
        agent = plan_bot(SIX, target={"model": "paid"}, gates={"reliability": 0.8}, **profile)
        return run_session(Session(make_plan([agent]), settings, root=tmp_path, mode=mode))

    yield run
    PROVIDERS._loaded.pop("paid")


def _list_words(session: Session) -> list[str]:
    return [session.outcome_of(case).word for case in session.plan.cases]


@pytest.mark.parametrize("mode", [CONCURRENT, SessionMode(inline=True)])
def test_nothing_starts_once_the_money_is_gone(run: Callable[..., Session], mode: SessionMode) -> None:
    session = run(mode, budget={"cost_usd": 0.12})
    assert _list_words(session) == ["passed", "passed", *["not run"] * 4]
    assert session.exit_code == 1
    reasons = [session.outcome_of(case).reason for case in session.plan.cases[2:4]]
    assert reasons[1] == "not run: the budget of $0.12 was used up"


def test_the_gate_says_what_was_not_run_and_what_would_be_enough(run: Callable[..., Session]) -> None:
    (verdict,) = run(budget={"cost_usd": 0.12}).verdicts
    assert (verdict.word, verdict.fails) == ("not evaluated", True)
    missing = int(verdict.reason.partition(" of 30 trials were not run: the budget of $0.12")[0])
    made = 30 - missing
    assert 12 <= made <= 14
    assert verdict.hints == (
        f"All of it: cost_usd: 0.33 in the budget of bot.yaml (estimated from these {made} trials)",
        "Fewer: --arc-trials 2 needs $0.12 in all",
    )


def test_the_budget_of_the_command_line_is_for_the_whole_run(run: Callable[..., Session]) -> None:
    assert run(budget_usd=0.02).cut == {"bot": "the budget of $0.02 was used up"}


def test_advice_is_for_the_whole_run_where_its_money_is_gone(run: Callable[..., Session]) -> None:
    session = run(budget_usd=0.12, budget={"cost_usd": 10})
    hint = session.verdicts[0].hints[0]
    assert hint.startswith("All of it: --arc-budget 0.33 (estimated")


def test_where_no_money_is_gone_nobody_is_told_to_spend_more(run: Callable[..., Session]) -> None:
    (verdict,) = run(budget={"cost_usd": 10, "tokens": 500}).verdicts
    assert (verdict.word, verdict.hints) == ("not evaluated", ())


def test_less_than_a_cent_is_told_as_such(run: Callable[..., Session]) -> None:
    assert run(budget_usd=0.004).cut == {"bot": "the budget of $0.004 was used up"}


def test_a_budget_that_cannot_be_held_says_so(plan_bot: PlanAgent, tmp_path: Path) -> None:
    agent = plan_bot({"a": "pass"}, trials=1, budget={"cost_usd": 1})
    session = run_session(Session(make_plan([agent]), Settings(budget=0.5), root=tmp_path))
    assert session.report(agent).notes[-2:] == (
        "the budget of $1.00 does not hold: what trials cost is not known",
        "the budget of $0.50 does not hold: what trials cost is not known",
    )


def test_what_was_replayed_uses_nothing_of_a_budget() -> None:
    meter = BudgetMeter(Budget(cost_usd=0.02, tokens=100))
    paid = Usage(input_tokens=100, cost_usd=0.02)
    trial = TrialResult("bot/a", 1, 0, "passed", None, "", (), {}, None, usage=paid, replayed=True)
    meter.count(trial)
    assert (meter.used_up, meter.trials, trial.paid_usd) == ("", 0, 0.0)
    meter.count(replace(trial, replayed=False))
    assert meter.used_up == "the budget of $0.02 was used up"


def test_tokens_and_time_end_a_run_too(run: Callable[..., Session]) -> None:
    assert run(budget={"tokens": 500}).cut == {"bot": "the budget of 500 tokens was used up"}
    assert run(budget={"time_s": 0.0001}).cut == {"bot": "the budget of 0.0001 s was used up"}


def test_a_budget_that_only_warns_lets_the_run_go_on(run: Callable[..., Session]) -> None:
    session = run(budget={"cost_usd": 0.12, "mode": "warn"})
    assert set(_list_words(session)) == {"passed"}
    assert session.report(session.plan.agents[0]).notes[-1] == (
        "the budget of $0.12 was used up: it only warns, and the run went on"
    )


def test_a_run_within_its_budget_is_as_any_other(run: Callable[..., Session]) -> None:
    session = run(budget={"cost_usd": 1, "tokens": 10_000, "time_s": 600})
    assert (session.exit_code, session.cut) == (0, {})


def test_what_a_trial_costs_and_takes_is_known_from_the_newest_run(
    run: Callable[..., Session], tmp_path: Path
) -> None:
    session = run()
    (agent,) = session.plan.agents
    assert estimate_cost(agent, tmp_path / ".arc") == pytest.approx(0.01)
    pace = estimate_pace(agent, tmp_path / ".arc")
    assert pace.cost_usd == pytest.approx(0.01)
    assert pace.time_s == pytest.approx(0.5 / 30, rel=2)
    assert estimate_cost(agent, tmp_path / "elsewhere") is None
    assert session.announce_cost() == []  # thirty cents are not worth a word
