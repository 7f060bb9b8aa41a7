"""Deep merge: what a file says wins over what it builds on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

__all__ = ["merge"]


def merge(lower: Any, upper: Any) -> Any:
    """`upper` over `lower`: mappings key by key, everything else as a whole. Neither is changed, and what
    comes from one alone is the same object in the result."""
    if not isinstance(lower, dict) or not isinstance(upper, dict):
        return upper
    below, above = cast("Mapping[str, Any]", lower), cast("Mapping[str, Any]", upper)
    merged = {**below, **above}
    for key in below.keys() & above.keys():
        merged[key] = merge(below[key], above[key])
    return merged
