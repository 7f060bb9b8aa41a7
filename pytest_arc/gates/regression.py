"""The regression gate: no scenario, group or suite may do worse than in the baseline."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_arc.domain.gates import RegressionGate
from pytest_arc.domain.result import Change, GateWord, Verdict
from pytest_arc.gates.alarms import Answer, answer_alarms, count_missing, has_hidden_alarms
from pytest_arc.gates.comparison import Comparison, explain_incomparable, list_counts
from pytest_arc.gates.ledger import Ledger
from pytest_arc.gates.regression_text import explain_verdict, list_hints, list_parts
from pytest_arc.stats import mean_rates, regression_ci

__all__ = ["judge_regression", "request_confirmation"]


def request_confirmation(gate: RegressionGate, comparison: Comparison, ledger: Ledger) -> Mapping[str, int]:
    """How many more fresh trials each case needs now, by case id; their numbers are above its `max_trials`.

    To be asked again when they have ended, until nothing is missing: what broken scenarios explain needs no
    further trials of the whole.
    """
    return count_missing(gate, comparison, ledger)


def judge_regression(gate: RegressionGate, comparison: Comparison, ledger: Ledger) -> Verdict:
    """Failed when an alarm stands; passed when a drop of `max_drop` is ruled out; else inconclusive."""
    answers: list[Answer] = []
    change = None
    word: GateWord = "inconclusive"
    if comparison.cases:
        answers = answer_alarms(gate, comparison, ledger)
        change = _measure_change(gate, comparison)
        is_hidden = has_hidden_alarms(gate, comparison, answers)
        word = _choose_word(gate, answers, change, is_hidden)
        reason = explain_verdict(gate, comparison, word, answers, change)
    else:
        reason = explain_incomparable(comparison)
    return Verdict(
        "regression",
        comparison.agent.profile.id,
        word,
        reason,
        fails=word == "failed" or (word == "inconclusive" and gate.on_inconclusive == "fail"),
        hints=tuple(list_hints(gate, comparison, word)),
        change=change,
        parts=tuple(list_parts(comparison, answers)),
    )


def _measure_change(gate: RegressionGate, comparison: Comparison) -> Change:
    """Of the mean of the scenarios' rates, with bounds that agree with the test: where judges disagreed, from
    the lowest to the highest that they leave.
    """
    then, now = mean_rates(*list_counts(comparison.cases))
    worst, best = (
        regression_ci(*list_counts(comparison.read(favour).cases), conf=gate.confidence)
        for favour in (False, True)
    )
    return Change(now - then, worst.low, best.high, gate.confidence)


def _choose_word(
    gate: RegressionGate, answers: list[Answer], change: Change, has_hidden_alarms: bool
) -> GateWord:
    if any(answer.stands for answer in answers):
        return "failed"
    # An alarm that could not be tried again is not done away with by it.
    is_settled = all(answer.settled for answer in answers) and not has_hidden_alarms
    if is_settled and change.low > -gate.max_drop:
        return "passed"
    return "inconclusive"
