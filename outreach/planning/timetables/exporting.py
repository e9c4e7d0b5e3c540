"""Writing stored series as a timetable in the same schema that is imported."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from io import StringIO

from django.utils.translation import gettext

from outreach.common import spreadsheets
from outreach.common.spreadsheets import Table
from outreach.planning.timetables.columns import COLUMNS, MEANINGS, heading
from outreach.scheduling.models import Series, SeriesQuerySet

_WIDTHS = {
    "stop": 34,
    "address": 40,
    "route": 20,
    "community": 22,
    "timetable": 40,
    "frequency": 26,
}
"""Characters; the others are narrower."""
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def cells_of(series: Series) -> dict[str, str]:
    """Return a series, loaded with vehicle, venue and library, as the cells of its row.

    What the file it came from said otherwise is left aside (see :func:`row_of`).
    """
    venue = series.venue
    point = venue.point
    return {
        "organisation": series.library.name_vi,
        "mobile": series.vehicle.name if series.vehicle else "",
        "route": series.route,
        "community": venue.locality,
        "stop": venue.name,
        "address": venue.address,
        "postcode": venue.postcode,
        "geox": "" if point is None else repr(point[1]),
        "geoy": "" if point is None else repr(point[0]),
        "day": "" if series.weekday is None else _DAYS[series.weekday],
        "type": series.visit_type,
        "arrival": f"{series.arrives:%H:%M}",
        "departure": f"{series.departs:%H:%M}",
        "frequency": series.rule,
        "start": series.starts_on.isoformat(),
        "end": "" if series.ends_on is None else (series.ends_on - timedelta(days=1)).isoformat(),
        "exceptions": ", ".join(series.exceptions),
        "timetable": series.timetable_url,
    }


def stated_of(series: Series, said: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the cells of an imported row that its series would not give back by itself.

    For each column: what the series gives, and what the row said.
    """
    given = cells_of(series)
    return {
        column: [given[column], cell]
        for column, cell in said.items()
        if column in given and given[column] != cell
    }


def row_of(series: Series) -> dict[str, str]:
    """Return a series as the cells of its row, spelled as the file spelled what has not changed."""
    cells = cells_of(series)
    for column, (given, said) in series.stated.items():
        if cells.get(column) == given:
            cells[column] = said
    return cells


def rows_of(series: SeriesQuerySet, *, on: date | None = None) -> Iterator[dict[str, str]]:
    """Yield the rows of many series, in the order of vehicle, weekday and arrival.

    Args:
        on: leave out what had ended by that day; ``None`` for all.
    """
    wanted = series.select_related("library", "vehicle", "venue").order_by(
        "library__slug", "vehicle__name", "weekday", "arrives", "pk"
    )
    if on is not None:
        wanted = wanted.exclude(ends_on__lte=on)
    for one in wanted.iterator(chunk_size=500):
        yield row_of(one)


def as_csv(rows: Iterable[Mapping[str, str]]) -> str:
    """Return rows as the schema's CSV: UTF-8, commas, headings as the schema spells them.

    Cells are written as they are: other programs read this file, and a cell with an apostrophe put
    before it against spreadsheets would not be the same after a round trip.
    """
    lines = StringIO(newline="")
    writer = csv.DictWriter(lines, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return lines.getvalue()


def as_xlsx(rows: Iterable[Mapping[str, str]]) -> bytes:
    """Return rows as a workbook that can be imported again, with headings in the active language.

    Every cell is text, so that no program turns a date, a time or a postcode into something else. A
    second worksheet says what each column means; importing reads the first.
    """
    sheet = Table(
        title=gettext("Stops"),
        rows=[[row.get(column) or None for column in COLUMNS] for row in rows],
        widths=[_WIDTHS.get(column, 14) for column in COLUMNS],
        head=[heading(column) for column in COLUMNS],
    )
    notes = Table(
        title=gettext("How to fill it in"),
        rows=[[heading(column), str(MEANINGS[column])] for column in COLUMNS],
        widths=[24, 100],
        head=[gettext("Column"), gettext("What to write")],
        is_prose=True,
    )
    return spreadsheets.as_xlsx([sheet, notes], title=gettext("Stops of the mobile library"))
