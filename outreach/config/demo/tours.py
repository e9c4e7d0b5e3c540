"""From a list of venues to the hours of a trip. Nothing here is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from outreach.common import clock
from outreach.config.demo import terrain
from outreach.places.models import Venue

FURTHEST_DAY_TRIP_MIN = 165
"""Longer ways than this need a night away."""
_SET_UP = timedelta(minutes=20)
_LUNCH = timedelta(minutes=75)
_EARLIEST = time(4, 30)


@dataclass(frozen=True, slots=True)
class Visit:
    """A stop with its hours."""

    venue: Venue
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Tour:
    """A vehicle's run."""

    departs_at: datetime
    returns_at: datetime
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class Ways:
    """How long the ways of one vehicle take."""

    base: Venue
    by_boat: bool

    def between(self, a: Venue, b: Venue) -> timedelta:
        """Return the time from one venue to another."""
        return timedelta(minutes=terrain.travel_min(_at(a), _at(b), by_boat=self.by_boat))

    def home(self, venue: Venue) -> timedelta:
        """Return the time between the base and a venue."""
        return self.between(self.base, venue)

    def needs_night(self, venues: Sequence[Venue]) -> bool:
        """Tell whether these venues are too far for one day."""
        return self.home(venues[0]) > timedelta(minutes=FURTHEST_DAY_TRIP_MIN)


def rounds(venues: Sequence[Venue], size: int) -> list[list[Venue]]:
    """Return the venues in neighbourhoods of ``size``; the farthest one left starts the next."""
    left = sorted(venues, key=lambda venue: venue.code)
    if not left:
        return []
    middle = _middle(left)
    groups = []
    while left:
        seed = max(left, key=lambda venue: terrain.distance_km(_at(venue), middle))
        left.sort(key=lambda venue: terrain.distance_km(_at(venue), _at(seed)))
        groups.append(left[:size])
        left = left[size:]
    return groups


def _middle(venues: Sequence[Venue]) -> terrain.Point:
    points = [_at(venue) for venue in venues]
    return (
        sum(lat for lat, _lon in points) / len(points),
        sum(lon for _lat, lon in points) / len(points),
    )


def _at(venue: Venue) -> terrain.Point:
    """Return the point of a venue; every one of the demonstration has one."""
    assert venue.point is not None
    return venue.point


def plan(ways: Ways, venues: Sequence[Venue], day: date, zone: ZoneInfo, die: Random) -> Tour:
    """Return a tour of one day, or of two where the way is long.

    Args:
        venues: one to four venues near each other, in the order of the visits.
        day: the day of departure.
    """
    if ways.needs_night(venues):
        return _with_night(ways, venues, day, zone, die)
    return in_a_day(ways, venues[:3], day, zone, die)


def nights(ways: Ways, venues: Sequence[Venue]) -> int:
    """Return on how many days after the first the tour goes on."""
    return 1 if ways.needs_night(venues) else 0


def in_a_day(ways: Ways, venues: Sequence[Venue], day: date, zone: ZoneInfo, die: Random) -> Tour:
    """Return a morning visit, perhaps a short one before noon, and one in the afternoon."""
    way = ways.home(venues[0])
    earliest = clock.at(day, _EARLIEST, zone) + way + _SET_UP
    start = max(clock.at(day, die.choice([time(7, 30), time(7, 45), time(8)]), zone), earliest)
    start = _rounded(start)
    has_short = len(venues) == 3
    minutes = 90 if has_short else die.choice([120, 135, 150])
    visits = [Visit(venues[0], start, start + timedelta(minutes=minutes))]
    if has_short:
        begin = _rounded(visits[0].ends_at + ways.between(venues[0], venues[1]) + _SET_UP)
        visits.append(Visit(venues[1], begin, begin + timedelta(minutes=60)))
    if len(venues) > 1:
        last = visits[-1]
        begin = last.ends_at + ways.between(last.venue, venues[-1]) + _LUNCH
        begin = max(_rounded(begin), clock.at(day, time(13, 45), zone))
        visits.append(Visit(venues[-1], begin, begin + timedelta(minutes=die.choice([105, 120]))))
    return _closed(ways, visits)


def _with_night(
    ways: Ways, venues: Sequence[Venue], day: date, zone: ZoneInfo, die: Random
) -> Tour:
    """Return an afternoon, a night away, and the next morning (and early afternoon)."""
    first, *rest = venues
    start = clock.at(day, time(14), zone)
    visits = [Visit(first, start, start + timedelta(minutes=die.choice([120, 135, 150])))]
    begin = clock.at(day + timedelta(days=1), die.choice([time(7, 30), time(7, 45)]), zone)
    for number, venue in enumerate(rest[:3]):
        if number:
            begin = visits[-1].ends_at + ways.between(visits[-1].venue, venue) + _SET_UP
            begin = _rounded(begin if number == 1 else begin + _LUNCH)
        minutes = die.choice([90, 105]) if len(rest) > 1 else 150
        visits.append(Visit(venue, begin, begin + timedelta(minutes=minutes)))
    departs_at = start - ways.home(first) - _LUNCH - _SET_UP
    return _closed(ways, visits, departs_at=departs_at)


def _closed(ways: Ways, visits: list[Visit], departs_at: datetime | None = None) -> Tour:
    """Return the tour from leaving the base until being back there."""
    first, last = visits[0], visits[-1]
    leaves = departs_at or first.starts_at - ways.home(first.venue) - _SET_UP
    return Tour(leaves, last.ends_at + _SET_UP + ways.home(last.venue), tuple(visits))


def _rounded(moment: datetime) -> datetime:
    """Return the next quarter of an hour."""
    over = timedelta(minutes=moment.minute % 15, seconds=moment.second)
    return moment + (timedelta(minutes=15) - over) if over else moment
