"""Two seasons side by side: which stops are added, dropped, or served otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue
from outreach.scheduling.models import Event, Series
from outreach.scheduling.series.making import days_of
from outreach.scheduling.series.selectors import in_season
from outreach.scheduling.series.wording import named

Period = tuple[date, date]
"""Half open."""


class Difference(StrEnum):
    """What the later season does with a stop."""

    ADDED = "added"
    DROPPED = "dropped"
    CHANGED = "changed"
    SAME = "same"


@dataclass(slots=True)
class Service:
    """How a stop is served in a season.

    Attributes:
        days: of all visits.
        weekdays: on which visits are, 0 for Monday.
        times: from when until when.
        series: those it is served by, of the later season.
    """

    days: set[date] = field(default_factory=set)
    weekdays: set[int] = field(default_factory=set)
    times: set[tuple[time, time]] = field(default_factory=set)
    vehicles: set[str] = field(default_factory=set)
    series: list[Series] = field(default_factory=list)
    alone: int = 0

    @property
    def visits(self) -> int:
        """How many visits there are."""
        return len(self.days)

    @property
    def every_weeks(self) -> int | None:
        """Return about how many weeks lie between two visits; ``None`` for a single one."""
        ordered = sorted(self.days)
        if len(ordered) < 2:
            return None
        return max(round(median((b - a).days for a, b in pairwise(ordered)) / 7), 1)

    @property
    def on(self) -> str:
        """The weekdays in words."""
        return named(sorted(self.weekdays))

    @property
    def hours(self) -> str:
        """The times of day."""
        return ", ".join(f"{start:%H:%M}–{end:%H:%M}" for start, end in sorted(self.times))

    @property
    def by(self) -> str:
        """The vehicles."""
        return ", ".join(sorted(self.vehicles))

    def pattern(self) -> tuple[object, ...]:
        """Return what makes two seasons the same for a stop."""
        return (self.every_weeks, sorted(self.weekdays), sorted(self.times), sorted(self.vehicles))


@dataclass(frozen=True, slots=True)
class Stop:
    """A venue in two seasons."""

    venue: Venue
    before: Service
    after: Service

    @property
    def difference(self) -> Difference:
        """What the later season does with it."""
        if not self.before.visits:
            return Difference.ADDED
        if not self.after.visits:
            return Difference.DROPPED
        same = self.before.pattern() == self.after.pattern()
        return Difference.SAME if same else Difference.CHANGED

    @property
    def running(self) -> list[Series]:
        """The series that go on beyond the boundary, to be dropped or changed there."""
        return self.after.series


def compare(library: Library, before: Period, after: Period) -> list[Stop]:
    """Return every stop of two seasons, by name; in a fixed number of queries.

    A series counts with all of its dates in a season, whether their events are made already or not.
    """
    venues: dict[int, Venue] = {}
    earlier, later = (_services(library, period, venues) for period in (before, after))
    stops = [Stop(venue, earlier[key], later[key]) for key, venue in venues.items()]
    return sorted(stops, key=lambda stop: (stop.venue.name, stop.venue.pk))


def _services(library: Library, period: Period, venues: dict[int, Venue]) -> dict[int, Service]:
    services: dict[int, Service] = defaultdict(Service)
    for series in in_season(library, *period):
        days = days_of(series, *period)
        if days:
            venues[series.venue_id] = series.venue
            _add(services[series.venue_id], days, (series.arrives, series.departs), series.vehicle)
            services[series.venue_id].series.append(series)
    for event in _alone(library, period):
        venues[event.venue_id] = event.venue
        start, end = (clock.local(one, library.zone) for one in (event.starts_at, event.ends_at))
        vehicle = event.trip.vehicle if event.trip is not None else None
        _add(services[event.venue_id], [start.date()], (start.time(), end.time()), vehicle)
        services[event.venue_id].alone += 1
    return services


def _alone(library: Library, period: Period) -> Iterable[Event]:
    """Return the standing events of a season that are of no series."""
    start, end = (clock.start_of(day, library.zone) for day in period)
    return (
        Event.objects.filter(library=library, series=None, starts_at__gte=start, starts_at__lt=end)
        .standing()
        .select_related("venue__commune", "trip__vehicle")
    )


def _add(
    service: Service, days: Iterable[date], hours: tuple[time, time], vehicle: Vehicle | None
) -> None:
    for day in days:
        service.days.add(day)
        service.weekdays.add(day.weekday())
    service.times.add(hours)
    if vehicle is not None:
        service.vehicles.add(vehicle.name)


def last_day(period: Period) -> date:
    """Return the last day of a half-open period."""
    return period[1] - timedelta(days=1)
