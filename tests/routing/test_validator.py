"""The judge refuses each thing that is wrong, by its name, and nothing that is right."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.routing.plan import Break, LeftOut, Plan, Route, Visit
from outreach.routing.problem import Limits, Matrix, Pin, Problem, Window
from outreach.routing.rhythms import EveryWeeks, NthWeekday, OneOf
from outreach.routing.validator import Code, Violation, violations
from outreach.scheduling import domain
from tests.routing.problems import (
    MONDAY,
    H,
    M,
    built,
    line,
    problems,
    season,
    shift,
    stop,
)

ROAD = line({"base": 0, "a": 30, "b": 60, "inn": 90, "far": 300})
DAY = timedelta(days=1)


def at(clock: str) -> int:
    """Return seconds after midnight of ``hh:mm`` or ``hh:mm:ss``."""
    hours, minutes, *seconds = map(int, clock.split(":"))
    return hours * H + minutes * M + sum(seconds)


def visit(name: str, since: str, until: str, occurrence_on: date = MONDAY) -> Visit:
    """Return a visit by the clock."""
    return Visit(name, at(since), at(until), occurrence_on)


def route(
    departs: str,
    visits: Sequence[Visit],
    returns: str,
    *breaks: tuple[str, str, str],
    name: str = "van 0",
    start: str = "base",
    end: str = "base",
) -> Route:
    """Return a route by the clock."""
    pauses = tuple(Break(place, at(since), at(until)) for place, since, until in breaks)
    return Route(name, start, end, at(departs), at(returns), tuple(visits), pauses)


A = visit("a", "08:40", "09:40")
B = visit("b", "10:20", "11:20")
MORNING = route("08:00", [A, B], "12:30")
TWO = season([stop("a"), stop("b")], [shift(), shift(day=1)], ROAD)


def codes(problem: Problem, *routes: Route, left_out: Sequence[LeftOut] = ()) -> list[Code]:
    """Return the codes of what a plan breaks, each once."""
    found = violations(problem, Plan(routes, tuple(left_out)))
    return sorted({one.code for one in found})


def with_stop(problem: Problem, name: str, **values: object) -> Problem:
    """Return the problem with one stop changed."""
    stops = tuple(
        replace(one, **values) if one.name == name else one  # type: ignore[arg-type]
        for one in problem.stops
    )
    return replace(problem, stops=stops)


def with_shift(problem: Problem, **values: object) -> Problem:
    """Return the problem with all shifts changed."""
    shifts = tuple(replace(one, **values) for one in problem.shifts)  # type: ignore[arg-type]
    return replace(problem, shifts=shifts)


def test_a_legal_morning_is_accepted() -> None:
    assert codes(TWO, MORNING) == []


@pytest.mark.parametrize(
    ("routes", "code"),
    [
        ([replace(MORNING, shift="bus 0")], Code.UNKNOWN_SHIFT),
        ([replace(MORNING, visits=(A, B, visit("c", "11:20", "12:00")))], Code.UNKNOWN_STOP),
        ([replace(MORNING, end="moon")], Code.UNKNOWN_PLACE),
    ],
)
def test_what_is_unknown_is_named(routes: list[Route], code: Code) -> None:
    assert code in codes(TWO, *routes)


def test_a_stop_left_out_has_to_be_known() -> None:
    assert codes(TWO, MORNING, left_out=[LeftOut("c", MONDAY)]) == [Code.UNKNOWN_STOP]


def test_a_shift_goes_out_once() -> None:
    second = route("12:30", [visit("b", "13:40", "14:40")], "15:50")
    first = route("08:00", [A], "12:30")
    assert Code.SHIFT_TWICE in codes(TWO, first, second)


def test_a_route_without_visits_is_refused() -> None:
    empty = route("13:31", [], "14:00", name="van 1")
    assert codes(TWO, MORNING, empty) == [Code.ROUTE_EMPTY]


def test_a_return_before_the_departure_is_refused() -> None:
    assert Code.REVERSED in codes(TWO, replace(MORNING, returns_s=at("07:59")))


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ((8, 12.5), []),
        ((8 + 1 / 3600, 12.5), [Code.OUTSIDE_SHIFT]),
        ((8, 12.5 - 1 / 3600), [Code.OUTSIDE_SHIFT]),
    ],
)
def test_a_route_stays_in_the_hours_of_its_shift(
    hours: tuple[float, float], expected: list[Code]
) -> None:
    problem = season(TWO.stops, [shift(hours=hours)], ROAD)
    assert codes(problem, MORNING) == expected


def test_a_route_is_no_longer_than_its_shift_allows() -> None:
    assert codes(with_shift(TWO, longest_s=4 * H + 30 * M), MORNING) == []
    assert codes(with_shift(TWO, longest_s=4 * H + 30 * M - 1), MORNING) == [Code.TOO_LONG]


def test_items_are_within_the_capacity() -> None:
    loaded = with_stop(with_stop(TWO, "a", items=2), "b", items=3)
    assert codes(with_shift(loaded, capacity=5), MORNING) == []
    assert codes(with_shift(loaded, capacity=4), MORNING) == [Code.CAPACITY]


def test_a_visit_lasts_exactly_as_long_as_was_promised() -> None:
    longer = replace(B, ends_s=B.ends_s + 60)
    late = replace(MORNING, visits=(A, longer), returns_s=MORNING.returns_s + 60)
    assert codes(TWO, late) == [Code.WRONG_SERVICE]


def test_a_visit_lies_wholly_inside_one_window() -> None:
    for since, until, expected in [
        ("08:40", "09:40", []),
        ("08:41", "09:40", [Code.OUTSIDE_WINDOW]),
        ("08:40", "09:39", [Code.OUTSIDE_WINDOW]),
    ]:
        problem = with_stop(TWO, "a", windows={MONDAY: (Window(at(since), at(until)),)})
        assert codes(problem, MORNING) == expected
    parts = (Window(at("08:00"), at("09:00")), Window(at("09:00"), at("10:00")))
    assert codes(with_stop(TWO, "a", windows={MONDAY: parts}), MORNING) == [Code.OUTSIDE_WINDOW]


def test_a_closed_day_is_told_with_its_reason() -> None:
    problem = with_stop(TWO, "a", windows={}, closed={MONDAY: "tet"})
    (found,) = violations(problem, Plan((MORNING,)))
    assert found == Violation(Code.CLOSED, ("van 0", "a"), {"on": MONDAY, "reason": "tet"})


def test_a_barred_vehicle_is_refused() -> None:
    assert codes(with_stop(TWO, "a", barred={"van": "too_long"}), MORNING) == [Code.BARRED]
    assert codes(with_stop(TWO, "a", barred={"bus": "too_long"}), MORNING) == []


@pytest.mark.parametrize(
    ("changed", "short_s"),
    [
        (replace(MORNING, departs_s=MORNING.departs_s + 1), 0),
        (replace(MORNING, departs_s=MORNING.departs_s + 2), 2),
        (replace(MORNING, returns_s=MORNING.returns_s - 2), 2),
        (route("08:00", [A, visit("b", "10:19", "11:19")], "12:29"), 60),
        (route("08:00", [B, A], "12:30"), 5 * H),
    ],
)
def test_each_way_needs_its_time_and_its_buffer(changed: Route, short_s: int) -> None:
    found = violations(TWO, Plan((changed,)))
    assert {one.code for one in found} == ({Code.TOO_LITTLE_TIME} if short_s else set())
    told = [one.facts["short_s"] for one in found]
    assert short_s == 5 * H or told == ([short_s] if short_s else [])


def test_fractions_of_seconds_add_up_to_one_second_at_most() -> None:
    names = ["base", *(f"s{number}" for number in range(6))]
    seconds = np.full((7, 7), 600.3)
    np.fill_diagonal(seconds, 0.0)
    stops = [replace(stop(name, service_min=0), service_s=600) for name in names[1:]]
    for each_s, expected in [(600, [Code.TOO_LITTLE_TIME]), (601, [])]:
        starts = [8 * H + (number + 1) * (each_s + 1200) - 600 for number in range(6)]
        visits = [
            Visit(one.name, start, start + 600, MONDAY)
            for one, start in zip(stops, starts, strict=True)
        ]
        ways = Matrix(tuple(names), seconds * 10, seconds)
        problem = season(stops, [shift()], ways)
        made = Route(
            "van 0", "base", "base", 8 * H, starts[-1] + 1200 + each_s, tuple(visits)
        )  # fmt: skip
        # Seven ways, 0.3 s short each: too much once four of them are behind.
        assert codes(problem, made) == expected


def test_a_way_of_no_length_needs_no_buffer() -> None:
    same = with_stop(TWO, "b", place="a")
    there = route("08:00", [A, visit("b", "09:40", "10:40")], "11:20")
    assert codes(same, there) == []


def test_a_pair_without_a_way_is_refused() -> None:
    seconds = ROAD.seconds.copy()
    seconds[ROAD.places.index("a"), ROAD.places.index("b")] = np.inf
    problem = replace(TWO, matrices={"road": replace(ROAD, seconds=seconds)})
    assert codes(problem, MORNING) == [Code.NO_WAY]


def day_out(*breaks: tuple[str, str, str], returns: str = "14:00") -> Route:
    """Return a route that is out at midday: there is an hour and a half to spare after ``b``."""
    return route("08:00", [A, B], returns, *breaks)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        # What is left of the way home begins at 11:20 and is 90 minutes long.
        (day_out(), []),
        (route("08:00", [A, B], "13:30"), []),
        (route("08:00", [A, visit("b", "11:35", "12:35")], "13:45"), []),
        (route("08:00", [A, visit("b", "11:34", "12:34")], "13:44"), [Code.LUNCH_MISSING]),
        (route("08:00", [visit("a", "11:35", "12:35"), visit("b", "13:15", "14:15")], "15:25"), []),
        (
            route("10:00", [visit("a", "10:40", "11:40"), visit("b", "12:20", "13:20")], "14:30"),
            [Code.LUNCH_MISSING],
        ),
        (
            route("10:00", [visit("a", "10:40", "11:40"), visit("b", "12:44", "13:44")], "14:54"),
            [Code.LUNCH_MISSING],
        ),
        (
            route("10:00", [visit("a", "10:40", "11:40"), visit("b", "12:45", "13:45")], "14:55"),
            [],
        ),
        # Who leaves after eleven, or is back before half past one, eats elsewhere.
        (
            route(
                "11:00:01",
                [visit("a", "11:40:01", "12:40:01"), visit("b", "13:20:01", "14:20:01")],
                "15:30:01",
            ),
            [],
        ),
        (
            route("11:00", [visit("a", "11:40", "12:40"), visit("b", "13:20", "14:20")], "15:30"),
            [Code.LUNCH_MISSING],
        ),
        (
            route("09:00", [visit("a", "09:40", "10:40"), visit("b", "11:20", "12:20")], "13:30"),
            [Code.LUNCH_MISSING],
        ),
        (
            route(
                "08:59:59",
                [visit("a", "09:39:59", "10:39:59"), visit("b", "11:19:59", "12:19:59")],
                "13:29:59",
            ),
            [],
        ),
    ],
)
def test_who_is_out_at_midday_has_lunch(changed: Route, expected: list[Code]) -> None:
    assert codes(TWO, changed) == expected


@pytest.mark.parametrize(
    ("pause", "since", "expected"),
    [
        (("a", "11:40", "12:05"), "12:45", []),
        (("b", "12:20", "12:45"), "12:45", []),
        (("b", "12:10", "12:45"), "12:55", []),
        (("a", "11:40", "12:04"), "12:44", [Code.LUNCH_MISSING]),
        (("base", "10:00", "10:25"), "12:44", [Code.LUNCH_MISSING]),
        # A minute more is left at the place of a break of 24.
        (("a", "11:40", "12:04"), "12:45", []),
    ],
)
def test_a_break_is_a_lunch_if_it_is_long_enough_and_at_midday(
    pause: tuple[str, str, str], since: str, expected: list[Code]
) -> None:
    problem = with_stop(TWO, "a", service_s=35 * M)
    second = Visit("b", at(since), at(since) + H, MONDAY)
    out = route("10:00", [visit("a", "11:05", "11:40"), second], "14:55", pause)
    late = replace(out, returns_s=second.ends_s + 70 * M)
    assert codes(problem, late) == expected


def test_at_a_long_visit_the_crew_eats_in_turns() -> None:
    long = with_stop(TWO, "a", service_s=3 * H)
    out = route("10:00", [visit("a", "10:40", "13:40"), visit("b", "14:20", "15:20")], "16:30")
    assert codes(long, out) == []
    shorter = with_stop(TWO, "a", service_s=3 * H - 60)
    sooner = route("10:00", [visit("a", "10:40", "13:39"), visit("b", "14:19", "15:19")], "16:29")
    assert codes(shorter, sooner) == [Code.LUNCH_MISSING]


@pytest.mark.parametrize(
    ("pause", "expected"),
    [
        (("b", "11:20", "11:45"), []),
        (("base", "13:00", "13:25"), []),
        (("b", "11:19", "11:45"), [Code.BREAK_CLASHES]),
        (("b", "13:50", "14:01"), [Code.BREAK_CLASHES]),
        (("b", "11:45", "11:45"), [Code.BREAK_CLASHES]),
        (("a", "13:00", "13:20"), [Code.BREAK_ELSEWHERE]),
        (("b", "11:20", "12:51"), [Code.TOO_LITTLE_TIME]),
        (("b", "12:31", "12:50"), []),
        (("b", "12:50", "13:10"), [Code.TOO_LITTLE_TIME]),
        (("base", "12:19", "12:40"), [Code.TOO_LITTLE_TIME]),
        (("base", "12:20", "12:40"), []),
    ],
)
def test_a_break_lies_beside_visits_and_driving_where_the_vehicle_is(
    pause: tuple[str, str, str], expected: list[Code]
) -> None:
    hungry = replace(TWO, limits=replace(TWO.limits, lunch=None))
    assert codes(hungry, day_out(pause)) == expected


def test_nobody_is_back_where_the_way_began() -> None:
    hungry = replace(TWO, limits=replace(TWO.limits, lunch=None))
    there_and_back = day_out(("base", "12:40", "12:50"), ("b", "13:00", "13:10"))
    assert codes(hungry, there_and_back) == [Code.BREAK_ELSEWHERE]


def test_two_breaks_do_not_overlap() -> None:
    assert Code.BREAK_CLASHES in codes(
        TWO, day_out(("b", "11:20", "11:45"), ("b", "11:44", "11:50"))
    )


def far_season(limits: Limits, service_min: int = 60, back_min: int | None = None) -> Problem:
    """Return a season with a stop two and a half hours away, on each of five days.

    Args:
        service_min: at the stop that lies on the way there.
        back_min: how long the way home takes, if not as long.
    """
    ways = line({"base": 0, "near": 100, "far": 150})
    if back_min is not None:
        seconds = ways.seconds.copy()
        seconds[ways.places.index("far"), ways.places.index("base")] = back_min * M
        ways = replace(ways, seconds=seconds)
    daily = OneOf((tuple(MONDAY + number * DAY for number in range(5)),))
    stops = [
        stop("near", service_min=service_min),
        stop("far", rhythm=daily),
    ]
    shifts = [shift(day=number) for number in range(5)]
    return season(stops, shifts, ways, limits=replace(limits, lunch=None))


def far_route(number: int = 0, **values: object) -> Route:
    """Return the route there and back: five hours of driving."""
    on = MONDAY + number * DAY
    return route("08:00", [visit("far", "10:40", "11:40", on)], "14:20", name=f"van {number}")


def test_driving_is_limited_by_the_day() -> None:
    near = [LeftOut("near", MONDAY)]
    rest = [LeftOut("far", MONDAY + number * DAY) for number in range(1, 5)]
    for day_s, expected in [(5 * H, []), (5 * H - 2, [Code.DRIVING_DAY])]:
        problem = far_season(Limits(day_s=day_s))
        assert codes(problem, far_route(), left_out=[*near, *rest]) == expected


def test_driving_is_limited_by_the_week_of_a_vehicle_and_of_a_crew() -> None:
    near = [LeftOut("near", MONDAY)]
    routes = [far_route(number) for number in range(5)]
    for week_s, expected in [(25 * H, []), (25 * H - 2, [Code.DRIVING_WEEK])]:
        problem = far_season(Limits(week_s=week_s))
        assert codes(problem, *routes, left_out=near) == expected
    found = violations(far_season(Limits(week_s=24 * H)), Plan(tuple(routes), tuple(near)))
    assert {one.names for one in found} == {("van",), ("crew",)}
    free = far_season(Limits(week_s=24 * H))
    shifts = tuple(replace(one, vehicle=f"van{one.name}") for one in free.shifts)
    several = violations(replace(free, shifts=shifts), Plan(tuple(routes), tuple(near)))
    assert [one.names for one in several] == [("crew",)]


@pytest.mark.parametrize(
    ("serves_min", "unbroken_s", "expected"),
    [
        (4, 150 * M, []),
        (4, 150 * M - 2, [Code.DRIVING_UNBROKEN]),
        # The visit and the buffer before it are a break of fifteen minutes.
        (5, 150 * M - 2, []),
        (5, 100 * M, []),
        (5, 100 * M - 2, [Code.DRIVING_UNBROKEN]),
    ],
)
def test_driving_without_a_break_is_limited(
    serves_min: int, unbroken_s: int, expected: list[Code]
) -> None:
    rest = [LeftOut("far", MONDAY + number * DAY) for number in range(1, 5)]
    near = Visit("near", at("09:50"), at("09:50") + serves_min * M, MONDAY)
    far = Visit("far", near.ends_s + H, near.ends_s + 2 * H, MONDAY)
    out = Route("van 0", "base", "base", at("08:00"), far.ends_s + 70 * M, (near, far))
    problem = far_season(Limits(unbroken_s=unbroken_s), serves_min, back_min=60)
    assert codes(problem, out, left_out=rest) == expected


def test_a_break_is_a_rest_from_driving() -> None:
    rest = [LeftOut("far", MONDAY + number * DAY) for number in range(1, 5)]
    limits = Limits(unbroken_s=150 * M - 2, leg_buffer_s=0)
    problem = with_stop(far_season(limits, back_min=60), "near", service_s=1)
    near = visit("near", "09:40", "09:40:01")
    paused = route(
        "08:00", [near, visit("far", "10:46", "11:46")], "12:46", ("near", "09:41", "09:55")
    )
    assert codes(problem, paused, left_out=rest) == []
    shorter = replace(paused, breaks=(Break("near", at("09:40:02"), at("09:54:59")),))
    assert codes(problem, shorter, left_out=rest) == [Code.DRIVING_UNBROKEN]
    after = replace(paused, breaks=(Break("far", at("10:31"), at("10:46")),))
    assert codes(problem, after, left_out=rest) == [Code.DRIVING_UNBROKEN]


def nights() -> Problem:
    """Return a season of four days in which the vehicle may sleep at the inn."""
    daily = OneOf((tuple(MONDAY + number * DAY for number in range(4)),))
    shifts = [replace(shift(day=number), sleeps_at=("inn",)) for number in range(4)]
    return season([stop("b", rhythm=daily)], shifts, ROAD)


def trip(*ends: str, names: Sequence[int] = (0, 1, 2, 3)) -> list[Route]:
    """Return a day's visit to ``b`` for each end, each beginning where the one before ended."""
    found: list[Route] = []
    start = "base"
    for number, end in zip(names, ends, strict=False):
        on = MONDAY + number * DAY
        lunch = ("b", "11:30", "12:00")
        out = route(
            "08:00", [visit("b", "10:30", "11:30", on)], "15:00", lunch,
            name=f"van {number}", start=start, end=end,
        )  # fmt: skip
        found, start = [*found, out], end
    return found


