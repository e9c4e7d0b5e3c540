"""The rest of a day as a model for PyVRP, and its answer as orders of stops.

PyVRP knows no lunch. So the clock it is given has no lunch hour: the time from :data:`NOON_S` on is
that much earlier. Whatever fits this clock fits the real one with lunch before or after whatever
happens at noon; vehicles that have eaten lose the time here, and get it back when the result is
timed exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyvrp import (
    Client,
    ClientGroup,
    Depot,
    IteratedLocalSearchParams,
    Location,
    ProblemData,
    Route,
    Solution,
    SolveParams,
    VehicleType,
    solve,
)
from pyvrp.search import NeighbourhoodParams, PerturbationParams
from pyvrp.stop import MaxIterations, MaxRuntime, MultipleCriteria

from outreach.routing.day.model import Effort
from outreach.routing.day.times import Clockwork
from outreach.routing.problem import Shift

Whole = NDArray[Any]

NOON_S = 12 * 3600
NEAR_S = 30 * 60
"""A stop that moves by more than this is changed."""
SCALE = 10
"""Costs are whole numbers of tenths of a metre."""
NEIGHBOURS = 30
NEVER = 10_000_000
"""What a way costs and takes that there is not."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """One way to serve a stop: in this span of starts, at this cost beside the driving."""

    stop: str
    first_s: int
    last_s: int
    cost: float


@dataclass(frozen=True, slots=True)
class _Clock:
    """The clock without a lunch hour."""

    cut_s: int
    lunch_s: int

    def at(self, moment_s: int) -> int:
        if moment_s <= self.cut_s:
            return moment_s
        return max(self.cut_s, moment_s - self.lunch_s)


def orders(
    clockwork: Clockwork, present: Mapping[str, Sequence[str]], effort: Effort
) -> tuple[dict[str, list[str]], int]:
    """Return the stops of each shift in order, and how many steps the search took.

    Args:
        present: the same as it was planned: where the search starts.
    """
    rest = clockwork.rest
    shifts = list(rest.shifts)
    if not shifts or not rest.stops:
        return {}, 0
    clock = _clock(clockwork, shifts)
    choices = [choice for stop in rest.stops for choice in _choices(clockwork, stop.name)]
    data, goes_home = _data(clockwork, clock, shifts, choices)
    start = _start(data, clockwork, shifts, choices, goes_home, present)
    stop = MultipleCriteria([MaxIterations(effort.iterations), MaxRuntime(effort.seconds)])
    params = _params(has_choices=len(choices) > len(rest.stops))
    found = solve(
        data, stop, effort.seed, collect_stats=False, params=params, initial_solution=start
    )
    answer: dict[str, list[str]] = {shift.name: [] for shift in shifts}
    for route in found.best.routes():
        name = shifts[route.vehicle_type()].name
        visits = [activity.idx for activity in route if activity.is_client()]
        answer[name] = [choices[number].stop for number in visits if number < len(choices)]
    return answer, found.num_iterations


def _params(*, has_choices: bool) -> SolveParams:
    """Return how to search: with smaller steps where each stop may be served in several ways."""
    near = NeighbourhoodParams(num_neighbours=NEIGHBOURS)
    if not has_choices:
        return SolveParams(neighbourhood=near)
    return SolveParams(
        neighbourhood=near,
        ils=IteratedLocalSearchParams(history_length=50),
        perturbation=PerturbationParams(1, 12),
    )


def _clock(clockwork: Clockwork, shifts: Sequence[Shift]) -> _Clock:
    lunch = clockwork.rest.limits.lunch
    hungry = [
        clockwork.vans[shift.name].since_s
        for shift in shifts
        if lunch is not None
        and clockwork.vans[shift.name].needs_lunch
        and shift.ends_s >= lunch.due_until_s
    ]
    if lunch is None or not hungry:
        return _Clock(NOON_S, 0)
    latest_s = lunch.until_s - lunch.lasts_s
    return _Clock(min(max(NOON_S, *hungry), latest_s), lunch.lasts_s)


def _choices(clockwork: Clockwork, name: str) -> list[_Choice]:
    """Return the ways to serve a stop: near its planned time for nothing, else at a cost."""
    change = clockwork.rest.weights.change / 4
    planned = clockwork.day.running.get(name)
    found = []
    for first, last in clockwork.spans[name]:
        if planned is None or not change:
            found.append(_Choice(name, first, last, 0.0))
            continue
        low, high = max(first, planned.starts_s - NEAR_S), min(last, planned.starts_s + NEAR_S)
        if low <= high:
            found.append(_Choice(name, low, high, 0.0))
        if (low, high) != (first, last):
            found.append(_Choice(name, first, last, change))
    return found


def _data(
    clockwork: Clockwork, clock: _Clock, shifts: Sequence[Shift], choices: Sequence[_Choice]
) -> tuple[ProblemData, dict[str, int]]:
    """Return the model, and the number of the client that brings each vehicle away home."""
    rest = clockwork.rest
    row = {stop.name: number for number, stop in enumerate(rest.stops)}
    places = [stop.place for stop in rest.stops]
    first = len(places)
    places += [place for shift in shifts for place in (shift.start, shift.end, shift.end)]
    depots, vehicles = [], []
    distances: list[Any] = []
    durations: list[Any] = []
    clients = [_client(clockwork, clock, choice, row[choice.stop]) for choice in choices]
    goes_home: dict[str, int] = {}
    for number, shift in enumerate(shifts):
        depots += [Depot(first + 3 * number), Depot(first + 3 * number + 1)]
        if clockwork.vans[shift.name].has_left:
            goes_home[shift.name] = len(clients)
            clients.append(Client(first + 3 * number + 2))
        vehicles.append(_vehicle(clockwork, clock, shift, number))
        cost, time = _ways(clockwork, shift, places)
        for other in range(len(shifts)):
            if other != number:
                cost[:, first + 3 * other + 2] = time[:, first + 3 * other + 2] = NEVER
        np.fill_diagonal(cost, 0)
        np.fill_diagonal(time, 0)
        distances.append(cost)
        durations.append(time)
    groups, clients = _grouped(choices, clients)
    locations = [Location(0, 0) for _place in places]
    data = ProblemData(locations, clients, depots, vehicles, distances, durations, groups)
    return data, goes_home


def _client(clockwork: Clockwork, clock: _Clock, choice: _Choice, location: int) -> Client:
    stop = clockwork.rest.stop[choice.stop]
    prize = (stop.left_out_cost or 0.0) * SCALE - choice.cost * SCALE
    return Client(
        location,
        delivery=[stop.items],
        service_duration=stop.service_s,
        tw_early=clock.at(choice.first_s),
        tw_late=clock.at(choice.last_s),
        prize=max(int(prize), 0),
        required=False,
    )


def _grouped(
    choices: Sequence[_Choice], clients: list[Client]
) -> tuple[list[ClientGroup], list[Client]]:
    """Let at most one of the ways to serve a stop be taken."""
    members: dict[str, list[int]] = {}
    for number, choice in enumerate(choices):
        members.setdefault(choice.stop, []).append(number)
    several = [numbers for numbers in members.values() if len(numbers) > 1]
    groups, grouped = [], list(clients)
    for place, numbers in enumerate(several):
        groups.append(ClientGroup(numbers, required=False))
        for number in numbers:
            one = clients[number]
            grouped[number] = Client(
                one.location,
                one.delivery,
                service_duration=one.service_duration,
                tw_early=one.tw_early,
                tw_late=one.tw_late,
                prize=one.prize,
                required=False,
                group=place,
            )
    for number in range(len(choices), len(clients)):
        grouped[number] = Client(clients[number].location, [0])
    return groups, grouped


def _vehicle(clockwork: Clockwork, clock: _Clock, shift: Shift, number: int) -> VehicleType:
    van = clockwork.vans[shift.name]
    longest_s = NEVER if shift.longest_s is None else max(shift.longest_s, 0)
    if shift.longest_s is not None and shift.ends_s > clock.cut_s:
        longest_s = max(longest_s - clock.lunch_s, 0)
    return VehicleType(
        capacity=[shift.capacity if shift.capacity is not None else 1_000_000_000],
        start_depot=2 * number,
        end_depot=2 * number + 1,
        fixed_cost=0 if van.has_left else int(shift.out_cost * SCALE),
        tw_early=clock.at(van.since_s),
        tw_late=max(clock.at(shift.ends_s), clock.at(van.since_s)),
        unit_duration_cost=int(clockwork.rest.weights.duty_second * SCALE),
        profile=number,
        shift_duration=longest_s,
    )


def _ways(clockwork: Clockwork, shift: Shift, places: Sequence[str]) -> tuple[Whole, Whole]:
    """Return what the ways between all places cost a vehicle, and their times."""
    rest = clockwork.rest
    matrix = rest.matrices[shift.profile]
    index = matrix.index()
    rows = np.array([index[place] for place in places])
    metres = matrix.metres[np.ix_(rows, rows)]
    seconds = matrix.seconds[np.ix_(rows, rows)]
    is_closed = ~np.isfinite(seconds) | ~np.isfinite(metres)
    whole_s = np.ceil(np.where(is_closed, 0.0, seconds))
    cost = rest.weights.metre * np.where(is_closed, 0.0, metres)
    cost = (cost + rest.weights.driving_second * whole_s) * SCALE
    time = whole_s + np.where(whole_s > 0, rest.limits.leg_buffer_s, 0)
    for number, stop in enumerate(rest.stops):
        planned = clockwork.day.running.get(stop.name)
        if planned is not None and planned.vehicle != shift.vehicle:
            cost[:, number] += rest.weights.change / 2 * SCALE
        if shift.vehicle in stop.barred:
            is_closed[:, number] = True
    cost[is_closed] = time[is_closed] = NEVER
    return np.rint(cost).astype(np.int64), time.astype(np.int64)


def _start(
    data: ProblemData,
    clockwork: Clockwork,
    shifts: Sequence[Shift],
    choices: Sequence[_Choice],
    goes_home: Mapping[str, int],
    present: Mapping[str, Sequence[str]],
) -> Solution:
    """Return the present order; what a broken vehicle was to serve is in none of its routes."""
    first: dict[str, int] = {}
    for number, choice in enumerate(choices):
        first.setdefault(choice.stop, number)
    routes = []
    for number, shift in enumerate(shifts):
        visits = [first[name] for name in present.get(shift.name, ()) if name in first]
        if shift.name in goes_home:
            visits.append(goes_home[shift.name])
        if visits:
            routes.append(Route(data, visits, number))
    return Solution(data, routes)
