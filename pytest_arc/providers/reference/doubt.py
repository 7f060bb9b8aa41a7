"""Where a sentence speaks of an act without saying whether to do it."""

from __future__ import annotations

import re

from pytest_arc.providers.reference.clauses import OPENERS
from pytest_arc.providers.reference.negation import (
    DENIED,
    FINITE,
    GOOD,
    REFUSING,
    SAID_BAD,
    SAID_GOOD,
    STRONG,
    WEAK,
)
from pytest_arc.providers.reference.vocabulary import search
from pytest_arc.providers.reference.wording import compile_phrases

__all__ = ["NAMED", "is_governed", "is_judged", "is_left_open"]

_LEFT_OPEN = search("whether, in/into/to/by/from/with which/what, let/have/having/get USER")
_GOVERNED = re.compile(
    r"\b(?:do not|never|(?:must|should|may) not|cannot|not to)(?: be| get)? ((?!be\b)\w+)(?: \w+){0,3}"
    r" (?:to|about|from|against|of)(?: \w+)? $"
)
_GOVERNED_GERUND = re.compile(
    r"(?<![\w'-])([\w'-]+(?: (?:in|about|from|of|to|into|on|against|for|with))?) (?:(?:you|us|me) )?"
    r"(?!(?:no|any|every|some)thing|during|missing|bring|ring|string|failing|clarifying|underlying|lacking"
    r"|covering|bookkeeping|accounting|having|wondering|wording)[\w-]+ing (?!and\b)(?=\w)"
)
_TAKES_GERUND = re.compile(
    r"-|cur_|(?:always|and|are|be|been|by|bother|free to|insist on|is|keep|means?|or|recommend|start|when"
    r"|worth)$"
)
_MEANS_THE_ACT = compile_phrases("""
    try, attempt, bother, want, like, tempted, ever, go, agree, offer, choose, decide, rush, start, begin,
    think, insist, need, have, allow*, ask, burden, trouble, pester, come, annoy, give, right, wrong, round,
    convert, report, show, write, put, treat, read, add, take, turn, express""")
_SAID_OF_IT = re.compile(
    r"\b(?:it|there) (?:is|(?:would|will|may|can) be|seems?|feels?) ((?:[\w'-]+ ){1,4}?)(?:not )?to"
    r" (?:[\w'-]+ ){0,3}$"
)
_ENDORSED = compile_phrases(
    GOOD + ", best, better, wise, safe, important, essential, vital, crucial, advisable, preferable, policy,"
    "rule, duty, up, reason"
)
_SUBJECT_OF = re.compile(
    r"(?: (?!(?:what|which|who|whether|that|there|you|it|they)\b)[\w'-]+){0,5}? (?:is|are|(?:would|will) be"
    r"|makes?|serves?|costs?|leads?|causes?|helps?|takes?|brings?|does|has) (?!\w+ed\b)(?=\w)"
)
_GERUND = re.compile(r"(?!nothing|anything|everything|something|during|missing|existing|bring|ring)\w+ing\b")
NAMED = re.compile(
    rf"(?:not )?{_GERUND.pattern}|(?:temptation|urge|impulse|habit|idea) |whoever "
    r"|(?:agents?|any(?:one|body)|answers?|people|those|reports?) (?:that|who) "
)
_AGAINST = re.compile(r"\b(?:against|from)(?: \w+ing)? $")
_EVALUATED = re.compile(
    r"((?:\w+ ){1,3}?)(?:thing|option|idea|course|move|response|reaction|way|resort|mistake)\b"
    r"(?: [\w-]+){0,9}? (?:is|(?:would|will) be)(?: to)? $"
)
_SUBORDINATE = re.compile(r"\b(?:never|what|whatever|which|who|whether|that|there|is|are)\b")


def is_left_open(before: str) -> bool:
    """Whether the act is somebody else's choice ("let the user pick", "ask whether to"), or a word that says
    no stands so far before it that it may or may not mean it."""
    distances = [
        len(before[found.end() :].split())
        for pattern in (STRONG, REFUSING)
        for found in pattern.finditer(before)
    ]
    return _LEFT_OPEN.search(before) is not None or (bool(distances) and min(distances) > 9)


def is_governed(before: str, act: str, after: str) -> bool:
    """Whether the act hangs on an unknown word: "never tire of asking", "it is rash to guess"."""
    noes_masked = WEAK.sub("-", REFUSING.sub("-", STRONG.sub("-", before)))
    for found in _GOVERNED_GERUND.finditer(f"{noes_masked}{act}{after}"):
        if found.end() <= len(noes_masked) + len(act) + 1 and not _TAKES_GERUND.match(found[1]):
            return True  # "we frown on rounding"
    if REFUSING.search(before):
        return False
    if _AGAINST.search(before) or ((said := _EVALUATED.search(before)) and not _ENDORSED.search(said[1])):
        return True
    denied, said = _GOVERNED.search(before), _SAID_OF_IT.search(before)
    return (denied is not None and not _MEANS_THE_ACT.match(denied[1])) or (
        said is not None and not _ENDORSED.search(said[1]) and not STRONG.search(before[: said.end(1)])
    )


def is_judged(before: str, act: str, after: str, beyond: str) -> bool:
    """Whether the act is the subject of a predicate that is not understood: "rounding is a luxury"."""
    named = NAMED.match(before + act) and not FINITE.search(before + act)
    if not named and (len(before.removeprefix("to ").split()) > 1 or _SUBORDINATE.search(before + act)):
        return False
    if named and OPENERS.match(beyond):
        after += beyond  # "asking when a period is missing is a nuisance"
    understood = (SAID_BAD.search(after), SAID_GOOD.search(after), DENIED.match(after.rstrip(" ,;:")))
    is_subject = _SUBJECT_OF.match(after) or (named and len(after.split()) > 1)
    return bool(is_subject) and not any(understood)
