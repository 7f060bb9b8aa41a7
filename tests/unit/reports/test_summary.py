"""The paragraph of an agent, as a person reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_arc.domain.plan import AgentPlan, list_trials
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.settings import Settings
from pytest_arc.domain.trajectory import Usage
from pytest_arc.gates import Ledger, decide_counting, evaluate, judge_case
from pytest_arc.planning import make_plan
from pytest_arc.reports.style import WIDTH, choose_glyphs
from pytest_arc.reports.summary import AgentReport, describe_gate_failure, summarize_agent

PlanAgent = Callable[..., AgentPlan]
ASCII = choose_glyphs("ascii")


def _report(agent: AgentPlan, letters: str, **changes: Any) -> AgentReport:
    """A report in which the trials of all cases, one after the other, ended as `letters` say."""
    words = {"p": "passed", "f": "failed", "e": "errored"}
    trials = [
        TrialResult(
            case=spec.case.id,
            trial=spec.trial,
            seed=spec.seed,
            outcome=words[letter],  # type: ignore[arg-type]
            blame={"p": None, "f": "agent", "e": "tool"}[letter],  # type: ignore[arg-type]
            reason="" if letter == "p" else f"a long story about {words[letter]} trials " * 4,
            checks=(),
            dimensions={} if letter == "e" else {"response_quality": float(letter == "p")},
            score=None,
            wall_s=1.0,
            **changes,
        )
        for spec, letter in zip(list_trials(make_plan([agent])), letters, strict=True)
    ]
    ledger = Ledger(trials)
    outcomes = [judge_case(case, ledger, counted_by="reliability") for case in agent.cases]
    counting = decide_counting(make_plan([agent]), Settings())
    return AgentReport(agent, outcomes, trials, evaluate(agent, ledger, counting, 0), "last", wall_s=2.0)


def _summarize(report: AgentReport) -> str:
    return "\n".join(summarize_agent(report, ASCII, ".arc/runs/1"))


@pytest.fixture
def two(plan_bot: PlanAgent) -> AgentPlan:
    """Two cases of three trials under a gate."""
    scenarios = {"fx/eur": {"user": "go", "tags": ["money"]}, "tax/vat": "go"}
    return plan_bot(scenarios, trials=3, gates={"reliability": 0.85})


def test_the_summary_leads_with_the_verdict_and_counts_each_trial(two: AgentPlan) -> None:
    text = _summarize(_report(two, "ppfppp"))
    assert text.startswith("  reliability INCONCLUSIVE  5 of 6 trials passed (83.3 %)")
    assert "  trials  5 passed, 1 failed, 0 errored (2 scenarios x 3)" in text


def test_of_two_labels_for_the_same_failing_cases_one_is_named(two: AgentPlan) -> None:
    # The case has the tag `money` and is in the group `fx`.
    assert "1 of 2 cases below bar: fx 1 of 1\n" in _summarize(_report(two, "fffppp")) + "\n"


def test_errored_cases_are_counted_apart_from_those_below_bar(two: AgentPlan) -> None:
    text = _summarize(_report(two, "eeefff"))
    assert "1 of 2 cases below bar, 1 of 2 cases errored" in text
    assert "    error  fx/eur" in text


def test_time_is_set_against_one_by_one(two: AgentPlan) -> None:
    assert "time    2.0 s (one by one: 6.0 s, 3x)" in _summarize(_report(two, "pppppp"))


def test_simulated_time_is_called_so(two: AgentPlan) -> None:
    report = _report(two, "pppppp", clock="virtual", latency_s=10.0)
    assert "the agent's latencies are simulated: 1 min 0 s in all" in " ".join(_summarize(report).split())


def test_a_cost_is_a_sum_only_when_every_trial_knows_its_own(two: AgentPlan) -> None:
    known = _report(two, "pppppp", usage=Usage(cost_usd=0.25))
    assert "cost    $1.50" in _summarize(known)
    partly = replace(known, trials=[replace(known.trials[0], usage=None), *known.trials[1:]])
    assert "cost    unknown" in _summarize(partly)


def test_what_users_and_judges_cost_stands_apart(two: AgentPlan) -> None:
    consumed = {"user": Usage(cost_usd=0.01), "judge": Usage(cost_usd=None)}
    report = _report(two, "pppppp", usage=Usage(cost_usd=0.25), harness_usage=consumed)
    assert "; users $0.06; judges unknown" in " ".join(_summarize(report).split())


def test_every_line_fits_the_width_but_commands(plan_bot: PlanAgent) -> None:
    long = "currency/" + "-".join(["a-very-long-name"] * 5)
    agent = plan_bot({f"{long}-{n}": "go" for n in range(7)}, name="n" * 90, gates={"reliability": 0.85})
    report = _report(agent, "ppppf" * 7)
    lines = [
        *_summarize(report).splitlines(),
        *describe_gate_failure(report, report.verdicts[0]).splitlines(),
    ]
    assert [line for line in lines if len(line) > WIDTH and long not in line and "n" * 90 not in line] == []


def test_a_gate_failure_lists_the_worst_cases_first_ten_of_them(plan_bot: PlanAgent) -> None:
    agent = plan_bot({f"s{n:02}": "go" for n in range(12)}, trials=2, gates={"reliability": 0.85})
    report = _report(agent, "ff" * 3 + "pf" * 9)
    text = describe_gate_failure(report, report.verdicts[0])
    assert text.startswith("bot: reliability FAILED. 9 of 24 trials passed (37.5 %)")
    rates = [line.split()[0] for line in text.splitlines() if "/2" in line]
    assert rates == ["0/2"] * 3 + ["1/2"] * 7
    assert "arc debug 'last::s00#1'" in text
    assert text.endswith("and 2 more (-v shows each in full)")
