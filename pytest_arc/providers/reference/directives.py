"""Read a prompt: which of the twelve matters does it settle, and how firmly?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from pytest_arc.language.currencies import find_currencies
from pytest_arc.language.sentences import split_sentences
from pytest_arc.providers.reference import tables
from pytest_arc.providers.reference.tables import SLOTS, Slot

__all__ = ["DEFAULTS", "Directive", "Reading", "read_directives"]

DEFAULTS: Mapping[str, str] = {slot.name: slot.default for slot in SLOTS}


class Directive(NamedTuple):
    """One sentence of a prompt, understood."""

    slot: str
    value: str
    strength: Literal["must", "should"]
    """`should` where the sentence leaves room ("prefer", "where possible", "usually"); else `must`."""
    sentence: str


@dataclass(frozen=True)
class Reading:
    """What a prompt says."""

    found: tuple[Directive, ...]
    """In the order of the text."""
    settled: Mapping[str, Directive]
    """Slot -> what holds: the last directive; a `should` never overrides a `must`."""

    def value(self, slot: str) -> str:
        """The value of a slot, or what an inattentive model does."""
        directive = self.settled.get(slot)
        return directive.value if directive else DEFAULTS[slot]

    @property
    def contradictions(self) -> tuple[tuple[Directive, Directive], ...]:
        """Pairs of directives that want different things in the same matter."""
        return tuple(
            (one, self.settled[one.slot]) for one in self.found if one.value != self.settled[one.slot].value
        )


@cache
def read_directives(prompt: str) -> Reading:
    """Read the directives of a system prompt, sentence by sentence.

    A sentence about something else, about somebody else, or about the past says nothing. Where a pronoun
    stands for what the sentence before spoke of, both are read together.
    """
    found: list[Directive] = []
    before = ""
    for sentence in split_sentences(prompt):
        text = _normalise(sentence.text)
        directives = list(_read_sentence(text, text, sentence.text))
        if not directives and before and (before.endswith("?") or _compile(_POINTS_BACK).search(text)):
            directives = list(_read_sentence(f"{before} {text}", text, sentence.text))
        found += _drop_sequels(directives, text, found)
        before = "" if directives else f"{text}?" if sentence.text.endswith("?") else text
    return Reading(tuple(found), _settle(found))


_POINTS_BACK = r"\b(?:it|them|these|this|those|that|so|such cases?|then)\b"


def _settle(found: Iterable[Directive]) -> dict[str, Directive]:
    settled: dict[str, Directive] = {}
    for directive in found:
        held = settled.get(directive.slot)
        if held is None or directive.strength == "must" or held.strength == "should":
            settled[directive.slot] = directive
    return settled


def _drop_sequels(directives: list[Directive], text: str, found: list[Directive]) -> list[Directive]:
    """Leave out what says how to go on: "If it still fails, say so" after "Retry once"."""
    if not _compile(r"\b(?:still|again|even then|afterwards?|after that|otherwise|persists?|then)\b").search(
        text
    ):
        return directives
    held = {directive.slot for directive in found}
    return [directive for directive in directives if directive.slot not in held]


def _read_sentence(topic: str, text: str, source: str) -> Iterator[Directive]:
    if _is_about_others(text):
        return
    strength = _read_strength(text)
    said = _Said(text)
    for slot in SLOTS:
        pattern = _search(slot.topic)
        if not pattern.search(topic) or (slot.unless and _search(slot.unless).search(topic)):
            continue
        if value := _read_value(slot, said):
            yield Directive(slot.name, value, strength, source)


def _read_value(slot: Slot, said: _Said) -> str | None:
    """The value that the sentence orders, or else the opposite of one it forbids.

    A verb settles one matter only: what one slot has taken, the next one cannot read.
    """
    forbidden: tuple[str, re.Match[str]] | None = None
    refused: set[str] = set()
    for value, pattern in slot.actions:
        for match in _search(pattern).finditer(said.text):
            if said.is_taken(match) or not said.is_main(match.start()):
                continue
            if said.forbids(match.start(), match.end()):
                forbidden = forbidden or (slot.opposites[value], match)
                refused.add(value)
            elif value and value not in refused:
                return said.take(match, _complete(slot, value, match, said))
    if forbidden:
        return said.take(forbidden[1], _complete(slot, forbidden[0], None, said))
    return None


def _complete(slot: Slot, value: str, match: re.Match[str] | None, said: _Said) -> str | None:
    """Fill in what the sentence says beside the value: which currency, how often, how many places."""
    if value == "assume" and slot.name == "unstated_currency":
        codes = _compile(r"cur_([a-z]{3})").findall(match[0] if match else "")
        return f"assume:{codes[-1].upper()}" if codes else slot.default
    if value == "retry":
        return f"retry:{_count(said.text)}"
    if value == "n" and match:
        digits = re.search(r"\d+", match[0])
        return digits[0] if digits else "1"
    return None if value == "round" else value


def _count(text: str) -> int:
    number = _compile(
        r"\b(\d+) (?:more |further |additional |extra |other |consecutive )?"
        r"(?:times?|attempts?|tr(?:y|ies)|retries|goes|shots?|chances?)\b"
    ).search(text)
    if number:
        return int(number[1])
    return 3 if " few " in text else 2 if " couple " in text else 1


class _Said:
    """One sentence, and what it orders or forbids."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._taken: list[tuple[int, int]] = []

    def is_taken(self, match: re.Match[str]) -> bool:
        return any(start < match.end() and match.start() < end for start, end in self._taken)

    def take(self, match: re.Match[str], value: str | None) -> str | None:
        if value:
            self._taken.append(match.span())
        return value

    def forbids(self, start: int, end: int) -> bool:
        """Whether the action is negated: "do not ...", "... is not allowed". Twice negated is not."""
        before = _compile(_CLAUSE_BEFORE).split(self.text[:start])[-1]
        after = _compile(r"[,;:.]|\bbut\b").split(self.text[end:])[0]
        on_request = before.endswith(("only ", "only be ")) and _compile(
            r"^ (?:on|upon|at|when|if)\b"
        ).search(after)
        return self._is_negated_before(before) ^ (bool(on_request) or self._is_negated_after(after))

    def _is_negated_before(self, before: str) -> bool:
        opens = _compile(r"^\s*(?:if|when|whenever|where|unless|while|should)\b").search(before)
        verb = _find_near(tables.REFUSING_VERBS, before, 0 if opens else 5)
        if verb is not None:
            before = before[: verb.start()].rstrip() + " "
        negated = (
            _find_near(tables.NEGATORS, before, 0 if opens else 7) is not None
            or _find_near(tables.WEAK_NEGATORS, before, 0 if opens else 1) is not None
            or _compile(_NO_SUBJECT).search(before) is not None
            or _compile(r"\b(?:not|never) (?:\w+ly |ever |be |to be |being |get )*$").search(before)
            is not None
        )
        takes_over = verb is not None and verb[0] in ("instead of", "rather than", "before", "as opposed to")
        return (verb is not None) if takes_over else negated ^ (verb is not None)

    def _is_negated_after(self, after: str) -> bool:
        if _search(tables.ON_REQUEST).search(after):
            return True
        said = _search(tables.SAID_TO_BE).search(after)
        if said is None:
            return False
        noes = len(_compile(r"\b(?:not|never|no)\b").findall(said["no"]))
        return bool(said["bad"]) ^ (noes % 2 == 1)

    def is_main(self, start: int) -> bool:
        """Whether what begins at `start` is more than a condition ("when the user names no currency")."""
        clause = _compile(r"[,;:(]").split(self.text[:start])[-1]
        condition = _compile(_CONDITION).search(clause)
        if condition is None:
            return True
        after = clause[condition.end() :]
        if _compile(
            r"\b(?:and|then|please|always|never|you (?:should|must|may|can)) (?:not |do not |never )?$"
        ).search(after):
            return True
        return condition.start() == 0 and bool(_compile(_VERB).search(after))


