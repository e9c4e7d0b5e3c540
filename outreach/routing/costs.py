"""What a plan costs, in metres' worth of driving: what every solver makes small."""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from outreach.routing.plan import Plan, Route
from outreach.routing.problem import Problem

MOVED_S = 30 * 60
"""A visit that moves by no more than this within its day has not changed."""
HOUR_S = 3600
OTHER_DAY, OTHER_VEHICLE, OTHER_TIME = 1.0, 0.5, 0.25


@dataclass(frozen=True, slots=True)
class Kept:
    """What was promised and what is placed, in visits."""

    promised: int
    placed: int


@dataclass(frozen=True, slots=True)
class Costs:
    """Figures of a plan, as they are, and their weighted sum.

    Attributes:
        metres: way of all routes.
        driving_s: time on the road, without buffers.
        duty_s: time from departure to return, of all routes.
        duty_s_of_crew, duty_s_of_vehicle: the same by name.
        out_days: routes.
        out_cost: ``Shift.out_cost`` of all shifts that go out.
        nights: routes that end where the vehicle sleeps instead of returning.
        night_cost: ``Shift.night_cost`` of these.
        left_out: visits left out.
        left_out_cost: ``Stop.left_out_cost`` of these; infinite if one of them must be made.
        spread: per vehicle and ISO week the hours on duty; the squares of the hours by which weeks
            lie above the vehicle's mean, added up. The mean is that of the vehicle's weeks in which
            it has any shift, whether it goes out or not.
        changed: visits of the running plan that are no longer as they were.
        change: these, weighted: 1 if the stop is not visited on that day, 0.5 if by another vehicle
            only, 0.25 if by the same one but beginning more than half an hour earlier or later.
        off_rhythm_days: days between each visit and its occurrence, added up; pinned ones too.
        other_vehicle: visits of a stop by another vehicle than its usual one: the one it mostly has
            in the running plan; if it has none there, in this plan. Of two equal ones the first by
            name.
        waiting_days: days from the first of the season to the first visit of each stop, times its
            weight; the length of the season for a stop all of whose visits are left out, nothing
            for one that was promised none.
        total: ``metres * metre + driving_s * driving_second + duty_s * duty_second + out_cost
            + night_cost + left_out_cost + spread * Weights.spread + change * Weights.change
            + off_rhythm_days * off_rhythm_day + other_vehicle * Weights.other_vehicle
            + waiting_days * waiting_day``, with the factors of ``problem.weights``.
        by_commune: visits promised (those placed and those left out) and placed.
    """

    metres: float
    driving_s: float
    duty_s: int
    duty_s_of_crew: Mapping[str, int]
    duty_s_of_vehicle: Mapping[str, int]
    out_days: int
    out_cost: float
    nights: int
    night_cost: float
    left_out: int
    left_out_cost: float
    spread: float
    changed: int
    change: float
    off_rhythm_days: int
    other_vehicle: int
    waiting_days: float
    total: float
    by_commune: Mapping[str, Kept]


def cost_of(problem: Problem, plan: Plan) -> Costs:
    """Return what a plan costs; it need not be legal, but must name what the problem knows.

    Raises:
        KeyError: for a shift, stop or place that is not known.
    """
    metres, driving_s = _road(problem, plan)
    shifts = [problem.shift[route.shift] for route in plan.routes]
    of_crew: Counter[str] = Counter()
    of_vehicle: Counter[str] = Counter()
    for route, shift in zip(plan.routes, shifts, strict=True):
        of_crew[shift.crew] += route.returns_s - route.departs_s
        of_vehicle[shift.vehicle] += route.returns_s - route.departs_s
    asleep = [s for r, s in zip(plan.routes, shifts, strict=True) if is_night(problem, r)]
    changes = _changes(problem, plan)
    figures = {
        "out_cost": sum(shift.out_cost for shift in shifts),
        "night_cost": sum(shift.night_cost for shift in asleep),
        "left_out_cost": sum(_omission(problem, one.stop) for one in plan.left_out),
    }
    duty_s = sum(of_vehicle.values())
    spread, change = _spread(problem, plan), sum(changes)
    off_days = sum(
        abs((problem.shift[route.shift].on - visit.occurrence_on).days)
        for route, visit in plan.visits()
    )
    others, waiting = _other_vehicle(problem, plan), _waiting(problem, plan)
    weights = problem.weights
    total = (
        metres * weights.metre
        + driving_s * weights.driving_second
        + duty_s * weights.duty_second
        + sum(figures.values())
        + spread * weights.spread
        + change * weights.change
        + off_days * weights.off_rhythm_day
        + others * weights.other_vehicle
        + waiting * weights.waiting_day
    )
    return Costs(
        metres=metres,
        driving_s=driving_s,
        duty_s=duty_s,
        duty_s_of_crew=dict(of_crew),
        duty_s_of_vehicle=dict(of_vehicle),
        out_days=len(plan.routes),
        nights=len(asleep),
        left_out=len(plan.left_out),
        spread=spread,
        changed=sum(1 for one in changes if one),
        change=change,
        off_rhythm_days=off_days,
        other_vehicle=others,
        waiting_days=waiting,
        total=total,
        by_commune=_communes(problem, plan),
        **figures,
    )


