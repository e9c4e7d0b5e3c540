"""The planner's question: which vehicle serves which stop on which day of a season.

Everything is named, nothing is known by its position. Times of day are seconds after local
midnight; lengths of time are seconds, ways are metres, costs are metres' worth of driving (a cost
of 1,000 is as bad as one kilometre). Days are dates of the library's own time zone. Nothing here
knows a solver, a database or a page.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from outreach.routing.rhythms import Rhythm

DAY_S = 24 * 3600


class BadProblem(ValueError):
    """The question contradicts itself.

    Attributes:
        code: what is wrong, as a word that never changes.
        name: the stop, shift or place it is about.
    """

    def __init__(self, code: str, name: str) -> None:
        super().__init__(f"{code}: {name}")
        self.code = code
        self.name = name


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Hours of a day in which a stop may be served: the whole service lies inside.

    Attributes:
        opens_s: seconds after midnight.
        closes_s: seconds after midnight, after ``opens_s``.
    """

    opens_s: int
    closes_s: int


ALL_DAY = (Window(0, DAY_S),)


@dataclass(frozen=True, slots=True)
class Stop:
    """A venue that was promised visits in this season.

    Attributes:
        name: unique among the stops.
        place: its name in the travel matrices.
        rhythm: on which days it is to be visited.
        service_s: how long a visit lasts, above 0 (0 in benchmarks).
        windows: the hours of each day on which it may be visited; a day that is missing is closed.
        closed: why, for days that are closed: a code and its facts, only to be told.
        barred: vehicles that cannot get there, by name, and why: a code, only to be told.
        items: what a visit takes from the vehicle's capacity.
        left_out_cost: what leaving one visit out costs; ``None`` where every visit must be made.
        weight: how much it counts for fairness; 1 is usual, more for longest unserved and priority
            communes.
        commune: a name to group by in reports; empty if unknown.
    """

    name: str
    place: str
    rhythm: Rhythm
    service_s: int
    windows: Mapping[date, tuple[Window, ...]]
    closed: Mapping[date, str] = field(default_factory=dict)
    barred: Mapping[str, str] = field(default_factory=dict)
    items: int = 0
    left_out_cost: float | None = None
    weight: float = 1.0
    commune: str = ""


@dataclass(frozen=True, slots=True)
class Shift:
    """A day on which a vehicle with a crew may go out once.

    Attributes:
        name: unique among the shifts.
        vehicle: its name.
        crew: name of the crew that goes with it; empty in benchmarks.
        on: the day.
        starts_s: the earliest departure.
        ends_s: the latest return; it may lie after midnight.
        start: place it leaves from, unless it slept elsewhere.
        end: place it returns to, unless it sleeps elsewhere.
        profile: name of the travel matrix that holds for it.
        longest_s: longest time from departure to return; ``None`` for no limit but the hours.
        capacity: items it carries; ``None`` for no limit.
        out_cost: what it costs to go out at all.
        sleeps_at: places where the vehicle may stay after this day instead of returning, if its
            next shift is on the following day and with the same crew.
        night_cost: what such a night costs.
    """

    name: str
    vehicle: str
    crew: str
    on: date
    starts_s: int
    ends_s: int
    start: str
    end: str
    profile: str
    longest_s: int | None = None
    capacity: int | None = None
    out_cost: float = 0.0
    sleeps_at: tuple[str, ...] = ()
    night_cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Lunch:
    """The crew's break at midday.

    Attributes:
        lasts_s: how long at least.
        since_s: the earliest it may begin.
        until_s: the latest it may end.
        due_since_s: who is out at this time and
        due_until_s: still at this one, must have it.
        in_turns_s: at a visit of this length the crew eats in turns.
    """

    lasts_s: int = 25 * 60
    since_s: int = 10 * 3600 + 1800
    until_s: int = 14 * 3600
    due_since_s: int = 11 * 3600
    due_until_s: int = 13 * 3600 + 1800
    in_turns_s: int = 3 * 3600


