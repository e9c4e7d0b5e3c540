"""Small seasons to be planned, by hand and at random, and plans for them made without a solver."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from hypothesis import strategies as st

from outreach.routing.placing import (
    Roster,
    days_near,
    pinned_occurrences,
    placed,
    placed_pattern,
    with_occurrences,
)
from outreach.routing.plan import LeftOut, Plan
from outreach.routing.problem import (
    Limits,
    Matrix,
    Pin,
    Problem,
    Running,
    Shift,
    Stop,
    Weights,
    Window,
)
from outreach.routing.rhythms import EveryWeeks, NthWeekday, OneOf, Rhythm, TimesInSeason

MONDAY = date(2026, 3, 2)
H = 3600
M = 60


def matrix(minutes: Sequence[Sequence[float]], places: Sequence[str]) -> Matrix:
    """Return a matrix of these minutes, at 600 m a minute."""
    seconds = np.array(minutes, dtype=np.float64) * 60
    metres = np.where(np.isfinite(seconds), seconds * 10, 0.0)
    return Matrix(tuple(places), metres, seconds)


def line(positions_min: Mapping[str, float]) -> Matrix:
    """Return the matrix of places along one road, each so many minutes from its beginning."""
    at = list(positions_min.values())
    return matrix([[abs(a - b) for b in at] for a in at], list(positions_min))


def on_days(problem_days: int, *windows: tuple[float, float]) -> dict[date, tuple[Window, ...]]:
    """Return windows in hours, the same for each day of a season."""
    made = tuple(Window(round(since * H), round(until * H)) for since, until in windows)
    return {MONDAY + timedelta(days=number): made for number in range(problem_days)}


def stop(
    name: str,
    *,
    service_min: int = 60,
    days: int = 7,
    hours: tuple[float, float] = (7, 17),
    rhythm: Rhythm | None = None,
    left_out_cost: float | None = 100_000.0,
) -> Stop:
    """Return a stop at the place of its name that is to be visited on the season's first day."""
    return Stop(
        name,
        name,
        rhythm or OneOf(((MONDAY,),)),
        service_min * M,
        on_days(days, hours),
        left_out_cost=left_out_cost,
    )


def shift(
    vehicle: str = "van",
    day: int = 0,
    *,
    hours: tuple[float, float] = (7, 17),
    crew: str = "crew",
    base: str = "base",
) -> Shift:
    """Return a shift of a vehicle on a day of the season, called ``van 0`` and so on."""
    return Shift(
        f"{vehicle} {day}",
        vehicle,
        crew,
        MONDAY + timedelta(days=day),
        round(hours[0] * H),
        round(hours[1] * H),
        base,
        base,
        "road",
    )


def season(
    stops: Sequence[Stop],
    shifts: Sequence[Shift],
    ways: Matrix,
    *,
    days: int = 7,
    limits: Limits | None = None,
    pins: Sequence[Pin] = (),
    running: Sequence[Running] = (),
    weights: Weights | None = None,
) -> Problem:
    """Return a problem that begins on a Monday."""
    return Problem(
        MONDAY,
        days,
        tuple(stops),
        tuple(shifts),
        {"road": ways},
        limits=limits or Limits(),
        weights=weights or Weights(),
        pins=tuple(pins),
        running=tuple(running),
    )


def any_rhythm(rng: random.Random, days: int) -> Rhythm:
    """Return a rhythm of any kind."""
    tolerance = rng.choice([0, 0, 1, 2])
    kind = rng.randrange(5)
    if kind == 0:
        weekdays = frozenset(rng.sample(range(5), rng.randint(0, 3)))
        return EveryWeeks(1, tolerance, weekdays)
    if kind == 1:
        return EveryWeeks(2, tolerance, first_until=MONDAY + timedelta(days=rng.randint(3, 13)))
    if kind == 2:
        return NthWeekday(frozenset({1, 3}), rng.choice([None, 1, 3]), tolerance)
    if kind == 3:
        return TimesInSeason(rng.randint(1, 2), min(tolerance, 1))
    chosen = [MONDAY + timedelta(days=rng.randrange(days)) for _ in range(4)]
    return OneOf(((min(chosen[:2]),), tuple(sorted(set(chosen[2:])))), tolerance)


def any_windows(rng: random.Random, days: int) -> dict[date, tuple[Window, ...]]:
    """Return hours: some days closed, some in the morning or in the afternoon, some both."""
    kinds = [
        (Window(7 * H, 17 * H),),
        (Window(7 * H + 1800, 11 * H), Window(13 * H + 1800, 16 * H + 1800)),
        (Window(7 * H, 11 * H + 1800),),
        (Window(13 * H, 17 * H),),
    ]
    usual = rng.choice(kinds)
    found = {}
    for number in range(days):
        if rng.random() < 0.8:
            on = MONDAY + timedelta(days=number)
            found[on] = usual if rng.random() < 0.8 else rng.choice(kinds)
    return found


def any_ways(rng: random.Random, places: Sequence[str]) -> Matrix:
    """Return ways that obey the triangle, are not symmetric, and are not whole seconds."""
    points = {place: (rng.uniform(0, 90), rng.uniform(0, 90)) for place in places}
    minutes = []
    for here in points.values():
        row = []
        for there in points.values():
            uphill = 0.1 * max(0.0, there[1] - here[1])
            row.append(abs(complex(*here) - complex(*there)) + uphill)
        minutes.append(row)
    return matrix(minutes, places)


