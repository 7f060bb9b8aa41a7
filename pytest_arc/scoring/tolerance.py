"""How far a number may be off."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BeforeValidator

__all__ = ["ExactDecimal", "Tolerance", "find_margin"]


def find_margin(tolerance: str, expected: Decimal) -> Decimal:
    """Say how far a number may be from `expected`: `0.01` is absolute, `1%` is relative to `expected`."""
    if tolerance.endswith("%"):
        return abs(expected) * Decimal(tolerance[:-1]) / 100
    return Decimal(tolerance)


def _read_tolerance(value: Any) -> str:
    """Accept `0.01`, `"0.01"` and `"1%"`."""
    text = "" if isinstance(value, bool) else str(value).replace(" ", "")
    try:
        size = Decimal(text.removesuffix("%"))
    except InvalidOperation:
        size = Decimal("NaN")
    if not size.is_finite() or size < 0:
        raise ValueError(
            f"a tolerance is a number from 0 on, such as 0.01, or a share such as 1%, not {value!r}"
        )
    return text


def _reject_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("expected a number, not true or false")
    return value


Tolerance = Annotated[str, BeforeValidator(_read_tolerance)]
ExactDecimal = Annotated[Decimal, BeforeValidator(_reject_bool)]
"""A number without rounding: 0.1 in YAML is exactly 0.1."""
