"""Putting one more visit into a plan: where it fits, and what refuses it where it does not."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from outreach.routing.plan import LeftOut, Plan, Route, Visit
from outreach.routing.problem import DAY_S, Pin, Problem, Shift, Stop
from outreach.routing.rhythms import WEEK
from outreach.routing.timing import NEARNESS, Course, Item, Reason, Refused, ShiftDay


@dataclass(slots=True)
class Roster:
    """A plan, looked up by shift, day, vehicle and crew."""

    problem: Problem
    plan: Plan
    routes: dict[str, Route] = field(init=False)
    visited: dict[str, set[date]] = field(init=False)
    _driven: dict[str, int] = field(init=False)
    _pins: dict[tuple[str, date], Pin] = field(init=False)
    _of_vehicle: dict[str, list[Shift]] = field(init=False)
    _of_crew: dict[str, list[Shift]] = field(init=False)
    _days: dict[str, ShiftDay] = field(init=False)
    _prefixes: dict[str, tuple[list[Item], list[list[Course]]]] = field(init=False)

    def __post_init__(self) -> None:
        """Look everything up once."""
        self.routes = {route.shift: route for route in self.plan.routes}
        self._pins = {(pin.stop, pin.on): pin for pin in self.problem.pins}
        self._of_vehicle, self._of_crew = defaultdict(list), defaultdict(list)
        self.visited, self._driven, self._days = defaultdict(set), {}, {}
        self._prefixes = {}
        for route in self.plan.routes:
            shift = self.problem.shift[route.shift]
            self._of_vehicle[shift.vehicle].append(shift)
            if shift.crew:
                self._of_crew[shift.crew].append(shift)
            self._driven[route.shift] = _driven_s(self.problem, shift, route)
            for visit in route.visits:
                self.visited[visit.stop].add(shift.on)

    def pin(self, stop: str, on: date) -> Pin | None:
        """Return what was promised of a stop on a day."""
        return self._pins.get((stop, on))

    def day(self, shift: Shift) -> ShiftDay:
        """Return a shift with all that binds it in this plan."""
        found = self._days.get(shift.name)
        if found is None:
            found = self._days[shift.name] = self._day(shift)
        return found

    def _day(self, shift: Shift) -> ShiftDay:
        route = self.routes.get(shift.name)
        start, end = (route.start, route.end) if route else (shift.start, shift.end)
        groups = [self._of_vehicle.get(shift.vehicle, [])]
        if shift.crew:
            groups.append(self._of_crew.get(shift.crew, []))
        others = [[one for one in group if one.name != shift.name] for group in groups]
        monday = shift.on - timedelta(days=shift.on.weekday())
        day_s = [sum(self._driven[o.name] for o in g if o.on == shift.on) for g in others]
        week_s = [
            sum(self._driven[o.name] for o in g if 0 <= (o.on - monday).days < WEEK) for g in others
        ]
        return ShiftDay(
            self.problem,
            shift,
            start,
            end,
            slept=start != shift.start,
            sleeps=end != shift.end,
            day_s=max(day_s),
            week_s=max(week_s),
            busy=self._busy(shift, {o.name: o for group in others for o in group}),
        )

    def _busy(self, shift: Shift, others: dict[str, Shift]) -> tuple[tuple[int, int], ...]:
        found = []
        for other in others.values():
            days = (other.on - shift.on).days
            if abs(days) <= 1:
                route = self.routes[other.name]
                found.append((route.departs_s + days * DAY_S, route.returns_s + days * DAY_S))
        return tuple(found)

    def items(self, shift: Shift, *, is_pinned_out: bool = False) -> list[Item]:
        """Return what a shift visits in this plan, to be timed again."""
        route, day = self.routes.get(shift.name), self.day(shift)
        if route is None:
            return []
        return [
            day.item(self.problem.stop[visit.stop], self.pin(visit.stop, shift.on))
            for visit in route.visits
            if not (is_pinned_out and self.pin(visit.stop, shift.on))
        ]

    def refusal(self, shift: Shift, stop: Stop, *, is_barred_too: bool = False) -> Refused | None:
        """Return what refuses a visit before any time is asked."""
        if not stop.windows.get(shift.on):
            return Refused(Reason.CLOSED, stop.name)
        if shift.vehicle in stop.barred and not is_barred_too:
            return Refused(Reason.BARRED, stop.name)
        if shift.on in self.visited.get(stop.name, ()):
            return Refused(Reason.TWICE, stop.name)
        return self._pin_refuses(shift, stop)

    def _pin_refuses(self, shift: Shift, stop: Stop) -> Refused | None:
        pin = self.pin(stop.name, shift.on)
        if pin is not None and pin.vehicle not in (None, shift.vehicle):
            return Refused(Reason.PINNED, stop.name)
        return None

    def insert(
        self, shift: Shift, item: Item, *, is_pinned_out: bool = False
    ) -> tuple[int, int] | Refused:
        """Return the added seconds of driving and the best position of one more visit.

        Or the refusal that came nearest to fitting, of all positions.
        """
        day = self.day(shift)
        items, prefixes = self._prefix(shift, is_pinned_out)
        capacity = shift.capacity
        if capacity is not None and sum(one.items for one in items) + item.items > capacity:
            return Refused(Reason.CAPACITY, item.stop)
        places = [day.index[day.start], *(one.place for one in items)]
        before_s = day.driven_s(items) if items else 0
        best: tuple[int, int] | None = None
        nearest: Refused | None = None
        for position in range(len(prefixes)):
            tried = self._at(day, items, prefixes, places, position, item)
            if isinstance(tried, Refused):
                nearest = _nearer(nearest, tried)
            elif best is None or tried - before_s < best[0]:
                best = (tried - before_s, position)
        return best or nearest or Refused(Reason.WINDOW, item.stop)

    def _at(
        self,
        day: ShiftDay,
        items: list[Item],
        prefixes: list[list[Course]],
        places: list[int],
        position: int,
        item: Item,
    ) -> int | Refused:
        courses = day.onward(prefixes[position], places[position], item)
        here = item.place
        for following in items[position:]:
            if isinstance(courses, Refused):
                return courses
            courses, here = day.onward(courses, here, following), following.place
        if isinstance(courses, Refused):
            return courses
        last = day.home(courses, here)
        if isinstance(last, Refused):
            return last
        whole = [*items[:position], item, *items[position:]]
        refused = day.verdict(whole, last)
        longest_s = day.shift.longest_s
        if refused is None and longest_s is not None and last.at_s - day.shift.starts_s > longest_s:
            done = day.schedule(whole)
            refused = done if isinstance(done, Refused) else None
        return refused or day.driven_s(whole)

    def _prefix(self, shift: Shift, is_pinned_out: bool) -> tuple[list[Item], list[list[Course]]]:
        key = f"{shift.name}{'-' if is_pinned_out else '+'}"
        found = self._prefixes.get(key)
        if found is None:
            day, items = self.day(shift), self.items(shift, is_pinned_out=is_pinned_out)
            here, prefixes = day.index[day.start], [day.leave()]
            for item in items:
                courses = day.onward(prefixes[-1], here, item)
                if isinstance(courses, Refused):
                    break
                prefixes.append(courses)
                here = item.place
            found = self._prefixes[key] = (items, prefixes)
        return found

    def inserted(self, shift: Shift, position: int, stop: Stop, occurrence_on: date) -> Route:
        """Return the route of a shift with one more visit.

        Raises:
            ValueError: if it does not fit there; ask :meth:`insert` before.
        """
        day, items = self.day(shift), self.items(shift)
        route = self.routes.get(shift.name)
        occurrences = [visit.occurrence_on for visit in route.visits] if route else []
        items.insert(position, day.item(stop, self.pin(stop.name, shift.on)))
        occurrences.insert(position, occurrence_on)
        found = day.route(items, occurrences)
        if isinstance(found, Refused):
            raise ValueError(f"{stop.name} does not fit on {shift.name}: {found.reason}")
        return found

    def with_route(self, shift: Shift, route: Route | None) -> Roster:
        """Return the roster of the plan in which a shift does something else, or stays in."""
        others = [one for one in self.plan.routes if one.shift != shift.name]
        routes = [*others, route] if route else others
        return Roster(self.problem, replace(self.plan, routes=in_order(self.problem, routes)))


def in_order(problem: Problem, routes: Sequence[Route]) -> tuple[Route, ...]:
    """Return routes in the order of their days."""
    return tuple(
        sorted(routes, key=lambda one: (problem.shift[one.shift].on, one.departs_s, one.shift))
    )


def timed(
    problem: Problem,
    shift: Shift,
    stops: Sequence[Stop],
    occurrences: Sequence[date] | None = None,
    *,
    start: str | None = None,
    end: str | None = None,
    is_shortest: bool = False,
) -> Route | Refused:
    """Return the route on which a shift visits stops in an order, or what refuses it.

    Hours, windows, pins of that day, closed days, barred vehicles, capacity, lunch, and a day's
    driving are kept; what other routes of the vehicle and crew do is not known here.

    Args:
        occurrences: of the visits; the day itself where nothing is said.
        start, end: where it slept, or sleeps, if not at the shift's own places.
        is_shortest: choose the times with the shortest duty instead of the earliest.
    """
    roster = Roster(problem, Plan(()))
    for stop in stops:
        refused = roster.refusal(shift, stop)
        if refused is not None:
            return refused
    day = ShiftDay(
        problem,
        shift,
        start or shift.start,
        end or shift.end,
        slept=start not in (None, shift.start),
        sleeps=end not in (None, shift.end),
    )
    if shift.capacity is not None and sum(stop.items for stop in stops) > shift.capacity:
        return Refused(Reason.CAPACITY)
    items = [day.item(stop, roster.pin(stop.name, shift.on)) for stop in stops]
    return day.route(items, occurrences or [shift.on] * len(items), is_shortest=is_shortest)


def days_near(problem: Problem, stop: Stop, on: date, more_days: int = 0) -> list[date]:
    """Return the days of the season within the tolerance of an occurrence, nearest first."""
    reach = stop.rhythm.tolerance_days + more_days
    last_on = problem.first_on + timedelta(days=problem.days - 1)
    days = [on + timedelta(days=number) for number in range(-reach, reach + 1)]
    kept = [day for day in days if problem.first_on <= day <= last_on]
    return sorted(kept, key=lambda day: (abs((day - on).days), day))


def placed(roster: Roster, stop: Stop, occurrence_on: date, days: Sequence[date]) -> Roster | None:
    """Return the roster with one more visit on one of these days, where it costs least driving.

    Of two equal ones the nearer day is taken. ``None`` if it fits nowhere.
    """
    best: tuple[float, int, Shift, int] | None = None
    for number, on in enumerate(days):
        for shift in roster.problem.shifts_on.get(on, ()):
            if roster.refusal(shift, stop) is not None:
                continue
            pin = roster.pin(stop.name, on)
            found = roster.insert(shift, roster.day(shift).item(stop, pin))
            if not isinstance(found, Refused):
                key = (float(found[0]), number, shift, found[1])
                best = key if best is None or key[:2] < best[:2] else best
    if best is None:
        return None
    _added, _number, shift, position = best
    return roster.with_route(shift, roster.inserted(shift, position, stop, occurrence_on))


def place(problem: Problem, plan: Plan, left_out: LeftOut) -> Plan | None:
    """Return the plan with a visit placed that was left out, or ``None`` if it fits nowhere.

    The plan may have been made for a problem that differs a little: visits whose service has become
    shorter are timed anew, and where the occurrences of the stop no longer hold to its rhythm, all
    its visits but the pinned ones are placed anew.
    """
    stop = problem.stop[left_out.stop]
    roster = _timed_anew(Roster(problem, plan))
    if roster is None:
        return None
    occurrences = {visit.occurrence_on for _r, visit in plan.visits() if visit.stop == stop.name}
    occurrences |= {one.occurrence_on for one in plan.left_out if one.stop == stop.name}
    if not stop.rhythm.holds(occurrences, problem.first_on, problem.days):
        return _placed_anew(roster, stop)
    days = days_near(problem, stop, left_out.occurrence_on)
    done = placed(roster, stop, left_out.occurrence_on, days)
    if done is None:
        return None
    rest = list(plan.left_out)
    if left_out in rest:
        rest.remove(left_out)
    return replace(done.plan, left_out=tuple(rest))


def _timed_anew(roster: Roster) -> Roster | None:
    for route in roster.plan.routes:
        lasts = [visit.ends_s - visit.starts_s for visit in route.visits]
        if lasts == [roster.problem.stop[visit.stop].service_s for visit in route.visits]:
            continue
        kept = [visit.occurrence_on for visit in route.visits]
        shift = roster.problem.shift[route.shift]
        found = roster.day(shift).route(roster.items(shift), kept)
        if isinstance(found, Refused):
            return None
        roster = roster.with_route(shift, found)
    return roster


def without(roster: Roster, stop: str) -> Roster | None:
    """Return the roster without the visits of a stop that nobody pinned; ``None`` if that fails."""
    for route in roster.plan.routes:
        shift = roster.problem.shift[route.shift]
        kept = [
            visit
            for visit in route.visits
            if visit.stop != stop or roster.pin(stop, shift.on) is not None
        ]
        if len(kept) == len(route.visits):
            continue
        roster_next = _only(roster, shift, kept)
        if roster_next is None:
            return None
        roster = roster_next
    return roster


def _only(roster: Roster, shift: Shift, visits: Sequence[Visit]) -> Roster | None:
    day = roster.day(shift)
    if not visits:
        # Who comes back from a night, or goes into one, has to go.
        return None if day.slept or day.sleeps else roster.with_route(shift, None)
    items = [
        day.item(roster.problem.stop[visit.stop], roster.pin(visit.stop, shift.on))
        for visit in visits
    ]
    found = day.route(items, [visit.occurrence_on for visit in visits])
    return None if isinstance(found, Refused) else roster.with_route(shift, found)


def _placed_anew(roster: Roster, stop: Stop) -> Plan | None:
    problem = roster.problem
    known = sorted(roster.visited.get(stop.name, ()))
    bare = without(roster, stop.name)
    if bare is None:
        return None
    patterns = stop.rhythm.patterns(problem.first_on, problem.days)
    for pattern in sorted(patterns, key=lambda days: _farness(days, known)):
        done = placed_pattern(bare, stop, pattern)
        if done is not None:
            rest = tuple(one for one in roster.plan.left_out if one.stop != stop.name)
            return replace(done.plan, left_out=rest)
    return None


def _farness(days: Sequence[date], known: Sequence[date]) -> int:
    return sum(min((abs((day - one).days) for one in known), default=0) for day in days)


def pinned_occurrences(pattern: Sequence[date], pinned: Sequence[date]) -> dict[date, date]:
    """Return the occurrence that each pinned day takes: the nearest that is free, else nearest."""
    free, found = list(pattern), {}
    for on in sorted(pinned):
        choice = free or list(pattern)
        if not choice:
            found[on] = on
            continue
        nearest = min(choice, key=lambda day: (abs((day - on).days), day))
        found[on] = nearest
        if free:
            free.remove(nearest)
    return found


def placed_pattern(roster: Roster, stop: Stop, pattern: Sequence[date]) -> Roster | None:
    """Return the roster with a stop visited for each occurrence that no pinned visit has taken."""
    pinned = pinned_occurrences(pattern, sorted(roster.visited.get(stop.name, ())))
    current: Roster | None = _renamed(roster, stop.name, pinned)
    for occurrence_on in sorted(set(pattern) - set(pinned.values())):
        if current is None:
            return None
        days = days_near(roster.problem, stop, occurrence_on)
        current = placed(current, stop, occurrence_on, days)
    return current


def _renamed(roster: Roster, stop: str, occurrences: dict[date, date]) -> Roster:
    routes = []
    for route in roster.plan.routes:
        on = roster.problem.shift[route.shift].on
        visits = tuple(
            replace(visit, occurrence_on=occurrences[on]) if visit.stop == stop else visit
            for visit in route.visits
        )
        routes.append(replace(route, visits=visits))
    return Roster(roster.problem, replace(roster.plan, routes=tuple(routes)))


def _nearer(one: Refused | None, other: Refused) -> Refused:
    if one is None:
        return other
    keys = [(NEARNESS.get(each.reason, 9), each.over_s) for each in (one, other)]
    return one if keys[0] <= keys[1] else other


def _driven_s(problem: Problem, shift: Shift, route: Route) -> int:
    places = [route.start, *(problem.stop[v.stop].place for v in route.visits), route.end]
    seconds = [
        problem.way(shift.profile, here, there)[1] for here, there in itertools.pairwise(places)
    ]
    return sum(math.ceil(one - 1e-6) for one in seconds if math.isfinite(one))
