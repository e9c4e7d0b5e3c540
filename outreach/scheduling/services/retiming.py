"""Keeping other times for a trip: all its stops, pauses, departure and return in one change."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import User
from outreach.common import audit, clock
from outreach.common.errors import Conflict, InvalidInput
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue
from outreach.scheduling import clashes
from outreach.scheduling.domain import Finding
from outreach.scheduling.followers import Happening
from outreach.scheduling.models import Event, State, Trip, TripPause
from outreach.scheduling.retiming import BASE, Road, Slot, Timeline
from outreach.scheduling.rulebook import Rulebook, TripShape
from outreach.scheduling.services import overrides, records, rules
from outreach.scheduling.services import pauses as pause_rows
from outreach.scheduling.services.inputs import CrewInput, PauseInput
from outreach.scheduling.services.trips import require_reason
from outreach.scheduling.ways import Way

PAUSE = "pause-"


@dataclass(frozen=True, slots=True)
class Timed:
    """A trip with what is timed on it, read once.

    Attributes:
        events: the standing ones by their uid, in order of time.
        pauses: by ``pause-`` and their key.
        crew: who goes.
        book: what is known of the ways and rules.
    """

    trip: Trip
    events: Mapping[str, Event]
    pauses: Mapping[str, TripPause]
    crew: CrewInput
    book: Rulebook

    @property
    def timeline(self) -> Timeline:
        """The times as they are stored."""
        slots = [
            Slot(uid, event.starts_at, event.ends_at, str(event.venue_id))
            for uid, event in self.events.items()
        ]
        slots += [
            Slot(
                key,
                pause.starts_at,
                pause.ends_at,
                str(pause.venue_id or ""),
                is_night=pause.kind == TripPause.Kind.NIGHT,
            )
            for key, pause in self.pauses.items()
        ]
        ordered = tuple(sorted(slots, key=lambda slot: slot.starts_at))
        return Timeline(self.trip.departs_at, self.trip.returns_at, ordered)

    @property
    def road(self) -> Road:
        """What the ways between its places take."""

        def minutes(here: str, there: str) -> int | None:
            way = self.way(here, there)
            return way.minutes if way is not None else None

        return Road(minutes, self.book.limits.leg_buffer_min, self.trip.library.zone)

    def way(self, here: str, there: str) -> Way | None:
        """Return what is known of the way between two places of its slots."""
        origin, destination = self.venue(here), self.venue(there)
        if destination is None:
            return None
        return self.book.ways.between(
            origin,
            destination,
            clock.local(self.trip.departs_at, self.trip.library.zone).date(),
            by_road=self.trip.vehicle.kind == Vehicle.Kind.VAN,
            is_home=there == BASE,
        )

    def venue(self, place: str) -> Venue | None:
        """Return the venue of a place of its slots, if it is one."""
        if place == BASE:
            return self.trip.vehicle.base
        held = (event.venue for event in self.events.values())
        rested = (pause.venue for pause in self.pauses.values() if pause.venue is not None)
        return next((venue for venue in [*held, *rested] if str(venue.pk) == place), None)

    def at(self, timeline: Timeline) -> tuple[list[Event], list[TripPause]]:
        """Return copies of its events and pauses as they would be, in order of time.

        Raises:
            InvalidInput: if the timeline is not about these events and pauses.
        """
        if set(timeline.keys) != {*self.events, *self.pauses}:
            raise InvalidInput(
                _("The stops of the trip are not those that were sent. Please look again."),
                code="stops_differ",
            )
        events, pauses = [], []
        for slot in timeline.slots:
            if slot.key in self.events:
                event = copy.copy(self.events[slot.key])
                event.starts_at, event.ends_at = slot.starts_at, slot.ends_at
                events.append(event)
            else:
                pause = copy.copy(self.pauses[slot.key])
                pause.starts_at, pause.ends_at = slot.starts_at, slot.ends_at
                pauses.append(pause)
        return events, pauses

    def findings(self, timeline: Timeline, now: datetime | None = None) -> list[Finding]:
        """Return the rules the trip would break with these times.

        Args:
            now: the present instant, if it is to be said what would begin before it.
        """
        events, pauses = self.at(timeline)
        return rules.trip_findings(
            vehicle=self.trip.vehicle,
            departs_at=timeline.departs_at,
            returns_at=timeline.returns_at,
            crew=self.crew,
            events=events,
            is_draft=self.trip.state == State.DRAFT,
            trip=self.trip,
            pauses=pauses,
            now=now,
            left={self.trip.departs_at, *(event.starts_at for event in self.events.values())},
        )


def timed(trip: Trip) -> Timed:
    """Return what is timed on a stored trip, in a fixed number of queries."""
    standing = trip.events.standing().select_related("library", "venue__commune")
    events = list(standing.prefetch_related("activities").order_by("starts_at", "pk"))
    pauses = list(trip.pauses.select_related("venue"))
    crew = CrewInput.of(list(trip.duties.select_related("member")))
    shape = TripShape(trip.vehicle, trip.departs_at, trip.returns_at, (), events, pauses)
    return Timed(
        trip=trip,
        events={event.uid: event for event in events},
        pauses={f"{PAUSE}{pause.pk}": pause for pause in pauses},
        crew=crew,
        book=Rulebook(trip.library, [shape]),
    )


@transaction.atomic
def retime_trip(
    *,
    actor: User,
    trip: Trip,
    timeline: Timeline,
    reason: str = "",
    override_reason: str = "",
    stood: frozenset[str] = frozenset(),
    expected_revision: int | None = None,
    now: datetime | None = None,
) -> Trip:
    """Keep other times for a trip, its stops and its pauses, all or nothing.

    Args:
        timeline: departure, return, and a slot for every standing event and every pause.
        stood: marks of findings that need no new reason, because they stood before a change that
            is now taken back.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        InvalidInput: if a published trip changes without a reason, if the slots are not those of
            the trip, or if two pauses share a moment.
        RuleBroken: if a rule refuses the trip with these times.
        Clash: if the vehicle, a person or a venue is taken then.
        Conflict: if the trip is cancelled.
        StaleWrite: if somebody changed it since ``expected_revision``.
    """
    rules.authorise(actor, trip.library_id)
    trip = records.lock_trip(trip)
    records.check_revision(trip, expected_revision)
    if trip.state == State.CANCELLED:
        raise Conflict(_("This trip is cancelled."), code="cancelled")
    stored = timed(trip)
    if timeline == stored.timeline:
        return trip
    require_reason(trip, reason)
    moment = now or clock.now()
    already = rules.standing(trip) | stood
    findings = stored.findings(timeline, moment)
    rules.refuse_hard(findings)
    trip.departs_at, trip.returns_at = timeline.departs_at, timeline.returns_at
    trip.revision += 1
    clashes.save(trip, actor=actor, reason=reason)
    records.set_crew(stored.crew, trip, actor=actor, reason=reason)
    events, pauses = stored.at(timeline)
    _store_pauses(stored, pauses, actor=actor, reason=reason)
    moved = _store_events(stored, events, actor=actor, reason=reason)
    overridden = rules.settle(
        findings,
        actor=actor,
        library_id=trip.library_id,
        override_reason=override_reason,
        already=already,
    )
    rules.record_overrides(overridden, actor=actor, reason=override_reason, now=moment, trip=trip)
    overrides.review(now=moment, trips=[trip.pk], again=stood)
    for event in events:
        before = moved.get(event.uid)
        records.announce(
            Happening.MOVED if before else Happening.CHANGED,
            event,
            actor=actor,
            reason=reason,
            now=moment,
            before=before,
        )
    return trip


def _store_pauses(stored: Timed, pauses: list[TripPause], *, actor: User, reason: str) -> None:
    ordered = sorted(pauses, key=lambda pause: pause.starts_at)
    pause_rows.refuse_impossible(stored.trip, [PauseInput.of(one) for one in ordered])
    kept = {pause.pk: (pause.starts_at, pause.ends_at) for pause in stored.pauses.values()}
    changed = [one for one in ordered if kept[one.pk] != (one.starts_at, one.ends_at)]
    pause_rows.step_aside(changed)
    for pause in changed:
        audit.save(pause, actor=actor, reason=reason)


def _store_events(
    stored: Timed, events: list[Event], *, actor: User, reason: str
) -> dict[str, tuple[datetime, datetime]]:
    """Store the events that moved; return when each of them was before, by its uid."""
    before = {uid: (event.starts_at, event.ends_at) for uid, event in stored.events.items()}
    moved = [event for event in events if before[event.uid] != (event.starts_at, event.ends_at)]
    # Out of each other's way until they are saved again one by one: in the middle of changing
    # places two would meet, in the trip or at a venue.
    Event.objects.filter(pk__in=[event.pk for event in moved]).update(trip=None, shares_venue=True)
    for event in moved:
        event.trip = stored.trip
        event.revision += 1
        records.place(event)
        clashes.save(event, actor=actor, reason=reason)
    return {event.uid: before[event.uid] for event in moved}
