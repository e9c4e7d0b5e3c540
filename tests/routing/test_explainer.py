"""Every visit left out has its reasons, and a change that truly places it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.routing.changes import slower, tolerant
from outreach.routing.explainer import (
    AnotherDay,
    Change,
    Explanation,
    ExtraShift,
    LongerCycle,
    LongerShift,
    OtherVehicle,
    OtherWindow,
    ShorterService,
    apply,
    explain,
    helps,
    place,
)
from outreach.routing.placing import timed
from outreach.routing.plan import LeftOut, Plan, Route
from outreach.routing.problem import Limits, Pin, Problem, Window
from outreach.routing.rhythms import EveryWeeks, NthWeekday, OneOf, TimesInSeason
from outreach.routing.timing import Reason, Refused
from outreach.routing.validator import violations
from tests.routing.problems import MONDAY, H, M, built, line, on_days, problems, season, shift, stop

ROAD = line({"base": 0, "a": 30, "b": 60, "c": 40})
DAY = timedelta(days=1)
LEFT = LeftOut("a", MONDAY)


def explained(problem: Problem, *routes: Route, left_out: LeftOut = LEFT) -> Explanation:
    """Return why one visit is left out of a plan."""
    (found,) = explain(problem, Plan(routes, (left_out,)))
    return found


def alone(*, hours: tuple[float, float] = (7, 17), **values: object) -> Problem:
    """Return a season of one stop, an hour's visit half an hour away, and one shift."""
    one = replace(stop("a"), **values)  # type: ignore[arg-type]
    return season([one], [shift(hours=hours)], ROAD)


def made(problem: Problem, *names: str, on: str = "van 0") -> Route:
    """Return the timed route of a shift."""
    found = timed(problem, problem.shift[on], [problem.stop[name] for name in names])
    assert isinstance(found, Route)
    return found


def reasons(found: Explanation) -> list[Reason]:
    """Return the reasons of an explanation, most frequent first."""
    return list(found.counts)


def test_a_visit_that_would_fit_is_told_with_its_route() -> None:
    found = explained(alone())
    assert found.placeable is not None
    assert [visit.stop for visit in found.placeable.visits] == ["a"]
    assert found.smallest is None


def test_a_closed_day_is_told_in_its_own_words() -> None:
    found = explained(alone(windows={}, closed={MONDAY: "tet"}))
    (refusal,) = found.refusals
    assert (refusal.reason, refusal.because, refusal.shift) == (Reason.CLOSED, "tet", "van 0")


def test_a_barred_vehicle_is_told_and_let_in() -> None:
    found = explained(alone(barred={"van": "too_long"}))
    assert [(one.reason, one.because) for one in found.refusals] == [(Reason.BARRED, "too_long")]
    assert (found.smallest, found.trouble_min) == (OtherVehicle("a", "van"), 240)


def test_a_shift_that_is_too_short_is_told_by_how_much() -> None:
    # Forty minutes there, an hour, forty back: 140 minutes from seven.
    for hours, over_min in [((7, 9), 20), ((7, 9.25), 5)]:
        found = explained(alone(hours=hours))
        assert reasons(found) == [Reason.SHIFT_OVER]
        assert found.least_over_s == over_min * M
    assert explained(alone(hours=(7, 9 + 20 / 60))).placeable is not None


def test_a_shift_too_short_in_both_its_hours_and_its_longest_time_is_told_the_more() -> None:
    problem = alone(hours=(7, 9))
    brief = replace(problem, shifts=(replace(problem.shifts[0], longest_s=2 * H - 10 * M),))
    assert explained(brief).least_over_s == 30 * M


def test_the_smallest_change_is_a_longer_shift_where_that_is_the_least_trouble() -> None:
    problem = alone(hours=(7, 9.25))
    found = explained(problem)
    assert (found.smallest, found.trouble_min) == (LongerShift("van 0", 5 * M), 25)
    assert not helps(problem, Plan((), (LEFT,)), LEFT, LongerShift("van 0", 4 * M))


def test_the_smallest_change_is_a_shorter_visit_where_a_crew_would_stay_long() -> None:
    problem = alone(hours=(7, 9))
    found = explained(problem)
    assert (found.smallest, found.trouble_min) == (ShorterService("a", 20 * M), 55)
    assert not helps(problem, Plan((), (LEFT,)), LEFT, ShorterService("a", 19 * M))


