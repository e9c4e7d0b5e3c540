"""Putting the rest of a day in order: searched by PyVRP, timed and repaired exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from outreach.routing.day.model import Day, DayPlan, Effort, LeftOutToday, Why
from outreach.routing.day.search import NEAR_S, orders
from outreach.routing.day.times import Clockwork
from outreach.routing.plan import Route
from outreach.routing.problem import Shift

USUAL = Effort()


def replan(day: Day, effort: Effort = USUAL) -> DayPlan:
    """Return the rest of a day in a new order, near to what was planned.

    Booked stops are left out last, then the fewest others; among what serves the same, driving and
    changes weigh as the problem's weights say. Hours, returns, lunch and driving limits are kept,
    whatever the search thought of them. Deterministic for the iterations of ``effort``, unless its
    seconds end first.
    """
    clockwork = Clockwork(day)
    kept = _Table(clockwork, _present(clockwork))
    kept.settle()
    found, iterations = orders(clockwork, kept.stops, effort)
    table = _Table(clockwork, found)
    table.settle()
    plans = [one.plan(iterations) for one in (kept, table)]
    # What was planned, with the rest filled in, is worth keeping if the search found no better.
    return min(plans, key=lambda plan: cost_of_day(day, plan))


def cost_of_day(day: Day, plan: DayPlan) -> float:
    """Return what the rest of a day costs, in metres' worth of driving.

    Driving and duty from where each vehicle is until it is back, ``Shift.out_cost`` of vehicles
    that would have stayed; half of ``Weights.change`` for each stop that changes its vehicle, and a
    quarter for each that begins more than half an hour beside its planned time; and what is left
    out.
    """
    clockwork = Clockwork(day)
    rest, total = clockwork.rest, 0.0
    routes = {route.shift: route for route in plan.routes}
    for shift in rest.shifts:
        van, route = clockwork.vans[shift.name], routes.get(shift.name)
        if route is None and not van.has_left:
            continue
        total += _driving(clockwork, shift, route)
        if route is not None:
            total += rest.weights.duty_second * (route.returns_s - route.departs_s)
            total += 0.0 if van.has_left else shift.out_cost
            total += sum(_change(clockwork, shift, route))
    return total + sum(rest.stop[one.stop].left_out_cost or 0.0 for one in plan.left_out)


def _driving(clockwork: Clockwork, shift: Shift, route: Route | None) -> float:
    rest = clockwork.rest
    visits = route.visits if route is not None else ()
    places = [shift.start, *(rest.stop[visit.stop].place for visit in visits), shift.end]
    total = 0.0
    for here, there in pairwise(places):
        metres, seconds = rest.way(shift.profile, here, there)
        total += rest.weights.metre * metres + rest.weights.driving_second * seconds
    return total


def _change(clockwork: Clockwork, shift: Shift, route: Route) -> list[float]:
    change = clockwork.rest.weights.change
    found = []
    for visit in route.visits:
        planned = clockwork.day.running.get(visit.stop)
        if planned is not None:
            found.append(change / 2 if planned.vehicle != shift.vehicle else 0.0)
            found.append(change / 4 if abs(planned.starts_s - visit.starts_s) > NEAR_S else 0.0)
    return found


def _present(clockwork: Clockwork) -> dict[str, list[str]]:
    """Return the stops of each shift as they were planned, in order of time."""
    rest = clockwork.rest
    found: dict[str, list[str]] = {}
    by_vehicle = {shift.vehicle: shift.name for shift in rest.shifts}
    for one in sorted(rest.running, key=lambda one: (one.starts_s, one.stop)):
        shift = by_vehicle.get(one.vehicle)
        if shift is not None and rest.stop[one.stop]:
            found.setdefault(shift, []).append(one.stop)
    return found


class _Table:
    """Orders of stops that are made to hold exactly."""

    def __init__(self, clockwork: Clockwork, found: dict[str, list[str]]) -> None:
        self.clockwork = clockwork
        self.shifts = list(clockwork.rest.shifts)
        self.stops = {shift.name: list(found.get(shift.name, ())) for shift in self.shifts}
        self.routes: dict[str, Route] = {}

    @property
    def open(self) -> list[str]:
        """The stops that nobody serves, booked and dear ones first."""
        served = {name for stops in self.stops.values() for name in stops}
        left = [stop for stop in self.clockwork.rest.stops if stop.name not in served]
        return [stop.name for stop in sorted(left, key=lambda stop: -(stop.left_out_cost or 0.0))]

    def settle(self) -> None:
        """Make the orders hold, and serve whatever fits nevertheless."""
        for shift in self.shifts:
            self._repair(shift, is_exact=False)
        for name in self.open:
            self._put_in(name)
        for shift in self.shifts:
            self._repair(shift, is_exact=True)

    def _repair(self, shift: Shift, *, is_exact: bool) -> None:
        """Take out of an order the least that makes it possible."""
        stops = self.stops[shift.name]
        while stops and not (
            self._times(shift, stops) if is_exact else self.clockwork.fits(shift, stops)
        ):
            stops.remove(self._least(shift, stops))

    def _put_in(self, name: str) -> None:
        """Serve one more stop where that costs least, if it fits anywhere."""
        places = sorted(
            (self._extra(shift, name, place), shift.name, place)
            for shift in self.shifts
            if self.clockwork.may(shift, name)
            for place in range(len(self.stops[shift.name]) + 1)
        )
        for cost, shift_name, place in places:
            stops = list(self.stops[shift_name])
            stops.insert(place, name)
            if math.isinf(cost):
                return
            if self.clockwork.fits(self.clockwork.rest.shift[shift_name], stops):
                self.stops[shift_name] = stops
                return

    def plan(self, iterations: int) -> DayPlan:
        """Return what was found, with the reasons for what is left out."""
        routes = [self.routes[shift.name] for shift in self.shifts if self.stops[shift.name]]
        homeward = {}
        for shift in self.shifts:
            home_s = self.clockwork.home_s(shift)
            is_out = self.clockwork.vans[shift.name].has_left
            if is_out and not self.stops[shift.name] and home_s is not None:
                homeward[shift.name] = home_s
        left_out = [LeftOutToday(name, self._why(name)) for name in reversed(self.open)]
        return DayPlan(tuple(routes), homeward, tuple(left_out), iterations)

    def _times(self, shift: Shift, stops: Sequence[str]) -> bool:
        route = self.clockwork.route(shift, stops)
        if route is not None:
            self.routes[shift.name] = route
        return route is not None

    def _least(self, shift: Shift, stops: Sequence[str]) -> str:
        """Return the stop to be taken out: the cheapest after which the others fit, if any."""
        cost = {name: self.clockwork.rest.stop[name].left_out_cost or 0.0 for name in stops}
        cheapest = sorted(stops, key=lambda name: (cost[name], name))
        alone = [name for name in cheapest if not self.clockwork.fits(shift, [name])]
        if alone:
            return alone[0]
        for name in cheapest:
            if self.clockwork.fits(shift, [one for one in stops if one != name]):
                return name
        return cheapest[0]

    def _extra(self, shift: Shift, name: str, place: int) -> float:
        """Return about what driving more a stop costs at a place of an order."""
        rest, stops = self.clockwork.rest, self.stops[shift.name]
        here = rest.stop[stops[place - 1]].place if place else shift.start
        there = rest.stop[stops[place]].place if place < len(stops) else shift.end
        at = rest.stop[name].place
        legs = ((here, at), (at, there))
        if any(self.clockwork.leg(shift.profile, *leg) is None for leg in legs):
            return math.inf
        to, on = (rest.way(shift.profile, *leg)[0] for leg in legs)
        planned = self.clockwork.day.running.get(name)
        is_other = planned is not None and planned.vehicle != shift.vehicle
        past = rest.way(shift.profile, here, there)[0]
        past = past if math.isfinite(past) else 0.0
        return to + on - past + (rest.weights.change / 2 if is_other else 0.0)

    def _why(self, name: str) -> Why:
        clockwork = self.clockwork
        can_go = [shift for shift in self.shifts if clockwork.may(shift, name)]
        if not can_go:
            return Why.NO_VEHICLE
        place = clockwork.rest.stop[name].place
        reached = []
        for shift in can_go:
            to = clockwork.leg(shift.profile, shift.start, place)
            home = clockwork.leg(shift.profile, place, shift.end)
            if to is not None and home is not None:
                reached.append((shift, clockwork.vans[shift.name].since_s + to[0]))
        if not reached:
            return Why.NO_WAY
        if any(clockwork.fits(shift, [name]) for shift, _at in reached):
            return Why.FULL
        spans = clockwork.spans[name]
        if not any(at_s <= last for _shift, at_s in reached for _first, last in spans):
            return Why.TOO_LATE
        return Why.RETURN
