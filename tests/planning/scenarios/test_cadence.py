"""How often stops are to be visited, in the planner's words."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.planning.models import ScenarioStop
from outreach.planning.scenarios.cadence import nths_of, rhythm_of
from outreach.routing.rhythms import EveryWeeks, NthWeekday, OneOf, TimesInSeason
from tests.planning.scenarios.scene import day
from tests.scheduling.desk import MONDAY


def stop(**changes: Any) -> ScenarioStop:
    return ScenarioStop(**{"every_weeks": 4, "service_min": 60} | changes)


def firsts(last_on: date | None = None, **changes: Any) -> tuple[date, date]:
    """Return the earliest and the latest first visit in a season of eight weeks."""
    rhythm = rhythm_of(stop(**changes), MONDAY, 56, last_on=last_on)
    assert rhythm is not None
    days = [pattern[0] for pattern in rhythm.patterns(MONDAY, 56)]
    return min(days), max(days)


def test_a_stop_that_nobody_visited_yet_may_begin_on_any_day_of_the_first_cycle() -> None:
    assert firsts() == (day(0), day(27))


def test_a_stop_in_step_is_visited_by_the_day_it_is_due() -> None:
    assert firsts(last_on=day(-8)) == (day(6), day(20))


def test_a_stop_long_unserved_is_visited_early() -> None:
    assert firsts(last_on=day(-200)) == (day(0), day(13))


def test_a_first_day_that_was_set_is_kept() -> None:
    assert firsts(due_on=day(9)) == (day(0), day(9))


def test_a_first_day_that_is_past_means_the_first_week() -> None:
    assert firsts(due_on=day(-30)) == (day(0), day(6))


def test_a_weekday_is_kept() -> None:
    rhythm = rhythm_of(stop(weekday=2), MONDAY, 56)
    assert rhythm is not None
    assert {on.weekday() for pattern in rhythm.patterns(MONDAY, 56) for on in pattern} == {2}


@pytest.mark.parametrize(("weeks", "tolerance"), [(1, 3), (2, 6), (4, 13), (5, 14)])
def test_a_tolerance_is_cut_to_what_the_cycle_allows(weeks: int, tolerance: int) -> None:
    rhythm = rhythm_of(stop(every_weeks=weeks, tolerance_days=14), MONDAY, 56)
    assert isinstance(rhythm, EveryWeeks)
    assert rhythm.tolerance_days == tolerance


def test_n_th_weekdays_are_read() -> None:
    rhythm = rhythm_of(
        stop(rhythm="nth", nths="1,-1", weekday=4, tolerance_days=9), MONDAY, 31, last_on=None
    )
    assert rhythm == NthWeekday(frozenset({1, -1}), 4, 3)


@pytest.mark.parametrize("text", ["0", "6", "1,7", "x", "1;2"])
def test_what_is_no_n_th_weekday_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        nths_of(text)


def test_visits_made_already_count_for_so_many_times() -> None:
    rhythm = rhythm_of(stop(rhythm="times", times=3), MONDAY, 28, already=1)
    assert rhythm == TimesInSeason(2, 2)
    assert rhythm_of(stop(rhythm="times", times=3), MONDAY, 28, already=3) is None


def test_a_pinned_visit_that_is_not_due_is_the_whole_rhythm() -> None:
    pinned = (day(3), day(9))
    rhythm = rhythm_of(stop(rhythm="times", times=1), MONDAY, 28, already=1, pinned=pinned)
    assert rhythm == OneOf((pinned,))


@given(
    kind=st.sampled_from(ScenarioStop.Rhythm.values),
    weeks=st.integers(1, 26),
    times=st.integers(1, 60),
    nths=st.sampled_from(["", "1", "2,4", "-1", "5"]),
    weekday=st.none() | st.integers(0, 6),
    tolerance=st.integers(0, 14),
    due=st.none() | st.integers(-90, 200),
    last=st.none() | st.integers(-400, -1),
    days=st.integers(1, 120),
    already=st.integers(0, 5),
)
def test_whatever_may_be_stored_has_a_rhythm_that_can_be_kept(
    kind: str,
    weeks: int,
    times: int,
    nths: str,
    weekday: int | None,
    tolerance: int,
    due: int | None,
    last: int | None,
    days: int,
    already: int,
) -> None:
    row = stop(
        rhythm=kind,
        every_weeks=weeks,
        times=times,
        nths=nths,
        weekday=weekday,
        tolerance_days=tolerance,
        due_on=None if due is None else MONDAY + timedelta(days=due),
    )
    last_on = None if last is None else MONDAY + timedelta(days=last)
    rhythm = rhythm_of(row, MONDAY, days, last_on=last_on, already=already)
    if rhythm is not None:
        patterns = rhythm.patterns(MONDAY, days)
        assert patterns
        assert all(rhythm.holds(pattern, MONDAY, days) for pattern in patterns)
