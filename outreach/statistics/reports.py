"""The reports a union hands in: which figures, from where, and what is still missing.

What comes from events is read from the cells, what comes from the building from the libraries'
monthly figures. The two stand side by side and are added once. Gifts never enter circulation, and a
reader served at an event is one reader visit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import Library
from outreach.attendance.models import SHEET_MEASURES, How, ResultSheet
from outreach.common import clock
from outreach.common.periods import (
    Period,
    add_months,
    evaluation_year,
    evaluation_year_of,
    months_between,
)
from outreach.scheduling.models import Event
from outreach.statistics.domain import Value, added, is_asked
from outreach.statistics.models import BUILDING_MEASURES, BuildingFigures, Cell
from outreach.statistics.services.cells import fold


@dataclass(frozen=True, slots=True)
class Parts:
    """One figure of one library, or of all together.

    Attributes:
        events: the part from result sheets; ``None`` where events do not count this.
        building: the part from the building's monthly figures; ``None`` likewise.
    """

    events: Value | None = None
    building: Value | None = None

    @property
    def together(self) -> Value:
        """Both parts added."""
        return added(part for part in (self.events, self.building) if part is not None)

    def __add__(self, other: Parts) -> Parts:
        return Parts(_plus(self.events, other.events), _plus(self.building, other.building))


@dataclass(frozen=True, slots=True)
class Row:
    """What one line of the report counts.

    Attributes:
        key: stable name, also in the downloads.
        note: how it is counted, where the label does not say.
        events: codes of what events contribute, added up.
        building: codes of the building's figures, added up.
        sums: whether it adds up lines that stand above it.
    """

    key: str
    label: str | Promise
    note: str | Promise = ""
    events: tuple[str, ...] = ()
    building: tuple[str, ...] = ()
    sums: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report with its figures; ``by_library`` is in the report's order."""

    row: Row
    by_library: Sequence[Parts]
    total: Parts


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under one heading."""

    title: str | Promise
    note: str | Promise
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Completeness:
    """What the figures of one library, or of all, still lack.

    Attributes:
        months_expected: months of the year that are over.
        months_received: how many of these have building figures.
        events_expected: published events of the year that are over and were not cancelled.
        events_received: how many of these have an accepted result sheet.
    """

    months_expected: int = 0
    months_received: int = 0
    events_expected: int = 0
    events_received: int = 0

    @property
    def months_missing(self) -> int:
        """Months without building figures."""
        return self.months_expected - self.months_received

    @property
    def events_missing(self) -> int:
        """Past events without an accepted sheet."""
        return self.events_expected - self.events_received

    @property
    def is_complete(self) -> bool:
        """Whether nothing that could be here is missing."""
        return not self.months_missing and not self.events_missing

    def __add__(self, other: Completeness) -> Completeness:
        return Completeness(
            self.months_expected + other.months_expected,
            self.months_received + other.months_received,
            self.events_expected + other.events_expected,
            self.events_received + other.events_received,
        )


@dataclass(frozen=True, slots=True)
class Review:
    """The report of one evaluation year."""

    year: int
    period: Period[date]
    is_over: bool
    libraries: Sequence[Library]
    sections: Sequence[Section]
    completeness: Sequence[Completeness]
    total_completeness: Completeness

    @property
    def lines(self) -> list[Line]:
        """All lines, in order."""
        return [line for section in self.sections for line in section.lines]

    def line(self, key: str) -> Line:
        """Return the line called ``key``.

        Raises:
            KeyError: if there is none.
        """
        return {line.row.key: line for line in self.lines}[key]


EXHIBITIONS, MOBILE_EVENTS, GIFTS = "exhibitions", "mobile_events", "items_given"
"""What events contribute beside the measures of a sheet: activities of a kind, events of a kind."""

_SECTIONS: tuple[tuple[str | Promise, str | Promise, tuple[Row, ...]], ...] = (
    (
        _("Activities and collections"),
        "",
        (
            Row(
                "exhibitions",
                _("Exhibitions held"),
                _("Exhibitions on the result sheets, on their own or beside other activities."),
                events=(EXHIBITIONS,),
            ),
            Row("copies_added", _("Books added (copies)"), building=("copies_added",)),
            Row(
                "newspapers_added",
                _("Newspapers and magazines added"),
                building=("newspapers_added",),
            ),
            Row("records_entered", _("Data records entered"), building=("records_entered",)),
        ),
    ),
    (
        _("Readers and circulation"),
        "",
        (
            Row(
                "cards_issued",
                _("Cards issued"),
                events=("cards_issued",),
                building=("cards_issued",),
            ),
            Row(
                "cards_renewed",
                _("Cards renewed"),
                events=("cards_renewed",),
                building=("cards_renewed",),
            ),
            Row(
                "cards",
                _("Cards issued and renewed"),
                events=("cards_issued", "cards_renewed"),
                building=("cards_issued", "cards_renewed"),
                sums=True,
            ),
            Row(
                "reader_visits",
                _("Reader visits"),
                _("People served at events and visits to the building; once per visit."),
                events=("people_served",),
                building=("reader_visits",),
            ),
            Row(
                "circulation",
                _("Books and periodicals circulated"),
                _("Used on site and lent. Gifts and books merely shown are not circulation."),
                events=("items_used", "items_lent"),
                building=("items_used", "items_lent"),
            ),
        ),
    ),
    (
        _("Outreach, told apart"),
        _("The readers are among the reader visits above: do not add them again."),
        (
            Row(
                "mobile_events",
                _("Mobile service events"),
                _("Events whose main activity was mobile service."),
                events=(MOBILE_EVENTS,),
            ),
            Row("people_served", _("Readers served at events"), events=("people_served",)),
            Row(
                "items_given",
                _("Books and other items given"),
                _("Gifts, in no figure of circulation."),
                events=(GIFTS,),
            ),
        ),
    ),
)


def union_review(year: int, libraries: Iterable[Library], *, now: datetime | None = None) -> Review:
    """Return the report of the evaluation year (1 December before to 30 November of ``year``).

    The number of queries depends neither on the libraries nor on the events.

    Args:
        year: the year it ends in, 2-9998.
        libraries: those it is about, in the order they are shown; the total is theirs.
        now: the present instant; what is over by then is expected to be reported.
    """
    listed, moment = list(libraries), now or clock.now()
    period = evaluation_year(year)
    fold()
    events = _events(period, listed)
    months = _building_rows(period, listed)
    expected = _months_over(period, moment)
    sections = [
        Section(title, note, [_line(row, listed, events, months, expected) for row in rows])
        for title, note, rows in _SECTIONS
    ]
    lacking = _completeness(period, listed, months, expected, moment)
    return Review(
        year=year,
        period=period,
        is_over=len(expected) == len(_months(period)),
        libraries=listed,
        sections=sections,
        completeness=lacking,
        total_completeness=sum(lacking, Completeness()),
    )


def years_with_figures(libraries: Iterable[Library], *, now: datetime | None = None) -> list[int]:
    """Return the evaluation years that have figures, and the running one; latest first."""
    fold()
    listed = list(libraries)
    months: set[date] = set()
    for model in (Cell, BuildingFigures):
        rows = model._default_manager.filter(library__in=listed).order_by()
        months.update(rows.values_list("month", flat=True).distinct())
    running = evaluation_year_of(clock.local(now or clock.now()).date())
    return sorted({running, *map(evaluation_year_of, months)}, reverse=True)


# --- The lines -----------------------------------------------------------------------------------

Events = Mapping[int, Mapping[str, Value]]
Months = Mapping[int, Mapping[date, Mapping[str, Any]]]


def _line(
    row: Row, libraries: Sequence[Library], events: Events, months: Months, expected: list[date]
) -> Line:
    parts = [_parts(row, events[library.pk], months[library.pk], expected) for library in libraries]
    nothing = Parts(Value() if row.events else None, Value() if row.building else None)
    return Line(row, parts, sum(parts, nothing))


def _parts(
    row: Row,
    events: Mapping[str, Value],
    entered: Mapping[date, Mapping[str, Any]],
    expected: list[date],
) -> Parts:
    counted = [events.get(code, Value()) for code in row.events]
    built = [_built(code, entered, expected) for code in row.building]
    return Parts(added(counted) if counted else None, added(built) if built else None)


def _plus(one: Value | None, other: Value | None) -> Value | None:
    if one is None or other is None:
        return one or other
    return one + other


# --- From events ---------------------------------------------------------------------------------


def _events(period: Period[date], libraries: Sequence[Library]) -> Events:
    """Return by library what its events contribute, in one query of the cells."""
    columns = ["events", "activities", "items_given", "items_given_estimated"]
    columns.append("items_given_missing")
    for code in SHEET_MEASURES:
        columns += [code, f"{code}_estimated", f"{code}_missing"]
    cells = (
        Cell.objects.filter(_in(period), library__in=libraries)
        .order_by()
        .values("library_id", "kind_id")
        .annotate(**{f"sum_{name}": Sum(name) for name in columns})
    )
    found: dict[int, dict[str, Value]] = defaultdict(dict)
    for cell in cells:
        kept = found[cell["library_id"]]
        for code, value in _of_cell(cell["kind_id"], cell).items():
            kept[code] = kept.get(code, Value()) + value
    return found


def _of_cell(kind: str, cell: Mapping[str, Any]) -> dict[str, Value]:
    values = {code: _value(cell, code, cell["sum_events"]) for code in SHEET_MEASURES}
    asked = cell["sum_activities"] if is_asked("items_given", kind) else 0
    values[GIFTS] = _value(cell, "items_given", asked)
    if kind == "exhibition":
        values[EXHIBITIONS] = _count(cell["sum_activities"])
    if kind == "mobile_service":
        values[MOBILE_EVENTS] = _count(cell["sum_events"])
    return values


def _value(cell: Mapping[str, Any], code: str, bearers: int) -> Value:
    estimated, missing = cell[f"sum_{code}_estimated"], cell[f"sum_{code}_missing"]
    return Value(cell[f"sum_{code}"], estimated, bearers, missing)


def _count(number: int) -> Value:
    return Value(number, bearers=number)


# --- From the building ---------------------------------------------------------------------------


def _building_rows(period: Period[date], libraries: Sequence[Library]) -> Months:
    names = [name for code in BUILDING_MEASURES for name in (code, f"{code}_how")]
    rows = BuildingFigures.objects.filter(_in(period), library__in=libraries).order_by()
    found: dict[int, dict[date, Mapping[str, Any]]] = defaultdict(dict)
    for row in rows.values("library_id", "month", *names):
        found[row["library_id"]][row["month"]] = row
    return found


def _built(code: str, entered: Mapping[date, Mapping[str, Any]], expected: list[date]) -> Value:
    """Return a year's sum; a month that is over and was never entered is missing."""
    absent = len(set(expected) - entered.keys())
    value = Value(bearers=absent, missing=absent)
    for row in entered.values():
        amount = row[code] or 0
        estimated = amount if row[f"{code}_how"] == How.ESTIMATED else 0
        value += Value(amount, estimated, 1, int(row[code] is None))
    return value


