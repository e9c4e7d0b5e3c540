"""Making series: which dates, on which trips, and what is left out."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from django.utils import translation

from outreach.common import clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed
from outreach.fleet.models import Unavailability
from outreach.scheduling.models import Event, Series, State, Trip
from outreach.scheduling.series.making import Wishes, make_dates, make_series, preview_series
from outreach.scheduling.series.obstacles import Obstacle
from outreach.scheduling.series.plan import Choice, Deed
from outreach.scheduling.services import CrewInput
from tests.cast import Cast
from tests.factories import ClosedDatesFactory, VehicleFactory
from tests.scheduling.desk import at, make_trip, visit
from tests.scheduling.series.desk import MONDAY, NOW, day, days_of, keep_holidays, make, wanted


def test_a_weekly_series_has_a_draft_on_each_date(cast: Cast) -> None:
    series = make(cast, weeks=3)

    assert days_of(series) == [day(1), day(8), day(15)]
    events = Event.objects.filter(series=series)
    assert {event.state for event in events} == {State.DRAFT}
    assert {clock.local(event.starts_at).time() for event in events} == {time(8)}
    assert all(event.commune == cast.commune for event in events)
    assert [event.activities.get().kind_id for event in events] == ["mobile_service"] * 3


def test_a_fifth_friday_comes_only_in_months_that_have_one(cast: Cast) -> None:
    keep_holidays(cast)
    series = make(cast, weeks=45, rule="FREQ=MONTHLY;BYDAY=5FR", starts_on=date(2027, 3, 1))

    fridays = [date(2027, 7, 30), date(2027, 10, 29), date(2027, 12, 31)]
    # 30 April is a public holiday: that one is left out.
    assert days_of(series) == fridays
    assert series.exceptions == ["2027-04-30"]


def test_the_last_friday_comes_in_every_month(cast: Cast) -> None:
    series = make(cast, weeks=13, rule="FREQ=MONTHLY;BYDAY=-1FR", on_days_off=Choice.GO)

    assert days_of(series) == [date(2027, 3, 26), date(2027, 4, 30), date(2027, 5, 28)]


def test_every_two_weeks_keeps_step_with_its_first_week(cast: Cast) -> None:
    series = make(cast, weeks=6, rule="FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", starts_on=day(7))

    assert days_of(series) == [day(8), day(22), day(36)]


def test_a_series_ends_the_day_before_its_end(cast: Cast) -> None:
    assert days_of(make(cast, weeks=5, ends_on=day(15))) == [day(1), day(8)]


def test_events_are_held_by_the_clocks_of_the_library(cast: Cast) -> None:
    cast.library.time_zone = "Europe/London"
    cast.library.save()
    series = make(cast, weeks=6)

    hours = [
        event.starts_at.astimezone(cast.library.zone).hour
        for event in Event.objects.filter(series=series)
    ]
    assert hours == [8] * 6  # on 28 March the clocks go forward


def test_an_hour_that_the_clocks_leave_out_is_not_held(cast: Cast) -> None:
    cast.library.time_zone = "Europe/London"
    cast.library.save()
    keep_holidays(cast, "")

    series = make(
        cast, rule="FREQ=WEEKLY;BYDAY=SU", weeks=5, arrives=time(1, 30), departs=time(1, 45)
    )

    assert day(27) not in days_of(series)
    assert len(days_of(series)) == 4


def test_what_is_over_is_not_made(cast: Cast) -> None:
    late = clock.at(day(8), time(8))

    assert days_of(make(cast, weeks=4, now=late)) == [day(15), day(22)]


def test_an_event_joins_the_trip_of_that_day(cast: Cast) -> None:
    trip = make_trip(cast, visit(cast, 13, day=1, venue=cast.second_venue), day=1)

    series = make(cast, weeks=1)

    event = Event.objects.get(series=series)
    assert event.trip == trip
    assert Trip.objects.count() == 1


def test_a_trip_that_is_joined_is_stretched_with_its_crew(cast: Cast) -> None:
    trip = make_trip(
        cast,
        visit(cast, 13, day=1, venue=cast.second_venue),
        day=1,
        departs_at=at(12, 1),
        returns_at=at(16, 1),
    )

    make(cast, weeks=1)

    trip.refresh_from_db()
    assert (trip.departs_at, trip.returns_at) == (at(8, 1), at(16, 1))
    assert {(duty.starts_at, duty.ends_at) for duty in trip.duties.all()} == {(at(8, 1), at(16, 1))}
    assert trip.revision == 2


def test_a_date_on_which_the_vehicle_serves_elsewhere_is_left_out(cast: Cast) -> None:
    make_trip(cast, visit(cast, 9, day=1, venue=cast.second_venue), day=1)

    series = make(cast, weeks=2)

    assert days_of(series) == [day(8)]
    assert series.exceptions == [day(1).isoformat()]


def test_a_date_on_which_the_venue_is_taken_is_left_out(cast: Cast) -> None:
    make_trip(cast, visit(cast, 9, day=1), day=1)

    _series, plan = preview_series(
        cast.library,
        wanted(cast, vehicle=VehicleFactory.create(library=cast.library)),
        Wishes(day(14)),
        now=NOW,
    )

    assert [line.deed for line in plan.lines] == [Deed.SKIP, Deed.MAKE]
    assert plan.lines[0].against is not None
    assert plan.lines[0].against.kind == Obstacle.VENUE_BUSY
    assert "Visit at 9" in plan.lines[0].against.message


def test_a_vehicle_in_the_workshop_serves_nobody(cast: Cast) -> None:
    Unavailability.objects.create(
        vehicle=cast.vehicle, starts_at=at(0, 8), ends_at=at(24, 8), reason="Bảo dưỡng"
    )

    assert days_of(make(cast, weeks=3)) == [day(1), day(15)]


def test_public_holidays_and_closed_dates_are_left_out_or_held_or_shifted(cast: Cast) -> None:
    ClosedDatesFactory.create(venue=cast.venue, starts_on=day(8), ends_on=day(10), reason="Thi")

    left_out, plan = preview_series(cast.library, wanted(cast), Wishes(day(21)), now=NOW)
    assert left_out.exceptions == [day(8).isoformat()]
    assert plan.lines[1].against is not None
    assert plan.lines[1].against.kind == Obstacle.CLOSED
    assert "Thi" in plan.lines[1].against.message

    shifted = make(cast, weeks=3, choices={day(8).isoformat(): Choice.NEXT})
    assert days_of(shifted) == [day(1), day(10), day(15)]  # Tuesday and Wednesday are closed
    assert Event.objects.get(series=shifted, series_on=day(8)).starts_at == at(8, 10)
    assert shifted.exceptions == []


def test_a_holiday_is_called_by_its_name_in_the_language_of_the_reader(cast: Cast) -> None:
    keep_holidays(cast)
    when = Wishes(date(2027, 4, 17))
    friday = wanted(cast, rule="FREQ=WEEKLY;BYDAY=FR", starts_on=date(2027, 4, 15))
    now = clock.at(date(2027, 4, 1), time(8))

    told = {}
    for language in ("vi", "en"):
        with translation.override(language):
            _series, plan = preview_series(cast.library, friday, when, now=now)
            assert plan.lines[0].against is not None
            told[language] = plan.lines[0].against.params["what"]
    assert told["vi"] == "Ngày Giỗ Tổ Hùng Vương"
    assert "Hung" in told["en"]


def test_a_library_without_public_holidays_has_none(cast: Cast) -> None:
    keep_holidays(cast, "")

    series = make(cast, rule="FREQ=WEEKLY;BYDAY=FR", starts_on=date(2027, 4, 26), weeks=1)

    assert days_of(series) == [date(2027, 4, 30)]


def test_more_dates_are_made_where_there_are_none_yet(cast: Cast) -> None:
    series = make(cast, weeks=2)
    Event.objects.filter(series=series, series_on=day(8)).update(
        starts_at=at(13, 9), ends_at=at(15, 9)
    )

    for _again in range(2):
        make_dates(actor=cast.owner, series=series, wishes=Wishes(day(28)), now=NOW)

    assert days_of(series) == [day(1), day(9), day(15), day(22)]


def test_nothing_is_stored_where_the_preview_no_longer_holds(cast: Cast) -> None:
    _series, plan = preview_series(cast.library, wanted(cast), Wishes(day(14)), now=NOW)
    make_trip(cast, visit(cast, 9, day=1), day=1)
    before = Event.objects.count()

    with pytest.raises(Conflict) as refusal:
        make_series(
            actor=cast.owner,
            library=cast.library,
            wanted=wanted(cast),
            wishes=Wishes(day(14)),
            seen=plan.digest,
            now=NOW,
        )

    assert refusal.value.kind == "changed_meanwhile"
    assert (Series.objects.count(), Event.objects.count()) == (0, before)


def test_the_same_series_twice_is_refused(cast: Cast) -> None:
    make(cast)

    with pytest.raises(Conflict) as refusal:
        make(cast)

    assert refusal.value.kind == "series_exists"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"departs": time(8)}, "period_reversed"),
        ({"ends_on": MONDAY}, "ends_too_early"),
        ({"rule": "FREQ=HOURLY"}, "bad_rule"),
        ({"rule": "FREQ=MONTHLY;BYDAY=6FR"}, "bad_rule"),
        ({"rule": "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2"}, "bad_rule"),
        ({"ends_on": day(1)}, "no_dates"),
    ],
)
def test_what_contradicts_itself_is_refused(cast: Cast, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        make(cast, **changes)

    assert refusal.value.kind == code
    assert not Series.objects.exists()


def test_dates_are_not_made_for_more_than_two_years(cast: Cast) -> None:
    with pytest.raises(InvalidInput) as refusal:
        make(cast, weeks=106)

    assert refusal.value.kind == "too_far_ahead"


def test_another_librarys_vehicle_or_venue_is_refused(cast: Cast) -> None:
    for changes in ({"vehicle": cast.foreign_vehicle}, {"venue": cast.foreign_venue}):
        with pytest.raises(InvalidInput) as refusal:
            make(cast, **changes)
        assert refusal.value.kind == "of_another_library"


def test_only_who_schedules_for_the_library_makes_series(cast: Cast) -> None:
    for person in (cast.colleague, cast.stranger, cast.officer, cast.host):
        with pytest.raises(NotAllowed):
            make_series(
                actor=person,
                library=cast.library,
                wanted=wanted(cast),
                wishes=Wishes(day(14)),
                now=NOW,
            )


def test_every_event_made_has_an_entry_in_the_audit_trail(cast: Cast) -> None:
    series = make(cast, weeks=2)

    records: list[Any] = [series, *Event.objects.all(), *Trip.objects.all()]
    for record in records:
        entry = record.history.get()
        assert (entry.history_type, entry.history_user) == ("+", cast.owner)


def test_a_trip_begins_with_the_way_from_the_base(cast: Cast) -> None:
    cast.vehicle.base = cast.second_venue
    cast.vehicle.save()

    series = make(cast, weeks=1)

    trip = Event.objects.get(series=series).trip
    assert trip is not None
    assert trip.departs_at < at(8, 1)
    assert trip.returns_at > at(10, 1)
    assert CrewInput.of(list(trip.duties.all())).members == []


def test_leaving_out_what_is_taken_is_the_same_outcome_and_still_says_why(cast: Cast) -> None:
    make_trip(cast, visit(cast, 8, day=8, venue=cast.second_venue), day=8)
    _series, shown = preview_series(cast.library, wanted(cast), Wishes(day(21)), now=NOW)
    left_out = shown.lines[1]
    assert (left_out.deed, left_out.chosen) == (Deed.SKIP, Choice.OUT)
    assert left_out.against is not None
    assert left_out.against.kind == Obstacle.VEHICLE_BUSY

    # A page sends back what it shows as chosen.
    sent = {line.name: line.chosen for line in shown.lines if line.chosen is not None}
    wishes = Wishes(day(21), choices=sent)
    _series, again = preview_series(cast.library, wanted(cast), wishes, now=NOW)
    assert again.lines[1].against == left_out.against
    assert again.digest == shown.digest
    series = make_series(
        actor=cast.owner,
        library=cast.library,
        wanted=wanted(cast),
        wishes=wishes,
        seen=shown.digest,
        now=NOW,
    )

    assert days_of(series) == [day(1), day(15)]


@pytest.mark.parametrize("choice", list(Choice))
def test_what_a_preview_shows_as_chosen_leads_to_the_same_outcome(
    cast: Cast, choice: Choice
) -> None:
    keep_holidays(cast)
    ClosedDatesFactory.create(venue=cast.venue, starts_on=day(8), ends_on=day(9))
    ClosedDatesFactory.create(venue=cast.venue, starts_on=day(15), ends_on=day(16))
    make_trip(cast, visit(cast, 8, day=8, venue=cast.second_venue), day=8)
    chosen = {day(count).isoformat(): choice for count in (1, 8, 15)}
    wishes = Wishes(day(28), choices=chosen)
    _series, shown = preview_series(cast.library, wanted(cast), wishes, now=NOW)

    sent = {line.name: line.chosen for line in shown.lines if line.chosen is not None}
    assert all(line.chosen in line.choices for line in shown.lines if line.chosen is not None)
    wishes = Wishes(day(28), choices=sent)
    _series, again = preview_series(cast.library, wanted(cast), wishes, now=NOW)

    assert again.digest == shown.digest


def test_a_shift_chosen_for_a_date_that_is_free_again_leaves_no_second_trip(cast: Cast) -> None:
    make(cast, weeks=1, choices={day(1).isoformat(): Choice.NEXT})

    assert Trip.objects.count() == Event.objects.count() == 1
