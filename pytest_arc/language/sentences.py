"""Prose cut into sentences, and the parts of it that are quoted."""

from __future__ import annotations

import re
from typing import NamedTuple


class Sentence(NamedTuple):
    """One sentence, without the white space and markup before it."""

    text: str
    start: int
    end: int
    """Half-open character range: `text == source[start:end]`."""


_END = re.compile(r"(?<![.?!\u2026])[.?!\u2026]++[\"'\u201d\u2019)\]*_`]*+(?=\s|$)|\n")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|no|nr|mr|mrs|ms|dr|st|inc|ltd|co|corp|approx|a\.m|p\.m|u\.s|u\.k|[a-z]))\.$",
    re.I,
)
_WRAPPED = re.compile(r"[ \t]*[a-z]")
_LIST_ITEM = re.compile(r"[ \t]{0,12}(?:[-*+\u2022]|[0-9]{1,2}[.)]|[a-z][.)])[ \t]")
_LEADING = re.compile(r"\s*+(?:(?:[-*+>\u2022]|[0-9]{1,2}[.)])[ \t]++)?[*_`\s]*+")
_QUOTATION = re.compile(
    r"```[^`]*+```|`[^`\n]{0,400}`|\"[^\"\n]{0,400}\"|\u201c[^\u201c\u201d]{0,400}\u201d"
    r"|\u2018[^\u2018\u2019\n]{0,400}\u2019(?!\w)|(?<!\w)'[^'\n]{1,200}'(?!\w)|^[ \t]{0,3}>[^\n]*+",
    re.MULTILINE,
)


def blank_quotations(text: str) -> str:
    """Replace quoted words, code and block quotes by "\N{DOTTED CIRCLE}", keeping every position.

    A quoted question is somebody else's. Quotations of more than 400 characters stay.
    """
    return _QUOTATION.sub(lambda match: "\N{DOTTED CIRCLE}" * len(match[0]), text)


def split_sentences(text: str) -> list[Sentence]:
    """Cut `text` into sentences, in order.

    A sentence ends with ".", "?" or "!" before white space, except after an abbreviation ("e.g.", "No.",
    an initial), and with a line, except where the next line goes on in lower case. A line that ends in a
    colon keeps the list below it ("I need to know:" and its items are one sentence).
    """
    sentences: list[Sentence] = []
    start, collects = 0, False
    for match in _END.finditer(text):
        if match[0] == "\n":
            collects = _collects_list(text, start, match.start(), match.end(), collects)
            if collects or _WRAPPED.match(text, match.end()):
                continue
        elif collects or _is_abbreviated(text, match):
            continue
        _append(sentences, text, start, match.end())
        start = match.end()
    _append(sentences, text, start, len(text))
    return sentences


def _collects_list(text: str, start: int, line_end: int, next_line: int, collects: bool) -> bool:
    """Whether the sentence goes on with the list item in the next line."""
    if text.startswith("\n", next_line):  # a blank line between the colon and its list
        next_line += 1
    last = text[max(start, line_end - 6) : line_end].rstrip(" \t*_")[-1:]
    is_item = bool(_LIST_ITEM.match(text, next_line))
    after_blank_line = collects and line_end > start and text[line_end - 1] in ":\n"
    return after_blank_line or (is_item and (collects or last == ":"))


def _is_abbreviated(text: str, match: re.Match[str]) -> bool:
    if match[0] != ".":
        return False
    return bool(_ABBREVIATION.search(text[max(0, match.start() - 8) : match.end()]))


def _append(sentences: list[Sentence], text: str, start: int, end: int) -> None:
    leading = _LEADING.match(text, start, end)
    start = leading.end() if leading else start
    stripped = text[start:end].rstrip()
    if stripped:
        sentences.append(Sentence(stripped, start, start + len(stripped)))