def rest_of(routes: Sequence[Route]) -> list[LeftOut]:
    """Return what such a trip leaves out."""
    made = {visit.occurrence_on for one in routes for visit in one.visits}
    return [
        LeftOut("b", MONDAY + number * DAY)
        for number in range(4)
        if MONDAY + number * DAY not in made
    ]


@pytest.mark.parametrize(
    ("ends", "names", "expected"),
    [
        (["inn", "base"], [0, 1], []),
        (["inn", "inn", "base"], [0, 1, 2], []),
        (["inn", "inn", "inn", "base"], [0, 1, 2, 3], [Code.TOO_MANY_NIGHTS]),
        (["inn"], [0], [Code.NIGHT_WITHOUT_MORNING]),
        (["inn", "base"], [0, 2], [Code.NIGHT_WITHOUT_MORNING, Code.WRONG_START]),
        (["a", "base"], [0, 1], [Code.WRONG_END, Code.WRONG_START]),
    ],
)
def test_who_sleeps_elsewhere_goes_on_from_there(
    ends: list[str], names: list[int], expected: list[Code]
) -> None:
    routes = trip(*ends, names=names)
    assert codes(nights(), *routes, left_out=rest_of(routes)) == expected


def test_a_night_is_followed_by_the_same_crew() -> None:
    problem, routes = nights(), trip("inn", "base")
    shifts = (problem.shifts[0], replace(problem.shifts[1], crew="other"), *problem.shifts[2:])
    found = codes(replace(problem, shifts=shifts), *routes, left_out=rest_of(routes))
    assert found == [Code.NIGHT_WITHOUT_MORNING, Code.WRONG_START]


