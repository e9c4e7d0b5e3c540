"""Each part of what a plan costs, by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.routing.costs import Costs, Kept, cost_of
from outreach.routing.plan import LeftOut, Plan, Route, Visit
from outreach.routing.problem import Problem, Running, Weights
from outreach.routing.rhythms import EveryWeeks
from tests.routing.brute_force import optimum
from tests.routing.problems import (
    MONDAY,
    H,
    M,
    built,
    line,
    problems,
    random_problem,
    season,
    shift,
    stop,
    unpromised,
)

ROAD = line({"base": 0, "a": 30, "b": 60})
DAY = timedelta(days=1)
NOTHING = Weights(metre=0.0)


def day_out(
    day: int, name: str, *, hours: float = 4, vehicle: str = "van", occurs: int = 0
) -> Route:
    """Return a route that visits one stop and is out for so many hours from eight."""
    since = 8 * H + 40 * M
    visit = Visit(name, since, since + H, MONDAY + occurs * DAY)
    end = 8 * H + round(hours * H)
    return Route(f"{vehicle} {day}", "base", "base", 8 * H, end, (visit,))


def two_weeks(**values: object) -> Problem:
    """Return a season of two weeks with two stops and two vehicles."""
    stops = [
        replace(stop("a", days=14, rhythm=EveryWeeks(1, 3)), commune="A", weight=2.0),
        replace(stop("b", days=14, rhythm=EveryWeeks(1, 3)), commune="B"),
    ]
    shifts = [
        replace(shift(vehicle, day, crew=f"crew {vehicle}"), out_cost=100.0)
        for vehicle in ("van", "bus")
        for day in (0, 1, 2, 7, 8)
    ]
    problem = season(stops, shifts, ROAD, days=14)
    return replace(problem, **values)  # type: ignore[arg-type]


def cost(problem: Problem, *routes: Route, left_out: tuple[LeftOut, ...] = ()) -> Costs:
    """Return what a plan costs."""
    return cost_of(problem, Plan(routes, left_out))


def test_ways_are_counted_in_metres_and_seconds_without_buffers() -> None:
    found = cost(two_weeks(), day_out(0, "a"), day_out(1, "b"))
    assert (found.metres, found.driving_s) == (2 * 18_000 + 2 * 36_000, 2 * 30 * M + 2 * H)


def test_duty_is_counted_by_crew_and_by_vehicle() -> None:
    problem = two_weeks(weights=replace(NOTHING, duty_second=2.0))
    found = cost(problem, day_out(0, "a", hours=4), day_out(1, "b", hours=3, vehicle="bus"))
    assert found.duty_s_of_vehicle == {"van": 4 * H, "bus": 3 * H}
    assert found.duty_s_of_crew == {"crew van": 4 * H, "crew bus": 3 * H}
    assert found.total == 2 * 7 * H + 2 * 100


def test_each_day_out_and_each_night_has_its_cost() -> None:
    problem = two_weeks(weights=NOTHING)
    shifts = tuple(replace(one, sleeps_at=("b",), night_cost=7.0) for one in problem.shifts)
    away = replace(day_out(0, "b"), end="b")
    back = replace(day_out(1, "a"), start="b")
    found = cost(replace(problem, shifts=shifts), away, back)
    assert (found.out_days, found.nights, found.total) == (2, 1, 207)


def test_what_is_left_out_costs_what_was_said() -> None:
    problem = two_weeks(weights=NOTHING)
    found = cost(problem, left_out=(LeftOut("a", MONDAY), LeftOut("b", MONDAY)))
    assert (found.left_out, found.left_out_cost, found.total) == (2, 200_000, 200_000)
    must = replace(problem, stops=(replace(problem.stops[0], left_out_cost=None), problem.stops[1]))
    assert cost(must, left_out=(LeftOut("a", MONDAY),)).total == math.inf


def test_uneven_weeks_cost_the_square_of_the_hours_above_the_mean() -> None:
    problem = two_weeks(weights=replace(NOTHING, spread=10.0))
    found = cost(
        problem, day_out(0, "a", hours=5), day_out(1, "b", hours=3), day_out(7, "a", hours=2)
    )
    # Weeks of eight hours and of two: the mean is five.
    assert found.spread == pytest.approx(9.0)
    assert found.total == pytest.approx(90 + 300)
    assert cost(problem, day_out(0, "a"), day_out(7, "a")).spread == 0
    assert cost(problem, day_out(0, "a", hours=4)).spread == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("day", "vehicle", "moved_min", "expected"),
    [
        (0, "van", 0, 0.0),
        (0, "van", 30, 0.0),
        (0, "van", -30, 0.0),
        (0, "van", 31, 0.25),
        (0, "van", -31, 0.25),
        (0, "bus", 0, 0.5),
        (1, "van", 0, 1.0),
    ],
)
def test_a_running_visit_that_changes_costs_by_how_much(
    day: int, vehicle: str, moved_min: int, expected: float
) -> None:
    running = Running("a", MONDAY, "van", 8 * H + 40 * M - moved_min * M)
    problem = two_weeks(weights=replace(NOTHING, change=8.0), running=(running,))
    found = cost(problem, day_out(day, "a", vehicle=vehicle))
    assert (found.change, found.changed) == (expected, int(expected > 0))
    assert found.total == 100 + 8 * expected


def test_days_beside_the_rhythm_are_counted() -> None:
    problem = two_weeks(weights=replace(NOTHING, off_rhythm_day=5.0))
    found = cost(problem, day_out(2, "a", occurs=0), day_out(7, "a", occurs=8))
    assert (found.off_rhythm_days, found.total) == (3, 215)


def test_the_usual_vehicle_is_that_of_the_running_plan_or_else_of_most_visits() -> None:
    problem = two_weeks(weights=replace(NOTHING, other_vehicle=3.0))
    routes = (
        day_out(0, "a"),
        day_out(1, "a", vehicle="bus"),
        day_out(7, "a", vehicle="bus"),
    )
    assert cost(problem, *routes).other_vehicle == 1
    running = (Running("a", MONDAY, "van", 0),)
    again = cost(replace(problem, running=running), *routes)
    assert (again.other_vehicle, again.total) == (2, 306)


def test_stops_wait_for_their_first_visit() -> None:
    problem = two_weeks(weights=replace(NOTHING, waiting_day=1.0))
    found = cost(problem, day_out(2, "a"), day_out(7, "a"), left_out=(LeftOut("b", MONDAY),))
    assert found.waiting_days == 2 * 2.0 + 14 * 1.0


def test_communes_know_what_they_were_promised() -> None:
    found = cost(
        two_weeks(), day_out(0, "a"), left_out=(LeftOut("a", MONDAY), LeftOut("b", MONDAY))
    )
    assert found.by_commune == {"A": Kept(2, 1), "B": Kept(1, 0)}


@settings(max_examples=30)
@given(problems(), st.integers(0, 100))
def test_the_total_is_the_weighted_sum_of_what_is_told(problem: Problem, seed: int) -> None:
    plan, weights = built(problem, seed), problem.weights
    found = cost_of(problem, plan)
    parts = [
        found.metres * weights.metre,
        found.driving_s * weights.driving_second,
        found.duty_s * weights.duty_second,
        found.out_cost,
        found.night_cost,
        found.left_out_cost,
        found.spread * weights.spread,
        found.change * weights.change,
        found.off_rhythm_days * weights.off_rhythm_day,
        found.other_vehicle * weights.other_vehicle,
        found.waiting_days * weights.waiting_day,
    ]
    assert found.total == pytest.approx(sum(parts))
    assert found.duty_s == sum(found.duty_s_of_crew.values())


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_nothing_legal_is_cheaper_than_the_optimum(seed: int) -> None:
    problem = unpromised(random_problem(seed, stops=3, vehicles=1, days=7))
    best, plan = optimum(problem)
    assert plan is not None
    for number in range(5):
        assert best <= cost_of(problem, built(problem, number)).total + 1e-6
