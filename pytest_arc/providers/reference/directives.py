"""Read a prompt: which of the twelve matters does it settle, and how firmly?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from pytest_arc.language.sentences import split_sentences
from pytest_arc.providers.reference.addressee import drop_withdrawn, is_about_others, read_strength
from pytest_arc.providers.reference.matters import SLOTS, Slot
from pytest_arc.providers.reference.matters.slot import SITUATIONS
from pytest_arc.providers.reference.sentences import Sentence
from pytest_arc.providers.reference.spelling import normalise
from pytest_arc.providers.reference.vocabulary import search

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
        text = normalise(sentence.text)
        directives = list(_read_sentence(text, text, sentence.text))
        if not directives and before and (before.endswith("?") or _POINTS_BACK.search(text)):
            directives = list(_read_sentence(f"{before} {text}", text, sentence.text))
        found += _drop_sequels(directives, text, found)
        before = "" if directives else f"{text}?" if sentence.text.endswith("?") else text
    return Reading(tuple(found), _settle(found))


_POINTS_BACK = re.compile(r"\b(?:it|them|these|this|those|that|so|such cases?|then)\b")


def _settle(found: Iterable[Directive]) -> dict[str, Directive]:
    settled: dict[str, Directive] = {}
    for directive in found:
        held = settled.get(directive.slot)
        if held is None or directive.strength == "must" or held.strength == "should":
            settled[directive.slot] = directive
    return settled


_GOES_ON = re.compile(r"\b(?:still|again|even then|afterwards?|after that|otherwise|persists?|then)\b")


def _drop_sequels(directives: list[Directive], text: str, found: list[Directive]) -> list[Directive]:
    """Leave out what says how to go on: "If it still fails, say so" after "Retry once"."""
    if not _GOES_ON.search(text):
        return directives
    held = {directive.slot for directive in found}
    return [directive for directive in directives if directive.slot not in held]


def _read_sentence(topic: str, text: str, source: str) -> Iterator[Directive]:
    """Read a sentence whole, or part by part where its parts settle different matters."""
    parts = [part for part in _PARTS.split(text) if part]
    if topic == text and len(parts) > 1 and not any(_POINTS_BACK.search(part) for part in parts[1:]):
        read = [list(_read_part(part, part, source)) for part in parts]
        slots = [directive.slot for directives in read for directive in directives]
        if all(read) and len(slots) == len(set(slots)):
            yield from (directive for directives in read for directive in directives)
            return
    yield from _read_part(topic, text, source)


_PARTS = re.compile(
    r"; |, and |, (?=no )|\band (?=(?:always|never|do not|name|cite|round|state|say|use|keep|ask|report) )"
)


def _read_part(topic: str, text: str, source: str) -> Iterator[Directive]:
    text = drop_withdrawn(text)
    if not text or is_about_others(text):
        return
    strength = read_strength(text)
    sentence = Sentence(text)
    settled: set[str] = set()
    for slot in SLOTS:
        if (
            settled.intersection(slot.yields)
            or not search(slot.topic).search(topic)
            or (slot.unless and search(slot.unless).search(topic))
        ):
            continue
        value = _read_value(slot, sentence, topic)
        if value is not None:
            settled.add(slot.name)
        if value:
            yield Directive(slot.name, value, strength, source)


def _read_value(slot: Slot, sentence: Sentence, spoken: str) -> str | None:
    """The value that the sentence orders, or else the opposite of one it forbids; empty where it speaks of
    the matter and leaves doubt which value it means."""
    topics = [search(words) for words in (slot.topic, slot.masks) if words]
    forbidden: list[tuple[str, re.Match[str]]] = []
    ordered: list[tuple[str, re.Match[str]]] = []
    doubted: set[str] = set()
    for value, phrases in slot.acts:
        if value in slot.needs and not search(slot.needs[value]).search(spoken):
            continue
        for match in search(phrases).finditer(sentence.text):
            weight = 0 if sentence.is_taken(match) else sentence.weigh(match, topics)
            if weight == 1 and value == "assume" and sentence.find_clause(match.start()).role == "exception":
                continue  # "... until the file has told you it is dollars"
            if weight is None:
                doubted.add(value)
            elif weight:
                (ordered if weight > 0 else forbidden).append((value, match))
    if slot.name in _EXCLUSIVE - {"date_order", "unstated_currency"}:
        ordered, forbidden = _drop_shadowed(ordered), _drop_shadowed(forbidden)
    ordered = [(value, match) for value, match in ordered if not _is_object(match, forbidden, sentence)]
    if _is_torn(slot, ordered, doubted):
        return ""
    for value, match in ordered:
        if value and (completed := _complete(slot, value, match, sentence.text)) is not None:
            sentence.take(match)
            return completed
    return "" if doubted - _INCOMPLETE else _read_opposite(slot, sentence, forbidden)


def _drop_shadowed(found: list[tuple[str, re.Match[str]]]) -> list[tuple[str, re.Match[str]]]:
    """Leave out what is part of a longer phrase: "leave the file names out" does not name files."""
    spans = [match.span() for value, match in found if value]
    return [
        (value, match)
        for value, match in found
        if not any(
            start <= match.start() and match.end() <= end and end - start > match.end() - match.start()
            for start, end in spans
        )
    ]


def _is_object(act: re.Match[str], forbidden: list[tuple[str, re.Match[str]]], sentence: Sentence) -> bool:
    """Whether the act only completes one that is forbidden: "spare us converting them into euros"."""
    start = sentence.find_clause(act.start()).start
    ends = [match.end() for _, match in forbidden if start <= match.start() and match.end() <= act.start()]
    return any(not re.search(r"\b(?:and|but|or|then)\b", sentence.text[end : act.start()]) for end in ends)


def _is_torn(slot: Slot, ordered: list[tuple[str, re.Match[str]]], doubted: set[str]) -> bool:
    """Whether the sentence speaks for two values that exclude each other: better no reading than a
    wrong one."""
    if slot.name == "empty_result" or any(_ABSENCE.match(match[0]) for _, match in ordered):
        return False  # "report zero" is no contradiction, nor is "no units, just numbers"
    found = {match[0] if match[0].startswith("cur_") else value for value, match in ordered} - _INCOMPLETE
    if slot.name in SITUATIONS:  # nor is "look it up, and ask when it is not there"
        return len(found - {"ask", "retry"}) > 1
    return len(found) > 1 or bool(found and doubted - _INCOMPLETE)


_ABSENCE = re.compile(r"(?:no|without|nothing)\b")
_INCOMPLETE = frozenset({"", "guess", "round"})
_EXCLUSIVE = frozenset(
    {"date_order", "unstated_currency", "missing_detail", "scope", "units", "source_citing", "refusal"}
)


def _read_opposite(slot: Slot, sentence: Sentence, forbidden: list[tuple[str, re.Match[str]]]) -> str | None:
    """What holds when something is forbidden and nothing ordered; nothing where the
    sentence only contrasts."""
    meant = {slot.opposites[value] for value, _ in forbidden if value in slot.opposites}
    if len(meant) > 1 and slot.name not in (
        "mixed_currencies",
        "empty_result",
        "date_order",
        "source_citing",
    ):
        return None
    if forbidden and slot.name in _OPEN and sentence.orders_beside([match for _, match in forbidden]):
        return ""
    for value, match in forbidden:
        clause = sentence.find_clause(match.start())
        unsure = (clause.role == "contrast" and slot.name not in _BINARY) or (
            slot.name != "refusal" and sentence.has_exception(match.start())
        )
        if not unsure and value in slot.opposites:
            sentence.take(match)
            return slot.opposites[value]
    return None


_OPEN = frozenset({"unstated_currency", "conflicting_data"})
_BINARY = frozenset({"scope", "units", "source_citing", "refusal"})


def _complete(slot: Slot, value: str, match: re.Match[str], text: str) -> str | None:
    """Fill in what the sentence says beside the value: which currency, how often, how many places;
    empty where that is not understood."""
    if value == "assume" and slot.name == "unstated_currency":
        return f"assume:{match[0][-3:].upper()}"
    if value == "retry":
        count = _count(text, match.start())
        return f"retry:{count}" if count else ""
    if value == "n":
        digits = re.search(r"\d+", match[0])
        return digits[0] if digits else "1"
    return None if value in _INCOMPLETE else value


def _count(text: str, position: int) -> int | None:
    """How often: the number beside the act, else the one nearest to it; `None` where a number counts
    something unknown."""
    for said in (text[position:], text):
        if number := _TIMES.search(said) or _AT_MOST.search(said):
            return int(number[1])
    if re.search(r"\b[2-9]\b", text):
        return None
    return 3 if "few " in text else 2 if "couple " in text else 1


_TIMES = re.compile(
    r"\b(\d+) (?:(?:more|further|additional|extra|other|consecutive|fresh|separate|new|such|full) )?"
    r"(?:times?|attempts?|tr(?:y|ies)|retries|goes?|shots?|chances?|repeats?|repetitions?|rounds?)\b"
)
_AT_MOST = re.compile(r"\b(?:up to|at most|maximum(?: of)?|at limit|limit of|not exceeding) (\d+)\b")
