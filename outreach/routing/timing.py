"""When a route would be where, exactly: the earliest legal times of an order of stops.

All is tried that a crew may do on each way: drive at once, eat before or after it, rest before it.
Of all these courses only those are followed that no other one beats in time, in lunch had, and in
driving since the last rest; so nothing is missed that could fit, and nothing is asked twice.

What is planned here is stricter than what the judge (:mod:`outreach.routing.validator`) lets pass
in one point: lunch is always written down as a break or had at a long visit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from outreach.routing.plan import UNDERWAY, Break, Route, Visit
from outreach.routing.problem import Lunch, Matrix, Pin, Problem, Shift, Stop

NO_WAY = -1


class Reason(StrEnum):
    """What refuses a visit on a vehicle-day."""

    NO_SHIFT = "no_shift"
    CLOSED = "closed"
    BARRED = "barred"
    TWICE = "twice"
    CAPACITY = "capacity"
    NO_WAY = "no_way"
    WINDOW = "window"
    DRIVING = "driving"
    LUNCH = "lunch"
    SHIFT_OVER = "shift_over"
    BUSY = "busy"
    PINNED = "pinned"


NEARNESS = {
    Reason.SHIFT_OVER: 0,
    Reason.LUNCH: 1,
    Reason.BUSY: 2,
    Reason.DRIVING: 3,
    Reason.WINDOW: 4,
    Reason.NO_WAY: 5,
}
"""Which of several refusals comes nearest to fitting; the others come before any time is asked."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a route is not legal.

    Attributes:
        reason: the rule.
        stop: the stop at which it fails; empty where it is the route as a whole.
        over_s: for ``SHIFT_OVER``, how much longer the shift had to be, at the least.
    """

    reason: Reason
    stop: str = ""
    over_s: int = 0


class Item(NamedTuple):
    """A visit to be timed: where, how long, and the hours in which it may lie."""

    stop: str
    place: int
    service_s: int
    windows: tuple[tuple[int, int], ...]
    items: int = 0


class Pause(NamedTuple):
    """A break on a way: at its beginning, in its middle or at its end."""

    is_before: bool
    starts_s: int
    ends_s: int
    is_underway: bool = False


class Course(NamedTuple):
    """What a crew has done until a visit ended; the best of them are followed.

    Attributes:
        at_s: when they may leave.
        owes: 1 while lunch is still to be had.
        driven_s: driving since the last rest; 0 where nobody limits it.
        starts_s: of the visit.
        pauses: on the way to it.
        before: what they did until then; ``None`` before they leave.
    """

    at_s: int
    owes: int
    driven_s: int
    starts_s: int = 0
    pauses: tuple[Pause, ...] = ()
    before: Course | None = None


class _Arrival(NamedTuple):
    ready_s: int
    owes: int
    driven_s: int
    arrives_s: int
    pauses: tuple[Pause, ...]


@lru_cache(maxsize=16)
def ways(matrix: Matrix) -> tuple[dict[str, int], list[list[int]]]:
    """Return the number of each place, and seconds rounded up; ``NO_WAY`` if there is none."""
    whole = np.ceil(np.where(np.isfinite(matrix.seconds), matrix.seconds, NO_WAY) - 1e-6)
    return matrix.index(), whole.astype(np.int64).tolist()


@dataclass(slots=True)
class ShiftDay:
    """A shift, the place and hours it really has, and what else binds it.

    Attributes:
        slept, sleeps: whether its vehicle spent the night before, or spends the next, elsewhere.
        day_s, week_s: driving on other routes of its vehicle or crew, on that day and in that week;
            whichever is more.
        busy: when its vehicle or crew is out on other routes, in seconds after its own midnight.
    """

    problem: Problem
    shift: Shift
    start: str
    end: str
    slept: bool = False
    sleeps: bool = False
    day_s: int = 0
    week_s: int = 0
    busy: tuple[tuple[int, int], ...] = ()
    index: dict[str, int] = field(init=False)
    drive: list[list[int]] = field(init=False)
    lunch: Lunch | None = field(init=False)
    unbroken_s: int | None = field(init=False)

    def __post_init__(self) -> None:
        """Look up what every question needs."""
        self.index, self.drive = ways(self.problem.matrices[self.shift.profile])
        self.lunch = self.problem.limits.lunch
        self.unbroken_s = self.problem.limits.unbroken_s

    def item(self, stop: Stop, pin: Pin | None = None) -> Item:
        """Return a stop as it may be visited on this day."""
        windows = tuple(
            (window.opens_s, window.closes_s) for window in stop.windows.get(self.shift.on, ())
        )
        if pin is not None and pin.starts_s is not None:
            starts_s, ends_s = pin.starts_s, pin.starts_s + stop.service_s
            fits = any(opens_s <= starts_s and ends_s <= closes_s for opens_s, closes_s in windows)
            windows = ((starts_s, ends_s),) if fits else ()
        return Item(stop.name, self.index[stop.place], stop.service_s, windows, stop.items)

    def leave(self) -> list[Course]:
        """Return how a day may begin: at once, or too late for lunch to be due."""
        starts_s, lunch = self.shift.starts_s, self.lunch
        if lunch is None:
            return [Course(starts_s, 0, 0)]
        if self.slept:
            return [Course(starts_s, int(starts_s - lunch.since_s < lunch.lasts_s), 0)]
        if starts_s > lunch.due_since_s:
            return [Course(starts_s, 0, 0)]
        return [Course(starts_s, 1, 0), Course(lunch.due_since_s + 1, 0, 0)]

    def onward(self, courses: list[Course], here: int, item: Item) -> list[Course] | Refused:
        """Return the best courses once a stop is served, coming from ``here``."""
        drive_s = self.drive[here][item.place]
        if drive_s < 0:
            return Refused(Reason.NO_WAY, item.stop)
        found: list[Course] = []
        for course in courses:
            for arrival in self._arrivals(course, drive_s):
                starts_s = _first_fit(item.windows, arrival.ready_s, item.service_s)
                if starts_s is not None:
                    found.append(self._served(course, arrival, starts_s, item.service_s))
        if not found:
            return Refused(Reason.WINDOW, item.stop)
        return _best(found) if len(found) > 1 else found

    def _served(self, course: Course, arrival: _Arrival, starts_s: int, service_s: int) -> Course:
        ends_s = starts_s + service_s
        limits, arrives_s = self.problem.limits, arrival.arrives_s
        if course.before is None:
            # They leave as late as they may, and do not wait where they come first.
            arrives_s = max(arrives_s, starts_s - limits.leg_buffer_s)
        rested = ends_s - arrives_s >= limits.break_s
        owes, lunch = arrival.owes, self.lunch
        if owes and lunch is not None and service_s >= lunch.in_turns_s:
            shared_s = min(ends_s, lunch.until_s) - max(starts_s, lunch.since_s)
            owes = int(shared_s < lunch.lasts_s)
        driven_s = 0 if rested else arrival.driven_s
        return Course(ends_s, owes, driven_s, starts_s, arrival.pauses, course)

    def _arrivals(self, course: Course, drive_s: int) -> Iterator[_Arrival]:
        """Yield all ways to get somewhere: at once, rested, fed before, fed after."""
        plain = self._drive(course.at_s, course.owes, course.driven_s, drive_s)
        yield plain
        lunch, limits = self.lunch, self.problem.limits
        if not course.owes or lunch is None:
            return
        rests = lunch.lasts_s >= limits.break_s
        since_s = max(course.at_s, lunch.since_s)
        until_s = since_s + lunch.lasts_s
        if until_s <= lunch.until_s:
            driven_s = 0 if rests else course.driven_s
            fed = self._drive(until_s, 0, driven_s, drive_s)
            yield fed._replace(pauses=(Pause(True, since_s, until_s), *fed.pauses))
        if not drive_s:
            return
        since_s = max(plain.arrives_s, lunch.since_s)
        until_s = since_s + lunch.lasts_s
        if until_s <= lunch.until_s:
            ready_s = max(until_s, plain.ready_s + lunch.lasts_s)
            eaten = (*plain.pauses, Pause(False, since_s, until_s))
            driven_s = 0 if rests else plain.driven_s
            yield _Arrival(ready_s, 0, driven_s, plain.arrives_s, eaten)

    def _drive(self, at_s: int, owes: int, driven_s: int, drive_s: int) -> _Arrival:
        """Return the arrival of who leaves at a time, and rests whenever the law wants it.

        One rests before a way that cannot be driven to its end, and in the middle only of one that
        nobody could drive without.
        """
        limits, unbroken_s = self.problem.limits, self.unbroken_s
        pauses: list[Pause] = []
        if unbroken_s is None:
            driven_s = 0
        elif drive_s and driven_s and driven_s + drive_s > unbroken_s:
            pauses.append(Pause(True, at_s, at_s + limits.break_s))
            at_s, driven_s = at_s + limits.break_s, 0
        left_s = drive_s
        while unbroken_s is not None and left_s > unbroken_s:
            at_s, left_s = at_s + unbroken_s, left_s - unbroken_s
            pauses.append(Pause(False, at_s, at_s + limits.break_s, is_underway=True))
            at_s += limits.break_s
        driven_s = 0 if unbroken_s is None else driven_s + left_s
        buffer_s = limits.leg_buffer_s if drive_s else 0
        arrives_s = at_s + left_s
        return _Arrival(arrives_s + buffer_s, owes, driven_s, arrives_s, tuple(pauses))

    def home(self, courses: list[Course], here: int) -> Course | Refused:
        """Return the course that is back first, or why none is in time."""
        drive_s = self.drive[here][self.index[self.end]]
        if drive_s < 0:
            return Refused(Reason.NO_WAY)
        best: Course | None = None
        for course in courses:
            for arrival in self._arrivals(course, drive_s):
                if arrival.owes and self._is_due(arrival.ready_s):
                    continue
                if best is None or (arrival.ready_s, -_left_s(course)) < (
                    best.at_s,
                    -_left_s(best),
                ):
                    at_s = arrival.ready_s
                    best = Course(at_s, arrival.owes, 0, at_s, arrival.pauses, course)
        if best is None:
            return Refused(Reason.LUNCH)
        return best

    def _is_due(self, returns_s: int) -> bool:
        """Tell whether who has not eaten by then goes hungry."""
        lunch = self.lunch
        if lunch is None:
            return False
        if self.sleeps:
            return max(returns_s, lunch.since_s) + lunch.lasts_s > lunch.until_s
        return returns_s >= lunch.due_until_s

    def verdict(self, items: Sequence[Item], last: Course) -> Refused | None:
        """Return what refuses a course whose times are legal: driving, other routes."""
        limits = self.problem.limits
        driven_s = self.driven_s(items)
        if limits.day_s is not None and driven_s + self.day_s > limits.day_s:
            return Refused(Reason.DRIVING)
        if limits.week_s is not None and driven_s + self.week_s > limits.week_s:
            return Refused(Reason.DRIVING)
        if self.busy:
            departs_s = self.departs_s(items, last)
            if any(departs_s < ends_s and starts_s < last.at_s for starts_s, ends_s in self.busy):
                return Refused(Reason.BUSY)
        return None

    def driven_s(self, items: Sequence[Item]) -> int:
        """Return the seconds on the road of an order of stops."""
        here, total_s = self.index[self.start], 0
        for item in items:
            total_s += self.drive[here][item.place]
            here = item.place
        return total_s + self.drive[here][self.index[self.end]]

    def departs_s(self, items: Sequence[Item], last: Course) -> int:
        """Return the latest departure that keeps every visit of a course where it is."""
        first = _chain(last)[0]
        before = [pause.starts_s for pause in first.pauses if pause.is_before]
        after = [p.starts_s for p in first.pauses if not p.is_before and not p.is_underway]
        rests_s = sum(p.ends_s - p.starts_s for p in first.pauses if p.is_underway)
        if before:
            return before[0]
        place = items[0].place if items else self.index[self.end]
        drive_s = self.drive[self.index[self.start]][place]
        lead_s = drive_s + self.problem.limits.leg_buffer_s if drive_s else 0
        eaten_s = sum(pause.ends_s - pause.starts_s for pause in first.pauses)
        latest_s = first.starts_s - lead_s - eaten_s
        return min(latest_s, after[0] - drive_s - rests_s) if after else latest_s

    def schedule(
        self, items: Sequence[Item], *, is_shortest: bool = False
    ) -> tuple[Course, int] | Refused:
        """Return the course that is back first and its departure, or what refuses the order.

        Args:
            is_shortest: choose the one that is out for the least time.
        """
        first = self._run(items)
        if isinstance(first, Refused):
            return first
        over_s = self.over_s(items, first)
        if not is_shortest and over_s <= 0:
            return first, self.departs_s(items, first)
        if not is_shortest and self.shift.longest_s is None:
            return Refused(Reason.SHIFT_OVER, over_s=over_s)
        found = self._variants(items, first)
        least_s = min(self.over_s(items, last) for last in found)
        if least_s > 0:
            return Refused(Reason.SHIFT_OVER, over_s=least_s)
        fitting = [
            (last.at_s - self.departs_s(items, last), last.at_s, number)
            for number, last in enumerate(found)
            if self.over_s(items, last) <= 0
        ]
        best = found[min(fitting)[2]]
        return best, self.departs_s(items, best)

    def over_s(self, items: Sequence[Item], last: Course) -> int:
        """Return by how much a shift is too short for a course, its hours and its longest time."""
        over_s, longest_s = last.at_s - self.shift.ends_s, self.shift.longest_s
        if longest_s is None:
            return over_s
        return max(over_s, last.at_s - self.departs_s(items, last) - longest_s)

    def _run(self, items: Sequence[Item], since_s: int = 0) -> Course | Refused:
        courses = self.leave()
        if since_s:
            courses = [one._replace(at_s=max(one.at_s, since_s)) for one in courses]
        here = self.index[self.start]
        for item in items:
            found = self.onward(courses, here, item)
            if isinstance(found, Refused):
                return found
            courses, here = found, item.place
        last = self.home(courses, here)
        if isinstance(last, Refused):
            return last
        return self.verdict(items, last) or last

    def _variants(self, items: Sequence[Item], first: Course) -> list[Course]:
        """Return courses among which one is out for the least time.

        Leaving later costs nothing until some visit is met just as its window opens: so the
        departures to try are those from which a window's opening is reached without waiting, and
        the last ones from which its closing is.
        """
        found, here, lead_s = [first], self.index[self.start], 0
        lasts_s, since_s = (self.lunch.lasts_s, self.lunch.since_s) if self.lunch else (0, 0)
        departures: set[int] = {since_s}
        for item in items:
            drive_s = self.drive[here][item.place]
            lead_s += drive_s + self.problem.limits.leg_buffer_s if drive_s else 0
            for opens_s, closes_s in item.windows:
                for starts_s in (opens_s, closes_s - item.service_s):
                    departures |= {starts_s - lead_s, starts_s - lead_s - lasts_s}
            departures.add(since_s - lead_s)
            lead_s, here = lead_s + item.service_s, item.place
            departures.add(since_s - lead_s)
        for leaves_s in sorted(departures):
            if leaves_s > self.shift.starts_s:
                last = self._run(items, leaves_s)
                if isinstance(last, Course):
                    found.append(last)
        return found

    def route(
        self, items: Sequence[Item], occurrences: Sequence[date], *, is_shortest: bool = False
    ) -> Route | Refused:
        """Return the timed route of an order of stops, or what refuses it."""
        done = self.schedule(items, is_shortest=is_shortest)
        if isinstance(done, Refused):
            return done
        last, departs_s = done
        chain = _chain(last)
        chain[0] = _moved(chain[0], departs_s)
        names = [self.start, *(self.problem.stop[item.stop].place for item in items), self.end]
        breaks = [
            Break(_place(names[number : number + 2], pause), pause.starts_s, pause.ends_s)
            for number, course in enumerate(chain)
            for pause in course.pauses
        ]
        visits = [
            Visit(item.stop, course.starts_s, course.at_s, on)
            for item, course, on in zip(items, chain, occurrences, strict=False)
        ]
        return Route(
            self.shift.name, self.start, self.end, departs_s, last.at_s, tuple(visits),
            tuple(breaks),
        )  # fmt: skip


def _place(ends: Sequence[str], pause: Pause) -> str:
    """Return where a break is taken on a way between two places."""
    if pause.is_underway:
        return UNDERWAY
    return ends[0] if pause.is_before else ends[1]


def _moved(first: Course, departs_s: int) -> Course:
    """Return the first way with its rests where they come if it begins at ``departs_s``."""
    if first.before is None or any(pause.is_before for pause in first.pauses):
        return first
    later_s = departs_s - first.before.at_s
    pauses = [
        pause._replace(starts_s=pause.starts_s + later_s, ends_s=pause.ends_s + later_s)
        if pause.is_underway
        else pause
        for pause in first.pauses
    ]
    return first._replace(pauses=tuple(pauses))


def _left_s(course: Course) -> int:
    """Return when a course was free to leave: of two that are back at once, the later one."""
    while course.before is not None:
        course = course.before
    return course.at_s


def _chain(last: Course) -> list[Course]:
    found: list[Course] = []
    course: Course | None = last
    while course is not None and course.before is not None:
        found.append(course)
        course = course.before
    return found[::-1]


def _first_fit(windows: tuple[tuple[int, int], ...], ready_s: int, service_s: int) -> int | None:
    for opens_s, closes_s in windows:
        starts_s = max(ready_s, opens_s)
        if starts_s + service_s <= closes_s:
            return starts_s
    return None


def _best(courses: list[Course]) -> list[Course]:
    """Return those that no other beats in time, lunch and driving."""
    kept: list[Course] = []
    for course in sorted(courses, key=lambda one: (one.at_s, one.owes, one.driven_s)):
        if not any(one.owes <= course.owes and one.driven_s <= course.driven_s for one in kept):
            kept.append(course)
    return kept
