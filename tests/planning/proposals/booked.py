"""A school's accepted request for an event."""

from __future__ import annotations

from outreach.bookings.models import Booking
from outreach.scheduling.models import ActivityKind, Event
from tests.cast import Cast


def book(event: Event, cast: Cast) -> Booking:
    """Store a booking that an event was accepted for."""
    return Booking.objects.create(
        library=cast.library,
        venue=event.venue,
        kind=ActivityKind.objects.get(pk="mobile_service"),
        wanted_on=event.starts_at.date(),
        classes=1,
        pupils=30,
        state=Booking.State.ACCEPTED,
        event=event,
        asked_by=cast.host,
    )