def test_a_visit_shortened_for_one_day_is_shorter_on_the_others() -> None:
    daily = OneOf(((MONDAY, MONDAY + DAY),))
    problem = season([stop("a", rhythm=daily)], [shift(), shift(day=1, hours=(7, 9))], ROAD)
    left_out = LeftOut("a", MONDAY + DAY)
    plan = Plan((made(problem, "a"),), (left_out,))
    new = apply(problem, ShorterService("a", 20 * M))
    placed = place(new, plan, left_out)
    assert placed is not None
    assert [visit.ends_s - visit.starts_s for _route, visit in placed.visits()] == [40 * M] * 2
    assert violations(new, placed) == []


def test_a_window_that_nobody_can_meet_is_told_and_widened_by_little() -> None:
    # The vehicle can be there at 7:40 at the earliest.
    found = explained(alone(windows=on_days(7, (7, 8.5))))
    assert reasons(found) == [Reason.WINDOW]
    assert (found.smallest, found.trouble_min) == (ShorterService("a", 10 * M), 35)
    # So short a visit can lose no more than half.
    brief = explained(alone(windows=on_days(7, (7, 7.75)), service_s=10 * M))
    wider = OtherWindow("a", MONDAY, Window(7 * H + 40 * M, 7 * H + 50 * M))
    assert (brief.smallest, brief.trouble_min) == (ShorterService("a", 5 * M), 25)
    assert helps(
        alone(windows=on_days(7, (7, 7.75)), service_s=10 * M), Plan((), (LEFT,)), LEFT, wider
    )
    late = explained(alone(windows=on_days(7, (7, 7.5)), service_s=10 * M))
    assert (late.smallest, late.trouble_min) == (wider, 50)


def test_a_visit_is_put_between_two_nights_away() -> None:
    ways = line({"base": 0, "a": 200, "c": 210, "inn": 220})
    daily = OneOf((tuple(MONDAY + number * DAY for number in range(3)),))
    days = [replace(shift(day=number), sleeps_at=("inn",)) for number in range(3)]
    problem = season([stop("a", rhythm=daily), stop("c", rhythm=_on(MONDAY + DAY))], days, ways)
    ends = [("base", "inn"), ("inn", "inn"), ("inn", "base")]
    routes = []
    for number, (start, end) in enumerate(ends):
        own = days[number]
        made_on = timed(problem, own, [problem.stop["a"]], start=start, end=end)
        assert isinstance(made_on, Route)
        routes.append(made_on)
    left_out = LeftOut("c", MONDAY + DAY)
    plan = Plan(tuple(routes), (left_out,))
    assert violations(problem, plan) == []
    placed = place(problem, plan, left_out)
    assert placed is not None
    assert violations(problem, placed) == []
    assert [(one.start, one.end) for one in placed.routes] == ends


def test_a_closed_stop_is_opened_at_the_hour_at_which_somebody_comes() -> None:
    closed = explained(alone(windows={}, closed={MONDAY: "tet"}))
    assert closed.smallest == OtherWindow("a", MONDAY, Window(7 * H + 40 * M, 8 * H + 40 * M))
    assert closed.trouble_min == 210


def test_another_day_is_offered_as_many_days_off_as_it_takes() -> None:
    problem = season([stop("a", rhythm=EveryWeeks(1, 1), hours=(7, 17))], [shift(day=4)], ROAD)
    found = explained(problem, left_out=LeftOut("a", MONDAY + DAY))
    assert reasons(found) == [Reason.NO_SHIFT]
    assert (found.smallest, found.trouble_min) == (AnotherDay("a", 2), 40)
    once = explained(replace(problem, stops=(replace(problem.stops[0], windows={}),)))
    assert once.smallest != AnotherDay("a", 2)


def test_an_extra_shift_goes_out_with_a_crew_that_is_free() -> None:
    # Crew "one" usually goes with the van, and is out with the bus on that day.
    shifts = [
        shift("bus", 0, crew="one"),
        shift("van", 10, crew="one"),
        shift("van", 11, crew="one"),
        shift("bus", 12, crew="two"),
    ]
    # An hour and a half there: the bus, due back at eight, is too late by four hours and more.
    early = replace(shifts[0], ends_s=8 * H)
    far = line({"base": 0, "a": 150})
    only = stop("a", days=1, left_out_cost=1.0)
    problem = season([only], [early, *shifts[1:]], far, days=14)
    found = explained(problem)
    assert (found.smallest, found.trouble_min) == (ExtraShift("van", MONDAY, "two"), 600)


def test_an_extra_shift_is_offered_where_nothing_less_helps() -> None:
    problem = season([stop("a", days=1)], [shift(day=3, crew="one")], ROAD)
    found = explained(problem)
    assert (found.smallest, found.trouble_min) == (ExtraShift("van", MONDAY, "one"), 600)


