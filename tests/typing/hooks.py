# pyright: strict
"""What a user's conftest.py holds. It has another name here, or pytest would load it into this suite."""

from __future__ import annotations

from typing import Any

from plugins import AnswerWords, GreetTarget, Parrot

from pytest_arc.domain.plan import Case, Plan, TrialSpec
from pytest_arc.domain.result import CaseOutcome, TrialResult, Verdict
from pytest_arc.domain.settings import Settings


def pytest_arc_settings(settings: Settings) -> Settings | None:
    return settings.model_copy(update={"trials": 3}) if settings.trials is None else None


def pytest_arc_register(registry: Any) -> None:
    registry.CHECKS.register("answer_words", AnswerWords)
    registry.TARGETS.register("greet", GreetTarget)
    registry.PROVIDERS.register("parrot", Parrot)


def pytest_arc_modify_plan(plan: Plan) -> Plan | None:
    return plan if plan.cases else None


def pytest_arc_trial_start(case: Case, trial: TrialSpec) -> None:
    print(case.id, trial.trial, trial.seed, case.profile.name)


def pytest_arc_trial_finish(result: TrialResult) -> None:
    if result.outcome != "passed":
        print(result.case, result.trial, result.reason)


def pytest_arc_case_finish(case: Case, outcome: CaseOutcome) -> None:
    print(f"{case.scenario.id}: {outcome.word}, {outcome.passed} of {outcome.scored}")


def pytest_arc_gate(verdict: Verdict) -> None:
    if verdict.estimate is not None:
        print(verdict.gate, verdict.word, f"{verdict.estimate.low:.3f}")


def pytest_arc_run_finish(run: dict[str, Any]) -> None:
    print(run["header"]["seed"])
