"""Finding each event its venue, its vehicle and its trip, and each trip its crew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.fleet.models import CrewMember, Vehicle
from outreach.places.models import AdministrativeUnit, Venue
from outreach.places.selectors import commune_of
from outreach.scheduling.models import Duty, Event, State, Trip, TripPause, new_uid
from outreach.scheduling.series.batch import Batch, Moved
from outreach.scheduling.series.ledger import Ledger, meet, span_of
from outreach.scheduling.series.obstacles import Hindrance, Obstacle
from outreach.scheduling.ways import Ways

SPARE_MIN = 10
"""Minutes to spare on the way from the base, as the rules want it by default."""
LONGEST_WAY_MIN = 4 * 60
"""A longer way is more likely a slip in the data: the trip then begins with its first event."""

Crew = Sequence[tuple[CrewMember, str]]
Span = tuple[datetime, datetime]


def instant(day: date, said: time, library: Library) -> datetime | None:
    """Return the instant of a clock time on a day; ``None`` where the clocks leave it out."""
    moment = clock.at(day, said, library.zone)
    shown = moment.astimezone(UTC).astimezone(library.zone)
    return moment if shown.time() == said else None


@dataclass(slots=True)
class Lifted:
    """An event that was taken up to be put elsewhere, with where it was."""

    event: Event
    starts_at: datetime
    ends_at: datetime
    venue: Venue
    trip: Trip | None
    is_alone: bool

    @property
    def vehicle(self) -> Vehicle | None:
        """What it came with."""
        return self.trip.vehicle if self.trip is not None else None


class Seating:
    """Places events on a ledger and writes down in a batch what that changes."""

    def __init__(self, ledger: Ledger, batch: Batch, venues: Iterable[Venue]) -> None:
        self.ledger = ledger
        self.batch = batch
        self.asked: dict[str, Trip] = {}
        """Trips whose rules have to be asked again, by uid."""
        self._left: dict[str, Trip] = {}
        self._places = list(venues)
        self._ways: Ways | None = None
        self._communes: dict[tuple[int, date], AdministrativeUnit | None] = {}

    # --- One event -----------------------------------------------------------------------------

    def seat(self, event: Event, vehicle: Vehicle | None, crew: Crew = ()) -> Hindrance | None:
        """Place a new event, or one that has left its trip; return what stands against it.

        It joins the trip that the vehicle makes on that day, or else gets a trip of its own.

        Args:
            crew: who goes on a new trip, as far as they are free.
        """
        if (taken := self._venue(event)) is not None:
            return taken
        if vehicle is None:
            event.trip = None
            self._settle(event)
            return None
        if not vehicle.is_in_use:
            return Hindrance(Obstacle.VEHICLE_RETIRED, {"vehicle": vehicle.name})
        trip = self._joined(event, vehicle)
        if trip is None:
            found = self._own_trip(event, vehicle)
            if isinstance(found, Hindrance):
                return found
            trip = found
            self.batch.new_trips.append(trip)
            self.ledger.set_down(trip, self._duties(trip, crew))
        event.trip = trip
        self._settle(event)
        return None

    def stands_against(self, event: Event, vehicle: Vehicle | None) -> Hindrance | None:
        """Return what :meth:`seat` would say of a new event; nothing is placed."""
        if (taken := self._venue(event)) is not None:
            return taken
        if vehicle is None:
            return None
        if not vehicle.is_in_use:
            return Hindrance(Obstacle.VEHICLE_RETIRED, {"vehicle": vehicle.name})
        if any(self._span_on(trip, event) for trip in self._trips_to_join(event, vehicle)):
            return None
        found = self._own_trip(event, vehicle)
        return found if isinstance(found, Hindrance) else None

    def lift(self, event: Event) -> Lifted:
        """Take an event up, and the trip with it of which it is the only one."""
        trip = event.trip
        is_alone = trip is not None and len(self.ledger.stops(trip)) == 1
        lifted = Lifted(event, event.starts_at, event.ends_at, event.venue, trip, is_alone)
        self.ledger.take_out(event)
        if trip is not None and is_alone:
            self.ledger.lift(trip)
        return lifted

    def put_back(self, lifted: Lifted) -> None:
        """Put an event back where it was."""
        event = lifted.event
        event.starts_at, event.ends_at = lifted.starts_at, lifted.ends_at
        event.venue, event.trip = lifted.venue, lifted.trip
        if lifted.trip is not None and lifted.is_alone:
            self.ledger.set_down(lifted.trip)
        self.ledger.put(event)

    def put_down(self, lifted: Lifted, vehicle: Vehicle | None) -> Hindrance | None:
        """Place an event that was lifted and has a new time or venue; return what is against it.

        The only event of a trip takes the trip along. One of several stays on its trip if it fits;
        otherwise it joins another one of that day, or gets one with the crew that is free.
        """
        event, trip = lifted.event, lifted.trip
        if event.venue_id != lifted.venue.pk and not event.venue.is_in_use:
            return Hindrance(Obstacle.VENUE_RETIRED, {"venue": event.venue.name})
        if (taken := self._venue(event)) is not None:
            return taken
        if vehicle is not None and vehicle != lifted.vehicle and not vehicle.is_in_use:
            return Hindrance(Obstacle.VEHICLE_RETIRED, {"vehicle": vehicle.name})
        if trip is None and vehicle is None:
            return self._own_crew(lifted)
        if trip is not None and vehicle is not None:
            if lifted.is_alone:
                taken = self._take_along(lifted, trip, vehicle)
                if taken is None or taken.kind is not Obstacle.VEHICLE_BUSY:
                    return taken
                return self._leave(lifted, trip, vehicle, taken)
            if trip.vehicle_id == vehicle.pk and self._stays(event, trip):
                self._settle(event)
                return None
        return self._leave(lifted, trip, vehicle, None)

    def call_away(self, event: Event) -> None:
        """Take an event out that is to be removed or called off."""
        trip = event.trip
        self.ledger.take_out(event)
        if trip is not None:
            self._left[trip.uid] = trip
            self.asked[trip.uid] = trip

    # --- Whole trips ---------------------------------------------------------------------------

    def seat_trip(
        self, trip: Trip, stops: Sequence[Event], crew: Crew, pauses: Sequence[TripPause] = ()
    ) -> tuple[Hindrance | None, dict[str, Hindrance], list[Hindrance]]:
        """Place a new trip with its stops.

        Returns:
            What stands against the whole trip; what stands against single stops, by their uid; and
            who cannot go along. Stops that nothing stands against are placed.
        """
        vehicle = trip.vehicle
        if not vehicle.is_in_use:
            return Hindrance(Obstacle.VEHICLE_RETIRED, {"vehicle": vehicle.name}), {}, []
        taken = self.ledger.of_vehicle(vehicle.pk, vehicle.name, span_of(trip))
        if taken is not None:
            return taken, {}, []
        against: dict[str, Hindrance] = {}
        placed: list[Event] = []
        for event in stops:
            stands = self._venue(event)
            if stands is not None:
                against[event.uid] = stands
                continue
            event.trip = trip
            self._settle(event)
            placed.append(event)
        if not placed:
            return None, against, []
        missing: list[Hindrance] = []
        self.ledger.set_down(trip, self._duties(trip, crew, missing))
        self.ledger.add_pauses(trip, pauses)
        self.batch.new_trips.append(trip)
        self.batch.new_pauses += pauses
        return None, against, missing

    def seat_alone(self, event: Event, crew: Crew) -> tuple[Hindrance | None, list[Hindrance]]:
        """Place a new event without a vehicle; return what is against it, and who is missing."""
        taken = self.seat(event, None)
        missing: list[Hindrance] = []
        if taken is None:
            self.ledger.serve(event, self._duties(event, crew, missing))
        return taken, missing

    # --- Afterwards ----------------------------------------------------------------------------

    def finish(self) -> None:
        """Decide what becomes of the trips that events have left."""
        for uid, trip in self._left.items():
            if self.ledger.stops(trip):
                continue
            self.asked.pop(uid, None)
            self.batch.trips.pop(uid, None)
            for duty in self.ledger.crew(trip):
                self.batch.duties.pop(duty.pk, None)
            was_public = trip.state == State.PUBLISHED
            if was_public or self.ledger.has_cancelled(trip) or self._calls_off(trip):
                self.batch.released_trips.append(trip)
            else:
                self.batch.removed_trips.append(trip)

    def _calls_off(self, trip: Trip) -> bool:
        return any(event.trip is trip for event in self.batch.cancelled)

    def commune(self, event: Event) -> None:
        """Set the commune the event's venue lies in on the event's day."""
        day = self.ledger.day_of(event.starts_at)
        own = event.venue.commune
        if own is None:
            event.commune = None
        elif own.valid_from <= day and (own.valid_to is None or day < own.valid_to):
            event.commune = own
        else:
            key = (event.venue.pk, day)
            if key not in self._communes:
                self._communes[key] = commune_of(event.venue, day)
            event.commune = self._communes[key]

    # --- How -----------------------------------------------------------------------------------

    def _venue(self, event: Event) -> Hindrance | None:
        is_new = event._state.adding
        if is_new and not event.venue.is_in_use:
            return Hindrance(Obstacle.VENUE_RETIRED, {"venue": event.venue.name})
        return self.ledger.at_venue(event)

    def _settle(self, event: Event) -> None:
        self.commune(event)
        self.ledger.put(event)
        if event.trip is not None:
            self.asked[event.trip.uid] = event.trip

    def _trips_to_join(self, event: Event, vehicle: Vehicle) -> list[Trip]:
        """Return the trips of that day that an event may join if it fits."""
        return [
            trip
            for trip in self.ledger.trips_on(vehicle.pk, self.ledger.day_of(event.starts_at))
            if event.state != State.PUBLISHED or trip.state == State.PUBLISHED
        ]

    def _joined(self, event: Event, vehicle: Vehicle) -> Trip | None:
        """Return the trip of that day that an event joins, stretched to hold it, if any fits."""
        for trip in self._trips_to_join(event, vehicle):
            if self._stays(event, trip):
                return trip
        return None

    def _stays(self, event: Event, trip: Trip) -> bool:
        """Tell whether an event fits on a trip, which is stretched if need be."""
        span = self._span_on(trip, event)
        if span is not None and span != span_of(trip):
            self._set_span(trip, span)
        return span is not None

    def _span_on(self, trip: Trip, event: Event) -> Span | None:
        """Return how long a trip lasts with an event on it; ``None`` where it does not fit."""
        day = self.ledger.day_of(event.starts_at)
        first, last = self.ledger.day_of(trip.departs_at), self.ledger.day_of(trip.returns_at)
        if not first <= day <= last:
            return None
        others = [stop for stop in self.ledger.stops(trip) if stop is not event]
        if any(meet(span_of(stop), span_of(event)) for stop in [*others]):
            return None
        if any(meet(span_of(pause), span_of(event)) for pause in self.ledger.pauses(trip)):
            return None
        span = min(trip.departs_at, event.starts_at), max(trip.returns_at, event.ends_at)
        return span if span == span_of(trip) or self._may_last(trip, span) else None

    def _may_last(self, trip: Trip, span: Span) -> bool:
        """Tell whether the vehicle and crew of a trip are free for longer than it lasts."""
        if self.ledger.of_vehicle(trip.vehicle_id, trip.vehicle.name, span, but=trip) is not None:
            return False
        crew = self.ledger.crew(trip)
        return all(self.ledger.of_member(duty, span, but=trip) is None for duty in crew)

    def _set_span(self, trip: Trip, span: Span) -> None:
        trip.departs_at, trip.returns_at = span
        for duty in self.ledger.crew(trip):
            duty.starts_at, duty.ends_at = span
            if duty.pk is not None:
                self.batch.duties[duty.pk] = duty
        if not trip._state.adding:
            self.batch.trips[trip.uid] = trip

    def _own_trip(self, event: Event, vehicle: Vehicle) -> Trip | Hindrance:
        """Return a trip for one event, with the way from the base if there is time for it."""
        way = self._way(event, vehicle)
        wide = (event.starts_at - way, event.ends_at + way)
        close = (event.starts_at, event.ends_at)
        taken: Hindrance | None = None
        for span in (wide, close):
            taken = self.ledger.of_vehicle(vehicle.pk, vehicle.name, span)
            if taken is None:
                return Trip(
                    uid=new_uid(),
                    library=self.ledger.library,
                    vehicle=vehicle,
                    departs_at=span[0],
                    returns_at=span[1],
                    state=event.state,
                )
        assert taken is not None
        return taken

    def _way(self, event: Event, vehicle: Vehicle) -> timedelta:
        """Return how long the way from the base takes, with some minutes to spare; 0 if unknown."""
        base = vehicle.base
        if base is None or base.pk == event.venue_id:
            return timedelta(0)
        day = self.ledger.day_of(event.starts_at)
        if self._ways is None:
            self._ways = Ways([*self._places, base])
        is_van = vehicle.kind == Vehicle.Kind.VAN
        way = self._ways.between(base, event.venue, day, by_road=is_van)
        if way is None:
            return timedelta(0)
        whole = -(-(way.minutes + SPARE_MIN) // 5) * 5
        return timedelta(minutes=whole if whole <= LONGEST_WAY_MIN else 0)

    def _duties(
        self, owner: Trip | Event, crew: Crew, missing: list[Hindrance] | None = None
    ) -> list[Duty]:
        """Return the duties of those of a crew who are free; the others are told ``missing``."""
        duties = []
        start, end = span_of(owner)
        for member, role in crew:
            duty = Duty(member=member, role=role, starts_at=start, ends_at=end)
            if isinstance(owner, Trip):
                duty.trip = owner
            else:
                duty.event = owner
            taken = self.ledger.of_member(duty, (start, end))
            if not member.is_in_use:
                taken = Hindrance(Obstacle.MEMBER_RETIRED, {"member": member.full_name})
            if taken is None:
                duties.append(duty)
            elif missing is not None:
                missing.append(taken)
        self.batch.new_duties += duties
        return duties

    def _own_crew(self, lifted: Lifted) -> Hindrance | None:
        """Let those who serve at an event without a vehicle go along with it."""
        event = lifted.event
        crew = self.ledger.crew(event)
        for duty in crew:
            taken = self.ledger.of_member(duty, span_of(event), but=event)
            if taken is not None:
                return taken
        for duty in crew:
            duty.starts_at, duty.ends_at = span_of(event)
            self.batch.duties[duty.pk] = duty
        self._settle(event)
        return None

    def _take_along(self, lifted: Lifted, trip: Trip, vehicle: Vehicle) -> Hindrance | None:
        """Move a trip with its only event."""
        event = lifted.event
        later = event.starts_at - lifted.starts_at
        span = trip.departs_at + later, trip.returns_at + (event.ends_at - lifted.ends_at)
        taken = self.ledger.of_vehicle(vehicle.pk, vehicle.name, span, but=trip)
        if taken is not None:
            return taken
        crew = self.ledger.crew(trip)
        for duty in crew:
            taken = self.ledger.of_member(duty, span, but=trip)
            if taken is not None:
                return taken
        trip.vehicle = vehicle
        self._set_span(trip, span)
        pauses = sorted(self.ledger.pauses(trip), key=lambda pause: pause.starts_at)
        for pause in reversed(pauses) if later > timedelta(0) else pauses:
            pause.starts_at, pause.ends_at = pause.starts_at + later, pause.ends_at + later
            self.batch.pauses[pause.pk] = pause
        self.batch.trips[trip.uid] = trip
        self.ledger.set_down(trip)
        self._settle(event)
        return None

    def _leave(
        self,
        lifted: Lifted,
        trip: Trip | None,
        vehicle: Vehicle | None,
        taken: Hindrance | None,
    ) -> Hindrance | None:
        """Let an event leave its trip for another one, or for none."""
        event = lifted.event
        crew: Crew = ()
        if trip is not None:
            crew = [(duty.member, duty.role) for duty in self.ledger.crew(trip)]
        event.trip = None
        found = self.seat(event, vehicle, () if taken is not None else crew)
        if found is not None:
            event.trip = lifted.trip
            return taken or found
        if trip is not None:
            self._left[trip.uid] = trip
            self.asked[trip.uid] = trip
            if lifted.is_alone:
                # Its crew is free again: the trip goes, or is called off.
                self.asked.pop(trip.uid)
        return None


def moved(lifted: Lifted) -> Moved:
    """Return what became of an event that was put elsewhere."""
    return Moved(lifted.event, lifted.starts_at, lifted.ends_at, lifted.venue)
