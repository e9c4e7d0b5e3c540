"""How vehicles used to go out: from when to when, and where they slept."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from django.db.models import Prefetch

from outreach.common import clock
from outreach.planning.models import Season
from outreach.scheduling.models import Event, Trip, TripPause

A_YEAR = timedelta(days=365)
EARLIEST, LATEST = time(5, 0), time(20, 0)
USUAL_DEPARTURE, USUAL_RETURN = time(7, 0), time(17, 30)
MOST_NIGHTS = 2
MOST_BEDS = 12
"""So many places to sleep are offered to begin with: those that were used most."""


@dataclass(slots=True)
class Habit:
    """How a vehicle used to go out.

    Attributes:
        departs, returns: the earliest and the latest of its trips, within bounds.
        nights: how many in a row it stayed away at most; 0 to 2.
        beds: keys of the venues where it slept most often: the one of the night, else the last one
            it had served, as crews stay at a guest house near by.
    """

    departs: time = USUAL_DEPARTURE
    returns: time = USUAL_RETURN
    nights: int = 0
    beds: list[int] = field(default_factory=list)


def habits_of(season: Season) -> dict[int, Habit]:
    """Return how vehicles went out in the year before a season and go out in it; three queries."""
    zone = season.library.zone
    trips = (
        Trip.objects.standing()
        .filter(
            library=season.library_id,
            departs_at__gte=clock.start_of(season.starts_on - A_YEAR, zone),
            departs_at__lt=clock.start_of(season.ends_on, zone),
        )
        .prefetch_related(
            Prefetch("events", Event.objects.standing().order_by("starts_at")),
            Prefetch("pauses", TripPause.objects.filter(kind=TripPause.Kind.NIGHT)),
        )
    )
    found: dict[int, Habit] = defaultdict(Habit)
    beds: dict[int, Counter[int]] = defaultdict(Counter)
    for trip in trips.order_by("pk"):
        habit = found[trip.vehicle_id]
        departs = clock.local(trip.departs_at, zone).time().replace(second=0, microsecond=0)
        returns = clock.local(trip.returns_at, zone).time().replace(second=0, microsecond=0)
        habit.departs = max(min(habit.departs, departs), EARLIEST)
        habit.returns = min(max(habit.returns, returns), LATEST)
        nights = list(trip.pauses.all())
        places = [_bed(night, trip.events.all()) for night in nights]
        known = [place for place in places if place is not None]
        habit.nights = max(habit.nights, min(len(known), MOST_NIGHTS))
        beds[trip.vehicle_id].update(known)
    for vehicle, counted in beds.items():
        most = sorted(counted, key=lambda key: (-counted[key], key))
        found[vehicle].beds = sorted(most[:MOST_BEDS])
    return dict(found)


def _bed(night: TripPause, events: Iterable[Event]) -> int | None:
    """Return the venue of a night, or the last one served before it."""
    if night.venue_id is not None:
        return night.venue_id
    served: list[tuple[datetime, int]] = [
        (event.ends_at, event.venue_id) for event in events if event.ends_at <= night.starts_at
    ]
    return max(served)[1] if served else None
