"""What a sentence orders, what it forbids, and what is only its condition."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pytest_arc.providers.reference.clauses import Clause, split_clauses
from pytest_arc.providers.reference.doubt import NAMED, is_governed, is_judged, is_left_open
from pytest_arc.providers.reference.negation import ON_REQUEST, is_negated_after, is_negated_before
from pytest_arc.providers.reference.vocabulary import search

__all__ = ["Sentence"]

_MODAL = re.compile(r" (?:may|must|should|can|shall|is to|are to|ought)\b")
_NO = re.compile(r"\b(?:no|not|nothing|none|never|nobody|without|lack\w*|neither|cannot|unless)\b")
_PARTICLES = ("just", "only", "even", "please")
_UNHEARD_NO = re.compile(
    r"(?: (?!(?:that|which|who|what|nobody|nothing|none|you|they|user|was|were|or|and|nor)\b)[\w'-]+){0,9}?"
    r" (?:not|never|no|cannot|neither|hardly|nowhere)\b"
)
_TAKEN_BACK = re.compile(
    r"[,;:] (?:(?:so|but|just|please|and) )*(?:do|must|should|need|may|never)(?: not)?$"
    r"|\b(?:but|yet|though) (?:[\w']+ ){0,4}not(?: (?:by|for) you)?$"
)
_ONLY_BEFORE = re.compile(r"\b(?:may|can|is|are) only (?:to )?(?:be )?$|^only (?:[\w-]+ ){1,3}would ")
_ONLY_AFTER = re.compile(
    r"(?: \w+){0,3} only (?:be|allowed|permitted|acceptable|if|when|in|where|on|as|after|with)\b"
)
_ALONE = re.compile(r" (?:only|just|merely|simply)\b(?! (?:on|upon|as|when|if))")
_BY_OTHERS = search("by USER/others/somebody/someone")
_DENIED_AT_END = re.compile(r" (?:is|are|was|has|does|will(?: not)? be|would be) (?:\w+ ){0,6}\w+$")


class Sentence:
    """One sentence in the notation of `matters`, cut into clauses."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.clauses = split_clauses(text)
        self._taken: list[tuple[int, int]] = []

    def find_clause(self, position: int) -> Clause:
        return next(clause for clause in reversed(self.clauses) if clause.start <= position)

    def is_taken(self, match: re.Match[str]) -> bool:
        """Whether another matter was settled by these words: a verb settles one matter only."""
        return any(start < match.end() and match.start() < end for start, end in self._taken)

    def take(self, match: re.Match[str]) -> None:
        self._taken.append(match.span())

    def weigh(self, match: re.Match[str], topics: Iterable[re.Pattern[str]]) -> int | None:
        """1 for an order, -1 for a prohibition, 0 where the sentence says neither, `None` where it says
        something of the act that is not understood.

        A "no" that belongs to the topic ("no records") forbids nothing.
        """
        clause = self.find_clause(match.start())
        if clause.role == "condition":
            return 0
        text = self.text
        for topic in topics:
            text = _mask(text, topic, match)
        if clause.role == "exception" and match.start() == clause.start:
            return -1  # "never ... without a source"
        end = self.find_clause(match.end() - 1).end  # "day before month" spans two clauses
        before, after = text[clause.start + clause.opener : match.start()], text[match.end() : end]
        if (
            is_left_open(before)
            or _BY_OTHERS.match(after.lstrip())
            or (before.endswith("leave ") and after.startswith(" to "))
            or (before.endswith("only ") and self.clauses[-1].role == "condition")
        ):
            return 0
        orders = clause.role == "order"
        if orders and (is_governed(before, match[0], after) or self._is_limited(match, before)):
            return None
        opens = clause.start == 0 or text.startswith("without", clause.start)
        if orders and opens and is_judged(before, match[0], after, re.split("[,;:]", text[end:])[0]):
            return None
        denied = is_negated_after(after)
        if not denied and _UNHEARD_NO.match(after):
            return 0
        on_request = ON_REQUEST.match(self.text, match.end() + 1) is not None
        denied = denied or on_request or self._is_denied_at_end(clause, match.end())
        negated = is_negated_before(before) ^ denied
        if clause.role == "contrast":
            return 0 if negated else -1
        if clause.role == "exception":
            return 0 if negated else 1
        if negated and _ALONE.match(after):
            return None  # "never say only one of them"
        return -1 if negated else 1

    def _is_limited(self, match: re.Match[str], before: str) -> bool:
        """Whether an "only" or a last "but not" takes most of it back: "may only be refused if ..."."""
        if _TAKEN_BACK.search(self.text) or _ONLY_BEFORE.search(before):
            return True
        end = match.end()
        return bool(_ONLY_AFTER.match(self.text, end)) and not ON_REQUEST.search(self.text, end)

    def _is_denied_at_end(self, clause: Clause, end: int) -> bool:
        """Whether the sentence ends with a no: "assuming dollars because none is given is unacceptable"."""
        denied = _DENIED_AT_END.search(re.split("[,;:]", self.text[end:])[0].rstrip())
        named = NAMED.match(self.text, clause.start) is not None
        return clause.role == "order" and named and denied is not None and is_negated_after(denied[0])

    def orders_beside(self, matches: Iterable[re.Match[str]]) -> bool:
        """Whether another clause than theirs orders something: "never guess; see the ledger"."""
        held = [self.find_clause(match.start()) for match in matches]
        others = [clause for clause in self.clauses if clause.role == "order" and clause not in held]
        return any(self.text[clause.start : clause.end].strip() not in _PARTICLES for clause in others)

    def has_exception(self, position: int) -> bool:
        """Whether an "until", "before" or "without" takes back part of what is forbidden here."""
        after = [clause for clause in self.clauses if clause.start > position]
        return bool(after) and after[0].role == "exception"


def _mask(text: str, topic: re.Pattern[str], match: re.Match[str]) -> str:
    for found in topic.finditer(text):
        overlaps = found.start() < match.end() and match.start() < found.end()
        if not overlaps and found[0] != "without" and _NO.search(found[0]) and not _forbids(text, found):
            text = text[: found.start()] + re.sub(r"\S", "x", found[0]) + text[found.end() :]
    return text


def _forbids(text: str, found: re.Match[str]) -> bool:
    """ "No currency may be assumed" and "on no account" forbid; "no currency" alone does not."""
    idiom = text[: found.start()].endswith("on ")
    return found[0].startswith("no ") and (idiom or _MODAL.match(text, found.end()) is not None)
