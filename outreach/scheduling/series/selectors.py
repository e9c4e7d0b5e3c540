"""Series as the pages show them: the list, the dates of one, what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.common.folding import fold
from outreach.common.history import Entry, Names, entries
from outreach.scheduling.models import Event, Series, SeriesQuerySet, State
from outreach.scheduling.series.making import days_of, exceptions_of, with_places
from outreach.scheduling.series.seating import instant
from outreach.scheduling.series.wording import describe

AHEAD = timedelta(days=366)
BACK = timedelta(days=92)


def of_library(
    library: Library,
    *,
    text: str = "",
    vehicle: int | None = None,
    shows: str = "",
    now: datetime | None = None,
) -> SeriesQuerySet:
    """Return the series of a library with how many dates are to come, and when the next one is.

    Args:
        text: words of the venue, its village, the route or the title, in any spelling.
        vehicle: key of the vehicle.
        shows: "" for those that still hold, ``ended`` for the others, ``all`` for both.
    """
    moment = now or clock.now()
    today = clock.local(moment, library.zone).date()
    rows = with_places().filter(library=library)
    if text.strip():
        words = fold(text)
        rows = rows.filter(
            Q(venue__folded__contains=words)
            | Q(venue__locality_folded__contains=words)
            | Q(route__icontains=text.strip())
            | Q(title__icontains=text.strip())
        )
    if vehicle is not None:
        rows = rows.filter(vehicle=vehicle)
    holds = Q(ends_on__isnull=True) | Q(ends_on__gt=today)
    if shows == "ended":
        rows = rows.exclude(holds)
    elif shows != "all":
        rows = rows.filter(holds)
    to_come = Q(events__starts_at__gt=moment) & ~Q(events__state=State.CANCELLED)
    return rows.annotate(
        to_come=Count("events", filter=to_come),
        next_at=Min("events__starts_at", filter=to_come),
    ).order_by("vehicle__name", "weekday", "arrives", "pk")


class DateState(StrEnum):
    """How a date of a series stands."""

    REGULAR = "regular"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    LEFT_OUT = "left_out"
    NOT_MADE = "not_made"


@dataclass(frozen=True, slots=True)
class SeriesDate:
    """One date of a series.

    Attributes:
        on: the date in the series.
        state: whether its event is as the series says.
        event: its event, if it has one.
        is_past: whether it does not change any more.
        wanted_at: when it would begin by the rule.
    """

    on: date
    state: DateState
    event: Event | None
    is_past: bool
    wanted_at: datetime | None


def dates_of(
    series: Series, *, since: date, until: date, now: datetime | None = None
) -> list[SeriesDate]:
    """Return the dates of a series in ``[since, until)``, also those left out or not made yet."""
    moment = now or clock.now()
    events = {
        event.series_on: event
        for event in Event.objects.filter(
            series=series, series_on__gte=since, series_on__lt=until
        ).for_lists()
    }
    left_out = exceptions_of(series)
    days = sorted({*days_of(series, since, until, exceptions=()), *(d for d in events if d)})
    return [_date(series, day, events.get(day), day in left_out, moment) for day in days]


def differs(series: Series, event: Event) -> bool:
    """Tell whether an event is at another time or place than its series says, or comes otherwise"""
    if event.series_on is None:
        return True
    wanted = (
        instant(event.series_on, series.arrives, series.library),
        instant(event.series_on, series.departs, series.library),
        series.venue_id,
        series.vehicle_id,
    )
    vehicle = event.trip.vehicle_id if event.trip is not None else None
    return (event.starts_at, event.ends_at, event.venue_id, vehicle) != wanted


def _date(
    series: Series, day: date, event: Event | None, is_left_out: bool, now: datetime
) -> SeriesDate:
    wanted_at = instant(day, series.arrives, series.library)
    begins = event.starts_at if event is not None else wanted_at
    if event is None:
        state = DateState.LEFT_OUT if is_left_out else DateState.NOT_MADE
    elif event.state == State.CANCELLED:
        state = DateState.CANCELLED
    else:
        state = DateState.CHANGED if differs(series, event) else DateState.REGULAR
    return SeriesDate(day, state, event, begins is None or begins <= now, wanted_at)


def next_dates(series: Series, *, most: int = 60, now: datetime | None = None) -> list[Event]:
    """Return the standing events of a series that are to come, in order."""
    moment = now or clock.now()
    events = Event.objects.filter(series=series, starts_at__gt=moment).standing()
    return list(
        events.select_related("venue", "trip__vehicle")
        .prefetch_related("activities__kind")
        .order_by("series_on")[:most]
    )


def series_history(series: Series) -> list[Entry]:
    """Return what became of a series and those it continues or that continue it, newest first."""
    keys = {series.pk, *series.continued_by.values_list("pk", flat=True)}
    if series.continues_id is not None:
        keys.add(series.continues_id)
    rows: Any = Series.history.filter(id__in=keys)
    return entries(list(rows), _what)


def _what(row: Any, _names: Names) -> str:
    rule = describe(row.rule, row.starts_on)
    return _("Series from %(day)s, %(rule)s") % {"day": f"{row.starts_on:%d/%m/%Y}", "rule": rule}


def in_season(library: Library, since: date, until: date) -> QuerySet[Series]:
    """Return the series of a library that hold some time in ``[since, until)``."""
    held = Event.objects.filter(series=OuterRef("pk"), series_on__gte=since, series_on__lt=until)
    return (
        with_places()
        .filter(library=library, starts_on__lt=until)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gt=since))
        .annotate(has_events=Exists(held.standing()))
    )


def has_dates(series: Sequence[Series], since: date, until: date) -> list[Series]:
    """Return those of some series that have a date in ``[since, until)``."""
    return [one for one in series if days_of(one, since, until)]