@dataclass(frozen=True, slots=True)
class Limits:
    """What the law and the library ask of every route.

    Law on road traffic order and safety 2024, article 64: at most 4 hours of driving without a
    break, 10 hours a day and 48 hours a week (Monday to Sunday).

    Attributes:
        leg_buffer_s: to spare on every way that is not of no length.
        unbroken_s, day_s, week_s: longest driving; ``None`` for no limit.
        break_s: standing still for so long is a break from driving; serving is one too.
        lunch: ``None`` where nobody eats (benchmarks).
        nights: how many nights in a row a vehicle may stay away.
    """

    leg_buffer_s: int = 600
    unbroken_s: int | None = 4 * 3600
    day_s: int | None = 10 * 3600
    week_s: int | None = 48 * 3600
    break_s: int = 15 * 60
    lunch: Lunch | None = field(default_factory=Lunch)
    nights: int = 2


NO_LIMITS = Limits(leg_buffer_s=0, unbroken_s=None, day_s=None, week_s=None, lunch=None)


@dataclass(frozen=True, slots=True)
class Weights:
    """What the plan is to be good at, in metres' worth of driving.

    Attributes:
        metre: cost of a metre.
        driving_second: cost of a second on the road.
        duty_second: cost of a second between departure and return.
        spread: cost of an hour by which a vehicle's week is above its mean week, for each hour it
            already is: balances weeks and crews.
        change: cost of a visit of the running plan that changes its day; half of it for another
            vehicle, a quarter for moving by more than half an hour.
        off_rhythm_day: cost of each day a visit lies beside its rhythm.
        other_vehicle: cost of each visit of a stop by a vehicle other than its usual one.
        waiting_day: cost of each day a stop waits for its first visit, times its weight.
    """

    metre: float = 1.0
    driving_second: float = 0.0
    duty_second: float = 0.0
    spread: float = 0.0
    change: float = 0.0
    off_rhythm_day: float = 0.0
    other_vehicle: float = 0.0
    waiting_day: float = 0.0


@dataclass(frozen=True, slots=True)
class Pin:
    """A visit that was promised and stays.

    Attributes:
        stop, on: what was promised, and when.
        vehicle: with which vehicle; ``None`` for any.
        starts_s: at what time; ``None`` for any.
    """

    stop: str
    on: date
    vehicle: str | None = None
    starts_s: int | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """A visit of the plan in force, from which the new one is to differ little."""

    stop: str
    on: date
    vehicle: str
    starts_s: int


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Ways between places, as two n x n arrays in the order of ``places``; not always symmetric.

    Attributes:
        metres: lengths, at least 0.
        seconds: times at least 0; ``inf`` where there is no way.
        estimated: pairs whose figure is an estimate because a road engine could not say.
    """

    places: tuple[str, ...]
    metres: NDArray[np.float64]
    seconds: NDArray[np.float64]
    estimated: frozenset[tuple[str, str]] = frozenset()

    def index(self) -> dict[str, int]:
        """Return the place of each name in the arrays."""
        return {name: number for number, name in enumerate(self.places)}


@dataclass(frozen=True, eq=False)
class Problem:
    """A season to be planned.

    Attributes:
        first_on: its first day.
        days: how many days it has, at least 1.
        stops, shifts: each named once.
        matrices: travel matrices by profile; each knows every place.
        pins: promised visits, at most one for a stop and day.
        running: the plan in force, for ``Weights.change``.
    """

    first_on: date
    days: int
    stops: tuple[Stop, ...]
    shifts: tuple[Shift, ...]
    matrices: Mapping[str, Matrix]
    limits: Limits = field(default_factory=Limits)
    weights: Weights = field(default_factory=Weights)
    pins: tuple[Pin, ...] = ()
    running: tuple[Running, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            BadProblem: for a name used twice or unknown, a day outside the season, a service that
                cannot end, or matrices of another shape.
        """
        _check(self)

    @cached_property
    def dates(self) -> tuple[date, ...]:
        """Every day of the season, in order."""
        return tuple(self.first_on + timedelta(days=number) for number in range(self.days))

    @cached_property
    def stop(self) -> Mapping[str, Stop]:
        """Stops by name."""
        return {stop.name: stop for stop in self.stops}

    @cached_property
    def shift(self) -> Mapping[str, Shift]:
        """Shifts by name."""
        return {shift.name: shift for shift in self.shifts}

    @cached_property
    def shifts_on(self) -> Mapping[date, tuple[Shift, ...]]:
        """Shifts by day; a day without any is missing."""
        found: dict[date, list[Shift]] = {}
        for shift in self.shifts:
            found.setdefault(shift.on, []).append(shift)
        return {on: tuple(shifts) for on, shifts in found.items()}

    @cached_property
    def pins_of(self) -> Mapping[str, tuple[Pin, ...]]:
        """Pins by stop, in order of their days; a stop without any is missing."""
        found: dict[str, list[Pin]] = {}
        for pin in sorted(self.pins, key=lambda pin: pin.on):
            found.setdefault(pin.stop, []).append(pin)
        return {name: tuple(pins) for name, pins in found.items()}

    @cached_property
    def _indices(self) -> Mapping[str, Mapping[str, int]]:
        return {profile: matrix.index() for profile, matrix in self.matrices.items()}

    def way(self, profile: str, here: str, there: str) -> tuple[float, float]:
        """Return metres and seconds of a way, without the buffer."""
        matrix, index = self.matrices[profile], self._indices[profile]
        a, b = index[here], index[there]
        return float(matrix.metres[a, b]), float(matrix.seconds[a, b])


