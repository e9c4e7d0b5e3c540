"""Files for spreadsheets: numbers are numbers, texts stay texts, and nothing is a formula."""

from __future__ import annotations

import csv
from datetime import date, datetime, time
from io import BytesIO, StringIO

import openpyxl
import pytest

from outreach.common.spreadsheets import Table, as_csv, as_xlsx, harmless

PLACES = Table(
    "A title that is longer than a worksheet's may be",
    [["Kỳ Anh", 1_234_567, None], ['="a;b"\n', -5, "x"]],
    widths=(20, 10),
    head=["Xã", "Số", "Ghi chú"],
)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_text_is_a_formula(sign: str) -> None:
    assert harmless(f"{sign}1+1") == f"'{sign}1+1"
    assert harmless("Kỳ Anh") == "Kỳ Anh"
    assert harmless(-5) == -5


def test_csv_opens_right_in_excel() -> None:
    content = as_csv(PLACES)
    assert content.startswith("\ufeff".encode())
    rows = list(csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert rows == [
        ["Xã", "Số", "Ghi chú"],
        ["Kỳ Anh", "1234567", ""],
        ['\'="a;b"\n', "-5", "x"],
    ]


def test_a_workbook_holds_numbers_and_texts() -> None:
    book = openpyxl.load_workbook(BytesIO(as_xlsx([PLACES], "Sổ")))
    assert book.properties.title == "Sổ"
    (sheet,) = book.worksheets
    assert sheet.title == "A title that is longer than a w"
    cells = [[(cell.value, cell.data_type) for cell in row] for row in sheet.iter_rows()]
    assert cells[1] == [("Kỳ Anh", "s"), (1_234_567, "n"), (None, "n")]
    assert cells[2] == [('="a;b"\n', "s"), (-5, "n"), ("x", "s")]


def test_dates_and_clock_times_are_real_ones() -> None:
    table = Table("Lịch", [[date(2027, 3, 1), time(7, 30)]], widths=(12, 8))
    book = openpyxl.load_workbook(BytesIO(as_xlsx([table])))
    day, clock_time = next(iter(book.worksheets[0].iter_rows()))
    assert (day.value, day.number_format) == (datetime(2027, 3, 1), "dd/mm/yyyy")  # noqa: DTZ001
    assert (clock_time.value, clock_time.number_format) == (time(7, 30), "hh:mm")
    assert as_csv(table).decode("utf-8-sig").strip() == "2027-03-01;07:30:00"


def test_a_row_of_long_texts_is_as_high_as_they_need() -> None:
    table = Table("Lịch", [["một"], ["một hai ba bốn năm"]], widths=(10,), is_prose=True)
    sheet = openpyxl.load_workbook(BytesIO(as_xlsx([table]))).worksheets[0]
    assert sheet.row_dimensions[1].height in (None, 15)
    assert sheet.row_dimensions[2].height >= 30
