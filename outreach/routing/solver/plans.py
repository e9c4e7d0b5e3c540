"""Plans as the kernel has them, and as the rest of the world does."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from outreach.routing.placing import Roster, in_order, placed, timed
from outreach.routing.plan import LeftOut, Plan, Route, Visit
from outreach.routing.problem import Problem, Shift, Stop
from outreach.routing.solver import kernel
from outreach.routing.solver.compiled import Compiled
from outreach.routing.solver.kernel import arrays
from outreach.routing.solver.kernel.arrays import Kept, State
from outreach.routing.timing import Refused


def plan_of(compiled: Compiled, kept: Kept) -> Plan:
    """Return a plan with the hours of each visit, and what is left out.

    A visit for which no legal hours are found after all is left out.
    """
    problem = compiled.problem
    routes = [
        route for chain in _chains(compiled, kept) for route in _routes(compiled, kept, chain)
    ]
    made = {
        (visit.stop, compiled.day[problem.shift[route.shift].on])
        for route in routes
        for visit in route.visits
    }
    left_out = []
    for number, stop in enumerate(problem.stops):
        pattern = int(kept.choice[number, 0])
        for j, occurrence in enumerate(compiled.occurrences[pattern]):
            if (stop.name, int(kept.choice[number, 1 + j])) not in made:
                left_out.append(LeftOut(stop.name, occurrence.on))
    return Plan(in_order(problem, routes), tuple(left_out))


@dataclass(frozen=True, slots=True)
class _Day:
    """What a shift does: the numbers of its stops in order, and the places of its ends."""

    shift: Shift
    stops: tuple[int, ...]
    start: str
    end: str


def _chains(compiled: Compiled, kept: Kept) -> Iterator[list[_Day]]:
    """Yield the shifts that go out; those joined by nights away together, in order."""
    following = compiled.question.shift_n[:, arrays.NEXT]
    done: set[int] = set()
    for number in range(len(compiled.problem.shifts)):
        chain: list[_Day] = []
        while number not in done:
            done.add(number)
            day = _day(compiled, kept, number)
            if not day.stops and (day.start, day.end) == (day.shift.start, day.shift.end):
                break
            # A chain is found from its first day; the others are met on the way.
            if not chain and day.start != day.shift.start:
                done.discard(number)
                break
            chain.append(day)
            if day.end == day.shift.end:
                break
            number = int(following[number])
        if chain:
            yield chain


def _day(compiled: Compiled, kept: Kept, number: int) -> _Day:
    length, start, end = (int(value) for value in kept.route[number])
    stops = tuple(int(stop) for stop in kept.seq[number, :length])
    places = compiled.places[start], compiled.places[end]
    return _Day(compiled.problem.shifts[number], stops, *places)


def _routes(compiled: Compiled, kept: Kept, chain: list[_Day]) -> list[Route]:
    """Return the timed routes of days joined by nights; apart, if one of them is left empty."""
    found = [_timed(compiled, kept, day) for day in chain]
    routes = [route for route in found if route is not None]
    if len(routes) == len(chain) or len(chain) == 1:
        return routes
    apart = [_Day(day.shift, day.stops, day.shift.start, day.shift.end) for day in chain]
    return [route for day in apart if (route := _timed(compiled, kept, day)) is not None]


def _timed(compiled: Compiled, kept: Kept, day: _Day) -> Route | None:
    """Return the route of a day, with the most of its stops that have legal hours together."""
    stops = [compiled.problem.stops[number] for number in day.stops]
    is_away = (day.start, day.end) != (day.shift.start, day.shift.end)
    while stops or is_away:
        route = _hours(compiled, kept, day, stops)
        if not isinstance(route, Refused):
            return route
        if not stops:
            break
        stops.remove(_to_drop(compiled, kept, day, stops))
    return None


def _hours(compiled: Compiled, kept: Kept, day: _Day, stops: Sequence[Stop]) -> Route | Refused:
    return timed(
        compiled.problem,
        day.shift,
        stops,
        [_occurrence(compiled, kept, stop, day.shift) for stop in stops],
        start=day.start,
        end=day.end,
        is_shortest=True,
    )


def _to_drop(compiled: Compiled, kept: Kept, day: _Day, stops: Sequence[Stop]) -> Stop:
    """Return the stop to leave out: not a pinned one, and one whose leaving helps, if possible."""

    def badness(stop: Stop) -> tuple[bool, bool, float]:
        others = [one for one in stops if one is not stop]
        is_pinned = any(
            pin.on == day.shift.on for pin in compiled.problem.pins_of.get(stop.name, ())
        )
        helps = bool(others) and not isinstance(_hours(compiled, kept, day, others), Refused)
        return is_pinned, not helps, stop.left_out_cost or math.inf

    return min(stops, key=badness)


def _occurrence(compiled: Compiled, kept: Kept, stop: Stop, shift: Shift) -> date:
    number = compiled.number[stop.name]
    day = compiled.day[shift.on]
    row = kept.choice[number]
    for j, occurrence in enumerate(compiled.occurrences[int(row[0])]):
        if row[1 + j] == day:
            return occurrence.on
    raise AssertionError(stop.name)


def put_pins(compiled: Compiled, state: State) -> None:
    """Set an empty state to the pinned visits alone, each at its time, as far as they fit."""
    problem = compiled.problem
    roster = Roster(problem, Plan(()))
    # Those whose time is fixed first, in order: they leave the others the least choice.
    for pin in sorted(problem.pins, key=lambda one: (one.starts_s is None, one.starts_s or 0)):
        roster = placed(roster, problem.stop[pin.stop], pin.on, [pin.on]) or roster
    for name in problem.pins_of:
        number = compiled.number[name]
        state.choice[number, 0] = compiled.question.stop_n[number, arrays.PATTERNS]
    shifts = {shift.name: number for number, shift in enumerate(problem.shifts)}
    for route in roster.plan.routes:
        _put_route(compiled, state, shifts[route.shift], route)
    kernel.refresh_all(compiled.question, state)


def keeps_pins(problem: Problem, plan: Plan) -> bool:
    """Tell whether a plan visits every stop on the days it is pinned to."""
    kept = {(visit.stop, problem.shift[route.shift].on) for route, visit in plan.visits()}
    return all((pin.stop, pin.on) in kept for pin in problem.pins)


def put_into(compiled: Compiled, state: State, plan: Plan) -> None:
    """Set a state to a plan, as far as patterns and shifts are known; the rest is left to do.

    What is not legal there is taken out again.
    """
    problem = compiled.problem
    shifts = {shift.name: number for number, shift in enumerate(problem.shifts)}
    wanted: dict[str, set[date]] = {}
    for _route, visit in plan.visits():
        wanted.setdefault(visit.stop, set()).add(visit.occurrence_on)
    for one in plan.left_out:
        wanted.setdefault(one.stop, set()).add(one.occurrence_on)
    for stop, days in wanted.items():
        if stop in compiled.number:
            number = compiled.number[stop]
            pattern = compiled.pattern_of(number, days)
            if pattern is not None:
                state.choice[number, 0] = pattern
    for route in plan.routes:
        if route.shift not in shifts:
            continue
        _put_route(compiled, state, shifts[route.shift], route)
    kernel.refresh_all(compiled.question, state)
    for number in range(len(problem.shifts)):
        if state.sums[number, arrays.COST] == float("inf"):
            _clear(compiled, state, number)
    kernel.refresh_all(compiled.question, state)


def _put_route(compiled: Compiled, state: State, shift: int, route: Route) -> None:
    day = compiled.day[compiled.problem.shifts[shift].on]
    length = 0
    for visit in route.visits:
        number = compiled.number.get(visit.stop)
        if number is None or state.choice[number, 0] < 0 or state.at[number, day] >= 0:
            continue
        j = _entry(compiled, state, number, day, visit)
        if j is not None:
            state.choice[number, 1 + j] = day
            state.at[number, day] = shift
            state.seq[shift, length] = number
            length += 1
    state.route[shift, arrays.LENGTH] = length


def _entry(compiled: Compiled, state: State, number: int, day: int, visit: Visit) -> int | None:
    """Return the free place in a stop's pattern that a visit takes: a pin's own, or its day's."""
    row = state.choice[number]
    for j, one in enumerate(compiled.occurrences[int(row[0])]):
        is_pinned = one.pin is not None
        fits = compiled.day[one.pin] == day if one.pin else one.on == visit.occurrence_on
        if row[1 + j] < 0 and fits and (is_pinned or not _has_pin(compiled, number, day)):
            return j
    return None


def _has_pin(compiled: Compiled, number: int, day: int) -> bool:
    name = compiled.problem.stops[number].name
    return any(compiled.day[pin.on] == day for pin in compiled.problem.pins_of.get(name, ()))


def _clear(compiled: Compiled, state: State, shift: int) -> None:
    day = compiled.day[compiled.problem.shifts[shift].on]
    for k in range(int(state.route[shift, arrays.LENGTH])):
        number = int(state.seq[shift, k])
        state.at[number, day] = -1
        row = state.choice[number]
        row[1:][row[1:] == day] = -1
    state.route[shift, arrays.LENGTH] = 0
