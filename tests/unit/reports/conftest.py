"""Runs as reports see them, in a line or two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from pytest_arc.domain.result import CaseOutcome, CaseWord, Estimate, TrialResult
from pytest_arc.domain.score import CheckResult
from pytest_arc.domain.trajectory import Usage
from pytest_arc.domain.view import AgentView, CaseView, RunView, Totals
from pytest_arc.stats import wilson

MakeCase = Callable[..., CaseView]
MakeAgent = Callable[..., AgentView]
MakeRun = Callable[..., RunView]

_WORDS = {"p": "passed", "f": "failed", "e": "errored"}


@pytest.fixture
def make_case() -> MakeCase:
    """`make_case("fx/eur", "ppf")`: a case whose trials passed, passed and failed."""
    return _make_case


@pytest.fixture
def make_agent() -> MakeAgent:
    """`make_agent(cases, verdicts=...)`"""
    return _make_agent


@pytest.fixture
def make_run() -> MakeRun:
    """`make_run(agent, interrupted="Ctrl-C")`"""
    return _make_run


def _make_case(scenario: str, letters: str = "ppp", agent: str = "bot", **changes: Any) -> CaseView:
    trials = [_make_trial(f"{agent}/{scenario}", n, letter) for n, letter in enumerate(letters, 1)]
    passed, failed, errored = (letters.count(letter) for letter in "pfe")
    word: CaseWord = "errored" if letters == "e" * len(letters) else "below bar" if failed else "passed"
    outcome = CaseOutcome(
        case=f"{agent}/{scenario}",
        word=word,
        reason=f"{passed}/{passed + failed} trials passed",
        passed=passed,
        failed=failed,
        errored=errored,
        estimate=_estimate(passed, passed + failed),
    )
    case = CaseView(
        id=f"{agent}/{scenario}",
        scenario=scenario,
        title="",
        challenges=None,
        tags=(),
        path="scenarios.yaml",
        line=3,
        bar=1.0,
        planned=len(letters),
        outcome=outcome,
        trials=trials,
    )
    return replace(case, **changes)


def _make_trial(case: str, number: int, letter: str) -> TrialResult:
    holds = letter == "p"
    check = CheckResult(
        "answer_contains: yes", "response_quality", True, holds, float(holds), f"said {letter}"
    )
    return TrialResult(
        case=case,
        trial=number,
        seed=number,
        outcome=_WORDS[letter],  # type: ignore[arg-type]
        blame={"p": None, "f": "agent", "e": "tool"}[letter],  # type: ignore[arg-type]
        reason="" if holds else f"it said {letter}",
        checks=(check,),
        dimensions={"response_quality": float(holds)},
        score=float(holds),
        steps=2,
        latency_s=float(number),
        usage=Usage(model_calls=1, input_tokens=100, output_tokens=10 * number, cost_usd=0.01),
    )


def _estimate(passed: int, scored: int) -> Estimate | None:
    return Estimate(passed, scored, *wilson(passed, scored)) if scored else None


def _make_agent(cases: Sequence[CaseView] = (), id: str = "bot", **changes: Any) -> AgentView:
    passed, scored = sum(c.outcome.passed for c in cases), sum(c.outcome.scored for c in cases)
    agent = AgentView(
        id=id,
        name=id.partition("@")[0],
        version=id.partition("@")[2],
        path=f"{id}.yaml",
        job="Answers questions",
        target="python bots:agent",
        deterministic=False,
        simulated=False,
        assumptions={},
        capabilities=(),
        suite=len(cases),
        reliability=_estimate(passed, scored),
        pass_hat_k=(),
        pass_at_k=(),
        verdicts=(),
        gates_at={},
        notes=(),
        baseline=None,
        totals=Totals(passed=passed, failed=scored - passed),
        cases=tuple(cases),
    )
    return replace(agent, **changes)


def _make_run(*agents: AgentView, **changes: Any) -> RunView:
    run = RunView(
        run_id="20261121-005100",
        started="2026-11-21T00:51:00+00:00",
        finished="2026-11-21T00:55:51+00:00",
        interrupted="",
        seed=7,
        executor="local",
        settings={},
        git=None,
        packages={"pytest-arc": "1.0"},
        python="3.11.2",
        platform="linux",
        results_sha256="ab" * 32,
        totals=Totals(),
        agents=agents,
    )
    return replace(run, **changes)
