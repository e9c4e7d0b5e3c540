"""The schedule as staff see it: the week of each vehicle, and the sheet of one trip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from django.db.models import Prefetch, Q

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.fleet.models import Unavailability, Vehicle
from outreach.places.models import UnitPriority, Venue, VenueAccess
from outreach.places.travel import TypedTimes
from outreach.routing.travel import Terrain, road_km, travel_min
from outreach.scheduling.domain import CrewFact, EventFact, Finding, TripFact, findings_for
from outreach.scheduling.models import (
    Activity,
    ActivityKind,
    Duty,
    Event,
    RuleOverride,
    State,
    Trip,
    TripQuerySet,
)

Timed = TypeVar("Timed", Trip, Event, Unavailability)

DAYS = 7
HARD_GOING = frozenset(
    {
        UnitPriority.Kind.BORDER,
        UnitPriority.Kind.DIFFICULT,
        UnitPriority.Kind.SPECIALLY_DIFFICULT,
    }
)
"""Communes of these kinds lie in the mountains, as far as the data can tell."""
STEEP = (VenueAccess.Slope.STEEP, VenueAccess.Slope.VERY_STEEP)


@dataclass(frozen=True, slots=True)
class VehicleDay:
    """A vehicle on one day; without a vehicle, ``trips`` is empty.

    Attributes:
        on: the day.
        trips: those on the road that day, in order of departure.
        events: those held that day, in order of their start.
        away: why the vehicle is not to be had that day, if so.
    """

    on: date
    trips: tuple[Trip, ...]
    events: tuple[Event, ...]
    away: str = ""


@dataclass(frozen=True, slots=True)
class VehicleWeek:
    """A row of the board; ``vehicle`` of ``None`` is the row of events without one."""

    vehicle: Vehicle | None
    days: tuple[VehicleDay, ...]


@dataclass(frozen=True, slots=True)
class Week:
    """The board of one library for the week from ``monday``.

    Attributes:
        monday: the first day.
        rows: one for each vehicle that is in use or on the road that week, then one for events
            without a vehicle.
        findings: by the key of each trip, the rules it would break if it were published now.
    """

    monday: date
    rows: tuple[VehicleWeek, ...]
    findings: dict[int, list[Finding]]


def week(library: Library, monday: date) -> Week:
    """Return the board of a library for one week, in a fixed number of queries."""
    start, end = clock.start_of(monday), clock.start_of(monday + timedelta(days=DAYS))
    trips = list(with_everything(Trip.objects.filter(library=library).meeting(start, end)))
    alone = list(
        Event.objects.filter(library=library, trip=None)
        .meeting(start, end)
        .select_related("venue")
        .prefetch_related(_activities(), _duties())
    )
    vehicles = Vehicle.objects.filter(library=library).filter(
        Q(is_in_use=True) | Q(pk__in=[trip.vehicle_id for trip in trips])
    )
    off = times_off(trips, start, end, library)
    days = [monday + timedelta(days=number) for number in range(DAYS)]
    rows = [
        VehicleWeek(vehicle, tuple(_vehicle_day(vehicle, day, trips, off) for day in days))
        for vehicle in vehicles
    ]
    rows.append(VehicleWeek(None, tuple(VehicleDay(day, (), _on(day, alone)) for day in days)))
    return Week(monday, tuple(rows), {trip.pk: open_findings(trip, off) for trip in trips})


def with_everything(trips: TripQuerySet) -> TripQuerySet:
    """Load trips with what lists and pages show of them, in a fixed number of queries."""
    events = Event.objects.select_related("venue__commune").prefetch_related(_activities())
    overrides = RuleOverride.objects.select_related("actor")
    return trips.select_related("vehicle__base__commune", "library").prefetch_related(
        _duties(), Prefetch("events", events), Prefetch("overrides", overrides)
    )


def _activities() -> Prefetch[str]:
    return Prefetch("activities", Activity.objects.select_related("kind", "audience"))


def _duties() -> Prefetch[str]:
    return Prefetch("duties", Duty.objects.select_related("member").order_by("role", "pk"))


def times_off(
    trips: Sequence[Trip], start: datetime, end: datetime, library: Library
) -> list[Unavailability]:
    """Return the times off of a library's vehicles and people that touch these trips or period."""
    first = min([start, *(trip.departs_at for trip in trips)])
    last = max([end, *(trip.returns_at for trip in trips)])
    return list(
        Unavailability.objects.filter(Q(vehicle__library=library) | Q(member__library=library))
        .meeting(first, last)
        .order_by("starts_at")
    )


