"""Putting one more visit into a plan: where it fits, and what refuses it where it does not."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from outreach.routing.plan import LeftOut, Plan, Route, Visit
from outreach.routing.problem import DAY_S, Pin, Problem, Shift, Stop
from outreach.routing.rhythms import WEEK
from outreach.routing.timing import NEARNESS, Course, Item, Reason, Refused, ShiftDay


class Roster:
    """A plan, looked up by shift, day, vehicle and crew.

    It never changes; one that differs by a route or by the problem shares what it may with it.

    Attributes:
        problem: what is asked.
        routes: by shift.
        visited: the days on which each stop is visited.
        left_out: as in the plan.
    """

    __slots__ = (
        "_days",
        "_driven",
        "_found",
        "_of_crew",
        "_of_vehicle",
        "_pins",
        "_prefixes",
        "left_out",
        "problem",
        "routes",
        "visited",
    )

    def __init__(self, problem: Problem, plan: Plan) -> None:
        """Look everything up once."""
        self.problem, self.left_out = problem, plan.left_out
        self.routes: dict[str, Route] = {}
        self.visited: dict[str, frozenset[date]] = {}
        self._pins = {(pin.stop, pin.on): pin for pin in problem.pins}
        self._of_vehicle: dict[str, tuple[Shift, ...]] = {}
        self._of_crew: dict[str, tuple[Shift, ...]] = {}
        self._driven: dict[str, int] = {}
        self._forget()
        for route in plan.routes:
            self._add(problem.shift[route.shift], route)

    def _forget(self) -> None:
        self._days: dict[str, ShiftDay] = {}
        self._prefixes: dict[tuple[str, bool], tuple[list[Item], list[list[Course]]]] = {}
        self._found: dict[tuple[str, str], tuple[int, int] | None] = {}

    @property
    def plan(self) -> Plan:
        """The plan, its routes in the order of their days."""
        return Plan(in_order(self.problem, list(self.routes.values())), self.left_out)

    def under(self, problem: Problem) -> Roster:
        """Return the roster of the same plan for a problem with the same matrices and pins."""
        other = self._copy()
        other.problem = problem
        other._forget()
        return other

    def with_route(self, shift: Shift, route: Route | None) -> Roster:
        """Return the roster of the plan in which a shift does something else, or stays in."""
        other = self._copy()
        other._remove(shift)
        if route is not None:
            other._add(shift, route)
        # What was asked of shifts that share vehicle or crew may be answered otherwise now.
        names = {
            one.name
            for one in self.problem.shifts
            if (one.vehicle == shift.vehicle or (one.crew and one.crew == shift.crew))
            and abs((one.on - shift.on).days) <= WEEK
        }
        other._days = {n: day for n, day in self._days.items() if n not in names}
        other._prefixes = {k: one for k, one in self._prefixes.items() if k[0] not in names}
        other._found = {k: one for k, one in self._found.items() if k[0] not in names}
        return other

    def _copy(self) -> Roster:
        other = Roster.__new__(Roster)
        other.problem, other.left_out, other._pins = self.problem, self.left_out, self._pins
        other.routes, other.visited = dict(self.routes), dict(self.visited)
        other._of_vehicle, other._of_crew = dict(self._of_vehicle), dict(self._of_crew)
        other._driven = dict(self._driven)
        return other

    def _add(self, shift: Shift, route: Route) -> None:
        self.routes[shift.name] = route
        self._of_vehicle[shift.vehicle] = (*self._of_vehicle.get(shift.vehicle, ()), shift)
        if shift.crew:
            self._of_crew[shift.crew] = (*self._of_crew.get(shift.crew, ()), shift)
        self._driven[shift.name] = _driven_s(self.problem, shift, route)
        for visit in route.visits:
            self.visited[visit.stop] = self.visited.get(visit.stop, frozenset()) | {shift.on}

    def _remove(self, shift: Shift) -> None:
        route = self.routes.pop(shift.name, None)
        if route is None:
            return
        for group, key in ((self._of_vehicle, shift.vehicle), (self._of_crew, shift.crew)):
            group[key] = tuple(one for one in group.get(key, ()) if one.name != shift.name)
        for visit in route.visits:
            self.visited[visit.stop] = self.visited[visit.stop] - {shift.on}

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
        groups = [self._of_vehicle.get(shift.vehicle, ())]
        if shift.crew:
            groups.append(self._of_crew.get(shift.crew, ()))
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
        self, shift: Shift, item: Item, *, is_pinned_out: bool = False, is_quick: bool = False
    ) -> tuple[int, int] | Refused:
        """Return the added seconds of driving and the best position of one more visit.

        Or the refusal that came nearest to fitting, of all positions; any refusal if it
        ``is_quick``.
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
        bare_s = self._bare_s(day, items, item) if is_quick else []
        most_s = shift.ends_s - shift.starts_s
        for position in range(len(prefixes)):
            if is_quick and bare_s[position] > most_s:
                continue
            tried = self._at(day, items, prefixes, places, position, item)
            if isinstance(tried, Refused):
                nearest = _nearer(nearest, tried)
            elif best is None or tried - before_s < best[0]:
                best = (tried - before_s, position)
        return best or nearest or Refused(Reason.WINDOW, item.stop)

    def fit(self, shift: Shift, stop: Stop) -> tuple[int, int] | None:
        """Return what :meth:`insert` does for a stop that may be visited; quickly if nothing fits.

        Positions are passed over at which even the bare work is longer than the shift.
        """
        key = (shift.name, stop.name)
        if key not in self._found:
            item = self.day(shift).item(stop, self.pin(stop.name, shift.on))
            found = self.insert(shift, item, is_quick=True)
            self._found[key] = None if isinstance(found, Refused) else found
        return self._found[key]

    def _bare_s(self, day: ShiftDay, items: Sequence[Item], item: Item) -> list[int]:
        """Return for each position how long the work is at the least: driving, serving, buffers."""
        buffer_s, drive = self.problem.limits.leg_buffer_s, day.drive
        places = [day.index[day.start], *(one.place for one in items), day.index[day.end]]
        legs = [drive[here][there] for here, there in itertools.pairwise(places)]
        lead = [leg + buffer_s if leg else 0 for leg in legs]
        whole_s = sum(lead) + sum(one.service_s for one in items) + item.service_s
        found = []
        for number, (here, there) in enumerate(itertools.pairwise(places)):
            new = [drive[here][item.place], drive[item.place][there]]
            found.append(whole_s - lead[number] + sum(leg + buffer_s if leg else 0 for leg in new))
        return found

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
        if refused is None and day.over_s(whole, last) > 0:
            done = day.schedule(whole)
            refused = done if isinstance(done, Refused) else None
        return refused or day.driven_s(whole)

    def _prefix(self, shift: Shift, is_pinned_out: bool) -> tuple[list[Item], list[list[Course]]]:
        key = (shift.name, is_pinned_out)
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
            found = roster.fit(shift, stop)
            if found is not None:
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
    done = place_in(Roster(problem, plan), left_out)
    return None if done is None else done.plan