def is_night(problem: Problem, route: Route) -> bool:
    """Tell whether a vehicle stays where a route ends, instead of having returned."""
    return route.end != problem.shift[route.shift].end


def _road(problem: Problem, plan: Plan) -> tuple[float, float]:
    metres = seconds = 0.0
    for route in plan.routes:
        profile = problem.shift[route.shift].profile
        places = [route.start, *(problem.stop[v.stop].place for v in route.visits), route.end]
        for here, there in itertools.pairwise(places):
            way = problem.way(profile, here, there)
            metres, seconds = metres + way[0], seconds + way[1]
    return metres, seconds


def _omission(problem: Problem, stop: str) -> float:
    cost = problem.stop[stop].left_out_cost
    return math.inf if cost is None else cost


def _spread(problem: Problem, plan: Plan) -> float:
    hours: dict[tuple[str, tuple[int, int]], float] = {
        (shift.vehicle, _week(shift.on)): 0.0 for shift in problem.shifts
    }
    for route in plan.routes:
        shift = problem.shift[route.shift]
        hours[shift.vehicle, _week(shift.on)] += (route.returns_s - route.departs_s) / HOUR_S
    weeks: dict[str, list[float]] = defaultdict(list)
    for (vehicle, _number), worked in hours.items():
        weeks[vehicle].append(worked)
    return sum(
        max(0.0, worked - sum(all_weeks) / len(all_weeks)) ** 2
        for all_weeks in weeks.values()
        for worked in all_weeks
    )


def _week(on: date) -> tuple[int, int]:
    year, week, _weekday = on.isocalendar()
    return year, week


def _changes(problem: Problem, plan: Plan) -> list[float]:
    """Return by how much each visit of the running plan has changed, 0 to 1."""
    now = {
        (visit.stop, problem.shift[route.shift].on): (
            problem.shift[route.shift].vehicle,
            visit.starts_s,
        )
        for route, visit in plan.visits()
    }
    found = []
    for running in problem.running:
        vehicle, starts_s = now.get((running.stop, running.on), ("", 0))
        if (running.stop, running.on) not in now:
            found.append(OTHER_DAY)
        elif vehicle != running.vehicle:
            found.append(OTHER_VEHICLE)
        else:
            found.append(OTHER_TIME if abs(starts_s - running.starts_s) > MOVED_S else 0.0)
    return found


def _other_vehicle(problem: Problem, plan: Plan) -> int:
    planned: dict[str, Counter[str]] = defaultdict(Counter)
    for route, visit in plan.visits():
        planned[visit.stop][problem.shift[route.shift].vehicle] += 1
    before: dict[str, Counter[str]] = defaultdict(Counter)
    for running in problem.running:
        before[running.stop][running.vehicle] += 1
    total = 0
    for stop, counts in planned.items():
        known = before.get(stop) or counts
        usual = min(known, key=lambda vehicle: (-known[vehicle], vehicle))
        total += sum(counts.values()) - counts[usual]
    return total


def _waiting(problem: Problem, plan: Plan) -> float:
    first: dict[str, int] = {one.stop: problem.days for one in plan.left_out}
    for route, visit in plan.visits():
        days = (problem.shift[route.shift].on - problem.first_on).days
        first[visit.stop] = min(days, first.get(visit.stop, problem.days))
    return sum(days * problem.stop[stop].weight for stop, days in first.items())


def _communes(problem: Problem, plan: Plan) -> dict[str, Kept]:
    placed = Counter(problem.stop[visit.stop].commune for _route, visit in plan.visits())
    missed = Counter(problem.stop[one.stop].commune for one in plan.left_out)
    names = sorted({stop.commune for stop in problem.stops})
    return {name: Kept(placed[name] + missed[name], placed[name]) for name in names}
