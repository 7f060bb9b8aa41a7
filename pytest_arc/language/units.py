"""Words and signs after a number: scales, percentages, measures."""

from __future__ import annotations

import re

# Powers of ten. Words may stand after a space, letters must touch the number.
WORD_SCALES = {
    "hundred": 2,
    "thousand": 3,
    "lakh": 5,
    "million": 6,
    "mio": 6,
    "mn": 6,
    "mln": 6,
    "crore": 7,
    "billion": 9,
    "bn": 9,
    "mrd": 9,
    "trillion": 12,
    "tn": 12,
    "trn": 12,
}
LETTER_SCALES = {"k": 3, "m": 6, "b": 9}

_MEASURES = {
    "percent": "%",
    "pct": "%",
    "pp": "pp",
    "bp": "bp",
    "bps": "bp",
    "x": "x",
    "ms": "ms",
    "s": "second",
    "sec": "second",
    "secs": "second",
    "min": "minute",
    "mins": "minute",
    "h": "hour",
    "hr": "hour",
    "hrs": "hour",
    "d": "day",
    "wk": "week",
    "wks": "week",
    "yr": "year",
    "yrs": "year",
    "mm": "mm",
    "cm": "cm",
    "km": "km",
    "g": "g",
    "kg": "kg",
    "t": "t",
    "l": "l",
    "ml": "ml",
    "kwh": "kwh",
    "kb": "kb",
    "mb": "mb",
    "gb": "gb",
    "tb": "tb",
    "px": "px",
}
_SHORT_OF_WORD = frozenset({"s", "d", "g", "t", "l", "x"})
_PHRASES = re.compile(
    r"[ \u00a0]?%|[ \u00a0]?(?:per cent\b|percentage points?\b|basis points?\b)", re.IGNORECASE
)
_PHRASE_UNITS = {"%": "%", "per cent": "%", "percentage point": "pp", "basis point": "bp"}
# Words in -s that follow a number and are no plural noun.
_NOT_PLURAL = frozenset(
    "as has is its this was plus minus times versus vs less across does thus always perhaps besides whereas"
    " equals totals shows means comes contains includes exceeds matches remains appears represents".split()
)
_NOT_UNITS = frozenset(
    "a about after against all an and are at because been before being below between both but by can could"
    " due"
    " during each either every for from had have he her here his how if in into it just more much must nor"
    " not of off on"
    " only or our out over per she should since so some such than that the their them then there these they"
    " those through"
    " to under until up we were what when where which while who will with would you your".split()
)


def read_phrase_unit(text: str, start: int) -> tuple[str, int] | None:
    """Read "%", "per cent", "percentage points" or "basis points" at `start`: the unit and its end."""
    match = _PHRASES.match(text, start)
    if not match:
        return None
    return _PHRASE_UNITS[match[0].lower().strip(" \u00a0").removesuffix("s")], match.end()


def read_measure(word: str, *, attached: bool) -> str | None:
    """Read a measure ("5 kg", "5 days" -> "day"); single letters count only when attached ("30d")."""
    lower = word.lower()
    if not attached and lower in _SHORT_OF_WORD:
        return None
    return _MEASURES.get(lower)


def read_counted(word: str) -> str | None:
    """Read a counted noun by its plural: "invoices" -> "invoice", "entries" -> "entry"; else None."""
    if len(word) < 4 or not word.islower() or not word.endswith("s") or word in _NOT_PLURAL:
        return None
    if word.endswith(("ss", "us", "is")):
        return None
    return make_singular(word)


def make_singular(word: str) -> str:
    """Give the singular of a regular English plural."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "ches", "shes", "xes")):
        return word[:-2]
    return word[:-1]


def is_plain_word(word: str) -> bool:
    """Whether `word` can stand between a number and the noun it counts ("12 overdue invoices")."""
    return word.islower() and word not in _NOT_UNITS and word not in _NOT_PLURAL
