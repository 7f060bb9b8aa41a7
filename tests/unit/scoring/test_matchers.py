"""Comparing values by type."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.scoring.matchers import MISSING, fits, is_equal

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_every_value_equals_itself(value: Any) -> None:
    assert is_equal(value, value)


@pytest.mark.parametrize(
    "actual, wanted, equal",
    [
        (1, 1.0, True),
        (0.1, Decimal("0.1"), True),
        (1, True, False),
        (False, 0, False),
        ("1", 1, False),
        (None, MISSING, False),
        ([1, [2]], (1, (2.0,)), True),
        ([1, 2], [2, 1], False),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
        (float("inf"), float("inf"), True),
    ],
)
def test_values_are_equal_by_type_and_number(actual: Any, wanted: Any, equal: bool) -> None:
    assert is_equal(actual, wanted) is equal


@pytest.mark.parametrize(
    "actual, wanted, fit",
    [
        ("INV-7", {"regex": r"^INV-\d$"}, True),
        (7, {"matches": "7"}, False),
        (5, {"gt": 4, "lt": 6}, True),
        (5, {"gt": 5}, False),
        (5, {"ge": 5, "le": 5}, True),
        ("2026-02-01", {"gt": "2026-01-31"}, True),
        ("10", {"gt": 9}, False),
        (True, {"ge": 1}, False),
        ("EUR", {"one_of": ["EUR", "USD"]}, True),
        (107.999, {"approx": 108, "tolerance": 0.01}, True),
        (107.9, {"approx": 108, "tolerance": 0.01}, False),
        (107.9, {"approx": 108, "tolerance": "1%"}, True),
        ("108", {"approx": 108, "tolerance": 1}, False),
        ("total of Q1", {"contains": "Q1"}, True),
        ([{"sku": "A", "n": 1}], {"contains": {"sku": "A"}}, True),
        ({"sku": "A"}, {"contains": "sku"}, True),
        (5, {"contains": 5}, False),
        (5, {"not_equals": 4}, True),
        (MISSING, {"not_equals": 4}, False),
        (None, {"exists": True}, False),
        (MISSING, {"exists": False}, True),
        (0, {"exists": True}, True),
    ],
)
def test_matcher_decides(actual: Any, wanted: Any, fit: bool) -> None:
    assert fits(actual, wanted) is fit


def test_mapping_fits_by_the_keys_it_names_at_every_depth() -> None:
    actual = {"where": [{"column": "currency", "op": "=", "value": "EUR"}], "operation": "sum"}

    assert fits(actual, {"where": [{"column": "currency", "value": {"one_of": ["EUR"]}}]})
    assert not fits(actual, {"where": [{"column": "currency", "value": "USD"}]})
    assert not fits(actual, {"where": []})


def test_keys_that_look_like_operators_are_taken_literally_inside_equals() -> None:
    assert fits({"contains": "x"}, {"equals": {"contains": "x"}})
    assert not fits({"contains": "x"}, {"contains": "x y"})


@given(JSON, JSON)
def test_no_pair_of_values_can_break_a_comparison(actual: Any, wanted: Any) -> None:
    for name in ("gt", "le", "contains", "equals", "not_equals"):
        assert fits(actual, {name: wanted}) in (True, False)
