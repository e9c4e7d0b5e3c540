"""The judge of plans: whether one from any source keeps every rule.

It knows no solver and times nothing itself: it reads the times of a plan and says what they break.
What it lets pass also passes the rules that trips are checked with when they are published
(``outreach.scheduling.domain``): the buffer on each way, lunch, the limits of driving.

Ways may be fractions of a second and plans are whole seconds, so a route may be late by
:data:`TOLERANCE_S` against the exact ways, all its ways together; time to spare makes up for it.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from outreach.routing.plan import UNDERWAY, Break, LeftOut, Plan, Route, Visit
from outreach.routing.problem import DAY_S, Lunch, Pin, Problem, Shift, Stop

TOLERANCE_S = 1.0
DAY = timedelta(days=1)
Fact = int | float | str | date | None


class Code(StrEnum):
    """A rule that a plan may break."""

    UNKNOWN_SHIFT = "unknown_shift"
    UNKNOWN_STOP = "unknown_stop"
    UNKNOWN_PLACE = "unknown_place"
    SHIFT_TWICE = "shift_twice"
    ROUTE_EMPTY = "route_empty"
    REVERSED = "reversed"
    OUTSIDE_SHIFT = "outside_shift"
    TOO_LONG = "too_long"
    WRONG_START = "wrong_start"
    WRONG_END = "wrong_end"
    NIGHT_WITHOUT_MORNING = "night_without_morning"
    TOO_MANY_NIGHTS = "too_many_nights"
    AT_ONCE = "at_once"
    CAPACITY = "capacity"
    WRONG_SERVICE = "wrong_service"
    CLOSED = "closed"
    OUTSIDE_WINDOW = "outside_window"
    BARRED = "barred"
    TWICE_A_DAY = "twice_a_day"
    NO_WAY = "no_way"
    TOO_LITTLE_TIME = "too_little_time"
    BREAK_CLASHES = "break_clashes"
    BREAK_ELSEWHERE = "break_elsewhere"
    LUNCH_MISSING = "lunch_missing"
    DRIVING_UNBROKEN = "driving_unbroken"
    DRIVING_DAY = "driving_day"
    DRIVING_WEEK = "driving_week"
    RHYTHM = "rhythm"
    BESIDE_RHYTHM = "beside_rhythm"
    OCCURRENCE_TWICE = "occurrence_twice"
    PIN_MISSING = "pin_missing"
    PIN_VEHICLE = "pin_vehicle"
    PIN_TIME = "pin_time"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a plan breaks.

    Attributes:
        code: which.
        names: the shift, stops, vehicle, crew or places it is about, the widest first.
        facts: plain values by name: ``_s`` are seconds, ``on`` is a day.
    """

    code: Code
    names: tuple[str, ...]
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Leg:
    """A way of a route with what stands around it, and the breaks taken on it."""

    here: str
    there: str
    since_s: int
    until_s: int
    drive_s: float
    lead_s: float
    before: tuple[Break, ...]
    underway: tuple[Break, ...]
    after: tuple[Break, ...]

    @property
    def leaves_s(self) -> int:
        return self.before[-1].ends_s if self.before else self.since_s

    @property
    def arrives_s(self) -> float:
        return self.leaves_s + self.drive_s + self.rests_s

    @property
    def rests_s(self) -> int:
        return sum(pause.ends_s - pause.starts_s for pause in self.underway)


def violations(problem: Problem, plan: Plan) -> list[Violation]:
    """Return every rule that a plan breaks; none if it is legal.

    What names nothing known is told and left out of the other checks.
    """
    found = list(_unknown(problem, plan))
    routes = [route for route in plan.routes if _is_known(problem, route)]
    ways = {id(route): _legs(problem, route) for route in routes}
    found += _shifts_once(routes)
    for route in routes:
        found += _of_route(problem, route, ways[id(route)])
    found += _nights(problem, routes)
    found += _lunches(problem, routes, ways)
    found += _driving(problem, routes, ways)
    found += _at_once(problem, routes)
    left_out = [one for one in plan.left_out if one.stop in problem.stop]
    found += _stops(problem, routes, left_out)
    found += _pins(problem, routes)
    return found


