from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.language import DecimalMark, find_numbers


def read(text: str, decimal: DecimalMark | None = None) -> list[tuple[str, str | None]]:
    return [(format(number.value, "f"), number.unit) for number in find_numbers(text, decimal)]


@pytest.mark.parametrize(
    "text, value",
    [
        ("1,234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1 234,56", "1234.56"),
        ("1\u202f234\u202f567", "1234567"),
        ("1'234.56", "1234.56"),
        ("1\u2019234.56", "1234.56"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("12,34,567", "1234567"),
        ("1,234", "1234"),
        ("1.234", "1.234"),
        ("12,5", "12.5"),
        ("0,125", "0.125"),
        ("1234,567", "1234.567"),
        ("0.5", "0.5"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("1.5e6", "1500000"),
        ("1e+06", "1000000"),
    ],
)
def test_each_documented_style_is_read(text: str, value: str) -> None:
    assert read(f"It is {text} in all.") == [(value, None)]


def test_the_decimal_mark_settles_what_is_ambiguous() -> None:
    assert read("1.234 and 1,234", ",") == [("1234", None), ("1.234", None)]
    assert read("1.234 and 1,234", ".") == [("1.234", None), ("1234", None)]
    assert read("12.5", ",") == []


@pytest.mark.parametrize(
    "text, expected",
    [
        ("$5", ("5", "USD")),
        ("US$5.5bn", ("5500000000", "USD")),
        ("C$ 20", ("20", "CAD")),
        ("CHF 1'200", ("1200", "CHF")),
        ("EUR500", ("500", "EUR")),
        ("EUR: 1,234.56", ("1234.56", "EUR")),
        ("EUR **7**", ("7", "EUR")),
        ("500 EUR", ("500", "EUR")),
        ("500€", ("500", "EUR")),
        ("500 (EUR)", ("500", "EUR")),
        ("500 in euros", ("500", "EUR")),
        ("5 million dollars", ("5000000", "USD")),
        ("3 thousand Canadian dollars", ("3000", "CAD")),
        ("EUR 1.2 m", ("1200000", "EUR")),
        ("5k", ("5000", None)),
        ("12.5 %", ("12.5", "%")),
        ("12 per cent", ("12", "%")),
        ("2 percentage points", ("2", "pp")),
        ("25 bps", ("25", "bp")),
        ("a 30-day term", ("30", "day")),
        ("5kg", ("5", "kg")),
        ("9 entries", ("9", "entry")),
        ("12 overdue invoices", ("12", "invoice")),
        ("1 invoice", ("1", "invoice")),
        ("500 of them", ("500", None)),
    ],
)
def test_units_and_scales_are_read_on_either_side(text: str, expected: tuple[str, str | None]) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize("text", ["-$5", "$-5", "\u2212$5", "$(5)", "($5)", "Loss: (USD 5)", "-5 USD"])
def test_every_kind_of_minus_is_negative(text: str) -> None:
    assert read(text) == [("-5", "USD")]


@pytest.mark.parametrize(
    "text", ["(1,234.00)", "| (1,234.00) |", "Net: (1,234.00)", "a loss of (1,234.00)", "a\n(1,234.00)"]
)
def test_accounting_brackets_are_a_minus_where_an_amount_is_expected(text: str) -> None:
    assert read(text) == [("-1234.00", None)]


def test_brackets_that_set_off_an_amount_in_a_sentence_are_no_minus() -> None:
    assert read("The invoice total (1,234.00 EUR) agrees.") == [("1234.00", "EUR")]
    assert read("all invoices (12) were read") == [("12", None)]


def test_a_range_is_two_positive_numbers_with_one_unit() -> None:
    assert read("10-20 %") == [("10", "%"), ("20", "%")]
    assert read("$5k-$10k") == [("5000", "USD"), ("10000", "USD")]
    assert read("between -5 and -3") == [("-5", None), ("-3", None)]


def test_a_comma_run_that_fits_no_style_is_a_list() -> None:
    assert read("1,2,3") == [("1", None), ("2", None), ("3", None)]


def test_currencies_are_not_shared_by_neighbours() -> None:
    assert read("USD 500 EUR 600") == [("500", "USD"), ("600", "EUR")]
    assert read("500 USD, 600 EUR, $7") == [("500", "USD"), ("600", "EUR"), ("7", "USD")]


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-03, 3 April 2026, April 3rd, 2026 and 03/04/2026",
        "2026-04-03T12:30:05",
        "at 12:30, 5 pm or 09:05:10",
        "the 3rd, 1st and 22nd",
        "INV-1042, A17, Q1, H2, FY26, #12, x_5, COVID-19, 10-K, 401(k)",
        "ledger_2026.csv, 2026.csv, reports/2026/05.txt",
        "v2, v1.2, 1.2.3, 10.0.0.1",
        "550e8400-e29b-41d4-a716-446655440000",
        "978-3-16-148410-0 and 555-0199",
        "https://example.org/2026/05?page=7",
        "in 2026, Q1 2026, the 2026 budget, 2026's end",
        "Q1 2026 in EUR, the first half of 2026 in euros, H1 of 2026, second quarter 2026",
        "row 5, step 3, invoice no. 1042, Order ID: 7",
        "007",
        "1. First\n2. Second\n(1) One\n2) Two",
    ],
)
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert read(text) == []


def test_the_range_of_a_number_covers_sign_and_unit() -> None:
    text = "We owe -EUR 5.20 and 12 overdue invoices."
    assert [number.text for number in find_numbers(text)] == ["-EUR 5.20", "12 overdue invoices"]
    assert all(text[number.start : number.end] == number.text for number in find_numbers(text))


STYLES = [(",", "."), (".", ","), (" ", ","), (" ", "."), ("'", "."), ("\u202f", ","), ("", "."), ("", ",")]


def write(value: Decimal, group: str, mark: str) -> str:
    whole, _, fraction = format(abs(value), ",f").partition(".")
    return ("-" if value < 0 else "") + whole.replace(",", group) + (mark + fraction if fraction else "")


@given(
    st.decimals(-(10**12), 10**12, places=2),
    st.sampled_from(STYLES),
    st.sampled_from(["{}", "It is {} EUR.", "EUR {}", "sum: {}\nnext", "| {} |", "**{}**"]),
)
def test_a_number_written_in_any_style_reads_back(value: Decimal, style: tuple[str, str], frame: str) -> None:
    numbers = find_numbers(frame.format(write(value, *style)))
    assert [number.value for number in numbers] == [value]


@given(st.integers(0, 10**40), st.sampled_from([("", 0), ("k", 3), (" million", 6), ("bn", 9)]))
def test_scales_are_exact_beyond_the_precision_of_the_decimal_context(
    value: int, scale: tuple[str, int]
) -> None:
    assert [n.value for n in find_numbers(f"{value}{scale[0]} EUR")] == [value * 10 ** scale[1]]


@given(st.text(alphabet="01234567 ,.'-()$€%kmEUR\n\u00a0/:#ax"))
def test_any_text_gives_ordered_numbers_that_do_not_overlap(text: str) -> None:
    position = 0
    for number in find_numbers(text):
        assert position <= number.start < number.end
        assert text[number.start : number.end] == number.text
        position = number.end
