"""When a stop may be visited, and why not on other days."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from outreach.places.models import OpeningWindow, Venue, VenueAccess
from outreach.planning.scenarios import services
from outreach.planning.scenarios.hours import Closed, closed, closed_text
from outreach.routing.problem import ALL_DAY, Window
from outreach.scheduling.models import RuleSettings
from outreach.scheduling.services import schedule_event
from tests.cast import Cast
from tests.factories import ClosedDatesFactory
from tests.planning.scenarios.scene import day, scenario, season, stop_at
from tests.scheduling.desk import activity, at, visit

HOUR = 3600


def own_hours(cast: Cast, opens: int, closes: int) -> Any:
    made = scenario(cast)
    services.set_stop(
        actor=cast.owner, scenario=made, venue=cast.venue, opens=time(opens), closes=time(closes)
    )
    return made


def school(cast: Cast) -> None:
    cast.venue.kind = Venue.Kind.SCHOOL
    cast.venue.save()


def test_a_venue_without_hours_is_open_all_day(cast: Cast) -> None:
    stop = stop_at(scenario(cast), cast.venue)
    assert set(stop.windows.values()) == {ALL_DAY}
    assert len(stop.windows) == 28
    assert not stop.closed


def test_a_school_is_open_in_school_hours_but_on_sundays(cast: Cast) -> None:
    school(cast)
    stop = stop_at(scenario(cast), cast.venue)
    assert stop.windows[day(5)] == (Window(7 * HOUR, 17 * HOUR),)
    assert stop.closed[day(6)] == Closed.NO_HOURS


def test_a_venues_own_windows_count_before_school_hours(cast: Cast) -> None:
    school(cast)
    for opens, closes in ((14, 16), (8, 11)):
        OpeningWindow.objects.create(
            venue=cast.venue, weekday=1, opens=time(opens), closes=time(closes)
        )
    stop = stop_at(scenario(cast), cast.venue)
    assert stop.windows[day(1)] == (
        Window(8 * HOUR, 11 * HOUR),
        Window(14 * HOUR, 16 * HOUR),
    )
    assert stop.closed[day(0)] == Closed.NO_HOURS


def test_hours_of_the_season_narrow_those_of_the_venue(cast: Cast) -> None:
    school(cast)
    assert stop_at(own_hours(cast, 6, 9), cast.venue).windows[day(0)] == (
        Window(7 * HOUR, 9 * HOUR),
    )


def test_hours_of_the_season_in_which_the_venue_is_shut_close_the_day(cast: Cast) -> None:
    school(cast)
    assert stop_at(own_hours(cast, 18, 20), cast.venue).closed[day(0)] == Closed.OWN_HOURS


def test_a_public_holiday_closes_all_unless_one_goes_out_then(cast: Cast) -> None:
    RuleSettings.objects.filter(library=cast.library).update(holidays="VN")
    spring = season(cast, starts_on=date(2027, 4, 26), ends_on=date(2027, 5, 10))
    made = scenario(cast, season=spring)
    labour_day = date(2027, 4, 30)
    assert stop_at(made, cast.venue).closed[labour_day].startswith("public_holiday:")
    services.change_scenario(actor=cast.owner, scenario=made, goes_on_holidays=True)
    assert labour_day in stop_at(made, cast.venue).windows


@pytest.mark.parametrize(("on", "is_closed"), [(day(7), True), (day(9), True), (day(10), False)])
def test_closed_dates_close_the_venue_and_say_why(cast: Cast, on: date, is_closed: bool) -> None:
    ClosedDatesFactory.create(venue=cast.venue, starts_on=day(7), ends_on=day(10), reason="Sửa mái")
    stop = stop_at(scenario(cast), cast.venue)
    assert (on in stop.closed) is is_closed
    assert not is_closed or stop.closed[on] == "venue_closed:Sửa mái"


def test_months_without_a_passable_road_are_closed(cast: Cast) -> None:
    shut: Any = frozenset({3})
    VenueAccess.objects.create(venue=cast.venue, closed_months=shut)
    stop = stop_at(scenario(cast), cast.venue)
    assert set(stop.closed.values()) == {Closed.MONTHS}
    assert not stop.windows


def test_a_school_is_closed_outside_its_year(cast: Cast) -> None:
    school(cast)
    RuleSettings.objects.filter(library=cast.library).update(term_ends="03-10")
    stop = stop_at(scenario(cast), cast.venue)
    assert date(2027, 3, 10) in stop.windows
    assert stop.closed[date(2027, 3, 11)] == Closed.TERM


def test_an_event_that_stays_takes_its_hours_of_the_venue(cast: Cast) -> None:
    held = visit(cast, 9, 2, activities=(activity("exhibition"),))
    schedule_event(actor=cast.owner, library=cast.library, event=held)
    stop = stop_at(scenario(cast), cast.venue)
    assert stop.windows[day(0)] == (Window(0, 9 * HOUR), Window(11 * HOUR, 24 * HOUR))


def test_an_event_that_leaves_room_takes_nothing(cast: Cast) -> None:
    held = visit(cast, 9, 2, activities=(activity("exhibition"),), shares_venue=True)
    schedule_event(actor=cast.owner, library=cast.library, event=held)
    assert stop_at(scenario(cast), cast.venue).windows[day(0)] == ALL_DAY


def test_an_exhibition_of_some_days_closes_those_in_between(cast: Cast) -> None:
    held = visit(cast, activities=(activity("exhibition"),), ends_at=at(12, day=2))
    schedule_event(actor=cast.owner, library=cast.library, event=held)
    stop = stop_at(scenario(cast), cast.venue)
    assert stop.closed[day(1)] == Closed.TAKEN
    assert stop.windows[day(2)] == (Window(12 * HOUR, 24 * HOUR),)


@pytest.mark.parametrize("code", list(Closed))
def test_each_reason_is_told_in_words(code: Closed) -> None:
    said = closed_text(closed(code, "Tết"))
    assert said
    assert code.value not in said


def test_a_reason_of_a_later_version_is_told_as_it_is() -> None:
    assert closed_text("quarantine:x") == "quarantine:x"
