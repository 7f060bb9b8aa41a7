"""Comparing values of arguments and state with what was expected, by type and never by spelling.

Numbers compare by value (1 equals 1.0, and 0.1 is exactly 0.1), text compares exactly, true and false equal
only themselves, lists item by item. `gt`, `ge`, `lt`, `le` order two numbers, or two texts (so ISO dates
work); two values of different types have no order, and do not match.

==============  ==============================================================
equals          the same value
not_equals      any other value
gt ge lt le     above, at least, below, at most
contains        a part of a text, an item of a list, a key of a mapping
matches, regex  a text in which this regular expression is found
one_of          one of these values
approx          a number, up to `tolerance` (0.01 or "1%")
exists          true: there and not null; false: not there, or null
==============  ==============================================================

Where a mapping is expected whose own keys are such words, {equals: {...}} takes it literally.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from pytest_arc.scoring.patterns import compile_pattern, search_pattern
from pytest_arc.scoring.sentences import format_value
from pytest_arc.scoring.tolerance import Tolerance, find_margin

__all__ = [
    "MATCHER_KEYS",
    "MISSING",
    "describe_operators",
    "fits",
    "fits_operators",
    "is_equal",
    "is_matcher",
    "require_matchers",
    "require_operators",
]

MISSING = object()
"""Stands for an argument that was not given."""


def fits(actual: Any, wanted: Any) -> bool:
    """Tell whether `actual` is as `wanted` describes it.

    A mapping of operators applies them all; any other mapping needs only the keys it names to fit;
    everything else must be equal.
    """
    mapping = _as_mapping(wanted)
    if mapping is not None:
        if is_matcher(mapping):
            return fits_operators(actual, mapping)
        seen = _as_mapping(actual)
        return seen is not None and all(fits(seen.get(key, MISSING), mapping[key]) for key in mapping)
    items, given = _as_list(wanted), _as_list(actual)
    if items is not None and given is not None:
        return len(given) == len(items) and all(map(fits, given, items))
    return is_equal(actual, wanted)


def fits_operators(actual: Any, operators: Mapping[str, Any]) -> bool:
    """Tell whether `actual` satisfies every operator."""
    tolerance = operators.get("tolerance", "0")
    for name, wanted in operators.items():
        if name == "approx":
            if not _is_near(actual, wanted, str(tolerance)):
                return False
        elif name != "tolerance" and not _OPERATORS[name](actual, wanted):
            return False
    return True


def is_matcher(mapping: Mapping[str, Any]) -> bool:
    """Tell whether a mapping holds operators; an empty one is a mapping like any other."""
    return bool(mapping) and all(key in MATCHER_KEYS for key in mapping)


def describe_operators(operators: Mapping[str, Any]) -> str:
    """Put operators into words: `at least 3`, `one of ["EUR", "USD"]`."""
    parts = [
        f"{_WORDS[name]} {format_value(wanted)}".strip()
        for name, wanted in operators.items()
        if name not in ("exists", "tolerance")
    ]
    if "tolerance" in operators:
        parts.append(f"+- {operators['tolerance']}")
    if "exists" in operators:
        parts.append("any value" if operators["exists"] else "no value")
    return " and ".join(parts).replace(" and +-", " +-")


def require_operators(operators: Mapping[str, Any]) -> None:
    """Raise ValueError for operators that can never be applied."""
    for name, wanted in operators.items():
        if name in ("matches", "regex"):
            compile_pattern(wanted)
        elif name == "one_of" and not isinstance(wanted, (list, tuple)):
            raise ValueError("'one_of' needs a list of values")
        elif name in ("gt", "ge", "lt", "le") and (
            isinstance(wanted, bool) or not _has_order(wanted, wanted)
        ):
            raise ValueError(f"'{name}' needs a number or a text")
        elif name == "exists" and not isinstance(wanted, bool):
            raise ValueError("'exists' needs true or false")
        elif name == "approx" and _to_number(wanted) is None:
            raise ValueError("'approx' needs a number")
        elif name == "tolerance":
            _require_tolerance(wanted)
    if ("approx" in operators) is not ("tolerance" in operators):
        raise ValueError("'approx' and 'tolerance' belong together, as in {approx: 108, tolerance: 0.01}")


def require_matchers(wanted: Any) -> None:
    """Raise ValueError when a matcher somewhere inside `wanted` can never be applied."""
    mapping = _as_mapping(wanted)
    if mapping is not None and is_matcher(mapping):
        require_operators(mapping)
        return
    for value in mapping.values() if mapping is not None else _as_list(wanted) or ():
        require_matchers(value)


def is_equal(actual: Any, wanted: Any) -> bool:
    """Tell whether two JSON values are the same, numbers by value."""
    left, right = _to_number(actual), _to_number(wanted)
    if left is not None or right is not None:
        return left == right
    a, b = _as_mapping(actual), _as_mapping(wanted)
    if a is not None and b is not None:
        return a.keys() == b.keys() and all(is_equal(a[key], b[key]) for key in b)
    items, others = _as_list(actual), _as_list(wanted)
    if items is not None and others is not None:
        return len(items) == len(others) and all(map(is_equal, items, others))
    return type(actual) is type(wanted) and actual == wanted


def _as_mapping(value: Any) -> Mapping[str, Any] | None:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else None


def _as_list(value: Any) -> Sequence[Any] | None:
    return cast("Sequence[Any]", value) if isinstance(value, (list, tuple)) else None


def _to_number(value: Any) -> Decimal | None:
    """The exact decimal that was written; None for what is no number (true and false are none)."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def _has_order(actual: Any, wanted: Any) -> bool:
    if isinstance(actual, str) and isinstance(wanted, str):
        return True
    numbers = _to_number(actual), _to_number(wanted)
    return all(number is not None and not number.is_nan() for number in numbers)


