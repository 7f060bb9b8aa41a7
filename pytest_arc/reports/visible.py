"""Text of others made safe to look at: what hides, reorders or drives a terminal is shown as what it is."""

from __future__ import annotations

import re

__all__ = ["cut", "make_visible"]

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, but for tab and line feed
    "\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"  # no width, or another direction
    "\ud800-\udfff\ufffe\uffff]"  # no characters at all: UTF-8 has no bytes for them
)


def make_visible(text: str) -> str:
    """ESC becomes U+241B, a picture of itself, and a right-to-left override `[U+202E]`."""
    return _HIDDEN.sub(_show, text.replace("\r\n", "\n"))


def _show(found: re.Match[str]) -> str:
    code = ord(found.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"[U+{code:04X}]"


def cut(text: str, most: int) -> tuple[str, int]:
    """At most `most` characters of a text, and how many were left out."""
    return text[:most], max(0, len(text) - most)