def test_a_route_begins_at_its_own_place() -> None:
    out = replace(trip("base")[0], start="inn")
    assert codes(nights(), out, left_out=rest_of([out])) == [Code.WRONG_START]


def test_who_sleeps_elsewhere_eats_too() -> None:
    first, second = trip("inn", "base")
    hungry = replace(
        first, visits=(visit("b", "10:30", "13:40"),), returns_s=at("14:20"), breaks=()
    )
    problem = with_stop(nights(), "b", service_s=3 * H + 600)
    problem = replace(problem, limits=replace(problem.limits, lunch=None))
    assert problem.limits.lunch is None
    lunch = Limits().lunch
    assert lunch is not None
    strict = replace(problem, limits=Limits(lunch=replace(lunch, in_turns_s=4 * H)))
    later = replace(second, visits=(visit("b", "08:40", "11:50", MONDAY + DAY),), breaks=())
    rest = rest_of([first, second])
    found = violations(strict, Plan((hungry, later), tuple(rest)))
    assert [(one.code, one.names) for one in found] == [(Code.LUNCH_MISSING, ("van 0",))]


@pytest.mark.parametrize(
    ("returns", "departs", "expected"),
    [
        ("13:35", "10:55", []),
        ("13:36", "10:55", [Code.LUNCH_MISSING]),
        ("13:35", "10:54", [Code.LUNCH_MISSING]),
    ],
)
def test_who_sleeps_elsewhere_may_eat_there(
    returns: str, departs: str, expected: list[Code]
) -> None:
    # The first day ends at the inn, the second begins there; neither leaves time on the way.
    back_s, away_s = at(returns), at(departs)
    first = Visit("b", back_s - 4 * H - 40 * M, back_s - 40 * M, MONDAY)
    second = Visit("b", away_s + 40 * M, away_s + 4 * H + 40 * M, MONDAY + DAY)
    routes = [
        Route("van 0", "base", "inn", first.starts_s - 70 * M, back_s, (first,)),
        Route("van 1", "inn", "base", away_s, second.ends_s + 70 * M, (second,)),
    ]
    lunch = Limits().lunch
    assert lunch is not None
    problem = with_stop(nights(), "b", service_s=4 * H)
    strict = replace(problem, limits=Limits(lunch=replace(lunch, in_turns_s=5 * H)))
    assert codes(strict, *routes, left_out=rest_of(routes)) == expected


