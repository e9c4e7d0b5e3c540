"""Rules about roads, hours, days, access and rooms, each at its boundary, on plain facts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from outreach.scheduling.domain import (
    CrewFact,
    EventFact,
    LegFact,
    LimitsFact,
    PauseFact,
    Rule,
    TripFact,
    VenueFact,
    driving,
    findings_for,
    findings_for_event,
)

EIGHT = datetime(2027, 3, 1, 8, tzinfo=UTC)
"""A Monday in term."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CREW = (
    CrewFact("Lực", is_operator=True, can_operate=True, key=1),
    CrewFact("Hạnh", is_operator=False, can_operate=False, key=2),
    CrewFact("Vinh", is_operator=False, can_operate=False, key=3),
)


def event(start: datetime = EIGHT, length: timedelta = HOUR, **facts: Any) -> EventFact:
    said: dict[str, Any] = {"title": "Buổi đọc", "activities": 1} | facts
    return EventFact(starts_at=start, ends_at=start + length, **said)


def trip(**changes: Any) -> TripFact:
    facts: dict[str, Any] = {
        "departs_at": EIGHT - 2 * HOUR,
        "returns_at": EIGHT + 9 * HOUR,
        "vehicle": "Xe 1",
        "crew": CREW,
        "events": (),
        "is_draft": False,
    }
    return TripFact(**facts | changes)


def of_trip(**changes: Any) -> list[Rule]:
    """Return the rules a trip breaks, but for those that are only pointed out."""
    return [finding.rule for finding in findings_for(trip(**changes)) if not finding.is_note]


def notes(**changes: Any) -> list[Rule]:
    return [finding.rule for finding in findings_for(trip(**changes)) if finding.is_note]


DEFAULTS = LimitsFact()


def of_event(limits: LimitsFact = DEFAULTS, **facts: Any) -> list[Rule]:
    return [finding.rule for finding in findings_for_event(event(**facts), limits=limits)]


def leg(minutes: int, gap_min: int, since: datetime = EIGHT, place: int | None = 0) -> LegFact:
    return LegFact("Vinh", "Tri Lễ", minutes, since, since + gap_min * MINUTE, place)


def pause(start: datetime, minutes: int, **kind: bool) -> PauseFact:
    return PauseFact(start, start + minutes * MINUTE, **kind)


# --- The way ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gap_min", "broken"), [(40, []), (39, [Rule.LEG_TOO_SHORT])])
def test_a_way_needs_its_time_and_ten_minutes_to_spare(gap_min: int, broken: list[Rule]) -> None:
    assert of_trip(legs=(leg(30, gap_min),)) == broken


def test_a_library_says_how_much_is_to_spare() -> None:
    assert of_trip(legs=(leg(30, 30),), limits=LimitsFact(leg_buffer_min=0)) == []
    assert of_trip(legs=(leg(30, 29),), limits=LimitsFact(leg_buffer_min=0)) != []


def test_who_stays_at_one_place_needs_nothing_to_spare() -> None:
    assert of_trip(legs=(leg(0, 0),)) == []


def test_time_spent_on_lunch_is_not_there_for_the_way() -> None:
    lunch = pause(EIGHT + 5 * MINUTE, 30)
    assert of_trip(legs=(leg(30, 70),), pauses=(lunch,)) == []
    assert of_trip(legs=(leg(30, 69),), pauses=(lunch,)) == [Rule.LEG_TOO_SHORT]


def test_a_short_way_is_told_at_the_stop_it_leads_to_or_at_the_return() -> None:
    out, home = leg(30, 10, place=0), leg(30, 10, EIGHT + 2 * HOUR, place=None)
    found = findings_for(trip(legs=(out, home)))
    assert [(one.field, one.event) for one in found if one.is_soft] == [
        ("starts_at", 0),
        ("returns_at", None),
    ]


@pytest.mark.parametrize(("minutes", "broken"), [(240, []), (241, [Rule.DRIVING_UNBROKEN])])
def test_four_hours_may_be_driven_without_a_break(minutes: int, broken: list[Rule]) -> None:
    assert of_trip(legs=(leg(minutes, 300),)) == broken


@pytest.mark.parametrize(("stop_min", "broken"), [(15, []), (14, [Rule.DRIVING_UNBROKEN])])
def test_fifteen_minutes_at_a_stop_are_a_break(stop_min: int, broken: list[Rule]) -> None:
    first = leg(200, 210)
    second = leg(200, 210, first.until + stop_min * MINUTE)
    short = LimitsFact(leg_buffer_min=0)
    # No time is left behind the first way, so that only the stop can be the break.
    first = LegFact("a", "b", 210, first.since, first.until, 0)
    assert of_trip(legs=(first, second), limits=short, returns_at=EIGHT + 12 * HOUR) == broken


