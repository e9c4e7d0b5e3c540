"""A small schedule around the cast: something of every kind and state the API shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from outreach.attendance.inputs import SheetInput, counted
from outreach.attendance.models import ResultSheet
from outreach.attendance.services import log_sheet
from outreach.common import clock
from outreach.fleet.models import CrewMember
from outreach.places.models import Venue
from outreach.scheduling import services
from outreach.scheduling.models import ActivityKind, Event, Reason, Trip
from outreach.scheduling.services import ActivityInput, CrewInput, EventInput
from tests.cast import Cast
from tests.factories import (
    ClosedDatesFactory,
    CrewMemberFactory,
    OpeningWindowFactory,
    TravelTimeFactory,
    VenueFactory,
)

HOUR = timedelta(hours=1)
WHATEVER_DAY = "Today decides which weekday it is"
"""Why the opening hours of a weekday do not stand in the way of what is so many days from now."""


def at(days: int, hour: float = 8) -> datetime:
    """Return clock time ``hour`` on the day that lies ``days`` from today."""
    return clock.start_of(clock.today() + timedelta(days=days)) + hour * HOUR


def iso(days: int, hour: float = 8) -> str:
    """Return the same as the API writes it."""
    return clock.local(at(days, hour)).isoformat()


def planned(
    venue: Venue, days: int, hour: float = 8, hours: float = 2, kind: str = "mobile_service"
) -> EventInput:
    """Return an event to be."""
    start = at(days, hour)
    activity = ActivityInput(ActivityKind.objects.get(pk=kind))
    return EventInput(venue, start, start + hours * HOUR, (activity,))


@dataclass
class Ground:
    """The cast before they have planned anything, and what they may send."""

    cast: Cast

    def event_body(self, **changes: Any) -> dict[str, Any]:
        """Return the body of a new event without a vehicle."""
        body = {
            "venue": self.cast.second_venue.code,
            "starts_at": iso(40),
            "ends_at": iso(40, 10),
            "activities": [{"kind": "exhibition", "audience": "primary"}],
        }
        return body | changes

    def trip_body(self, **changes: Any) -> dict[str, Any]:
        """Return the body of a new trip with one event."""
        event = self.event_body(starts_at=iso(50), ends_at=iso(50, 10))
        body = {
            "vehicle": self.cast.vehicle.slug,
            "departs_at": iso(50, 6),
            "returns_at": iso(50, 17),
            "crew": crew_body(self.cast.crew),
            "events": [event],
        }
        return body | changes


@dataclass
class World(Ground):
    """The cast and what they have planned, published and counted."""

    draft: Event
    public: Event
    cancelled: Event
    foreign: Event
    draft_trip: Trip
    trip: Trip
    held: Event
    sheet: ResultSheet
    waiting: ResultSheet

    def sheet_body(self, **changes: Any) -> dict[str, Any]:
        """Return the body of a sheet for the event that was held and has none."""
        return sheet_body(self.held, **changes)


def sheet_body(held: Event, **changes: Any) -> dict[str, Any]:
    """Return the body of a sheet."""
    body = {
        "uid": str(uuid4()),
        "event": held.uid,
        "figures": {
            "people_served": {"value": 120, "how": "counted"},
            "items_lent": {"value": None, "how": "not_collected"},
        },
        "audiences": [{"audience": "primary", "value": 100, "how": "estimated"}],
    }
    return body | changes


def crew_body(crew: CrewInput) -> dict[str, Any]:
    """Return a crew as the API takes it."""
    assert crew.operator is not None
    return {"operator": crew.operator.pk, "professionals": [m.pk for m in crew.professionals]}


def published(cast: Cast, days: int, **more: Any) -> Event:
    """Store a public event without a vehicle."""
    event = services.schedule_event(
        actor=cast.owner,
        library=cast.library,
        event=planned(cast.venue, days),
        override_reason=WHATEVER_DAY,
        **more,
    )
    return services.publish_event(actor=cast.owner, event=event)


def make_world(cast: Cast) -> World:
    """Store events, trips and sheets in several states around the cast."""
    owner = cast.owner
    public = published(cast, 3, crew=CrewInput(None, (_extra(cast),)))
    cancelled = services.cancel_event(
        actor=owner, event=published(cast, 4), why=_reason("storm"), note="Chỉ nội bộ biết"
    )
    TravelTimeFactory.create(origin=cast.second_venue, destination=cast.venue)
    held, counted_event = published(cast, -2), published(cast, -3)
    sheet, waiting = _log(cast, counted_event, 100), _log(cast, counted_event, 90)
    foreign = services.schedule_event(
        actor=cast.stranger,
        library=cast.other_library,
        event=planned(cast.foreign_venue, 3),
    )
    services.publish_event(actor=cast.stranger, event=foreign)
    return World(
        cast=cast,
        draft=services.schedule_event(
            actor=owner, library=cast.library, event=planned(cast.venue, 5)
        ),
        public=Event.objects.get(pk=public.pk),
        cancelled=Event.objects.get(pk=cancelled.pk),
        foreign=Event.objects.get(pk=foreign.pk),
        draft_trip=make_trip(cast, 10),
        trip=services.publish_trip(actor=owner, trip=make_trip(cast, 20)),
        held=held,
        sheet=sheet,
        waiting=waiting,
    )


def make_trip(cast: Cast, days: int) -> Trip:
    """Store a draft trip of one day with two events."""
    return services.schedule_trip(
        actor=cast.owner,
        library=cast.library,
        vehicle=cast.vehicle,
        departs_at=at(days, 6),
        returns_at=at(days, 17),
        crew=cast.crew,
        events=[planned(cast.venue, days, 8), planned(cast.second_venue, days, 13)],
    )


def more_of_everything(world: World, count: int) -> None:
    """Store ``count`` more venues, trips with two events each, and held events with sheets."""
    cast = world.cast
    for number in range(count):
        venue = VenueFactory.create(
            library=cast.library, commune=cast.commune, kind=Venue.Kind.MARKET
        )
        VenueFactory.create(
            library=cast.library, main_venue=cast.venue, kind=Venue.Kind.SCHOOL_POINT
        )
        TravelTimeFactory.create(destination=venue, origin=cast.venue)
        OpeningWindowFactory.create(venue=venue)
        ClosedDatesFactory.create(venue=venue)
        trip = make_trip(cast, 60 + number)
        services.publish_trip(actor=cast.owner, trip=trip)
        event = services.schedule_event(
            actor=cast.owner,
            library=cast.library,
            event=planned(venue, -10 - number),
            override_reason=WHATEVER_DAY,
        )
        services.publish_event(actor=cast.owner, event=event)
        _log(cast, event, 50)


def _log(cast: Cast, event: Event, people: int) -> ResultSheet:
    content = SheetInput(
        figures={"people_served": counted(people)}, audiences={"primary": counted(people - 10)}
    )
    return log_sheet(actor=cast.colleague, event=event, sheet=content, uid=uuid4())


def _extra(cast: Cast) -> CrewMember:
    member: CrewMember = CrewMemberFactory.create(
        library=cast.library, full_name="Lê Thị Riêng Tư", phone="0912 000 000"
    )
    return member


def _reason(code: str) -> Reason:
    return Reason.objects.get(pk=code)