def test_a_night_is_followed_by_the_very_next_shift() -> None:
    problem, routes = nights(), trip("inn", "base")
    between = replace(problem.shifts[0], name="evening", starts_s=18 * H, ends_s=20 * H)
    more = replace(problem, shifts=(*problem.shifts, between))
    found = codes(more, *routes, left_out=rest_of(routes))
    assert found == [Code.NIGHT_WITHOUT_MORNING, Code.WRONG_START]


def test_what_only_touches_does_not_clash() -> None:
    hungry = replace(TWO, limits=replace(TWO.limits, lunch=None))
    pauses = [("b", "11:20", "11:40"), ("b", "11:40", "11:50")]
    assert codes(hungry, day_out(*pauses)) == []
    stops, shifts = [stop("a"), stop("b")], [shift("van"), shift("bus")]
    first, second = route("08:00", [A], "10:20"), visit("b", "11:30", "12:30")
    after = route("10:20", [second], "13:40", name="bus 0")
    free = season(stops, shifts, ROAD, limits=hungry.limits)
    assert codes(free, first, after) == []


def test_one_crew_is_not_out_twice_at_once() -> None:
    stops = [stop("a"), stop("b")]
    for crews, expected in [(("one", "two"), []), (("one", "one"), [Code.AT_ONCE])]:
        shifts = [shift("van", crew=crews[0]), shift("bus", crew=crews[1])]
        problem = season(stops, shifts, ROAD)
        routes = [
            route("08:00", [A], "10:20"),
            route("09:00", [visit("b", "10:20", "11:20")], "12:30", name="bus 0"),
        ]
        assert codes(problem, *routes) == expected


