"""Read what a user asks for: which figure of what, for which period, above which limit, in which currency."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from pytest_arc.language.currencies import find_currencies
from pytest_arc.language.dates import DateMention
from pytest_arc.language.numbers import Number, find_numbers
from pytest_arc.language.sentences import split_sentences
from pytest_arc.providers.reference import tables
from pytest_arc.providers.reference.periods import Period, read_periods

__all__ = ["Task", "find_files", "name_column", "read_task", "search", "split_words"]

_FILE = re.compile(r"[\w./-]+\.(?:csv|xlsx|xls|json|txt|tsv)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Task:
    """One request, understood."""

    text: str
    forbidden: str | None
    """What it orders that may be outside the job."""
    measure: str | None
    """sum, mean, max, min, count or list."""
    find: str | None
    """duplicates, gaps, same or blank."""
    compares: bool
    converts: bool
    files: tuple[str, ...]
    target: str | None
    """The currency the answer is wanted in."""
    stated: str | None
    """The currency the user says the amounts are in."""
    limits: tuple[tuple[str, Decimal], ...]
    """("> ", 500): what an amount is compared with."""
    numbers: tuple[Number, ...]
    """The figures that are no limit."""
    group: str | None
    periods: tuple[Period, ...]
    open_period: str | None
    """"quarter", where the request does not say which."""
    dates: tuple[DateMention, ...]
    """Those that can be read in two ways."""

    @property
    def is_understood(self) -> bool:
        return bool(self.forbidden or self.measure or self.find or self.compares or self.converts)


@cache
def search(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


def split_words(text: str) -> list[str]:
    """The words of a text or of a column name, in lower case and without their plural."""
    words = re.findall(r"[a-z]+|\d+", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower())
    return [re.sub(r"(?<=..[^siu])s$", "", word) for word in words]


def name_column(column: str) -> str:
    """A column as an answer names it."""
    return " ".join(split_words(column))


def find_files(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_FILE.findall(text)))


@cache
def read_task(text: str, date_order: str | None = None) -> Task:
    """Read one user turn; `date_order` settles 03/04/2026."""
    bare = _FILE.sub(" ", text)
    periods, ambiguous = read_periods(bare, date_order)
    limits, numbers = _read_limits(bare)
    target, stated = _read_currencies(bare)
    group = search(tables.GROUP).search(bare.lower())
    open_period = None if periods or ambiguous else search(tables.OPEN_PERIOD).search(bare)
    return Task(
        text=text,
        forbidden=_read_order(bare),
        measure=_read_first(tables.MEASURES, bare),
        find=_read_first(tables.FINDS, bare),
        compares=bool(search(tables.COMPARE).search(bare)),
        converts=bool(search(tables.CONVERT).search(bare)),
        files=find_files(text),
        target=target,
        stated=stated,
        limits=limits,
        numbers=numbers,
        group=group[1] if group else None,
        periods=periods,
        open_period=open_period[1].lower() if open_period else None,
        dates=ambiguous,
    )


def _read_first(named: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((name for name, pattern in named if search(pattern).search(text)), None)


def _read_order(text: str) -> str | None:
    for sentence in split_sentences(text):
        before = tables.ADDRESS if re.search(tables.QUESTION, sentence.text, re.I) else _BEFORE_ORDER
        order = re.search(
            rf"(?:{before}) *{tables.ADVERBS}\b((?:{tables.FORBIDDEN_ORDERS})\b(?! to\b)[^.?!\n]*)",
            sentence.text,
            re.IGNORECASE,
        )
        if order:
            return re.sub(r",? please$", "", order[1].rstrip(" ,;:"))
    return None


_BEFORE_ORDER = rf"{tables.CLAUSE}|\b(?:{tables.ADDRESS})"


def _read_currencies(text: str) -> tuple[str | None, str | None]:
    """The currency the answer is wanted in ("in EUR"), and the one of the data ("amounts are in EUR")."""
    target = stated = None
    for mention in find_currencies(text):
        before = text[: mention.start].rstrip()
        if re.search(r"\b(?:are|is|all|were|denominated|given|stated|kept) (?:all )?in$", before, re.I):
            stated = stated or mention.code
        elif re.search(r"\b(?:in|to|into)$", before, re.I):
            target = target or mention.code
    return target, stated


def _read_limits(text: str) -> tuple[tuple[tuple[str, Decimal], ...], tuple[Number, ...]]:
    """The figures that say which amounts are meant, and the other ones."""
    above = f"{tables.ABOVE}|{tables.LIMIT}" if search(tables.BEYOND).search(text) else tables.ABOVE
    signs = ((">=", tables.AT_LEAST), ("<=", tables.AT_MOST), (">", above), ("<", tables.BELOW))
    limits: list[tuple[str, Decimal]] = []
    rest: list[Number] = []
    for number in find_numbers(text):
        before, after = text[: number.start].rstrip(" ("), text[number.end :]
        for sign, pattern in signs:
            follows = "=" in sign and re.match(rf"\s*(?:{pattern})\b", after, re.I)
            if follows or re.search(rf"\b(?:{pattern})(?: the)?$", before, re.I):
                limits.append((sign, number.value))
                break
        else:
            rest.append(number)
    return tuple(limits), tuple(rest)
