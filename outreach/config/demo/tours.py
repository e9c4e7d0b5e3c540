"""From a list of venues to the hours of a trip. Nothing here is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from random import Random

from outreach.common import clock
from outreach.config.demo import terrain
from outreach.config.demo.journey import Journey, Tour, Visit, Ways
from outreach.places.models import Venue

__all__ = ["Tour", "Visit", "Ways", "in_a_day", "nights", "plan", "rounds"]

DAY_TRIP_MIN = 150
"""Longer ways than this need a night away."""
TWO_DAYS_MIN = 260
"""Longer ways than this need two."""
_NEAR_ENOUGH_MIN = 210
"""From so far one comes home in the afternoon after two visits."""
FURTHEST_MIN = 480
"""Nobody goes where the way takes longer; it does where the rains make it so."""
_MOST_A_DAY = 3
_LONG_MIN, _SHORT_MIN, _LAST_MIN = (120, 135, 150), (60, 75, 90), (105, 120)
_FIRST_STARTS = (time(7, 30), time(7, 45), time(8))
_MORNINGS = (time(7, 15), time(7, 30), time(7, 45))
_EARLIEST = time(4, 45)
_FIRST_AFTERNOON = time(13, 45)
_BEFORE_FIRST_AFTERNOON = timedelta(minutes=110)
"""Lunch, a rest, and setting up."""


def rounds(venues: Sequence[Venue], size: int) -> list[list[Venue]]:
    """Return the venues in neighbourhoods of ``size``; the farthest one left starts the next."""
    left = sorted(venues, key=lambda venue: venue.code)
    if not left:
        return []
    middle = _middle(left)
    groups = []
    while left:
        seed = max(left, key=lambda venue: terrain.distance_km(terrain.at(venue), middle))
        left.sort(key=lambda venue: terrain.distance_km(terrain.at(venue), terrain.at(seed)))
        groups.append(left[:size])
        left = left[size:]
    return groups


def _middle(venues: Sequence[Venue]) -> terrain.Point:
    points = [terrain.at(venue) for venue in venues]
    return (
        sum(lat for lat, _lon in points) / len(points),
        sum(lon for _lat, lon in points) / len(points),
    )


def nights(ways: Ways, venues: Sequence[Venue], day: date) -> int:
    """Return how many nights a tour to these venues takes."""
    far = max((ways.home(venue, day) for venue in venues), default=0)
    return (far > DAY_TRIP_MIN) + (far > TWO_DAYS_MIN)


def plan(ways: Ways, venues: Sequence[Venue], day: date, die: Random) -> Tour | None:
    """Return a tour of one to three days, as far as the ways are; ``None`` where it cannot be.

    Args:
        venues: some near each other, in the order of the visits; the last are left out where
            there is no time for them.
        day: the day of departure.
    """
    last = nights(ways, venues, day)
    return _with_nights(ways, venues, day, last, die) if last else in_a_day(ways, venues, day, die)


def in_a_day(ways: Ways, venues: Sequence[Venue], day: date, die: Random) -> Tour | None:
    """Return a morning visit, perhaps a short one before noon, and one in the afternoon."""
    lead = timedelta(minutes=ways.minutes(ways.base, venues[0], day) + ways.spare_min + 10)
    start = clock.at(day, die.choice(_FIRST_STARTS), ways.zone)
    journey = Journey(ways, max(start - lead, clock.at(day, _EARLIEST, ways.zone)), die)
    lengths = [die.choice(_LONG_MIN), die.choice(_LAST_MIN), die.choice(_LAST_MIN)]
    if len(venues) > 2:
        lengths = [die.choice((75, 90)), die.choice((45, 60)), lengths[1]]
    for venue, minutes in zip(venues, lengths, strict=False):
        if not journey.visit(venue, minutes):
            break
    if journey.visits and journey.go_home():
        return journey.tour()
    return in_a_day(ways, venues[:-1], day, die) if len(venues) > 1 else None


def _with_nights(
    ways: Ways, venues: Sequence[Venue], day: date, nights: int, die: Random
) -> Tour | None:
    """Return an afternoon, whole days between the nights, and a morning before the way home."""
    journey = Journey(ways, _leaves(ways, venues[0], day), die)
    far = max(ways.home(venue, day) for venue in venues)
    left = list(venues)
    if journey.visit(left[0], die.choice(_LONG_MIN)):
        left.pop(0)
    else:
        journey.arrive_near(left[0])
    for number in range(1, nights + 1):
        if not left:
            break
        journey.sleep(left[0], die.choice(_MORNINGS))
        most = _MOST_A_DAY if number < nights else 1 + (far <= _NEAR_ENOUGH_MIN)
        _serve_a_day(journey, left, most, die)
    if journey.go_home():
        return journey.tour()
    if (journey.day - day).days >= nights:
        return None
    if journey.is_too_late_to_leave:
        journey.sleep(ways.base, die.choice(_MORNINGS))
        came_home = journey.go_home()
    else:
        came_home = journey.go_home(sleeps_on_the_way=True)
    return journey.tour() if came_home else None


def _leaves(ways: Ways, first: Venue, day: date) -> datetime:
    """Return when to leave so as to serve in the afternoon, but not in the middle of the night."""
    way = timedelta(minutes=ways.minutes(ways.base, first, day) + ways.spare_min)
    start = clock.at(day, _FIRST_AFTERNOON, ways.zone) - _BEFORE_FIRST_AFTERNOON - way
    return max(start, clock.at(day, time(5, 30), ways.zone))


def _serve_a_day(journey: Journey, left: list[Venue], most: int, die: Random) -> None:
    """Serve as many of those left as a day has room for, and no more than ``most``."""
    for number in range(min(most, len(left))):
        minutes = die.choice(_SHORT_MIN if number % 2 else (90, 105, 120))
        if not journey.visit(left[0], minutes):
            return
        left.pop(0)
