"""A rhythm that may keep to the irregular days of a plan in force."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from outreach.routing.changes import slower, tolerant
from outreach.routing.rhythms import EveryWeeks, LikeBefore, OneOf, TimesInSeason
from tests.routing.problems import MONDAY

WEEKS_4 = 28


def days(*numbers: int) -> tuple[date, ...]:
    return tuple(MONDAY + timedelta(days=number) for number in numbers)


def test_days_of_the_plan_in_force_take_their_nearest_occurrences() -> None:
    before = LikeBefore(EveryWeeks(2), days(2, 18))

    assert days(2, 18) in before.patterns(MONDAY, WEEKS_4)
    assert before.holds(days(2, 18), MONDAY, WEEKS_4)
    assert before.holds(days(3, 17), MONDAY, WEEKS_4)
    assert not before.holds(days(2, 19), MONDAY, WEEKS_4)


def test_an_occurrence_without_a_day_stays_on_the_rhythm() -> None:
    before = LikeBefore(EveryWeeks(2), days(4))

    assert days(4, 15) in before.patterns(MONDAY, WEEKS_4)


def test_no_visit_is_added_or_lost() -> None:
    rhythm = TimesInSeason(3)
    before = LikeBefore(rhythm, days(0, 1, 2, 3, 26))

    assert {len(pattern) for pattern in before.patterns(MONDAY, WEEKS_4)} == {3}
    assert all(len(set(pattern)) == 3 for pattern in before.patterns(MONDAY, WEEKS_4))


def test_days_outside_the_season_count_for_nothing() -> None:
    rhythm = OneOf((days(0),))

    assert LikeBefore(rhythm, days(-1, 28)).patterns(MONDAY, WEEKS_4) == [days(0)]


def test_tolerance_and_cycle_are_changed_as_those_of_the_rhythm() -> None:
    before = LikeBefore(EveryWeeks(2), days(2, 18))

    assert tolerant(before, 3).tolerance_days == 3
    assert slower(before, 3) == EveryWeeks(3)
    with pytest.raises(ValueError, match="cycle"):
        slower(LikeBefore(OneOf((days(0),)), days(1)), 3)
