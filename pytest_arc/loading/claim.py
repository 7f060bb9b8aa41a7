"""Which files of a directory walk are profiles, told from their first bytes without reading YAML."""

from __future__ import annotations

import re

__all__ = ["check_claim"]

_YAML_KEY = re.compile(rb"""^(?:arc|"arc"|'arc')[ \t]*:(?:[ \t\r\n]|$)""", re.MULTILINE)
_JSON_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]:]')


def check_claim(head: bytes) -> bool:
    """Whether a file that begins with `head` (64 KB are enough) has a top-level key `arc`."""
    head = head.removeprefix(b"\xef\xbb\xbf")
    if b"arc" not in head:
        return False
    if head.lstrip().startswith(b"{"):
        return _has_json_key(head)
    return _YAML_KEY.search(head) is not None


def _has_json_key(head: bytes) -> bool:
    depth, before = 0, b""
    for match in _JSON_TOKEN.finditer(head):
        token = match.group()
        if token == b":" and depth == 1 and before == b'"arc"':
            return True
        depth += token in (b"{", b"[")
        depth -= token in (b"}", b"]")
        before = token
    return False
