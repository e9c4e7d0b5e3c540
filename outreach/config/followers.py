"""The one place that lists who follows events, sheets and places, in the order they are called."""

from __future__ import annotations

from outreach.attendance import followers as sheets
from outreach.attendance.event_follower import SheetPlace
from outreach.attendance.place_follower import SheetsArePlaced
from outreach.bookings.event_follower import BookingFollower
from outreach.calendars.event_follower import EntryFollower
from outreach.calendars.invitations import Invitations
from outreach.calendars.place_follower import EntriesArePlaced
from outreach.places import followers as places
from outreach.planning.event_follower import OwedVisits
from outreach.scheduling import followers as events
from outreach.scheduling import place_follower as events_placed
from outreach.statistics.followers import FactsArePlaced, FactsFollowEvents, FactsFollowSheets


def register_all() -> None:
    """Register every follower; called once at start-up."""
    events.register("calendars", EntryFollower())
    events.register("bookings", BookingFollower())
    events.register("attendance", SheetPlace())
    # After the bookings: a visit that was asked for is owed, too.
    events.register("planning", OwedVisits())
    events.register("statistics", FactsFollowEvents())
    # Last: mails tell of what everything before has settled.
    events.register("invitations", Invitations())
    sheets.register("statistics", FactsFollowSheets())
    places.register("scheduling", events_placed.EventPlaces())
    events_placed.register("attendance", SheetsArePlaced())
    events_placed.register("calendars", EntriesArePlaced())
    # After the sheets, from which it takes the places.
    events_placed.register("statistics", FactsArePlaced())
