"""Putting what was seen into a reason: one line, short enough for a terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pytest_arc.scope import redact

__all__ = ["count", "format_number", "format_value", "list_some", "quote", "shorten"]

REASON_WIDTH = 160


def shorten(text: str, width: int = REASON_WIDTH) -> str:
    """Put `text` on one line of at most `width` characters, without control characters."""
    if len(text) > width:
        text = redact(text[: 50 * width])[: 4 * width]  # what an agent says can be megabytes
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    text = " ".join(text.split()) if "  " in text or text[:1] == " " or text[-1:] == " " else text
    return text if len(text) <= width else text[: width - 4].rstrip() + " ..."


def quote(text: str, width: int = 60) -> str:
    """What somebody said, in quotes: `'The total is ...'`."""
    return f"'{shorten(text, width)}'"


def format_number(value: Decimal) -> str:
    """Write a number with thousands separators and all its decimals: `12,345.67`."""
    return f"{value:,f}"


def format_value(value: Any, width: int = 60) -> str:
    """Write an argument or a piece of state as it would stand in JSON: `"paid"`, `{"sku": "A17"}`."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):  # what an agent passes may be circular, or no JSON
        text = f"a {type(value).__name__}"
    return shorten(text, width)


def count(number: int, noun: str) -> str:
    """Write a number with its noun: `1 step`, `1,200 tokens`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def list_some(names: Sequence[str], most: int = 4) -> str:
    """Join names: `a, b, c, d and 3 more`."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
