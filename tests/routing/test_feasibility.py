"""What cannot be is told before anything is solved, and nothing that can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.routing.feasibility import Cannot, Impossible, impossible
from outreach.routing.problem import Limits, Pin, Problem, Window
from outreach.routing.rhythms import EveryWeeks, NthWeekday, OneOf, Rhythm, TimesInSeason
from tests.routing.problems import MONDAY, H, M, built, line, on_days, problems, season, shift, stop

ROAD = line({"base": 0, "a": 30, "b": 60, "c": 60})
DAY = timedelta(days=1)
DAILY = OneOf((tuple(MONDAY + number * DAY for number in range(5)),))


def codes(problem: Problem) -> list[tuple[Cannot, bool]]:
    """Return what is impossible, and whether it makes everything so."""
    return [(one.code, one.is_whole) for one in impossible(problem)]


def found(problem: Problem, code: Cannot) -> Impossible:
    """Return the only thing that is impossible for this reason."""
    (only,) = [one for one in impossible(problem) if one.code is code]
    return only


def test_a_season_that_can_be_planned_is_not_complained_of() -> None:
    assert impossible(season([stop("a"), stop("b")], [shift()], ROAD)) == []


def test_more_hours_than_the_shifts_have_are_told_with_what_is_short() -> None:
    # Each visit takes an hour, and forty minutes of way from its nearest neighbour.
    stops = [stop(name, rhythm=OneOf(((MONDAY,),))) for name in ("a", "b")]
    for hours, short_min in [((7, 10 + 20 / 60), 0), ((7, 10), 20)]:
        problem = season(stops, [shift(hours=hours)], ROAD)
        told = [one for one in impossible(problem) if one.code is Cannot.HOURS]
        assert [one.facts["short_s"] for one in told] == ([short_min * M] if short_min else [])
        assert not any(one.is_whole for one in told)
    must = [replace(one, left_out_cost=None) for one in stops]
    assert (Cannot.HOURS, True) in codes(season(must, [shift(hours=(7, 10))], ROAD))


def test_the_longest_time_of_a_shift_counts_as_its_hours() -> None:
    shifts = [replace(shift(), longest_s=3 * H)]
    problem = season([stop("a"), stop("b")], shifts, ROAD)
    assert found(problem, Cannot.HOURS).facts["has_s"] == 3 * H


def test_a_week_is_told_in_which_more_is_promised_than_it_has() -> None:
    weekly = EveryWeeks(1, 0, frozenset({0}))
    stops = [stop(name, days=14, rhythm=weekly) for name in ("a", "b")]
    shifts = [shift(day=0), shift(day=7, hours=(7, 9))]
    problem = season(stops, shifts, ROAD, days=14)
    short = found(problem, Cannot.HOURS_WEEK)
    assert short.facts["on"] == MONDAY + 7 * DAY
    assert short.facts["short_s"] == 80 * M
    loose = [replace(one, rhythm=EveryWeeks(1, 3)) for one in stops]
    assert Cannot.HOURS_WEEK not in {
        one.code for one in impossible(replace(problem, stops=tuple(loose)))
    }


def test_stops_that_only_one_vehicle_may_reach_need_its_hours() -> None:
    stops = [replace(stop(name), barred={"bus": "too_long"}) for name in ("a", "b")]
    shifts = [shift("van", hours=(7, 10)), shift("bus", crew="other")]
    short = found(season(stops, shifts, ROAD), Cannot.HOURS_BARRED)
    assert (short.names, short.facts["short_s"]) == (("a", "b"), 20 * M)


def test_stops_that_open_on_one_day_only_need_its_hours() -> None:
    stops = [
        replace(stop(name, rhythm=EveryWeeks(1, 3)), windows=on_days(1, (7, 17)))
        for name in ("a", "b")
    ]
    shifts = [shift(hours=(7, 10)), shift(day=1)]
    short = found(season(stops, shifts, ROAD), Cannot.HOURS_CLOSED)
    assert short.names == ("a", "b")


@pytest.mark.parametrize("must", [True, False])
def test_a_stop_that_no_vehicle_may_reach_is_told(must: bool) -> None:
    cost = None if must else 1.0
    barred = replace(stop("a"), barred={"van": "too_long"}, left_out_cost=cost)
    problem = season([barred, stop("b")], [shift()], ROAD)
    assert codes(problem) == [(Cannot.UNREACHABLE, must)]
    assert found(problem, Cannot.UNREACHABLE).facts["reason"] == "barred"
    assert impossible(replace(problem, shifts=(*problem.shifts, shift("bus", crew="two")))) == []


def test_a_stop_without_a_way_is_told() -> None:
    for inward in (True, False):
        seconds = ROAD.seconds.copy()
        here = ROAD.places.index("a")
        seconds[(slice(None), here) if inward else (here, slice(None))] = np.inf
        problem = replace(
            season([stop("a"), stop("b")], [shift()], ROAD),
            matrices={"road": replace(ROAD, seconds=seconds)},
        )
        assert found(problem, Cannot.UNREACHABLE).facts["reason"] == "no_way"


def test_a_season_without_a_day_of_the_rhythm_is_told() -> None:
    fifth = stop("a", rhythm=NthWeekday(frozenset({5}), 0))
    assert codes(season([fifth], [shift()], ROAD)) == [(Cannot.NO_OCCURRENCE, False)]


@pytest.mark.parametrize(
    ("rhythm", "windows", "reason"),
    [
        (OneOf(((MONDAY,),)), {}, "closed"),
        (OneOf(((MONDAY,),)), {MONDAY: (Window(8 * H, 8 * H + 59 * M),)}, "window"),
        (OneOf(((MONDAY + DAY,),)), on_days(7, (7, 17)), "no_shift"),
        (OneOf(((MONDAY,),)), {MONDAY: (Window(0, 8 * H + 39 * M),)}, "window"),
        (OneOf(((MONDAY,),)), {MONDAY: (Window(15 * H + 21 * M, 24 * H),)}, "shift_over"),
    ],
)
def test_a_promise_that_no_window_allows_is_told(
    rhythm: Rhythm, windows: dict[object, object], reason: str
) -> None:
    one = replace(stop("a", rhythm=rhythm), windows=windows)  # type: ignore[arg-type]
    told = found(season([one], [shift()], ROAD), Cannot.NO_DAY)
    assert (told.names, told.facts["visits"]) == (("a",), 1)
    assert told.facts[f"days_{reason}"] == 1


@pytest.mark.parametrize("minutes", [0, 1])
def test_a_promise_is_possible_to_the_minute(minutes: int) -> None:
    window = {MONDAY: (Window(15 * H + 20 * M + minutes * M, 24 * H),)}
    one = replace(stop("a"), windows=window)
    assert len(impossible(season([one], [shift()], ROAD))) == minutes


def test_lunch_counts_where_somebody_goes_there_and_back_alone() -> None:
    limits = Limits(leg_buffer_s=0)
    far = line({"base": 0, "a": 120})
    for ends, count in [(15 + 25 / 60, 0), (15 + 24 / 60, 1)]:
        one = stop("a", service_min=120)
        problem = season([one], [shift(hours=(9, ends))], far, limits=limits)
        assert len(impossible(problem)) == count


def test_who_may_sleep_near_a_stop_gets_there() -> None:
    far = line({"base": 0, "a": 300, "inn": 290})
    one = stop("a", rhythm=OneOf(((MONDAY,),)))
    days = [shift(day=number) for number in range(2)]
    limits = Limits(unbroken_s=None)
    assert Cannot.NO_DAY in {
        one.code for one in impossible(season([one], days, far, limits=limits))
    }
    nights = [replace(own, sleeps_at=("inn",)) for own in days]
    assert impossible(season([one], nights, far, limits=limits)) == []


def test_all_patterns_are_asked_before_a_promise_is_called_impossible() -> None:
    one = replace(
        stop("a", rhythm=EveryWeeks(1)), windows={MONDAY + 3 * DAY: (Window(7 * H, 17 * H),)}
    )
    shifts = [shift(day=number) for number in range(5)]
    assert impossible(season([one], shifts, ROAD)) == []
    twice = replace(one, rhythm=TimesInSeason(2))
    assert found(season([twice], shifts, ROAD), Cannot.NO_DAY).facts["visits"] == 1


@pytest.mark.parametrize(
    ("pin", "code"),
    [
        (Pin("a", MONDAY, "van", 8 * H), None),
        (Pin("a", MONDAY + 6 * DAY), Cannot.PIN_NO_SHIFT),
        (Pin("a", MONDAY, "ship"), Cannot.PIN_NO_SHIFT),
        (Pin("a", MONDAY, "bus"), Cannot.PIN_BARRED),
        (Pin("a", MONDAY + 5 * DAY), Cannot.PIN_CLOSED),
        (Pin("a", MONDAY, None, 16 * H + 1), Cannot.PIN_OUTSIDE),
        (Pin("a", MONDAY, None, 7 * H + 39 * M), Cannot.PIN_OUTSIDE),
        (Pin("a", MONDAY, None, 7 * H + 40 * M), None),
    ],
)
def test_a_pin_that_cannot_be_kept_is_told(pin: Pin, code: Cannot | None) -> None:
    windows = on_days(5, (7, 17)) | {MONDAY + 6 * DAY: (Window(7 * H, 17 * H),)}
    one = replace(
        stop("a", rhythm=OneOf(((pin.on,),))), windows=windows, barred={"bus": "too_long"}
    )
    shifts = [shift(day=number) for number in range(6)] + [shift("bus", crew="two")]
    problem = season([one], shifts, ROAD, pins=[pin])
    told = [each.code for each in impossible(problem) if each.is_whole]
    assert told == ([code] if code else [])


@pytest.mark.parametrize(
    ("starts_s", "expected"),
    [(9 * H + 40 * M, []), (9 * H + 39 * M, [60]), (8 * H, [100 * M])],
)
def test_two_pins_of_one_vehicle_need_time_between_them(starts_s: int, expected: list[int]) -> None:
    pins = [Pin("a", MONDAY, "van", 8 * H), Pin("b", MONDAY, None, starts_s)]
    problem = season([stop("a"), stop("b")], [shift()], ROAD, pins=pins)
    told = [one.facts["short_s"] for one in impossible(problem) if one.code is Cannot.PINS_CLASH]
    assert told == expected
    two = replace(problem, shifts=(*problem.shifts, shift("bus", crew="two")))
    assert Cannot.PINS_CLASH not in {one.code for one in impossible(two)}


def test_shifts_of_one_crew_that_overlap_are_told() -> None:
    for hours, overlap_s in [((12, 17), None), ((11, 17), H)]:
        shifts = [shift("van", hours=(7, 12)), shift("bus", hours=hours)]
        told = [
            (one.names, one.facts["overlap_s"])
            for one in impossible(season([stop("a")], shifts, ROAD))
            if one.code is Cannot.SHIFTS_CLASH
        ]
        assert told == ([(("crew", "van 0", "bus 0"), overlap_s)] if overlap_s else [])


def test_a_shift_past_midnight_meets_the_next_day() -> None:
    late = replace(shift(hours=(16, 32)), crew="")
    shifts = [late, replace(shift(day=1), crew="")]
    told = found(season([stop("a", hours=(7, 30))], shifts, ROAD), Cannot.SHIFTS_CLASH)
    assert (told.names[0], told.facts["overlap_s"]) == ("van", H)


@settings(max_examples=60)
@given(problems(), st.integers(0, 1000))
def test_a_season_with_a_legal_plan_is_never_called_impossible(problem: Problem, seed: int) -> None:
    """A plan exists: so nothing whole is impossible, and what has to be left out is left out."""
    plan = built(problem, seed, share=1.0)
    told = impossible(problem)
    assert not any(one.is_whole for one in told)
    for one in told:
        if one.code is Cannot.NO_DAY:
            left = sum(each.stop == one.names[0] for each in plan.left_out)
            assert left >= int(str(one.facts["visits"]))
        if one.code in (Cannot.HOURS, Cannot.HOURS_WEEK):
            assert plan.left_out
