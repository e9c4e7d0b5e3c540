"""The facts that the rules are asked about, read at once for some trips of one library."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Protocol

import holidays
from django.db.models import Prefetch, Q
from django.utils.translation import get_language

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.common.months import spell_months
from outreach.fleet.models import CrewMember, Unavailability, Vehicle
from outreach.places.models import ClosedDates, OpeningWindow, Venue, VenueAccess
from outreach.scheduling.domain import (
    CrewFact,
    EventFact,
    Finding,
    LegFact,
    LimitsFact,
    PauseFact,
    TripFact,
    VenueFact,
    driving,
    findings_for,
    findings_for_event,
    times,
)
from outreach.scheduling.domain.facts import days_of
from outreach.scheduling.models import Duty, Event, RuleSettings, State, Trip, TripPause
from outreach.scheduling.ways import Ways

HOME_ZONE = "Asia/Ho_Chi_Minh"
SCHOOLS = frozenset({Venue.Kind.SCHOOL, Venue.Kind.SCHOOL_POINT})
WEEK = timedelta(days=7)


class AnEvent(Protocol):
    """What the rules read of an event: a stored one, or one that is to be."""

    @property
    def venue(self) -> Venue: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


class APause(Protocol):
    """What the rules read of a pause: a stored one, or one that is to be."""

    @property
    def kind(self) -> str: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def venue(self) -> Venue | None: ...


@dataclass(frozen=True, slots=True)
class TripShape:
    """A trip as it is or is to be, for the rules.

    Attributes:
        crew: who goes, each with a role of :class:`Duty.Role`.
        events: those that stand.
        key: of the stored trip, whose own driving does not count twice.
        left: the instants of departure and starts that are left where they were.
    """

    vehicle: Vehicle
    departs_at: datetime
    returns_at: datetime
    crew: Sequence[tuple[CrewMember, str]]
    events: Sequence[Any]
    pauses: Sequence[Any] = ()
    is_draft: bool = True
    key: int | None = None
    left: Collection[datetime] = frozenset()

    @classmethod
    def of(cls, trip: Trip, *, is_draft: bool) -> TripShape:
        """Return the shape of a stored trip; one loaded with everything is not read again."""
        return cls(
            vehicle=trip.vehicle,
            departs_at=trip.departs_at,
            returns_at=trip.returns_at,
            crew=[(duty.member, duty.role) for duty in trip.duties.all()],
            events=[event for event in trip.events.all() if not event.is_cancelled],
            pauses=list(trip.pauses.all()),
            is_draft=is_draft,
            key=trip.pk,
            left=public_beginnings(trip, trip.events.all()),
        )


def _driven_trip(trip: Trip) -> TripShape:
    """Return of a trip what says how long its operators drive."""
    return TripShape(
        vehicle=trip.vehicle,
        departs_at=trip.departs_at,
        returns_at=trip.returns_at,
        crew=[(duty.member, duty.role) for duty in trip.duties.all()],
        events=list(trip.events.all()),
        pauses=list(trip.pauses.all()),
        key=trip.pk,
    )


def public_beginnings(trip: Trip, events: Iterable[Event]) -> frozenset[datetime]:
    """Return when a trip departs and its stops start, of what people have already been told."""
    if trip.state != State.PUBLISHED:
        return frozenset()
    told = (event.starts_at for event in events if event.state == State.PUBLISHED)
    return frozenset([trip.departs_at, *told])


class Rulebook:
    """What must be known to ask the rules about some trips and events of one library.

    Reads everything in a fixed number of queries, and nothing afterwards.
    """

    def __init__(
        self,
        library: Library,
        shapes: Sequence[TripShape] = (),
        *,
        events: Sequence[AnEvent] = (),
        people: Iterable[CrewMember] = (),
        now: datetime | None = None,
        moving: Sequence[TripShape] = (),
        called_off: Collection[int] = (),
    ) -> None:
        """Read what the rules must know.

        Args:
            shapes: the trips they will be asked about.
            events: events without a vehicle they will be asked about.
            people: who serves at those.
            now: the present instant, where they are about to be put where they are; ``None`` where
                they only lie there.
            moving: those of ``shapes`` that are put there together, each with a key of its own: an
                operator drives them then, and no longer when they are stored to go.
            called_off: keys of trips that are not driven any more.
        """
        self.library = library
        self.now = now
        self.zone = library.zone
        spans = [(shape.departs_at, shape.returns_at) for shape in shapes]
        spans += [(event.starts_at, event.ends_at) for event in events]
        self._first = min((start for start, _end in spans), default=clock.now())
        self._last = max((end for _start, end in spans), default=self._first)
        self.limits = self._limits()
        members = {member.pk for shape in shapes for member, _role in shape.crew}
        members |= {member.pk for member in people}
        vehicles = {shape.vehicle.pk: shape.vehicle for shape in shapes}
        self._off = self._times_off(members, vehicles)
        venues = [event.venue for event in events]
        for shape in shapes:
            venues += [event.venue for event in shape.events]
            venues += [pause.venue for pause in shape.pauses if pause.venue is not None]
        gone = {*called_off, *(shape.key for shape in moving)}
        others = [trip for trip in self._other_trips(shapes) if trip.pk not in gone]
        ends = [shape.vehicle.base for shape in shapes] + [trip.vehicle.base for trip in others]
        on_the_way = [event.venue for trip in others for event in trip.events.all()]
        everywhere = [*venues, *on_the_way, *(base for base in ends if base is not None)]
        self.ways = Ways(everywhere)
        self._read_venues({venue.pk for venue in venues if venue.pk is not None})
        self._driven = self._driven_on([*map(_driven_trip, others), *moving])

    def trip_findings(self, shape: TripShape) -> list[Finding]:
        """Return the rules a trip breaks, or would break."""
        return findings_for(self.trip_fact(shape))

    def event_findings(
        self,
        event: AnEvent,
        crew: Sequence[tuple[CrewMember, str]],
        left: Collection[datetime] = frozenset(),
    ) -> list[Finding]:
        """Return the rules an event without a vehicle breaks, or would break."""
        people = [self._crew_fact(*one, event.starts_at, event.ends_at, None) for one in crew]
        return findings_for_event(self.event_fact(event, left), people, self.limits)

    def trip_fact(self, shape: TripShape) -> TripFact:
        """Return a trip as the rules see it."""
        vehicle = shape.vehicle
        span = (shape.departs_at, shape.returns_at)
        return TripFact(
            departs_at=self._local(shape.departs_at),
            returns_at=self._local(shape.returns_at),
            vehicle=vehicle.name,
            vehicle_length_m=vehicle.length_m,
            crew=tuple(self._crew_fact(*one, *span, shape.key) for one in shape.crew),
            events=tuple(self.event_fact(event, shape.left) for event in shape.events),
            vehicle_time_off=self._why_off("vehicle", vehicle.pk, *span),
            is_draft=shape.is_draft,
            legs=tuple(self._legs(shape)),
            pauses=tuple(self._pause_fact(pause) for pause in shape.pauses),
            limits=self.limits,
            now=None if shape.departs_at in shape.left else self.now,
        )

    def event_fact(self, event: Any, left: Collection[datetime] = frozenset()) -> EventFact:
        """Return a stored event, or one that is to be, as the rules see it."""
        is_stored = isinstance(event, Event)
        starts_at, ends_at = self._local(event.starts_at), self._local(event.ends_at)
        asked_on = event.asked_on
        return EventFact(
            title=event.title if is_stored else event.name,
            starts_at=starts_at,
            ends_at=ends_at,
            activities=len(event.activities.all() if is_stored else event.activities),
            venue=self._venue_fact(event.venue, starts_at, ends_at),
            expected_people=event.expected_people,
            expected_classes=event.expected_classes,
            notice_days=(starts_at.date() - asked_on).days if asked_on else None,
            is_indoors=event.is_indoors,
            now=None if event.starts_at in left else self.now,
        )

    def _local(self, moment: datetime) -> datetime:
        return clock.local(moment, self.zone)

    def _limits(self) -> LimitsFact:
        kept = RuleSettings.objects.filter(library=self.library.pk)
        stored = kept.first() if self.library.pk else None
        first, last = self._local(self._first).date(), self._local(self._last).date()
        return limits_of(stored or defaults_of(self.library), first, last)

    def _times_off(
        self, members: Iterable[int], vehicles: Iterable[int]
    ) -> dict[tuple[str, int], list[Unavailability]]:
        if self._last <= self._first:
            return {}
        rows = Unavailability.objects.filter(
            Q(member__in=list(members)) | Q(vehicle__in=list(vehicles))
        ).meeting(self._first, self._last)
        off: dict[tuple[str, int], list[Unavailability]] = defaultdict(list)
        for row in rows.order_by("starts_at"):
            if row.vehicle_id is not None:
                off["vehicle", row.vehicle_id].append(row)
            if row.member_id is not None:
                off["member", row.member_id].append(row)
        return off

    def _why_off(self, what: str, key: int | None, start: datetime, end: datetime) -> str | None:
        if key is None:
            return None
        meeting = (
            row.reason
            for row in self._off.get((what, key), ())
            if row.starts_at < end and row.ends_at > start
        )
        return next(meeting, None)

    def _crew_fact(
        self, member: CrewMember, role: str, start: datetime, end: datetime, trip: int | None
    ) -> CrewFact:
        is_operator = role == Duty.Role.OPERATOR
        return CrewFact(
            name=member.full_name,
            is_operator=is_operator,
            can_operate=member.can_operate,
            time_off=self._why_off("member", member.pk, start, end) if end > start else None,
            is_professional=member.is_professional,
            key=member.pk,
            elsewhere=self._elsewhere(member, trip) if is_operator else {},
        )

    def _elsewhere(self, member: CrewMember, trip: int | None) -> Mapping[date, int]:
        found: dict[date, int] = defaultdict(int)
        for key, days in self._driven.get(member.pk, {}).items():
            if key != trip:
                for day, minutes in days.items():
                    found[day] += minutes
        return found

    def _other_trips(self, shapes: Sequence[TripShape]) -> list[Trip]:
        """Return what the operators of these trips drive besides in the same weeks."""
        operators = {
            member.pk
            for shape in shapes
            for member, role in shape.crew
            if role == Duty.Role.OPERATOR
        }
        if not operators:
            return []
        first, last = self._local(self._first).date(), self._local(self._last).date()
        monday = first - timedelta(days=first.weekday())
        sunday = last + timedelta(days=6 - last.weekday())
        driving_then = Duty.objects.filter(
            member__in=operators, role=Duty.Role.OPERATOR, is_standing=True, trip__isnull=False
        )
        return list(
            Trip.objects.standing()
            .filter(pk__in=driving_then.values("trip"))
            .meeting(clock.start_of(monday, self.zone), clock.end_of(sunday, self.zone))
            .select_related("vehicle__base")
            .prefetch_related(
                Prefetch("events", Event.objects.standing().select_related("venue")),
                Prefetch("pauses", TripPause.objects.select_related("venue")),
                Prefetch(
                    "duties",
                    Duty.objects.filter(role=Duty.Role.OPERATOR).select_related("member"),
                ),
            )
        )

    def _driven_on(self, shapes: Iterable[TripShape]) -> dict[int, dict[int, dict[date, int]]]:
        """Return the minutes on the road by operator, trip and day."""
        driven: dict[int, dict[int, dict[date, int]]] = defaultdict(dict)
        for shape in shapes:
            fact = TripFact(
                departs_at=self._local(shape.departs_at),
                returns_at=self._local(shape.returns_at),
                vehicle="",
                crew=(),
                events=(),
                legs=tuple(self._legs(shape)),
                pauses=tuple(self._pause_fact(pause) for pause in shape.pauses),
            )
            days = driving.by_day(fact)
            for member, role in shape.crew:
                if role == Duty.Role.OPERATOR:
                    driven[member.pk][shape.key or 0] = days
        return driven

    def _legs(self, shape: TripShape) -> Iterable[LegFact]:
        """Yield the ways of a trip in order, those of which something is known."""
        here, since = shape.vehicle.base, shape.departs_at
        came_from = here.name if here else ""
        places = list(enumerate(shape.events))
        nights = [
            (None, pause)
            for pause in shape.pauses
            if pause.venue is not None and pause.ends_at > pause.starts_at
        ]
        things = sorted([*places, *nights], key=lambda pair: pair[1].starts_at)
        by_road = shape.vehicle.kind == Vehicle.Kind.VAN
        for place, thing in things:
            if leg := self._leg(
                here, came_from, thing.venue, since, thing.starts_at, place, by_road=by_road
            ):
                yield leg
            here, since = thing.venue, max(since, thing.ends_at)
            came_from = here.name
        base = shape.vehicle.base
        if base is None or not things:
            return
        end = shape.returns_at
        if leg := self._leg(here, came_from, base, since, end, None, by_road=by_road, home=True):
            yield leg

    def _leg(
        self,
        here: Venue | None,
        came_from: str,
        there: Venue,
        since: datetime,
        until: datetime,
        place: int | None,
        *,
        by_road: bool,
        home: bool = False,
    ) -> LegFact | None:
        day = self._local(until).date()
        way = self.ways.between(here, there, day, by_road=by_road, is_home=home)
        if way is None:
            return None
        return LegFact(
            origin=came_from or "–",
            destination=there.name,
            minutes=way.minutes,
            since=self._local(since),
            until=self._local(until),
            event=place,
            is_typed=way.is_typed,
        )

    def _pause_fact(self, pause: APause) -> PauseFact:
        return PauseFact(
            starts_at=self._local(pause.starts_at),
            ends_at=self._local(pause.ends_at),
            is_night=pause.kind == TripPause.Kind.NIGHT,
            is_lunch=pause.kind == TripPause.Kind.LUNCH,
        )

    def _read_venues(self, keys: set[int]) -> None:
        self._access = VenueAccess.objects.in_bulk(keys)
        self._windows: dict[int, list[OpeningWindow]] = defaultdict(list)
        for window in OpeningWindow.objects.filter(venue__in=keys).order_by("opens"):
            self._windows[window.venue_id].append(window)
        self._closed: dict[int, list[ClosedDates]] = defaultdict(list)
        first, last = self._local(self._first).date(), self._local(self._last).date()
        for closed in ClosedDates.objects.filter(
            venue__in=keys, starts_on__lte=last, ends_on__gt=first
        ):
            self._closed[closed.venue_id].append(closed)

    def _venue_fact(self, venue: Venue, starts_at: datetime, ends_at: datetime) -> VenueFact:
        days = list(days_of(starts_at, ends_at))
        months = {day.month for day in days}
        access = self._access.get(venue.pk)
        windows = self._windows.get(venue.pk)
        closed = (
            (day, row.reason)
            for day in days
            for row in self._closed.get(venue.pk, ())
            if row.starts_on <= day < row.ends_on
        )
        closed_on, closed_because = next(closed, (None, None))
        is_shut = access is not None and not months.isdisjoint(access.closed_months)
        return VenueFact(
            name=venue.name,
            is_school=venue.kind in SCHOOLS,
            windows=None if windows is None else _of_weekday(windows, days[0]),
            closed_because=closed_because,
            closed_on=closed_on,
            closed_months=spell_months(access.closed_months) if access and is_shut else "",
            floods=access is not None and not months.isdisjoint(access.flood_months),
            largest_vehicle_m=access.largest_vehicle_m if access else None,
            room_people=access.room_people if access else None,
        )


def beginnings_marks(library: Library, moments: Iterable[datetime]) -> frozenset[str]:
    """Return the marks of what is found where something begins at these instants in the past."""
    local = (clock.local(moment, library.zone) for moment in moments)
    return frozenset(times.in_the_past(moment, "starts_at").mark for moment in local)


def defaults_of(library: Library) -> RuleSettings:
    """Return the rules of a library that has set none; public holidays are its own country's."""
    is_home = library.time_zone == HOME_ZONE
    return RuleSettings(library=library, holidays="VN" if is_home else "")


