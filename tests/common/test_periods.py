"""Periods are half open everywhere: in Python, and in the condition that goes to SQL."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.common.periods import (
    Period,
    add_months,
    evaluation_year,
    evaluation_year_of,
    first_of_month,
    holds_on,
    monday_of,
    months_between,
)
from outreach.places.models import AdministrativeUnit, UnitSet

days = st.dates(date(2000, 1, 1), date(2040, 1, 1))
lengths = st.integers(1, 400)
periods = st.builds(
    lambda start, length: Period(start, None if length is None else start + timedelta(length)),
    days,
    st.none() | lengths,
)
DAY = timedelta(1)


@given(days, lengths)
def test_a_period_holds_its_first_day_and_not_the_day_it_ends(start: date, length: int) -> None:
    period = Period(start, start + timedelta(length))
    assert start in period
    assert start + timedelta(length) not in period
    assert start + timedelta(length - 1) in period
    assert start - DAY not in period


@given(days, st.integers(0, 400))
def test_a_period_that_does_not_end_after_it_starts_is_refused(start: date, length: int) -> None:
    with pytest.raises(ValueError, match="must end after it starts"):
        Period(start, start - timedelta(length))


@given(periods, periods)
def test_two_periods_overlap_when_they_share_a_day(one: Period[date], other: Period[date]) -> None:
    shared = max(one.start, other.start)
    assert one.overlaps(other) == (shared in one and shared in other)
    assert one.overlaps(other) == other.overlaps(one)


@given(days, lengths, lengths)
def test_periods_that_touch_do_not_overlap(start: date, first: int, second: int) -> None:
    middle = start + timedelta(first)
    assert not Period(start, middle).overlaps(Period(middle, middle + timedelta(second)))
    assert not Period(start, middle).overlaps(Period(middle, None))


@given(days, st.integers(-60, 60))
def test_adding_months_and_taking_them_away_comes_back(day: date, count: int) -> None:
    month = first_of_month(day)
    assert add_months(add_months(month, count), -count) == month
    assert add_months(month, count).day == 1


@given(days, lengths)
def test_the_months_of_a_period_are_those_of_its_days(start: date, length: int) -> None:
    all_days = [start + timedelta(n) for n in range(length)]
    assert months_between(start, start + timedelta(length)) == sorted(
        {first_of_month(day) for day in all_days}
    )


@given(days)
def test_every_day_lies_in_its_evaluation_year_and_no_other(day: date) -> None:
    year = evaluation_year_of(day)
    assert day in evaluation_year(year)
    assert day not in evaluation_year(year - 1)
    assert day not in evaluation_year(year + 1)


@given(days)
def test_a_week_starts_on_the_monday_at_most_six_days_back(day: date) -> None:
    monday = monday_of(day)
    assert monday.weekday() == 0
    assert 0 <= (day - monday).days < 7


@pytest.mark.django_db
@pytest.mark.parametrize("ends_on", [None, date(2025, 7, 4)])
def test_sql_holds_the_same_days_as_python(ends_on: date | None) -> None:
    starts_on = date(2025, 7, 1)
    AdministrativeUnit.objects.create(
        unit_set=UnitSet.objects.create(name="test"),
        level="province",
        code="1",
        full_name="Tỉnh A",
        valid_from=starts_on,
        valid_to=ends_on,
        is_active=True,
    )
    for offset in range(-2, 7):
        day = starts_on + timedelta(offset)
        found = AdministrativeUnit.objects.filter(holds_on(day, start="valid_from", end="valid_to"))
        assert found.exists() == (day in Period(starts_on, ends_on)), day
