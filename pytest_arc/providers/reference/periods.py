"""Periods of time in a request: quarters, halves, months, years, ranges, single days."""

from __future__ import annotations

import calendar
import datetime
import re
from dataclasses import dataclass
from itertools import pairwise

from pytest_arc.language.dates import DateMention, find_dates

__all__ = ["Period", "read_periods"]

_MONTHS = "january february march april may june july august september october november december".split()
_SHORT_MONTHS = [name[:3] for name in _MONTHS]
_ORDINALS = ["first", "second", "third", "fourth"]
_YEAR = r"(?:19|20)\d\d"
_PERIOD = re.compile(
    rf"\b(?P<part>Q[1-4]|H[12]|(?:{'|'.join(_ORDINALS)}) quarter|(?:first|second) half"
    rf"|(?-i:{'|'.join(name.title() for name in [*_MONTHS, *_SHORT_MONTHS, 'sept'])}))\b"
    rf"(?:,? (?:of )?(?P<year>{_YEAR}))?"
    rf"|\b(?:in|for|of|year|FY|during|fiscal) ?(?P<whole>{_YEAR})\b"
    rf"|\b(?P<iso>{_YEAR})-(?P<month>0[1-9]|1[0-2])\b(?!-)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both included; the year means nothing where `any_year`."""

    first: datetime.date
    last: datetime.date
    any_year: bool
    text: str

    def set_year(self, year: int) -> Period:
        """The period in a year, where it leaves that open."""
        if not self.any_year:
            return self
        return make_period(year, self.first.month, self.last.month, self.text)


def make_period(year: int | None, first: int, last: int, text: str) -> Period:
    """The months from `first` to `last`, both included."""
    some = year or 2000
    end = datetime.date(some, last, calendar.monthrange(some, last)[1])
    return Period(datetime.date(some, first, 1), end, year is None, text)


def read_periods(
    text: str, date_order: str | None = None
) -> tuple[tuple[Period, ...], tuple[DateMention, ...]]:
    """The periods of a text, in order, and the dates that can be read in two ways."""
    order = "day_first" if date_order == "day_first" else "month_first" if date_order else None
    dates = find_dates(text, order)
    days = [(date.start, date.end, date.value) for date in dates if date.value]
    found = {
        start: Period(first, last, False, text[start:end])
        for (start, middle, first), (after, end, last) in pairwise(days)
        if re.search(r"\b(?:between|from) $", text[:start], re.I) and after - middle < 8
    }
    if not found:
        found = {start: Period(day, day, False, text[start:end]) for start, end, day in days}
    for match in _PERIOD.finditer(text):
        if not any(date.start <= match.start() < date.end for date in dates):
            found[match.start()] = _read_period(match)
    periods = [found[start] for start in sorted(found)]
    if len(periods) > 1 and not periods[-1].any_year:  # "Q1 and Q2 2026"
        periods = [period.set_year(periods[-1].first.year) for period in periods]
    return tuple(periods), tuple(date for date in dates if date.ambiguous)


def _read_period(match: re.Match[str]) -> Period:
    year = match["year"] or match["whole"] or match["iso"]
    if match["part"]:
        first, last = _find_months(match["part"].lower())
    else:
        first, last = (int(match["month"]), int(match["month"])) if match["month"] else (1, 12)
    return make_period(int(year) if year else None, first, last, match[0].strip())


def _find_months(part: str) -> tuple[int, int]:
    if part[:3] in _SHORT_MONTHS:
        month = _SHORT_MONTHS.index(part[:3]) + 1
        return month, month
    number = int(part[1]) if part[1].isdigit() else _ORDINALS.index(part.split()[0]) + 1
    months = 6 if part.startswith("h") or part.endswith("half") else 3
    return months * (number - 1) + 1, months * number