def _unknown(problem: Problem, plan: Plan) -> Iterator[Violation]:
    for route in plan.routes:
        shift = problem.shift.get(route.shift)
        if shift is None:
            yield Violation(Code.UNKNOWN_SHIFT, (route.shift,))
        for visit in route.visits:
            if visit.stop not in problem.stop:
                yield Violation(Code.UNKNOWN_STOP, (visit.stop,))
        for place in {route.start, route.end}:
            if shift is not None and place not in problem.matrices[shift.profile].places:
                yield Violation(Code.UNKNOWN_PLACE, (place,))
    for left_out in plan.left_out:
        if left_out.stop not in problem.stop:
            yield Violation(Code.UNKNOWN_STOP, (left_out.stop,))


def _is_known(problem: Problem, route: Route) -> bool:
    shift = problem.shift.get(route.shift)
    return (
        shift is not None
        and {route.start, route.end} <= set(problem.matrices[shift.profile].places)
        and all(visit.stop in problem.stop for visit in route.visits)
    )


def _shifts_once(routes: Sequence[Route]) -> Iterator[Violation]:
    for name, times in Counter(route.shift for route in routes).items():
        if times > 1:
            yield Violation(Code.SHIFT_TWICE, (name,), {"times": times})


def _of_route(problem: Problem, route: Route, legs: Sequence[_Leg]) -> Iterator[Violation]:
    """Yield what is wrong with one route by itself."""
    shift = problem.shift[route.shift]
    if not route.visits and (route.start, route.end) == (shift.start, shift.end):
        yield Violation(Code.ROUTE_EMPTY, (shift.name,))
    if route.returns_s < route.departs_s:
        yield Violation(Code.REVERSED, (shift.name,))
    if route.departs_s < shift.starts_s or route.returns_s > shift.ends_s:
        early_s = max(0, shift.starts_s - route.departs_s)
        facts = {"early_s": early_s, "late_s": max(0, route.returns_s - shift.ends_s)}
        yield Violation(Code.OUTSIDE_SHIFT, (shift.name,), facts)
    out_s = route.returns_s - route.departs_s
    if shift.longest_s is not None and out_s > shift.longest_s:
        yield Violation(Code.TOO_LONG, (shift.name,), {"over_s": out_s - shift.longest_s})
    items = sum(problem.stop[visit.stop].items for visit in route.visits)
    if shift.capacity is not None and items > shift.capacity:
        yield Violation(Code.CAPACITY, (shift.name,), {"over": items - shift.capacity})
    for visit in route.visits:
        yield from _of_visit(problem.stop[visit.stop], shift, visit)
    yield from _breaks(route, legs)
    yield from _times(shift, legs)


def _of_visit(stop: Stop, shift: Shift, visit: Visit) -> Iterator[Violation]:
    names = (shift.name, stop.name)
    lasts_s = visit.ends_s - visit.starts_s
    if lasts_s != stop.service_s:
        yield Violation(Code.WRONG_SERVICE, names, {"is_s": lasts_s, "wanted_s": stop.service_s})
    windows = stop.windows.get(shift.on, ())
    if not windows:
        reason = stop.closed.get(shift.on, "")
        yield Violation(Code.CLOSED, names, {"on": shift.on, "reason": reason})
    elif not any(w.opens_s <= visit.starts_s and visit.ends_s <= w.closes_s for w in windows):
        facts: dict[str, Fact] = {"on": shift.on, "starts_s": visit.starts_s}
        yield Violation(Code.OUTSIDE_WINDOW, names, facts)
    if shift.vehicle in stop.barred:
        facts = {"vehicle": shift.vehicle, "reason": stop.barred[shift.vehicle]}
        yield Violation(Code.BARRED, names, facts)


