"""Calendar dates in prose."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

DateOrder = Literal["day_first", "month_first", "iso"]


class DateMention(NamedTuple):
    """One calendar date written in a text."""

    readings: tuple[datetime.date, ...]
    """The dates it can mean: one, or two (day first, then month first) where nothing decides."""
    text: str
    start: int
    end: int
    """Half-open character range: `text == source[start:end]`."""

    @property
    def ambiguous(self) -> bool:
        """Whether the two numbers could be day and month in either order."""
        return len(self.readings) > 1

    @property
    def value(self) -> datetime.date | None:
        """The date, or None when it is ambiguous."""
        return None if self.ambiguous else self.readings[0]


_MONTHS = {
    name: number
    for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)
}
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_NUMERIC = re.compile(
    r"(?<![\w/.-])(?:"
    r"(?P<y>[0-9]{4})(?P<s>[-/.])(?P<m>[0-9]{1,2})(?P=s)(?P<d>[0-9]{1,2})(?=T[0-9]|(?![\w]))"
    r"|(?P<a>[0-9]{1,2})(?P<t>[-/.])(?P<b>[0-9]{1,2})(?P=t)(?P<z>[0-9]{4}|(?<=/)[0-9]{2})(?!\w)"
    r")(?![-/.][0-9])"
)
_NAMED = re.compile(
    r"(?<![\w.,-])(?:"
    rf"(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)?(?:\s{{1,3}}of)?[\s-]{{1,3}}(?P<m>{_MONTH})\b\.?"
    r"(?:,?[\s-]{1,3}(?P<y>[0-9]{4})(?![0-9]|[.,][0-9]))?"
    rf"|(?P<n>{_MONTH})\b\.?\s{{1,3}}(?P<e>[0-9]{{1,2}})(?:st|nd|rd|th)?(?!\w|[.,/:-][0-9])"
    r"(?:,?\s{1,3}(?P<z>[0-9]{4})(?![0-9]|[.,][0-9]))?"
    r")"
)


def find_dates(text: str, order: DateOrder | None = None) -> tuple[DateMention, ...]:
    """Find the calendar dates of `text` that have a year, in order.

    * Year first: "2026-04-03", "2026/04/03", "2026.04.03".
    * With the month's name, capitalised, full or short: "3 April 2026", "3rd of April, 2026",
      "April 3rd, 2026", "3-Apr-2026".
    * Numbers only: "03/04/2026", "3-4-2026", "03/04/26" (00-68 is 20xx, as in POSIX). `order` says which
      comes first; without it, or with "iso", the mention is ambiguous unless only one order exists
      ("25/12/2026"). With dots ("03.04.2026") the day comes first unless `order` says otherwise.

    What looks like a date and exists in no calendar ("31 February 2026") is left out.
    """
    found = (
        DateMention(readings, text[start:end], start, end)
        for start, end, readings in locate_dates(text, order)
    )
    return tuple(mention for mention in found if mention.readings)


def locate_dates(
    text: str, order: DateOrder | None = None
) -> Iterator[tuple[int, int, tuple[datetime.date, ...]]]:
    """Yield `(start, end, readings)` of everything date-like; no readings without a year or a real day."""
    spans = [(*match.span(), _read_numeric(match, order)) for match in _NUMERIC.finditer(text)]
    spans += [(*match.span(), _read_named(match)) for match in _NAMED.finditer(text)]
    yield from sorted(spans)


def _read_numeric(match: re.Match[str], order: DateOrder | None) -> tuple[datetime.date, ...]:
    if match["y"]:
        return _keep_real((int(match["y"]), int(match["m"]), int(match["d"])))
    first, second, year = int(match["a"]), int(match["b"]), _read_year(match["z"])
    day_first, month_first = (year, second, first), (year, first, second)
    if order == "month_first":
        return _keep_real(month_first, day_first)[:1]
    if order == "day_first" or match["t"] == ".":
        return _keep_real(day_first, month_first)[:1]
    return _keep_real(day_first, month_first)


def _read_named(match: re.Match[str]) -> tuple[datetime.date, ...]:
    year = match["y"] or match["z"]
    month = _MONTHS[(match["m"] or match["n"])[:3].lower()]
    return _keep_real((int(year), month, int(match["d"] or match["e"]))) if year else ()


def _read_year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < 69 else 1900)


def _keep_real(*candidates: tuple[int, int, int]) -> tuple[datetime.date, ...]:
    real: list[datetime.date] = []
    for candidate in candidates:
        try:
            day = datetime.date(*candidate)
        except ValueError:
            continue
        if day not in real:
            real.append(day)
    return tuple(real)
