"""A problem as the arrays of a search, and the rooms a search works in."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from outreach.routing.problem import Pin, Problem, Shift, Stop
from outreach.routing.rhythms import Pattern
from outreach.routing.solver.kernel import arrays
from outreach.routing.solver.kernel.arrays import F, Kept, N, Question, State, Touched

MOST_NEIGHBOURS = 60
FAR = 1e15
"""What a way costs where there is none: more than any plan."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A day of a pattern.

    Attributes:
        on: the day its rhythm would have it.
        pin: the day of the pinned visit that takes it; ``None`` if none does.
    """

    on: date
    pin: date | None = None


class Compiled:
    """A problem as arrays.

    Attributes:
        question: for the kernel.
        occurrences: by pattern, in the order of the kernel's.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.day = {on: number for number, on in enumerate(problem.dates)}
        self.vehicles = list(dict.fromkeys(shift.vehicle for shift in problem.shifts))
        self.places = next(iter(problem.matrices.values())).places
        self._place = {name: number for number, name in enumerate(self.places)}
        self._profiles = list(problem.matrices)
        self.number = {stop.name: number for number, stop in enumerate(problem.stops)}
        self.occurrences: list[tuple[Occurrence, ...]] = []
        self.is_timed = self._is_timed()
        self.question = self._question()

    def state(self, seed: int) -> State:
        """Return a plan without any visit, and a random generator of its own."""
        q = self.question
        stops, shifts, weeks = len(q.stop_f), len(q.shift_f), int(q.week_from[-1])
        route = np.zeros((shifts, 3), dtype=np.int64)
        route[:, arrays.START] = q.shift_n[:-1, arrays.HOME_START]
        route[:, arrays.END] = q.shift_n[:-1, arrays.HOME_END]
        return State(
            seq=np.zeros((shifts, stops + 2), dtype=np.int64),
            route=route,
            choice=np.full((stops, 1 + self._most()), -1, dtype=np.int64),
            at=np.full((stops, self.problem.days), -1, dtype=np.int64),
            sums=np.zeros((shifts, 5)),
            stop_cost=np.zeros(stops),
            weeks=np.zeros((weeks, 2)),
            spread=np.zeros(len(self.vehicles)),
            clock=np.zeros((shifts, stops + 3, 6)),
            prices=self._prices(),
            rng=np.random.SeedSequence(seed).generate_state(2, np.uint64) | np.uint64(1),
        )

    def touched(self) -> Touched:
        """Return room for what one step changes."""
        q = self.question
        stops, shifts = len(q.stop_f), len(q.shift_f)
        items = 4 * stops + 64
        return Touched(
            marks=np.zeros((2, max(stops, shifts)), dtype=np.int64),
            counts=np.zeros(4, dtype=np.int64),
            shifts=np.zeros((shifts, 4 + stops + 2), dtype=np.int64),
            stops=np.zeros((stops, 2 + self._most()), dtype=np.int64),
            stop_cost=np.zeros(stops),
            spread=np.zeros(len(self.vehicles)),
            items=np.zeros((items, 2), dtype=np.int64),
            key=np.zeros(items),
        )

    def kept(self, state: State) -> Kept:
        """Return a copy of a plan."""
        return Kept(state.seq.copy(), state.route.copy(), state.choice.copy())

    def pattern_of(self, stop: int, occurrences: Collection[date]) -> int | None:
        """Return the pattern of a stop with just these occurrences; ``None`` if it has none."""
        first, end = self.question.stop_n[stop : stop + 2, arrays.PATTERNS]
        for pattern in range(int(first), int(end)):
            if {one.on for one in self.occurrences[pattern]} == set(occurrences):
                return pattern
        return None

    def _most(self) -> int:
        """Return the most occurrences a pattern has."""
        return int(np.max(np.diff(self.question.day_from), initial=1))

    def _question(self) -> Question:
        stops = self.problem.stops
        leg, way, drive = self._ways()
        day_from, days, patterns, need, needs = self._patterns()
        place = [self._place[stop.place] for stop in stops]
        flex = [stop.rhythm.tolerance_days for stop in stops]
        left = self._left_costs(leg)
        win_from, win = self._windows()
        run = self._running()
        shift_n, sleep, on_from, on, week_from = self._shifts()
        return Question(
            ways=np.array([leg, np.ceil(way - 1e-6) if self.is_timed else way, drive]),
            stop_n=_table([place, flex, patterns, needs, self._usual()], len(stops) + 1),
            stop_f=_real(
                [
                    (stop.service_s, stop.items, cost, stop.weight)
                    for stop, cost in zip(stops, left, strict=True)
                ]
            ).reshape(-1, 4),
            const=self._const(),
            day_from=day_from,
            days=days,
            need=need,
            win_from=win_from,
            win=win,
            run=run,
            allowed=self._allowed(run),
            shift_n=shift_n,
            shift_f=self._shift_values(),
            sleep=sleep,
            on_from=on_from,
            on=on,
            week_from=week_from,
            near=self._near(leg, _whole(place)),
        )

    def _const(self) -> F:
        weights, limits, lunch = (
            self.problem.weights,
            self.problem.limits,
            self.problem.limits.lunch,
        )
        return _real(
            [
                weights.duty_second,
                weights.off_rhythm_day,
                weights.other_vehicle,
                weights.waiting_day,
                weights.spread,
                weights.change,
                _limit(limits.day_s),
                _limit(limits.week_s),
                limits.nights,
                self.is_timed,
                lunch.lasts_s if lunch else 0,
                lunch.since_s if lunch else 0,
                lunch.until_s if lunch else 0,
                lunch.due_since_s if lunch else 0,
                lunch.due_until_s if lunch else 0,
                lunch.in_turns_s if lunch else 0,
                _limit(limits.unbroken_s),
                limits.break_s,
            ]
        )

    def _is_timed(self) -> bool:
        """Tell whether any hour of the day matters."""
        problem, limits = self.problem, self.problem.limits
        if limits.lunch or limits.day_s is not None or limits.week_s is not None:
            return True
        if problem.running or any(pin.starts_s is not None for pin in problem.pins):
            return True
        first = min((shift.starts_s for shift in problem.shifts), default=0)
        last = max((shift.ends_s for shift in problem.shifts), default=0)
        return any(
            window.opens_s > first or window.closes_s < last
            for stop in problem.stops
            for windows in set(stop.windows.values())
            for window in windows
        )

    def _ways(self) -> tuple[F, F, F]:
        """Return cost, seconds with buffer and seconds without, by profile."""
        weights, limits = self.problem.weights, self.problem.limits
        leg, way, drive = [], [], []
        for profile in self._profiles:
            matrix = self.problem.matrices[profile]
            index = matrix.index()
            order = np.array([index[name] for name in self.places])
            metres = matrix.metres[np.ix_(order, order)]
            seconds = matrix.seconds[np.ix_(order, order)]
            known = np.isfinite(seconds)
            finite = np.where(known, seconds, 0.0)
            cost = weights.metre * metres + weights.driving_second * finite
            moves = (metres > 0) | (finite > 0)
            leg.append(np.where(known, cost, FAR))
            drive.append(np.where(known, finite, FAR))
            rests = self._rests_s(finite)
            way.append(np.where(known, finite + limits.leg_buffer_s * moves + rests, FAR))
        return np.array(leg), np.array(way), np.array(drive)

    def _rests_s(self, driving: F) -> F:
        """Return how long drivers rest in the middle of ways that are too long to drive at once."""
        limits = self.problem.limits
        if limits.unbroken_s is None:
            return np.zeros_like(driving)
        parts = np.ceil(driving / limits.unbroken_s - 1e-9)
        return limits.break_s * np.maximum(parts - 1.0, 0.0)

    def _left_costs(self, leg: F) -> list[float]:
        """Return what leaving a visit out costs; where it must not be, more than all else."""
        known = leg[leg < FAR]
        most = 100.0 * (float(known.max()) if known.size else 1.0)
        most += 10.0 * max((stop.left_out_cost or 0.0 for stop in self.problem.stops), default=0.0)
        return [
            most if stop.left_out_cost is None else stop.left_out_cost
            for stop in self.problem.stops
        ]

    def _patterns(self) -> tuple[N, N, list[int], N, list[int]]:
        """Return patterns' beginnings, their days, stops' patterns, needed days, stops' needs."""
        day_from, days, patterns = [0], [], [0]
        need: list[int] = []
        needs = [0]
        for stop in self.problem.stops:
            wanted: set[int] = set()
            for pattern in self._choices(stop, self.problem.pins_of.get(stop.name, ())):
                self.occurrences.append(pattern)
                for one in pattern:
                    pin = -1 if one.pin is None else self.day[one.pin]
                    days.append((self.day[one.on], pin))
                    first = self.day[one.on] if pin < 0 else pin
                    flex = stop.rhythm.tolerance_days if pin < 0 else 0
                    wanted.update(range(first - flex, first + flex + 1))
                day_from.append(len(days))
            patterns.append(len(day_from) - 1)
            need.extend(sorted(day for day in wanted if 0 <= day < self.problem.days))
            needs.append(len(need))
        rows = np.array(days, dtype=np.int64).reshape(-1, 2)
        return _whole(day_from), rows, patterns, _whole(need), needs

    def _choices(self, stop: Stop, pins: Sequence[Pin]) -> list[tuple[Occurrence, ...]]:
        """Return the patterns a stop may have, its pinned visits in the place of occurrences.

        Those in which the pins keep to the rhythm, if there are any: else any rhythm will do for
        the other visits.
        """
        patterns = stop.rhythm.patterns(self.problem.first_on, self.problem.days) or [()]
        seated = [_with_pins(pattern, pins) for pattern in patterns]
        tolerance = stop.rhythm.tolerance_days
        near = [choice for choice in seated if _farthest(choice) <= tolerance]
        return near or seated

    def _windows(self) -> tuple[N, F]:
        """Return the windows of each stop and day; a pinned time is a window of its own."""
        problem = self.problem
        starts = {(pin.stop, pin.on): pin.starts_s for pin in problem.pins}
        begins = np.zeros((len(problem.stops), problem.days + 1), dtype=np.int64)
        rows: list[tuple[int, int]] = []
        for number, stop in enumerate(problem.stops):
            for day, on in enumerate(problem.dates):
                begins[number, day] = len(rows)
                starts_s = starts.get((stop.name, on))
                if starts_s is not None:
                    rows.append((starts_s, starts_s + stop.service_s))
                else:
                    windows = sorted(stop.windows.get(on, ()))
                    rows.extend((window.opens_s, window.closes_s) for window in windows)
            begins[number, problem.days] = len(rows)
        return begins, _real(rows).reshape(-1, 2)

    def _running(self) -> F:
        """Return vehicle and start of each visit of the running plan."""
        problem = self.problem
        run = np.zeros((len(problem.stops), problem.days, 2))
        run[:, :, 0] = -1
        vehicles = {name: n for n, name in enumerate(self.vehicles)}
        for visit in problem.running:
            if visit.stop in self.number and visit.on in self.day:
                here = run[self.number[visit.stop], self.day[visit.on]]
                here[:] = vehicles.get(visit.vehicle, -2), visit.starts_s
        return run

    def _allowed(self, run: F) -> F:
        """Return what each stop costs on each shift besides the way."""
        problem, change = self.problem, self.problem.weights.change
        only = {(pin.stop, pin.on): pin.vehicle for pin in problem.pins}
        found = np.zeros((len(problem.stops), len(problem.shifts)))
        for n, stop in enumerate(problem.stops):
            for s, shift in enumerate(problem.shifts):
                is_open = bool(stop.windows.get(shift.on))
                if (stop.name, shift.on) in only:
                    is_open = only[stop.name, shift.on] in (None, shift.vehicle)
                was = run[n, self.day[shift.on], 0]
                if not is_open or shift.vehicle in stop.barred:
                    found[n, s] = np.inf
                elif was != -1:
                    found[n, s] = (
                        -change if self.vehicles[int(was)] == shift.vehicle else -change / 2
                    )
        return found

    def _shifts(self) -> tuple[N, N, N, N, N]:
        """Return the shifts' table, where they may sleep, shifts by day (two), vehicles' weeks."""
        problem, shifts = self.problem, self.problem.shifts
        week_of: dict[tuple[str, int], int] = {}
        week_from = [0]
        for vehicle in self.vehicles:
            for week in sorted({_week(shift.on) for shift in shifts if shift.vehicle == vehicle}):
                week_of[vehicle, week] = len(week_of)
            week_from.append(len(week_of))
        sleep: list[int] = []
        sleep_from = [0]
        for shift in shifts:
            sleep.extend(self._place[name] for name in shift.sleeps_at)
            sleep_from.append(len(sleep))
        by_day: list[list[int]] = [[] for _day in range(problem.days)]
        for s, shift in enumerate(shifts):
            by_day[self.day[shift.on]].append(s)
        on_from = [0, *itertools.accumulate(len(own) for own in by_day)]
        columns = [
            [self.day[shift.on] for shift in shifts],
            [self.vehicles.index(shift.vehicle) for shift in shifts],
            [week_of[shift.vehicle, _week(shift.on)] for shift in shifts],
            [self._profiles.index(shift.profile) for shift in shifts],
            [self._place[shift.start] for shift in shifts],
            [self._place[shift.end] for shift in shifts],
            self._next_shifts(),
            sleep_from,
        ]
        on = _whole(s for own in by_day for s in own)
        table = _table(columns, len(shifts) + 1)
        return table, _whole(sleep), _whole(on_from), on, _whole(week_from)

    def _shift_values(self) -> F:
        """Return hours, limits and costs of each shift."""
        return _real(
            [
                (
                    shift.starts_s,
                    shift.ends_s,
                    _longest(shift),
                    _limit(shift.capacity),
                    shift.out_cost,
                    shift.night_cost,
                )
                for shift in self.problem.shifts
            ]
        ).reshape(-1, 6)

    def _next_shifts(self) -> list[int]:
        """Return the shift in which each vehicle goes on the next day with the same crew."""
        shifts = self.problem.shifts
        at = {(shift.vehicle, shift.on.toordinal()): s for s, shift in enumerate(shifts)}
        found = []
        for shift in shifts:
            after = at.get((shift.vehicle, shift.on.toordinal() + 1), -1)
            found.append(after if after >= 0 and shifts[after].crew == shift.crew else -1)
        return found

    def _near(self, leg: F, rows: N) -> N:
        between = leg[0][np.ix_(rows, rows)]
        between = between + between.T
        np.fill_diagonal(between, np.inf)
        count = max(0, min(MOST_NEIGHBOURS, len(rows) - 1))
        order: N = np.argsort(between, axis=1, kind="stable")[:, :count]
        return np.ascontiguousarray(order.astype(np.int64))

    def _usual(self) -> list[int]:
        """Return the vehicle that makes most visits of each stop in the running plan, or -1."""
        count: dict[str, dict[str, int]] = {}
        for visit in self.problem.running:
            of_stop = count.setdefault(visit.stop, {})
            of_stop[visit.vehicle] = of_stop.get(visit.vehicle, 0) + 1
        found = []
        for stop in self.problem.stops:
            of_stop = count.get(stop.name, {})
            usual = max(sorted(of_stop), key=lambda name: of_stop[name], default="")
            found.append(self.vehicles.index(usual) if usual in self.vehicles else -1)
        return found

    def _prices(self) -> F:
        """Return what a unit of load and a second too many cost at first."""
        q = self.question
        known = q.ways[arrays.LEG][q.ways[arrays.LEG] < FAR]
        usual = float(np.median(known)) if known.size else 1.0
        items = q.stop_f[:, arrays.ITEMS]
        seconds = q.ways[arrays.WAY][(q.ways[arrays.WAY] > 0) & (q.ways[arrays.WAY] < FAR)]
        mean = float(items[items > 0].mean()) if (items > 0).any() else 1.0
        return np.array(
            [0.3 * usual / mean, usual / float(np.median(seconds)) if seconds.size else 1.0]
        )


