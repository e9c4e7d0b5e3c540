"""Small timetables as files, and what the whole database holds before and after one."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from io import BytesIO, StringIO
from typing import Any

import openpyxl
from django.apps import apps

from outreach.accounts.models import Library, User
from outreach.planning.timetables import importing
from outreach.planning.timetables.columns import COLUMNS
from outreach.planning.timetables.notices import Remark
from outreach.planning.timetables.plan import Plan

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
MONDAY = date(2026, 11, 23)
OLD_COLUMNS = tuple(column for column in COLUMNS if column not in ("type", "exceptions"))
"""Of the files that were published before 2020."""

STOP = {
    "organisation": "Northshire",
    "mobile": "Van 1",
    "route": "Route 1",
    "community": "Ashby",
    "stop": "Village Hall",
    "address": "Village Hall, Ashby",
    "postcode": "",
    "geox": "-1.10",
    "geoy": "53.90",
    "day": "Monday",
    "type": "Public",
    "arrival": "10:00",
    "departure": "10:30",
    "frequency": "FREQ=WEEKLY",
    "start": "2026-11-23",
    "end": "",
    "exceptions": "",
    "timetable": "https://example.org/timetable",
}


def stop(**cells: str) -> dict[str, str]:
    """Return the cells of a row: weekly on Mondays from ten to half past, unless said otherwise."""
    return STOP | cells


def later(**cells: str) -> dict[str, str]:
    """Return a stop at another place in the afternoon of the same day."""
    return stop(
        **{
            "community": "Bexley",
            "stop": "School",
            "address": "School, Bexley",
            "geox": "-1.20",
            "arrival": "14:00",
            "departure": "15:00",
        }
        | cells
    )


def as_csv(
    *rows: Mapping[str, str],
    columns: Iterable[str] = COLUMNS,
    delimiter: str = ",",
    ends: str = "\n",
) -> bytes:
    """Return rows as a CSV file in UTF-8."""
    lines = StringIO(newline="")
    writer = csv.DictWriter(
        lines, list(columns), delimiter=delimiter, lineterminator=ends, extrasaction="ignore"
    )
    writer.writeheader()
    writer.writerows(rows)
    return lines.getvalue().encode()


def as_workbook(*lines: Iterable[Any]) -> bytes:
    """Return lines of cells as an XLSX file."""
    book = openpyxl.Workbook()
    for line in lines:
        book.worksheets[0].append(list(line))
    stored = BytesIO()
    book.save(stored)
    return stored.getvalue()


def preview(content: bytes, library: Library | None = None, **wishes: Any) -> Plan:
    """Return what importing a file on the Monday would do."""
    wanted = importing.Wishes(library=library, since=wishes.pop("since", MONDAY), **wishes)
    return importing.preview(content, wanted, now=NOW)


def load(
    content: bytes, library: Library | None = None, actor: User | None = None, **wishes: Any
) -> Plan:
    """Import a file on the Monday."""
    wanted = importing.Wishes(library=library, since=wishes.pop("since", MONDAY), **wishes)
    plan = importing.preview(content, wanted, now=NOW)
    importing.commit(plan, wanted, actor=actor, now=NOW)
    return plan


def told(plan: Plan) -> list[tuple[int, str]]:
    """Return the rows and codes of the remarks, without those about the whole file."""
    return [(remark.row, str(remark.notice)) for remark in plan.remarks if remark.row]


def about_the_file(plan: Plan) -> list[str]:
    """Return the codes of the remarks about the whole file."""
    return [str(remark.notice) for remark in plan.remarks if not remark.row]


def of_row(plan: Plan, row: int) -> list[Remark]:
    """Return the remarks about one row."""
    return [remark for remark in plan.remarks if remark.row == row]


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table, history included."""
    return {
        model._meta.db_table: sorted(model._base_manager.values_list(), key=repr)
        for model in apps.get_models(include_auto_created=True)
    }


def what_changed(
    before: dict[str, list[tuple[Any, ...]]], after: dict[str, list[tuple[Any, ...]]]
) -> dict[str, int]:
    """Return how many rows were added, changed or taken away, of the tables that changed."""
    differing = {
        table: set(map(repr, after[table])) ^ set(map(repr, before[table])) for table in after
    }
    return {table: len(rows) for table, rows in differing.items() if rows}