def _compare(actual: Any, wanted: Any) -> int | None:
    """-1, 0 or 1; None when the two have no order."""
    if not _has_order(actual, wanted):
        return None
    if isinstance(actual, str):
        return (actual > wanted) - (actual < wanted)
    left, right = cast("Decimal", _to_number(actual)), cast("Decimal", _to_number(wanted))
    return (left > right) - (left < right)


def _contains(actual: Any, wanted: Any) -> bool:
    if isinstance(actual, str):
        return isinstance(wanted, str) and wanted in actual
    mapping = _as_mapping(actual)
    if mapping is not None:
        return isinstance(wanted, str) and wanted in mapping
    return any(fits(item, wanted) for item in _as_list(actual) or ())


def _matches(actual: Any, wanted: str) -> bool:
    return isinstance(actual, str) and search_pattern(compile_pattern(wanted), actual) is not None


def _is_near(actual: Any, wanted: Any, tolerance: str) -> bool:
    number, target = _to_number(actual), _to_number(wanted)
    if number is None or target is None or not number.is_finite():
        return False
    return abs(number - target) <= find_margin(tolerance, target)


def _require_tolerance(value: Any) -> None:
    try:
        _TOLERANCE.validate_python(value)
    except ValidationError as error:
        raise ValueError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None


def _exists(actual: Any, wanted: bool) -> bool:
    return (actual is not MISSING and actual is not None) is wanted


_TOLERANCE: TypeAdapter[str] = TypeAdapter(Tolerance)
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "equals": is_equal,
    "not_equals": lambda actual, wanted: actual is not MISSING and not is_equal(actual, wanted),
    "gt": lambda actual, wanted: _compare(actual, wanted) == 1,
    "ge": lambda actual, wanted: _compare(actual, wanted) in (0, 1),
    "lt": lambda actual, wanted: _compare(actual, wanted) == -1,
    "le": lambda actual, wanted: _compare(actual, wanted) in (0, -1),
    "contains": _contains,
    "matches": _matches,
    "regex": _matches,
    "one_of": lambda actual, wanted: any(is_equal(actual, item) for item in wanted),
    "exists": _exists,
}
MATCHER_KEYS = (*_OPERATORS, "approx", "tolerance")
_WORDS = {
    "equals": "",
    "not_equals": "anything but",
    "gt": "above",
    "ge": "at least",
    "lt": "below",
    "le": "at most",
    "contains": "something with",
    "matches": "text matching",
    "regex": "text matching",
    "one_of": "one of",
    "approx": "",
}
