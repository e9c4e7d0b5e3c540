"""The report of a year as a file: a row per line and library, numbers as numbers."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import BytesIO, StringIO

import xlsxwriter
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from outreach.statistics.domain import Value
from outreach.statistics.reports import Completeness, Parts, Review

TOGETHER = gettext_lazy("All libraries together")
_RISKY = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a text for a formula (OWASP: CSV injection)."""

TableCell = str | int | None


def csv_of(review: Review, total: str) -> HttpResponse:
    """Return the report as CSV: UTF-8 with a byte order mark, semicolons.

    Args:
        total: the name of the rows that add up the libraries; empty for none.
    """
    text = StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    for row in (_heads(), *_rows(review, total)):
        writer.writerow([_safe(cell) for cell in row])
    return _file(text.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", review, "csv")


def xlsx_of(review: Review, name: str, total: str) -> HttpResponse:
    """Return the report as a workbook with a sheet of figures and one of what is missing.

    Args:
        name: what the libraries are called together.
        total: the name of the rows that add up the libraries; empty for none.
    """
    buffer = BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": f"{name} {review.year}"})
        _fill(book, _("Review %(year)d") % {"year": review.year}, [_heads(), *_rows(review, total)])
        _fill(book, _("Completeness"), list(_lacking(review, total)))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _file(buffer.getvalue(), kind, review, "xlsx")


def _heads() -> list[TableCell]:
    return [
        _("Figure"),
        _("Library"),
        _("Events"),
        _("Building"),
        _("Together"),
        _("Of this estimated"),
        _("Reports without this figure"),
    ]


def _rows(review: Review, total: str) -> Iterator[list[TableCell]]:
    for line in review.lines:
        label = str(line.row.label)
        for library, parts in zip(review.libraries, line.by_library, strict=True):
            yield [label, library.name, *_numbers(parts)]
        if total:
            yield [label, total, *_numbers(line.total)]


def _numbers(parts: Parts) -> list[TableCell]:
    together = parts.together
    return [
        _shown(parts.events),
        _shown(parts.building),
        together.shown,
        together.estimated,
        together.missing,
    ]


def _shown(value: Value | None) -> int | None:
    return value.shown if value is not None else None


def _lacking(review: Review, total: str) -> Iterator[list[TableCell]]:
    yield [
        _("Library"),
        _("Months of building figures received"),
        _("Months expected"),
        _("Past events with a result sheet"),
        _("Past events"),
    ]
    for library, lacking in zip(review.libraries, review.completeness, strict=True):
        yield [library.name, *_counts(lacking)]
    if total:
        yield [total, *_counts(review.total_completeness)]


def _counts(lacking: Completeness) -> list[TableCell]:
    return [
        lacking.months_received,
        lacking.months_expected,
        lacking.events_received,
        lacking.events_expected,
    ]


def _fill(book: xlsxwriter.Workbook, title: str, rows: list[list[TableCell]]) -> None:
    sheet = book.add_worksheet(title[:31])
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    grouped = book.add_format({"num_format": "#,##0"})
    sheet.set_column(0, 1, 36)
    sheet.set_column(2, len(rows[0]) - 1, 16)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    for index, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(index, column, cell, grouped)
            elif cell is not None:
                sheet.write_string(index, column, cell, bold if index == 0 else None)


def _safe(cell: TableCell) -> TableCell:
    """Return the cell with a quote before what a spreadsheet would take for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_RISKY) else cell


def _file(content: bytes, kind: str, review: Review, ending: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    one = f"-{review.libraries[0].slug}" if len(review.libraries) == 1 else ""
    name = f"review-{review.year}{one}.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
