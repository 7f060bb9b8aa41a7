from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.domain.scenario import DataSource
from pytest_arc.errors import ToolSimulatorError
from pytest_arc.world.sources import read_tables


def read_csv(text: str):
    return read_tables("x.csv", DataSource(text=text))[0]


def test_a_csv_text_becomes_a_table_named_after_its_file():
    (table,) = read_tables("invoices_eu.csv", DataSource(text="id,amount\nA1,12.50\nA2,3\n"))

    assert table.name == "invoices_eu"
    assert table.columns == ("id", "amount")
    assert table.rows == (("A1", Decimal("12.50")), ("A2", 3))


@pytest.mark.parametrize(
    "written, cell",
    [
        ("12", 12),
        ("-0.50", Decimal("-0.50")),
        ("0", 0),
        ("", None),
        ("  ", None),
        ("2026-01-03", "2026-01-03"),
        ("03/04/2026", "03/04/2026"),
        ('"1,234.50"', "1,234.50"),
        ("12%", "12%"),
        ("1e5", "1e5"),
        ("+5", "+5"),
        ("NaN", "NaN"),
        ("1234567890123456", "1234567890123456"),
        ("true", "true"),
    ],
)
def test_a_cell_is_a_number_only_when_it_is_written_like_one(written: str, cell: object):
    value = read_csv(f"id,v\na,{written}\n").rows[0][1]

    assert value == cell
    assert type(value) is type(cell)


def test_one_leading_zero_makes_a_column_of_identifiers():
    assert read_csv("sku,n\n007,1\n123,0.5\n").rows == (("007", 1), ("123", Decimal("0.5")))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(delimiter: str):
    table = read_csv(f"id{delimiter}amount\nA1{delimiter}5\n")

    assert table.columns == ("id", "amount")
    assert table.rows == (("A1", 5),)


def test_where_semicolons_delimit_a_comma_is_a_decimal_sign():
    assert read_csv("id;amount\nA1;12,50\nA2;3.5\n").rows == (
        ("A1", Decimal("12.50")),
        ("A2", Decimal("3.5")),
    )


def test_a_semicolon_inside_a_header_does_not_make_it_the_delimiter():
    assert read_csv('id,"net; gross",tax\n1,2,3\n').columns == ("id", "net; gross", "tax")


def test_short_and_blank_lines_are_filled_and_skipped():
    assert read_csv("a,b,c\n1\n\n,,\n2,3\n").rows == ((1, None, None), (2, 3, None))


def test_a_trailing_delimiter_makes_no_column():
    table = read_csv("a,b,\n1,2,\n")

    assert (table.columns, table.rows) == (("a", "b"), ((1, 2),))


def test_a_header_without_a_name_gets_one():
    assert read_csv("a,,c\n1,2,3\n").columns == ("a", "column_2", "c")


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_file_is_a_table_without_columns(text: str):
    table = read_csv(text)

    assert (table.columns, table.rows) == ((), ())


def test_a_file_with_only_a_header_has_no_rows():
    table = read_csv("date,amount\n")

    assert (table.columns, table.rows) == (("date", "amount"), ())


@pytest.mark.parametrize(
    "text, message",
    [
        ("a,a\n1,2\n", "'x.csv' has two columns called 'a'"),
        ("a,b\n1,2,3\n", "'x.csv' has 2 columns, and row 2 has 3 cells"),
        ('a,b\n"1,2\n', "'x.csv' is not a CSV file: unexpected end of data"),
    ],
)
def test_a_broken_csv_file_is_trouble_of_the_tool(text: str, message: str):
    with pytest.raises(ToolSimulatorError) as raised:
        read_csv(text)

    assert str(raised.value) == message
    assert raised.value.blame == "tool"


@given(st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1))
def test_amounts_come_back_as_they_were_written(amounts: list[Decimal]):
    table = read_csv("amount\n" + "\n".join(f"{amount:.2f}" for amount in amounts))

    assert [row[0] for row in table.rows] == amounts


def test_a_file_on_disk_may_begin_with_a_byte_order_mark(tmp_path: Path):
    path = tmp_path / "ledger.csv"
    path.write_text("konto,größe\n1,2\n", encoding="utf-8-sig")

    assert read_tables("ledger.csv", DataSource(path=path.as_posix()))[0].columns == ("konto", "größe")


def test_a_file_is_read_once_and_again_when_it_has_changed(tmp_path: Path):
    path = tmp_path / "ledger.csv"
    source = DataSource(path=path.as_posix())
    path.write_text("a\n1\n", encoding="utf-8")
    first = read_tables("ledger.csv", source)

    assert read_tables("ledger.csv", source) is first
    path.write_text("a\n1\n22\n", encoding="utf-8")
    assert len(read_tables("ledger.csv", source)[0].rows) == 2


def test_a_missing_file_says_what_is_missing(tmp_path: Path):
    with pytest.raises(ToolSimulatorError, match="cannot read 'ledger': No such file or directory"):
        read_tables("ledger", DataSource(path=(tmp_path / "no.csv").as_posix()))


def test_a_file_that_is_not_text_is_refused(tmp_path: Path):
    path = tmp_path / "scan.csv"
    path.write_bytes(b"a,b\n\xff\xfe,1\n")

    with pytest.raises(ToolSimulatorError, match=r"'scan\.csv' is not UTF-8 text \(byte 5\)"):
        read_tables("scan.csv", DataSource(path=path.as_posix()))


def make_workbook() -> bytes:
    book = openpyxl.Workbook()
    del book["Sheet"]
    first = book.create_sheet("January")
    first.append(["day", "amount", "code", "paid", None])
    first.append([date(2026, 1, 3), 12.5, "007", True])
    first.append([datetime(2026, 1, 4, 9, 30), 3, None, False])
    first.append([None, None, None, None])
    book.create_sheet("Empty")
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_a_workbook_has_a_table_for_each_sheet(tmp_path: Path):
    path = tmp_path / "book.xlsx"
    path.write_bytes(make_workbook())
    january, empty = read_tables("book.xlsx", DataSource(path=path.as_posix()))

    assert (january.name, empty.name) == ("January", "Empty")
    assert january.columns == ("day", "amount", "code", "paid")
    assert january.rows == (
        ("2026-01-03", Decimal("12.5"), "007", True),
        ("2026-01-04 09:30:00", 3, None, False),
    )
    assert (empty.columns, empty.rows) == ((), ())


def test_a_broken_workbook_is_trouble_of_the_tool(tmp_path: Path):
    path = tmp_path / "book.xlsx"
    path.write_bytes(make_workbook()[:500])

    with pytest.raises(ToolSimulatorError, match=r"'book\.xlsx' is not an XLSX file"):
        read_tables("book.xlsx", DataSource(path=path.as_posix()))


def test_rows_may_have_different_keys_and_values_of_yaml():
    rows = ({"id": 1, "day": date(2026, 1, 3)}, {"id": 2, "amount": 0.1, "lines": [{"n": 1}]})
    (table,) = read_tables("payments", DataSource(rows=rows))

    assert table.columns == ("id", "day", "amount", "lines")
    assert table.rows == ((1, "2026-01-03", None, None), (2, None, Decimal("0.1"), '[{"n":1}]'))
