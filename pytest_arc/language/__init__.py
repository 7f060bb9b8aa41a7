"""What a text says, read by rules: each is written down, and the same text always gives the same answer.

======================  ==========================================================================
`find_numbers`          numbers with their currency, percent sign or unit
`find_currencies`       currencies by code, symbol and word
`find_dates`            calendar dates, and whether they are ambiguous
`find_questions`        sentences that ask the other party for information
`asks_about`            whether one of those questions is about a topic
`contains_text`         whether a phrase occurs, whatever its typography (`normalise_text`)
======================  ==========================================================================

English only. Each function takes time linear in the length of its text, whatever the text.
The names are loaded when first used: a check that compares words needs no patterns for questions.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_arc.language.comparison import contains_text, normalise_text
    from pytest_arc.language.currencies import Mention, find_currencies
    from pytest_arc.language.dates import DateMention, DateOrder, find_dates
    from pytest_arc.language.numbers import Number, find_numbers
    from pytest_arc.language.numerals import DecimalMark
    from pytest_arc.language.questions import Question, find_questions
    from pytest_arc.language.topics import asks_about

__all__ = [
    "DateMention",
    "DateOrder",
    "DecimalMark",
    "Mention",
    "Number",
    "Question",
    "asks_about",
    "contains_text",
    "find_currencies",
    "find_dates",
    "find_numbers",
    "find_questions",
    "normalise_text",
]

_HOMES = {
    "DateMention": "dates",
    "DateOrder": "dates",
    "DecimalMark": "numerals",
    "Mention": "currencies",
    "Number": "numbers",
    "Question": "questions",
    "asks_about": "topics",
    "contains_text": "comparison",
    "find_currencies": "currencies",
    "find_dates": "dates",
    "find_numbers": "numbers",
    "find_questions": "questions",
    "normalise_text": "comparison",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
