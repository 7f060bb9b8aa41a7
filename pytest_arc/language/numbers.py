"""Numbers with their units in prose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from pytest_arc.language import units
from pytest_arc.language.currencies import Mention, find_currencies
from pytest_arc.language.dates import locate_dates
from pytest_arc.language.numerals import RUN, DecimalMark, read_numeral


class Number(NamedTuple):
    """One number written with digits in a text."""

    value: Decimal
    """Exact, with sign and scale: "(1.5m)" is -1500000. A percentage keeps its own figure: "5 %" is 5."""
    unit: str | None
    """ISO 4217 code, "%", "pp", "bp", or a singular word ("day", "kg", "invoice"); None without one."""
    text: str
    """What was written, with sign, currency, scale and unit."""
    start: int
    end: int
    """Half-open character range: `text == source[start:end]`."""


_GAPS = " \u00a0\u2009\u202f*`"
_MINUS = "-\u2212\u2013"
_HYPHENS = "-\u2010\u2011\u2013"
_SIGNS = _MINUS + "+"
_DATE_WORDS = re.compile(r"[0-9](?:[-/.]|(?:st|nd|rd|th)?[\s-])|[a-z.][\s-]{1,3}[0-9]")
_TIME = re.compile(
    r"(?:(?<![\w:])|(?<=[0-9]T))[0-9]{1,2}:[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,6})?)?"
    r"(?:[ \u00a0]?[AaPp]\.?[Mm]\b)?(?![\w:])"
    r"|(?<![\w.,])[0-9]{1,2}[ \u00a0]?[AaPp]\.?[Mm]\b"
)
_ADDRESS = re.compile(r"\bhttps?://[^\s)>\]]++")
_ENUMERATOR = re.compile(r"^[ \t>*_#+|-]{0,12}+\(?([0-9]{1,2})[.)](?=[*_]{0,3}[ \t]{1,8}\S)", re.MULTILINE)
_EXPONENT = re.compile(r"[eE]([+-]?)([0-9]{1,3})(?![\w.])")
_WORD = re.compile(r"([ \u00a0\u202f*]{0,3}-?)([^\W\d_]{1,20}+)(?![\w])")
_IDENTIFIER_TAIL = re.compile(
    r"[_@#\\]|[.][a-z_]|\([a-z]\)|[-\u2010\u2011](?:[A-Z_]|0[0-9]|[0-9]++[-\u2010\u2011][0-9])"
    r"|/[A-Za-z]{1,40}[/._]|(?:st|nd|rd|th)(?![\w])"
)
_LABEL = re.compile(
    r"(?:\b(?:step|page|section|table|figure|chapter|row|line|column|version|ticket|id|ref|no\.|nr\.?"
    r"|item no\.?"
    r"|(?:invoice|order|account|ticket|customer|document|reference|case|transaction)"
    r"(?: (?:number|no\.?|id|ref|nr\.?))?:?)[*`]{0,3} [#*`]{0,3})$",
    re.IGNORECASE,
)
_YEAR_BEFORE = re.compile(
    r"(?:\b(?:in|since|until|during|before|after|through|for|from|the|year|fiscal|FY|[QH][1-4](?: of)?"
    r"|end of|year of|(?:quarter|half)(?: of)?"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?),? )$",
    re.IGNORECASE,
)
_IN_UNIT = re.compile(r"[ \u00a0*`]{1,3}in ")
_BRACKET_BEFORE = re.compile(
    r"(?:^|[\n|:=\t]|\b(?:is|was|of|to|by|at|are|were|be|equals|or|and))[ \t*`]*\($", re.IGNORECASE
)
_LOOK_BACK = 24
"""Characters before a number that its reading may depend on; a bound keeps the scan linear."""


def find_numbers(text: str, decimal: DecimalMark | None = None) -> tuple[Number, ...]:
    """Find the numbers written with digits in `text`, in order.

    * Separators and decimal marks: the table of `numerals.read_numeral`; `decimal` settles "1,234" and
      "1.234". A comma run that fits no style is a list ("1,2,3"). A space groups thousands.
    * Scale: "5k", "$5M", "5bn", "2.5 million", "3 thousand dollars"; a letter after a space needs a
      currency in front ("EUR 1.2 m"). Scientific with a sign or a point: "1e+06", "1.5e6".
    * Sign: "-", "−", "–" or "+" touching the number or its currency ("-$5", "$-5", "EUR -5"), and not
      touching a word or number on its left ("10-20" is two positive numbers; "A-17" is none).
    * Accounting brackets, "(1,234.00)", "$(1,234.00)", "(EUR 500)", are a minus when they hold only an
      amount (a separator, a decimal, a currency or three digits) and begin a line or cell or follow a
      colon, "=", a currency or a word such as "is", "was", "of", "to". In "the total (1,234.00 EUR)"
      they set off a positive number.
    * Unit: a currency before ("EUR 5", "€5", "EUR: 5") or after ("5 EUR", "5 euros", "5 in EUR", "5 (EUR)");
      "%", per cent, percentage and basis points; a measure ("5 days", "5kg", "30-day"); a counted plural
      noun with at most one word between ("12 overdue invoices" -> "invoice"). The ends of a range share
      their unit ("10-20 %").

    Not numbers: dates, times of day, ordinals, years ("in 2026", "Q1 2026 in EUR"), list numbering at the
    start of a line, identifiers (digits touching letters, "#", "_", or a hyphen after a word: INV-1042,
    A17, Q1, v2, 10-K, 401(k)), file names, web addresses, versions, leading zeros, and bare whole numbers
    after a label ("row 5", "invoice no. 1042"). Number words ("twelve") are not read.
    """
    if not any(map(str.isdigit, text)):
        return ()
    return tuple(_Reader(text, decimal).read())


class _Reader:
    """One pass over one text."""

    def __init__(self, text: str, decimal: DecimalMark | None) -> None:
        self._text = text
        self._decimal: DecimalMark | None = decimal
        mentions = find_currencies(text)
        self._starting = {mention.start: mention for mention in mentions}
        self._ending = {mention.end: mention for mention in mentions}
        self._numbers: list[Number] = []
        self._taken = 0  # end of the last number
        self._rejected = -1  # end of the last run that was none

    def read(self) -> list[Number]:
        spans = iter([*_find_opaque(self._text), (len(self._text) + 1, 0)])
        opaque_start, opaque_end = next(spans)
        position = 0
        while run := RUN.search(self._text, position):
            while opaque_end and opaque_end <= run.start():
                opaque_start, opaque_end = next(spans)
            if opaque_start <= run.start() < opaque_end:
                position = self._rejected = opaque_end
                continue
            self._read_run(run.start(), run.end())
            position = max(run.end(), self._taken)
        return self._numbers

    def _read_run(self, start: int, end: int) -> None:
        for first, last in self._split(start, end):
            number = self._read_number(first, last)
            if number is None:
                self._rejected = max(self._rejected, last)
            else:
                self._share_unit(number)
                self._taken = number.end

    def _split(self, start: int, end: int) -> list[tuple[int, int]]:
        """Split a run that is no number at its commas: "1,2,3" is a list."""
        run = self._text[start:end]
        if "," not in run or read_numeral(run, self._decimal) is not None:
            return [(start, end)]
        pieces: list[tuple[int, int]] = []
        for piece in run.split(","):
            pieces.append((start, start + len(piece)))
            start += len(piece) + 1
        return pieces

    def _read_number(self, start: int, end: int) -> Number | None:
        left, negative, code = self._read_left(start)
        right = self._read_right(end, has_currency=code is not None)
        if right is None or not self._may_begin(left):
            return None
        exponent, unit, last = right
        digits = self._text[start:end]
        if self._has_leading_point(start):
            digits = "0." + digits
        value = read_numeral(digits, self._decimal, exponent)
        unit = code or unit
        if value is None or (self._is_bare(start, end, unit) and self._is_label_or_year(left, start, end)):
            return None
        left, last, bracketed, outer_code = self._read_brackets(left, last, unit, len(digits))
        if negative or bracketed:
            value = -value
        return Number(value, outer_code or unit, self._text[left:last], left, last)

    def _read_left(self, start: int) -> tuple[int, bool, str | None]:
        """Read leftwards from the digits: where the number begins, its sign, its currency."""
        left = start
        if self._has_leading_point(start):
            left -= 1
        left, sign = self._read_sign(left)
        mention = self._currency_before(left)
        if mention:
            left = mention.start
            if not sign:
                left, sign = self._read_sign(left)
        return left, sign in _MINUS if sign else False, mention.code if mention else None

    def _is_bare(self, start: int, end: int, unit: str | None) -> bool:
        """Whether digits stand alone; "in EUR" after a year belongs to the sentence: "Q1 2026 in EUR"."""
        return self._text[start:end].isdigit() and (unit is None or bool(_IN_UNIT.match(self._text, end)))

    def _has_leading_point(self, start: int) -> bool:
        before = self._text[max(0, start - 2) : start]
        return before[-1:] == "." and (len(before) == 1 or before[0] in " \n\t(|:=$*`" + _SIGNS)

    def _read_sign(self, left: int) -> tuple[int, str]:
        if left < 1 or self._text[left - 1] not in _SIGNS:
            return left, ""
        before = left - 1
        touched = self._text[before - 1] if before else " "
        free = not (touched.isalnum() or touched in "_)]%-/.") or before in self._ending
        if free and not self._follows_number(before) and before != self._rejected:
            return before, self._text[before]
        return left, ""

    def _follows_number(self, position: int) -> bool:
        return bool(self._numbers) and position == self._taken

    def _currency_before(self, left: int) -> Mention | None:
        at = left
        while left - at < 5 and at > self._taken and self._text[at - 1] in _GAPS + ":":
            at -= 1
        mention = self._ending.get(at)
        return mention if mention and mention.start >= self._taken else None

    def _may_begin(self, left: int) -> bool:
        """Whether what touches the number on its left lets it be one."""
        if left < 1:
            return True
        touching = self._text[left - 1]
        if touching.isalnum() or touching in "_#@\u2116\\":
            return False
        if touching in _HYPHENS + "/.":
            if self._follows_number(left - 1):
                return True
            before = self._text[left - 2] if left > 1 else " "
            return not (before.isalnum() or before in "_/.\\:~")
        return True

    def _read_right(self, end: int, *, has_currency: bool) -> tuple[int, str | None, int] | None:
        """Read rightwards from the digits: exponent of ten, unit, end; None makes it an identifier."""
        text = self._text
        if _IDENTIFIER_TAIL.match(text, end):
            return None
        exponent = 0
        if (science := _EXPONENT.match(text, end)) and self._is_scientific(end, science[1]):
            exponent = int(science[1] + science[2])
            end = science.end()
        elif scale := self._read_scale(end, has_currency):
            exponent, end = scale
        if phrase := units.read_phrase_unit(text, end):
            return exponent, phrase[0], phrase[1]
        if not has_currency and (mention := self._currency_after(end)):
            return (
                exponent,
                mention.code,
                mention.end
                + (text[mention.end : mention.end + 1] == ")" and "(" in text[end : mention.start]),
            )
        if text[end : end + 1].isalpha() or text[end : end + 1] == "_":
            return self._read_attached(exponent, end)
        unit, last = (None, end) if has_currency else self._read_noun(end)
        return exponent, unit, last

    def _is_scientific(self, end: int, sign: str) -> bool:
        digits = re.search(r"[0-9.]{1,20}$", self._text[max(0, end - 20) : end])
        return bool(sign) or bool(digits and "." in digits[0])

    def _read_scale(self, end: int, has_currency: bool) -> tuple[int, int] | None:
        word = _WORD.match(self._text, end)
        if not word:
            return None
        gap, name = word[1], word[2].lower()
        if name in units.WORD_SCALES or (name.endswith("s") and name[:-1] in units.WORD_SCALES):
            return units.WORD_SCALES[name if name in units.WORD_SCALES else name[:-1]], word.end()
        if name == "mm" and has_currency:
            return 6, word.end()
        if name in units.LETTER_SCALES and (gap == "" or (has_currency and gap == " ")):
            return units.LETTER_SCALES[name], word.end()
        return None

    def _currency_after(self, end: int) -> Mention | None:
        text, at = self._text, end
        while at - end < 4 and text[at : at + 1] in _GAPS + "(-" and at < len(text):
            at += 1
        if at > end and text.startswith("in ", at):
            at += 3
        mention = self._starting.get(at)
        # "5 $6": the sign belongs to the number it touches.
        if mention and not mention.text[-1].isalnum() and text[mention.end : mention.end + 1].isdigit():
            return None
        return mention

    def _read_attached(self, exponent: int, end: int) -> tuple[int, str | None, int] | None:
        word = _WORD.match(self._text, end)
        unit = units.read_measure(word[2], attached=True) if word and not word[1] else None
        return (exponent, unit, word.end()) if word and unit else None

    def _read_noun(self, end: int) -> tuple[str | None, int]:
        first = _WORD.match(self._text, end)
        if not first or not first[1]:
            return None, end
        name = first[2]
        unit = units.read_measure(name, attached=False) or units.read_counted(name)
        if unit or "-" in first[1]:
            return (unit or (name if name.islower() else None)), first.end()
        second = _WORD.match(self._text, first.end()) if units.is_plain_word(name) else None
        if second and second[1] == " " and (counted := units.read_counted(second[2])):
            return counted, second.end()
        is_one = self._text[end - 1] == "1" and not self._text[end - 2 : end - 1].isdigit()
        return (name, first.end()) if is_one and units.is_plain_word(name) else (None, end)

    def _is_label_or_year(self, left: int, start: int, end: int) -> bool:
        if left != start:
            return False
        before = self._text[max(0, start - _LOOK_BACK) : start]
        if _LABEL.search(before):
            return True
        is_year = end - start == 4 and self._text[start : start + 2] in ("19", "20")
        return is_year and (
            bool(_YEAR_BEFORE.search(before)) or self._text[end : end + 2] in ("'s", "\u2019s")
        )

    def _read_brackets(
        self, left: int, last: int, unit: str | None, width: int
    ) -> tuple[int, int, bool, str | None]:
        """Widen the number by accounting brackets: its new range, whether they are a minus, a currency."""
        text = self._text
        same = left, last, False, None
        if text[left - 1 : left] != "(" or text[last : last + 1] != ")" or left < 1 or text[left] in _SIGNS:
            return same
        outer_left = self._currency_before(left - 1)
        outer_right = self._currency_after(last + 1)
        before = text[max(0, left - _LOOK_BACK) : left]
        follows = _BRACKET_BEFORE.search(before)
        if follows and follows.start() == 0 and left > _LOOK_BACK and before[0] not in "\n|:=\t":
            follows = None  # the look-back ended there, not the text
        is_amount = unit or outer_left or outer_right or width > 2
        if not (is_amount and (outer_left or follows)):
            return same
        code = outer_left.code if outer_left else outer_right.code if outer_right and not unit else None
        start = outer_left.start if outer_left else left - 1
        end = outer_right.end if outer_right and not (outer_left or unit) else last + 1
        return start, end, True, code

    def _share_unit(self, number: Number) -> None:
        """Append; the two ends of a range ("10-20 %") share the unit that one of them has."""
        if self._follows_number(number.start - 1) and self._text[number.start - 1] in _HYPHENS:
            earlier = self._numbers[-1]
            self._numbers[-1] = earlier._replace(unit=earlier.unit or number.unit)
            number = number._replace(unit=number.unit or earlier.unit)
        self._numbers.append(number)


def _find_opaque(text: str) -> list[tuple[int, int]]:
    """Find what holds digits and is no number: dates, times, addresses, list numbering."""
    spans: list[tuple[int, int]] = []
    if _DATE_WORDS.search(text):
        spans += [(start, end) for start, end, _ in locate_dates(text)]
    spans += [match.span() for match in _TIME.finditer(text)]
    if "://" in text:
        spans += [match.span() for match in _ADDRESS.finditer(text)]
    spans += _find_enumerators(text)
    return list(_merge(sorted(spans)))


def _find_enumerators(text: str) -> list[tuple[int, int]]:
    """Find "1.", "2)" at the start of lines; a later one counts when the one before it is there too."""
    found = [(int(match[1]), match.span(1)) for match in _ENUMERATOR.finditer(text)]
    present = {number for number, _ in found}
    return [span for number, span in found if number == 1 or number - 1 in present]


def _merge(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    reached = 0
    for start, end in spans:
        if end > reached:
            yield max(start, reached), end
            reached = end
