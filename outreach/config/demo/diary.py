"""Trips and events to be, kept free of overlaps day by day, and stored all at once."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from outreach.accounts.models import User
from outreach.common import bulk
from outreach.config.demo import expectations, inputs
from outreach.config.demo.fleet import Team
from outreach.config.demo.ground import Ground
from outreach.config.demo.journey import Pause, Tour, Visit
from outreach.config.demo.people import People, Staff
from outreach.config.demo.programme import EXHIBITION, Programme
from outreach.config.demo.venues import usual_people
from outreach.fleet.models import CrewMember
from outreach.scheduling.models import Activity, Duty, Event, State, Trip, TripPause

_MADE_BEFORE = timedelta(days=35)
_PUBLISHED_BEFORE = timedelta(days=24)
_CALLED_OFF_BEFORE = timedelta(hours=14)
_BATCH = 1000
Record = TypeVar("Record", Trip, Event)


@dataclass(frozen=True, slots=True)
class Fate:
    """How far a trip or event has come."""

    state: State
    reason: str = ""
    note: str = ""


PUBLISHED = Fate(State.PUBLISHED)
DRAFT = Fate(State.DRAFT)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event of the diary with who stands behind it."""

    event: Event
    staff: Staff
    activities: list[Activity]

    @property
    def has_exhibition(self) -> bool:
        """Whether something is exhibited."""
        return any(activity.kind_id == EXHIBITION for activity in self.activities)

    def exhibit(self, theme: str) -> None:
        """Add an exhibition to what happens."""
        position = len(self.activities)
        self.activities.append(
            Activity(event=self.event, kind_id=EXHIBITION, position=position, title=theme)
        )


