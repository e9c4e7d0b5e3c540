"""The search: what it returns is legal, good, and the same again; it can be stopped."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from outreach.routing.costs import cost_of
from outreach.routing.effort import Ask, Cancelled, Effort, Progress
from outreach.routing.plan import LeftOut, Plan
from outreach.routing.problem import Limits, Matrix, Pin, Problem, Shift, Stop, Weights
from outreach.routing.rhythms import EveryWeeks, OneOf
from outreach.routing.solver import solve
from outreach.routing.validator import violations
from tests.routing.brute_force import optimum
from tests.routing.problems import MONDAY, H, line, problems, random_problem, season, stop

A_LITTLE = Effort(None, iterations=1_200, seed=1, processes=1)
THOROUGH = Effort(None, iterations=20_000, seed=1, processes=1)
MOST_VISITS = 7


@settings(max_examples=60, deadline=None)
@given(problems())
def test_the_judge_accepts_every_plan_the_search_returns(problem: Problem) -> None:
    plan = solve(problem, A_LITTLE)

    assert violations(problem, plan) == []


@settings(max_examples=25, deadline=None)
@given(problems(), st.integers(0, 1000))
def test_a_search_that_begins_with_a_plan_is_not_worse_than_it(problem: Problem, seed: int) -> None:
    before = solve(problem, replace(A_LITTLE, seed=seed))

    after = solve(problem, A_LITTLE, start=before)

    assert violations(problem, after) == []
    assert cost_of(problem, after).total <= cost_of(problem, before).total * 1.001 + 1


@pytest.mark.parametrize("seed", range(40))
def test_a_tiny_season_is_planned_within_a_hundredth_of_the_optimum(seed: int) -> None:
    problem = random_problem(seed, stops=4, vehicles=2, days=7)
    plan = solve(problem, THOROUGH)
    visits = sum(1 for _visit in plan.visits()) + len(plan.left_out)
    if visits > MOST_VISITS:
        problem = replace(problem, stops=problem.stops[:2], pins=(), running=())
        plan = solve(problem, THOROUGH)

    best, _plan = optimum(problem)

    assert cost_of(problem, plan).total <= best * 1.01 + 1e-6


def test_the_same_question_seed_and_iterations_give_the_same_plan() -> None:
    problem = random_problem(3, stops=8, vehicles=2, days=28)
    effort = Effort(None, iterations=2_000, seed=5, processes=2)

    assert solve(problem, effort) == solve(problem, effort)


def test_pinned_visits_stay_though_the_way_would_be_shorter_without() -> None:
    always = EveryWeeks(1)
    made = [stop(name, days=14, rhythm=always, left_out_cost=1.0) for name in ("far", "near")]
    problem = _two_weeks(made, {"base": 0, "near": 20, "far": 100})
    pins = (Pin("far", MONDAY + timedelta(days=2), "van", 9 * H), Pin("far", _day(9)))

    plan = solve(replace(problem, pins=pins), A_LITTLE)

    at = {(v.stop, problem.shift[r.shift].on): v.starts_s for r, v in plan.visits()}
    assert at["far", _day(2)] == 9 * H
    assert ("far", _day(9)) in at
    assert violations(replace(problem, pins=pins), plan) == []


def test_what_cannot_be_reached_in_a_day_is_reached_with_a_night_away() -> None:
    both = OneOf(((MONDAY,), (_day(1),), (_day(2),)))
    made = [
        stop("valley", days=14, rhythm=both, left_out_cost=1e6),
        stop("pass", days=14, rhythm=both, left_out_cost=1e6),
    ]
    at = {"base": 0, "inn": 270, "valley": 290, "pass": 300}
    problem = _two_weeks(made, at, sleeps_at=("inn",))

    plan = solve(problem, THOROUGH)

    assert violations(problem, plan) == []
    assert plan.left_out == ()
    assert any(route.end == "inn" for route in plan.routes)


def test_visits_are_left_out_where_nobody_goes() -> None:
    problem = _two_weeks([stop("near", rhythm=EveryWeeks(1), days=14)], {"base": 0, "near": 20})

    plan = solve(replace(problem, shifts=()), A_LITTLE)

    assert plan == Plan((), (LeftOut("near", MONDAY), LeftOut("near", _day(7))))


def test_two_visits_are_worth_a_way_that_neither_is_alone() -> None:
    once = OneOf(((MONDAY,),))
    made = [stop(name, days=14, rhythm=once, left_out_cost=90_000.0) for name in ("one", "other")]
    problem = _two_weeks(made, {"base": 0, "one": 80, "other": 81})

    assert solve(problem, A_LITTLE).left_out == ()


def test_a_search_says_how_far_it_is() -> None:
    heard: list[Progress] = []

    def watch(progress: Progress) -> Ask:
        heard.append(progress)
        return Ask.GO_ON

    problem = random_problem(3, stops=8, vehicles=2, days=28)
    plan = solve(problem, A_LITTLE, watch=watch)

    last = heard[-1]
    assert [one.share for one in heard] == sorted(one.share for one in heard)
    assert last.share == 1.0
    assert last.placed == sum(1 for _visit in plan.visits())
    assert last.promised == last.placed + len(plan.left_out)
    assert last.metres == pytest.approx(cost_of(problem, plan).metres)


def test_a_search_that_is_stopped_keeps_the_best() -> None:
    problem = random_problem(3, stops=8, vehicles=2, days=28)

    plan = solve(problem, Effort(600.0), watch=lambda _progress: Ask.STOP)

    assert violations(problem, plan) == []


def test_a_search_that_is_cancelled_returns_nothing() -> None:
    with pytest.raises(Cancelled):
        solve(random_problem(3), Effort(600.0), watch=lambda _progress: Ask.CANCEL)


@pytest.mark.parametrize(
    ("seconds", "iterations", "processes"),
    [(None, None, 1), (0.0, None, 1), (1.0, 0, 1), (1, 1, 0)],
)
def test_a_search_without_end_or_hands_is_refused(
    seconds: float | None, iterations: int | None, processes: int
) -> None:
    with pytest.raises(ValueError, match="end"):
        Effort(seconds, iterations=iterations, processes=processes)


def test_ways_that_differ_by_direction_are_driven_the_short_way_round() -> None:
    rng = random.Random(1)
    names = ["base", *(f"stop {number}" for number in range(6))]
    metres = _ring_m(len(names))
    ring = Matrix(tuple(names), metres, metres * 0.06)
    made = [stop(name, rhythm=OneOf(((MONDAY,),))) for name in rng.sample(names[1:], 6)]
    problem = season(
        [replace(one, service_s=600) for one in made],
        [Shift("van", "van", "crew", MONDAY, 6 * H, 20 * H, "base", "base", "road")],
        ring,
        weights=Weights(),
    )

    (route,) = solve(problem, A_LITTLE).routes

    assert [visit.stop for visit in route.visits] == names[1:]


def _ring_m(count: int) -> NDArray[np.float64]:
    """Return a one-way road round: a kilometre to the next place, the long way to the last."""
    here, there = np.meshgrid(range(count), range(count), indexing="ij")
    metres: NDArray[np.float64] = ((there - here) % count) * 1000.0
    return metres


def _two_weeks(
    made: Sequence[Stop], at: Mapping[str, float], sleeps_at: tuple[str, ...] = ()
) -> Problem:
    shifts = [
        Shift(
            f"van {number}",
            "van",
            "crew",
            _day(number),
            7 * H,
            17 * H,
            "base",
            "base",
            "road",
            sleeps_at=sleeps_at,
            night_cost=1000.0,
        )
        for number in range(14)
    ]
    return season(made, shifts, line(at), days=14, limits=Limits(), weights=Weights())


def _day(number: int) -> date:
    return MONDAY + timedelta(days=number)
