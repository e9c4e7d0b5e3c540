"""A booking follows the event it was accepted onto."""

from __future__ import annotations

from outreach.bookings.models import Booking
from outreach.common import audit
from outreach.scheduling.followers import EventChange, Happening

_State = Booking.State

_BECOMES = {
    Happening.CANCELLED: {_State.ACCEPTED: _State.CALLED_OFF},
    Happening.RESTORED: {_State.CALLED_OFF: _State.ACCEPTED},
    Happening.REMOVED: {
        _State.ACCEPTED: _State.SUBMITTED,
        _State.CALLED_OFF: _State.SUBMITTED,
        _State.WITHDRAWN: _State.WITHDRAWN,
    },
}


class BookingFollower:
    """Calls requests off with their event, and lets them wait again when it is removed.

    An event that is moved keeps its requests: they are read with its new time and place.
    """

    def follow(self, change: EventChange) -> None:
        """Bring the requests that hang on the event in line with it."""
        becomes = _BECOMES.get(change.happening)
        if becomes is None:
            return
        bookings = Booking.objects.select_for_update(of=("self",)).filter(
            event=change.event, state__in=list(becomes)
        )
        for booking in bookings.select_related("library", "venue", "kind"):
            booking.state = becomes[_State(booking.state)]
            if change.happening is Happening.REMOVED:
                booking.event = None
            if booking.state == _State.SUBMITTED:
                booking.answer, booking.answered_at = "", None
            audit.save(booking, actor=change.actor, reason=change.reason)
