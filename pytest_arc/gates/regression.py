"""The regression gate: no scenario, group or suite may do worse than in the baseline."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_arc.domain.profile import RegressionGate
from pytest_arc.domain.result import Change, GateWord, Verdict
from pytest_arc.gates.alarms import Answer, answer_alarms, count_missing
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
        word = _choose_word(gate, answers, change)
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
    """Of the mean of the scenarios' rates, with bounds that agree with the test."""
    counts = list_counts(comparison.cases)
    then, now = mean_rates(*counts)
    return Change(now - then, *regression_ci(*counts, conf=gate.confidence), gate.confidence)


def _choose_word(gate: RegressionGate, answers: list[Answer], change: Change) -> GateWord:
    if any(answer.stands for answer in answers):
        return "failed"
    # An alarm that could not be tried again is not done away with by it.
    if all(answer.settled for answer in answers) and change.low > -gate.max_drop:
        return "passed"
    return "inconclusive"