def test_a_pause_on_the_way_breaks_the_driving_where_it_lies() -> None:
    long = leg(300, 400)
    assert of_trip(legs=(long,), pauses=(pause(EIGHT + 2 * HOUR, 20),)) == []
    assert of_trip(legs=(long,), pauses=(pause(EIGHT + 2 * HOUR, 14),)) == [Rule.DRIVING_UNBROKEN]
    too_late = pause(EIGHT + 4 * HOUR + MINUTE, 20)
    assert of_trip(legs=(long,), pauses=(too_late,)) == [Rule.DRIVING_UNBROKEN]


@pytest.mark.parametrize(("last_min", "broken"), [(120, []), (121, [Rule.DRIVING_DAY])])
def test_ten_hours_may_be_driven_in_a_day(last_min: int, broken: list[Rule]) -> None:
    legs = (
        leg(240, 260, EIGHT - 2 * HOUR),
        leg(240, 260, EIGHT + 3 * HOUR),
        leg(last_min, 160, EIGHT + 8 * HOUR),
    )
    assert of_trip(legs=legs, returns_at=EIGHT + 11 * HOUR) == broken


def test_what_the_operator_drives_on_another_trip_that_day_counts() -> None:
    def crew(minutes: int) -> tuple[CrewFact, ...]:
        driver = CrewFact("Lực", True, True, key=1, elsewhere={EIGHT.date(): minutes})
        return (driver, *CREW[1:])

    assert of_trip(legs=(leg(240, 260),), crew=crew(360)) == []
    assert of_trip(legs=(leg(240, 260),), crew=crew(361)) == [Rule.DRIVING_DAY]


@pytest.mark.parametrize(
    ("on", "minutes", "broken"),
    [
        (date(2027, 3, 7), 2640, []),
        (date(2027, 3, 7), 2641, [Rule.DRIVING_WEEK]),
        (date(2027, 3, 8), 2641, []),
        (date(2027, 2, 28), 2641, []),
    ],
)
def test_forty_eight_hours_may_be_driven_from_monday_to_sunday(
    on: date, minutes: int, broken: list[Rule]
) -> None:
    driver = CrewFact("Lực", True, True, key=1, elsewhere={on: minutes})
    assert of_trip(legs=(leg(240, 260),), crew=(driver, *CREW[1:])) == broken


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 60)), max_size=8))
def test_driving_is_never_counted_twice_or_lost(ways: list[tuple[int, int]]) -> None:
    since, legs = EIGHT, []
    for minutes, rest in ways:
        legs.append(LegFact("a", "b", minutes, since, since + minutes * MINUTE))
        since += (minutes + rest) * MINUTE
    whole = sum(driving.by_day(trip(legs=tuple(legs), returns_at=since + HOUR)).values())
    assert whole == sum(minutes for minutes, _rest in ways)


# --- Days and nights ----------------------------------------------------------------------------


def test_three_days_are_no_more_than_three() -> None:
    nights = tuple(pause(EIGHT + n * DAY + 12 * HOUR, 600, is_night=True) for n in range(4))
    midnight = datetime(2027, 3, 4, tzinfo=UTC)
    assert of_trip(returns_at=midnight, pauses=nights[:2]) == []
    assert of_trip(returns_at=midnight + MINUTE, pauses=nights[:2]) == [Rule.TRIP_TOO_LONG]


def test_a_night_out_needs_a_place_when_it_is_made_public() -> None:
    back = EIGHT + DAY
    assert of_trip(returns_at=back) == [Rule.NIGHT_MISSING]
    assert of_trip(returns_at=back, is_draft=True) == []
    assert of_trip(returns_at=back, pauses=(pause(EIGHT + 12 * HOUR, 600, is_night=True),)) == []


def test_who_is_back_before_five_or_leaves_after_ten_needs_no_bed() -> None:
    five = datetime(2027, 3, 2, 5, tzinfo=UTC)
    assert of_trip(returns_at=five - MINUTE) == []
    assert of_trip(returns_at=five) == [Rule.NIGHT_MISSING]
    assert of_trip(departs_at=five - 7 * HOUR + MINUTE, returns_at=five + HOUR) == []


