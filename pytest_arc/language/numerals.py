"""Digits with separators, and what number they write."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal

DecimalMark = Literal[".", ","]

_SPACES = " \u00a0\u2009\u202f"
# No possessive groups here, as in `(?:...)*+`: Python 3.11.0 to 3.11.4 match them wrongly (gh-106052).
# Digits and single separators between them. A space joins only groups of three, and only where the
# first group does not continue something ("Q1 234").
RUN = re.compile(
    rf"(?<![\w.,/])(?<!\w-)[0-9]{{1,3}}([{_SPACES}])[0-9]{{3}}(?![0-9])(?:\1[0-9]{{3}}(?![0-9]))*(?:[.,][0-9]++)?"
    r"|(?<![0-9])[0-9]++(?:[.,'\u2019][0-9]++)*"
)
_PLAIN = re.compile(r"([0-9]++)(?:([.,])([0-9]++))?")
_GROUPED = re.compile(
    rf"[0-9]{{1,3}}([.,'\u2019{_SPACES}])[0-9]{{3}}(?:\1[0-9]{{3}})*(?:(?!\1)([.,])([0-9]++))?"
)
_INDIAN = re.compile(r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}(?:\.([0-9]++))?")
_NOT_DIGITS = re.compile(r"[^0-9]+")


def read_numeral(text: str, decimal: DecimalMark | None = None, exponent: int = 0) -> Decimal | None:
    """Read digits with separators times 10**`exponent`, exactly, or give None where they write no number.

    ==============  ==========================================================================
    "1,234.56"      1234.56: of two different marks the last is the decimal one
    "1.234,56"      1234.56
    "1 234,56"      1234.56: a space or an apostrophe ("1'234.56") only ever groups thousands
    "1,234,567"     1234567: a repeated mark groups thousands, three digits each
    "12,34,567"     1234567: Indian grouping
    "1,234"         1234: one comma, one to three digits before and exactly three after it
    "12,5" "0,125"  12.5 and 0.125: any other single comma is a decimal comma
    "1.234"         1.234: a single dot is a decimal point
    "007"           None: a leading zero makes an identifier
    "1.2.3"         None: a version, an address
    ==============  ==========================================================================

    `decimal` says which mark is the decimal one and settles the two ambiguous rows: with "," the text
    "1.234" is 1234 and "1,234" is 1.234. A text that contradicts it ("12.5" with ",") is no number.
    """
    parts = _read_plain(text, decimal) or _read_grouped(text, decimal)
    if parts is None or (len(parts[0]) > 1 and parts[0][0] == "0"):
        return None
    whole, fraction = parts
    # Built from digits, since multiplying would round to the 28 digits of the decimal context.
    shift = exponent - len(fraction)
    return Decimal(f"{whole}{fraction}{'0' * shift}" if shift > 0 else f"{whole}{fraction}E{shift}")


def _read_plain(text: str, decimal: DecimalMark | None) -> tuple[str, str] | None:
    match = _PLAIN.fullmatch(text)
    if not match:
        return None
    whole, mark, fraction = match.groups()
    if mark is None:
        return whole, ""
    grouping = "." if decimal == "," else ","
    if mark == grouping and len(fraction) == 3 and len(whole) <= 3 and whole[0] != "0":
        return whole + fraction, ""
    return None if decimal and mark != decimal else (whole, fraction)


def _read_grouped(text: str, decimal: DecimalMark | None) -> tuple[str, str] | None:
    match = _GROUPED.fullmatch(text)
    if match:
        grouping, mark, fraction = match.groups()
    elif match := _INDIAN.fullmatch(text):
        grouping, mark, fraction = ",", ".", match[1]
    else:
        return None
    # One mark cannot group thousands and open the fraction.
    if decimal and (grouping == decimal or (fraction and mark != decimal)):
        return None
    whole = text[: -len(fraction) - 1] if fraction else text
    return _NOT_DIGITS.sub("", whole), fraction or ""
