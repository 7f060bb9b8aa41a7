"""The words in which prompts settle the twelve matters: topics and acts, in the notation of `wording`.

The text they are held against is in lower case, without articles and possessives, with contractions written
out, number words as digits, every currency as `cur_eur`, literal dates as what they show (`dayfirstdate`).
"""

from __future__ import annotations

from pytest_arc.providers.reference.matters import conduct, figures
from pytest_arc.providers.reference.matters.slot import Slot

__all__ = ["SLOTS", "Slot"]

# What comes first reads its words first: a verb settles one matter only.
SLOTS = (
    figures.DATE_ORDER,
    figures.ROUNDING,
    figures.MIXED_CURRENCIES,
    figures.UNSTATED_CURRENCY,
    conduct.TOOL_FAILURE,
    conduct.CONFLICTING_DATA,
    conduct.EMPTY_RESULT,
    conduct.SOURCE_CITING,
    figures.UNITS,
    conduct.REFUSAL,
    conduct.SCOPE,
    conduct.MISSING_DETAIL,
)
