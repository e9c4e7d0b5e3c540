"""The week of each vehicle and the sheet of a trip, as staff see them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from outreach.fleet.models import Unavailability, Vehicle
from outreach.places.models import UnitPriority, Venue
from outreach.scheduling import board, services
from outreach.scheduling.domain import Rule
from outreach.scheduling.models import Trip
from outreach.scheduling.services import CrewInput, PauseInput
from tests.cast import Cast
from tests.factories import TravelTimeFactory, VehicleFactory, VenueFactory
from tests.scheduling.desk import (
    MONDAY,
    NOBODY,
    at,
    make_event,
    make_public_trip,
    make_trip,
    storm,
    visit,
)


def week(cast: Cast) -> board.Week:
    return board.week(cast.library, MONDAY)


def row(cast: Cast, vehicle: Vehicle | None) -> tuple[board.VehicleDay, ...]:
    return next(row.days for row in week(cast).rows if row.vehicle == vehicle)


def test_a_week_has_a_row_for_each_vehicle_and_one_for_events_without(cast: Cast) -> None:
    other = VehicleFactory.create(library=cast.library)
    assert [row.vehicle for row in week(cast).rows] == [cast.vehicle, other, None]
    assert all(len(row.days) == 7 for row in week(cast).rows)


def test_a_retired_vehicle_shows_only_in_weeks_it_was_on_the_road(cast: Cast) -> None:
    make_trip(cast)
    Vehicle.objects.update(is_in_use=False)
    assert [row.vehicle for row in week(cast).rows] == [cast.vehicle, None]
    later = board.week(cast.library, MONDAY + timedelta(days=7))
    assert [row.vehicle for row in later.rows] == [None]


def test_a_trip_over_two_days_shows_on_both_and_its_events_on_theirs(cast: Cast) -> None:
    trip = make_trip(cast, visit(cast, 8), visit(cast, 8, day=1), returns_at=at(17, 1))
    monday, tuesday, wednesday = row(cast, cast.vehicle)[:3]
    assert (monday.trips, tuesday.trips, wednesday.trips) == ((trip,), (trip,), ())
    assert [event.starts_at for event in (*monday.events, *tuesday.events)] == [at(8), at(8, 1)]


def test_a_trip_that_ends_when_the_day_begins_is_not_of_that_day(cast: Cast) -> None:
    make_trip(cast, visit(cast, 8), returns_at=at(24))
    assert row(cast, cast.vehicle)[1].trips == ()


def test_a_week_begins_on_monday_and_ends_with_sunday(cast: Cast) -> None:
    make_event(cast, day=-1)
    first = make_event(cast, day=0)
    last = make_event(cast, day=6)
    make_event(cast, day=7)
    days = row(cast, None)
    assert [event for day in days for event in day.events] == [first, last]


def test_a_vehicle_that_is_off_says_why(cast: Cast) -> None:
    Unavailability.objects.create(
        vehicle=cast.vehicle, starts_at=at(8, 2), ends_at=at(9, 2), reason="đăng kiểm"
    )
    assert [day.away for day in row(cast, cast.vehicle)[:4]] == ["", "", "đăng kiểm", ""]


def test_another_librarys_schedule_is_not_on_the_board(cast: Cast) -> None:
    make_trip(cast)
    assert not any(
        day.trips or day.events
        for row in board.week(cast.other_library, MONDAY).rows
        for day in row.days
    )


def test_what_stands_against_publishing_is_found_until_it_is_overridden(cast: Cast) -> None:
    trip = make_trip(cast, crew=NOBODY)
    assert [finding.rule for finding in week(cast).findings[trip.pk]] == [
        Rule.CREW_TOO_SMALL,
        Rule.NO_OPERATOR,
    ]
    services.publish_trip(actor=cast.owner, trip=trip, override_reason="Huyện đi thay")
    assert week(cast).findings[trip.pk] == []


def test_somebody_who_falls_ill_later_is_found(cast: Cast) -> None:
    trip = make_public_trip(cast)
    Unavailability.objects.create(
        member=cast.operator, starts_at=at(0), ends_at=at(24), reason="ốm"
    )
    assert [finding.rule for finding in week(cast).findings[trip.pk]] == [Rule.MEMBER_OFF]


def test_the_board_finds_what_the_services_find(cast: Cast) -> None:
    Unavailability.objects.create(
        vehicle=cast.vehicle, starts_at=at(16), ends_at=at(18), reason="đăng kiểm"
    )
    trip = make_trip(cast, crew=CrewInput(cast.operator), override_reason="x")
    trip.overrides.all().delete()
    stored = services.rules.stored_trip_findings(trip, is_draft=False)
    assert {finding.mark for finding in week(cast).findings[trip.pk]} == {
        finding.mark for finding in stored
    }


def test_a_cancelled_trip_is_no_longer_warned_about(cast: Cast) -> None:
    trip = make_trip(cast, crew=NOBODY)
    services.cancel_trip(actor=cast.owner, trip=trip, why=storm())
    assert week(cast).findings[trip.pk] == []


@pytest.mark.parametrize("trips", [1, 6])
def test_the_board_asks_as_often_whatever_the_number_of_trips(
    cast: Cast, trips: int, django_assert_num_queries: Any
) -> None:
    for day in range(trips):
        make_trip(
            cast,
            visit(cast, 8, day=day),
            visit(cast, 13, day=day, venue=cast.second_venue),
            day=day,
            crew=CrewInput(cast.operator),
            override_reason="Thiếu người",
        )
        make_event(cast, hour=9, day=day)
    with django_assert_num_queries(23):
        week(cast)


# --- The sheet of a trip -----------------------------------------------------------------------


def sheet_of(trip: Trip) -> board.TripSheet:
    return board.trip_sheet(trip)


def test_legs_run_from_the_base_over_the_stops_and_back(cast: Cast) -> None:
    cast.vehicle.base = VenueFactory.create(library=cast.library, lat=19.30, lon=104.95)
    cast.vehicle.save()
    far = VenueFactory.create(library=cast.library, commune=cast.commune, lat=19.33, lon=104.95)
    sheet = sheet_of(
        make_trip(cast, visit(cast, 8), visit(cast, 10.5, venue=far), override_reason="Đường tốt")
    )

    out, between = (stop.leg for stop in sheet.stops)

    assert out
    assert between
    assert sheet.way_back
    assert (out.gap_min, between.gap_min, sheet.way_back.gap_min) == (60, 30, 270)
    assert between.minutes > out.minutes > sheet.way_back.minutes > 0


def test_a_leg_that_takes_longer_than_planned_is_tight(cast: Cast) -> None:
    far = VenueFactory.create(library=cast.library, commune=cast.commune, lat=19.40, lon=104.95)
    _first, second = sheet_of(
        make_trip(cast, visit(cast, 8), visit(cast, 10, venue=far), override_reason="Đường tốt")
    ).stops
    assert second.leg is not None
    assert second.leg.is_tight


def test_a_border_commune_is_reached_more_slowly(cast: Cast) -> None:
    far = VenueFactory.create(library=cast.library, commune=cast.commune, lat=19.33, lon=104.95)
    trip = make_trip(cast, visit(cast, 8), visit(cast, 13, venue=far))
    before = sheet_of(trip).stops[1].leg
    UnitPriority.objects.create(unit=cast.commune, kind=UnitPriority.Kind.BORDER, valid_from=MONDAY)
    after = sheet_of(trip).stops[1].leg
    assert before
    assert after
    assert after.minutes > before.minutes


def typed_trip(cast: Cast, *typed: Any) -> board.TripSheet:
    """Return the sheet of a trip to a far venue, after people typed ``(fields, minutes)``."""
    cast.vehicle.base = VenueFactory.create(library=cast.library, lat=19.30, lon=104.95)
    cast.vehicle.save()
    for fields, minutes in typed:
        TravelTimeFactory.create(destination=cast.venue, minutes=minutes, **fields)
    stops = [visit(cast, 8), visit(cast, 13, venue=cast.second_venue)]
    return sheet_of(make_trip(cast, *stops, override_reason="Đi thử"))


def test_a_typed_time_wins_over_the_estimate_out_and_back(cast: Cast) -> None:
    sheet = typed_trip(cast, ({"note": "Đường tràn"}, 135))
    out, between = (stop.leg for stop in sheet.stops)
    assert out is not None
    assert between is not None
    assert (out.minutes, out.is_typed, out.note) == (135, True, "Đường tràn")
    assert (out.is_tight, out.km is not None) == (True, True)
    assert not between.is_typed  # the next stop is not where the vehicle came from
    assert sheet.way_back is not None
    assert not sheet.way_back.is_typed


def test_from_anywhere_and_back_holds_for_the_way_home(cast: Cast) -> None:
    cast.vehicle.base = VenueFactory.create(library=cast.library, lat=19.30, lon=104.95)
    cast.vehicle.save()
    TravelTimeFactory.create(destination=cast.venue, minutes=135)
    sheet = sheet_of(make_trip(cast, visit(cast, 8), override_reason="Đi thử"))
    assert sheet.way_back is not None
    assert (sheet.way_back.minutes, sheet.way_back.is_typed) == (135, True)


def test_the_time_of_the_month_of_arrival_counts(cast: Cast) -> None:
    here, other = MONDAY.month, MONDAY.month % 12 + 1
    sheet = typed_trip(
        cast, ({"months": frozenset({other})}, 200), ({"months": frozenset({here})}, 95), ({}, 80)
    )
    assert sheet.stops[0].leg is not None
    assert sheet.stops[0].leg.minutes == 95


def test_a_typed_time_serves_boats_and_venues_without_a_point(cast: Cast) -> None:
    Vehicle.objects.update(kind=Vehicle.Kind.BOAT)
    cast.vehicle.kind = Vehicle.Kind.BOAT
    Venue.objects.filter(pk=cast.venue.pk).update(lat=None, lon=None)
    sheet = typed_trip(cast, ({"both_ways": False, "km": 7}, 45))
    first, second = (stop.leg for stop in sheet.stops)
    assert first is not None
    assert (first.minutes, first.km, first.is_typed) == (45, 7, True)
    assert (second, sheet.way_back) == (None, None)


def test_the_page_of_a_trip_tells_typed_times_from_estimates(cast: Cast) -> None:
    translation.activate("en")
    sheet = typed_trip(cast, ({"both_ways": False, "note": "Đường tràn"}, 135))
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(cast.owner)
    page = client.get(reverse("trip", args=[sheet.trip.uid])).content.decode()
    assert "2 h 15 min" in page
    assert "typed by a person" in page
    assert "Đường tràn" in page
    assert page.count("about ") >= 2


def test_a_cancelled_stop_is_not_on_the_way(cast: Cast) -> None:
    trip = make_trip(
        cast, visit(cast, 8), visit(cast, 11, venue=cast.second_venue), visit(cast, 14)
    )
    middle = trip.events.all()[1]
    services.cancel_event(actor=cast.owner, event=middle, why=storm())
    legs = [stop.leg for stop in sheet_of(trip).stops]
    assert legs[1] is None
    assert legs[2] is not None
    assert (legs[2].minutes, legs[2].gap_min) == (0, 240)


def test_a_boat_gets_no_estimate_made_for_roads(cast: Cast) -> None:
    Vehicle.objects.update(kind=Vehicle.Kind.BOAT)
    sheet = sheet_of(make_trip(cast, visit(cast, 8), visit(cast, 13)))
    assert [stop.leg for stop in sheet.stops] == [None, None]


@pytest.mark.parametrize("stops", [1, 4])
def test_the_sheet_asks_as_often_whatever_the_number_of_stops(
    cast: Cast, stops: int, django_assert_num_queries: Any
) -> None:
    trip = make_trip(cast, *[visit(cast, 8 + 2 * number) for number in range(stops)])
    with django_assert_num_queries(18):
        sheet_of(trip)


def test_a_trip_of_two_days_is_shown_day_by_day_with_its_pauses(cast: Cast) -> None:
    TravelTimeFactory.create(origin=cast.venue, destination=cast.second_venue, minutes=40)
    trip = make_trip(
        cast,
        visit(cast, 8),
        visit(cast, 13, venue=cast.second_venue),
        returns_at=at(12, 1),
        pauses=[
            PauseInput("lunch", at(11), at(12)),
            PauseInput("night", at(18), at(30), venue=cast.venue),
        ],
    )
    first, second = sheet_of(trip).days
    kinds = ["stop" if isinstance(line, board.Stop) else line.pause.kind for line in first.lines]
    assert kinds == ["stop", "lunch", "stop", "night"]
    assert (first.on, second.on, second.lines) == (at(0).date(), at(0, 1).date(), ())
    _morning, lunch, afternoon, night = first.lines
    # Lunch lies on the way: its hour is not there for driving, and nobody drives to it.
    assert lunch.leg is None
    assert afternoon.leg is not None
    assert (afternoon.leg.minutes, afternoon.leg.gap_min) == (40, 120)
    assert afternoon.came_from == cast.venue
    assert night.came_from == cast.second_venue
    assert sheet_of(trip).ended_at == cast.venue


def test_a_day_spent_driving_back_has_its_own_heading(cast: Cast) -> None:
    trip = make_trip(cast, visit(cast, 8), departs_at=at(7, -1), returns_at=at(17, 1))
    assert [len(day.lines) for day in sheet_of(trip).days] == [0, 1, 0]
