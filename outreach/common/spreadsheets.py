"""Tables as files that people open in a spreadsheet: CSV and XLSX, written alike everywhere.

CSV is written for the programs that people here open it with: UTF-8 with a byte order mark, so that
Excel reads Vietnamese letters, and ``;`` between cells, because with Vietnamese settings the comma
is the decimal sign and Excel would put a line separated by commas into one column. Numbers are
written without grouping. A text that a spreadsheet would take for a formula (OWASP: CSV injection)
gets an apostrophe before it in CSV and is stored as text in XLSX.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO, StringIO
from math import ceil
from typing import Any

import xlsxwriter

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

SEPARATOR = ";"
BYTE_ORDER_MARK = "\ufeff"
LONGEST_TITLE = 31
"""Of a worksheet, in characters (Microsoft's limit)."""
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")
_A4 = 9
_LINE_PT = 15
_WORDS_ARE_WHOLE = 1.1  # a line breaks before its last word
_BOLD_IS_WIDER = 1.25  # and a line breaks before its last word

Cell = str | int | date | time | None
"""``None`` is an empty cell. Dates and clock times can be sorted and reckoned with."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head, as one worksheet.

    Attributes:
        title: of the worksheet; cut after 31 characters.
        rows: texts, whole numbers, dates and clock times.
        widths: of the columns, in characters; the last one holds for all that follow.
        head: one title per column, or nothing.
        heads_down: how many columns say what a row is about, and stay in sight.
        is_prose: whether texts are long and wrap.
    """

    title: str
    rows: Iterable[Sequence[Cell]]
    widths: Sequence[int]
    head: Sequence[str] = ()
    heads_down: int = 0
    is_prose: bool = False


def as_csv(table: Table) -> bytes:
    """Return the table as CSV; see the module for how it is written and why."""
    lines = StringIO(newline="")
    writer = csv.writer(lines, delimiter=SEPARATOR)
    if table.head:
        writer.writerow(map(harmless, table.head))
    for row in table.rows:
        writer.writerow(map(harmless, row))
    return (BYTE_ORDER_MARK + lines.getvalue()).encode()


def harmless(cell: Cell) -> Cell:
    """Return a cell that no spreadsheet takes for a formula; numbers are none."""
    if isinstance(cell, str) and cell.startswith(_FORMULA_SIGNS):
        return f"'{cell}"
    return cell


def as_xlsx(tables: Iterable[Table], title: str = "") -> bytes:
    """Return a workbook with a worksheet per table, ready to print on A4.

    Args:
        title: of the document, kept in its properties.
    """
    stream = BytesIO()
    # Row by row, so that memory does not grow with the table; nothing is ever read as a formula.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": title})
        for table in tables:
            _fill(book, table)
    return stream.getvalue()


def _fill(book: xlsxwriter.Workbook, table: Table) -> None:
    sheet = book.add_worksheet(table.title[:LONGEST_TITLE])
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "bottom"})
    head_of_figures = book.add_format(
        {"bold": True, "text_wrap": True, "valign": "bottom", "align": "right"}
    )
    for column in range(max(len(table.head), len(table.widths))):
        width = table.widths[min(column, len(table.widths) - 1)]
        sheet.set_column(column, column, width)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    if table.is_prose:
        # Wrapped texts side by side: without lines nobody sees on paper where one ends.
        sheet.hide_gridlines(0)
    if table.head:
        sheet.freeze_panes(1, table.heads_down)
        sheet.repeat_rows(0)
        sheet.set_row(0, _LINE_PT * _lines_of_head(table))
        for column, title in enumerate(table.head):
            is_figure = 0 < table.heads_down <= column
            sheet.write_string(0, column, title, head_of_figures if is_figure else head)
    _write(book, sheet, table)


def _write(book: xlsxwriter.Workbook, sheet: Any, table: Table) -> None:
    """Write the rows below the head."""
    text = book.add_format({"text_wrap": table.is_prose, "valign": "top"})
    number = book.add_format({"num_format": "#,##0", "valign": "top"})
    day = book.add_format({"num_format": "dd/mm/yyyy", "valign": "top", "align": "center"})
    clock_time = book.add_format({"num_format": "hh:mm", "valign": "top", "align": "center"})
    for index, row in enumerate(table.rows, start=1 if table.head else 0):
        if table.is_prose and (lines := _lines_of(row, table)) > 1:
            sheet.set_row(index, _LINE_PT * lines)
        for column, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(index, column, cell, number)
            elif isinstance(cell, date):
                midnight = datetime.combine(cell, time.min)
                sheet.write_datetime(index, column, midnight, day)
            elif isinstance(cell, time):
                sheet.write_datetime(index, column, cell, clock_time)
            elif cell is not None:
                sheet.write_string(index, column, cell, text)


def _lines_of(row: Sequence[Cell], table: Table) -> int:
    """Return how many lines the longest text of a row needs, about."""
    last = len(table.widths) - 1
    return max(
        (
            ceil(len(cell) * _WORDS_ARE_WHOLE / table.widths[min(column, last)])
            for column, cell in enumerate(row)
            if isinstance(cell, str)
        ),
        default=1,
    )


def _lines_of_head(table: Table) -> int:
    """Return how many lines the longest title needs: not every program finds that out itself."""
    last = len(table.widths) - 1
    return max(
        ceil(len(title) * _BOLD_IS_WIDER / table.widths[min(column, last)])
        for column, title in enumerate(table.head)
    )
