"""A small notation for phrases, so that word lists stay readable.

Phrases are separated by commas; lines break after a comma, a blank or a slash. In a phrase,

* `ask_` stands for every form of the verb, `come/go_` for those of both verbs,
* `file+` for singular and plural, `clarif*` for every word with that beginning,
* `a/b` for either, `(x)` for an optional word, `...` for up to seven words within the clause,
* `CUR` for a currency, `N` for a number, any other word in capitals for the list of that name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

__all__ = ["compile_phrases"]

_GAP = (
    r"(?:(?!(?:not|never|instead|rather|without|if|when|where|and|but|unless|until|before"
    r"|no) )[^\s,;:?()]+ ){0,7}?"
)
_IRREGULAR = {
    "be": "is are am being been was were",
    "break": "broke broken",
    "bring": "brought",
    "choose": "chose chosen",
    "come": "came",
    "do": "does did done",
    "draw": "drew drawn",
    "fall": "fell fallen",
    "find": "found",
    "get": "got gotten",
    "give": "gave given",
    "go": "goes went gone",
    "have": "has had",
    "hear": "heard",
    "hide": "hid hidden",
    "hold": "held",
    "keep": "kept",
    "leave": "left",
    "lie": "lay lain lying",
    "lose": "lost",
    "make": "made",
    "mean": "meant",
    "pay": "paid",
    "run": "ran",
    "say": "said",
    "see": "saw seen",
    "send": "sent",
    "show": "shown",
    "speak": "spoke spoken",
    "stand": "stood",
    "stick": "stuck",
    "sweep": "swept",
    "take": "took taken",
    "tell": "told",
    "think": "thought",
    "withhold": "withheld",
    "write": "wrote written",
}


def compile_phrases(phrases: str, lists: Mapping[str, str] | None = None) -> re.Pattern[str]:
    """Compile a list of phrases; `lists` holds the lists that words in capitals stand for."""
    return re.compile(rf"(?<![\w'])(?:{_translate(phrases, lists or {})})(?!\w)")


def _translate(phrases: str, lists: Mapping[str, str]) -> str:
    found = (phrase.strip() for phrase in re.sub(r"/\s+", "/", phrases).split(","))
    return "|".join(_translate_phrase(phrase, lists) for phrase in found if phrase)


def _translate_phrase(phrase: str, lists: Mapping[str, str]) -> str:
    pattern = ""
    pending = ""  # the blank before the next word
    for word in phrase.split():
        if word == "...":
            pattern += pending + _GAP
            pending = ""
        elif word.startswith("("):
            optional = _translate_word(word.strip("()"), lists)
            pattern += f"(?: {optional})?" if pending else f"(?:{optional} )?"
        else:
            pattern += pending + _translate_word(word, lists)
            pending = " "
    return pattern


def _translate_word(word: str, lists: Mapping[str, str]) -> str:
    inflected = "_" if word.endswith("_") else ""
    words = [choice if choice.endswith("*") else choice.rstrip("_") + inflected for choice in word.split("/")]
    choices = [_translate_choice(choice, lists) for choice in words]
    return choices[0] if len(choices) == 1 else f"(?:{'|'.join(choices)})"


def _translate_choice(word: str, lists: Mapping[str, str]) -> str:
    if word in lists:
        return f"(?:{_translate(lists[word], lists)})"
    if word == "CUR":
        return "cur_[a-z]{3}"
    if word == "N":
        return r"\d+"
    if word.endswith("*"):
        return re.escape(word[:-1]) + r"[\w'-]*"
    if word.endswith("+"):
        return _pluralise(word[:-1])
    return _inflect(word[:-1]) if word.endswith("_") else re.escape(word)


def _pluralise(noun: str) -> str:
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"(?:{noun}|{noun[:-1]}ies)"
    return f"{re.escape(noun)}(?:{'es' if noun.endswith(('s', 'x', 'ch', 'sh')) else 's'})?"


@cache
def _inflect(verb: str) -> str:
    forms = [verb, *_IRREGULAR.get(verb, "").split()]
    if verb.endswith("e"):
        forms += [f"{verb}s", f"{verb}d", f"{verb[:-1]}ing"]
    elif verb.endswith("y") and verb[-2] not in "aeiou":
        forms += [f"{verb[:-1]}ies", f"{verb[:-1]}ied", f"{verb}ing"]
    else:
        forms += [verb + end for end in ("s", "es", "ed", "ing", f"{verb[-1]}ed", f"{verb[-1]}ing")]
    return f"(?:{'|'.join(sorted(set(forms), key=len, reverse=True))})"
