"""What stands in the way of events and trips at the times they are to have: asked in bulk.

The database has the last word; this says beforehand what it would refuse, and names it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from outreach.scheduling.clashes import MESSAGES
from outreach.scheduling.models import Duty, Event, Trip


@dataclass(slots=True)
class Wanted:
    """What is to stand at which time, once what is ``lifted`` is out of the way.

    Attributes:
        events: standing events with the times, venues and trips they are to have.
        trips: standing trips likewise.
        duties: crews likewise.
        lifted_events: keys of the events that leave the place where they are stored.
        lifted_trips: keys of such trips; their crews leave with them.
    """

    events: list[Event] = field(default_factory=list)
    trips: list[Trip] = field(default_factory=list)
    duties: list[Duty] = field(default_factory=list)
    lifted_events: Collection[int] = ()
    lifted_trips: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something that is taken already.

    Attributes:
        code: ``venue_busy``, ``trip_busy``, ``vehicle_busy`` or ``member_busy``.
        wanted: the record that finds no place.
        taken_by: the event in the way; ``None`` where a trip has none.
    """

    code: str
    message: str
    wanted: Event | Trip | Duty
    taken_by: Event | None


@dataclass(frozen=True, slots=True)
class _Span:
    """A time at which a resource is taken, or is to be."""

    resource: int
    starts_at: datetime
    ends_at: datetime
    record: Event | Trip | Duty


def obstacles(wanted: Wanted) -> list[Obstacle]:
    """Return what is in the way of ``wanted``, a query for each kind of resource."""
    return [
        *_met("venue_busy", _venues(wanted.events), _taken_venues(wanted)),
        *_met("trip_busy", _stops(wanted.events), _taken_trips(wanted)),
        *_met("vehicle_busy", map(_of_trip, wanted.trips), map(_of_trip, _other_trips(wanted))),
        *_met("member_busy", map(_of_duty, wanted.duties), map(_of_duty, _other_duties(wanted))),
    ]


def _met(code: str, wanted: Iterable[_Span], taken: Iterable[_Span]) -> Iterator[Obstacle]:
    """Yield an obstacle for each wanted span that meets a taken one, or an earlier wanted one."""
    by_resource: dict[int, list[_Span]] = defaultdict(list)
    for span in taken:
        by_resource[span.resource].append(span)
    for span in wanted:
        rows = by_resource[span.resource]
        found = next((one for one in rows if _overlap(one, span)), None)
        if found is not None:
            yield _obstacle(code, span, found)
        rows.append(span)


def _overlap(one: _Span, other: _Span) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _obstacle(code: str, wanted: _Span, taken: _Span) -> Obstacle:
    event = _event_of(taken.record)
    params = {
        "who": str(_owner(wanted.record, code)),
        "when": _clock(taken.starts_at, taken.ends_at),
        "what": f"“{event.title}”" if event else _("a trip without events yet"),
    }
    return Obstacle(code, str(MESSAGES[code]) % params, wanted.record, event)


def _owner(record: Event | Trip | Duty, code: str) -> object:
    if isinstance(record, Trip):
        return record.vehicle
    if isinstance(record, Duty):
        return record.member
    return record.trip if code == "trip_busy" else record.venue


def _event_of(record: Event | Trip | Duty) -> Event | None:
    if isinstance(record, Event):
        return record
    if isinstance(record, Duty) and record.event is not None:
        return record.event
    trip = record if isinstance(record, Trip) else record.trip
    if trip is None or trip.pk is None:
        return None
    return trip.events.standing().order_by("starts_at").first()


def _clock(starts_at: datetime, ends_at: datetime) -> str:
    start, end = timezone.localtime(starts_at), timezone.localtime(ends_at)
    if start.date() == end.date():
        return f"{start:%d/%m/%Y %H:%M}–{end:%H:%M}"
    return f"{start:%d/%m/%Y %H:%M} – {end:%d/%m/%Y %H:%M}"


# --- Resources ---------------------------------------------------------------------------------


def _venues(events: Sequence[Event]) -> list[_Span]:
    alone = [event for event in events if not event.shares_venue]
    return [_Span(event.venue_id, event.starts_at, event.ends_at, event) for event in alone]


def _stops(events: Iterable[Event]) -> list[_Span]:
    """Return the spans of stops of stored trips: those of a new trip come from one trip alone."""
    return [
        _Span(event.trip.pk, event.starts_at, event.ends_at, event)
        for event in events
        if event.trip is not None and event.trip.pk is not None
    ]


def _taken_venues(wanted: Wanted) -> list[_Span]:
    venues = {event.venue_id for event in wanted.events}
    return _venues(list(_other_events(wanted, Q(venue__in=venues, shares_venue=False))))


def _taken_trips(wanted: Wanted) -> list[_Span]:
    trips = {event.trip.pk for event in wanted.events if event.trip and event.trip.pk}
    return _stops(_other_events(wanted, Q(trip__in=trips)))


def _other_events(wanted: Wanted, where: Q) -> Iterable[Event]:
    if not wanted.events:
        return []
    others = Event.objects.standing().exclude(pk__in=wanted.lifted_events)
    span = _whole(_venue_span(event) for event in wanted.events)
    return others.meeting(*span).filter(where).select_related("venue", "trip__vehicle")


def _other_trips(wanted: Wanted) -> Iterable[Trip]:
    if not wanted.trips:
        return []
    others = Trip.objects.standing().exclude(pk__in=wanted.lifted_trips)
    span = _whole(_of_trip(trip) for trip in wanted.trips)
    vehicles = {trip.vehicle_id for trip in wanted.trips}
    return others.meeting(*span).filter(vehicle__in=vehicles).select_related("vehicle")


def _other_duties(wanted: Wanted) -> Iterable[Duty]:
    if not wanted.duties:
        return []
    start, end = _whole(_of_duty(duty) for duty in wanted.duties)
    others = Duty.objects.filter(is_standing=True, starts_at__lt=end, ends_at__gt=start)
    others = others.filter(member__in={duty.member_id for duty in wanted.duties})
    # Not exclude(): that would drop the duties without a trip, too.
    kept = (Q(trip=None) | ~Q(trip__in=wanted.lifted_trips)) & (
        Q(event=None) | ~Q(event__in=wanted.lifted_events)
    )
    return others.filter(kept).select_related("member", "event", "trip")


def _venue_span(event: Event) -> _Span:
    return _Span(event.venue_id, event.starts_at, event.ends_at, event)


def _of_trip(trip: Trip) -> _Span:
    return _Span(trip.vehicle_id, trip.departs_at, trip.returns_at, trip)


def _of_duty(duty: Duty) -> _Span:
    return _Span(duty.member_id, duty.starts_at, duty.ends_at, duty)


def _whole(spans: Iterable[_Span]) -> tuple[datetime, datetime]:
    every = list(spans)
    return min(one.starts_at for one in every), max(one.ends_at for one in every)
