"""A booking follows the event it was accepted onto."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from outreach.bookings.models import Booking
from outreach.common import bulk
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
        self.follow_all([change])

    def follow_all(self, changes: Sequence[EventChange]) -> None:
        """Bring the requests that hang on many events in line, in a fixed number of queries."""
        told = {change.event.pk: change for change in changes if change.happening in _BECOMES}
        for keys in bulk.in_parts(sorted(told)):
            _bring_along({key: told[key] for key in keys})


def _bring_along(told: Mapping[int, EventChange]) -> None:
    rows = Booking.objects.select_for_update(of=("self",)).filter(event__in=told)
    bookings = list(rows.order_by("pk"))
    followed = {booking.pk: told[booking.event_id or 0] for booking in bookings}
    changed = [one for one in bookings if _is_brought_along(one, followed[one.pk])]
    Booking.objects.bulk_update(changed, ["state", "event", "answer", "answered_at"])
    bulk.note(
        Booking,
        changed,
        by=lambda booking: followed[booking.pk].actor,
        at=lambda booking: followed[booking.pk].at,
        reason=lambda booking: followed[booking.pk].reason,
        kind="~",
    )


def _is_brought_along(booking: Booking, change: EventChange) -> bool:
    """Bring a request in line with its event; tell whether that changed it."""
    becomes = _BECOMES[change.happening].get(_State(booking.state))
    if becomes is None:
        return False
    booking.state = becomes
    if change.happening is Happening.REMOVED:
        booking.event = None
    if becomes == _State.SUBMITTED:
        booking.answer, booking.answered_at = "", None
    return True
