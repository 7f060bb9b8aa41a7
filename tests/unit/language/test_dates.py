from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.language import find_dates

WRITTEN = ["%Y-%m-%d", "%Y/%m/%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%d-%b-%Y", "%d.%m.%Y"]


@given(st.dates(date(1950, 1, 1), date(2090, 1, 1)), st.sampled_from(WRITTEN))
def test_a_date_written_in_a_definite_form_reads_back(day: date, form: str) -> None:
    (mention,) = find_dates(f"paid on {day.strftime(form)}, as agreed")
    assert mention.value == day
    assert not mention.ambiguous


@pytest.mark.parametrize(
    "text", ["April 3rd, 2026", "3rd of April, 2026", "Apr. 3 2026", "2026-04-03T09:00Z"]
)
def test_other_definite_forms_are_read(text: str) -> None:
    assert [mention.value for mention in find_dates(text)] == [date(2026, 4, 3)]


def test_numbers_alone_are_ambiguous_until_the_order_is_known() -> None:
    (mention,) = find_dates("03/04/2026")
    assert mention.ambiguous
    assert mention.value is None
    assert mention.readings == (date(2026, 4, 3), date(2026, 3, 4))
    assert [m.value for m in find_dates("03/04/2026", "day_first")] == [date(2026, 4, 3)]
    assert [m.value for m in find_dates("03/04/2026", "month_first")] == [date(2026, 3, 4)]
    assert find_dates("03/04/2026", "iso")[0].ambiguous


@pytest.mark.parametrize("order", [None, "day_first", "month_first"])
def test_a_day_above_twelve_settles_the_order(order: str | None) -> None:
    assert [m.value for m in find_dates("25/12/2026", order)] == [date(2026, 12, 25)]  # type: ignore[arg-type]


def test_equal_day_and_month_are_not_ambiguous() -> None:
    assert not find_dates("03/03/2026")[0].ambiguous


@pytest.mark.parametrize("year", [("68", 2068), ("69", 1969)])
def test_two_digit_years_turn_where_posix_turns_them(year: tuple[str, int]) -> None:
    assert find_dates(f"25/12/{year[0]}")[0].value == date(year[1], 12, 25)


@pytest.mark.parametrize(
    "text", ["31 February 2026", "1/2/3/2026", "12.5.26", "3 April", "2026", "may 5 2026"]
)
def test_what_is_no_complete_date_is_left_out(text: str) -> None:
    assert find_dates(text) == ()
