"""A trip hour by hour: driving, serving, eating, resting and sleeping. Nothing here is stored."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from outreach.common import clock
from outreach.config.demo import inputs, terrain
from outreach.places.models import Venue
from outreach.scheduling import ways as roads
from outreach.scheduling.models import TripPause

Kind = TripPause.Kind
MORNING_ENDS, AFTERNOON_BEGINS = time(11, 30), time(13, 30)
"""Schools teach before and after; the others are visited at the same hours."""
_DAY_BEGINS, _DAY_ENDS = time(7, 15), time(17, 15)
_LATEST_RETURN = time(20)
_LUNCH_FROM, _LUNCH_BY = time(10, 50), time(12, 30)
_LUNCH_NOT_REST = time(10, 25)
"""Whose rest is due then eats instead."""
_LUNCH = timedelta(minutes=60)
_REST = timedelta(minutes=20)
_LONGEST_DRIVE_MIN = 200
"""The law allows 240 minutes without a break; a driver who knows the road stops earlier."""
_SCHOOLS = (Venue.Kind.SCHOOL, Venue.Kind.SCHOOL_POINT)
_SET_UP = timedelta(minutes=10)
_PACK_UP = timedelta(minutes=10)
_TO_THE_BEDS = timedelta(minutes=45)
_BEDTIME = time(17, 45)
_STOPS_FOR_THE_NIGHT, _LEAVES_AFTER_THE_NIGHT = time(17), time(7)
_AFTERNOON_IS_SPENT = time(15)
_EARLIEST_START = time(5)


@dataclass(frozen=True, slots=True)
class Visit:
    """A stop with its hours."""

    venue: Venue
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Pause:
    """Lunch, a rest or a night.

    Attributes:
        place: what the place is called; empty where it is ``venue`` itself.
        venue: where the crew is the guest of a venue.
        near: a venue in the commune of a night.
    """

    kind: Kind
    starts_at: datetime
    ends_at: datetime
    place: str = ""
    venue: Venue | None = None
    near: Venue | None = None


@dataclass(frozen=True, slots=True)
class Tour:
    """A vehicle's run."""

    departs_at: datetime
    returns_at: datetime
    visits: tuple[Visit, ...]
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True, slots=True)
class Ways:
    """How long the ways of one vehicle take: by road what the product itself says.

    Attributes:
        spare_min: what the library adds to each way.
    """

    base: Venue
    by_boat: bool
    zone: ZoneInfo
    roads: roads.Ways
    spare_min: int
    _known: dict[tuple[int, int, int, int, bool], int] = field(default_factory=dict)
    _from_home: dict[tuple[int, int, int], int] = field(default_factory=dict)

    def minutes(self, here: Venue, there: Venue, day: date, *, is_home: bool = False) -> int:
        """Return how long a way takes in the month of ``day``; units change with a month."""
        key = (here.pk, there.pk, day.year, day.month, is_home)
        if key not in self._known:
            self._known[key] = self._ask(here, there, day, is_home=is_home)
        return self._known[key]

    def home(self, venue: Venue, day: date) -> int:
        """Return the longer of the ways between the base and a venue, in minutes."""
        key = (venue.pk, day.year, day.month)
        if key not in self._from_home:
            there = self.minutes(self.base, venue, day)
            back = self.minutes(venue, self.base, day, is_home=True)
            self._from_home[key] = max(there, back)
        return self._from_home[key]

    def _ask(self, here: Venue, there: Venue, day: date, *, is_home: bool) -> int:
        if self.by_boat:
            return terrain.boat_min(terrain.at(here), terrain.at(there))
        way = self.roads.between(here, there, day, is_home=is_home)
        if way is None:
            raise LookupError(f"No way is known from {here} to {there}.")
        return way.minutes


