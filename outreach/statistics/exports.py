"""Answers as files: CSV and XLSX, the same figures as on the page.

CSV is written for the spreadsheets that people here open it with: UTF-8 with a byte order mark, so
that Excel reads Vietnamese letters, and ``;`` between cells, because with Vietnamese settings the
comma is the decimal sign and Excel would put a line separated by commas into one column. Numbers
are written without grouping. A text that a spreadsheet would take for a formula gets an apostrophe
before it (CSV) or is stored as text (XLSX).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from outreach.statistics.domain import Countable, Value
from outreach.statistics.questions import Answer, Group, Row

SEPARATOR = ";"
BYTE_ORDER_MARK = "\ufeff"
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")
LABEL_WIDTH, FIGURE_WIDTH, NOTE_WIDTH = 44, 16, 80
"""Widths of columns, in characters."""

Content = str | int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table ready to be written.

    Attributes:
        head: one title per column.
        lines: texts and whole numbers; the last ones are the total and what stands apart.
        about: what was asked, as pairs of a title and a text.
    """

    head: Sequence[str]
    lines: Sequence[Sequence[Content]]
    about: Sequence[tuple[str, str]]


def sheet_of(
    answer: Answer, names: Mapping[str, str], about: Sequence[tuple[str, str]] = ()
) -> Sheet:
    """Lay an answer out as a table.

    Args:
        names: titles of measures by code, in the active language.
        about: see :class:`Sheet`.
    """
    head = [group_title(answer.question.group_by)]
    for measure in answer.measures:
        head += _titles(measure, names.get(measure.code, measure.code))
    rows = [*answer.rows, answer.total, *answer.apart]
    return Sheet(head, [_line(row, answer.measures) for row in rows], about)


def group_title(group: Group) -> str:
    """Return what the rows stand for, in the active language."""
    return {
        Group.MONTH: pgettext("statistics", "Month"),
        Group.LIBRARY: pgettext("institution", "Library"),
        Group.PROVINCE: _("Province"),
        Group.COMMUNE: _("Commune"),
        Group.KIND: _("Kind of activity"),
        Group.AUDIENCE: pgettext("statistics", "Audience"),
    }[group]


def as_csv(sheet: Sheet) -> bytes:
    """Return the table as CSV; see the module for how it is written and why."""
    lines = StringIO(newline="")
    writer = csv.writer(lines, delimiter=SEPARATOR)
    for line in (sheet.head, *sheet.lines):
        writer.writerow([harmless(cell) for cell in line])
    return (BYTE_ORDER_MARK + lines.getvalue()).encode()


def harmless(cell: Content) -> Content:
    """Return a cell that no spreadsheet takes for a formula; numbers are none."""
    if isinstance(cell, str) and cell.startswith(_FORMULA_SIGNS):
        return f"'{cell}"
    return cell


def as_xlsx(sheet: Sheet) -> bytes:
    """Return the table as a workbook: the figures, and on a second sheet what was asked."""
    stream = BytesIO()
    # Row by row, so that memory does not grow with the table; nothing is ever read as a formula.
    book = xlsxwriter.Workbook(stream, {"constant_memory": True, "in_memory": False})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    number = book.add_format({"num_format": "#,##0"})
    figures = book.add_worksheet(_("Figures"))
    figures.set_column(0, 0, LABEL_WIDTH)
    figures.set_column(1, max(len(sheet.head) - 1, 1), FIGURE_WIDTH)
    figures.freeze_panes(1, 1)
    for column, title in enumerate(sheet.head):
        figures.write_string(0, column, title, bold)
    for index, line in enumerate(sheet.lines, start=1):
        for column, cell in enumerate(line):
            if isinstance(cell, str):
                figures.write_string(index, column, cell)
            else:
                figures.write_number(index, column, cell, number)
    notes = book.add_worksheet(pgettext("statistics", "About these figures")[:31])
    notes.set_column(0, 0, LABEL_WIDTH)
    notes.set_column(1, 1, NOTE_WIDTH)
    for index, (title, text) in enumerate(sheet.about):
        notes.write_string(index, 0, title, bold)
        notes.write_string(index, 1, text, wrapped)
    book.close()
    return stream.getvalue()


def _titles(measure: Countable, name: str) -> Iterator[str]:
    yield name
    if not measure.is_count:
        yield _("%(measure)s: part that was estimated") % {"measure": name}
        yield _("%(measure)s: number without this figure") % {"measure": name}


def _line(row: Row, measures: Sequence[Countable]) -> list[Content]:
    label = row.label
    if row.is_apart:
        label = _("of the total: %(group)s") % {"group": label}
    cells: list[Content] = [label]
    for measure in measures:
        cells += _cells(measure, row.values[measure.key])
    return cells


def _cells(measure: Countable, value: Value) -> Iterator[Content]:
    yield _("not collected") if value.shown is None else value.shown
    if not measure.is_count:
        yield value.estimated
        yield value.missing
