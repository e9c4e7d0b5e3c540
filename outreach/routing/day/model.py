"""What is left of a day, and what becomes of it. Units as in :mod:`outreach.routing.problem`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from outreach.routing.plan import LeftOut, Plan, Route
from outreach.routing.problem import BadProblem, Problem, Running, Shift, Stop

LEFT_OUT_M = 100_000.0
"""So much driving is worth it to serve a stop of which nobody says what leaving it out costs."""
BOOKED_TIMES = 10.0
"""A booked stop weighs as much as so many others: more than could be served instead of it."""


class Why(StrEnum):
    """Why a stop is left out of what remains of the day."""

    NO_VEHICLE = "no_vehicle"
    """No vehicle is left that may go there."""
    NO_WAY = "no_way"
    """No vehicle can get there: the road is closed."""
    TOO_LATE = "too_late"
    """Its hours are over before a vehicle could be there, or end too soon for the visit."""
    RETURN = "return"
    """A vehicle could serve it, but would not be back in time."""
    FULL = "full"
    """Alone it would fit, but not beside the other stops."""


@dataclass(frozen=True, slots=True)
class Van:
    """A vehicle in the middle of its day.

    Attributes:
        shift: the name of its shift in the problem.
        at: the place where it is.
        since_s: from when it may leave there.
        has_left: whether it is away from its base: it must come back even with nothing to do.
        is_broken: it takes no more stops.
        out_since_s: when it left its base, for the shift's longest time; ``None`` if it has not.
        departs_s: when it was to leave, if it has not left; kept where that is early enough.
        needs_lunch: whether its crew has not eaten yet.
        driven_s: what it has driven already that day.
        unbroken_s: of that, since the last break.
    """

    shift: str
    at: str
    since_s: int
    has_left: bool = False
    is_broken: bool = False
    out_since_s: int | None = None
    departs_s: int | None = None
    needs_lunch: bool = True
    driven_s: int = 0
    unbroken_s: int = 0


@dataclass(frozen=True, eq=False)
class Day:
    """A day under way.

    Attributes:
        problem: of one day, as it was planned; its ``running`` are the visits that were planned,
            and its matrices know of closed roads (``inf``).
        vans: one for each shift.
        done: stops that have been served, or are being served.
        booked: stops that were promised to somebody by name: left out last.
        grid_s: new times begin at full steps of this, where that is possible.
    """

    problem: Problem
    vans: tuple[Van, ...]
    done: frozenset[str] = frozenset()
    booked: frozenset[str] = frozenset()
    grid_s: int = 300

    def __post_init__(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            BadProblem: if it is not one day, or a van, stop or place is unknown.
        """
        if self.problem.days != 1:
            raise BadProblem("not_one_day", str(self.problem.days))
        if sorted(van.shift for van in self.vans) != sorted(self.problem.shift):
            raise BadProblem("vans_differ", "")
        for name in self.done | self.booked:
            if name not in self.problem.stop:
                raise BadProblem("stop_unknown", name)
        for van in self.vans:
            if van.at not in self.problem.matrices[self.problem.shift[van.shift].profile].places:
                raise BadProblem("place_unknown", van.at)

    @cached_property
    def running(self) -> Mapping[str, Running]:
        """What was planned, by stop."""
        return {one.stop: one for one in self.problem.running}


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to search.

    Attributes:
        iterations: the same number gives the same answer.
        seconds: the search ends then in any case.
        seed: of the random choices.
    """

    iterations: int = 1500
    seconds: float = 0.7
    seed: int = 1


@dataclass(frozen=True, slots=True)
class LeftOutToday:
    """A stop that no vehicle can serve any more, and why."""

    stop: str
    why: Why


@dataclass(frozen=True, slots=True)
class DayPlan:
    """The rest of a day, put in order.

    Attributes:
        routes: of the vehicles that still serve something: ``start`` is where a vehicle is,
            ``departs_s`` when it leaves there.
        homeward: by shift, when a vehicle that serves nothing more is back.
        left_out: booked ones last.
        iterations: how many steps the search took.
    """

    routes: tuple[Route, ...]
    homeward: Mapping[str, int]
    left_out: tuple[LeftOutToday, ...]
    iterations: int = 0

    def plan(self, day: Day) -> Plan:
        """Return it as the plan of :func:`rest_of` the day."""
        on = day.problem.first_on
        return Plan(self.routes, tuple(LeftOut(one.stop, on) for one in self.left_out))


def rest_of(day: Day) -> Problem:
    """Return what is left of a day as a problem of its own: only of what is still to be done.

    Every stop may be left out of it; vehicles start where they are.
    """
    vans = {van.shift: van for van in day.vans}
    stops = tuple(_weighed(stop, day) for stop in day.problem.stops if stop.name not in day.done)
    left = {stop.name for stop in stops}
    shifts = tuple(
        _from_here(shift, vans[shift.name])
        for shift in day.problem.shifts
        if not vans[shift.name].is_broken and vans[shift.name].since_s < shift.ends_s
    )
    return replace(
        day.problem,
        stops=stops,
        shifts=shifts,
        pins=(),
        running=tuple(one for one in day.problem.running if one.stop in left),
    )


def _weighed(stop: Stop, day: Day) -> Stop:
    cost = stop.left_out_cost if stop.left_out_cost is not None else LEFT_OUT_M
    if stop.name in day.booked:
        cost *= BOOKED_TIMES
    return replace(stop, left_out_cost=cost)


def _from_here(shift: Shift, van: Van) -> Shift:
    longest_s = shift.longest_s
    if longest_s is not None and van.out_since_s is not None:
        longest_s -= van.since_s - van.out_since_s
    return replace(shift, start=van.at, starts_s=van.since_s, longest_s=longest_s)