def place_in(roster: Roster, left_out: LeftOut) -> Roster | None:
    """Return what :func:`place` does, as a roster."""
    problem, stop = roster.problem, roster.problem.stop[left_out.stop]
    anew = _timed_anew(roster, stop.name)
    if anew is None:
        return None
    if not stop.rhythm.holds(_occurrences(roster, stop.name), problem.first_on, problem.days):
        return _placed_anew(anew, stop)
    days = days_near(problem, stop, left_out.occurrence_on)
    done = placed(anew, stop, left_out.occurrence_on, days)
    if done is None:
        return None
    rest = list(roster.left_out)
    if left_out in rest:
        rest.remove(left_out)
    done.left_out = tuple(rest)
    return done


def _routes_to(roster: Roster, stop: str) -> list[Route]:
    """Return the routes that visit a stop, in order of their days."""
    found = [
        roster.routes[shift.name]
        for on in sorted(roster.visited.get(stop, ()))
        for shift in roster.problem.shifts_on[on]
        if shift.name in roster.routes
    ]
    return [route for route in found if any(visit.stop == stop for visit in route.visits)]


def _occurrences(roster: Roster, stop: str) -> set[date]:
    found = {one.occurrence_on for one in roster.left_out if one.stop == stop}
    for route in _routes_to(roster, stop):
        found |= {visit.occurrence_on for visit in route.visits if visit.stop == stop}
    return found


def _timed_anew(roster: Roster, stop: str) -> Roster | None:
    """Return the roster with the right length of every visit of a stop."""
    for route in _routes_to(roster, stop):
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
    for route in _routes_to(roster, stop):
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


def _placed_anew(roster: Roster, stop: Stop) -> Roster | None:
    problem = roster.problem
    known = sorted(roster.visited.get(stop.name, ()))
    bare = without(roster, stop.name)
    if bare is None:
        return None
    patterns = stop.rhythm.patterns(problem.first_on, problem.days)
    for pattern in sorted(patterns, key=lambda days: _farness(days, known)):
        done = placed_pattern(bare, stop, pattern)
        if done is not None:
            done.left_out = tuple(one for one in roster.left_out if one.stop != stop.name)
            return done
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
    free = sorted(set(pattern) - set(pinned.values()))
    near = {on: days_near(roster.problem, stop, on) for on in free}
    # Most patterns fail for a day that has no room at all: that is told before anything is made.
    if not all(any(_has_room(roster, stop, on) for on in near[free_on]) for free_on in free):
        return None
    current: Roster | None = with_occurrences(roster, stop.name, pinned)
    for occurrence_on in free:
        if current is None:
            return None
        current = placed(current, stop, occurrence_on, near[occurrence_on])
    return current


def _has_room(roster: Roster, stop: Stop, on: date) -> bool:
    return any(
        roster.refusal(shift, stop) is None and roster.fit(shift, stop) is not None
        for shift in roster.problem.shifts_on.get(on, ())
    )


def with_occurrences(roster: Roster, stop: str, occurrences: Mapping[date, date]) -> Roster:
    """Return the roster in which the visits of a stop on these days stand for these occurrences."""
    for route in _routes_to(roster, stop):
        shift = roster.problem.shift[route.shift]
        visits = tuple(
            replace(visit, occurrence_on=occurrences[shift.on]) if visit.stop == stop else visit
            for visit in route.visits
        )
        if visits != route.visits:
            roster = roster.with_route(shift, replace(route, visits=visits))
    return roster


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