def random_problem(
    seed: int, *, stops: int = 6, vehicles: int = 2, days: int = 14, is_plain: bool = False
) -> Problem:
    """Return a season with all that may be in one.

    Args:
        is_plain: without pins that bind, so that nothing must be that may not be possible.
    """
    rng = random.Random(seed)
    names = [f"stop {number}" for number in range(stops)]
    places = [*names, "base", "inn"]
    vans = [f"van {number}" for number in range(vehicles)]
    lunch = rng.random() < 0.8
    made = [
        Stop(
            name,
            name if rng.random() < 0.9 else names[0],
            any_rhythm(rng, days),
            rng.choice([10, 45, 60, 90, 180, 200]) * M,
            any_windows(rng, days),
            barred={van: "too_long" for van in vans if rng.random() < 0.15},
            items=rng.randint(0, 3),
            left_out_cost=rng.choice([50_000.0, 200_000.0]),
            weight=rng.choice([1.0, 2.0]),
            commune=rng.choice(["A", "B"]),
        )
        for name in names
    ]
    shifts = [
        Shift(
            f"{van} on {number}",
            van,
            f"crew {position}",
            MONDAY + timedelta(days=number),
            rng.choice([7, 8]) * H,
            rng.choice([12, 15, 17]) * H,
            "base",
            "base",
            "road",
            longest_s=rng.choice([None, None, 6 * H, 8 * H]),
            capacity=rng.choice([None, 5]),
            out_cost=rng.choice([0.0, 5_000.0]),
        )
        for position, van in enumerate(vans)
        for number in range(days)
        if (MONDAY + timedelta(days=number)).weekday() < 5 and rng.random() < 0.7
    ]
    weights = Weights(
        driving_second=1.0,
        duty_second=rng.choice([0.0, 0.5]),
        spread=rng.choice([0.0, 1000.0]),
        off_rhythm_day=rng.choice([0.0, 500.0]),
        other_vehicle=rng.choice([0.0, 2000.0]),
        waiting_day=rng.choice([0.0, 100.0]),
        change=5000.0,
    )
    limits = replace(Limits(), week_s=rng.choice([48, 6]) * H, day_s=rng.choice([10, 3]) * H)
    limits = replace(limits, unbroken_s=rng.choice([4, 2]) * H)
    problem = season(
        made,
        shifts,
        any_ways(rng, places),
        days=days,
        limits=limits if lunch else replace(limits, lunch=None),
        weights=weights,
    )
    return problem if is_plain else _promised(rng, problem)


def _promised(rng: random.Random, problem: Problem) -> Problem:
    """Return the problem with some visits of a plan pinned and running: they can be kept."""
    plan = built(unpromised(problem), rng.randrange(1000))
    pins, running = [], []
    for route, visit in plan.visits():
        used = problem.shift[route.shift]
        if rng.random() < 0.15:
            starts_s = rng.choice([None, visit.starts_s])
            pins.append(Pin(visit.stop, used.on, rng.choice([None, used.vehicle]), starts_s))
        if rng.random() < 0.5:
            running.append(Running(visit.stop, used.on, used.vehicle, visit.starts_s))
    promised = replace(problem, pins=tuple(pins), running=tuple(running))
    # Made one by one, what can be kept together may not all find its place.
    return promised if _kept(promised) is not None else replace(promised, pins=())


def _kept(problem: Problem) -> Roster | None:
    """Return the roster of all pins and nothing else, ``None`` if they were not all placed."""
    roster: Roster | None = Roster(problem, Plan(()))
    for pin in sorted(problem.pins, key=lambda one: (one.starts_s is None, one.starts_s or 0)):
        if roster is None:
            return None
        roster = placed(roster, problem.stop[pin.stop], pin.on, [pin.on])
    return roster


def unpromised(problem: Problem) -> Problem:
    """Return the problem without what was promised."""
    return replace(problem, pins=(), running=())


def problems(*, stops: int = 6, vehicles: int = 2, days: int = 14) -> st.SearchStrategy[Problem]:
    """Return seasons at random; the fewer stops and vehicles the simpler."""
    return st.builds(
        lambda seed, number, vans: random_problem(seed, stops=number, vehicles=vans, days=days),
        st.integers(0, 2**32 - 1),
        st.integers(1, stops),
        st.integers(1, vehicles),
    )


def built(problem: Problem, seed: int, *, share: float = 0.9) -> Plan:
    """Return a legal plan made greedily: pins first, then each stop on a pattern drawn at random.

    Args:
        share: of the visits it tries to place.
    """
    rng = random.Random(seed)
    roster = _kept(problem)
    assert roster is not None, "not all pins can be kept"
    left_out: list[LeftOut] = []
    for one in rng.sample(problem.stops, len(problem.stops)):
        patterns = one.rhythm.patterns(problem.first_on, problem.days)
        if patterns:
            roster = _with(roster, one, rng.choice(patterns), left_out, rng, share)
    return replace(roster.plan, left_out=tuple(left_out))


def _with(
    roster: Roster,
    one: Stop,
    pattern: Sequence[date],
    left_out: list[LeftOut],
    rng: random.Random,
    share: float,
) -> Roster:
    pinned = roster.visited.get(one.name, frozenset())
    whole = placed_pattern(roster, one, pattern) if rng.random() < share else None
    if whole is not None:
        return whole
    taken = pinned_occurrences(pattern, sorted(pinned))
    roster = with_occurrences(roster, one.name, taken)
    for on in pattern:
        if on in taken.values():
            continue
        days = days_near(roster.problem, one, on)
        done = placed(roster, one, on, days) if rng.random() < share else None
        if done is None:
            left_out.append(LeftOut(one.name, on))
        else:
            roster = done
    return roster