def _standing(route: Route, problem: Problem) -> list[tuple[str, int, int]]:
    """Return where a route stands and between which times, from departure to return."""
    visits = [(problem.stop[v.stop].place, v.starts_s, v.ends_s) for v in route.visits]
    return [
        (route.start, route.departs_s, route.departs_s),
        *visits,
        (route.end, route.returns_s, route.returns_s),
    ]


def _legs(problem: Problem, route: Route) -> list[_Leg]:
    """Return the ways of a route, each with the breaks that lie within it.

    A way between two things at the same place is a way too, of no length.
    """
    profile = problem.shift[route.shift].profile
    found = []
    for (here, _from, since_s), (there, until_s, _to) in itertools.pairwise(
        _standing(route, problem)
    ):
        drive_s = problem.way(profile, here, there)[1]
        lead_s = drive_s + problem.limits.leg_buffer_s if drive_s > 0 else 0.0
        within = sorted(
            (b for b in route.breaks if since_s <= b.starts_s and b.ends_s <= until_s),
            key=lambda one: (one.starts_s, one.ends_s),
        )
        count = next((n for n, one in enumerate(within) if one.place != here), len(within))
        before, rest = within[:count], within[count:]
        count = next((n for n, one in enumerate(rest) if one.place != UNDERWAY), len(rest))
        pauses = tuple(before), tuple(rest[:count]), tuple(rest[count:])
        found.append(_Leg(here, there, since_s, until_s, drive_s, lead_s, *pauses))
    return found


def _breaks(route: Route, legs: Sequence[_Leg]) -> Iterator[Violation]:
    """Yield breaks that are no time, lie in a visit or outside the route, or are had elsewhere."""
    ordered = sorted(route.breaks, key=lambda one: (one.starts_s, one.ends_s))
    beside = {p for leg in legs for p in (*leg.before, *leg.underway, *leg.after)}
    elsewhere = {pause for leg in legs for pause in leg.after if pause.place != leg.there}
    for pause in ordered:
        facts: dict[str, Fact] = {"starts_s": pause.starts_s, "ends_s": pause.ends_s}
        if pause not in beside or pause.ends_s <= pause.starts_s:
            yield Violation(Code.BREAK_CLASHES, (route.shift,), facts)
        elif pause in elsewhere:
            yield Violation(Code.BREAK_ELSEWHERE, (route.shift, pause.place), facts)
    for one, other in itertools.pairwise(ordered):
        if other.starts_s < one.ends_s:
            facts = {"starts_s": other.starts_s, "ends_s": one.ends_s}
            yield Violation(Code.BREAK_CLASHES, (route.shift,), facts)


def _times(shift: Shift, legs: Sequence[_Leg]) -> Iterator[Violation]:
    """Yield each way that there is no time for.

    A route's lateness against the exact ways is carried on from one to the next.
    """
    late_s = 0.0
    for leg in legs:
        names = (shift.name, leg.here, leg.there)
        if not math.isfinite(leg.drive_s):
            yield Violation(Code.NO_WAY, names)
            late_s = 0.0
            continue
        paused_s = sum(pause.ends_s - pause.starts_s for pause in (*leg.before, *leg.after))
        left_s = leg.until_s - leg.since_s - paused_s - leg.rests_s
        late_s = max(0.0, late_s + leg.lead_s - left_s)
        first_s = leg.after[0].starts_s if leg.after else leg.until_s
        short_s = max(late_s, leg.drive_s - (first_s - leg.leaves_s - leg.rests_s))
        if short_s > TOLERANCE_S:
            facts = {"short_s": math.ceil(short_s), "left_s": left_s}
            yield Violation(Code.TOO_LITTLE_TIME, names, facts)
            late_s = 0.0