# --- What is missing -----------------------------------------------------------------------------


def _completeness(
    period: Period[date],
    libraries: Sequence[Library],
    months: Months,
    expected: list[date],
    now: datetime,
) -> list[Completeness]:
    events = _past_events(period, libraries, now)
    return [
        Completeness(
            len(expected), len(months[library.pk].keys() & set(expected)), *events[library.pk]
        )
        for library in libraries
    ]


def _past_events(
    period: Period[date], libraries: Sequence[Library], now: datetime
) -> Mapping[int, tuple[int, int]]:
    """Return by library its past events and how many of them have an accepted sheet.

    Today's are left out, as on the page of results: their sheets may still come.
    """
    found: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    if not libraries:
        return found
    accepted = ResultSheet.objects.accepted().filter(event=OuterRef("pk"))
    events = (
        Event.objects.standing()
        .filter(_held_in(period, libraries, now), published_at__isnull=False)
        .annotate(has_sheet=Exists(accepted))
        .order_by()
        .values("library_id")
        .annotate(past=Count("pk"), logged=Count("pk", filter=Q(has_sheet=True)))
    )
    found.update({row["library_id"]: (row["past"], row["logged"]) for row in events})
    return found


def _held_in(period: Period[date], libraries: Sequence[Library], now: datetime) -> Q:
    """Return the condition that an event was held in the period by its library's own clocks."""
    end = period.end or date.max
    conditions = []
    for zone in {library.zone for library in libraries}:
        today = clock.start_of(clock.local(now, zone).date(), zone)
        conditions.append(
            Q(
                library__in=[library for library in libraries if library.zone == zone],
                starts_at__gte=clock.start_of(period.start, zone),
                starts_at__lt=clock.start_of(end, zone),
                ends_at__lte=today,
            )
        )
    return reduce(or_, conditions)


def _in(period: Period[date]) -> Q:
    return Q(month__gte=period.start) & Q(month__lt=period.end)


def _months(period: Period[date]) -> list[date]:
    return months_between(period.start, period.end or date.max)


def _months_over(period: Period[date], now: datetime) -> list[date]:
    today = clock.local(now).date()
    return [month for month in _months(period) if add_months(month, 1) <= today]
