"""How text looks: width, glyphs the encoding has, money, time, percentages."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass

__all__ = [
    "WIDTH",
    "Glyphs",
    "choose_glyphs",
    "format_duration",
    "format_money",
    "format_percent",
    "shorten",
    "wrap",
]

WIDTH = 80


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Characters that an encoding may lack."""

    full: str
    empty: str
    passed: str
    failed: str
    dots: str


UNICODE = Glyphs("\u2588", "\u2591", "\u2713", "\u2717", "\u2026")
ASCII = Glyphs("#", ".", "+", "x", "...")


def choose_glyphs(encoding: str | None) -> Glyphs:
    """Glyphs that can be written in `encoding`."""
    try:
        "".join((UNICODE.full, UNICODE.empty, UNICODE.passed, UNICODE.failed)).encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return UNICODE


def format_percent(rate: float, digits: int = 1) -> str:
    """0.704 -> `70.4 %`; whole percentages without a decimal."""
    text = f"{rate * 100:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def format_bound(value: float, up: bool, digits: int = 1) -> str:
    """A bound in percent, rounded away from the rate: a lower bound down, an upper bound up."""
    scale = 10.0**digits
    scaled = value * 100 * scale
    # 1e-9 keeps an exact bound such as 1.0 from being moved by its representation.
    rounded = math.ceil(scaled - 1e-9) if up else math.floor(scaled + 1e-9)
    return f"{rounded / scale:g}"


def format_duration(seconds: float) -> str:
    """`1.3 s`, `4 min 51 s`, `2 h 5 min`."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def format_money(usd: float) -> str:
    """`$3.40`; below a cent as many digits as it takes to see something."""
    if 0 < usd < 0.01:
        return f"${usd:.2g}"
    return f"${usd:.2f}"


def shorten(text: str, width: int) -> str:
    """One line of at most `width` characters."""
    # Of a line of a million characters no more is looked at than may be needed.
    head = text[: 8 * width]
    line = " ".join(head.split())
    is_whole = len(line) <= width and len(head) == len(text)
    return line if is_whole else line[: max(0, width - 4)] + " ..."


def wrap(label: str, text: str, indent: int, width: int = WIDTH) -> list[str]:
    """`label` padded to `indent`, then `text`, wrapped with a hanging indent; `85 %` stays together."""
    lines = textwrap.wrap(
        text.replace(" %", "\N{NO-BREAK SPACE}%"),
        width,
        initial_indent=label.ljust(indent),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\N{NO-BREAK SPACE}%", " %") for line in lines] or [label]