def test_a_stop_is_visited_once_a_day() -> None:
    twice = OneOf(((MONDAY, MONDAY + DAY),), tolerance_days=1)
    problem = season([stop("a", rhythm=twice)], [shift()], ROAD)
    visits = [A, visit("a", "09:40", "10:40", MONDAY + DAY)]
    assert codes(problem, route("08:00", visits, "11:20")) == [Code.TWICE_A_DAY]


def weekly(tolerance_days: int) -> Problem:
    """Return a season of two weeks with a visit in each, of which the second may be moved."""
    shifts = [shift(day=number) for number in range(14)]
    one = stop("a", days=14, rhythm=EveryWeeks(1, tolerance_days))
    return season([one], shifts, ROAD, days=14)


def visit_on(number: int, occurrence: int) -> Route:
    """Return a day's visit to ``a``."""
    on = MONDAY + occurrence * DAY
    return route("08:00", [visit("a", "08:40", "09:40", on)], "10:20", name=f"van {number}")


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([(1, 1), (8, 8)], []),
        ([(1, 1), (10, 8)], []),
        ([(1, 1), (11, 8)], [Code.BESIDE_RHYTHM]),
        ([(1, 1)], [Code.RHYTHM]),
        ([(1, 1), (9, 9)], [Code.RHYTHM]),
        ([(1, 1), (2, 1), (8, 8)], [Code.OCCURRENCE_TWICE]),
    ],
)
def test_visits_keep_to_the_rhythm(days: list[tuple[int, int]], expected: list[Code]) -> None:
    assert codes(weekly(2), *(visit_on(*one) for one in days)) == expected


