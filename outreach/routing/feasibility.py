"""What cannot be, seen before anything is solved: told at once, while a season is being set up.

Everything here is a proof, not a guess: what is reported is impossible for every planner. What is
not reported may still turn out to be.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

import numpy as np

from outreach.routing.placing import days_near
from outreach.routing.problem import DAY_S, Pin, Problem, Shift, Stop
from outreach.routing.rhythms import WEEK, Pattern
from outreach.routing.timing import Refused, ShiftDay, ways

Fact = int | float | str | date | None
DAY = timedelta(days=1)


class Cannot(StrEnum):
    """Why something cannot be."""

    HOURS = "hours"
    HOURS_WEEK = "hours_week"
    HOURS_BARRED = "hours_barred"
    HOURS_CLOSED = "hours_closed"
    UNREACHABLE = "unreachable"
    NO_OCCURRENCE = "no_occurrence"
    NO_DAY = "no_day"
    PIN_CLOSED = "pin_closed"
    PIN_NO_SHIFT = "pin_no_shift"
    PIN_BARRED = "pin_barred"
    PIN_OUTSIDE = "pin_outside"
    PINS_CLASH = "pins_clash"
    SHIFTS_CLASH = "shifts_clash"


@dataclass(frozen=True, slots=True)
class Impossible:
    """Something that no plan can do.

    Attributes:
        code: why.
        names: the stops, shifts or vehicles it is about.
        facts: plain values by name: ``_s`` are seconds, ``on`` is a day; ``visits`` are left out at
            the least.
        is_whole: whether no plan is legal at all; else visits are left out, or shifts not used.
    """

    code: Cannot
    names: tuple[str, ...]
    facts: Mapping[str, Fact] = field(default_factory=dict)
    is_whole: bool = False


def impossible(problem: Problem) -> list[Impossible]:
    """Return all that can be seen to be impossible without solving, the worst first."""
    patterns = {
        stop.name: stop.rhythm.patterns(problem.first_on, problem.days) for stop in problem.stops
    }
    unreachable = list(_unreachable(problem))
    gone = {name for one in unreachable for name in one.names}
    found = [*unreachable, *_pins(problem), *_shifts(problem)]
    found += _days(problem, patterns, gone)
    found += _hours(problem, patterns)
    return sorted(found, key=lambda one: not one.is_whole)


def _unreachable(problem: Problem) -> Iterator[Impossible]:
    """Yield stops that every vehicle is barred from or has no way to or from."""
    vehicles = {shift.vehicle: shift.profile for shift in problem.shifts}
    if not vehicles:
        return
    for stop in problem.stops:
        allowed = {shift.profile for shift in problem.shifts if shift.vehicle not in stop.barred}
        is_whole = stop.left_out_cost is None
        if not allowed:
            facts: dict[str, Fact] = {"vehicles": len(vehicles), "reason": "barred"}
            yield Impossible(Cannot.UNREACHABLE, (stop.name,), facts, is_whole)
        elif not any(_has_way(problem, profile, stop.place) for profile in allowed):
            facts = {"vehicles": len(vehicles), "reason": "no_way"}
            yield Impossible(Cannot.UNREACHABLE, (stop.name,), facts, is_whole)


def _has_way(problem: Problem, profile: str, place: str) -> bool:
    """Tell whether a place can be come to and left, or is where some vehicle starts."""
    if any(place in (shift.start, shift.end) for shift in problem.shifts):
        return True
    matrix = problem.matrices[profile]
    here = matrix.index()[place]
    others = np.arange(len(matrix.places)) != here
    inward = np.isfinite(matrix.seconds[others, here]).any()
    return bool(inward and np.isfinite(matrix.seconds[here, others]).any())


def _days(
    problem: Problem, patterns: Mapping[str, Sequence[Pattern]], gone: set[str]
) -> Iterator[Impossible]:
    """Yield promises of which some visits have no day on which anybody could go there alone."""
    previous = _previous(problem)
    for stop in problem.stops:
        if stop.name in gone:
            continue
        is_whole = stop.left_out_cost is None
        choices = patterns[stop.name]
        if not choices:
            yield Impossible(Cannot.NO_OCCURRENCE, (stop.name,))
            continue
        open_days = _Openness(problem, stop, previous)
        pinned = len(problem.pins_of.get(stop.name, ()))
        missing = min(
            (sum(not open_days.near(on) for on in pattern) for pattern in choices), default=0
        )
        if missing > pinned:
            why = open_days.why()
            facts: dict[str, Fact] = {
                "visits": missing - pinned,
                "of": min(map(len, choices)),
                **{f"days_{code}": days for code, days in why.items()},
            }
            yield Impossible(Cannot.NO_DAY, (stop.name,), facts, is_whole)


class _Openness:
    """On which days a stop could be visited by a shift that does nothing else."""

    def __init__(self, problem: Problem, stop: Stop, previous: Mapping[str, Shift]) -> None:
        self.problem, self.stop, self.previous = problem, stop, previous
        self._known: dict[date, str] = {}

    def near(self, occurrence_on: date) -> bool:
        """Tell whether some day within the tolerance of an occurrence will do."""
        days = days_near(self.problem, self.stop, occurrence_on)
        return any(not self.refusal(on) for on in days)

    def refusal(self, on: date) -> str:
        """Return why a day will not do; empty if it will."""
        if on not in self._known:
            self._known[on] = self._asked(on)
        return self._known[on]

    def why(self) -> Counter[str]:
        """Return how many of the days asked for were refused, by reason."""
        return Counter(reason for reason in self._known.values() if reason)

    def _asked(self, on: date) -> str:
        windows = self.stop.windows.get(on, ())
        if not windows:
            return "closed"
        if all(w.closes_s - w.opens_s < self.stop.service_s for w in windows):
            return "window"
        shifts = self.problem.shifts_on.get(on, ())
        if not shifts:
            return "no_shift"
        allowed = [shift for shift in shifts if shift.vehicle not in self.stop.barred]
        if not allowed:
            return "barred"
        reasons = [alone(self.problem, shift, self.stop, self.previous) for shift in allowed]
        return "" if any(not reason for reason in reasons) else reasons[0]


def _previous(problem: Problem) -> dict[str, Shift]:
    """Return the shift after which each shift may begin where the vehicle has slept."""
    found: dict[str, Shift] = {}
    ordered = sorted(problem.shifts, key=lambda one: (one.vehicle, one.on, one.starts_s))
    for one, other in itertools.pairwise(ordered):
        if one.vehicle == other.vehicle and one.crew == other.crew and other.on == one.on + DAY:
            found[other.name] = one
    return found


def alone(problem: Problem, shift: Shift, stop: Stop, previous: Mapping[str, Shift]) -> str:
    """Return why a shift cannot serve one stop and nothing else; empty if it can."""
    before = previous.get(shift.name)
    sleeps = shift.sleeps_at if problem.limits.nights else ()
    slept = before.sleeps_at if before is not None and problem.limits.nights else ()
    if shift.capacity is not None and stop.items > shift.capacity:
        return "capacity"
    pin = next((p for p in problem.pins_of.get(stop.name, ()) if p.on == shift.on), None)
    reason = ""
    for start, end in itertools.product((shift.start, *slept), (shift.end, *sleeps)):
        day = ShiftDay(
            problem, shift, start, end, slept=start != shift.start, sleeps=end != shift.end
        )
        done = day.schedule([day.item(stop, pin)])
        if not isinstance(done, Refused):
            return ""
        reason = reason or done.reason.value
    return reason


def _pins(problem: Problem) -> Iterator[Impossible]:
    """Yield pins that cannot be kept: each by itself, and two of one vehicle at one time."""
    previous = _previous(problem)
    for pin in problem.pins:
        yield from _pin(problem, pin, previous)
    of_vehicle: dict[tuple[str, date], list[Pin]] = defaultdict(list)
    for pin in problem.pins:
        vehicle = _only_vehicle(problem, pin)
        if vehicle is not None and pin.starts_s is not None:
            of_vehicle[vehicle, pin.on].append(pin)
    for (vehicle, on), pins in of_vehicle.items():
        ordered = sorted(pins, key=lambda pin: (pin.starts_s or 0, pin.stop))
        for one, other in itertools.pairwise(ordered):
            short_s = _short_s(problem, one, other, vehicle)
            if short_s > 1:
                names = (one.stop, other.stop, vehicle)
                facts: dict[str, Fact] = {"on": on, "short_s": _whole(short_s)}
                yield Impossible(Cannot.PINS_CLASH, names, facts, True)


def _whole(seconds: float) -> int | None:
    return math.ceil(seconds) if math.isfinite(seconds) else None


def _only_vehicle(problem: Problem, pin: Pin) -> str | None:
    """Return the one vehicle that can keep a pin; ``None`` if there are several, or none."""
    if pin.vehicle is not None:
        return pin.vehicle
    barred = problem.stop[pin.stop].barred
    shifts = problem.shifts_on.get(pin.on, ())
    allowed = {shift.vehicle for shift in shifts if shift.vehicle not in barred}
    return next(iter(allowed)) if len(allowed) == 1 else None


def _short_s(problem: Problem, one: Pin, other: Pin, vehicle: str) -> float:
    """Return how many seconds are missing between two visits at fixed times."""
    assert one.starts_s is not None
    assert other.starts_s is not None
    first, second = problem.stop[one.stop], problem.stop[other.stop]
    left_s = other.starts_s - one.starts_s - first.service_s
    profiles = {s.profile for s in problem.shifts_on.get(one.on, ()) if s.vehicle == vehicle}
    leads = [_shortest_lead_s(problem, p, first.place, second.place) for p in profiles]
    return min(leads, default=0.0) - left_s


def _shortest_lead_s(problem: Problem, profile: str, here: str, there: str) -> float:
    """Return the shortest time between two places, by way of others if that is shorter."""
    matrix = problem.matrices[profile]
    index = matrix.index()
    reached = matrix.seconds[index[here]]
    while True:
        nearer = np.minimum(reached, (reached[:, None] + matrix.seconds).min(axis=0))
        if np.array_equal(nearer, reached):
            break
        reached = nearer
    seconds = float(reached[index[there]])
    return seconds + problem.limits.leg_buffer_s if seconds > 0 else 0.0


def _pin(problem: Problem, pin: Pin, previous: Mapping[str, Shift]) -> Iterator[Impossible]:
    stop = problem.stop[pin.stop]
    names = (pin.stop,) if pin.vehicle is None else (pin.stop, pin.vehicle)
    facts: dict[str, Fact] = {"on": pin.on}
    windows = stop.windows.get(pin.on, ())
    if not windows:
        reason = stop.closed.get(pin.on, "")
        yield Impossible(Cannot.PIN_CLOSED, names, {**facts, "reason": reason}, True)
        return
    shifts = [
        shift for shift in problem.shifts_on.get(pin.on, ()) if pin.vehicle in (None, shift.vehicle)
    ]
    if not shifts:
        yield Impossible(Cannot.PIN_NO_SHIFT, names, facts, True)
        return
    allowed = [shift for shift in shifts if shift.vehicle not in stop.barred]
    if not allowed:
        yield Impossible(Cannot.PIN_BARRED, names, facts, True)
        return
    since_s = pin.starts_s
    if since_s is not None and not any(
        w.opens_s <= since_s and since_s + stop.service_s <= w.closes_s for w in windows
    ):
        yield Impossible(Cannot.PIN_OUTSIDE, names, {**facts, "starts_s": since_s}, True)
        return
    reasons = [alone(problem, shift, stop, previous) for shift in allowed]
    if all(reasons):
        yield Impossible(Cannot.PIN_OUTSIDE, names, {**facts, "reason": reasons[0]}, True)


def _shifts(problem: Problem) -> Iterator[Impossible]:
    """Yield shifts of one vehicle or one crew that cannot both be used to the full."""
    groups: dict[tuple[str, str], list[Shift]] = defaultdict(list)
    for shift in problem.shifts:
        groups["vehicle", shift.vehicle].append(shift)
        if shift.crew:
            groups["crew", shift.crew].append(shift)
    for (kind, name), shifts in groups.items():
        ordered = sorted(shifts, key=lambda one: (one.on, one.starts_s, one.name))
        for one, other in itertools.pairwise(ordered):
            apart_s = (other.on - one.on).days * DAY_S
            overlap_s = one.ends_s - other.starts_s - apart_s
            if overlap_s > 0:
                facts: dict[str, Fact] = {"of": kind, "on": other.on, "overlap_s": overlap_s}
                yield Impossible(Cannot.SHIFTS_CLASH, (name, one.name, other.name), facts)


def _hours(problem: Problem, patterns: Mapping[str, Sequence[Pattern]]) -> Iterator[Impossible]:
    """Yield where more hours are promised than shifts have: in the whole, in a week, for a reason.

    A visit takes its service, and the least way to it from anywhere else, with its buffer.
    """
    least = {stop.name: _least_s(problem, stop) for stop in problem.stops}
    whole = {name: min(map(len, choices), default=0) for name, choices in patterns.items()}
    every = frozenset(shift.name for shift in problem.shifts)
    short = _short(problem, Cannot.HOURS, whole, least, every, {})
    if short is not None:
        yield short
    mondays = sorted({day - timedelta(days=day.weekday()) for day in problem.dates})
    for monday in mondays:
        week = {monday + timedelta(days=number) for number in range(WEEK)}
        counts = {
            stop.name: _surely(problem, stop, patterns[stop.name], week) for stop in problem.stops
        }
        own = frozenset(shift.name for shift in problem.shifts if shift.on in week)
        short = _short(problem, Cannot.HOURS_WEEK, counts, least, own, {"on": monday})
        if short is not None:
            yield short
    yield from _hours_by_reason(problem, whole, least, every)


def _hours_by_reason(
    problem: Problem, whole: Mapping[str, int], least: Mapping[str, int], every: frozenset[str]
) -> Iterator[Impossible]:
    """Yield the smallest sets of shifts that some stops depend on and are too short for them."""
    usable = {
        stop.name: frozenset(
            shift.name
            for shift in problem.shifts
            if shift.vehicle not in stop.barred and stop.windows.get(shift.on)
        )
        for stop in problem.stops
    }
    told: list[frozenset[str]] = []
    for own in sorted(set(usable.values()) - {every, frozenset()}, key=lambda one: len(one)):
        if any(known <= own for known in told):
            continue
        counts = {name: whole[name] for name, shifts in usable.items() if shifts <= own}
        vehicles = {problem.shift[name].vehicle for name in own}
        is_barred = vehicles != {shift.vehicle for shift in problem.shifts}
        code = Cannot.HOURS_BARRED if is_barred else Cannot.HOURS_CLOSED
        short = _short(problem, code, counts, least, own, {})
        if short is not None:
            told.append(own)
            yield short


def _short(
    problem: Problem,
    code: Cannot,
    counts: Mapping[str, int],
    least: Mapping[str, int],
    shifts: frozenset[str],
    facts: Mapping[str, Fact],
) -> Impossible | None:
    has_s = sum(_hours_s(problem.shift[name]) for name in shifts)
    needs_s = sum(times * least[name] for name, times in counts.items())
    if needs_s <= has_s:
        return None
    must_s = sum(
        times * least[name]
        for name, times in counts.items()
        if problem.stop[name].left_out_cost is None
    )
    names = tuple(sorted(name for name, times in counts.items() if times))
    seconds = {"needs_s": needs_s, "has_s": has_s, "short_s": needs_s - has_s}
    return Impossible(code, names, {**facts, **seconds}, must_s > has_s)


def _hours_s(shift: Shift) -> int:
    span_s = shift.ends_s - shift.starts_s
    return span_s if shift.longest_s is None else min(span_s, shift.longest_s)


def _surely(problem: Problem, stop: Stop, patterns: Sequence[Pattern], days: set[date]) -> int:
    """Return how many visits fall on these days whatever pattern is chosen.

    Pinned visits may lie anywhere, each instead of one of these.
    """
    reach = [timedelta(days=n) for n in (-stop.rhythm.tolerance_days, stop.rhythm.tolerance_days)]
    first_on, last_on = problem.dates[0], problem.dates[-1]
    pinned = len(problem.pins_of.get(stop.name, ()))
    certain = min(
        (
            sum(
                max(on + reach[0], first_on) in days and min(on + reach[1], last_on) in days
                for on in pattern
            )
            for pattern in patterns
        ),
        default=0,
    )
    return max(0, certain - pinned)


def _least_s(problem: Problem, stop: Stop) -> int:
    """Return the seconds a visit takes at the least."""
    leads = []
    for profile in {shift.profile for shift in problem.shifts}:
        index, drive = ways(problem.matrices[profile])
        here = index[stop.place]
        froms = {one.place for one in problem.stops if one.name != stop.name}
        froms |= {p for s in problem.shifts for p in (s.start, *s.sleeps_at)}
        inward = [drive[index[place]][here] for place in froms]
        leads += [
            seconds + problem.limits.leg_buffer_s if seconds else 0
            for seconds in inward
            if seconds >= 0
        ]
    return stop.service_s + min(leads, default=0)
