"""Secrets out of text, before anything is written."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple, cast
from urllib.parse import quote, quote_plus

__all__ = ["Redactor"]


class _Shape(NamedTuple):
    """How keys of one kind look, wherever they come from."""

    pattern: str
    """Begins with a plain character (the scan then skips to such characters) and has no groups."""
    replacement: str


def _begin_word(opening: str, inside: str = "A-Za-z0-9") -> str:
    """A pattern for `opening` where a word begins, also after an escape such as `\\n` in JSON.

    The look-behinds come after the literal, so that the pattern begins with a plain character.
    """
    return rf"{opening}(?:(?<![{inside}]{opening})|(?<=\\[bfnrt]{opening}))"


# A digit is asked for where words could take the same shape.
_SHAPES = (
    _Shape(_begin_word("sk-") + r"(?=[A-Za-z_-]{0,80}[0-9])[\w-]{16,}+", "[redacted API key]"),
    _Shape(r"sk_live_\w{10,}+", "[redacted API key]"),
    _Shape(r"sk_test_\w{10,}+", "[redacted API key]"),
    _Shape(r"rk_live_\w{10,}+", "[redacted API key]"),
    _Shape(r"AIza[\w-]{30,}+", "[redacted API key]"),
    _Shape(_begin_word("AKIA") + r"[0-9A-Z]{16}(?![0-9A-Za-z])", "[redacted AWS key id]"),
    _Shape(_begin_word("ASIA") + r"[0-9A-Z]{16}(?![0-9A-Za-z])", "[redacted AWS key id]"),
    _Shape(r"gh[pousr]_[A-Za-z0-9]{20,}+", "[redacted GitHub token]"),
    _Shape(r"github_pat_\w{20,}+", "[redacted GitHub token]"),
    _Shape(r"glpat-[\w-]{16,}+", "[redacted GitLab token]"),
    _Shape(r"xox[abeoprs]-(?=[A-Za-z-]{0,20}[0-9])[\w-]{10,}+", "[redacted Slack token]"),
    _Shape(_begin_word("hf_") + r"[A-Za-z0-9]{30,}+", "[redacted Hugging Face token]"),
    _Shape(_begin_word("eyJ", r"\w-") + r"[\w-]{8,}+\.[\w-]{8,}+\.[\w-]*+", "[redacted JWT]"),
    _Shape(r"Bearer (?=[A-Za-z._~+/=-]{0,80}[0-9])[\w.~+/=-]{16,}+", "Bearer [redacted token]"),
    _Shape(r"bearer (?=[A-Za-z._~+/=-]{0,80}[0-9])[\w.~+/=-]{16,}+", "bearer [redacted token]"),
    # Never past a quote, which ends a text within a line of JSON.
    _Shape(r'://[^\s/:@\["]{0,100}:[^\s/@\["]{1,200}@', "://[redacted credentials]@"),
    _Shape(
        r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----[^-]*+"
        r"-----END (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----",
        "[redacted private key]",
    ),
)
_SECRET_WORD = re.compile(
    r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PASSCODE|CREDENTIAL|CRED)S?$|^(?:PWD|PASS|O?AUTH|PAT)$"
)
_NAMES_OF_PLACES = re.compile(r"_(?:FILE|PATH|DIR|SOCK|HOST|PORT|TIMEOUT|ENABLED|TYPE|METHOD)$|^(?:OLD)?PWD$")
_COMMON_WORDS = frozenset(
    "anonymous application automatic certificate changeme credential credentials default development disabled"
    " enabled environment external github-actions integration internal keychain keyring localhost managed"
    " optional password"
    " placeholder production redacted required sandbox secret staging testing undefined username".split()
)
_PATH = re.compile(r"(?:~|\.{1,2})?(?:/[\w.@ -]{1,100}){1,40}/?|[A-Za-z]:[\\/][^*?\"<>|]{0,260}")
_MIN_LENGTH = 8
_MIN_BASE64_LENGTH = 10


class Redactor:
    """Takes secrets out of text and JSON values.

    Three things are taken out: the values of environment variables whose names look secret, as they are
    and as JSON, URL and base64 write them, each replaced by ``[redacted NAME]``; keys of well-known
    shapes (``sk-...``, ``ghp_...``, ``AKIA...``, JWT, bearer tokens, passwords in URLs, private keys);
    and whatever `extra_patterns` (name -> regular expression) match, replaced by ``[redacted name]``.

    A variable is secret when a word of its name says so (KEY, TOKEN, SECRET, PASSWORD, CREDENTIAL, AUTH)
    and its value has at least 8 characters and is no path, number or common word: blotting out each
    "true" would make a report unreadable and hide nothing.

    Raises ValueError for an extra pattern that is not a regular expression or matches the empty string.
    """

    def __init__(self, environ: Mapping[str, str], extra_patterns: Mapping[str, str] | None = None) -> None:
        self._names = _register_secrets(environ)
        # An empty group at the end of each shape tells by its number which one matched.
        branches = [*_join_literals(self._names), *(shape.pattern + "()" for shape in _SHAPES)]
        self._scan = re.compile("|".join(branches))
        self._extra = [_compile_extra(name, pattern) for name, pattern in (extra_patterns or {}).items()]

    def text(self, text: str) -> str:
        """Give `text` without its secrets; the same object when there are none."""
        if self._scan.search(text):
            text = self._scan.sub(self._replace, text)
        for pattern, replacement in self._extra:
            if pattern.search(text):
                text = pattern.sub(lambda _match, said=replacement: said, text)
        return text

    def value(self, value: Any) -> Any:
        """Give a JSON value (also with tuples) without secrets in its strings and keys.

        What holds no secret comes back as the same object; nothing is changed in place.
        """
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return self._mapping(cast("dict[Any, Any]", value))
        if isinstance(value, list | tuple):
            return self._sequence(cast("list[Any] | tuple[Any, ...]", value))
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

    def _replace(self, match: re.Match[str]) -> str:
        if match.lastindex:
            return _SHAPES[match.lastindex - 1].replacement
        return f"[redacted {self._names[match[0]]}]"


def _register_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """Map every written form of every secret value to the variable it belongs to."""
    forms: dict[str, str] = {}
    for name, value in sorted(environ.items()):
        if _is_secret(name, value):
            for form in _write_forms(value.strip()):
                forms.setdefault(form, name)
    return forms


def _is_secret(name: str, value: str) -> bool:
    upper, value = name.upper(), value.strip()
    if len(value) < _MIN_LENGTH or _NAMES_OF_PLACES.search(upper):
        return False
    if not any(_SECRET_WORD.search(word) for word in re.split(r"[^A-Z0-9]+", upper)):
        return False
    is_number = len(value) <= 12 and value.replace(".", "", 1).isdecimal()
    return not (is_number or value.lower() in _COMMON_WORDS or _is_path(value))


def _is_path(value: str) -> bool:
    # A random key may begin with "/"; a path has further separators or a suffix.
    return bool(_PATH.fullmatch(value)) and (value[1:].count("/") + value.count("\\") > 0 or "." in value)


def _write_forms(value: str) -> Iterator[str]:
    """Yield the value as itself and as JSON (once and twice escaped), URLs and base64 write it."""
    yield value
    once = {json.dumps(value, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    yield from once
    yield from (json.dumps(form, ensure_ascii=False)[1:-1] for form in once)
    for quoted in (quote(value, "", errors="surrogateescape"), quote(value, errors="surrogateescape")):
        yield quoted
        yield re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), quoted)
    yield quote_plus(value, errors="surrogateescape")
    yield from _write_base64(value.encode("utf-8", "surrogatepass"))


def _write_base64(secret: bytes) -> Iterator[str]:
    """Yield the part of the base64 text that only `secret` decides, for each of its three alignments.

    "user:secret" in a Basic header encodes the secret one or two bytes into a group of three.
    """
    for offset in range(3):
        padded = bytes(offset) + secret
        first, last = -(-offset * 8 // 6), len(padded) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            part = encode(padded).decode("ascii")[first:last]
            if len(part) >= _MIN_BASE64_LENGTH:
                yield part


def _join_literals(forms: Iterable[str]) -> Iterator[str]:
    """Yield a pattern for each first character: one branch to try where there were many.

    Longer forms come first, so that a value is not cut short by another that begins like it.
    """
    by_first = sorted(forms, key=lambda form: (form[0], -len(form), form))
    for first, group in groupby(by_first, key=itemgetter(0)):
        yield re.escape(first) + "(?:" + "|".join(re.escape(form[1:]) for form in group) + ")"


def _compile_extra(name: str, pattern: str) -> tuple[re.Pattern[str], str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"redaction pattern {name!r} is not a regular expression: {error}") from error
    if compiled.search(""):
        raise ValueError(f"redaction pattern {name!r} matches the empty string")
    return compiled, f"[redacted {name}]"