def test_a_longer_cycle_is_offered_only_if_nothing_of_the_stop_is_left_out_then() -> None:
    # Open every other Monday only; the shift goes out on these days too.
    windows = {MONDAY + 14 * number * DAY: (Window(7 * H, 17 * H),) for number in range(2)}
    weekly = replace(stop("a", days=28, rhythm=EveryWeeks(1, 0, frozenset({0}))), windows=windows)
    shifts = [shift(day=number) for number in range(0, 28, 7)]
    problem = season([weekly], shifts, ROAD, days=28)
    routes = (
        made(problem, "a"),
        made(problem, "a", on="van 14"),
    )
    left = tuple(LeftOut("a", MONDAY + number * DAY) for number in (7, 21))
    found = explain(problem, Plan(routes, left))
    assert [one.smallest for one in found] == [LongerCycle("a", 2)] * 2
    changed = apply(problem, LongerCycle("a", 2))
    placed = place(changed, Plan(routes, left), left[0])
    assert placed is not None
    assert placed.left_out == ()
    assert violations(changed, placed) == []
    closed = replace(problem, stops=(replace(weekly, windows={}),))
    nothing = tuple(LeftOut("a", MONDAY + number * DAY) for number in (0, 7, 14, 21))
    assert not helps(closed, Plan((), nothing), nothing[0], LongerCycle("a", 2))


def test_capacity_refuses() -> None:
    problem = alone(items=3)
    shifts = tuple(replace(one, capacity=2) for one in problem.shifts)
    assert reasons(explained(replace(problem, shifts=shifts))) == [Reason.CAPACITY]


def test_driving_refuses() -> None:
    limits = Limits(day_s=59 * M)
    assert reasons(explained(replace(alone(), limits=limits))) == [Reason.DRIVING]


def test_lunch_refuses_where_the_work_alone_would_fit() -> None:
    # On the way from half past ten until two, with no time left.
    limits = Limits(leg_buffer_s=0, unbroken_s=None)
    slow = replace(
        season(
            [stop("a", service_min=120)],
            [shift(hours=(9, 15.5))],
            line({"base": 0, "a": 130}),
        ),
        limits=limits,
    )
    found = explained(slow)
    assert reasons(found) == [Reason.SHIFT_OVER]
    window = {MONDAY: (Window(11 * H + 10 * M, 13 * H + 45 * M),)}
    hungry = replace(slow, stops=(replace(slow.stops[0], windows=window, service_s=155 * M),))
    assert reasons(explained(hungry)) == [Reason.LUNCH]


def test_a_place_without_a_way_is_told() -> None:
    seconds = ROAD.seconds.copy()
    seconds[:, ROAD.places.index("a")] = np.inf
    problem = replace(alone(), matrices={"road": replace(ROAD, seconds=seconds)})
    found = explained(problem)
    assert reasons(found) == [Reason.NO_WAY]
    assert found.smallest is None


def test_a_pinned_visit_that_is_in_the_way_is_told() -> None:
    promised = [stop("a"), stop("b", service_min=300)]
    pin = Pin("b", MONDAY, "van", 8 * H + 10 * M)
    problem = season(promised, [shift(hours=(7, 14.75))], ROAD, pins=[pin])
    found = explained(problem, made(problem, "b"))
    assert found.counts == {Reason.SHIFT_OVER: 1, Reason.PINNED: 1}
    loose = replace(problem, pins=())
    assert Reason.PINNED not in explained(loose, made(loose, "b")).counts


def test_reasons_are_counted_by_vehicle_days() -> None:
    shifts = [shift(vehicle, day) for vehicle in ("van", "bus") for day in (0, 1)]
    one = stop("a", rhythm=EveryWeeks(1, 2), days=1)
    problem = season([replace(one, barred={"van": "too_long"}, service_s=20 * H)], shifts, ROAD)
    found = explained(problem)
    assert found.counts == {
        Reason.CLOSED: 2,
        Reason.BARRED: 1,
        Reason.WINDOW: 1,
        Reason.NO_SHIFT: 1,
    }


def test_a_stop_is_not_placed_twice_on_a_day() -> None:
    twice = OneOf(((MONDAY, MONDAY + DAY),), tolerance_days=1)
    problem = season([stop("a", rhythm=twice)], [shift()], ROAD)
    found = explained(problem, made(problem, "a"), left_out=LeftOut("a", MONDAY + DAY))
    assert found.counts == {Reason.TWICE: 1, Reason.NO_SHIFT: 2}