def _find_near(pattern: str, before: str, reach: int) -> re.Match[str] | None:
    """The last match that has at most `reach` words, and no new clause, after it."""
    found = list(_search(pattern).finditer(before))
    if not found:
        return None
    last = found[-1]
    between = before[last.end() :]
    near = len(between.split()) <= reach and not _compile(_SUBORDINATE).search(between)
    return last if near else None


_NO_SUBJECT = (
    r"^\s*(?:no|none|neither|nothing|nobody|not a)\b[^,;]*"
    r"\b(?:may|must|should|can|is|are|shall|gets?|will|ought)"
    r"(?: ever| to| only)*(?: be)? $"
)
_CLAUSE_BEFORE = r"[,;:.(]|\bbut\b|\band (?:instead|rather|always|never)\b"
_SUBORDINATE = r"\b(?:if|when|whenever|unless|where|until|because|so|which|who|that)\b"
_CONDITION = r"(?:^\s*|(?<=\s))(?:if|when|whenever|unless|until|while|because|since|although|before|once)\b"
_VERB = (
    r"\b(?:is|are|has|have|does|do|fails?|cannot|can|says?|disagree|differ|conflict|finds?|returns?|missing"
    r"|unclear|empty|stated|given|out|out of)\b[^,]*\s$"
)