def test_what_is_left_out_is_said_once() -> None:
    second = LeftOut("a", MONDAY + 8 * DAY)
    assert codes(weekly(2), visit_on(1, 1), left_out=[second]) == []
    twice = codes(weekly(2), visit_on(1, 1), visit_on(8, 8), left_out=[second])
    assert twice == [Code.OCCURRENCE_TWICE]


def test_what_must_be_made_is_not_left_out() -> None:
    problem = with_stop(weekly(2), "a", left_out_cost=None)
    second = LeftOut("a", MONDAY + 8 * DAY)
    assert codes(problem, visit_on(1, 1), left_out=[second]) == [Code.LEFT_OUT]


def test_a_pinned_visit_may_lie_far_from_its_rhythm() -> None:
    problem = replace(weekly(1), pins=(Pin("a", MONDAY + 12 * DAY),))
    assert codes(problem, visit_on(1, 1), visit_on(12, 8)) == []
    assert codes(weekly(1), visit_on(1, 1), visit_on(12, 8)) == [Code.BESIDE_RHYTHM]


def test_a_stop_that_was_promised_nothing_has_pinned_visits_only() -> None:
    fifth = stop("a", rhythm=NthWeekday(frozenset({5}), 0))
    nothing = season([fifth], [shift()], ROAD)
    assert codes(nothing) == []
    assert codes(nothing, visit_on(0, 0)) == [Code.RHYTHM]
    assert codes(replace(nothing, pins=(Pin("a", MONDAY),)), visit_on(0, 0)) == []


