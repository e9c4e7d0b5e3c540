"""Importing: what becomes of a file, of the same file again, and of one that has changed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.common.errors import Conflict
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue
from outreach.planning.models import Promise
from outreach.planning.timetables import importing
from outreach.scheduling import services
from outreach.scheduling.models import Event, Series, State, Trip
from outreach.scheduling.series.recurrence import dates
from tests.cast import Cast
from tests.factories import VehicleFactory, VenueFactory
from tests.planning.timetables.files import (
    MONDAY,
    NOW,
    OLD_COLUMNS,
    STOP,
    as_csv,
    everything,
    later,
    load,
    preview,
    stop,
    told,
    what_changed,
)

pytestmark = pytest.mark.django_db

TWO = as_csv(stop(), later())
MIXED = as_csv(
    stop(),
    later(),
    later(),  # a repeated row
    stop(mobile="Van 2", route="7", frequency="FREQ=MONTHLY;BYDAY=1MO,3MO"),
    stop(mobile="Van 3", arrival="1:30", departure="2:00", geox="", geoy=""),
    stop(mobile="Van 3", arrival="", stop="No arrival"),
    stop(mobile="Van 3", day="Tuesday", frequency="", start="2026-12-01", stop="Once"),
    stop(mobile="Van 4", start="2026-11-20", stop=" Sharpe’s\u00a0Hall\n(rear) "),
    stop(mobile="Van 4", start="2020-01-06", end="2021-01-01", arrival="12:00", departure="13:00"),
    stop(mobile="", organisation="Southshire", exceptions="2026-11-30; 07/12/2026"),
    columns=[*STOP],
)


def starts(**narrowed: Any) -> list[datetime]:
    """Return when the visits start, in order."""
    return list(
        Event.objects.filter(**narrowed).order_by("starts_at").values_list("starts_at", flat=True)
    )


# --- What becomes of a file --------------------------------------------------------------------


def test_a_row_becomes_vehicle_venue_promise_series_and_dated_visits() -> None:
    plan = load(as_csv(stop(frequency="FREQ=WEEKLY;INTERVAL=2", exceptions="2026-12-07")))

    library = Library.objects.get(name_vi="Northshire")
    assert library.time_zone == "Europe/London"
    vehicle, venue = Vehicle.objects.get(library=library), Venue.objects.get(library=library)
    assert (vehicle.name, venue.name, venue.locality) == ("Van 1", "Village Hall", "Ashby")
    assert venue.point == (53.9, -1.1)
    assert venue.commune is None
    promise = Promise.objects.get(venue=venue)
    assert (promise.every_weeks, promise.service_min, promise.ends_on) == (4, 30, None)
    expected = [
        clock.at(day, time(10), library.zone)
        for day in dates(
            "FREQ=WEEKLY;INTERVAL=2",
            MONDAY,
            since=MONDAY,
            until=MONDAY + timedelta(weeks=13),
            exceptions=[date(2026, 12, 7)],
        )
    ]
    assert starts() == expected
    assert len(expected) == 6
    assert {event.state for event in Event.objects.all()} == {State.DRAFT}
    assert {event.ends_at - event.starts_at for event in Event.objects.all()} == {
        timedelta(minutes=30)
    }
    assert plan.counts()["visits"]["new"] == 6


def test_the_stops_of_a_vehicles_day_are_one_trip() -> None:
    load(TWO)
    trip = Trip.objects.order_by("departs_at")[0]
    first, last = trip.events.order_by("starts_at")
    assert (trip.departs_at, trip.returns_at) == (first.starts_at, last.ends_at)
    assert Trip.objects.count() == 13


def test_every_row_is_accounted_for() -> None:
    plan = preview(MIXED)
    refused = [(row, code) for row, code in told(plan) if row not in plan.imported]
    assert refused == [(4, "row_repeated"), (7, "no_time")]
    assert plan.rows == 10
    assert plan.imported == {2, 3, 5, 6, 8, 9, 10, 11}
    assert plan.refused == 2


def test_an_old_file_without_type_exceptions_and_points_is_imported() -> None:
    rows = [stop(geox="", geoy=""), later(geox="", geoy="")]
    plan = load(as_csv(*rows, columns=OLD_COLUMNS), time_zone="Europe/London")
    assert plan.imported == {2, 3}
    assert Venue.objects.filter(lat=None).count() == 2


def test_clocks_on_the_wall_stay_when_summer_time_begins() -> None:
    load(as_csv(stop()), since=date(2027, 3, 22), weeks=2)
    zone = Library.objects.get().zone
    assert [moment.astimezone(zone).time() for moment in starts()] == [time(10), time(10)]
    assert len({moment.utctimetuple().tm_hour for moment in starts()}) == 2


@pytest.mark.parametrize("day", ["2027-03-28", "2026-10-25"])
def test_visits_in_the_night_the_clocks_change_break_nothing(day: str) -> None:
    rows = [
        stop(day="Sunday", start=day, arrival=f"{hour:02}:{minute:02}", departure=ends)
        for hour, minute, ends in [
            (0, 30, "01:00"),
            (1, 0, "01:30"),
            (1, 30, "02:00"),
            (2, 0, "02:30"),
        ]
    ]
    plan = load(as_csv(*rows), since=date.fromisoformat(day), weeks=1)
    assert plan.imported == {2, 3, 4, 5}
    left_out = [row for row, code in told(plan) if code == "clocks_change"]
    assert left_out == ([2, 3, 4] if day == "2027-03-28" else [])
    assert Event.objects.count() == 4 - len(left_out)


def test_two_libraries_of_one_file_may_have_a_vehicle_and_a_venue_of_the_same_name() -> None:
    plan = load(as_csv(stop(), stop(organisation="Southshire")))
    assert plan.imported == {2, 3}
    assert [library.name_vi for library in Library.objects.order_by("slug")] == [
        "Northshire",
        "Southshire",
    ]
    assert Vehicle.objects.filter(name="Van 1").count() == 2
    assert len(set(Venue.objects.values_list("code", flat=True))) == 2


def test_names_in_other_alphabets_are_told_apart() -> None:
    rows = [
        stop(mobile="Автобус", stop="Школа", community="Ново", address=""),
        stop(mobile="Грузовик", stop="Клуб", community="Село", address=""),
    ]
    load(as_csv(*rows))
    assert Vehicle.objects.count() == 2
    assert Venue.objects.count() == 2


def test_one_venue_on_three_routes_and_twice_a_day_is_one_venue() -> None:
    rows = [
        stop(route="2", frequency="FREQ=WEEKLY;INTERVAL=3"),
        stop(route="7", frequency="FREQ=WEEKLY;INTERVAL=3", start="2026-11-30"),
        stop(route="12", frequency="FREQ=WEEKLY;INTERVAL=3", start="2026-12-07"),
        stop(route="2", arrival="17:00", departure="18:00", geox="-1.1001"),
    ]
    load(as_csv(*rows))
    assert Venue.objects.count() == 1
    assert Series.objects.count() == 4
    promise = Promise.objects.get()
    assert (promise.every_weeks, promise.service_min) == (1, 60)


def test_stops_of_one_name_in_places_far_apart_are_two_venues() -> None:
    load(as_csv(stop(), stop(mobile="Van 2", geox="-1.11")))
    assert Venue.objects.count() == 2


# --- Dry run, and all or nothing ----------------------------------------------------------------


def test_looking_writes_nothing_at_all() -> None:
    before = everything()
    preview(MIXED)
    load(TWO)
    stored = everything()
    preview(MIXED)
    preview(as_csv(stop(departure="10:45"), later(stop="Elsewhere")))
    assert what_changed(stored, everything()) == {}
    assert what_changed(before, stored)


def test_a_failure_at_the_end_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything()

    def break_down(*_args: Any, **_options: Any) -> None:
        raise RuntimeError("out of paper")

    monkeypatch.setattr("outreach.scheduling.services.in_bulk.tell_all", break_down)
    with pytest.raises(RuntimeError):
        load(MIXED)
    assert what_changed(before, everything()) == {}


def test_a_preview_that_others_have_overtaken_is_not_stored() -> None:
    wishes = importing.Wishes(since=MONDAY)
    plans = [importing.preview(TWO, wishes, now=NOW) for _time in range(2)]
    importing.commit(plans[0], wishes, actor=None, now=NOW)
    before = everything()
    with pytest.raises(Conflict) as refusal:
        importing.commit(plans[1], wishes, actor=None, now=NOW)
    assert refusal.value.kind == "changed_meanwhile"
    assert what_changed(before, everything()) == {}


# --- The same file again -----------------------------------------------------------------------


@pytest.mark.parametrize("content", [TWO, MIXED], ids=["plain", "mixed"])
def test_the_same_file_again_changes_nothing(content: bytes) -> None:
    first = load(content)
    before = everything()

    again = load(content)

    assert again.changes_nothing
    assert what_changed(before, everything()) == {}
    assert again.imported == first.imported
    assert again.visits_unchanged == len(first.visits)


def test_the_same_file_in_another_order_changes_nothing() -> None:
    rows = [stop(), later(), stop(mobile="Van 2", arrival="11:00", departure="12:00")]
    load(as_csv(*rows))
    before = everything()
    assert load(as_csv(*reversed(rows))).changes_nothing
    assert what_changed(before, everything()) == {}


def test_rows_without_a_library_belong_to_the_same_one_again() -> None:
    load(as_csv(stop(organisation="")))
    assert load(as_csv(stop(organisation=""))).changes_nothing
    assert Library.objects.count() == 1


def test_the_next_week_only_adds_the_visits_of_its_window() -> None:
    load(TWO)
    before = everything()
    plan = load(TWO, since=MONDAY + timedelta(weeks=1))
    assert plan.counts()["visits"] == {"new": 2, "changed": 0, "unchanged": 24, "removed": 0}
    assert "scheduling_series" not in what_changed(before, everything())


def test_what_people_corrected_stays_when_the_file_still_says_the_old() -> None:
    load(TWO)
    Vehicle.objects.update(name="Nellie")
    hall = Venue.objects.get(name="Village Hall")
    hall.name, hall.address, hall.lat = "New Hall", "2 High Street", 53.95
    hall.save()
    before = everything()

    plan = load(TWO)

    assert plan.changes_nothing
    assert what_changed(before, everything()) == {}


def test_a_draft_that_was_moved_by_hand_stays_where_it_was_put(cast: Cast) -> None:
    content = as_csv(stop(organisation=""))
    load(content, cast.library, cast.owner)
    event = Event.objects.order_by("starts_at")[0]
    services.move_event(
        actor=cast.owner,
        event=event,
        starts_at=event.starts_at + timedelta(days=1),
        ends_at=event.ends_at + timedelta(days=1),
        reason="Chợ phiên",
        now=NOW,
    )
    before = everything()
    assert load(content, cast.library, cast.owner).changes_nothing
    assert what_changed(before, everything()) == {}


# --- A file that has changed -------------------------------------------------------------------


def test_a_changed_row_changes_its_own_drafts_only() -> None:
    load(TWO)
    school = Series.objects.get(venue__name="School")
    untouched = set(school.events.values_list("pk", "starts_at", "revision"))

    plan = load(as_csv(stop(departure="10:45"), later()))

    hall = Series.objects.get(venue__name="Village Hall")
    assert hall.departs == time(10, 45)
    assert {event.ends_at - event.starts_at for event in hall.events.all()} == {
        timedelta(minutes=45)
    }
    assert hall.events.count() == 13
    assert set(school.events.values_list("pk", "starts_at", "revision")) == untouched
    assert plan.counts()["series"] == {"new": 0, "changed": 1, "unchanged": 1}
    assert plan.counts()["visits"] == {"new": 13, "changed": 0, "unchanged": 13, "removed": 13}
    assert Promise.objects.get(venue=hall.venue).service_min == 45


def test_a_date_that_is_taken_out_takes_its_draft_along_and_nothing_else() -> None:
    load(as_csv(stop()))
    kept = set(Event.objects.exclude(series_on="2026-12-28").values_list("pk", flat=True))
    load(as_csv(stop(exceptions="2026-12-28")))
    assert set(Event.objects.values_list("pk", flat=True)) == kept
    assert not Trip.objects.filter(events=None).exists()


def test_a_row_that_only_says_more_moves_no_visit(cast: Cast) -> None:
    load(as_csv(stop()))
    Event.objects.filter(series_on=MONDAY).update(title="Mine")
    plan = load(as_csv(stop(type="School", timetable="https://example.org/new")))
    assert plan.counts()["visits"] == {"new": 0, "changed": 0, "unchanged": 13, "removed": 0}
    assert Series.objects.get().visit_type == "School"
    assert Event.objects.get(series_on=MONDAY).title == "Mine"


def test_published_visits_stay_when_their_row_changes(cast: Cast) -> None:
    load(as_csv(stop(organisation="")), cast.library, cast.owner)
    first = Event.objects.order_by("starts_at")[0]
    Event.objects.filter(pk=first.pk).update(state=State.PUBLISHED, published_at=NOW)

    plan = load(as_csv(stop(organisation="", arrival="10:10")), cast.library, cast.owner)

    first_again = Event.objects.get(pk=first.pk)
    assert first_again.starts_at == first.starts_at
    assert (2, "published_stays") in told(plan)
    assert Event.objects.count() == 13


def test_of_two_visits_a_day_each_keeps_its_own_series() -> None:
    morning, evening = stop(), stop(arrival="17:00", departure="18:00")
    load(as_csv(morning, evening))
    keys = {series.arrives: series.pk for series in Series.objects.all()}
    load(as_csv(evening | {"arrival": "17:15"}, morning | {"departure": "10:45"}))
    assert {series.arrives: series.pk for series in Series.objects.all()} == {
        time(10, 0): keys[time(10, 0)],
        time(17, 15): keys[time(17, 0)],
    }


def test_drafts_made_further_ahead_do_not_keep_a_time_that_has_changed() -> None:
    load(as_csv(stop()), weeks=26)
    load(as_csv(stop(arrival="09:00", departure="09:30")), weeks=13)
    load(as_csv(stop(arrival="09:00", departure="09:30")), weeks=26)
    zone = Library.objects.get().zone
    assert {moment.astimezone(zone).time() for moment in starts()} == {time(9)}
    assert Event.objects.count() == 26


def test_a_promise_that_people_made_stays(cast: Cast) -> None:
    load(as_csv(stop()))
    promise = Promise.objects.get()
    promise.every_weeks = 4
    promise.save()
    load(as_csv(stop(departure="10:45")))
    assert Promise.objects.get().every_weeks == 4


def test_rows_that_are_gone_from_the_file_stay_and_are_told() -> None:
    load(TWO)
    before = everything()
    plan = load(as_csv(stop()))
    assert [remark.params for remark in plan.remarks if remark.notice == "not_in_file"] == [
        {"count": 1}
    ]
    assert what_changed(before, everything()) == {}


# --- What is there already ---------------------------------------------------------------------


def test_a_vehicle_and_a_venue_that_people_made_are_used(cast: Cast) -> None:
    vehicle = VehicleFactory.create(library=cast.library, name="Xe số 1")
    venue = VenueFactory.create(
        library=cast.library, name="Trường Hòa Bình", locality="Bản Mường", lat=53.9, lon=-1.1
    )
    row = stop(organisation="", mobile="XE SO 1", stop="truong Hoà Bình", community="ban muong")
    plan = load(as_csv(row), cast.library, cast.owner)
    assert plan.counts()["vehicles"] == {"new": 0, "changed": 0, "unchanged": 1}
    assert plan.counts()["venues"] == {"new": 0, "changed": 0, "unchanged": 1}
    series = Series.objects.get()
    assert (series.vehicle, series.venue) == (vehicle, venue)


def test_visits_join_no_trip_that_is_in_their_way_and_lose_no_other_day(cast: Cast) -> None:
    content = as_csv(stop(organisation="", mobile=cast.vehicle.name))
    start = clock.at(MONDAY, time(9), cast.library.zone)
    services.schedule_trip(
        actor=cast.owner,
        library=cast.library,
        vehicle=cast.vehicle,
        departs_at=start,
        returns_at=start + timedelta(hours=8),
        crew=cast.crew,
        events=(),
        now=NOW,
    )
    plan = load(content, cast.library, cast.owner)
    assert (2, "vehicle_busy") in told(plan)
    assert Event.objects.count() == 12


def with_crew(cast: Cast) -> Trip:
    """Import a stop, and put the crew on its first trip."""
    load(as_csv(stop(organisation="")), cast.library, cast.owner)
    trip = Trip.objects.order_by("departs_at")[0]
    return services.change_trip(
        actor=cast.owner,
        trip=trip,
        vehicle=trip.vehicle,
        departs_at=trip.departs_at - timedelta(hours=1),
        returns_at=trip.returns_at,
        crew=cast.crew,
        now=NOW,
    )


def test_a_trip_keeps_its_crew_and_its_way_there_when_its_only_stop_changes(cast: Cast) -> None:
    trip = with_crew(cast)

    plan = load(as_csv(stop(organisation="", arrival="10:15", departure="11:00")), cast.library)

    again = Trip.objects.get(pk=trip.pk)
    assert again.departs_at == trip.departs_at
    assert again.returns_at == again.events.get().ends_at == trip.returns_at + timedelta(minutes=30)
    assert {(duty.starts_at, duty.ends_at) for duty in again.duties.all()} == {
        (again.departs_at, again.returns_at)
    }
    assert again.duties.count() == 3
    assert Trip.objects.count() == 13
    assert told(plan) == []


def test_a_trip_whose_crew_is_needed_elsewhere_is_not_made_longer(cast: Cast) -> None:
    trip = with_crew(cast)
    services.schedule_trip(
        actor=cast.owner,
        library=cast.library,
        vehicle=VehicleFactory.create(library=cast.library),
        departs_at=trip.returns_at + timedelta(minutes=15),
        returns_at=trip.returns_at + timedelta(hours=2),
        crew=cast.crew,
        events=(),
        now=NOW,
    )
    rows = [stop(organisation=""), later(organisation="", arrival="11:00", departure="12:00")]
    plan = load(as_csv(*rows), cast.library)
    assert told(plan) == [(3, "vehicle_busy")]
    assert Trip.objects.get(pk=trip.pk).returns_at == trip.returns_at


def test_a_stop_called_like_an_address_of_ours_gets_another_address() -> None:
    load(as_csv(stop(stop="New", community="")))
    assert Venue.objects.get().code == "new-2"
