"""What stored things are called in a planner's question, and back."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from outreach.common import clock
from outreach.routing.plan import UNDERWAY

MIDNIGHT = time.min


def stop_name(key: int) -> str:
    """Return the name of a scenario's stop."""
    return str(key)


def place_name(venue: int) -> str:
    """Return the name of a venue in travel matrices."""
    return f"v{venue}"


def venue_if_any(place: str) -> int | None:
    """Return the key of the venue that a place is called after; none for on the way."""
    return venue_of(place) if place != UNDERWAY else None


def venue_of(place: str) -> int:
    """Return the key of the venue that a place is called after."""
    return int(place.removeprefix("v"))


def shift_name(vehicle: int, on: date) -> str:
    """Return the name of a vehicle's day."""
    return f"{vehicle}:{on.isoformat()}"


def vehicle_day(shift: str) -> tuple[int, date]:
    """Return the key of the vehicle and the day that a shift is called after."""
    vehicle, _colon, on = shift.partition(":")
    return int(vehicle), date.fromisoformat(on)


def crew_of(name: str) -> list[int]:
    """Return the keys of the people that a crew is called after; none for an empty name."""
    return [int(key) for key in name.split("-") if key]


def instant(on: date, seconds: int, zone: ZoneInfo) -> datetime:
    """Return the instant at which a day's clock shows so many seconds after midnight.

    Clock time, not time gone by: on a day on which the clock is put forward or back, half past
    seven is still half past seven. Beyond 24 hours it is the next day's clock.
    """
    moment = datetime.combine(on, MIDNIGHT) + timedelta(seconds=seconds)
    return moment.replace(tzinfo=zone)


def seconds_of(moment: datetime, on: date, zone: ZoneInfo) -> int:
    """Return how many seconds after a day's midnight the clock shows at an instant."""
    shown = clock.local(moment, zone).replace(tzinfo=None)
    return round((shown - datetime.combine(on, MIDNIGHT)).total_seconds())
