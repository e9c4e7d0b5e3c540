"""Reading a file into rows of text: CSV as the world writes it, and workbooks."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO, StringIO
from typing import Any

import openpyxl
from django.utils.translation import gettext_lazy as _

from outreach.common.errors import InvalidInput
from outreach.planning.timetables.columns import NEEDED, column_of, is_own_name

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 20_000
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
"""Of a workbook: a small file may unpack to anything."""
_HEADING_WITHIN = 20
"""Rows that may stand above the headings: a title, a note."""
_SEPARATORS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was written.

    Attributes:
        number: as a spreadsheet counts, from 1 and with the headings.
        cells: text by column of the schema; columns the file does not have are missing.
    """

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that was read.

    Attributes:
        rows: those that are not empty.
        unknown: headings that name no column of the schema.
        is_guessed: whether the letters had to be guessed: the file is not UTF-8.
    """

    rows: list[Row]
    unknown: list[str]
    is_guessed: bool = False


class Unreadable(InvalidInput):
    """A file that is no timetable."""

    code = "timetable_unreadable"
    template = _("This file cannot be read as a timetable.")


def read(content: bytes) -> Sheet:
    """Read a CSV file or an XLSX workbook (its first worksheet).

    Raises:
        Unreadable: if it is too large, neither of the two, or lacks a column nobody can guess.
    """
    if len(content) > MAX_BYTES:
        raise Unreadable(_("This file is larger than 10 MB."), code="timetable_too_large")
    if content.startswith(b"PK\x03\x04"):
        lines, is_guessed = _workbook(content), False
    else:
        text, is_guessed = _text(content)
        lines = _csv(text)
    return _sheet(lines, is_guessed)


def _sheet(lines: Iterable[Sequence[str]], is_guessed: bool) -> Sheet:
    numbered = enumerate(lines, 1)
    columns, unknown = _headings(numbered)
    rows = []
    for number, line in numbered:
        if not any(line):
            continue
        cells = {
            column: cell.strip()
            for column, cell in zip(columns, line, strict=False)
            if column is not None
        }
        if not any(cells.values()):
            continue
        rows.append(Row(number, cells))
        if len(rows) > MAX_ROWS:
            raise Unreadable(
                _("This file has more than %(rows)d rows."),
                code="timetable_too_long",
                params={"rows": MAX_ROWS},
            )
    return Sheet(rows, unknown, is_guessed)


def _headings(lines: Iterator[tuple[int, Sequence[str]]]) -> tuple[list[str | None], list[str]]:
    """Return the columns as the row of headings names them; the iterator stands behind it."""
    missing: Sequence[str] = NEEDED
    for number, line in lines:
        columns = _once_each(line)
        lacking = [name for name in NEEDED if name not in columns]
        if not lacking:
            unknown = [
                heading.strip()
                for heading, column in zip(line, columns, strict=True)
                if column is None and heading.strip()
            ]
            return columns, unknown
        if len(lacking) < len(missing):
            missing = lacking
        if number >= _HEADING_WITHIN:
            break
    raise Unreadable(
        _("No row of this file names the columns. Missing: %(columns)s."),
        code="timetable_without_headings",
        params={"columns": ", ".join(missing)},
    )


def _once_each(headings: Sequence[str]) -> list[str | None]:
    """Return the column that each heading names, the same one only once.

    The schema's own name counts before any other name of the column, then the first.
    """
    columns = [column_of(heading) for heading in headings]
    places: dict[str, int] = {}
    for wanted in (is_own_name, column_of):
        for place, column in enumerate(columns):
            if column is not None and wanted(headings[place]):
                places.setdefault(column, place)
    return [
        column if column is not None and places[column] == place else None
        for place, column in enumerate(columns)
    ]


# --- CSV ---------------------------------------------------------------------------------------


def _text(content: bytes) -> tuple[str, bool]:
    """Return the text of a file, and whether its letters had to be guessed."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding), False
    except UnicodeDecodeError:
        pass
    if b"\x00" in content:
        raise Unreadable()
    return content.decode("cp1252", errors="replace"), True


def _csv(text: str) -> Iterator[list[str]]:
    text = text.replace("\x00", "")
    separator = _separator(text)
    taken: list[str] = []
    reader = csv.reader(_noting(StringIO(text, newline=""), taken), delimiter=separator)
    begins = 1
    try:
        for line in reader:
            if len(taken) > 1:
                # Where a quotation mark was not closed, this "row" has swallowed others.
                list(csv.reader(taken, delimiter=separator, strict=True))
            yield line
            taken.clear()
            begins = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable(
            _("Line %(line)d of this file cannot be read: a quotation mark may be missing."),
            code="timetable_line_unreadable",
            params={"line": begins},
        ) from error


def _noting(lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    """Yield lines, and note those that were taken."""
    for line in lines:
        taken.append(line)
        yield line


def _separator(text: str) -> str:
    """Return what stands between the headings: the sign that makes most of them known."""
    head = "\n".join(text.splitlines()[:_HEADING_WITHIN])

    def known(separator: str) -> int:
        lines = csv.reader(StringIO(head, newline=""), delimiter=separator)
        try:
            return max(
                (sum(column_of(cell) is not None for cell in line) for line in lines), default=0
            )
        except csv.Error:
            return 0

    return max(_SEPARATORS, key=known)


# --- Workbooks ---------------------------------------------------------------------------------


def _workbook(content: bytes) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise Unreadable(_("This workbook is too large."), code="timetable_too_large")
        book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True)
    except Unreadable:
        raise
    except Exception as error:  # openpyxl raises whatever it stumbles over
        raise _not_opened() from error
    try:
        sheet = book.worksheets[0] if book.worksheets else None
        if sheet is None:
            raise Unreadable()
        sheet.reset_dimensions()  # what a workbook says of its own size is often wrong
        yield from _lines_of(sheet)
    finally:
        book.close()


def _lines_of(sheet: Any) -> Iterator[list[str]]:
    lines = sheet.iter_rows(values_only=True)
    while True:
        try:
            line = next(lines, None)
        except Exception as error:  # a worksheet is read as one goes along
            raise _not_opened() from error
        if line is None:
            return
        yield [_cell(value) for value in line]


def _not_opened() -> Unreadable:
    return Unreadable(
        _("This workbook cannot be opened. Save it as XLSX or CSV once more."),
        code="workbook_unreadable",
    )


def _cell(value: Any) -> str:
    """Return a cell of a workbook as it would be written in CSV."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        if value.year < 1900 or value.date() == _NO_DAY:
            return _clock(value.time())
        return value.date().isoformat() if value.time() == time.min else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return _clock(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


_NO_DAY = date(1899, 12, 30)
"""What a workbook counts days from: a time of day alone may be read as one on this day."""


def _clock(value: time) -> str:
    """Return a time of day to the minute: a fraction of a day is seldom a round number."""
    seconds = value.hour * 3600 + value.minute * 60 + value.second + round(value.microsecond / 1e6)
    minutes = min((seconds + 30) // 60, 24 * 60 - 1)
    return f"{minutes // 60:02}:{minutes % 60:02}"