def test_a_pause_lies_in_the_trip_and_not_in_an_event() -> None:
    visit = event(EIGHT, 2 * HOUR)
    assert of_trip(pauses=(pause(EIGHT - 2 * HOUR, 30),)) == []
    assert of_trip(pauses=(pause(EIGHT - 2 * HOUR - MINUTE, 30),)) == [Rule.PAUSE_OUTSIDE_TRIP]
    assert of_trip(events=(visit,), pauses=(pause(EIGHT + 2 * HOUR, 30),)) == []
    late = pause(EIGHT + 2 * HOUR - MINUTE, 30)
    [finding] = [one for one in findings_for(trip(events=(visit,), pauses=(late,))) if one.is_hard]
    assert (finding.rule, finding.field) == (Rule.PAUSE_CLASHES, "pauses")


def test_twenty_five_minutes_at_midday_are_lunch() -> None:
    busy = (event(EIGHT, 2.5 * HOUR), event(EIGHT + 175 * MINUTE, 2.5 * HOUR))
    late = (event(EIGHT, 2.5 * HOUR), event(EIGHT + 174 * MINUTE, 2.5 * HOUR))
    assert notes(events=busy, returns_at=EIGHT + 6 * HOUR) == []
    assert notes(events=late, returns_at=EIGHT + 326 * MINUTE + HOUR / 4) == [Rule.LUNCH_MISSING]


# --- Venues -------------------------------------------------------------------------------------

MORNING = ((time(7, 30), time(11)),)


@pytest.mark.parametrize(
    ("start", "length", "broken"),
    [
        (EIGHT - HOUR / 2, 3.5 * HOUR, []),
        (EIGHT - HOUR / 2 - MINUTE, HOUR, [Rule.OUTSIDE_WINDOWS]),
        (EIGHT, 3 * HOUR + MINUTE, [Rule.OUTSIDE_WINDOWS]),
    ],
)
def test_an_event_fits_into_one_window_of_its_venue(
    start: datetime, length: timedelta, broken: list[Rule]
) -> None:
    assert of_event(start=start, length=length, venue=VenueFact("Chợ", windows=MORNING)) == broken


def test_a_venue_without_hours_that_day_is_shut_and_one_without_any_always_open() -> None:
    assert of_event(venue=VenueFact("Chợ", windows=())) == [Rule.OUTSIDE_WINDOWS]
    assert of_event(venue=VenueFact("Chợ")) == []


def test_an_exhibition_of_several_days_stays_when_the_doors_close() -> None:
    assert of_event(length=3 * DAY, venue=VenueFact("Chợ", windows=MORNING)) == []


@pytest.mark.parametrize(
    ("length", "broken"),
    [
        (15 * HOUR, [Rule.OUTSIDE_WINDOWS]),  # from eight to eleven at night
        (16 * HOUR, [Rule.OUTSIDE_WINDOWS]),  # up to midnight, which is not before the doors close
        (24 * HOUR - MINUTE, [Rule.OUTSIDE_WINDOWS]),
        (24 * HOUR, []),
    ],
)
def test_a_stop_over_midnight_is_no_exhibition(length: timedelta, broken: list[Rule]) -> None:
    assert of_event(length=length, venue=VenueFact("Chợ", windows=MORNING)) == broken


def test_a_closed_venue_says_why() -> None:
    [finding] = findings_for_event(event(venue=VenueFact("Chợ", closed_because="Sửa mái")))
    assert (finding.rule, finding.params["reason"]) == (Rule.VENUE_CLOSED, "Sửa mái")
    assert of_event(venue=VenueFact("Chợ", closed_because="")) == [Rule.VENUE_CLOSED]


SCHOOL = VenueFact("Trường", is_school=True)


@pytest.mark.parametrize(
    ("start", "length", "broken"),
    [
        (EIGHT - HOUR, 10 * HOUR, []),
        (EIGHT - HOUR - MINUTE, HOUR, [Rule.OUTSIDE_SCHOOL_HOURS]),
        (EIGHT, 9 * HOUR + MINUTE, [Rule.OUTSIDE_SCHOOL_HOURS]),
        (EIGHT + 5 * DAY, HOUR, []),
        (EIGHT + 6 * DAY, HOUR, [Rule.OUTSIDE_SCHOOL_HOURS]),
    ],
)
def test_a_school_is_visited_from_seven_to_five_and_not_on_sundays(
    start: datetime, length: timedelta, broken: list[Rule]
) -> None:
    assert of_event(start=start, length=length, venue=SCHOOL) == broken


def test_the_hours_of_a_school_say_more_than_the_rule_for_schools() -> None:
    evening = VenueFact("Trường", is_school=True, windows=((time(18), time(21)),))
    assert of_event(start=EIGHT + 10 * HOUR, venue=evening) == []


