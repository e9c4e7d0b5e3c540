"""The report of a year as a file: a row per line and library, numbers as numbers."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from outreach.common.spreadsheets import CSV_TYPE, XLSX_TYPE, Cell, Table, as_csv, as_xlsx
from outreach.statistics.domain import Value
from outreach.statistics.reports import Completeness, Parts, Review

TOGETHER = gettext_lazy("All libraries together")
WIDTHS = (36, 36, 16)
"""Of the columns, in characters."""


def csv_of(review: Review, total: str) -> HttpResponse:
    """Return the report as CSV.

    Args:
        total: the name of the rows that add up the libraries; empty for none.
    """
    return _file(as_csv(_figures(review, total)), CSV_TYPE, review, "csv")


def xlsx_of(review: Review, name: str, total: str) -> HttpResponse:
    """Return the report as a workbook with a sheet of figures and one of what is missing.

    Args:
        name: what the libraries are called together.
        total: the name of the rows that add up the libraries; empty for none.
    """
    tables = [_figures(review, total), _lacking(review, total)]
    return _file(as_xlsx(tables, f"{name} {review.year}"), XLSX_TYPE, review, "xlsx")


def _figures(review: Review, total: str) -> Table:
    head = [
        _("Figure"),
        _("Library"),
        _("Events"),
        _("Building"),
        _("Together"),
        _("Of this estimated"),
        _("Reports without this figure"),
    ]
    title = _("Review %(year)d") % {"year": review.year}
    return Table(title, list(_rows(review, total)), WIDTHS, head)


def _rows(review: Review, total: str) -> Iterator[list[Cell]]:
    for line in review.lines:
        label = str(line.row.label)
        for library, parts in zip(review.libraries, line.by_library, strict=True):
            yield [label, library.name, *_numbers(parts)]
        if total:
            yield [label, total, *_numbers(line.total)]


def _numbers(parts: Parts) -> list[Cell]:
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


def _lacking(review: Review, total: str) -> Table:
    head = [
        _("Library"),
        _("Months of building figures received"),
        _("Months expected"),
        _("Past events with a result sheet"),
        _("Past events"),
    ]
    rows: list[list[Cell]] = [
        [library.name, *_counts(lacking)]
        for library, lacking in zip(review.libraries, review.completeness, strict=True)
    ]
    if total:
        rows.append([total, *_counts(review.total_completeness)])
    return Table(_("Completeness"), rows, WIDTHS, head)


def _counts(lacking: Completeness) -> list[Cell]:
    return [
        lacking.months_received,
        lacking.months_expected,
        lacking.events_received,
        lacking.events_expected,
    ]


def _file(content: bytes, kind: str, review: Review, ending: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    one = f"-{review.libraries[0].slug}" if len(review.libraries) == 1 else ""
    name = f"review-{review.year}{one}.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
