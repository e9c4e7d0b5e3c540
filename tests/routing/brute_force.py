"""The optimum of a tiny season, by trying everything: patterns, days, vehicles and orders.

For up to some 7 visits. The ways must obey the triangle (a stop more is never a shorter way). It
knows no nights away; where ``Weights.change`` weighs the hour of a visit, only the earliest times
and those of the shortest duty are tried.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from outreach.routing.costs import cost_of
from outreach.routing.placing import days_near, pinned_occurrences, timed
from outreach.routing.plan import LeftOut, Plan, Route
from outreach.routing.problem import Pin, Problem, Shift, Stop
from outreach.routing.timing import Refused
from outreach.routing.validator import violations

Choice = tuple[tuple[date, Shift | None], ...]
"""For each occurrence of a stop, the shift that visits it; ``None`` if it is left out."""


@dataclass(slots=True)
class _Search:
    problem: Problem
    best_cost: float
    best: Plan | None = None
    orders: dict[tuple[str, frozenset[str]], list[tuple[str, ...]]] = field(default_factory=dict)

    def run(self) -> None:
        """Go through the stops, those with the fewest choices first."""
        choices = [(stop, list(_choices(self.problem, stop))) for stop in self.problem.stops]
        choices.sort(key=lambda one: len(one[1]))
        self._extend(choices, 0, [])

    def _extend(
        self,
        choices: list[tuple[Stop, list[Choice]]],
        number: int,
        chosen: list[tuple[Stop, Choice]],
    ) -> None:
        if self._bound(chosen) >= self.best_cost:
            return
        if number == len(choices):
            for plan in self._plans(chosen):
                cost = cost_of(self.problem, plan).total
                if cost < self.best_cost and not violations(self.problem, plan):
                    self.best_cost, self.best = cost, plan
            return
        stop, own = choices[number]
        for choice in own:
            self._extend(choices, number + 1, [*chosen, (stop, choice)])

    def _visits(self, chosen: list[tuple[Stop, Choice]]) -> dict[str, dict[str, date]]:
        found: dict[str, dict[str, date]] = {}
        for stop, choice in chosen:
            for occurrence_on, shift in choice:
                if shift is not None:
                    found.setdefault(shift.name, {})[stop.name] = occurrence_on
        return found

    def _bound(self, chosen: list[tuple[Stop, Choice]]) -> float:
        """Return what these choices cost at the least, whatever is added to them."""
        cost = 0.0
        for stop, choice in chosen:
            for occurrence_on, shift in choice:
                if shift is None:
                    cost += math.inf if stop.left_out_cost is None else stop.left_out_cost
                else:
                    days = abs((shift.on - occurrence_on).days)
                    cost += days * self.problem.weights.off_rhythm_day
        for name, visits in self._visits(chosen).items():
            shift = self.problem.shift[name]
            orders = self._orders(shift, frozenset(visits))
            if not orders:
                return math.inf
            cost += shift.out_cost + self._road_cost(shift, orders[0])
        return cost

    def _road_cost(self, shift: Shift, order: tuple[str, ...]) -> float:
        weights = self.problem.weights
        places = [shift.start, *(self.problem.stop[name].place for name in order), shift.end]
        ways = [self.problem.way(shift.profile, a, b) for a, b in itertools.pairwise(places)]
        return sum(m * weights.metre + s * weights.driving_second for m, s in ways)

    def _orders(self, shift: Shift, names: frozenset[str]) -> list[tuple[str, ...]]:
        """Return all orders that can be timed, the shortest way first."""
        key = (shift.name, names)
        if key not in self.orders:
            fitting = [
                order
                for order in itertools.permutations(sorted(names))
                if not isinstance(self._timed(shift, order, {}), Refused)
            ]
            self.orders[key] = sorted(fitting, key=lambda order: self._road_cost(shift, order))
        return self.orders[key]

    def _timed(
        self,
        shift: Shift,
        order: tuple[str, ...],
        occurrences: dict[str, date],
        *,
        is_shortest: bool = False,
    ) -> Route | Refused:
        stops = [self.problem.stop[name] for name in order]
        days = [occurrences.get(name, shift.on) for name in order]
        return timed(self.problem, shift, stops, days, is_shortest=is_shortest)

    def _plans(self, chosen: list[tuple[Stop, Choice]]) -> Iterator[Plan]:
        left_out = tuple(
            LeftOut(stop.name, on) for stop, choice in chosen for on, shift in choice if not shift
        )
        options: list[list[Route]] = []
        for name, visits in self._visits(chosen).items():
            shift = self.problem.shift[name]
            options.append(
                [
                    route
                    for order in self._orders(shift, frozenset(visits))
                    for is_shortest in (True, False)
                    for route in [self._timed(shift, order, visits, is_shortest=is_shortest)]
                    if isinstance(route, Route)
                ]
            )
        if self._is_separable:
            options = [[min(routes, key=self._alone)] for routes in options]
        for routes in itertools.product(*options):
            yield Plan(routes, left_out)

    @property
    def _is_separable(self) -> bool:
        """Whether the best route of a shift is the same whatever the others do."""
        weights, limits = self.problem.weights, self.problem.limits
        return not weights.spread and limits.week_s is None and not weights.change

    def _alone(self, route: Route) -> float:
        return cost_of(self.problem, Plan((route,))).total


def _choices(problem: Problem, stop: Stop) -> Iterator[Choice]:
    """Yield every way to visit a stop: pattern, and shift of each occurrence."""
    pins = problem.pins_of.get(stop.name, ())
    patterns = stop.rhythm.patterns(problem.first_on, problem.days) or [()]
    # Where some pattern keeps the pins to the rhythm, only such patterns count.
    near = [pattern for pattern in patterns if _keeps_near(stop, pattern, pins)]
    for pattern in near or patterns:
        taken = pinned_occurrences(pattern, [pin.on for pin in pins])
        options: list[list[tuple[date, Shift | None]]] = []
        for pin in pins:
            own = [
                shift
                for shift in problem.shifts_on.get(pin.on, ())
                if pin.vehicle in (None, shift.vehicle) and shift.vehicle not in stop.barred
            ]
            options.append([(taken[pin.on], shift) for shift in own])
        for on in sorted(set(pattern) - set(taken.values())):
            options.append([(on, shift) for shift in _shifts(problem, stop, on)])
            options[-1].append((on, None))
        for choice in itertools.product(*options):
            days = [shift.on for _occurrence, shift in choice if shift is not None]
            if len(days) == len(set(days)):
                yield choice


def _keeps_near(stop: Stop, pattern: Sequence[date], pins: Sequence[Pin]) -> bool:
    taken = pinned_occurrences(pattern, [pin.on for pin in pins])
    tolerance = stop.rhythm.tolerance_days
    return all(abs((taken[pin.on] - pin.on).days) <= tolerance for pin in pins)


def _shifts(problem: Problem, stop: Stop, on: date) -> Iterator[Shift]:
    for day in days_near(problem, stop, on):
        for shift in problem.shifts_on.get(day, ()):
            if shift.vehicle not in stop.barred and stop.windows.get(day):
                yield shift


def optimum(problem: Problem, at_most: float = math.inf) -> tuple[float, Plan | None]:
    """Return the least cost of a legal plan, and such a plan.

    Args:
        at_most: only what is cheaper is looked for: the cost of a plan that is known makes it
            quick.

    Returns:
        ``at_most`` and ``None`` if there is nothing cheaper.
    """
    search = _Search(problem, at_most)
    search.run()
    return search.best_cost, search.best