@pytest.mark.parametrize(
    ("day", "is_term"),
    [((5, 31), True), ((6, 1), False), ((9, 4), False), ((9, 5), True), ((1, 1), True)],
)
def test_the_school_year_runs_from_5_september_to_31_may(
    day: tuple[int, int], is_term: bool
) -> None:
    start = EIGHT.replace(month=day[0], day=day[1])
    assert (Rule.OUTSIDE_TERM not in of_event(start=start, venue=SCHOOL)) is is_term


def test_a_school_year_holds_for_every_day_of_an_event() -> None:
    may = EIGHT.replace(month=5, day=31)
    assert Rule.OUTSIDE_TERM not in of_event(start=may, length=16 * HOUR, venue=SCHOOL)
    [finding] = [
        one
        for one in findings_for_event(event(may, 2 * DAY, venue=SCHOOL))
        if one.rule == Rule.OUTSIDE_TERM
    ]
    assert finding.params["day"] == "01/06/2027"


def test_a_school_year_may_lie_within_a_year() -> None:
    south = LimitsFact(term_starts=(2, 1), term_ends=(12, 15))
    assert of_event(south, start=EIGHT.replace(month=6), venue=SCHOOL) == []
    assert of_event(south, start=EIGHT.replace(month=1), venue=SCHOOL) == [Rule.OUTSIDE_TERM]


def test_a_public_holiday_is_told_by_name_on_any_day_of_an_event() -> None:
    tet = LimitsFact(holidays={date(2027, 3, 2): "Tết Nguyên Đán"})
    assert of_event(tet) == []
    assert of_event(tet, length=DAY) == [Rule.PUBLIC_HOLIDAY]
    assert of_event(tet, length=16 * HOUR) == []  # at midnight the holiday has not begun
    assert of_event(tet, length=16 * HOUR + MINUTE) == [Rule.PUBLIC_HOLIDAY]
    [finding] = findings_for_event(event(EIGHT + DAY), limits=tet)
    assert finding.params["holiday"] == "Tết Nguyên Đán"


def test_a_holiday_is_told_once_however_many_stops_there_are() -> None:
    tet = LimitsFact(holidays={EIGHT.date(): "Tết Nguyên Đán"})
    stops = (event(title="Một"), event(EIGHT + 2 * HOUR, title="Hai"))
    assert of_trip(events=stops, limits=tet) == [Rule.PUBLIC_HOLIDAY]


def test_a_length_is_told_as_the_reader_writes_numbers() -> None:
    narrow = event(venue=VenueFact("Bản", largest_vehicle_m=6.5))
    [finding] = findings_for(trip(events=(narrow,), vehicle_length_m=7.25))
    with translation.override("vi"):
        assert "7,25 m" in finding.message
    with translation.override("en"):
        assert "6.5 m" in finding.message


def test_a_vehicle_may_be_as_long_as_the_access_allows() -> None:
    narrow = event(venue=VenueFact("Bản", largest_vehicle_m=6.5))
    assert of_trip(events=(narrow,), vehicle_length_m=6.5) == []
    assert of_trip(events=(narrow,), vehicle_length_m=6.6) == [Rule.VEHICLE_TOO_LONG]
    assert of_trip(events=(narrow,), vehicle_length_m=None) == []


def test_a_road_that_cannot_be_passed_stops_vehicles_and_nobody_else() -> None:
    cut = event(venue=VenueFact("Bản", closed_months="October"))
    assert of_trip(events=(cut,)) == [Rule.NOT_PASSABLE]
    assert findings_for_event(cut) == []


def test_a_way_that_is_often_flooded_is_only_pointed_out() -> None:
    wet = event(venue=VenueFact("Bản", floods=True))
    assert (of_trip(events=(wet,)), notes(events=(wet,))) == ([], [Rule.OFTEN_FLOODED])


# --- What was asked for -------------------------------------------------------------------------


@pytest.mark.parametrize(("classes", "broken"), [(3, []), (4, [Rule.TOO_MANY_CLASSES])])
def test_a_class_needs_twenty_minutes(classes: int, broken: list[Rule]) -> None:
    assert of_event(expected_classes=classes) == broken


@pytest.mark.parametrize(("people", "broken"), [(40, []), (41, [Rule.ROOM_TOO_SMALL])])
def test_a_room_holds_no_more_than_it_holds(people: int, broken: list[Rule]) -> None:
    assert of_event(expected_people=people, venue=VenueFact("Nhà", room_people=40)) == broken


@pytest.mark.parametrize(("days", "broken"), [(14, []), (13, [Rule.SHORT_NOTICE]), (None, [])])
def test_a_host_asks_two_weeks_before(days: int | None, broken: list[Rule]) -> None:
    assert of_event(notice_days=days) == broken
    assert of_event(LimitsFact(notice_days=7), notice_days=7) == []