@pytest.mark.parametrize(
    ("pin", "expected"),
    [
        (Pin("a", MONDAY), []),
        (Pin("a", MONDAY, "van", at("08:40")), []),
        (Pin("a", MONDAY + DAY), [Code.PIN_MISSING]),
        (Pin("a", MONDAY, "bus"), [Code.PIN_VEHICLE]),
        (Pin("a", MONDAY, "van", at("08:41")), [Code.PIN_TIME]),
    ],
)
def test_pins_are_kept(pin: Pin, expected: list[Code]) -> None:
    assert codes(replace(TWO, pins=(pin,)), MORNING) == expected


@settings(max_examples=60)
@given(problems(), st.integers(0, 1000))
def test_a_plan_made_with_exact_times_is_accepted(problem: Problem, seed: int) -> None:
    assert violations(problem, built(problem, seed)) == []


def _changed(plan: Plan, old: Route, **values: object) -> Plan:
    new = replace(old, **values)  # type: ignore[arg-type]
    return replace(plan, routes=tuple(new if one is old else one for one in plan.routes))


@settings(max_examples=40)
@given(problems(), st.integers(0, 1000), st.randoms())
def test_a_visit_that_is_dropped_is_missed(problem: Problem, seed: int, rng: random.Random) -> None:
    plan = built(problem, seed)
    pairs = [
        (one, lost)
        for one, lost in plan.visits()
        if (lost.stop, problem.shift[one.shift].on)
        not in {(pin.stop, pin.on) for pin in problem.pins}
    ]
    if not pairs:
        return
    old, lost = rng.choice(pairs)
    kept = tuple(visit for visit in old.visits if visit is not lost)
    fewer = _changed(plan, old, visits=kept)
    rest = {visit.occurrence_on for _route, visit in fewer.visits() if visit.stop == lost.stop}
    rest |= {one.occurrence_on for one in fewer.left_out if one.stop == lost.stop}
    # What is left may be all that another pattern asks for.
    is_enough = problem.stop[lost.stop].rhythm.holds(rest, problem.first_on, problem.days)
    told = Violation(Code.RHYTHM, (lost.stop,))
    found = {(one.code, one.names) for one in violations(problem, fewer)}
    assert ((told.code, told.names) in found) is not is_enough


