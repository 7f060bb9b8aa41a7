"""What becomes of one case."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from pytest_arc.domain.plan import Case
from pytest_arc.domain.result import CaseOutcome, CaseWord, Estimate, TrialResult, count_disputed
from pytest_arc.gates.ledger import Ledger
from pytest_arc.stats import wilson

__all__ = ["judge_case", "request_second_look"]


def judge_case(
    case: Case, ledger: Ledger, counted_by: str = "", not_run: str = "the run was stopped"
) -> CaseOutcome:
    """Apply the table of ARCHITECTURE.md to the finished trials of one case.

    `counted_by`: the gate that counts it, empty when it stands for itself. `not_run`: why it has no trials,
    if it has none.
    """
    if case.scenario.skip is not None:
        return CaseOutcome(case.id, "skipped", case.scenario.skip)
    trials = [trial for trial in ledger.list_planned(case) if trial.outcome != "cancelled"]
    passed = sum(trial.outcome == "passed" for trial in trials)
    failed = sum(trial.outcome == "failed" for trial in trials)
    errored = len(trials) - passed - failed
    scored = passed + failed
    doubtful = count_disputed(trials)
    estimate = _estimate(passed, scored, *doubtful) if scored else None

    def conclude(word: CaseWord, reason: str) -> CaseOutcome:
        return CaseOutcome(case.id, word, reason, passed, failed, errored, estimate)

    if not trials:
        return conclude("not run", f"not run: {not_run or 'the run was stopped'}")
    if not scored:
        return conclude("errored", f"no trial could be scored: {trials[0].reason}")
    rate = _say_rate(passed, scored, errored, sum(doubtful))
    if violation := _find_violation(ledger.list_trials(case.id)):
        return conclude("failed", f"{violation}; {rate}")
    if passed / scored >= case.bar:
        return conclude("xpassed" if case.scenario.xfail else "passed", rate)
    if counted_by and not case.scenario.critical and not case.scenario.xfail:
        return conclude("below bar", f"{rate}; counted by gate/{counted_by}")
    rate += f"; {_say_bar(case, scored)}"
    if case.scenario.xfail:
        return conclude("xfailed", f"{rate} (expected: {case.scenario.xfail})")
    if not case.scenario.critical:
        return conclude("failed", rate)
    fresh = [trial for trial in ledger.list_fresh(case)[: case.trials] if trial.is_scored]
    if not fresh:
        return conclude("failed", rate)
    again = sum(trial.outcome == "passed" for trial in fresh)
    if again / len(fresh) >= case.bar:
        return conclude("below bar", f"{rate}; not confirmed: {again}/{len(fresh)} fresh trials passed")
    return conclude("failed", f"{rate}; confirmed: {again}/{len(fresh)} fresh trials passed")


def request_second_look(case: Case, ledger: Ledger) -> int:
    """How many fresh trials a critical case needs, which fails alone only if they confirm that it is below
    its bar: six of them that pass 98 % of the time would else make four in ten unchanged runs red.
    """
    scenario = case.scenario
    if not scenario.critical or scenario.xfail or ledger.list_fresh(case):
        return 0
    if not case.profile.target.repeatable or _find_violation(ledger.list_trials(case.id)):
        return 0
    return case.trials if judge_case(case, ledger).word == "failed" else 0


@lru_cache(maxsize=1024)
def _estimate(passed: int, scored: int, doubtful_passes: int, doubtful_failures: int) -> Estimate:
    """Where judges disagree, the interval reaches from the least that they leave to the most."""
    low = wilson(passed - doubtful_passes, scored).low
    high = wilson(passed + doubtful_failures, scored).high
    return Estimate(passed, scored, low, high)


def _find_violation(trials: Sequence[TrialResult]) -> str:
    """The first zero-tolerance check that did not hold, in any trial."""
    for trial in trials:
        for check in trial.checks:
            if check.zero_tolerance and check.gating and check.passed is False:
                return f"trial {trial.trial}: {check.reason} (one violation is one too many)"
    return ""


# Shared: most cases have the same counts.
@lru_cache(maxsize=1024)
def _say_rate(passed: int, scored: int, errored: int, disputed: int) -> str:
    rate = f"{passed}/{scored} trials passed" + (f", {errored} errored" if errored else "")
    return rate + (f", judges disagreed on {disputed}" if disputed else "")


def _say_bar(case: Case, scored: int) -> str:
    if case.bar == 1.0:
        return f"this scenario asks for {scored}/{scored}"
    return f"this scenario asks for {case.bar * 100:g} %"
