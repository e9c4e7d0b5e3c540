"""The one place that lists who follows events and accepted sheets, in the order they are called."""

from __future__ import annotations

from outreach.attendance import followers as sheets
from outreach.attendance.event_follower import SheetPlace
from outreach.bookings.event_follower import BookingFollower
from outreach.calendars.event_follower import EntryFollower
from outreach.calendars.invitations import Invitations
from outreach.scheduling import followers as events
from outreach.statistics.followers import FactsFollowEvents, FactsFollowSheets


def register_all() -> None:
    """Register every follower; called once at start-up."""
    events.register("calendars", EntryFollower())
    events.register("bookings", BookingFollower())
    events.register("attendance", SheetPlace())
    events.register("statistics", FactsFollowEvents())
    # Last: mails tell of what everything before has settled.
    events.register("invitations", Invitations())
    sheets.register("statistics", FactsFollowSheets())