class Journey:
    """Goes through a trip forwards in time; whoever drives stops in time for rests and meals."""

    def __init__(self, ways: Ways, departs_at: datetime, die: Random) -> None:
        """Stand at the base, ready to leave.

        Args:
            departs_at: in the library's own zone.
            die: for the names of places.
        """
        self.ways = ways
        self.departs_at = departs_at
        self.visits: list[Visit] = []
        self.pauses: list[Pause] = []
        self._die = die
        self._at = departs_at
        self._here = ways.base
        self._driven_min = 0
        self._spare = timedelta(minutes=ways.spare_min)

    @property
    def day(self) -> date:
        """The day it has come to."""
        return self._at.date()

    @property
    def is_too_late_to_leave(self) -> bool:
        """Whether one would rather stay where one is until the morning."""
        return self._at >= self._today(_AFTERNOON_IS_SPENT)

    def visit(self, venue: Venue, minutes: int) -> bool:
        """Drive to a venue and serve there the same day; where the day is over before, stay."""
        with self._perhaps() as attempt:
            self._drive(venue)
            start = _quarter(max(self._at + _SET_UP, self._today(_DAY_BEGINS)))
            span = timedelta(minutes=minutes)
            if start + span > self._today(MORNING_ENDS):
                start = self._after_lunch(start)
            attempt.worked = start + span <= self._today(_DAY_ENDS)
            if attempt.worked:
                self.visits.append(Visit(venue, start, start + span))
                self._at, self._driven_min = start + span + _PACK_UP, 0
        return attempt.worked

    def go_home(self, *, sleeps_on_the_way: bool = False) -> bool:
        """Drive back to the base, if one is there the same day, and not too late at night.

        Args:
            sleeps_on_the_way: stop somewhere in the evening; then the next day will do.
        """
        with self._perhaps() as attempt:
            self._drive(self.ways.base, is_home=True, sleeps=sleeps_on_the_way)
            is_in_time = self.day == attempt.day or sleeps_on_the_way
            attempt.worked = is_in_time and self._at <= self._today(_LATEST_RETURN)
        return attempt.worked

    def arrive_near(self, venue: Venue) -> None:
        """Drive to the commune of a venue, to be there in the morning."""
        self._drive(venue, is_for_tomorrow=True)

    def sleep(self, then: Venue, opens: time) -> None:
        """Spend the night, and leave so early that ``then`` can be served from ``opens`` on.

        The crew of a border post has beds for guests; elsewhere there are guest houses.
        """
        begins = max(_five(self._at + _TO_THE_BEDS), self._today(_BEDTIME))
        tomorrow = self.day + timedelta(days=1)
        is_home = then == self.ways.base
        way = self.ways.minutes(self._here, then, tomorrow, is_home=is_home)
        lead = timedelta(minutes=way) + self._spare + _SET_UP
        if is_home:
            lead = timedelta()
        wakes = max(
            clock.at(tomorrow, opens, self.ways.zone) - lead,
            clock.at(tomorrow, _EARLIEST_START, self.ways.zone),
        )
        self._at = begins
        if self._here.kind == Venue.Kind.BORDER_POST:
            self._to_bed(wakes, venue=self._here)
        else:
            self._to_bed(wakes, near=self._here)

    def tour(self) -> Tour:
        """Return what it came to; it must have gone home."""
        return Tour(self.departs_at, self._at, tuple(self.visits), tuple(self.pauses))

    @contextmanager
    def _perhaps(self) -> Iterator[_Attempt]:
        """Take everything back that was done meanwhile, unless it worked."""
        before = self._at, self._here, self._driven_min, len(self.visits), len(self.pauses)
        attempt = _Attempt(self.day)
        yield attempt
        if not attempt.worked:
            self._at, self._here, self._driven_min, visits, pauses = before
            del self.visits[visits:], self.pauses[pauses:]

    def _drive(
        self,
        there: Venue,
        *,
        is_home: bool = False,
        sleeps: bool = False,
        is_for_tomorrow: bool = False,
    ) -> None:
        left = self._minutes_to(there, is_home=is_home, or_tomorrow=sleeps or is_for_tomorrow)
        while left:
            if self._is_hungry(left):
                self._eat("lunch_places")
            stretch = self._stretch_min(left)
            if sleeps:
                stretch = min(stretch, self._minutes_until(_STOPS_FOR_THE_NIGHT))
            self._at += timedelta(minutes=stretch)
            self._driven_min += stretch
            left -= stretch
            if left:
                self._stop(left, sleeps=sleeps)
        self._at += self._spare
        self._here = there

    def _minutes_to(self, there: Venue, *, is_home: bool, or_tomorrow: bool) -> int:
        """Return how long a way takes; over the end of a month it may be one or the other's."""
        days = [self.day, self.day + timedelta(days=1)] if or_tomorrow else [self.day]
        return max(self.ways.minutes(self._here, there, day, is_home=is_home) for day in days)

    def _stop(self, left: int, *, sleeps: bool) -> None:
        """Interrupt the drive for the night, lunch or a rest, whichever it is time for."""
        if sleeps and self._minutes_until(_STOPS_FOR_THE_NIGHT) <= 0:
            tomorrow = self.day + timedelta(days=1)
            self._to_bed(clock.at(tomorrow, _LEAVES_AFTER_THE_NIGHT, self.ways.zone))
        elif self._misses_lunch(left) and self._at >= self._today(_LUNCH_NOT_REST):
            self._eat("lunch_places")
        else:
            self._rest()

    def _stretch_min(self, left: int) -> int:
        """Return how far to drive in one go, of ``left`` minutes."""
        parts = math.ceil((self._driven_min + left) / _LONGEST_DRIVE_MIN)
        stretch = left
        if parts > 1:
            even = (self._driven_min + left) / parts - self._driven_min
            stretch = max(5, 5 * math.ceil(even / 5))
        noon = self._minutes_until(MORNING_ENDS)
        if self._misses_lunch(left) and 0 < noon < stretch:
            return noon
        return min(stretch, left)

    def _is_hungry(self, left: int) -> bool:
        return self._misses_lunch(left) and self._at >= self._today(_LUNCH_FROM)

    def _misses_lunch(self, left: int) -> bool:
        """Tell whether one would drive through noon without having eaten."""
        arrives = self._at + timedelta(minutes=left)
        return not self._has_eaten() and arrives > self._today(_LUNCH_BY)

    def _after_lunch(self, start: datetime) -> datetime:
        """Eat, if that is still to do, and return when the afternoon can begin."""
        if not self._has_eaten():
            self._at = max(self._at, self._today(_LUNCH_FROM))
            self._eat("school_kitchens" if self._here.kind in _SCHOOLS else "kitchens")
        begins = self._today(self._die.choice([time(13, 30), time(13, 45)]))
        return max(start, begins, _quarter(self._at + _SET_UP))

    def _has_eaten(self) -> bool:
        """Tell whether it had lunch on its day, or left after that."""
        if self.departs_at > self._today(_LUNCH_FROM):
            return True
        return any(
            pause.kind == Kind.LUNCH and pause.starts_at.date() == self.day for pause in self.pauses
        ) or self._at > self._today(AFTERNOON_BEGINS)

    def _eat(self, where: str) -> None:
        begins = _five(self._at)
        self.pauses.append(Pause(Kind.LUNCH, begins, begins + _LUNCH, self._name(where)))
        self._at, self._driven_min = begins + _LUNCH, 0

    def _to_bed(
        self, wakes: datetime, *, venue: Venue | None = None, near: Venue | None = None
    ) -> None:
        place = "" if venue else self._name("guest_houses" if near else "road_houses")
        self.pauses.append(Pause(Kind.NIGHT, self._at, wakes, place, venue, near))
        self._at, self._driven_min = wakes, 0

    def _rest(self) -> None:
        self.pauses.append(Pause(Kind.REST, self._at, self._at + _REST, self._name("rest_places")))
        self._at, self._driven_min = self._at + _REST, 0

    def _name(self, kind: str) -> str:
        names: list[str] = inputs.read("names")[kind]
        return self._die.choice(names)

    def _today(self, at: time) -> datetime:
        return clock.at(self.day, at, self.ways.zone)

    def _minutes_until(self, at: time) -> int:
        return int((self._today(at) - self._at).total_seconds() // 60)


@dataclass
class _Attempt:
    """Whether something worked on a day."""

    day: date
    worked: bool = False


def _quarter(moment: datetime) -> datetime:
    """Return the next quarter of an hour."""
    return _rounded(moment, 15)


def _five(moment: datetime) -> datetime:
    """Return the next five minutes."""
    return _rounded(moment, 5)


def _rounded(moment: datetime, minutes: int) -> datetime:
    over = timedelta(minutes=moment.minute % minutes, seconds=moment.second)
    return moment + (timedelta(minutes=minutes) - over) if over else moment
