"""What of a season's schedule a plan is about, and which of it is which visit of a proposal.

A trip belongs to the plan if every event of it that stands is a visit with mobile service at a
venue of the scenario. Other trips, and events without one, are left alone: they take the vehicle,
the people and the venue, and that is all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from outreach.common import bulk, clock
from outreach.planning.models import ProposedVisit, Scenario, ScenarioStop, Season
from outreach.planning.selectors import VISIT
from outreach.scheduling import board
from outreach.scheduling.models import Event, Trip

FARTHEST_DAYS = 14
"""A visit that is farther from an event than this, or half a cycle, is another visit."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The trips of a season that belong to a plan.

    Attributes:
        past: those that leave before ``since``, in order of departure: nobody plans them anew.
        coming: the others.
        since: the first day that may still be planned: tomorrow, or the season's first.
    """

    past: tuple[Trip, ...]
    coming: tuple[Trip, ...]
    since: date

    @property
    def trips(self) -> tuple[Trip, ...]:
        """All of them."""
        return (*self.past, *self.coming)


def standing_of(scenario: Scenario, *, now: datetime) -> Standing:
    """Return the trips of the schedule that the scenario's plan is about; a few queries."""
    season = scenario.season
    zone = season.library.zone
    venues = set(scenario.stops.values_list("venue_id", flat=True))
    since = max(season.starts_on, clock.local(now, zone).date() + timedelta(days=1))
    begins_at = clock.start_of(since, zone)
    trips = [trip for trip in _trips(season) if _is_of_plan(trip, venues)]
    return Standing(
        past=tuple(trip for trip in trips if trip.departs_at < begins_at),
        coming=tuple(trip for trip in trips if trip.departs_at >= begins_at),
        since=since,
    )


def events_of(trips: Iterable[Trip]) -> list[Event]:
    """Return the standing events of loaded trips; each knows its trip as it was loaded."""
    found = []
    for trip in trips:
        for event in trip.events.all():
            if not event.is_cancelled:
                event.trip = trip
                event.library = trip.library
                found.append(event)
    return found


def _trips(season: Season) -> list[Trip]:
    zone = season.library.zone
    own = Trip.objects.standing().filter(
        library=season.library_id,
        departs_at__gte=clock.start_of(season.starts_on, zone),
        departs_at__lt=clock.start_of(season.ends_on, zone),
    )
    return list(board.with_everything(own).order_by("departs_at", "pk"))


def _is_of_plan(trip: Trip, venues: Collection[int]) -> bool:
    events = [event for event in trip.events.all() if not event.is_cancelled]
    return bool(events) and all(
        event.venue_id in venues
        and any(activity.kind_id == VISIT for activity in event.activities.all())
        for event in events
    )


@dataclass(frozen=True, slots=True)
class Slot:
    """A visit or an event as it is matched: its venue, its day, and the day it was due.

    Attributes:
        key: whatever tells it apart.
    """

    key: int
    venue: int
    on: date
    due_on: date


def slots_of(events: Iterable[Event], zone: ZoneInfo) -> list[Slot]:
    """Return events as they are matched; one query tells what they were due as."""
    rows = list(events)
    due = due_days({event.pk for event in rows})
    found = []
    for event in rows:
        on = clock.local(event.starts_at, zone).date()
        found.append(Slot(event.pk, event.venue_id, on, due.get(event.pk, on)))
    return found


def due_days(events: Collection[int]) -> dict[int, date]:
    """Return for which day of its rhythm each event was planned, of those that came from a plan."""
    found: dict[int, date] = {}
    for some in bulk.in_parts(sorted(events)):
        # The latest proposal has the last word.
        rows = ProposedVisit.objects.filter(event__in=some).order_by("pk")
        found |= dict(rows.values_list("event_id", "occurrence_on"))
    return found


def matched(
    wanted: Sequence[Slot], stored: Sequence[Slot], reach: Mapping[int, int]
) -> dict[int, int]:
    """Return which stored slot each wanted one is, by their keys; each is taken once.

    The same venue and day; else the same venue and due day; else, of the rest of a venue, the
    nearest in time, within ``reach``.

    Args:
        reach: by venue, how many days apart the same visit may lie.
    """
    of_venue: dict[int, tuple[list[Slot], list[Slot]]] = defaultdict(lambda: ([], []))
    for slot in sorted(wanted, key=_order):
        of_venue[slot.venue][0].append(slot)
    for slot in sorted(stored, key=_order):
        of_venue[slot.venue][1].append(slot)
    found: dict[int, int] = {}
    for venue, (visits, events) in of_venue.items():
        found |= _paired(visits, events, reach.get(venue, FARTHEST_DAYS))
    return found


def reach_of(stops: Iterable[ScenarioStop]) -> dict[int, int]:
    """Return by venue how far apart a visit and an event may lie to be the same one."""
    found = {}
    for stop in stops:
        is_cyclic = stop.rhythm == ScenarioStop.Rhythm.WEEKS
        half = stop.every_weeks * 7 // 2
        found[stop.venue_id] = half if is_cyclic else FARTHEST_DAYS
    return found


def _paired(visits: list[Slot], events: list[Slot], reach: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for tell in (_day, _due):
        free: dict[date, list[Slot]] = defaultdict(list)
        for event in events:
            free[tell(event)].append(event)
        for visit in list(visits):
            if free[tell(visit)]:
                event = free[tell(visit)].pop(0)
                found[visit.key] = event.key
                visits.remove(visit)
                events.remove(event)
    near = sorted(
        (abs((visit.on - event.on).days), visit.on, event.on, visit.key, event.key)
        for visit in visits
        for event in events
    )
    taken: set[int] = set()
    for days, _on, _was, visit_key, event_key in near:
        if days <= reach and visit_key not in found and event_key not in taken:
            found[visit_key] = event_key
            taken.add(event_key)
    return found


def _order(slot: Slot) -> tuple[date, int]:
    return slot.on, slot.key


def _day(slot: Slot) -> date:
    return slot.on


def _due(slot: Slot) -> date:
    return slot.due_on