def public_holidays(library: Library, first: date, last: date) -> Mapping[date, str]:
    """Return at least the public holidays of a library from ``first`` to ``last``, by date.

    They are named in the active language.
    """
    kept = RuleSettings.objects.filter(library=library).first() or defaults_of(library)
    language = "vi" if (get_language() or "vi").startswith("vi") else "en_US"
    return _holidays(kept.holidays, first.year, last.year, language)


def limits_of(settings: RuleSettings, first: date, last: date) -> LimitsFact:
    """Return what a library sets of the rules, with the holidays from ``first`` to ``last``."""
    return LimitsFact(
        leg_buffer_min=settings.leg_buffer_min,
        class_min=settings.class_min,
        notice_days=settings.notice_days,
        school_opens=settings.school_opens,
        school_closes=settings.school_closes,
        term_starts=_month_day(settings.term_starts),
        term_ends=_month_day(settings.term_ends),
        # Named alike for all readers: an override holds for the same facts.
        holidays=_holidays(settings.holidays, first.year, last.year, "vi"),
    )


def knows_holidays_of(place: str) -> bool:
    """Tell whether the public holidays of a country, or of a part of it, are known."""
    country, _hyphen, part = place.partition("-")
    known = holidays.list_supported_countries(include_aliases=False)
    return country in known and (not part or part in known[country])


@lru_cache(maxsize=64)
def _holidays(place: str, first: int, last: int, language: str) -> Mapping[date, str]:
    """Return public holidays by date, in their country's own language if not in ``language``."""
    if not place:
        return {}
    country, _hyphen, part = place.partition("-")
    years = range(first, last + 1)
    return dict(
        holidays.country_holidays(country, subdiv=part or None, years=years, language=language)
    )


def _month_day(text: str) -> tuple[int, int]:
    month, day = text.split("-")
    return int(month), int(day)


def _of_weekday(windows: Iterable[OpeningWindow], day: date) -> tuple[tuple[time, time], ...]:
    return tuple(
        (window.opens, window.closes) for window in windows if window.weekday == day.weekday()
    )