class Diary:
    """Collects trips and events; a venue, team or person is taken for whole days.

    That is coarser than the database's constraints, so nothing it holds can break them.
    """

    def __init__(self, people: People, ground: Ground, now: datetime) -> None:
        self.ground = ground
        self.now = now
        self._coordinators = {row.library.pk: row.coordinator for row in people.staff}
        self.trips: list[Trip] = []
        self.entries: list[Entry] = []
        self.duties: list[Duty] = []
        self.pauses: list[TripPause] = []
        self._taken: set[tuple[str, date]] = set()

    def is_free(self, keys: Iterable[str], days: Iterable[date]) -> bool:
        """Tell whether none of the venues, vehicles and people is taken on any of the days."""
        days = list(days)
        return not any((key, day) in self._taken for key in keys for day in days)

    def add_trip(
        self, staff: Staff, team: Team, tour: Tour, programmes: Sequence[Programme], fate: Fate
    ) -> list[Entry] | None:
        """Note a trip with its events; ``None`` where somebody or something is taken."""
        crew = [team.operator, *team.professionals]
        keys = [
            *map(_person, crew),
            team.vehicle.slug,
            *(visit.venue.code for visit in tour.visits),
        ]
        if not self._take(keys, tour.departs_at, tour.returns_at, staff):
            return None
        trip = Trip(
            uid=str(inputs.uid("trip", team.vehicle.slug, tour.departs_at.isoformat())),
            library=staff.library,
            vehicle=team.vehicle,
            departs_at=tour.departs_at,
            returns_at=tour.returns_at,
            state=fate.state,
            revision=_revision(fate),
        )
        self.trips.append(trip)
        self.pauses += [self._pause(trip, pause) for pause in tour.pauses]
        for member in crew:
            role = Duty.Role.OPERATOR if member is team.operator else Duty.Role.PROFESSIONAL
            self._add_duty(member, role, tour.departs_at, tour.returns_at, fate, trip=trip)
        return [
            self._add_event(staff, visit, programme, fate, trip)
            for visit, programme in zip(tour.visits, programmes, strict=True)
        ]

    def add_event(
        self,
        staff: Staff,
        visit: Visit,
        programme: Programme,
        crew: Sequence[CrewMember],
        fate: Fate,
    ) -> Entry | None:
        """Note an event without a vehicle; ``None`` where somebody or something is taken."""
        keys = [*map(_person, crew), visit.venue.code]
        if not self._take(keys, visit.starts_at, visit.ends_at, staff):
            return None
        entry = self._add_event(staff, visit, programme, fate, None)
        for member in crew:
            self._add_duty(
                member,
                Duty.Role.PROFESSIONAL,
                visit.starts_at,
                visit.ends_at,
                fate,
                event=entry.event,
            )
        return entry

    def store(self) -> list[Entry]:
        """Insert what was noted, and return its events."""
        events = [entry.event for entry in self.entries]
        Trip.objects.bulk_create(self.trips, batch_size=_BATCH)
        # What makes up for another visit refers to it.
        for are_made_up in (False, True):
            part = [event for event in events if (event.makes_up_for is not None) == are_made_up]
            Event.objects.bulk_create(part, batch_size=_BATCH)
        Activity.objects.bulk_create(
            [activity for entry in self.entries for activity in entry.activities],
            batch_size=_BATCH,
        )
        Duty.objects.bulk_create(self.duties, batch_size=_BATCH)
        self._store_pauses()
        self._note_trips()
        self._note_events(events)
        return self.entries

    def _store_pauses(self) -> None:
        made = self._made(lambda trip: trip.departs_at)
        bulk.store(
            TripPause,
            self.pauses,
            by=lambda pause: self._coordinator(pause.trip),
            at=lambda pause: made(pause.trip),
        )

    def _note_trips(self) -> None:
        def begins(trip: Trip) -> datetime:
            return trip.departs_at

        cancelled = [trip for trip in self.trips if trip.state == State.CANCELLED]
        before = [_as_published(trip) for trip in cancelled]
        standing = [trip for trip in self.trips if trip.state != State.CANCELLED]
        by = self._coordinator
        bulk.note(Trip, [*standing, *before], by=by, at=self._made(begins))
        bulk.note(
            Trip,
            cancelled,
            by=by,
            at=lambda trip: self.called_off_at(trip.departs_at),
            kind="~",
        )

    def _note_events(self, events: list[Event]) -> None:
        def begins(event: Event) -> datetime:
            return event.starts_at

        cancelled = [event for event in events if event.state == State.CANCELLED]
        before = [_as_published(event) for event in cancelled]
        for event in before:
            event.cancel_reason_id, event.cancel_note, event.cancelled_at = None, "", None
        standing = [event for event in events if event.state != State.CANCELLED]
        by = self._coordinator
        bulk.note(Event, [*standing, *before], by=by, at=self._made(begins))
        bulk.note(
            Event,
            cancelled,
            by=by,
            at=lambda event: event.cancelled_at or self.called_off_at(event.starts_at),
            reason=lambda event: event.cancel_note,
            kind="~",
        )

    def _coordinator(self, record: Trip | Event) -> User:
        return self._coordinators[record.library_id]

    def _made(self, begins: Callable[[Any], datetime]) -> Callable[[Any], datetime]:
        latest = self.now - timedelta(days=3)
        return lambda record: min(begins(record) - _MADE_BEFORE, latest)

    def _take(
        self, keys: Sequence[str], starts_at: datetime, ends_at: datetime, staff: Staff
    ) -> bool:
        first = starts_at.astimezone(staff.library.zone).date()
        last = ends_at.astimezone(staff.library.zone).date()
        days = [first + timedelta(n) for n in range((last - first).days + 1)]
        if not self.is_free(keys, days):
            return False
        self._taken.update((key, day) for key in keys for day in days)
        return True

    def _add_event(
        self, staff: Staff, visit: Visit, programme: Programme, fate: Fate, trip: Trip | None
    ) -> Entry:
        day = visit.starts_at.astimezone(staff.library.zone).date()
        assert visit.venue.commune is not None
        expected = expectations.of(visit, usual_people(visit.venue))
        event = Event(
            uid=str(inputs.uid("event", visit.venue.code, visit.starts_at.isoformat())),
            library=staff.library,
            trip=trip,
            venue=visit.venue,
            commune=self.ground.on(visit.venue.commune, day),
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            title=programme.title,
            note=programme.note,
            state=fate.state,
            published_at=None if fate.state == State.DRAFT else self.published_at(visit.starts_at),
            cancel_reason_id=fate.reason or None,
            cancel_note=fate.note,
            cancelled_at=self.called_off_at(visit.starts_at)
            if fate.state == State.CANCELLED
            else None,
            expected_people=expected.people,
            expected_classes=expected.classes,
            asked_on=expected.asked_on,
            revision=_revision(fate),
        )
        activities = [
            Activity(
                event=event,
                kind_id=part.kind,
                position=position,
                title=part.title,
                audience_id=part.audience,
            )
            for position, part in enumerate(programme.parts)
        ]
        entry = Entry(event, staff, activities)
        self.entries.append(entry)
        return entry

    def _pause(self, trip: Trip, pause: Pause) -> TripPause:
        """Return the row of a pause; a night is named after the commune of its day as well."""
        place = pause.place
        if place and pause.near is not None and pause.near.commune is not None:
            unit = self.ground.on(pause.near.commune, pause.starts_at.date())
            place = f"{place}, {unit.full_name[0].lower()}{unit.full_name[1:]}"
        return TripPause(
            trip=trip,
            kind=pause.kind,
            starts_at=pause.starts_at,
            ends_at=pause.ends_at,
            venue=pause.venue,
            place=place,
        )

    def _add_duty(
        self,
        member: CrewMember,
        role: Duty.Role,
        starts_at: datetime,
        ends_at: datetime,
        fate: Fate,
        *,
        trip: Trip | None = None,
        event: Event | None = None,
    ) -> None:
        self.duties.append(
            Duty(
                member=member,
                role=role,
                trip=trip,
                event=event,
                starts_at=starts_at,
                ends_at=ends_at,
                is_standing=fate.state != State.CANCELLED,
            )
        )

    def called_off_at(self, starts_at: datetime) -> datetime:
        """Return when something was called off: the evening before, and never in the future."""
        return min(starts_at - _CALLED_OFF_BEFORE, self.now)

    def published_at(self, starts_at: datetime) -> datetime:
        """Return when an event was made public: some weeks before, and never in the future."""
        return min(starts_at - _PUBLISHED_BEFORE, self.now - timedelta(days=2))


def _person(member: CrewMember) -> str:
    return f"person/{member.pk}"


def _revision(fate: Fate) -> int:
    """Return the number of saves the services would have made by now."""
    return {State.DRAFT: 1, State.PUBLISHED: 2, State.CANCELLED: 3}[fate.state]


def _as_published(record: Record) -> Record:
    """Return a copy of a cancelled trip or event as it was before."""
    before = copy.copy(record)
    before.state = State.PUBLISHED
    before.revision -= 1
    return before
