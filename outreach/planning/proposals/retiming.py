"""The times of a day that somebody changed by hand: exact where they can be, else near.

A person decides, so nothing is refused: what no legal times are found for gets times all the same,
and the rules say what they break.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from outreach.routing.placing import timed
from outreach.routing.plan import Break, Route, Visit
from outreach.routing.problem import Pin, Problem, Shift, Stop
from outreach.routing.timing import Reason, Refused

MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class Wanted:
    """A visit of a day to be timed.

    Attributes:
        stop: its name.
        starts_s: when it is to begin; ``None`` for whenever it fits.
    """

    stop: str
    occurrence_on: date
    starts_s: int | None = None


@dataclass(frozen=True, slots=True)
class Timed:
    """A day with its times.

    Attributes:
        is_exact: whether they keep every rule of the day.
    """

    route: Route
    is_exact: bool


def timed_day(
    problem: Problem, shift: Shift, visits: Sequence[Wanted], *, start: str, end: str
) -> Timed:
    """Return the times of visits in their order; at least one visit.

    Args:
        shift: need not be one of the question's.
        start, end: where the vehicle comes from and goes to.
    """
    exact = _exact(problem, shift, visits, start, end)
    if isinstance(exact, Route):
        return Timed(exact, is_exact=True)
    return Timed(_roughly(problem, shift, visits, start, end), is_exact=False)


def best_place(
    problem: Problem,
    shift: Shift,
    visits: Sequence[Wanted],
    one: Wanted,
    *,
    start: str,
    end: str,
) -> list[Wanted]:
    """Return the visits with one more where the day stays shortest, legal if it can be.

    One that is to begin at a certain time comes in its turn.

    Args:
        visits: with the times they have now.
    """
    if one.starts_s is not None:
        place = sum((other.starts_s or 0) <= one.starts_s for other in visits)
        return [*visits[:place], one, *visits[place:]]
    free = [replace(other, starts_s=_pinned_s(problem, shift, other)) for other in visits]
    best: tuple[bool, int, int] | None = None
    for place in range(len(free) + 1):
        tried = timed_day(problem, shift, [*free[:place], one, *free[place:]], start=start, end=end)
        length_s = tried.route.returns_s - tried.route.departs_s
        key = (not tried.is_exact, length_s, place)
        best = key if best is None or key < best else best
    place = best[2] if best is not None else 0
    return [*visits[:place], one, *visits[place:]]


def _pinned_s(problem: Problem, shift: Shift, visit: Wanted) -> int | None:
    pins = problem.pins_of.get(visit.stop, ())
    return next((pin.starts_s for pin in pins if pin.on == shift.on), None)


def _exact(
    problem: Problem, shift: Shift, visits: Sequence[Wanted], start: str, end: str
) -> Route | Refused:
    """Return the shortest legal times; visits that are to begin at a time are pins of this day."""
    here = {visit.stop for visit in visits}
    pins = [pin for pin in problem.pins if not (pin.on == shift.on and pin.stop in here)]
    pins += [
        Pin(visit.stop, shift.on, shift.vehicle, visit.starts_s)
        for visit in visits
        if visit.starts_s is not None
    ]
    if len({(pin.stop, pin.on) for pin in pins}) < len(pins):
        return _refused_twice(visits)
    others = [one for one in problem.shifts if one.name != shift.name]
    asked = replace(problem, pins=tuple(pins), shifts=(*others, shift))
    return timed(
        asked,
        shift,
        [problem.stop[visit.stop] for visit in visits],
        [visit.occurrence_on for visit in visits],
        start=start,
        end=end,
        is_shortest=True,
    )


def _refused_twice(visits: Sequence[Wanted]) -> Refused:
    return Refused(Reason.TWICE, visits[0].stop)


def _roughly(
    problem: Problem, shift: Shift, visits: Sequence[Wanted], start: str, end: str
) -> Route:
    """Return times one after the other: in windows if they fit, lunch where there is room."""
    timing = _Rough(problem, shift, start)
    found = [timing.serve(problem.stop[visit.stop], visit) for visit in visits]
    returns_s = timing.arrive(end)
    first = found[0]
    lead_s = _way_s(problem, shift, start, problem.stop[first.stop].place)
    departs_s = max(0, min(first.starts_s - lead_s, returns_s - MINUTE_S))
    last_s = max(returns_s, departs_s + MINUTE_S, *(visit.ends_s for visit in found))
    return Route(shift.name, start, end, departs_s, last_s, tuple(found), tuple(timing.breaks))


class _Rough:
    """A vehicle on its way through a day, as quickly as the ways allow."""

    def __init__(self, problem: Problem, shift: Shift, start: str) -> None:
        self.problem = problem
        self.shift = shift
        self.here = start
        self.now_s = shift.starts_s
        self.breaks: list[Break] = []

    def arrive(self, place: str) -> int:
        return _whole_minute(self.now_s + _way_s(self.problem, self.shift, self.here, place))

    def serve(self, stop: Stop, visit: Wanted) -> Visit:
        self._eat(stop, visit)
        starts_s = visit.starts_s
        if starts_s is None:
            starts_s = _first_fit(stop, self.shift.on, self.arrive(stop.place))
        ends_s = starts_s + max(stop.service_s, MINUTE_S)
        self.here, self.now_s = stop.place, ends_s
        return Visit(visit.stop, starts_s, ends_s, visit.occurrence_on)

    def _eat(self, stop: Stop, visit: Wanted) -> None:
        """Let the crew eat where it stands, before it goes on, if it is time and there is time."""
        lunch = self.problem.limits.lunch
        if lunch is None or self.breaks or self.here == self.shift.start:
            return
        until_s = self.now_s + lunch.lasts_s
        is_time = lunch.since_s <= self.now_s and until_s <= lunch.until_s
        way_s = _way_s(self.problem, self.shift, self.here, stop.place)
        if is_time and (visit.starts_s is None or until_s + way_s <= visit.starts_s):
            self.breaks.append(Break(self.here, self.now_s, until_s))
            self.now_s = until_s


def _first_fit(stop: Stop, on: date, ready_s: int) -> int:
    """Return when a visit begins: in the first hours it fits, else at once."""
    for window in stop.windows.get(on, ()):
        starts_s = max(ready_s, window.opens_s)
        if starts_s + stop.service_s <= window.closes_s:
            return starts_s
    return ready_s


def _way_s(problem: Problem, shift: Shift, here: str, there: str) -> int:
    """Return the time of a way with the buffer; where there is no way, the buffer."""
    known = problem.matrices[shift.profile].places
    if here not in known or there not in known:
        return problem.limits.leg_buffer_s
    seconds = problem.way(shift.profile, here, there)[1]
    if seconds == 0:
        return 0
    drive_s = math.ceil(seconds) if math.isfinite(seconds) else 0
    return drive_s + problem.limits.leg_buffer_s


def _whole_minute(seconds: int) -> int:
    return -(-seconds // MINUTE_S) * MINUTE_S
