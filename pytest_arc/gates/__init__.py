"""Finished trials -> what became of each case, and the verdicts. Pure: no input, no output, no clock.

ledger.add(result)                                   the only place that counts
decide_counting(plan, settings) -> Counting          a gate, or each case for itself
Course(agent, plan, counting)                        which trials start next
judge_case(case, ledger, counted_by) -> CaseOutcome  the table in ARCHITECTURE.md
request_fresh_trials(agent, ...) -> case id: trials  to confirm an alarm before a gate fails
evaluate(agent, ledger, counting, ...) -> verdicts   three-valued, exact
"""

from __future__ import annotations

from pytest_arc.gates.cases import judge_case, request_second_look
from pytest_arc.gates.course import Course
from pytest_arc.gates.evaluate import NO_RULER, evaluate, request_fresh_trials
from pytest_arc.gates.forecast import forecast_gates, measure_pace
from pytest_arc.gates.ledger import Ledger
from pytest_arc.gates.rounds import list_stopping
from pytest_arc.gates.selection import (
    Counting,
    count_selected,
    decide_counting,
    explain_ungated,
)
from pytest_arc.gates.threshold import list_undecidable

__all__ = [
    "NO_RULER",
    "Counting",
    "Course",
    "Ledger",
    "count_selected",
    "decide_counting",
    "evaluate",
    "explain_ungated",
    "forecast_gates",
    "judge_case",
    "list_stopping",
    "list_undecidable",
    "measure_pace",
    "request_fresh_trials",
    "request_second_look",
]
