"""Answers as tables for a file: the same figures as on the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from outreach.common.spreadsheets import Cell, Table
from outreach.statistics.domain import Countable, Value
from outreach.statistics.questions import Answer, Group, Row

LABEL_WIDTH, FIGURE_WIDTH, NOTE_WIDTH = 44, 16, 80
"""Widths of columns, in characters."""


def table_of(answer: Answer, names: Mapping[str, str]) -> Table:
    """Lay an answer out as a table; the last rows are the total and what stands apart.

    Args:
        names: titles of measures by code, in the active language.
    """
    head = [group_title(answer.question.group_by)]
    for measure in answer.measures:
        head += _titles(measure, names.get(measure.code, measure.code), answer.question.carries)
    rows = [*answer.rows, answer.total, *answer.apart]
    return Table(
        _("Figures"),
        [_line(row, answer) for row in rows],
        widths=(LABEL_WIDTH, FIGURE_WIDTH),
        head=head,
        heads_down=1,
    )


def notes_of(about: list[tuple[str, str]]) -> Table:
    """Lay out what was asked, as pairs of a title and a text."""
    return Table(
        pgettext("statistics", "About these figures"),
        about,
        widths=(LABEL_WIDTH, NOTE_WIDTH),
        is_prose=True,
    )


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


def _titles(measure: Countable, name: str, carries: bool) -> Iterator[str]:
    yield name
    if not measure.is_count:
        yield _("%(measure)s: part that was estimated") % {"measure": name}
        yield _("%(measure)s: number without this figure") % {"measure": name}
    if carries:
        yield _("%(measure)s: part carried over from divided communes") % {"measure": name}


def _line(row: Row, answer: Answer) -> list[Cell]:
    label = row.label
    if row.is_apart:
        label = _("of the total: %(group)s") % {"group": label}
    cells: list[Cell] = [label]
    for measure in answer.measures:
        value = row.values[measure.key]
        cells += _cells(measure, value)
        if answer.question.carries:
            cells.append(value.carried)
    return cells


def _cells(measure: Countable, value: Value) -> Iterator[Cell]:
    yield _("not collected") if value.shown is None else value.shown
    if not measure.is_count:
        yield value.estimated
        yield value.missing
