"""Regular expressions that users write and agents' texts meet."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import Any

__all__ = ["SEARCHED_CHARACTERS", "compile_pattern", "search_pattern"]

SEARCHED_CHARACTERS = 20_000
"""Only so much of a text is searched: what some patterns cost grows with the square of the length."""


def compile_pattern(pattern: Any) -> re.Pattern[str]:
    """Compile `pattern`. Raises ValueError that says what is wrong with it, and where."""
    if not isinstance(pattern, str) or not pattern:
        raise ValueError("a regular expression must be a text that is not empty")
    return _compile(pattern)


@lru_cache(maxsize=1024)
def _compile(pattern: str) -> re.Pattern[str]:
    try:
        with warnings.catch_warnings(action="ignore"):
            return re.compile(pattern)
    except re.error as error:
        place = "" if error.pos is None else f" at character {error.pos + 1}"
        raise ValueError(f"not a regular expression: {error.msg}{place} of '{pattern}'") from None
    except (OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from None


def search_pattern(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Find `pattern` anywhere in the first `SEARCHED_CHARACTERS` of `text`."""
    return pattern.search(text, 0, SEARCHED_CHARACTERS)