def open_findings(trip: Trip, off: Iterable[Unavailability]) -> list[Finding]:
    """Return what still stands against publishing a trip: rules it breaks, not overridden.

    Reads nothing: ``trip`` comes with its events, crew and overrides.
    """
    if trip.state == State.CANCELLED:
        return []
    meeting = [time for time in off if _meets(time, trip.departs_at, trip.returns_at)]
    overridden = {override.found.mark for override in trip.overrides.all()}
    fact = TripFact(
        departs_at=trip.departs_at,
        returns_at=trip.returns_at,
        vehicle=trip.vehicle.name,
        crew=tuple(_crew_fact(duty, meeting) for duty in trip.duties.all()),
        events=tuple(
            EventFact(event.title, event.starts_at, event.ends_at, len(event.activities.all()))
            for event in trip.events.all()
            if not event.is_cancelled
        ),
        vehicle_time_off=_reason(time for time in meeting if time.vehicle_id == trip.vehicle_id),
        is_draft=False,
    )
    return [finding for finding in findings_for(fact) if finding.mark not in overridden]


@dataclass(frozen=True, slots=True)
class Leg:
    """The way to a stop, or back.

    Attributes:
        minutes: how long it takes; about, unless somebody typed it.
        km: by road, about; ``None`` where nobody knows.
        gap_min: how many minutes the schedule leaves for it.
        is_typed: whether a person said so for this way, and not the estimate.
        note: what they said of it besides.
    """

    minutes: int
    km: float | None
    gap_min: int
    is_typed: bool = False
    note: str = ""

    @property
    def hours_and_minutes(self) -> tuple[int, int]:
        """``minutes`` as people say them."""
        return divmod(self.minutes, 60)

    @property
    def gap_hours_and_minutes(self) -> tuple[int, int]:
        """``gap_min`` as people say them."""
        return divmod(self.gap_min, 60)

    @property
    def is_tight(self) -> bool:
        """Whether the schedule leaves less time than the way is likely to take."""
        return self.gap_min < self.minutes


@dataclass(frozen=True, slots=True)
class Stop:
    """An event of a trip and the way to it; a cancelled one is not on the way."""

    event: Event
    leg: Leg | None

    @property
    def kind(self) -> ActivityKind | None:
        """The kind of the event's main activity."""
        return next((activity.kind for activity in self.event.activities.all()), None)


@dataclass(frozen=True, slots=True)
class TripSheet:
    """Everything the page of a trip shows but its history."""

    trip: Trip
    stops: tuple[Stop, ...]
    way_back: Leg | None
    crew: tuple[Duty, ...]
    overrides: tuple[RuleOverride, ...]
    findings: tuple[Finding, ...]

    @property
    def was_never_public(self) -> bool:
        """Whether it may still be removed without anybody missing it."""
        return self.trip.state != State.PUBLISHED and not any(
            stop.event.published_at for stop in self.stops
        )

    @property
    def drafts(self) -> int:
        """How many standing events are not public yet."""
        return sum(stop.event.state == State.DRAFT for stop in self.stops)


def trip_sheet(trip: Trip) -> TripSheet:
    """Return what the page of a trip shows, in a fixed number of queries."""
    loaded = with_everything(Trip.objects.filter(pk=trip.pk)).get()
    base = loaded.vehicle.base
    goes_by_road = loaded.vehicle.kind == Vehicle.Kind.VAN
    events = sorted(loaded.events.all(), key=lambda event: event.starts_at)
    venues = [event.venue for event in events] + ([base] if base else [])
    on = clock.local(loaded.departs_at).date()
    ground = _Ground(venues, on, goes_by_road=goes_by_road)
    stops, here, since = [], base, loaded.departs_at
    for event in events:
        leg = None
        if not event.is_cancelled:
            leg = ground.leg(here, event.venue, since, event.starts_at)
            here, since = event.venue, event.ends_at
        stops.append(Stop(event, leg))
    off = times_off([loaded], loaded.departs_at, loaded.returns_at, loaded.library)
    return TripSheet(
        trip=loaded,
        stops=tuple(stops),
        way_back=ground.leg(here, base, since, loaded.returns_at, is_home=True),
        crew=tuple(loaded.duties.all()),
        overrides=tuple(loaded.overrides.all()),
        findings=tuple(open_findings(loaded, off)),
    )