def _nights(problem: Problem, routes: Sequence[Route]) -> Iterator[Violation]:
    """Yield wrong beginnings and ends; a night elsewhere binds the vehicle's next day."""
    of_vehicle: dict[str, list[Route]] = defaultdict(list)
    for route in sorted(routes, key=lambda one: _order(problem, one)):
        of_vehicle[problem.shift[route.shift].vehicle].append(route)
    for own in of_vehicle.values():
        yield from _nights_of(problem, own)


def _nights_of(problem: Problem, routes: Sequence[Route]) -> Iterator[Violation]:
    nights, before = 0, None
    for route in routes:
        shift = problem.shift[route.shift]
        names = (shift.name, route.start)
        # The night before is told of where it begins, if nothing follows it.
        follows = before is not None and _may_follow(problem, before, route)
        if before is not None and not follows:
            yield Violation(Code.NIGHT_WITHOUT_MORNING, (before.shift, before.end))
        expected = before.end if before is not None and follows else shift.start
        if route.start != expected:
            yield Violation(Code.WRONG_START, names, {"expected": expected})
        if route.end == shift.end:
            nights, before = 0, None
            continue
        if route.end not in shift.sleeps_at:
            yield Violation(Code.WRONG_END, (shift.name, route.end), {"expected": shift.end})
            nights, before = 0, None
            continue
        nights, before = (nights if follows else 0) + 1, route
        if nights > problem.limits.nights:
            facts: dict[str, Fact] = {"nights": nights, "most": problem.limits.nights}
            yield Violation(Code.TOO_MANY_NIGHTS, (shift.name, route.end), facts)
    if before is not None:
        yield Violation(Code.NIGHT_WITHOUT_MORNING, (before.shift, before.end))


def _may_follow(problem: Problem, before: Route, after: Route) -> bool:
    """Tell whether a route may begin where the one before has spent the night."""
    one, other = problem.shift[before.shift], problem.shift[after.shift]
    return other.on == one.on + DAY and other.crew == one.crew and _is_next(problem, one, other)


def _is_next(problem: Problem, one: Shift, other: Shift) -> bool:
    """Tell whether no other shift of the vehicle lies between two, whether it goes out or not."""
    return not any(
        (one.on, one.starts_s) < (shift.on, shift.starts_s) < (other.on, other.starts_s)
        for on in {one.on, other.on}
        for shift in problem.shifts_on.get(on, ())
        if shift.vehicle == one.vehicle and shift.name not in (one.name, other.name)
    )


def _order(problem: Problem, route: Route) -> tuple[date, int, str]:
    return problem.shift[route.shift].on, route.departs_s, route.shift


def _lunches(
    problem: Problem, routes: Sequence[Route], ways: Mapping[int, Sequence[_Leg]]
) -> Iterator[Violation]:
    lunch = problem.limits.lunch
    if lunch is None:
        return
    for route in routes:
        shift = problem.shift[route.shift]
        slept, sleeps = route.start != shift.start, route.end != shift.end
        is_out = slept or route.departs_s <= lunch.due_since_s
        if not is_out or not (sleeps or route.returns_s >= lunch.due_until_s):
            continue
        spans = list(_rests(route, ways[id(route)], lunch))
        if slept:
            spans.append((0, route.departs_s))
        if sleeps:
            spans.append((route.returns_s, DAY_S))
        best_s = max(
            (min(end, lunch.until_s) - max(start, lunch.since_s) for start, end in _joined(spans)),
            default=0,
        )
        if best_s < lunch.lasts_s:
            facts: dict[str, Fact] = {"on": shift.on, "longest_s": math.floor(max(0, best_s))}
            yield Violation(Code.LUNCH_MISSING, (shift.name,), facts)


