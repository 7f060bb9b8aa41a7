"""Secrets and personal data out of text, before anything is written or sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, cast

from pytest_arc.redaction.environment import register_secrets
from pytest_arc.redaction.keys import KEYS, join_anchored
from pytest_arc.redaction.patterns import compile_pattern, replace_pattern
from pytest_arc.redaction.personal import CARD, is_card, redact_personal

__all__ = ["Redactor", "compile_pattern"]

# An empty group at the end of each key tells by its number which one matched.
_KEYS = re.compile("|".join(f"{key.pattern}()" for key in KEYS))


class Redactor:
    """Takes secrets and personal data out of text and JSON values.

    Four things are taken out: the values of environment variables whose names look secret, as they are and
    as JSON, URL and base64 write them, each replaced by ``[redacted NAME]``; keys of well-known shapes
    (``sk-...``, ``ghp_...``, ``AKIA...``, JWT, bearer tokens, passwords in URLs, private keys); numbers of
    cards, IBANs, phone numbers and e-mail addresses; and whatever `extra_patterns` (name -> regular
    expression) match, replaced by ``[redacted name]``.

    A variable is secret when a word of its name says so (KEY, TOKEN, SECRET, PASSWORD, CREDENTIAL, AUTH)
    and its value has at least 8 characters and is no path, number or common word: blotting out each
    "true" would make a report unreadable and hide nothing.

    Raises ValueError for an extra pattern that `compile_pattern` refuses.
    """

    def __init__(self, environ: Mapping[str, str], extra_patterns: Mapping[str, str] | None = None) -> None:
        self._names = register_secrets(environ)
        literals = [*((form, "") for form in self._names), *((key.opening, key.rest) for key in KEYS)]
        # Most texts hold no secret: one pass that is made for finding none, and a slower one for the others.
        self._gate = re.compile(join_anchored(literals))
        self._forms = re.compile("|".join(_join_forms(self._names)) or "(?!)")
        self._extra = [_compile_extra(name, pattern) for name, pattern in (extra_patterns or {}).items()]

    def text(self, text: str) -> str:
        """Give `text` without its secrets; the same object when there are none.

        Of JSON only as far as its texts go: give `value` what holds numbers of other people.
        """
        if self._gate.search(text):
            # First what is known by name: `Bearer [redacted API_KEY]` says more.
            text = self._forms.sub(lambda match: f"[redacted {self._names[match[0]]}]", text)
            text = _KEYS.sub(lambda match: KEYS[(match.lastindex or 0) - 1].replacement, text)
        text = redact_personal(text)
        for pattern, replacement in self._extra:
            text = replace_pattern(pattern, replacement, text)
        return text

    def value(self, value: Any) -> Any:
        """Give a JSON value (also with tuples) without secrets in its strings, keys and whole numbers.

        What holds no secret comes back as the same object; nothing is changed in place.
        """
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return self._mapping(cast("dict[Any, Any]", value))
        if isinstance(value, list | tuple):
            return self._sequence(cast("list[Any] | tuple[Any, ...]", value))
        if isinstance(value, int) and value > 10**13 and is_card(str(value)):
            return CARD
        return value

    def _mapping(self, mapping: dict[Any, Any]) -> dict[Any, Any]:
        clean = {self.value(key): self.value(item) for key, item in mapping.items()}
        same = len(clean) == len(mapping) and all(
            new_key is key and new is old
            for (new_key, new), (key, old) in zip(clean.items(), mapping.items(), strict=True)
        )
        return mapping if same else clean

    def _sequence(self, items: list[Any] | tuple[Any, ...]) -> list[Any] | tuple[Any, ...]:
        clean = [self.value(item) for item in items]
        if all(new is old for new, old in zip(clean, items, strict=True)):
            return items
        return clean if isinstance(items, list) else tuple(clean)


def _join_forms(forms: Iterable[str]) -> Iterator[str]:
    """Yield a pattern for each first character: one branch to try where there were many.

    Longer forms come first, so that a value is not cut short by another that begins like it.
    """
    by_first = sorted(forms, key=lambda form: (form[0], -len(form), form))
    for first, group in groupby(by_first, key=itemgetter(0)):
        yield re.escape(first) + "(?:" + "|".join(re.escape(form[1:]) for form in group) + ")"


def _compile_extra(name: str, pattern: str) -> tuple[re.Pattern[str], str]:
    try:
        return compile_pattern(pattern), f"[redacted {name}]"
    except ValueError as error:
        raise ValueError(f"redaction pattern {name!r}: {error}") from error