def _check(problem: Problem) -> None:
    """Raise :class:`BadProblem` for the first contradiction."""
    if problem.days < 1:
        raise BadProblem("season_empty", str(problem.days))
    _check_matrices(problem.matrices)
    known = [set(matrix.places) for matrix in problem.matrices.values()]
    everywhere = set.intersection(*known) if known else set()
    _once("stop_twice", [stop.name for stop in problem.stops])
    for stop in problem.stops:
        if stop.place not in everywhere:
            raise BadProblem("place_unknown", stop.place)
        if stop.service_s < 0:
            raise BadProblem("service_negative", stop.name)
    last = problem.first_on + timedelta(days=problem.days - 1)
    _once("shift_twice", [shift.name for shift in problem.shifts])
    for shift in problem.shifts:
        _check_shift(shift, problem.matrices.keys(), everywhere)
        if not problem.first_on <= shift.on <= last:
            raise BadProblem("shift_outside", shift.name)
    _once("pin_twice", [f"{pin.stop} {pin.on}" for pin in problem.pins])
    names = {stop.name for stop in problem.stops}
    for pin in problem.pins:
        if pin.stop not in names:
            raise BadProblem("pin_unknown", pin.stop)
        if not problem.first_on <= pin.on <= last:
            raise BadProblem("pin_outside", pin.stop)


def _check_matrices(matrices: Mapping[str, Matrix]) -> None:
    for profile, matrix in matrices.items():
        _once("place_twice", matrix.places)
        shape = (len(matrix.places), len(matrix.places))
        if matrix.metres.shape != shape or matrix.seconds.shape != shape:
            raise BadProblem("matrix_shape", profile)


def _check_shift(shift: Shift, profiles: Collection[str], places: set[str]) -> None:
    if shift.profile not in profiles:
        raise BadProblem("profile_unknown", shift.name)
    if not {shift.start, shift.end, *shift.sleeps_at} <= places:
        raise BadProblem("place_unknown", shift.name)
    if shift.ends_s <= shift.starts_s:
        raise BadProblem("shift_empty", shift.name)


def _once(code: str, names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise BadProblem(code, name)
        seen.add(name)
