"""Changes of a problem, each small, one of which lets a visit be placed that was left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from outreach.routing.problem import Problem, Shift, Stop, Window
from outreach.routing.rhythms import (
    EveryWeeks,
    LikeBefore,
    NthWeekday,
    OneOf,
    Rhythm,
    TimesInSeason,
)


@dataclass(frozen=True, slots=True)
class LongerShift:
    """A shift that ends later, and may last longer, by so many seconds."""

    shift: str
    seconds: int


@dataclass(frozen=True, slots=True)
class AnotherDay:
    """Visits of a stop may lie so many days farther from their rhythm than now."""

    stop: str
    days: int


@dataclass(frozen=True, slots=True)
class OtherWindow:
    """A stop may be visited in these hours of a day too."""

    stop: str
    on: date
    window: Window


@dataclass(frozen=True, slots=True)
class OtherVehicle:
    """A vehicle that is barred from a stop may go there after all."""

    stop: str
    vehicle: str


@dataclass(frozen=True, slots=True)
class ShorterService:
    """All visits of a stop are shorter by so many seconds."""

    stop: str
    seconds: int


@dataclass(frozen=True, slots=True)
class ExtraShift:
    """A vehicle goes out on a day on which it has no shift.

    Attributes:
        vehicle, on: which, and when.
        crew: who goes with it: somebody who is not out on that day; empty where there is nobody.
    """

    vehicle: str
    on: date
    crew: str = ""


@dataclass(frozen=True, slots=True)
class LongerCycle:
    """A stop is visited every so many weeks only; all its visits that are not pinned may move."""

    stop: str
    weeks: int


Change = (
    LongerShift
    | AnotherDay
    | OtherWindow
    | OtherVehicle
    | ShorterService
    | ExtraShift
    | LongerCycle
)


def apply(problem: Problem, change: Change) -> Problem:
    """Return the changed problem.

    Raises:
        ValueError: if it cannot be changed so: another kind of rhythm, or a tolerance in which two
            visits would meet.
        KeyError: for a shift or stop that is not known, or a vehicle that has no shift at all.
    """
    match change:
        case LongerShift(name, seconds):
            return _with_shift(problem, _longer(problem.shift[name], seconds))
        case ExtraShift():
            shift = extra_shift(problem, change)
            return replace(problem, shifts=(*problem.shifts, shift))
        case AnotherDay(name, days):
            stop = problem.stop[name]
            tolerance = stop.rhythm.tolerance_days + days
            return _with_stop(problem, name, rhythm=tolerant(stop.rhythm, tolerance))
        case OtherWindow(name, on, window):
            windows = dict(problem.stop[name].windows)
            windows[on] = tuple(sorted({*windows.get(on, ()), window}))
            return _with_stop(problem, name, windows=windows)
        case OtherVehicle(name, vehicle):
            barred = dict(problem.stop[name].barred)
            barred.pop(vehicle, None)
            return _with_stop(problem, name, barred=barred)
        case ShorterService(name, seconds):
            service_s = problem.stop[name].service_s - seconds
            return _with_stop(problem, name, service_s=service_s)
        case LongerCycle(name, weeks):
            return _with_stop(problem, name, rhythm=slower(problem.stop[name].rhythm, weeks))


def _longer(shift: Shift, seconds: int) -> Shift:
    longest_s = None if shift.longest_s is None else shift.longest_s + seconds
    return replace(shift, ends_s=shift.ends_s + seconds, longest_s=longest_s)


def tolerant(rhythm: Rhythm, tolerance_days: int) -> Rhythm:
    """Return a rhythm with another tolerance.

    Raises:
        ValueError: if two visits would meet, or the rhythm is of an unknown kind.
    """
    if isinstance(rhythm, LikeBefore):
        return replace(rhythm, rhythm=tolerant(rhythm.rhythm, tolerance_days))
    if isinstance(rhythm, EveryWeeks | NthWeekday | TimesInSeason | OneOf):
        return replace(rhythm, tolerance_days=tolerance_days)
    raise ValueError("This rhythm has no tolerance to change.")


def slower(rhythm: Rhythm, weeks: int) -> Rhythm:
    """Return a rhythm with a longer cycle.

    Raises:
        ValueError: if the rhythm has no cycle, or a shorter one is asked for.
    """
    if isinstance(rhythm, LikeBefore):
        return slower(rhythm.rhythm, weeks)
    if isinstance(rhythm, EveryWeeks) and weeks > rhythm.weeks:
        # Until when the first visit is due was said for the shorter cycle.
        until = rhythm.first_until
        if until is not None:
            until += timedelta(weeks=weeks - rhythm.weeks)
        return replace(rhythm, weeks=weeks, first_until=until)
    raise ValueError("This rhythm has no cycle to make longer.")


def extra_shift(problem: Problem, change: ExtraShift) -> Shift:
    """Return the new shift: hours and places of the vehicle's nearest one, on the same weekday."""
    own = [shift for shift in problem.shifts if shift.vehicle == change.vehicle]
    if not own:
        raise KeyError(change.vehicle)
    template = min(own, key=lambda shift: _distance(shift, change.on))
    name, number = f"{change.vehicle} {change.on.isoformat()}", 1
    while name in problem.shift:
        number += 1
        name = f"{change.vehicle} {change.on.isoformat()} {number}"
    return replace(template, name=name, on=change.on, crew=change.crew, sleeps_at=())


def _distance(shift: Shift, on: date) -> tuple[int, int, date, str]:
    days = abs((shift.on - on).days)
    return int(shift.on.weekday() != on.weekday()), days, shift.on, shift.name


def _with_shift(problem: Problem, shift: Shift) -> Problem:
    shifts = tuple(shift if one.name == shift.name else one for one in problem.shifts)
    return replace(problem, shifts=shifts)


def _with_stop(problem: Problem, name: str, **values: object) -> Problem:
    made: Callable[..., Stop] = replace
    stops = tuple(made(one, **values) if one.name == name else one for one in problem.stops)
    return replace(problem, stops=stops)