def _with_pins(pattern: Pattern, pins: Sequence[Pin]) -> tuple[Occurrence, ...]:
    """Return a pattern in which each pin takes its nearest free occurrence.

    A pin that finds none free shares its nearest: a visit more than the rhythm asks for.
    """
    taken: dict[date, date] = {}
    more: list[Occurrence] = []
    for pin in pins:
        free = [on for on in pattern if on not in taken]
        nearest = min(free or pattern, key=lambda on: (abs((on - pin.on).days), on), default=pin.on)
        if nearest in taken or nearest not in pattern:
            more.append(Occurrence(nearest, pin.on))
        else:
            taken[nearest] = pin.on
    return (*(Occurrence(on, taken.get(on)) for on in pattern), *more)


def _farthest(choice: Sequence[Occurrence]) -> int:
    """Return how many days a pin lies beside its occurrence, at most."""
    return max((abs((one.on - one.pin).days) for one in choice if one.pin is not None), default=0)


def _week(on: date) -> int:
    """Return the number of the week a day lies in; weeks begin on Monday."""
    return (on.toordinal() - 1) // 7


def _longest(shift: Shift) -> float:
    return min(_limit(shift.longest_s), shift.ends_s - shift.starts_s)


def _limit(value: float | None) -> float:
    return math.inf if value is None else float(value)


def _whole(values: Iterable[int]) -> N:
    return np.array(list(values), dtype=np.int64)


def _real(values: Sequence[float] | Sequence[Sequence[float]]) -> F:
    return np.array(values, dtype=np.float64)


def _table(columns: Sequence[Sequence[int]], rows: int) -> N:
    """Return columns side by side; those that end early are filled with zeros."""
    found = np.zeros((rows, len(columns)), dtype=np.int64)
    for number, column in enumerate(columns):
        found[: len(column), number] = column
    return found
