"""Reading files as the world writes them: no row is lost, and rubbish is told apart."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest

from outreach.planning.timetables.columns import COLUMNS, ENGLISH, VIETNAMESE
from outreach.planning.timetables.sheet import MAX_BYTES, MAX_ROWS, Unreadable, read
from tests.planning.timetables.files import OLD_COLUMNS, as_csv, as_workbook, later, stop

PLAIN = as_csv(stop(), later())
HEADINGS = list(COLUMNS)


def names(content: bytes) -> list[str]:
    """Return the stops' names in the order of the file."""
    return [row.cells["stop"] for row in read(content).rows]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_way_to_separate_is_read_alike(delimiter: str, ends: str) -> None:
    sheet = read(as_csv(stop(), later(), delimiter=delimiter, ends=ends))

    assert [row.cells for row in sheet.rows] == [row.cells for row in read(PLAIN).rows]
    assert [row.number for row in sheet.rows] == [2, 3]
    assert not sheet.is_guessed


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_letters_are_read_in_every_unicode_encoding(encoding: str) -> None:
    content = as_csv(stop(stop="Trường Sharpe’s")).decode().encode(encoding)
    assert names(content) == ["Trường Sharpe’s"]


def test_letters_of_windows_are_guessed_and_said_so() -> None:
    content = as_csv(stop(stop="Sharpe’s café")).decode().encode("cp1252")

    sheet = read(content)

    assert sheet.is_guessed
    assert [row.cells["stop"] for row in sheet.rows] == ["Sharpe’s café"]


def test_old_files_lack_columns_and_new_ones_have_too_many() -> None:
    old = read(as_csv(stop(), columns=OLD_COLUMNS))
    assert "type" not in old.rows[0].cells
    extra = read(as_csv(stop(mood="good"), columns=[*COLUMNS, "mood", "", "mood"]))
    assert extra.unknown == ["mood", "mood"]
    assert len(extra.rows) == 1


def test_headings_may_come_in_any_order_case_and_accents() -> None:
    mixed = [column.upper() + " " for column in reversed(COLUMNS)]
    content = as_csv(stop()).split(b"\n", 1)[1]
    turned = ",".join(mixed) + "\n" + ",".join(reversed(content.decode().strip().split(",", 3)))
    assert read(turned.encode()).rows
    vietnamese = ["DIEM DUNG", "gio den", "Giờ  đi"]
    sheet = read(as_csv({"DIEM DUNG": "x"}, columns=vietnamese))
    assert set(sheet.rows[0].cells) == {"stop", "arrival", "departure"}


def test_the_schemas_own_name_counts_before_another_name_of_the_column() -> None:
    row = stop() | {"Name": "not this", "Location": "nor this", "url": "nor this one"}
    sheet = read(as_csv(row, columns=["Name", "Location", "url", *COLUMNS]))

    assert sheet.rows[0].cells["stop"] == "Village Hall"
    assert sheet.rows[0].cells["community"] == "Ashby"
    assert sheet.unknown == ["Name", "Location", "url"]


def test_row_numbers_are_a_spreadsheets_with_blank_lines_and_a_title() -> None:
    body = PLAIN.decode().split("\n")
    text = "\n".join(["Timetable 2026", "", body[0], "", body[1], ",,,", "", body[2], "", ""])
    assert [(row.number, row.cells["stop"]) for row in read(text.encode()).rows] == [
        (5, "Village Hall"),
        (8, "School"),
    ]


def test_embedded_line_ends_and_quoted_commas_stay_in_their_cell() -> None:
    content = as_csv(stop(stop="Hall,\r\nthe “old” one", address="1\n2\n3"), later())
    assert names(content) == ["Hall,\r\nthe “old” one", "School"]


def test_a_quotation_mark_that_is_not_closed_is_told_with_its_line() -> None:
    lines = as_csv(stop(address=""), later(address=""), stop(address="")).decode().split("\n")
    lines[2] = lines[2].replace("School,", '"School,', 1)
    with pytest.raises(Unreadable) as refusal:
        read("\n".join(lines).encode())
    assert refusal.value.kind == "timetable_line_unreadable"
    assert refusal.value.params == {"line": 3}


def test_a_quotation_mark_that_swallows_to_the_next_one_is_told_too() -> None:
    lines = as_csv(stop(), later(address=""), stop(stop="A, B")).decode().split("\n")
    lines[2] = lines[2].replace("School,", '"School,', 1)
    with pytest.raises(Unreadable):
        read("\n".join(lines).encode())


