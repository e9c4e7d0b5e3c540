"""Patterns of days, and whether the days of a plan are one of them."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.routing.rhythms import EveryWeeks, NthWeekday, OneOf, Rhythm, TimesInSeason
from tests.routing.problems import MONDAY, any_rhythm

DAY = timedelta(days=1)


def days(*numbers: int) -> tuple[date, ...]:
    """Return days of a season that begins on a Monday."""
    return tuple(MONDAY + number * DAY for number in numbers)


@st.composite
def rhythms(draw: st.DrawFn) -> tuple[Rhythm, int]:
    """Return a rhythm and the length of a season."""
    length = draw(st.integers(1, 60))
    return any_rhythm(random.Random(draw(st.integers(0, 2**32 - 1))), length), length


@given(rhythms())
def test_every_pattern_holds_and_lies_in_the_season(case: tuple[Rhythm, int]) -> None:
    rhythm, length = case
    patterns = rhythm.patterns(MONDAY, length)
    assert len(set(patterns)) == len(patterns) or isinstance(rhythm, OneOf)
    for pattern in patterns:
        assert pattern == tuple(sorted(pattern))
        assert all(MONDAY <= day < MONDAY + length * DAY for day in pattern)
        assert rhythm.holds(pattern, MONDAY, length)
        assert rhythm.holds(list(reversed(pattern)), MONDAY, length)


@given(rhythms(), st.randoms())
def test_days_hold_only_if_they_are_a_pattern(case: tuple[Rhythm, int], rng: random.Random) -> None:
    rhythm, length = case
    patterns = rhythm.patterns(MONDAY, length)
    chosen = tuple(sorted({MONDAY + rng.randrange(length) * DAY for _ in range(rng.randint(1, 4))}))
    assert rhythm.holds(chosen, MONDAY, length) == (chosen in patterns)


@given(rhythms())
def test_two_visits_of_a_pattern_cannot_meet(case: tuple[Rhythm, int]) -> None:
    rhythm, length = case
    if isinstance(rhythm, OneOf):
        return
    for pattern in rhythm.patterns(MONDAY, length):
        for one, other in pairwise(pattern):
            assert (other - one).days > 2 * rhythm.tolerance_days


def test_a_cycle_begins_on_any_day_of_its_first_weeks() -> None:
    patterns = EveryWeeks(2).patterns(MONDAY, 28)
    assert patterns == [days(number, number + 14) for number in range(14)]


def test_a_season_that_ends_within_a_cycle_has_one_visit_fewer_at_its_end() -> None:
    assert EveryWeeks(2).patterns(MONDAY, 20)[5:7] == [days(5, 19), days(6)]


def test_a_season_shorter_than_the_cycle_has_one_visit() -> None:
    assert EveryWeeks(4).patterns(MONDAY, 3) == [days(0), days(1), days(2)]


def test_weekdays_narrow_the_choice_until_none_is_left() -> None:
    assert EveryWeeks(1, weekdays=frozenset({1})).patterns(MONDAY, 14) == [days(1, 8)]
    assert EveryWeeks(1, weekdays=frozenset({6})).patterns(MONDAY, 3) == []


def test_the_first_visit_is_owed_from_a_day_and_until_one() -> None:
    bounded = EveryWeeks(2, first_from=MONDAY + 3 * DAY, first_until=MONDAY + 4 * DAY)
    assert bounded.patterns(MONDAY, 14) == [days(3), days(4)]
    overdue = EveryWeeks(2, first_until=MONDAY - 5 * DAY)
    assert overdue.patterns(MONDAY, 14) == [days(0)]
    assert not overdue.holds(days(1), MONDAY, 14)
    never = EveryWeeks(1, weekdays=frozenset({0}), first_from=MONDAY + 3 * DAY)
    assert never.patterns(MONDAY, 14) == [days(0, 7)]


def test_nth_weekdays_are_counted_in_their_month() -> None:
    # In March 2026 Mondays are the 2nd, 9th, 16th, 23rd and 30th; in April the 6th to the 27th.
    first_and_last = NthWeekday(frozenset({1, -1}), 0)
    assert first_and_last.patterns(MONDAY, 57) == [days(0, 28, 35, 56)]
    assert NthWeekday(frozenset({5}), 0).patterns(MONDAY, 57) == [days(28)]
    assert NthWeekday(frozenset({5}), 0).patterns(MONDAY, 14) == []


def test_the_weekday_may_be_left_to_the_planner() -> None:
    patterns = NthWeekday(frozenset({2})).patterns(MONDAY, 28)
    assert len(patterns) == 7
    assert days(7) in patterns


def test_a_few_times_are_spread_evenly() -> None:
    assert TimesInSeason(3).patterns(MONDAY, 10) == [days(0, 3, 6), days(1, 4, 7), days(2, 5, 8)]
    assert TimesInSeason(3, tolerance_days=2).patterns(MONDAY, 10) == []


def test_a_written_choice_is_kept_if_all_of_it_lies_in_the_season() -> None:
    choice = OneOf((days(3, 1), days(1, 20)))
    assert choice.patterns(MONDAY, 14) == [days(1, 3)]
    assert not choice.holds(days(1, 20), MONDAY, 14)


@pytest.mark.parametrize(
    "make",
    [
        lambda: EveryWeeks(0),
        lambda: EveryWeeks(1, 4),
        lambda: EveryWeeks(1, -1),
        lambda: NthWeekday(frozenset()),
        lambda: NthWeekday(frozenset({6})),
        lambda: NthWeekday(frozenset({1}), 0, 4),
        lambda: TimesInSeason(0),
        lambda: TimesInSeason(1, -1),
    ],
)
def test_a_rhythm_that_cannot_be_is_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(ValueError):  # noqa: PT011 each says it in its own words
        make()
