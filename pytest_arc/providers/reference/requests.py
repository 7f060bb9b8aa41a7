"""Read what a user asks for: which figure of what, for which period, above which limit, in which currency."""

from __future__ import annotations

import calendar
import datetime
import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

from pytest_arc.language.currencies import Mention, find_currencies
from pytest_arc.language.dates import DateMention, find_dates
from pytest_arc.language.numbers import Number, find_numbers
from pytest_arc.language.sentences import split_sentences
from pytest_arc.providers.reference import tables

__all__ = ["Period", "Task", "read_task", "search", "split_words"]

_FILE = re.compile(r"[\w./-]+\.(?:csv|xlsx|xls|json|txt|tsv)\b", re.IGNORECASE)
_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = "|".join(f"{name}|{name[:3]}" for name in _MONTHS) + "|sept"

_PERIOD = re.compile(
    r"\b(?:(?P<q>Q[1-4])|(?P<h>H[12])|(?P<o>first|second|third|fourth) (?P<u>quarter|half)"
    rf"|(?P<m>{_MONTH}))\b(?:,? (?:of )?(?P<y>(?:19|20)\d\d))?"
    r"|\b(?:in|for|of|year|FY|during|fiscal) ?(?P<z>(?:19|20)\d\d)\b"
    r"|\b(?P<i>(?:19|20)\d\d-[01]\d)\b(?!-)",
    re.IGNORECASE,
)
_ORDINALS = ("first", "second", "third", "fourth")


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both included; `year` is None where the request leaves it open."""

    first: datetime.date
    last: datetime.date
    any_year: bool
    text: str

    def holds(self, day: datetime.date) -> bool:
        if not self.any_year:
            return self.first <= day <= self.last
        return (self.first.month, self.first.day) <= (day.month, day.day) <= (self.last.month, self.last.day)


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
    dates: tuple[DateMention, ...] = field(default=())

    @property
    def is_understood(self) -> bool:
        return bool(self.forbidden or self.measure or self.find or self.compares or self.converts)


@cache
def search(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


def split_words(text: str) -> list[str]:
    """The words of a text or of a column name, in lower case and without their plural."""
    words = re.findall(r"[a-z]+|\d+", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower())
    return [
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
        for word in words
    ]


@cache
def read_task(text: str) -> Task:
    """Read one user turn."""
    bare = _FILE.sub(" ", text)
    mentions = find_currencies(bare)
    periods, ambiguous = _read_periods(bare)
    limits, numbers = _read_limits(bare)
    find = next((name for name, pattern in tables.FINDS if search(pattern).search(bare)), None)
    measure = next((name for name, pattern in tables.MEASURES if search(pattern).search(bare)), None)
    group = search(tables.GROUP).search(bare.lower())
    open_period = None if periods or ambiguous else search(tables.OPEN_PERIOD).search(bare)
    return Task(
        text=text,
        forbidden=_read_order(bare),
        measure=measure,
        find=find,
        compares=bool(search(tables.COMPARE).search(bare)),
        converts=bool(search(tables.CONVERT).search(bare)),
        files=tuple(dict.fromkeys(match[0] for match in _FILE.finditer(text))),
        target=_read_target(bare, mentions),
        stated=_read_stated(bare, mentions),
        limits=limits,
        numbers=numbers,
        group=group[1] if group else None,
        periods=periods,
        open_period=open_period[1].lower() if open_period else None,
        dates=ambiguous,
    )


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


def _read_target(text: str, mentions: tuple[Mention, ...]) -> str | None:
    for mention in mentions:
        before = text[: mention.start].rstrip()
        if re.search(r"\b(?:in|to|into)$", before, re.I) and not re.search(
            r"\b(?:are|is|all|were|denominated|given|stated|kept) (?:all )?in$", before, re.I
        ):
            return mention.code
    return None


def _read_stated(text: str, mentions: tuple[Mention, ...]) -> str | None:
    for mention in mentions:
        if re.search(
            r"\b(?:are|is|all|were|denominated|given|stated|kept) (?:all )?in$",
            text[: mention.start].rstrip(),
            re.I,
        ):
            return mention.code
    return None


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


def _read_periods(text: str) -> tuple[tuple[Period, ...], tuple[DateMention, ...]]:
    found: list[tuple[int, Period]] = []
    dates = find_dates(text)
    ambiguous = tuple(date for date in dates if date.ambiguous)
    plain = [date for date in dates if date.value]
    for match in re.finditer(r"\b(?:between|from) ", text, re.I):
        pair = [date for date in plain if date.start >= match.end()][:2]
        if len(pair) == 2 and pair[0].value and pair[1].value:
            found.append(
                (
                    pair[0].start,
                    Period(pair[0].value, pair[1].value, False, text[pair[0].start : pair[1].end]),
                )
            )
    if not found:
        found += [
            (date.start, Period(date.value, date.value, False, date.text)) for date in plain if date.value
        ]
    taken = [(date.start, date.end) for date in dates]
    for match in _PERIOD.finditer(text):
        if (match["m"] and match["m"][0].islower()) or any(
            start <= match.start() < end for start, end in taken
        ):
            continue
        found.append((match.start(), _make_period(match)))
    periods = [period for _, period in sorted(found, key=lambda item: item[0])]
    if len(periods) > 1 and not periods[-1].any_year:  # "Q1 and Q2 2026"
        periods = [_set_year(period, periods[-1].first.year) for period in periods]
    return tuple(periods), ambiguous


def _set_year(period: Period, year: int) -> Period:
    if not period.any_year:
        return period
    first, last = period.first.replace(year=year), period.last
    day = calendar.monthrange(year, last.month)[1]
    return Period(first, datetime.date(year, last.month, day), False, period.text)


def _make_period(match: re.Match[str]) -> Period:
    if match["i"]:
        year, first, last = int(match["i"][:4]), int(match["i"][5:]), int(match["i"][5:])
    elif match["z"]:
        year, first, last = int(match["z"]), 1, 12
    else:
        year = int(match["y"]) if match["y"] else 0
        first, last = _find_months(match)
    any_year = year == 0
    year = year or 2024  # a leap year, so that February has its 29th
    return Period(
        datetime.date(year, first, 1),
        datetime.date(year, last, calendar.monthrange(year, last)[1]),
        any_year,
        match[0].strip(),
    )


def _find_months(match: re.Match[str]) -> tuple[int, int]:
    if match["m"]:
        month = next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(match["m"].lower()[:3]))
        return month, month
    number = _ORDINALS.index(match["o"].lower()) + 1 if match["o"] else int((match["q"] or match["h"])[1])
    months = 3 if match["q"] or (match["u"] or "").lower() == "quarter" else 6
    return months * (number - 1) + 1, min(months * number, 12)
