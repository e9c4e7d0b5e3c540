"""Copying weeks and seasons: same weekdays and clock times, and nothing twice."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest

from outreach.common import clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed
from outreach.fleet.models import Unavailability
from outreach.scheduling.models import Event, State, Trip
from outreach.scheduling.series.copying import Copy, make_copy, preview_copy, season, weeks
from outreach.scheduling.series.drafting import DraftWishes
from outreach.scheduling.series.obstacles import Obstacle
from outreach.scheduling.series.plan import Choice, Deed, Plan
from outreach.scheduling.services import CrewInput, cancel_event, remove_trip
from outreach.scheduling.services.inputs import PauseInput
from tests.cast import Cast
from tests.factories import ClosedDatesFactory, VehicleFactory, VenueFactory
from tests.scheduling.desk import at, make_event, make_public_trip, make_trip, storm, visit
from tests.scheduling.series.desk import MONDAY, NOW, day, days_of, keep_holidays, make


def copy(cast: Cast, wanted: Copy | None = None, **more: Any) -> Plan:
    """Copy the week of the Monday to the next one, or what is wanted."""
    return make_copy(
        actor=cast.owner,
        library=cast.library,
        copy=wanted or weeks(MONDAY, [day(7)]),
        now=NOW,
        **more,
    )


def test_a_week_is_copied_to_the_same_weekdays_and_times_as_drafts(cast: Cast) -> None:
    make_public_trip(cast, visit(cast, 8), visit(cast, 13, venue=cast.second_venue))
    make_event(cast, hour=8, day=2)

    plan = copy(cast)

    assert plan.made == 3
    copied = Event.objects.filter(starts_at__gte=at(0, 7)).order_by("starts_at")
    assert [event.starts_at for event in copied] == [at(8, 7), at(13, 7), at(8, 9)]
    assert {event.state for event in copied} == {State.DRAFT}
    trip = Trip.objects.get(departs_at__gte=at(0, 7))
    assert (trip.departs_at, trip.returns_at, trip.state) == (at(7, 7), at(17, 7), State.DRAFT)
    assert [duty.member for duty in trip.duties.order_by("member")] == cast.crew.members
    assert [event.activities.get().kind_id for event in copied] == [
        "mobile_service",
        "mobile_service",
        "exhibition",
    ]
    for event in copied:
        assert event.history.get().history_user == cast.owner


def test_a_week_is_copied_to_several_weeks(cast: Cast) -> None:
    make_trip(cast)

    copy(cast, weeks(MONDAY, [day(7), day(16), day(28)]))

    starts = Event.objects.order_by("starts_at").values_list("starts_at", flat=True)
    assert list(starts) == [at(8), at(8, 7), at(8, 14), at(8, 28)]


def test_only_the_chosen_vehicles_are_copied(cast: Cast) -> None:
    other = VehicleFactory.create(library=cast.library)
    make_trip(cast)
    make_trip(cast, visit(cast, 8, day=1), day=1, vehicle=other)
    make_event(cast, day=3)

    copy(cast, weeks(MONDAY, [day(7)], vehicles=frozenset({other.pk})))

    [copied] = Event.objects.filter(starts_at__gte=at(0, 7))
    assert copied.trip is not None
    assert copied.trip.vehicle == other


def test_copying_twice_copies_nothing_twice(cast: Cast) -> None:
    make_trip(cast)
    make_event(cast, hour=8, day=2)
    copy(cast)

    again = copy(cast)

    assert {line.against and line.against.kind for line in again.lines} == {Obstacle.THERE_ALREADY}
    assert (Trip.objects.count(), Event.objects.count()) == (2, 4)


def test_what_was_copied_and_removed_can_be_copied_again(cast: Cast) -> None:
    make_trip(cast)
    copy(cast)
    remove_trip(actor=cast.owner, trip=Trip.objects.get(departs_at__gte=at(0, 7)))

    assert copy(cast).made == 1


def test_a_copy_keeps_those_of_the_crew_who_are_free_and_says_who_is_not(cast: Cast) -> None:
    make_trip(cast)
    busy = cast.crew.professionals[0]
    Unavailability.objects.create(
        member=busy, starts_at=at(0, 7), ends_at=at(24, 7), reason="Nghỉ phép"
    )
    gone = cast.crew.professionals[1]
    gone.is_in_use = False
    gone.save()

    plan = copy(cast)

    told = [note.message for line in plan.lines for note in line.notes]
    assert any(busy.full_name in text and "Nghỉ phép" in text for text in told)
    assert any(gone.full_name in text for text in told)
    trip = Trip.objects.get(departs_at__gte=at(0, 7))
    assert [duty.member for duty in trip.duties.all()] == [cast.operator]


def test_what_clashes_is_left_out_and_the_rest_is_copied(cast: Cast) -> None:
    make_trip(cast, visit(cast, 8), visit(cast, 13, venue=cast.second_venue))
    make_trip(
        cast,
        visit(cast, 9, day=7),
        day=7,
        vehicle=VehicleFactory.create(library=cast.library),
        crew=CrewInput(),
    )

    plan = copy(cast)

    assert [line.deed for line in plan.lines] == [Deed.SKIP, Deed.MAKE]
    assert plan.lines[0].against is not None
    assert plan.lines[0].against.kind == Obstacle.VENUE_BUSY


def test_a_vehicle_on_the_road_or_in_the_workshop_or_gone_takes_nobody(cast: Cast) -> None:
    make_trip(cast)
    make_trip(cast, visit(cast, 14, day=7, venue=cast.second_venue), day=7)

    [line] = preview_copy(cast.library, weeks(MONDAY, [day(7)]), now=NOW).lines
    assert line.against is not None
    assert line.against.kind == Obstacle.VEHICLE_BUSY
    cast.vehicle.is_in_use = False
    cast.vehicle.save()
    [line] = preview_copy(cast.library, weeks(MONDAY, [day(14)]), now=NOW).lines
    assert line.against is not None
    assert line.against.kind == Obstacle.VEHICLE_RETIRED


def test_retired_venues_are_left_out(cast: Cast) -> None:
    make_trip(cast, visit(cast, 8), visit(cast, 13, venue=cast.second_venue))
    cast.second_venue.is_in_use = False
    cast.second_venue.save()

    plan = copy(cast)

    assert plan.made == 1
    assert plan.lines[1].against is not None
    assert plan.lines[1].against.kind == Obstacle.VENUE_RETIRED


def test_bad_days_and_what_was_chosen_are_left_out(cast: Cast) -> None:
    keep_holidays(cast)
    make_trip(cast, visit(cast, 8, day=4), visit(cast, 13, day=4, venue=cast.second_venue), day=4)
    ClosedDatesFactory.create(venue=cast.venue, starts_on=day(11), ends_on=day(12))
    onto = weeks(MONDAY, [day(7), day(42)])  # Friday 16 April is a public holiday

    first = preview_copy(cast.library, onto, now=NOW)
    assert [line.deed for line in first.lines] == [Deed.SKIP, Deed.MAKE, Deed.SKIP, Deed.SKIP]
    choices = {first.lines[0].name: Choice.GO, first.lines[1].name: Choice.OUT}
    second = preview_copy(
        cast.library,
        weeks(MONDAY, [day(7), day(42)], wishes=DraftWishes(Choice.GO, choices)),
        now=NOW,
    )
    assert [line.deed for line in second.lines] == [Deed.MAKE, Deed.SKIP, Deed.MAKE, Deed.MAKE]
    assert "public_holiday" in {finding.rule for finding in second.lines[2].findings}


def test_pauses_and_trips_of_several_days_are_copied_whole(cast: Cast) -> None:
    make_trip(
        cast,
        visit(cast, 8),
        visit(cast, 9, day=1, venue=cast.second_venue),
        returns_at=at(17, 1),
        pauses=[PauseInput("night", at(19), at(30), None, "Nhà khách huyện")],
    )

    copy(cast)

    trip = Trip.objects.get(departs_at__gte=at(0, 7))
    assert trip.returns_at == at(17, 8)
    pause = trip.pauses.get()
    assert (pause.starts_at, pause.ends_at, pause.place) == (
        at(19, 7),
        at(30, 7),
        "Nhà khách huyện",
    )


def test_what_was_called_off_is_not_copied(cast: Cast) -> None:
    trip = make_trip(cast, visit(cast, 8), visit(cast, 13, venue=cast.second_venue))
    cancel_event(actor=cast.owner, event=trip.events.all()[0], why=storm())

    assert copy(cast).made == 1


def test_a_copy_is_held_at_the_same_hour_when_the_clocks_have_changed(cast: Cast) -> None:
    cast.library.time_zone = "Europe/London"
    cast.library.save()
    make(cast, weeks=1)

    copy(cast, weeks(MONDAY, [day(28)]))

    copied = Event.objects.latest("starts_at")
    assert copied.starts_at.astimezone(cast.library.zone).time() == time(8)
    assert copied.starts_at - Event.objects.earliest("starts_at").starts_at == timedelta(hours=671)


def test_a_copy_of_a_series_becomes_its_date_where_it_has_one(cast: Cast) -> None:
    series = make(cast, weeks=1, rule="FREQ=WEEKLY;INTERVAL=2;BYDAY=TU")

    copy(cast, weeks(MONDAY, [day(7), day(14)]))

    assert days_of(series) == [day(1), day(15)]
    between = Event.objects.get(series=None)
    assert between.starts_at == at(8, 8)


def test_a_date_that_a_series_has_already_or_leaves_out_is_not_copied_to(cast: Cast) -> None:
    series = make(cast, weeks=3, choices={day(8).isoformat(): Choice.OUT})

    plan = copy(cast, weeks(MONDAY, [day(7), day(14)]))

    kinds = [line.against.kind for line in plan.lines if line.against]
    assert kinds == [Obstacle.LEFT_OUT, Obstacle.THERE_ALREADY]
    assert days_of(series) == [day(1), day(15)]


def test_a_season_is_copied_week_by_week_and_stays_within_its_bounds(cast: Cast) -> None:
    for week in range(4):
        make_trip(cast, visit(cast, day=7 * week), day=7 * week)
    source = (MONDAY, day(28))
    # From a Tuesday on, and a week shorter: its first Monday lies before it.
    target = (day(57), day(77))

    plan = copy(cast, season(source, target))

    assert [line.on for line in plan.lines] == [day(63), day(70)]
    assert plan.made == 2


def test_copying_needs_something_to_copy_and_another_week(cast: Cast) -> None:
    make_trip(cast)
    for wanted, code in (
        (weeks(day(7), [day(14)]), "nothing_to_copy"),
        (weeks(MONDAY, [day(3)]), "no_target"),
        (weeks(MONDAY, []), "no_target"),
        (weeks(MONDAY, [day(7 * count) for count in range(1, 28)]), "too_much"),
        (Copy(MONDAY, day(500), (day(700),)), "too_much"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            preview_copy(cast.library, wanted, now=NOW)
        assert refusal.value.kind == code


def test_what_is_over_is_not_copied_to(cast: Cast) -> None:
    make_trip(cast, visit(cast, day=14), day=14)
    now = clock.at(day(10), time(9))

    plan = preview_copy(cast.library, weeks(day(14), [day(0), day(21)]), now=now)

    assert [line.deed for line in plan.lines] == [Deed.SKIP, Deed.MAKE]
    assert plan.lines[0].against is not None
    assert plan.lines[0].against.kind == Obstacle.IS_OVER


def test_nothing_is_copied_where_the_preview_no_longer_holds(cast: Cast) -> None:
    make_trip(cast)
    seen = preview_copy(cast.library, weeks(MONDAY, [day(7)]), now=NOW).digest
    make_trip(cast, visit(cast, 14, day=7, venue=cast.second_venue), day=7)

    with pytest.raises(Conflict):
        copy(cast, seen=seen)

    assert Trip.objects.count() == 2


def test_only_who_schedules_for_the_library_copies(cast: Cast) -> None:
    make_trip(cast)
    for person in (cast.colleague, cast.stranger, cast.officer, cast.host):
        with pytest.raises(NotAllowed):
            make_copy(actor=person, library=cast.library, copy=weeks(MONDAY, [day(7)]), now=NOW)


def test_many_events_are_copied_in_few_queries(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    venues = VenueFactory.create_batch(10, library=cast.library, commune=cast.commune)
    for on in range(5):
        stops = [visit(cast, 8 + n / 2, 0.4, day=on, venue=venue) for n, venue in enumerate(venues)]
        make_trip(cast, *stops, day=on)
    targets = [day(7 * week) for week in range(1, 9)]

    with django_assert_max_num_queries(90):
        plan = copy(cast, weeks(MONDAY, targets))

    assert plan.made == 400
    assert date(2027, 3, 8) == plan.lines[0].on
