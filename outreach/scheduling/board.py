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
from outreach.places.models import Venue
from outreach.scheduling.domain import Finding
from outreach.scheduling.models import (
    Activity,
    ActivityKind,
    Duty,
    Event,
    RuleOverride,
    State,
    Trip,
    TripPause,
    TripQuerySet,
)
from outreach.scheduling.rulebook import Rulebook, TripShape
from outreach.scheduling.ways import Ways, arrival_day

Timed = TypeVar("Timed", Trip, Event, Unavailability)

DAYS = 7


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
    book = rulebook_of(library, trips)
    return Week(monday, tuple(rows), {trip.pk: open_findings(trip, book) for trip in trips})


def with_everything(trips: TripQuerySet) -> TripQuerySet:
    """Load trips with what lists and pages show of them, in a fixed number of queries."""
    events = Event.objects.select_related("venue__commune").prefetch_related(_activities())
    overrides = RuleOverride.objects.standing().select_related("actor")
    return trips.select_related("vehicle__base__commune", "library").prefetch_related(
        _duties(),
        Prefetch("events", events),
        Prefetch("overrides", overrides),
        Prefetch("pauses", TripPause.objects.select_related("venue")),
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


def rulebook_of(library: Library, trips: Iterable[Trip], now: datetime | None = None) -> Rulebook:
    """Return what must be known to judge trips of a library, in a fixed number of queries.

    Args:
        trips: with everything.
        now: the present instant, where they are about to be published.
    """
    return Rulebook(library, [TripShape.of(trip, is_draft=False) for trip in trips], now=now)


def open_findings(trip: Trip, book: Rulebook) -> list[Finding]:
    """Return what still stands against publishing a trip: rules it breaks, not overridden.

    Reads nothing: ``trip`` comes with everything, and ``book`` knows of it.
    """
    if trip.state == State.CANCELLED:
        return []
    overridden = {override.found.mark for override in trip.overrides.all()}
    findings = book.trip_findings(TripShape.of(trip, is_draft=False))
    return [finding for finding in findings if finding.mark not in overridden]


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
    """An event of a trip and the way to it; a cancelled one is not on the way.

    Attributes:
        came_from: where the way begins, if it begins at a venue.
    """

    event: Event
    leg: Leg | None
    came_from: Venue | None = None

    @property
    def kind(self) -> ActivityKind | None:
        """The kind of the event's main activity."""
        return next((activity.kind for activity in self.event.activities.all()), None)


@dataclass(frozen=True, slots=True)
class Rest:
    """A pause of a trip, and the way to it where it is at a venue."""

    pause: TripPause
    leg: Leg | None = None
    came_from: Venue | None = None


@dataclass(frozen=True, slots=True)
class TripDay:
    """What begins on one day of a trip, in order; nothing on a day spent driving."""

    on: date
    lines: tuple[Stop | Rest, ...]


@dataclass(frozen=True, slots=True)
class TripSheet:
    """Everything the page of a trip shows but its history.

    Attributes:
        days: from the departure to the return, without the empty ones between.
        ended_at: the venue where the way back begins.
    """

    trip: Trip
    stops: tuple[Stop, ...]
    days: tuple[TripDay, ...]
    way_back: Leg | None
    ended_at: Venue | None
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
    book = rulebook_of(loaded.library, [loaded])
    road = _Road(book.ways, by_road=loaded.vehicle.kind == Vehicle.Kind.VAN)
    things: list[Event | TripPause] = [*loaded.events.all(), *loaded.pauses.all()]
    lines: list[Stop | Rest] = []
    here, free_since = base, loaded.departs_at
    for thing in sorted(things, key=lambda thing: thing.starts_at):
        if isinstance(thing, Event) and thing.is_cancelled:
            lines.append(Stop(thing, None))
        elif isinstance(thing, TripPause) and thing.venue is None:
            lines.append(Rest(thing))
            # It lies on the way: that much less time is left for driving.
            free_since += thing.ends_at - thing.starts_at
        else:
            leg = road.leg(here, thing.venue, free_since, thing.starts_at)
            if isinstance(thing, Event):
                lines.append(Stop(thing, leg, here))
            else:
                lines.append(Rest(thing, leg, here))
            here, free_since = thing.venue, thing.ends_at
    return TripSheet(
        trip=loaded,
        stops=tuple(line for line in lines if isinstance(line, Stop)),
        days=_days(loaded, lines),
        way_back=road.leg(here, base, free_since, loaded.returns_at, is_home=True),
        ended_at=here if here != base else None,
        crew=tuple(loaded.duties.all()),
        overrides=tuple(loaded.overrides.all()),
        findings=tuple(open_findings(loaded, book)),
    )


def _days(trip: Trip, lines: Sequence[Stop | Rest]) -> tuple[TripDay, ...]:
    by_day: dict[date, list[Stop | Rest]] = {clock.local(trip.departs_at).date(): []}
    for line in lines:
        starts_at = line.event.starts_at if isinstance(line, Stop) else line.pause.starts_at
        by_day.setdefault(clock.local(starts_at).date(), []).append(line)
    by_day.setdefault(clock.local(trip.returns_at).date(), [])
    return tuple(TripDay(on, tuple(by_day[on])) for on in sorted(by_day))


class _Road:
    """The ways of one trip, with the time its schedule leaves for them."""

    def __init__(self, ways: Ways, *, by_road: bool) -> None:
        self._ways = ways
        self._by_road = by_road

    def leg(
        self,
        here: Venue | None,
        there: Venue | None,
        since: datetime,
        until: datetime,
        *,
        is_home: bool = False,
    ) -> Leg | None:
        """Return the way between two venues, or ``None`` where it is not known."""
        if there is None:
            return None
        day = arrival_day(until)
        way = self._ways.between(here, there, day, by_road=self._by_road, is_home=is_home)
        if way is None:
            return None
        gap_min = round((until - since).total_seconds() / 60)
        return Leg(way.minutes, way.km, gap_min, is_typed=way.is_typed, note=way.note)


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


def _reason(off: Iterable[Unavailability]) -> str | None:
    return next((time.reason for time in off), None)


def _meets(thing: Timed, start: datetime, end: datetime) -> bool:
    until = thing.returns_at if isinstance(thing, Trip) else thing.ends_at
    return _start(thing) < end and until > start


def _start(thing: Trip | Event | Unavailability) -> datetime:
    return thing.departs_at if isinstance(thing, Trip) else thing.starts_at
