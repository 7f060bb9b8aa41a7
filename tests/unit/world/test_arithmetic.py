from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.world.arithmetic import ArithmeticFault, evaluate


@pytest.mark.parametrize(
    "expression, value",
    [
        ("0.1 + 0.2", "0.3"),
        ("2 + 3 * 4", "14"),
        ("(2 + 3) * 4", "20"),
        ("10 - 4 - 3", "3"),
        ("100 / 8 / 2", "6.25"),
        ("2 ** 3 ** 2", "512"),
        ("-2 ** 2", "-4"),
        ("(-2) ** 2", "4"),
        ("2 ** -1", "0.5"),
        ("2 * -3", "-6"),
        ("--5", "5"),
        ("19%", "0.19"),
        ("200 * 5%", "10"),
        ("50%%", "0.005"),
        (".5 + 1.", "1.5"),
        ("\t1 \n+ 1 ", "2"),
        ("4 ** 0.5", "2"),
    ],
)
def test_arithmetic_follows_the_rules_of_school(expression: str, value: str):
    assert evaluate(expression) == Decimal(value)


cents = st.decimals(-(10**9), 10**9, places=2)


@given(cents, cents, cents)
def test_sums_and_products_are_exact(a: Decimal, b: Decimal, c: Decimal):
    assert evaluate(f"({a:f}) + ({b:f}) * ({c:f})") == a + b * c


@given(cents, cents.filter(bool))
def test_division_undoes_multiplication(a: Decimal, b: Decimal):
    assert evaluate(f"({a:f}) * ({b:f}) / ({b:f})") == a


@pytest.mark.parametrize(
    "expression, message",
    [
        ("1 / 0", "division by zero"),
        ("0 / 0", "this has no value, such as 0 / 0 or a root of a negative number"),
        ("(-4) ** 0.5", "this has no value, such as 0 / 0 or a root of a negative number"),
        ("10 ** 999 * 10", "the result is too large"),
        ("2 ** 1001", "an exponent is at most 1000"),
        ("", "a number is missing at the end"),
        ("1 +", "a number is missing at the end"),
        ("* 2", "a number is expected before '*'"),
        ("(1 + 2", "a ')' is missing"),
        ("1 + 2)", "')' is not expected here"),
        ("1 2", "'2' is not expected here"),
        ("1" * 1001, "the expression is longer than 1000 characters"),
        ("(" * 60 + "1" + ")" * 60, "brackets and signs are nested deeper than 50"),
        ("-" * 60 + "1", "brackets and signs are nested deeper than 50"),
        ("2" + " ** 1" * 60, "brackets and signs are nested deeper than 50"),
    ],
)
def test_what_cannot_be_computed_says_why(expression: str, message: str):
    with pytest.raises(ArithmeticFault) as raised:
        evaluate(expression)

    assert str(raised.value) == message


@pytest.mark.parametrize("expression", ["1,234.50 + 1", "__import__('os')", "x + 1", "1 // 2", "5 €"])
def test_only_numbers_and_marks_are_read(expression: str):
    with pytest.raises(ArithmeticFault, match=r"cannot read|expected"):
        evaluate(expression)


@given(st.text(alphabet="0123456789.+-*/%() ", max_size=60))
def test_any_text_gives_a_number_or_a_reason(text: str):
    try:
        value = evaluate(text)
    except ArithmeticFault:
        return
    assert value.is_finite()
