"""Patterns of users: checked before they are used, and never let loose on a long text.

Python's pattern matcher may take longer than the universe has, and cannot be interrupted. So a pattern is
refused when it can match one text in too many ways, and it sees a text through a window: what it takes for
one window is bounded, and the time for a text grows with its length alone.
"""

from __future__ import annotations

import importlib
import re
from math import prod
from typing import Any

__all__ = ["compile_pattern", "replace_pattern"]

WINDOW = 200
"""Characters that a pattern sees at a time. A match of up to half of them is found wherever it stands."""
MOST_WAYS = 10_000_000
"""In how many ways a pattern may match within a window: three repeats without an end take that long."""

# The standard library's own parser; only its name is private.
_parser: Any = importlib.import_module("re._parser")
_ops: Any = importlib.import_module("re._constants")


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern, or raise ValueError with what is wrong with it and what helps."""
    try:
        compiled = re.compile(pattern)
        parsed = _parser.parse(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"it is not a regular expression: {error}") from error
    if compiled.search(""):
        raise ValueError("it matches the empty string, which is everywhere")
    if _count_ways(parsed) > MOST_WAYS:
        raise ValueError(
            "it could take minutes on a short text: it repeats what can be repeated in many ways;"
            r" make inner repeats possessive, as in \d++, or give all of them an end, as in \d{1,20}"
        )
    return compiled


def replace_pattern(pattern: re.Pattern[str], replacement: str, text: str) -> str:
    """Put `replacement` in the place of each match; the same object when there is none."""
    pieces: list[str] = []
    done = place = 0
    while place < len(text):
        window = min(place + WINDOW, len(text))
        match = pattern.search(text, place, window)
        if match is None:
            place = window if window == len(text) else place + WINDOW // 2
        elif match.end() == window < len(text) and match.start() > place:
            place = match.start()  # it may go on: look again, from where it begins
        else:
            pieces += text[done : match.start()], replacement
            done = place = max(match.end(), place + 1)
    return "".join([*pieces, text[done:]]) if pieces else text


def _count_ways(items: Any) -> int:
    """In how many ways a sequence of parsed items can match within a window, at most."""
    return prod(_count_one(kind, told) for kind, told in items)


def _count_one(kind: Any, told: Any) -> int:
    if kind in (_ops.MAX_REPEAT, _ops.MIN_REPEAT):
        least, most, inner = told
        most = min(most, WINDOW)
        ways = _count_ways(inner)
        # Enough to be refused is enough: the powers of real patterns have thousands of digits.
        return max(1, most - least + 1) * min(ways, MOST_WAYS + 1) ** (min(most, 64) if ways > 1 else 0)
    if kind is _ops.BRANCH:
        branches = told[1]
        counts = [_count_ways(branch) for branch in branches]
        return max(counts) if _are_exclusive(branches) else sum(counts)
    if kind is _ops.SUBPATTERN:
        return _count_ways(told[-1])
    if kind in (_ops.ASSERT, _ops.ASSERT_NOT):
        return _count_ways(told[1])
    if kind is _ops.GROUPREF_EXISTS:
        return sum(_count_ways(branch) for branch in told[1:] if branch)
    if kind in (_ops.POSSESSIVE_REPEAT, _ops.ATOMIC_GROUP):
        # Nothing goes back into what they have matched, but they look for it as others do.
        ways = _count_ways(told[-1] if kind is _ops.POSSESSIVE_REPEAT else told)
        return ways if ways > MOST_WAYS else 1
    return 1  # characters, places and references


def _are_exclusive(branches: Any) -> bool:
    """Whether no two branches can begin with the same character."""
    firsts = [branch[0] for branch in branches if len(branch)]
    literal = all(kind is _ops.LITERAL for kind, _ in firsts)
    return literal and len({chr(told).lower() for _, told in firsts}) == len(branches)
