"""Rules of recurrence: the dates are dateutil's, and no rule runs for ever."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.scheduling.series.recurrence import (
    WEEKDAYS,
    BadRule,
    dates,
    follows_weekday,
    from_date_on,
    read_rule,
    weekdays_of,
)

START = date(2026, 11, 23)
days_of_years = st.dates(date(2019, 1, 1), date(2027, 12, 31))
lengths = st.integers(0, 400).map(lambda count: timedelta(days=count))


def by_dateutil(rule: str, starts_on: date, since: date, until: date) -> list[date]:
    """Return the dates in ``[since, until)``, asked of dateutil without any care."""
    midnight = datetime.combine(starts_on, time.min)
    found = rrulestr(rule, dtstart=midnight).between(
        datetime.combine(since, time.min), datetime.combine(until, time.min), inc=True
    )
    return [moment.date() for moment in found if moment.date() < until]


@st.composite
def monthly(draw: st.DrawFn) -> str:
    """Rules with one or two weekdays of the month."""
    named = draw(
        st.lists(
            st.tuples(st.sampled_from([1, 2, 3, 4, 5, -1, -2]), st.sampled_from(WEEKDAYS)),
            min_size=1,
            max_size=3,
            unique=True,
        )
    )
    every = draw(st.integers(1, 3))
    return f"FREQ=MONTHLY;INTERVAL={every};BYDAY=" + ",".join(f"{n}{day}" for n, day in named)


@st.composite
def regular(draw: st.DrawFn) -> str:
    """Rules that count in days or weeks."""
    rule = f"FREQ={draw(st.sampled_from(['WEEKLY', 'DAILY']))};INTERVAL={draw(st.integers(1, 9))}"
    if named := draw(st.lists(st.sampled_from(WEEKDAYS), max_size=3, unique=True)):
        rule += ";BYDAY=" + ",".join(named)
    if draw(st.booleans()):
        rule += ";WKST=SU"
    if draw(st.booleans()):
        rule += f";COUNT={draw(st.integers(1, 300))}"
    elif draw(st.booleans()):
        rule += f";UNTIL={draw(days_of_years):%Y%m%d}"
    return rule


@given(monthly() | regular(), days_of_years, days_of_years, lengths)
def test_dates_are_those_of_dateutil(
    rule: str, starts_on: date, since: date, length: timedelta
) -> None:
    until = since + length

    found = dates(read_rule(rule, starts_on), starts_on, since=since, until=until)

    assert found == by_dateutil(rule, starts_on, max(since, starts_on), max(until, starts_on))


@given(regular(), days_of_years, st.sets(days_of_years, max_size=5), days_of_years)
def test_ends_are_half_open_and_exceptions_are_left_out(
    rule: str, starts_on: date, exceptions: set[date], ends_on: date
) -> None:
    until = starts_on + timedelta(days=200)
    whole = dates(rule, starts_on, since=starts_on, until=until)

    found = dates(
        rule, starts_on, since=starts_on, until=until, ends_on=ends_on, exceptions=exceptions
    )

    assert found == [day for day in whole if day < ends_on and day not in exceptions]


@given(regular(), days_of_years, st.integers(0, 60), st.integers(0, 60))
def test_two_windows_side_by_side_have_the_dates_of_one(
    rule: str, starts_on: date, one: int, other: int
) -> None:
    middle, end = starts_on + timedelta(days=one), starts_on + timedelta(days=one + other)
    halves = [
        *dates(rule, starts_on, since=starts_on, until=middle),
        *dates(rule, starts_on, since=middle, until=end),
    ]
    assert halves == dates(rule, starts_on, since=starts_on, until=end)


parts = st.fixed_dictionaries(
    {"FREQ": st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])},
    optional={
        "INTERVAL": st.sampled_from(["1", "2", "7", "12", "52"]),
        "BYDAY": st.sampled_from(
            ["MO", "TU,FR", "1MO", "5MO", "-5SU", "53MO", "1MO,-4MO", "5MO,5TH", "MO,TU,WE,TH,FR"]
        ),
        "BYMONTHDAY": st.sampled_from(["1", "31", "30,31", "-31", "1,-31", "29", "-1"]),
        "BYMONTH": st.sampled_from(["2", "4,6", "1,12"]),
        "BYSETPOS": st.sampled_from(["1", "2", "-1", "5", "-5"]),
    },
)


@settings(max_examples=200, deadline=None)
@given(parts, days_of_years)
def test_a_rule_that_is_taken_is_followed_or_never_meets_its_start(
    wanted: dict[str, str], starts_on: date
) -> None:
    """One that dateutil would look for until the year 9999 is refused when it is read."""
    text = ";".join(f"{name}={value}" for name, value in wanted.items())
    try:
        rule = read_rule(text, starts_on)
    except BadRule:
        return

    found = dates(rule, starts_on, since=START, until=START + timedelta(weeks=13))

    assert found == sorted(set(found))


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=4,6;BYMONTHDAY=31",
        "FREQ=DAILY;BYSETPOS=2",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2",
        "FREQ=MONTHLY;BYDAY=1MO;BYSETPOS=2",
        "FREQ=MONTHLY;BYDAY=1MO,-4MO;BYSETPOS=2",
        "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=20",
        "FREQ=YEARLY;BYDAY=53MO",
        "FREQ=YEARLY;BYMONTH=5;BYDAY=6MO",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=MONTHLY;BYMONTH=13",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=1",
        "FREQ=HOURLY",
        "FREQ=WEEKLY;BYHOUR=9",
        "FREQ=WEEKLY;BYEASTER=0",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;INTERVAL=521",
        "FREQ=WEEKLY;INTERVAL=-1",
        "FREQ=WEEKLY;COUNT=0",
        "FREQ=WEEKLY;COUNT=5001",
        "FREQ=WEEKLY;COUNT=2;UNTIL=rubbish",
        "FREQ=WEEKLY;FREQ=DAILY",
        "INTERVAL=2",
        "=",
        "FREQ=",
        "whenever we like",
        "every 600 weeks",
        "every 0 weeks",
    ],
)
def test_rules_that_mean_nothing_or_never_come_are_refused(rule: str) -> None:
    with pytest.raises(BadRule):
        read_rule(rule, START)


@pytest.mark.parametrize("rule", ["FREQ=WEEKLY;INTERVAL=520", "FREQ=WEEKLY;COUNT=5000"])
def test_the_largest_numbers_are_taken(rule: str) -> None:
    assert dates(read_rule(rule, START), START, since=START, until=date(2026, 12, 1))


def test_every_twelfth_month_never_is_another_month_than_the_first() -> None:
    rule = read_rule("FREQ=MONTHLY;INTERVAL=12;BYMONTH=3,5", START)
    assert dates(rule, START, since=START, until=date(2029, 1, 1)) == []


def test_every_seventh_day_never_is_another_weekday_than_the_first() -> None:
    rule = read_rule("FREQ=DAILY;INTERVAL=14;BYDAY=TU", START)
    assert dates(rule, START, since=START, until=date(2027, 11, 23)) == []


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("", ""),
        ("once", ""),
        ("một lần", ""),
        ("weekly", "FREQ=WEEKLY"),
        ("Every week", "FREQ=WEEKLY"),
        ("hằng tuần", "FREQ=WEEKLY"),
        ("Fortnightly", "FREQ=WEEKLY;INTERVAL=2"),
        ("every 2 weeks", "FREQ=WEEKLY;INTERVAL=2"),
        ("3 weekly", "FREQ=WEEKLY;INTERVAL=3"),
        ("2 tuần một lần", "FREQ=WEEKLY;INTERVAL=2"),
        ("Mỗi 4 tuần", "FREQ=WEEKLY;INTERVAL=4"),
        ("monthly", "FREQ=MONTHLY;BYDAY=4MO"),
        ("Hàng tháng", "FREQ=MONTHLY;BYDAY=4MO"),
        ("rrule:freq=weekly; interval=2;", "FREQ=WEEKLY;INTERVAL=2"),
    ],
)
def test_words_and_sloppy_rules_are_understood(words: str, rule: str) -> None:
    assert read_rule(words, START) == rule


@pytest.mark.parametrize("until", ["20261207", "20261207T000000", "20261207T235959Z"])
def test_until_holds_its_own_day_with_or_without_a_zone(until: str) -> None:
    rule = read_rule(f"FREQ=WEEKLY;UNTIL={until}", START)
    found = dates(rule, START, since=START, until=date(2027, 1, 1))
    assert found == [date(2026, 11, 23), date(2026, 11, 30), date(2026, 12, 7)]


def test_a_single_date_comes_once_and_not_before_its_window() -> None:
    assert dates("", START, since=START, until=START + timedelta(days=1)) == [START]
    assert dates("", START, since=START + timedelta(days=1), until=date(2027, 1, 1)) == []
    assert dates("", START, since=START, until=START) == []


def test_weekdays_are_those_the_rule_names() -> None:
    assert weekdays_of("FREQ=MONTHLY;BYDAY=1MO,-1FR") == {0, 4}
    assert weekdays_of("FREQ=WEEKLY") == frozenset()
    assert follows_weekday("FREQ=WEEKLY;INTERVAL=2")
    assert not follows_weekday("FREQ=WEEKLY;BYDAY=MO")
    assert not follows_weekday("")


@given(regular() | monthly(), days_of_years, lengths, lengths)
def test_what_is_left_of_a_rule_has_the_same_dates(
    rule: str, starts_on: date, before: timedelta, length: timedelta
) -> None:
    since = starts_on + before
    until = since + length
    whole = read_rule(rule, starts_on)

    left = from_date_on(whole, starts_on, since)

    wanted = dates(whole, starts_on, since=since, until=until)
    found = [] if left.starts_on is None else [left.starts_on]
    if left.starts_on is not None:
        found = dates(left.rule, left.starts_on, since=since, until=until)
        assert dates(left.rule, left.starts_on, since=date(1990, 1, 1), until=since) == []
    assert found == wanted
