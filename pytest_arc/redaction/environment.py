"""Values of environment variables whose names look secret, in every way of writing them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus

__all__ = ["register_secrets"]

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


def register_secrets(environ: Mapping[str, str]) -> dict[str, str]:
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
    """Yield the value as itself and as Python, JSON (once and twice escaped), URLs and base64 write it."""
    plain = {value, repr(value)[1:-1], ascii(value)[1:-1]}
    yield from plain
    once = {json.dumps(form, ensure_ascii=ascii_only)[1:-1] for form in plain for ascii_only in (True, False)}
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
