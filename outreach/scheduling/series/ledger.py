"""What a library's vehicles, people and venues are taken by, while many things are being placed.

Read once; whatever is placed, moved or taken out is known at once to what is placed next. Nothing
is written: see :mod:`outreach.scheduling.series.batch`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils import formats, timezone

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.fleet.models import Unavailability
from outreach.scheduling.models import Duty, Event, State, Trip, TripPause
from outreach.scheduling.series.obstacles import Hindrance, Obstacle

AROUND = timedelta(days=8)
"""Trips last up to a week, and dates are shifted by some days."""


def meet(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> bool:
    """Tell whether two half-open periods share a moment."""
    return one[0] < other[1] and other[0] < one[1]


def span_of(thing: Trip | Event | Duty | TripPause | Unavailability) -> tuple[datetime, datetime]:
    """Return from when until when something lasts."""
    if isinstance(thing, Trip):
        return thing.departs_at, thing.returns_at
    return thing.starts_at, thing.ends_at


class Ledger:
    """The standing trips, events and duties of a library around ``[since, until)``.

    Every event's ``trip`` is the very trip of this ledger; records are told apart by their uid.
    """

    def __init__(self, library: Library, since: date, until: date) -> None:
        self.library = library
        self.zone = library.zone
        self.start = clock.start_of(since, self.zone) - AROUND
        self.end = clock.start_of(until, self.zone) + AROUND
        self._trips: dict[int, list[Trip]] = defaultdict(list)
        self._stops: dict[str, list[Event]] = defaultdict(list)
        self._crews: dict[str, list[Duty]] = defaultdict(list)
        self._pauses: dict[str, list[TripPause]] = defaultdict(list)
        self._at: dict[int, list[Event]] = defaultdict(list)
        self._on_duty: dict[int, list[Duty]] = defaultdict(list)
        self._with_cancelled: set[str] = set()
        self._known: dict[str, Event] = {}
        self._read()

    # --- Reading -------------------------------------------------------------------------------

    def _read(self) -> None:
        near = Trip.objects.filter(library=self.library).standing().meeting(self.start, self.end)
        trips = {trip.pk: trip for trip in near.select_related("vehicle__base")}
        for trip in trips.values():
            trip.library = self.library
            self._trips[trip.vehicle_id].append(trip)
        of_trips = Q(
            trip__departs_at__lt=self.end,
            trip__returns_at__gt=self.start,
            trip__library=self.library,
        )
        meeting = Q(starts_at__lt=self.end, ends_at__gt=self.start)
        events = Event.objects.filter(meeting | of_trips, library=self.library)
        for event in events.select_related("venue__commune").prefetch_related("activities__kind"):
            event.library = self.library
            trip_of = trips.get(event.trip_id or 0)
            if trip_of is not None:
                event.trip = trip_of
            if event.state == State.CANCELLED:
                if trip_of is not None:
                    self._with_cancelled.add(trip_of.uid)
                continue
            self._known[event.uid] = event
            self._put(event)
        self._read_duties(trips)
        for pause in TripPause.objects.filter(
            trip__library=self.library,
            trip__departs_at__lt=self.end,
            trip__returns_at__gt=self.start,
        ):
            if pause.trip_id in trips:
                pause.trip = trips[pause.trip_id]
                self._pauses[pause.trip.uid].append(pause)
        self._read_times_off()

    def _read_duties(self, trips: dict[int, Trip]) -> None:
        by_key = {event.pk: event for event in self._known.values()}
        duties = Duty.objects.filter(
            is_standing=True,
            member__library=self.library,
            starts_at__lt=self.end,
            ends_at__gt=self.start,
        )
        for duty in duties.select_related("member"):
            owner = trips.get(duty.trip_id or 0) or by_key.get(duty.event_id or 0)
            if owner is not None:
                if isinstance(owner, Trip):
                    duty.trip = owner
                else:
                    duty.event = owner
                self._crews[owner.uid].append(duty)
            self._on_duty[duty.member_id].append(duty)

    def _read_times_off(self) -> None:
        self._vehicle_off: dict[int, list[Unavailability]] = defaultdict(list)
        self._member_off: dict[int, list[Unavailability]] = defaultdict(list)
        ours = Q(vehicle__library=self.library) | Q(member__library=self.library)
        for off in Unavailability.objects.filter(ours).meeting(self.start, self.end):
            if off.vehicle_id is not None:
                self._vehicle_off[off.vehicle_id].append(off)
            elif off.member_id is not None:
                self._member_off[off.member_id].append(off)

    # --- What is there -------------------------------------------------------------------------

    def known(self, event: Event) -> Event:
        """Return this ledger's own copy of a standing event, if it lies in its window."""
        return self._known.get(event.uid, event)

    def stops(self, trip: Trip) -> list[Event]:
        """Return the standing events of a trip."""
        return self._stops[trip.uid]

    def crew(self, owner: Trip | Event) -> list[Duty]:
        """Return who is on duty on a trip, or at an event without one."""
        return self._crews[owner.uid]

    def pauses(self, trip: Trip) -> list[TripPause]:
        """Return the pauses of a trip."""
        return self._pauses[trip.uid]

    def has_cancelled(self, trip: Trip) -> bool:
        """Tell whether events hang on a trip that were called off."""
        return trip.uid in self._with_cancelled

    def trips_on(self, vehicle_id: int, day: date) -> list[Trip]:
        """Return the trips of a vehicle that are away on a day, those that depart on it first."""
        found = [
            trip
            for trip in self._trips[vehicle_id]
            if self.day_of(trip.departs_at) <= day <= self.day_of(trip.returns_at)
        ]
        return sorted(found, key=lambda trip: (self.day_of(trip.departs_at) != day, trip.uid))

    def day_of(self, moment: datetime) -> date:
        """Return the day on the library's own calendar."""
        return timezone.localdate(moment, timezone=self.zone)

    # --- What is in the way --------------------------------------------------------------------

    def at_venue(self, event: Event) -> Hindrance | None:
        """Return what an event's venue is taken by at its time."""
        if event.shares_venue:
            return None
        for other in self._at[event.venue_id]:
            if other.uid == event.uid or other.shares_venue:
                continue
            if meet(span_of(other), span_of(event)):
                params = {"venue": event.venue.name, **self._told(other)}
                return Hindrance(Obstacle.VENUE_BUSY, params)
        return None

    def of_vehicle(
        self, vehicle_id: int, name: str, span: tuple[datetime, datetime], but: Trip | None = None
    ) -> Hindrance | None:
        """Return what a vehicle is taken by at a time, leaving out one trip."""
        for off in self._vehicle_off[vehicle_id]:
            if meet(span_of(off), span):
                return Hindrance(Obstacle.VEHICLE_OFF, {"vehicle": name, "what": off.reason})
        for trip in self._trips[vehicle_id]:
            if trip is not but and meet(span_of(trip), span):
                stops = sorted(self.stops(trip), key=lambda stop: stop.starts_at)
                told = self._told(stops[0]) if stops else self._told(trip)
                return Hindrance(Obstacle.VEHICLE_BUSY, {"vehicle": name, **told})
        return None

    def of_member(
        self, duty: Duty, span: tuple[datetime, datetime], but: Trip | Event | None = None
    ) -> Hindrance | None:
        """Return what somebody is taken by at a time, leaving out one trip or event."""
        member = duty.member
        for off in self._member_off[duty.member_id]:
            if meet(span_of(off), span):
                params = {"member": member.full_name, "what": off.reason}
                return Hindrance(Obstacle.MEMBER_OFF, params)
        spared = self._crews[but.uid] if but is not None else ()
        for other in self._on_duty[duty.member_id]:
            if any(other is own for own in spared):
                continue
            if meet(span_of(other), span):
                params = {"member": member.full_name, **self._told(other)}
                return Hindrance(Obstacle.MEMBER_BUSY, params)
        return None

    def _told(self, thing: Trip | Event | Duty) -> dict[str, str]:
        """Return by what people know something that is in the way."""
        start, end = (timezone.localtime(one, self.zone) for one in span_of(thing))
        day = formats.date_format(start, "SHORT_DATE_FORMAT")
        when = f"{day} {start:%H:%M}–{end:%H:%M}"
        if isinstance(thing, Event):
            return {"what": f"“{thing.title}”", "when": when}
        if isinstance(thing, Duty) and thing.event is not None:
            return {"what": f"“{thing.event.title}”", "when": when}
        trip = thing.trip if isinstance(thing, Duty) else thing
        stops = self._stops.get(trip.uid, []) if trip is not None else []
        what = f"“{stops[0].title}”" if stops else "–"
        return {"what": what, "when": when}

    # --- Placing -------------------------------------------------------------------------------

    def put(self, event: Event) -> None:
        """Let an event take its venue, and its place on its trip."""
        self._known[event.uid] = event
        self._put(event)

    def _put(self, event: Event) -> None:
        self._at[event.venue_id].append(event)
        if event.trip is not None:
            self._stops[event.trip.uid].append(event)

    def take_out(self, event: Event) -> None:
        """Let an event take nothing any more; its venue and trip must be as when it was put."""
        _drop(self._at[event.venue_id], event)
        if event.trip is not None:
            _drop(self._stops[event.trip.uid], event)

    def set_down(self, trip: Trip, duties: Sequence[Duty] = ()) -> None:
        """Let a trip take its vehicle, and its crew their time."""
        self._trips[trip.vehicle_id].append(trip)
        self._crews[trip.uid] += duties
        for duty in self._crews[trip.uid]:
            self._on_duty[duty.member_id].append(duty)

    def serve(self, event: Event, duties: Sequence[Duty]) -> None:
        """Let people serve at an event without a trip."""
        self._crews[event.uid] += duties
        for duty in duties:
            self._on_duty[duty.member_id].append(duty)

    def lift(self, trip: Trip) -> None:
        """Let a trip take nothing any more; its vehicle and crew must be as when it was set."""
        _drop(self._trips[trip.vehicle_id], trip)
        for duty in self._crews[trip.uid]:
            _drop(self._on_duty[duty.member_id], duty)

    def add_pauses(self, trip: Trip, pauses: Iterable[TripPause]) -> None:
        """Let a trip have pauses."""
        self._pauses[trip.uid] += list(pauses)


def _drop(things: list[Event] | list[Trip] | list[Duty], gone: object) -> None:
    """Take one thing out of a list, by identity: records that are not stored have no key."""
    for place, thing in enumerate(things):
        if thing is gone:
            del things[place]
            return
