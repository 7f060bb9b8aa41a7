"""The check on a figure in an answer."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.domain.score import Evidence, Finding
from pytest_arc.scoring.numbers import AnswerNumber

Find = Callable[..., Finding]


@pytest.mark.parametrize(
    "answer",
    [
        "The total is 12,345.67 EUR.",
        "The total is EUR 12.345,67.",
        "12 345,67",
        "**€12,345.67** for 3 invoices",
        "In Q1 2026 it was 12345.67, after 11,000 in INV-1042.",
    ],
)
def test_number_is_found_however_it_is_written(find: Find, answer: str) -> None:
    assert find(answer, answer_number=12345.67).passed


@pytest.mark.parametrize(
    "answer, reason",
    [
        ("It is 12,354.67 USD", "the answer names 12,354.67 USD; expected 12,345.67 +- 0.01"),
        ("10 of 12,300", "the answer names 2 numbers, the nearest is 12,300; expected 12,345.67 +- 0.01"),
        ("See INV-1042", "the answer names no number; expected 12,345.67 +- 0.01"),
    ],
)
def test_reason_gives_the_numbers_seen(find: Find, answer: str, reason: str) -> None:
    assert find(answer, answer_number=12345.67, tolerance=0.01) == Finding(False, reason)


@pytest.mark.parametrize(
    "tolerance, answer, passed",
    [
        (0, "100.01", False),
        (0.01, "100.01", True),
        ("0.01", "99.98", False),
        ("1%", "101", True),
        ("1 %", "98.99", False),
    ],
)
def test_tolerance_is_absolute_or_a_share(find: Find, tolerance: object, answer: str, passed: bool) -> None:
    assert find(answer, answer_number=100, tolerance=tolerance).passed is passed


@pytest.mark.parametrize("tolerance", [-1, "a bit", "%", "inf", True])
def test_senseless_tolerance_is_rejected(reject: Callable[..., str], tolerance: object) -> None:
    assert "a tolerance is a number from 0 on" in reject(answer_number=5, tolerance=tolerance)


@pytest.mark.parametrize("unit", ["USD", "usd", "$", "dollars", "US$"])
def test_unit_is_the_same_by_code_sign_and_word(find: Find, unit: str) -> None:
    assert find("It comes to $5.", answer_number=5, unit=unit).passed


@pytest.mark.parametrize(
    "unit, answer", [("%", "up 5 per cent"), ("day", "in 5 days"), ("days", "a 5-day delay"), ("kg", "5kg")]
)
def test_unit_may_be_a_share_or_a_word(find: Find, unit: str, answer: str) -> None:
    assert find(answer, answer_number=5, unit=unit).passed


def test_number_of_another_unit_does_not_count(find: Find) -> None:
    finding = find("It is 5 USD, or 4 invoices", answer_number=5, unit="EUR")

    assert finding.reason == "the answer names no number in EUR, the nearest is 5 USD; expected 5 EUR"


def test_unreadable_unit_is_rejected(reject: Callable[..., str]) -> None:
    assert "cannot read the unit" in reject(answer_number=5, unit="of 7")


@pytest.mark.parametrize(
    "which, answer, passed",
    [
        ("any", "1, then 5, then 9", True),
        ("first", "5 then 9", True),
        ("first", "9 then 5", False),
        ("last", "9 then 5", True),
        ("last", "5 then 9", False),
        ("only", "5, in words: 5.00", True),
        ("only", "5 or 9", False),
    ],
)
def test_which_of_several_numbers_must_be_right(find: Find, which: str, answer: str, passed: bool) -> None:
    assert find(answer, answer_number=5, which=which).passed is passed


def test_decimal_mark_can_be_told(find: Find) -> None:
    assert find("1,234", answer_number=1234).passed
    assert find("1,234", answer_number=1.234, decimal=",").passed


def test_earlier_messages_count_only_with_any(find: Find, happen: Callable[..., Evidence]) -> None:
    said = happen("It is 5 EUR", "Goodbye")

    assert not find(said, answer_number=5).passed
    assert find(said, answer_number=5, in_="any").passed


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2), st.sampled_from(["{:,} EUR", "EUR {:,}"]))
def test_every_amount_that_was_written_is_found(value: Decimal, style: str) -> None:
    check = AnswerNumber(answer_number=value, unit="EUR")

    assert check.judge_texts((f"The balance is {style.format(value)}.",)).passed


@given(st.decimals(min_value=-(10**6), max_value=10**6, places=2), st.integers(1, 1000))
def test_other_amount_is_never_found(value: Decimal, cents: int) -> None:
    check = AnswerNumber(answer_number=value, tolerance="0.005")
    other = value + Decimal(cents) / 100

    assert not check.judge_texts((f"The balance is {other:,}.",)).passed


def test_true_is_no_number(reject: Callable[..., str]) -> None:
    assert "not true or false" in reject(answer_number=True)