def _joined(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return spans of time, those that touch made one."""
    found: list[tuple[float, float]] = []
    for start, end in sorted(span for span in spans if span[1] > span[0]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _rests(route: Route, legs: Sequence[_Leg], lunch: Lunch) -> Iterator[tuple[float, float]]:
    """Yield the times in which a crew can eat: breaks, long visits, and what is left of a way.

    What is left lies before the drive, which with its buffer begins as late as it may.
    """
    for pause in route.breaks:
        yield pause.starts_s, pause.ends_s
    for visit in route.visits:
        if visit.ends_s - visit.starts_s >= lunch.in_turns_s:
            yield visit.starts_s, visit.ends_s
    for leg in legs:
        first_s = leg.after[0].starts_s if leg.after else leg.until_s
        yield leg.leaves_s, first_s - leg.lead_s


def _driving(
    problem: Problem, routes: Sequence[Route], ways: Mapping[int, Sequence[_Leg]]
) -> Iterator[Violation]:
    limits = problem.limits
    by_day: dict[tuple[str, str, date], float] = defaultdict(float)
    for route in routes:
        shift, legs = problem.shift[route.shift], ways[id(route)]
        yield from _unbroken(problem, shift, legs)
        driven_s = sum(leg.drive_s for leg in legs if math.isfinite(leg.drive_s))
        by_day["vehicle", shift.vehicle, shift.on] += driven_s
        if shift.crew:
            by_day["crew", shift.crew, shift.on] += driven_s
    by_week: dict[tuple[str, str, date], float] = defaultdict(float)
    for (kind, name, on), driven_s in by_day.items():
        by_week[kind, name, on - timedelta(days=on.weekday())] += driven_s
    for code, sums, most_s in (
        (Code.DRIVING_DAY, by_day, limits.day_s),
        (Code.DRIVING_WEEK, by_week, limits.week_s),
    ):
        for (kind, name, on), driven_s in sums.items():
            if most_s is not None and driven_s > most_s + TOLERANCE_S:
                facts: dict[str, Fact] = {"of": kind, "on": on, "driven_s": round(driven_s)}
                yield Violation(code, (name,), facts)


def _unbroken(problem: Problem, shift: Shift, legs: Sequence[_Leg]) -> Iterator[Violation]:
    """Yield each stretch of driving that is too long; one drives as soon as one may."""
    limits = problem.limits
    if limits.unbroken_s is None:
        return
    driven_s, arrived_s, is_told = 0.0, -math.inf, False
    for leg in legs:
        if not math.isfinite(leg.drive_s):
            continue
        if leg.leaves_s - arrived_s >= limits.break_s:
            driven_s, is_told = 0.0, False
        longest_s, driven_s = _driven(leg, driven_s, limits.break_s)
        if leg.drive_s > 0 or driven_s == 0:
            arrived_s = leg.arrives_s
        if longest_s > limits.unbroken_s + TOLERANCE_S and not is_told:
            is_told = True
            facts: dict[str, Fact] = {"on": shift.on, "driven_s": round(longest_s)}
            yield Violation(Code.DRIVING_UNBROKEN, (shift.name, leg.there), facts)


def _driven(leg: _Leg, driven_s: float, break_s: int) -> tuple[float, float]:
    """Return the longest driving without a break up to the end of a way, and that at its end."""
    longest_s, left_s, now_s = driven_s, leg.drive_s, leg.leaves_s
    for pause in leg.underway:
        part_s = min(left_s, max(0, pause.starts_s - now_s))
        driven_s, left_s, now_s = driven_s + part_s, left_s - part_s, pause.ends_s
        longest_s = max(longest_s, driven_s)
        if pause.ends_s - pause.starts_s >= break_s:
            driven_s = 0.0
    return max(longest_s, driven_s + left_s), driven_s + left_s


def _at_once(problem: Problem, routes: Sequence[Route]) -> Iterator[Violation]:
    """Yield routes of one vehicle or one crew that overlap in time."""
    out: dict[tuple[str, str], list[tuple[int, int, str]]] = defaultdict(list)
    for route in routes:
        shift = problem.shift[route.shift]
        midnight_s = (shift.on - problem.first_on).days * DAY_S
        span = (midnight_s + route.departs_s, midnight_s + route.returns_s, shift.name)
        out["vehicle", shift.vehicle].append(span)
        if shift.crew:
            out["crew", shift.crew].append(span)
    for (kind, name), spans in out.items():
        last: tuple[int, int, str] | None = None
        for span in sorted(spans):
            if last is not None and span[0] < last[1] and span[2] != last[2]:
                yield Violation(Code.AT_ONCE, (name, last[2], span[2]), {"of": kind})
            last = span if last is None or span[1] > last[1] else last


def _stops(
    problem: Problem, routes: Sequence[Route], left_out: Sequence[LeftOut]
) -> Iterator[Violation]:
    """Yield what the visits of each stop, taken together, break."""
    visits: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for route in routes:
        for visit in route.visits:
            visits[visit.stop].append((problem.shift[route.shift].on, visit.occurrence_on))
    missed: dict[str, list[date]] = defaultdict(list)
    for one in left_out:
        missed[one.stop].append(one.occurrence_on)
    for stop in problem.stops:
        yield from _of_stop(problem, stop, visits[stop.name], missed[stop.name])


def _of_stop(
    problem: Problem, stop: Stop, visits: Sequence[tuple[date, date]], missed: Sequence[date]
) -> Iterator[Violation]:
    if stop.left_out_cost is None:
        for on in missed:
            yield Violation(Code.LEFT_OUT, (stop.name,), {"on": on})
    for on, times in Counter(on for on, _occurrence in visits).items():
        if times > 1:
            yield Violation(Code.TWICE_A_DAY, (stop.name,), {"on": on, "times": times})
    pinned = {pin.on for pin in problem.pins_of.get(stop.name, ())}
    free = [(on, occurrence_on) for on, occurrence_on in visits if on not in pinned]
    for on, occurrence_on in free:
        days = abs((on - occurrence_on).days)
        if days > stop.rhythm.tolerance_days:
            facts: dict[str, Fact] = {"on": on, "occurrence_on": occurrence_on, "days": days}
            yield Violation(Code.BESIDE_RHYTHM, (stop.name,), facts)
    taken = Counter([*(occurrence_on for _on, occurrence_on in free), *missed])
    for on, times in taken.items():
        if times > 1:
            yield Violation(Code.OCCURRENCE_TWICE, (stop.name,), {"on": on, "times": times})
    occurrences = {*(occurrence_on for _on, occurrence_on in visits), *missed}
    if not _holds(problem, stop, occurrences, has_free=bool(taken)):
        yield Violation(Code.RHYTHM, (stop.name,), {"visits": len(visits), "left_out": len(missed)})


def _holds(problem: Problem, stop: Stop, occurrences: set[date], *, has_free: bool) -> bool:
    """Tell whether the occurrences are a pattern; who was promised none has only pinned visits."""
    if stop.rhythm.holds(occurrences, problem.first_on, problem.days):
        return True
    return not has_free and not stop.rhythm.patterns(problem.first_on, problem.days)


def _pins(problem: Problem, routes: Sequence[Route]) -> Iterator[Violation]:
    planned = {
        (visit.stop, problem.shift[route.shift].on): (problem.shift[route.shift].vehicle, visit)
        for route in routes
        for visit in route.visits
    }
    for pin in problem.pins:
        yield from _of_pin(pin, planned.get((pin.stop, pin.on)))


def _of_pin(pin: Pin, planned: tuple[str, Visit] | None) -> Iterator[Violation]:
    facts: dict[str, Fact] = {"on": pin.on}
    if planned is None:
        yield Violation(Code.PIN_MISSING, (pin.stop,), facts)
        return
    vehicle, visit = planned
    if pin.vehicle is not None and vehicle != pin.vehicle:
        yield Violation(Code.PIN_VEHICLE, (pin.stop, vehicle), {**facts, "wanted": pin.vehicle})
    if pin.starts_s is not None and visit.starts_s != pin.starts_s:
        seconds = {"starts_s": visit.starts_s, "wanted_s": pin.starts_s}
        yield Violation(Code.PIN_TIME, (pin.stop,), {**facts, **seconds})