def _is_about_others(text: str) -> bool:
    """Whether the sentence tells what somebody else does, or what was once done."""
    main = _compile(_OPENING).sub("", text)
    if _search(f"[;,] (?:so |then |and |please |just )?(?:{tables.ORDERS})").search(main):
        return False
    if _compile(rf"^{tables.FOREIGN} (?!to\b|that\b|who\b|which\b)(?:\w+ly )?(?!{_TO_BE_TOLD})").search(main):
        return True
    if _compile(rf"^(?:[^,;:]*\b){tables.PAST}\b").search(main) is None:
        return False
    return not (_compile(_TO_THE_READER).search(main) or _search(f"^(?:{tables.ORDERS})").search(main))


_OPENING = (
    r"^(?:if|when|whenever|where|unless|while|once|should|in case|for|as|with|wherever|before|after|in|on|at)"
    r"\b[^,]*, "
)
_TO_BE_TOLD = (
    r"(?:must|should|has to|have to|is to|are to|needs? to)"
    r" (?:be (?:asked|told|informed)|learn|know|hear|see|\w+ed\b)"
)
_TO_THE_READER = r"\b(?:you|your|always|never|must|should|do not|please|only|just|exactly)\b"


def _read_strength(text: str) -> Literal["must", "should"]:
    if _search(tables.SOFT).search(text) and not _search(tables.HARD).search(text):
        return "should"
    return "must"


_CONTRACTIONS = (
    ("won't", "will not"),
    ("can't", "cannot"),
    ("shan't", "shall not"),
    ("n't", " not"),
    ("'re", " are"),
    ("'ll", " will"),
    ("'s ", " is "),
)
_COUNTS = {
    name: str(n) for n, name in enumerate("zero one two three four five six seven eight nine ten".split())
} | {
    "once": "1 time",
    "twice": "2 times",
    "thrice": "3 times",
    "nil": "0",
    "nought": "0",
    "both": "both",
    "zeros": "0",
    "zeroes": "0",
}


def _normalise(sentence: str) -> str:
    """Lower case, currencies as `cur_eur`, counts as digits, contractions written out."""
    text = sentence.replace("\u2019", "'")
    for mention in reversed(find_currencies(text)):
        text = f"{text[: mention.start]} cur_{mention.code.lower()} {text[mention.end :]}"
    text = (
        re.sub(r"[*_`#\"\u201c\u201d](?!eur\b)(?<!cur_)", " ", text.lower())
        if False
        else _strip_markup(text.lower())
    )
    for short, long in _CONTRACTIONS:
        text = text.replace(short, long)
    text = re.sub(r"\b(?:at once|for once)\b", " ", text)
    text = re.sub(r"[a-z]+", lambda word: _COUNTS.get(word[0], word[0]), text)
    text = re.sub(r" - | \u2013 |\u2014", " ; ", text)
    text = " ".join(text.split()).rstrip(".!")
    for pattern, replacement in tables.REWRITES:
        text = _compile(pattern).sub(replacement, text)
    return _rewrite_without(text)


def _strip_markup(text: str) -> str:
    return re.sub(r"[*`#\"\u201c\u201d]|(?<!cur)_(?=\s|$)", " ", text)


def _rewrite_without(text: str) -> str:
    """Turn "never ... without ..." into what it asks for: the unit of "never a total without its unit"."""
    match = _compile(
        r"\b(?:do not|never|must not|should not|may not|cannot|no|not)\b(?! want)([^,;]*?)\bwithout"
        r"(?! (?:\w+ )?(?:approval|authori[sz]ation|permission|sign-?off|consent))"
        r"(?! (?:a |any |the )?(?:currency|unit|denomination) (?:as|to be|in|is|are)\b)"
        r"(?: (?:the|a|an|its|their|also|1st|first|any|some))* (\w+)"
    ).search(text)
    if not match:
        return text
    before, done, after = text[: match.start()], match[1].strip(), text[match.start(2) :]
    if match[2].endswith("ing"):
        return f"{before}always {after} ; if {done}"
    return f"{before}always {done} with {after}"


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@cache
def _search(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of the tables."""
    pattern = re.sub(r"([a-z]+)_(?![a-z])", _inflect, pattern)
    pattern = pattern.replace("CUR", "cur_[a-z]{3}").replace(
        "~", r"(?:(?:(?!instead of|rather than|\bnot\b|\bnever\b|\bbefore\b)[^;:.]){0,70}?)"
    )
    return re.compile(rf"\b(?:{pattern})(?!\w)")


def _inflect(match: re.Match[str]) -> str:
    verb = match[1]
    if verb.endswith("e"):
        return f"{verb[:-1]}(?:e|es|ed|ing)"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{verb[:-1]}(?:y|ies|ied|ying)"
    last = verb[-1]
    return f"{verb}(?:s|es|ed|ing|{last}ed|{last}ing)?"
