"""Changes to places: venues, how they are reached, when they are open, how long the way takes."""

from outreach.places.services.access import change_access
from outreach.places.services.contacts import erase_expired_contacts
from outreach.places.services.hours import (
    Closure,
    Hours,
    add_closed_dates,
    change_closed_dates,
    remove_closed_dates,
    set_closed_dates,
    set_opening_windows,
)
from outreach.places.services.travel import (
    add_travel_time,
    change_travel_time,
    remove_travel_time,
)
from outreach.places.services.venues import change_venue, create_venue

__all__ = [
    "Closure",
    "Hours",
    "add_closed_dates",
    "add_travel_time",
    "change_access",
    "change_closed_dates",
    "change_travel_time",
    "change_venue",
    "create_venue",
    "erase_expired_contacts",
    "remove_closed_dates",
    "remove_travel_time",
    "set_closed_dates",
    "set_opening_windows",
]
