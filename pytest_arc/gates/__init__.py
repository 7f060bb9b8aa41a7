"""Finished trials -> what became of each case, and the verdicts. Pure: no input, no output, no clock.

ledger.add(result)                                   the only place that counts
decide_counting(plan, settings) -> counted agents    gate, or each case for itself
judge_case(case, ledger, counted) -> CaseOutcome     the table in ARCHITECTURE.md
evaluate(agent, ledger, counted) -> verdicts         three-valued, exact
"""

from __future__ import annotations

from pytest_arc.gates.cases import judge_case
from pytest_arc.gates.ledger import Ledger
from pytest_arc.gates.selection import Counting, count_selected, decide_counting
from pytest_arc.gates.threshold import evaluate, explain_undecidable

__all__ = [
    "Counting",
    "Ledger",
    "count_selected",
    "decide_counting",
    "evaluate",
    "explain_undecidable",
    "judge_case",
]
