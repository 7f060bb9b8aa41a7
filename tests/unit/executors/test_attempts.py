"""A trial that errors is tried again. What the first attempt cost was paid, and is no figure of the agent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openai_like import Answer, Call, ModelServer

from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.settings import Settings
from pytest_arc.domain.trajectory import Usage
from pytest_arc.history.document import read_trial, write_line
from pytest_arc.history.pace import estimate_cost
from pytest_arc.planning import make_plan
from pytest_arc.reports.style import ASCII
from pytest_arc.reports.summary import summarize_agent
from pytest_arc.session import Session, run_session

pytest.importorskip("pydantic_ai", reason="the extra 'models' is not installed")

MILLION = 1_000_000
PRICE_USD = 0.15
"""Of a million tokens that gpt-4o-mini reads."""
TOOL = {"name": "ledger", "behavior": {"kind": "static", "answers": [{"returns": {"total": 4}}]}}
EXPIRED = Answer.failing(401, "key expired")

RunAgent = Callable[..., Session]


@pytest.fixture
def run_agent(plan_bot: Callable[..., AgentPlan], tmp_path: Path) -> RunAgent:
    """Run an agent with a ledger on a model of this server; a trial is tried twice."""

    def run(server: ModelServer, model: str = "openai:gpt-4o-mini", **profile: Any) -> Session:
        target = {"model": model, "base_url": server.openai_url}
        agent = plan_bot({"a": "What was the total?"}, target=target, tools=[TOOL], **profile)
        settings = Settings.model_validate(
            {"concurrency": 1, "attempts": 2, "models": {"openai:*": {"retries": 0}}}
        )
        return run_session(Session(make_plan([agent]), settings, root=tmp_path))

    return run


def look_up() -> Answer:
    """A million tokens, to ask for the ledger."""
    return Answer(tool_calls=(("ledger", {}),), input_tokens=MILLION, output_tokens=0)


def answer(text: str = "yes") -> Answer:
    return Answer(text, input_tokens=MILLION, output_tokens=0)


def summarize(session: Session) -> str:
    report = session.report(session.plan.agents[0])
    return " ".join(" ".join(summarize_agent(report, ASCII, ".arc")).split())


def test_what_an_errored_attempt_cost_is_paid_and_no_figure_of_the_agent(
    run_agent: RunAgent, tmp_path: Path
) -> None:
    with ModelServer([look_up(), EXPIRED, answer()]) as server:
        session = run_agent(server, trials=1)
    (trial,) = session.ledger.list_trials("bot/a")
    assert (trial.outcome, trial.attempts) == ("passed", 2)
    assert (trial.measure("tokens"), trial.measure("cost")) == (MILLION, pytest.approx(PRICE_USD))
    assert trial.lost_usage["agent"].input_tokens == MILLION
    assert trial.paid_usd == pytest.approx(2 * PRICE_USD)
    assert "cost $0.30 " in summarize(session)
    assert estimate_cost(session.plan.agents[0], tmp_path / ".arc") == pytest.approx(PRICE_USD)


def test_it_is_written_beside_the_results_and_read_again(run_agent: RunAgent) -> None:
    with ModelServer([look_up(), EXPIRED, answer()]) as server:
        session = run_agent(server, trials=1)
    (trial,) = session.ledger.list_trials("bot/a")
    line = json.loads(write_line(trial))
    assert "lost_usage" not in line
    assert line["timing"]["lost_usage"]["agent"]["cost_usd"] == pytest.approx(PRICE_USD)
    read = read_trial(line)
    assert (read.lost_usage, read.paid_usd) == (trial.lost_usage, trial.paid_usd)


def test_a_budget_counts_every_attempt(run_agent: RunAgent) -> None:
    def fail_every_other(call: Call) -> Answer:
        return EXPIRED if call.number % 3 == 2 else look_up() if call.number % 3 == 1 else answer()

    with ModelServer(fail_every_other) as server:
        session = run_agent(server, trials=5, budget={"cost_usd": 4 * PRICE_USD})
    assert len(server.calls) <= 9  # at most one more trial is under way when the second has ended
    assert session.cut == {"bot": "the budget of $0.60 was used up"}


def test_a_trial_that_no_model_has_answered_costs_nothing(run_agent: RunAgent) -> None:
    with ModelServer([EXPIRED, EXPIRED, answer()]) as server:
        session = run_agent(server, trials=2)
    errored, passed = session.ledger.list_trials("bot/a")
    assert (errored.outcome, errored.usage) == ("errored", Usage(cost_usd=0.0))
    assert (passed.outcome, passed.paid_usd) == ("passed", pytest.approx(PRICE_USD))
    assert "cost $0.15 " in summarize(session)


@pytest.mark.parametrize(
    "spoilt", [Answer.truncated(), Answer(body=b"<html>"), Answer("yes", input_tokens=0, output_tokens=0)]
)
def test_an_answer_without_a_price_leaves_the_cost_unknown(run_agent: RunAgent, spoilt: Answer) -> None:
    with ModelServer([answer(), spoilt, spoilt]) as server:
        session = run_agent(server, trials=2)
    assert "cost unknown " in summarize(session)


def test_so_does_one_of_an_attempt_that_errored(run_agent: RunAgent) -> None:
    with ModelServer([look_up(), EXPIRED, answer()]) as server:
        session = run_agent(server, model="openai:our-own", trials=1)
    (trial,) = session.ledger.list_trials("bot/a")
    assert (trial.paid_usd, trial.lost_usage["agent"].cost_usd) == (None, None)
