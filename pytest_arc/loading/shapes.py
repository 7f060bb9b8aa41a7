"""Plain data, narrowed: a mapping, a list, or not."""

from __future__ import annotations

from typing import Any, cast

__all__ = ["as_list", "as_mapping"]


def as_mapping(value: Any) -> dict[str, Any] | None:
    """`value` when it is a mapping, else None."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def as_list(value: Any) -> list[Any] | None:
    """`value` when it is a list, else None."""
    return cast("list[Any]", value) if isinstance(value, list) else None