class _Ground:
    """What is known about the ways between some venues; estimates only for who goes by road."""

    def __init__(self, venues: Sequence[Venue], on: date, *, goes_by_road: bool) -> None:
        self._typed = TypedTimes(venues)
        known = {venue.pk: venue for venue in venues if goes_by_road}
        hard = UnitPriority.objects.filter(
            unit__in={venue.commune_id for venue in known.values()} - {None},
            kind__in=HARD_GOING,
            valid_from__lte=on,
        ).exclude(valid_to__lte=on)
        communes = set(hard.values_list("unit_id", flat=True))
        steep = set(
            VenueAccess.objects.filter(venue__in=known, slope__in=STEEP).values_list(
                "venue_id", flat=True
            )
        )
        self._known = frozenset(known)
        self._hard = {venue.pk for venue in known.values() if venue.commune_id in communes} | steep

    def leg(
        self,
        here: Venue | None,
        there: Venue | None,
        since: datetime,
        until: datetime,
        *,
        is_home: bool = False,
    ) -> Leg | None:
        """Return the way between two venues, or ``None`` where it is not known.

        What a person typed wins over the estimate, in the month of the day of arrival.
        """
        if there is None:
            return None
        gap_min = round((until - since).total_seconds() / 60)
        estimate = self._estimate(here, there)
        day = clock.local(until).date()
        if is_home and here is not None:
            typed = self._typed.home(here, there, day)
        else:
            typed = self._typed.on(here, there, day)
        if typed is not None:
            km = typed.km if typed.km is not None else estimate and estimate[1]
            return Leg(typed.minutes, km, gap_min, is_typed=True, note=typed.note)
        return Leg(*estimate, gap_min) if estimate else None

    def _estimate(self, here: Venue | None, there: Venue) -> tuple[int, float] | None:
        """Return about how many minutes and kilometres it is, where both ends are known."""
        if here is None or not {here.pk, there.pk} <= self._known:
            return None
        if here.point is None or there.point is None:
            return None
        hard = {here.pk, there.pk} & self._hard
        terrain = Terrain.MOUNTAIN if hard else Terrain.HILLS
        return (
            travel_min(here.point, there.point, terrain),
            road_km(here.point, there.point, terrain),
        )


def _vehicle_day(
    vehicle: Vehicle, day: date, trips: Iterable[Trip], off: Iterable[Unavailability]
) -> VehicleDay:
    own = [trip for trip in trips if trip.vehicle_id == vehicle.pk]
    away = [time for time in off if time.vehicle_id == vehicle.pk]
    events = [event for trip in own for event in trip.events.all()]
    return VehicleDay(day, _on(day, own), _on(day, events), _reason(_on(day, away)) or "")


def _on(day: date, things: Iterable[Timed]) -> tuple[Timed, ...]:
    start, end = clock.start_of(day), clock.end_of(day)
    meeting = [thing for thing in things if _meets(thing, start, end)]
    return tuple(sorted(meeting, key=_start))


def _crew_fact(duty: Duty, off: Iterable[Unavailability]) -> CrewFact:
    member = duty.member
    return CrewFact(
        name=member.full_name,
        is_operator=duty.role == Duty.Role.OPERATOR,
        can_operate=member.can_operate,
        time_off=_reason(time for time in off if time.member_id == member.pk),
        is_professional=member.is_professional,
        key=member.pk,
    )


def _reason(off: Iterable[Unavailability]) -> str | None:
    return next((time.reason for time in off), None)


def _meets(thing: Timed, start: datetime, end: datetime) -> bool:
    until = thing.returns_at if isinstance(thing, Trip) else thing.ends_at
    return _start(thing) < end and until > start


def _start(thing: Trip | Event | Unavailability) -> datetime:
    return thing.departs_at if isinstance(thing, Trip) else thing.starts_at
