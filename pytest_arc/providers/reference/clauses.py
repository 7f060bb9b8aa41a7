"""A sentence cut into clauses: orders, their conditions, what they are contrasted with and excepted from."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Literal, NamedTuple

from pytest_arc.providers.reference.negation import NEGATORS, NO_SUBJECTS, WEAK_NEGATORS
from pytest_arc.providers.reference.wording import compile_phrases

__all__ = ["OPENERS", "Clause", "Role", "split_clauses"]

CONDITION_OPENERS = """
    if, when, whenever, where, wherever, while, because, since, although, though, in case, should no/it/
    user/data/sources/amounts/currency/information/call/tool/result/two/2/query/several/batch/figures/
    lookup/search/something/anything, once, as long as, so long as, even if/when/though, whoever, no
    matter, tempting as, whatever temptation, others may/might/can, you may/might think, unless, given that,
    whether or, provided that, for fear, lest, merely because, just because, in event, except, with
    exception of, barring, save for"""
LEADING_CONDITION_OPENERS = """
    should, where, with, on, for, in, at, after, upon, given, faced, absent, lacking, without, during,
    between, following, from, as, whichever, confronted, having, by"""
CONTRASTS = """
    instead of, rather than, in place of, in lieu of, as opposed to, as against, in preference to,
    preferable to, better than, sooner than, over and above"""
EXCEPTIONS = """
    until, till, before, without, prior to, ahead of, unless you/they (have/had/are), only once/after/when"""

Role = Literal["order", "condition", "contrast", "exception"]


class Clause(NamedTuple):
    """One clause: characters `start` to `end` of the sentence."""

    start: int
    end: int
    role: Role
    opener: int
    """Length of the words that make it an exception."""


OPENERS = compile_phrases(CONDITION_OPENERS)
_LEADERS = compile_phrases(LEADING_CONDITION_OPENERS)
_CONTRASTS = compile_phrases(CONTRASTS)
_EXCEPTIONS = compile_phrases(EXCEPTIONS)
_FORBIDS = compile_phrases(NEGATORS + "," + WEAK_NEGATORS + "," + NO_SUBJECTS)
_CUT = re.compile(
    rf"[,;:?()]+\s*|\s(?:but|yet|and instead|and rather|and (?=always|never)|and then|and just"
    rf"|and please|and (?=should|must|may|is to|are to|has to|do not|hence|therefore|thus))\s"
    rf"|\s(?=(?:{OPENERS.pattern})|(?:{_CONTRASTS.pattern})|(?:{_EXCEPTIONS.pattern}))"
)


def split_clauses(text: str) -> list[Clause]:
    """A sentence as its clauses; one at least."""
    cuts = [0, *(match.end() for match in _CUT.finditer(text)), len(text)]
    clauses: list[Clause] = []
    for start, end in pairwise(cuts):
        if start < end:
            clauses.append(_make_clause(text, start, end, clauses))
    if clauses and not text.endswith("?") and all(clause.role == "condition" for clause in clauses):
        return [clause._replace(role="order") for clause in clauses]
    return clauses or [Clause(0, len(text), "order", 0)]


def _make_clause(text: str, start: int, end: int, before: list[Clause]) -> Clause:
    role = _name_role(text, start, end, before)
    opener = _EXCEPTIONS.match(text, start, end) if role == "exception" else None
    return Clause(start, end, role, len(opener[0]) if opener else 0)


def _name_role(text: str, start: int, end: int, before: list[Clause]) -> Role:
    part = text[start:end]
    opens = not before or text[:start].rstrip().endswith((";", ":", "?"))
    if part.rstrip().endswith("?"):
        return "condition"
    if before and part.startswith(("which ", "who ", "whose ")):
        return "condition"
    if _CONTRASTS.match(part):
        return "contrast"
    if _EXCEPTIONS.match(part):
        return _name_exception(text, part, opens, before)
    if OPENERS.match(part) or (opens and _LEADERS.match(part) and "," in text[end - 2 : end]):
        return "condition"
    if (
        before
        and before[-1].role == "condition"
        and re.match(r"or (?:if|when|is|are|the|has|cannot|not)\b", part)
    ):
        return "condition"
    return "order"


_ASIDE = re.compile(r"(?:if|when|where)\b")


def _name_exception(text: str, part: str, opens: bool, before: list[Clause]) -> Role:
    """ "Never ... until X" orders X; "... before X" is a condition; "... without X" forbids X."""
    if part.startswith("only "):
        return "exception"
    if opens and part.startswith("until") and _FORBIDS.search(text, text.find(part) + len(part)):
        return "exception"
    held = next((clause for clause in reversed(before) if not _ASIDE.match(text, clause.start)), None)
    if held and not opens and held.role == "order" and _FORBIDS.search(text, held.start, held.end):
        return "exception"
    contrasts = before and before[-1].role == "contrast"
    return "condition" if not part.startswith("without") else "contrast" if contrasts else "order"