@settings(max_examples=40)
@given(problems(), st.integers(0, 1000), st.randoms())
def test_a_visit_begun_too_early_is_noticed(
    problem: Problem, seed: int, rng: random.Random
) -> None:
    plan = built(problem, seed)
    if not plan.routes:
        return
    old = rng.choice(plan.routes)
    number = rng.randrange(len(old.visits))
    since_s = old.visits[number - 1].ends_s if number else old.departs_s
    drive_s = _drive_s(problem, old, number)
    early = replace(
        old.visits[number],
        starts_s=since_s + max(0, round(drive_s) - 60),
        ends_s=since_s + max(0, round(drive_s) - 60) + _service_s(problem, old, number),
    )
    visits = (*old.visits[:number], early, *old.visits[number + 1 :])
    found = {one.code for one in violations(problem, _changed(plan, old, visits=visits))}
    assert drive_s == 0 or found & {Code.TOO_LITTLE_TIME, Code.BREAK_CLASHES, Code.OUTSIDE_WINDOW}


def _drive_s(problem: Problem, one: Route, number: int) -> float:
    before = problem.stop[one.visits[number - 1].stop].place if number else one.start
    there = problem.stop[one.visits[number].stop].place
    return problem.way(problem.shift[one.shift].profile, before, there)[1]


def _service_s(problem: Problem, one: Route, number: int) -> int:
    return problem.stop[one.visits[number].stop].service_s


@settings(max_examples=40)
@given(problems(vehicles=1), st.integers(0, 1000), st.randoms())
def test_a_pinned_visit_on_another_vehicle_is_noticed(
    problem: Problem, seed: int, rng: random.Random
) -> None:
    plan = built(problem, seed)
    if not plan.routes:
        return
    old = rng.choice(plan.routes)
    own = problem.shift[old.shift]
    pins = tuple(Pin(visit.stop, own.on, own.vehicle, visit.starts_s) for visit in old.visits)
    other = replace(own, name="other", vehicle="other", crew="other")
    pinned = replace(problem, pins=pins, shifts=(*problem.shifts, other))
    assert Code.PIN_VEHICLE not in {one.code for one in violations(pinned, plan)}
    swapped = violations(pinned, _changed(plan, old, shift="other"))
    assert Code.PIN_VEHICLE in {one.code for one in swapped}


ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
TIMED = {
    domain.Rule.LEG_TOO_SHORT,
    domain.Rule.LUNCH_MISSING,
    domain.Rule.DRIVING_UNBROKEN,
    domain.Rule.DRIVING_DAY,
    domain.Rule.EVENTS_CLASH,
    domain.Rule.EVENT_OUTSIDE_TRIP,
    domain.Rule.PAUSE_CLASHES,
    domain.Rule.PAUSE_OUTSIDE_TRIP,
    domain.Rule.REVERSED,
}


def as_trip(problem: Problem, one: Route) -> domain.TripFact:
    """Return a route as the rules of scheduling see a trip."""
    own = problem.shift[one.shift]
    midnight = datetime(own.on.year, own.on.month, own.on.day, tzinfo=ZONE)

    def moment(seconds: int) -> datetime:
        return midnight + timedelta(seconds=seconds)

    places = [one.start, *(problem.stop[visit.stop].place for visit in one.visits), one.end]
    since = [one.departs_s, *(visit.ends_s for visit in one.visits)]
    until = [*(visit.starts_s for visit in one.visits), one.returns_s]
    ways = [problem.way(own.profile, here, there)[1] for here, there in pairwise(places)]
    legs = tuple(
        domain.LegFact(here, there, round(way / 60), moment(a), moment(b))
        for (here, there), way, a, b in zip(pairwise(places), ways, since, until, strict=True)
    )
    return domain.TripFact(
        departs_at=moment(one.departs_s),
        returns_at=moment(one.returns_s),
        vehicle=own.vehicle,
        crew=(),
        events=tuple(
            domain.EventFact(visit.stop, moment(visit.starts_s), moment(visit.ends_s), 1)
            for visit in one.visits
        ),
        legs=legs,
        pauses=tuple(
            domain.PauseFact(moment(pause.starts_s), moment(pause.ends_s)) for pause in one.breaks
        ),
    )


@settings(max_examples=60)
@given(problems(), st.integers(0, 1000))
def test_what_the_judge_accepts_passes_the_rules_of_scheduling(problem: Problem, seed: int) -> None:
    """The trip rules count whole minutes, so the ways are whole minutes here."""
    known = problem.matrices["road"]
    whole = replace(known, seconds=np.round(known.seconds / 60) * 60)
    minutes = replace(problem, matrices={"road": whole}, limits=Limits(), pins=(), running=())
    plan = built(minutes, seed)
    assert violations(minutes, plan) == []
    for one in plan.routes:
        found = domain.findings_for(as_trip(minutes, one))
        assert [finding.rule for finding in found if finding.rule in TIMED] == []