def test_quotation_marks_in_the_middle_of_a_cell_do_no_harm() -> None:
    text = as_csv(stop(stop="The QQOldQQ Hall")).decode().replace("QQ", '"')
    assert names(text.encode()) == ['The "Old" Hall']


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n\n",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xff\xfeabc",
        b"PK\x03\x04 no zip",
        bytes(range(256)) * 20,
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00",
        b"stop,arrival\nx,10:00\n",
        "điểm;giờ\nx;10:00\n".encode(),
        b'stop,arrival,departure\n"' + b"x" * 200_000 + b'",1,2\n',
    ],
)
def test_what_is_no_timetable_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(content)
    assert str(refusal.value.message)


def test_a_file_of_headings_alone_has_no_rows() -> None:
    assert read(as_csv()).rows == []


def test_headings_must_stand_within_the_first_twenty_rows() -> None:
    assert len(read(b"note\n" * 19 + PLAIN).rows) == 2
    with pytest.raises(Unreadable):
        read(b"note\n" * 20 + PLAIN)


def test_a_file_may_have_ten_megabytes_and_twenty_thousand_rows_and_no_more() -> None:
    heading = b"stop,arrival,departure\n"
    assert len(read(heading + b"x,1,2\n" * MAX_ROWS).rows) == MAX_ROWS
    with pytest.raises(Unreadable) as refusal:
        read(heading + b"x,1,2\n" * (MAX_ROWS + 1))
    assert refusal.value.kind == "timetable_too_long"
    full = (PLAIN + (b" " * 100_000 + b"\n") * 200)[:MAX_BYTES]
    assert len(read(full).rows) == 2
    with pytest.raises(Unreadable):
        read(full + b" ")


# --- Workbooks ---------------------------------------------------------------------------------


def test_a_workbook_with_real_dates_times_and_numbers_says_what_text_would() -> None:
    cells = stop() | {
        "geox": -1.1,
        "geoy": 53.9,
        "arrival": time(10, 0),
        "departure": timedelta(hours=10, minutes=30),
        "start": datetime(2026, 11, 23),  # noqa: DTZ001 (a workbook knows no zones)
        "exceptions": date(2026, 12, 25),
        "postcode": 46000.0,
    }
    content = as_workbook(["Mobile library 2026"], [], HEADINGS, [cells[name] for name in HEADINGS])

    row = read(content).rows[0]

    assert row.number == 4
    assert {name: row.cells[name] for name in ("geox", "geoy", "arrival", "start")} == {
        "geox": "-1.1",
        "geoy": "53.9",
        "arrival": "10:00",
        "start": "2026-11-23",
    }
    assert row.cells["departure"] == "10:30:00"
    assert row.cells["exceptions"] == "2026-12-25"
    assert row.cells["postcode"] == "46000"


def test_a_time_that_a_workbook_keeps_as_a_fraction_is_read_to_the_minute() -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["stop", "arrival", "departure"])
    sheet.append(["x", 0.395833, 0.4166666])
    for cell in sheet[2][1:]:
        cell.number_format = "hh:mm"
    stored = io.BytesIO()
    book.save(stored)

    cells = read(stored.getvalue()).rows[0].cells

    assert (cells["arrival"], cells["departure"]) == ("09:30", "10:00")


@pytest.mark.parametrize("words", [VIETNAMESE, ENGLISH])
def test_a_workbook_with_our_own_headings_is_read(words: dict[str, str]) -> None:
    content = as_workbook([words[name] for name in HEADINGS], [stop()[name] for name in HEADINGS])
    cells = read(content).rows[0].cells
    assert {name: cell for name, cell in cells.items() if cell} == {
        name: cell for name, cell in stop().items() if cell
    }


def rezipped(content: bytes, **changed: bytes | None) -> bytes:
    """Return a workbook with parts replaced, or left out."""
    packed = zipfile.ZipFile(io.BytesIO(content))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as again:
        for name in packed.namelist():
            part = changed.get(name.split("/")[-1].split(".")[0], packed.read(name))
            if part is not None:
                again.writestr(name, part)
    return out.getvalue()


GOOD = as_workbook(HEADINGS, [stop()[name] for name in HEADINGS])


@pytest.mark.parametrize("rubbish", [b"", b"<not xml", b"<a><b></a>"])
@pytest.mark.parametrize("part", ["sheet1", "workbook", "[Content_Types]"])
def test_a_broken_workbook_is_refused_however_it_is_broken(part: str, rubbish: bytes) -> None:
    with pytest.raises(Unreadable):
        read(rezipped(GOOD, **{part: rubbish}))


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("timetable.csv", PLAIN)
    with pytest.raises(Unreadable):
        read(out.getvalue())


def test_a_workbook_that_lies_about_its_size_is_read_whole() -> None:
    sheet = zipfile.ZipFile(io.BytesIO(GOOD)).read("xl/worksheets/sheet1.xml").decode()
    for claimed in ("A1", "A1:XFD1048576"):
        said = sheet.replace('ref="A1:R2"', f'ref="{claimed}"')
        assert said != sheet
        assert len(read(rezipped(GOOD, sheet1=said.encode())).rows) == 1
