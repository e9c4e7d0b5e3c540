"""Plans as the kernel has them, and as the rest of the world does."""

from __future__ import annotations

from datetime import date

from outreach.routing.placing import in_order, timed
from outreach.routing.plan import LeftOut, Plan, Route
from outreach.routing.problem import Shift, Stop
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
    routes: list[Route] = []
    placed: set[tuple[str, int]] = set()
    for number, shift in enumerate(problem.shifts):
        length, start, end = (int(value) for value in kept.route[number])
        if not length:
            continue
        stops = [problem.stops[stop] for stop in kept.seq[number, :length]]
        places = compiled.places[start], compiled.places[end]
        route = _timed(compiled, kept, shift, stops, places)
        if route is not None:
            routes.append(route)
            placed.update((visit.stop, compiled.day[shift.on]) for visit in route.visits)
    left_out = []
    for number, stop in enumerate(problem.stops):
        pattern = int(kept.choice[number, 0])
        for j, occurrence in enumerate(compiled.occurrences[pattern]):
            if (stop.name, int(kept.choice[number, 1 + j])) not in placed:
                left_out.append(LeftOut(stop.name, occurrence.on))
    return Plan(in_order(problem, routes), tuple(left_out))


def _timed(
    compiled: Compiled, kept: Kept, shift: Shift, stops: list[Stop], places: tuple[str, str]
) -> Route | None:
    """Return the route of a shift, shorter by the last visits if they do not fit after all."""
    stops = list(stops)
    while stops:
        occurrences = [_occurrence(compiled, kept, stop, shift) for stop in stops]
        route = timed(
            compiled.problem,
            shift,
            stops,
            occurrences,
            start=places[0],
            end=places[1],
            is_shortest=True,
        )
        if not isinstance(route, Refused):
            return route
        named = [number for number, stop in enumerate(stops) if stop.name == route.stop]
        del stops[named[0] if named else -1]
    return None


def _occurrence(compiled: Compiled, kept: Kept, stop: Stop, shift: Shift) -> date:
    number = compiled.number[stop.name]
    day = compiled.day[shift.on]
    row = kept.choice[number]
    for j, occurrence in enumerate(compiled.occurrences[int(row[0])]):
        if row[1 + j] == day:
            return occurrence.on
    raise AssertionError(stop.name)


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
        pattern = compiled.occurrences[int(state.choice[number, 0])]
        for j, occurrence in enumerate(pattern):
            free = state.choice[number, 1 + j] < 0
            if free and occurrence.on == visit.occurrence_on:
                if occurrence.pin is not None and compiled.day[occurrence.pin] != day:
                    continue
                state.choice[number, 1 + j] = day
                state.at[number, day] = shift
                state.seq[shift, length] = number
                length += 1
                break
    state.route[shift, arrays.LENGTH] = length


def _clear(compiled: Compiled, state: State, shift: int) -> None:
    day = compiled.day[compiled.problem.shifts[shift].on]
    for k in range(int(state.route[shift, arrays.LENGTH])):
        number = int(state.seq[shift, k])
        state.at[number, day] = -1
        row = state.choice[number]
        row[1:][row[1:] == day] = -1
    state.route[shift, arrays.LENGTH] = 0
