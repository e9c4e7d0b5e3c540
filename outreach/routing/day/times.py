"""At what times a vehicle serves some stops in a given order: exactly, with the crew's lunch.

Times are whole seconds; ways are rounded up. A stop keeps its planned time where the order allows
it; else it comes as near to it as the others allow.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from outreach.routing.day.model import Day, Van, rest_of
from outreach.routing.plan import Break, Route, Visit
from outreach.routing.problem import Lunch, Problem, Shift

Spans = tuple[tuple[int, int], ...]
"""Earliest and latest starts, in order."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done on the way: a visit, or lunch.

    Attributes:
        leg_s: the way to it with the time to spare.
        drive_s: of that, the driving.
        spans: when it may start.
        lasts_s: how long it takes.
        stop: its name; empty for lunch.
        place: where it is.
        wanted_s: when it was to start.
    """

    leg_s: int
    drive_s: int
    spans: Spans
    lasts_s: int
    stop: str
    place: str
    wanted_s: int | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """Times of a route.

    Attributes:
        starts_s: of each task.
        off_s: by how much visits start beside their planned times, in all.
    """

    tasks: tuple[Task, ...]
    starts_s: tuple[int, ...]
    departs_s: int
    returns_s: int
    off_s: int


@dataclass(eq=False)
class Clockwork:
    """Times the routes of one day."""

    day: Day
    rest: Problem = field(init=False)
    vans: Mapping[str, Van] = field(init=False)
    _legs: dict[tuple[str, str, str], tuple[int, int] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rest = rest_of(self.day)
        self.vans = {van.shift: van for van in self.day.vans}
        on = self.rest.first_on
        self.spans: dict[str, Spans] = {
            stop.name: tuple(
                (window.opens_s, window.closes_s - stop.service_s)
                for window in sorted(stop.windows.get(on, ()))
                if window.closes_s - window.opens_s >= stop.service_s
            )
            for stop in self.rest.stops
        }

    def leg(self, profile: str, here: str, there: str) -> tuple[int, int] | None:
        """Return the seconds of a way with and without the time to spare; ``None`` for no way."""
        key = (profile, here, there)
        if key not in self._legs:
            _metres, seconds = self.rest.way(profile, here, there)
            if math.isinf(seconds):
                self._legs[key] = None
            else:
                drive_s = math.ceil(seconds)
                spare_s = self.rest.limits.leg_buffer_s if drive_s else 0
                self._legs[key] = (drive_s + spare_s, drive_s)
        return self._legs[key]

    def may(self, shift: Shift, stop: str) -> bool:
        """Tell whether a vehicle may go to a stop at all."""
        return shift.vehicle not in self.rest.stop[stop].barred

    def fits(self, shift: Shift, stops: Sequence[str]) -> bool:
        """Tell whether stops can be served in this order: quick, and never too strict.

        It knows nothing of the longest time of a shift.
        """
        tasks = self._tasks(shift, stops)
        return tasks is not None and self._drives(shift, tasks) and self._in_time(shift, tasks)

    def _drives(self, shift: Shift, tasks: Sequence[Task]) -> bool:
        """Tell whether the driving of the day is within the limits, were all rests taken."""
        limits, van = self.rest.limits, self.vans[shift.name]
        return limits.day_s is None or (
            van.driven_s + sum(task.drive_s for task in tasks) <= limits.day_s
        )

    def _in_time(self, shift: Shift, tasks: Sequence[Task]) -> bool:
        """Follow the clock twice: with lunch still to come, and had as early as possible."""
        van = self.vans[shift.name]
        lunch = self._lunch(van)
        free: int | None = van.since_s
        fed: int | None = None if lunch else van.since_s
        first_s: int | None = None
        for task in tasks:
            if lunch:
                fed = _least(fed, _eat(lunch, free))
            free, fed = _add(free, task.leg_s), _add(fed, task.leg_s)
            if lunch and task.stop:
                fed = _least(fed, _eat(lunch, free))
            free, fed = _first(task.spans, free), _first(task.spans, fed)
            if free is None and fed is None:
                return False
            if first_s is None and task.stop:
                first_s = (_least(free, fed) or 0) - task.leg_s
            if lunch and free is not None and _in_turns(lunch, free, task.lasts_s):
                fed = _least(fed, free)
            free, fed = _add(free, task.lasts_s), _add(fed, task.lasts_s)
        left_s = van.out_since_s if van.out_since_s is not None else first_s
        is_hungry = lunch is not None and free is not None and _is_due(lunch, left_s, free)
        return fed is not None or not is_hungry

    def route(self, shift: Shift, stops: Sequence[str]) -> Route | None:
        """Return the route that serves stops in this order, least beside their planned times."""
        found = self.timing(shift, stops)
        if found is None:
            return None
        visits, breaks = [], []
        for task, start_s in zip(found.tasks, found.starts_s, strict=True):
            if task.stop:
                end_s = start_s + task.lasts_s
                visits.append(Visit(task.stop, start_s, end_s, self.rest.first_on))
            else:
                breaks.append(Break(task.place, start_s, start_s + task.lasts_s))
        return Route(
            shift.name,
            shift.start,
            shift.end,
            found.departs_s,
            found.returns_s,
            tuple(visits),
            tuple(breaks),
        )

    def timing(self, shift: Shift, stops: Sequence[str]) -> Timing | None:
        """Return the best times for stops in this order; ``None`` if a rule is in the way."""
        tasks = self._tasks(shift, stops)
        if tasks is None:
            return None
        best: Timing | None = None
        van = self.vans[shift.name]
        for row in [tasks, *self._with_lunch(shift, tasks)]:
            for tight in (False, True):
                found = self._timed(shift, van, row, is_tight=tight)
                if found is not None:
                    key = (found.off_s, found.returns_s)
                    if best is None or key < (best.off_s, best.returns_s):
                        best = found
                    break
        return best

    def home_s(self, shift: Shift) -> int | None:
        """Return when a vehicle is back that serves nothing more."""
        leg = self.leg(shift.profile, shift.start, shift.end)
        return None if leg is None else self.vans[shift.name].since_s + leg[0]

    def _lunch(self, van: Van) -> Lunch | None:
        return self.rest.limits.lunch if van.needs_lunch else None

    def _tasks(self, shift: Shift, stops: Sequence[str]) -> list[Task] | None:
        """Return the visits and the way home, in order; ``None`` if one cannot be reached."""
        here, tasks, items = shift.start, [], 0
        for name in stops:
            stop = self.rest.stop[name]
            leg = self.leg(shift.profile, here, stop.place)
            items += stop.items
            if leg is None or not self.spans[name] or not self.may(shift, name):
                return None
            planned = self.day.running.get(name)
            wanted_s = planned.starts_s if planned else None
            tasks.append(Task(*leg, self.spans[name], stop.service_s, name, stop.place, wanted_s))
            here = stop.place
        leg = self.leg(shift.profile, here, shift.end)
        if leg is None or (shift.capacity is not None and items > shift.capacity):
            return None
        return [*tasks, Task(*leg, ((0, shift.ends_s),), 0, "", shift.end)]

    def _with_lunch(self, shift: Shift, tasks: list[Task]) -> list[list[Task]]:
        """Return the same with lunch at each place: before leaving it, and on coming to it."""
        lunch = self._lunch(self.vans[shift.name])
        if lunch is None:
            return []
        spans = ((lunch.since_s, lunch.until_s - lunch.lasts_s),)
        latest = _latest(tasks)
        earliest = _earliest(tasks, self.vans[shift.name].since_s, latest)
        if latest is None or earliest is None:
            return []
        rows = []
        here, free_s = shift.start, self.vans[shift.name].since_s
        for number, task in enumerate(tasks):
            is_over, free_s = free_s > spans[0][1], earliest[number] + task.lasts_s
            if is_over:
                break
            if latest[number] < lunch.since_s + lunch.lasts_s:
                here = task.place
                continue
            before, after = tasks[:number], tasks[number + 1 :]
            stays = Task(0, 0, spans, lunch.lasts_s, "", here)
            rows.append([*before, stays, task, *after])
            if task.leg_s and task.stop:
                arrives = Task(task.leg_s, task.drive_s, spans, lunch.lasts_s, "", task.place)
                there = Task(0, 0, task.spans, task.lasts_s, task.stop, task.place, task.wanted_s)
                rows.append([*before, arrives, there, *after])
            here = task.place
        return rows

    def _timed(self, shift: Shift, van: Van, tasks: list[Task], *, is_tight: bool) -> Timing | None:
        """Return times for tasks, the last of which is the way home."""
        latest = _latest(tasks)
        earliest = _earliest(tasks, van.since_s, latest)
        if latest is None or earliest is None:
            return None
        comfort = _comfort(tasks, earliest)
        if is_tight:
            comfort[0] = latest[0]
        starts, at_s = [], van.since_s
        for number, task in enumerate(tasks):
            arrives_s = at_s + task.leg_s
            most_s = min(latest[number], max(comfort[number], arrives_s))
            start_s = _nearest(task, arrives_s, most_s, latest[number], self.day.grid_s)
            if start_s is None:
                return None
            if is_tight and number == 0:
                start_s = latest[0]
            starts.append(start_s)
            at_s = start_s + task.lasts_s
        departs_s = starts[0] - tasks[0].leg_s
        if not van.has_left and van.departs_s is not None and not is_tight:
            departs_s = max(van.since_s, min(departs_s, van.departs_s))
        elif van.has_left:
            departs_s = max(van.since_s, departs_s) if tasks[0].stop else van.since_s
        off_s = sum(
            abs(start - task.wanted_s)
            for task, start in zip(tasks, starts, strict=True)
            if task.wanted_s is not None
        )
        found = Timing(tuple(tasks[:-1]), tuple(starts[:-1]), departs_s, starts[-1], off_s)
        return found if self._holds(shift, van, tasks, found) else None

    def _holds(self, shift: Shift, van: Van, tasks: list[Task], found: Timing) -> bool:
        """Tell whether lunch, driving and the length of the shift are as they must be."""
        if shift.longest_s is not None:
            since_s = van.since_s if van.has_left else found.departs_s
            if found.returns_s - since_s > shift.longest_s:
                return False
        lunch = self._lunch(van)
        left_s = van.out_since_s if van.out_since_s is not None else found.departs_s
        pairs = list(zip(found.tasks, found.starts_s, strict=True))
        if lunch and _is_due(lunch, left_s, found.returns_s):
            eats = any(
                not task.stop or _in_turns(lunch, start_s, task.lasts_s) for task, start_s in pairs
            )
            if not eats:
                return False
        limits = self.rest.limits
        drive_s, unbroken_s, at_s = van.driven_s, van.unbroken_s, found.departs_s
        for task, start_s in [*pairs, (tasks[-1], found.returns_s)]:
            drive_s, unbroken_s = drive_s + task.drive_s, unbroken_s + task.drive_s
            if limits.unbroken_s is not None and unbroken_s > limits.unbroken_s:
                return False
            if max(task.lasts_s, start_s - at_s - task.leg_s) >= limits.break_s:
                unbroken_s = 0
            at_s = start_s + task.lasts_s
        return limits.day_s is None or drive_s <= limits.day_s


def _earliest(tasks: Sequence[Task], since_s: int, latest: list[int] | None) -> list[int] | None:
    found, at_s = [], since_s
    for number, task in enumerate(tasks):
        start_s = _first(task.spans, at_s + task.leg_s)
        if start_s is None or (latest is not None and start_s > latest[number]):
            return None
        found.append(start_s)
        at_s = start_s + task.lasts_s
    return found


def _latest(tasks: Sequence[Task]) -> list[int] | None:
    """Return the latest start of each task from which all later ones can still be in time."""
    found: list[int] = []
    until_s: int | None = None
    for task in reversed(tasks):
        room_s = None if until_s is None else until_s - task.lasts_s
        fits = [
            last if room_s is None else min(last, room_s)
            for first, last in task.spans
            if room_s is None or room_s >= first
        ]
        if not fits:
            return None
        found.append(max(fits))
        until_s = found[-1] - task.leg_s
    return found[::-1]


def _comfort(tasks: Sequence[Task], earliest: Sequence[int]) -> list[int]:
    """Return until when each task may start without delaying one that would be in time."""
    found: list[int] = []
    for number in reversed(range(len(tasks))):
        task, first_s = tasks[number], earliest[number]
        is_free = task.wanted_s is None
        until_s = task.spans[-1][1] if is_free else max(task.wanted_s or 0, first_s)
        if found:
            until_s = min(until_s, found[-1] - tasks[number + 1].leg_s - task.lasts_s)
        found.append(max(until_s, first_s))
    return found[::-1]


def _nearest(task: Task, arrives_s: int, most_s: int, last_s: int, grid_s: int) -> int | None:
    """Return the start nearest to the planned one, not after ``most_s`` if that is possible."""
    wanted_s = arrives_s if task.wanted_s is None else task.wanted_s
    for until_s in (most_s, last_s):
        best: int | None = None
        for first, last in task.spans:
            low, high = max(first, arrives_s), min(last, until_s)
            if low <= high:
                start_s = _on_grid(min(max(wanted_s, low), high), low, high, grid_s, task)
                if best is None or abs(start_s - wanted_s) < abs(best - wanted_s):
                    best = start_s
        if best is not None:
            return best
    return None


def _on_grid(start_s: int, low: int, high: int, grid_s: int, task: Task) -> int:
    if start_s == task.wanted_s or not task.stop:
        return start_s
    up_s = -(-start_s // grid_s) * grid_s
    if up_s <= high:
        return up_s
    return up_s - grid_s if up_s - grid_s >= low else start_s


def _first(spans: Spans, at_s: int | None) -> int | None:
    if at_s is None:
        return None
    return next((max(first, at_s) for first, last in spans if at_s <= last), None)


def _eat(lunch: Lunch, at_s: int | None) -> int | None:
    """Return when lunch is over that is begun as soon as possible."""
    if at_s is None:
        return None
    ends_s = max(at_s, lunch.since_s) + lunch.lasts_s
    return ends_s if ends_s <= lunch.until_s else None


def _in_turns(lunch: Lunch, starts_s: int, lasts_s: int) -> bool:
    """Tell whether the crew eats in turns at a visit."""
    meanwhile_s = min(starts_s + lasts_s, lunch.until_s) - max(starts_s, lunch.since_s)
    return lasts_s >= lunch.in_turns_s and meanwhile_s >= lunch.lasts_s


def _is_due(lunch: Lunch, left_s: int | None, returns_s: int) -> bool:
    return left_s is not None and left_s <= lunch.due_since_s and returns_s >= lunch.due_until_s


def _least(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _add(one: int | None, more: int) -> int | None:
    return None if one is None else one + more