def test_a_crew_that_is_out_with_another_vehicle_is_not_sent_out_again() -> None:
    problem = season([stop("a"), stop("b")], [shift(), shift("bus")], ROAD)
    barred = replace(problem.stops[0], barred={"van": "too_long"})
    shifts = tuple(replace(one, starts_s=8 * H, ends_s=12 * H) for one in problem.shifts)
    busy = replace(problem, stops=(barred, problem.stops[1]), shifts=shifts)
    found = explained(busy, made(busy, "b"))
    assert Reason.BUSY in found.counts or Reason.SHIFT_OVER in found.counts


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (AnotherDay("a", 4), ValueError),
        (LongerCycle("a", 1), ValueError),
        (LongerShift("bus", 60), KeyError),
        (ExtraShift("bus", MONDAY), KeyError),
    ],
)
def test_a_change_that_cannot_be_is_refused(change: Change, error: type[Exception]) -> None:
    problem = season([stop("a", rhythm=EveryWeeks(1))], [shift()], ROAD)
    with pytest.raises(error):
        apply(problem, change)


def test_rhythms_know_what_can_be_changed() -> None:
    assert tolerant(NthWeekday(frozenset({1}), 0), 3) == NthWeekday(frozenset({1}), 0, 3)
    assert tolerant(TimesInSeason(2), 1) == TimesInSeason(2, 1)
    first = date(2026, 3, 8)
    assert slower(EveryWeeks(1, first_until=first), 3) == EveryWeeks(
        3, first_until=first + timedelta(days=14)
    )
    with pytest.raises(ValueError, match="no cycle"):
        slower(TimesInSeason(2), 3)


@settings(max_examples=80)
@given(problems(), st.integers(0, 1000))
def test_each_smallest_change_makes_the_visit_placeable(problem: Problem, seed: int) -> None:
    plan = built(problem, seed, share=0.8)
    for found in explain(problem, plan):
        left_out = found.left_out
        changed = apply(problem, found.smallest) if found.smallest else problem
        placed = place(changed, plan, left_out)
        assert (placed is not None) == bool(found.smallest or found.placeable)
        if placed is not None:
            assert violations(changed, placed) == []
            assert left_out not in placed.left_out


@settings(max_examples=40)
@given(problems(), st.integers(0, 1000))
def test_every_vehicle_day_within_the_tolerance_has_its_reason(problem: Problem, seed: int) -> None:
    plan = built(problem, seed, share=0.8)
    for found in explain(problem, plan):
        if found.placeable is not None:
            continue
        one = problem.stop[found.left_out.stop]
        told = {refusal.shift for refusal in found.refusals if refusal.shift}
        within = {
            own.name
            for own in problem.shifts
            if abs((own.on - found.left_out.occurrence_on).days) <= one.rhythm.tolerance_days
        }
        assert told == within


@settings(max_examples=40)
@given(problems(stops=4), st.integers(0, 1000))
def test_what_is_refused_for_its_length_fits_once_it_is_so_much_longer(
    problem: Problem, seed: int
) -> None:
    plan = built(problem, seed, share=0.8)
    for found in explain(problem, plan):
        for refusal in found.refusals:
            if refusal.reason is not Reason.SHIFT_OVER:
                continue
            for over_s, expected in [(refusal.over_s, True), (refusal.over_s - 1, False)]:
                longer = apply(problem, LongerShift(refusal.shift, over_s))
                others = tuple(one for one in longer.shifts if one.name == refusal.shift)
                one = replace(longer.stop[found.left_out.stop], rhythm=_on(refusal.on))
                stops = tuple(one if s.name == one.name else s for s in longer.stops)
                kept = {route.shift for route in plan.routes}
                shifts = tuple(s for s in longer.shifts if s.name in kept or s in others)
                narrowed = replace(longer, stops=stops, shifts=shifts)
                assert _fits(narrowed, plan, one.name, refusal.shift) is expected


def _on(day: date) -> OneOf:
    return OneOf(((day,),))


def _fits(problem: Problem, plan: Plan, name: str, on: str) -> bool:
    """Try all positions on one shift with the public function."""
    known = next((route for route in plan.routes if route.shift == on), None)
    stops = [problem.stop[visit.stop] for visit in known.visits] if known else []
    orders = [
        [*stops[:number], problem.stop[name], *stops[number:]] for number in range(len(stops) + 1)
    ]
    return any(not isinstance(timed(problem, problem.shift[on], o), Refused) for o in orders)
