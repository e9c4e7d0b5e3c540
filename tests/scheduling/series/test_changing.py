"""Changing series: one date, the following ones, all to come; events are moved, not made anew."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from outreach.common import audit, clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed, RuleBroken, StaleWrite
from outreach.scheduling.followers import EventChange, Happening
from outreach.scheduling.models import Event, Series, State, Trip
from outreach.scheduling.series.changing import Change, Scope, change_series, preview_change
from outreach.scheduling.series.inputs import SeriesInput
from outreach.scheduling.series.obstacles import Obstacle
from outreach.scheduling.series.plan import Choice, Deed
from outreach.scheduling.services import cancel_event, move_event
from tests.cast import Cast
from tests.factories import VehicleFactory
from tests.scheduling.desk import at, following, make_trip, snapshot, storm, visit
from tests.scheduling.series.desk import (
    NOW,
    change,
    day,
    days_of,
    hours_of,
    keep_holidays,
    make,
    publish,
)


class Told:
    """A follower that remembers what it was told."""

    def __init__(self) -> None:
        self.changes: list[EventChange] = []

    def follow(self, change: EventChange) -> None:
        self.changes.append(change)


def uids(series: Series) -> list[str]:
    return list(
        Event.objects.filter(series=series).order_by("series_on").values_list("uid", flat=True)
    )


def test_all_dates_to_come_get_another_time_and_keep_their_addresses(cast: Cast) -> None:
    series = make(cast)
    before = uids(series)

    changed = change(cast, series, arrives=time(14), departs=time(16))

    assert changed == series
    assert uids(changed) == before
    assert hours_of(changed) == [
        ("02.03.", "14:00"),
        ("09.03.", "14:00"),
        ("16.03.", "14:00"),
        ("23.03.", "14:00"),
    ]
    trips = Trip.objects.order_by("departs_at")
    assert [trip.departs_at for trip in trips] == [at(14, 1 + 7 * week) for week in range(4)]


def test_this_and_the_following_dates_split_the_series(cast: Cast) -> None:
    series = make(cast, ends_on=day(100))
    before = uids(series)

    later = change(
        cast, series, Scope.FOLLOWING, on=day(15), rule="FREQ=WEEKLY;BYDAY=TH", arrives=time(9)
    )

    series.refresh_from_db()
    assert later.continues == series
    assert (series.ends_on, later.ends_on) == (day(15), day(100))
    assert days_of(series) == [day(1), day(8)]
    assert days_of(later) == [day(17), day(24)]
    assert uids(series) + uids(later) == before
    assert [event.series_on for event in later.events.order_by("pk")] == [day(17), day(24)]


def test_what_is_past_never_changes(cast: Cast) -> None:
    series = make(cast)
    now = clock.at(day(9), time(12))

    later = change(cast, series, Scope.ALL, arrives=time(9), now=now)

    assert later.continues == series
    assert hours_of(series) == [("02.03.", "08:00"), ("09.03.", "08:00")]
    assert hours_of(later) == [("16.03.", "09:00"), ("23.03.", "09:00")]
    with pytest.raises(InvalidInput) as refusal:
        change(cast, series, Scope.FOLLOWING, on=day(8), arrives=time(7), now=now)
    assert refusal.value.kind == "is_past"


def test_a_date_of_today_that_has_begun_is_past(cast: Cast) -> None:
    series = make(cast)
    at_nine = clock.at(day(8), time(9))

    later = change(cast, series, Scope.ALL, venue=cast.second_venue, now=at_nine)

    assert days_of(later) == [day(15), day(22)]


def test_one_date_is_held_elsewhere_and_stays_a_date_of_the_series(cast: Cast) -> None:
    series = make(cast)

    change(
        cast,
        series,
        Scope.ONE,
        on=day(8),
        held_on=day(9),
        arrives=time(13),
        departs=time(15),
        venue=cast.second_venue,
    )

    event = Event.objects.get(series=series, series_on=day(8))
    assert (event.starts_at, event.venue) == (at(13, 9), cast.second_venue)
    assert event.trip is not None
    assert event.trip.departs_at == at(13, 9)
    series.refresh_from_db()
    assert (series.arrives, series.venue) == (time(8), cast.venue)


def test_what_was_changed_by_hand_on_one_date_stays(cast: Cast) -> None:
    series = make(cast)
    change(cast, series, Scope.ONE, on=day(8), held_on=day(9), arrives=time(13), departs=time(15))

    change(cast, series, Scope.ALL, arrives=time(9), venue=cast.second_venue)

    assert hours_of(series)[:2] == [("02.03.", "09:00"), ("10.03.", "13:00")]
    assert {event.venue for event in series.events.all()} == {cast.second_venue}


def test_what_was_called_off_stays_called_off_and_in_its_place(cast: Cast) -> None:
    series = make(cast)
    publish(cast, series.events.all()[1:2])
    gone = Event.objects.get(series=series, series_on=day(8))
    cancel_event(actor=cast.owner, event=gone, why=storm(), now=NOW)

    change(cast, series, rule="FREQ=WEEKLY;BYDAY=WE")

    gone.refresh_from_db()
    assert (gone.state, gone.series_on, gone.starts_at) == (State.CANCELLED, day(9), at(8, 8))
    assert days_of(series) == [day(2), day(16), day(23)]


def test_fewer_dates_remove_drafts_and_call_off_what_is_public(cast: Cast) -> None:
    series = make(cast)
    publish(cast, Event.objects.filter(series_on=day(8)))
    every_other = "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"

    with pytest.raises(InvalidInput) as refusal:
        change(cast, series, rule=every_other)
    assert refusal.value.kind == "why_missing"
    change(cast, series, rule=every_other, why=storm())

    assert days_of(series) == [day(1), day(15)]
    called_off = Event.objects.get(state=State.CANCELLED)
    assert called_off.starts_at == at(8, 8)
    assert Event.objects.count() == 3
    assert Trip.objects.standing().count() == 2


def test_a_date_without_a_partner_may_stay_as_an_event_of_its_own(cast: Cast) -> None:
    series = make(cast)

    change(
        cast,
        series,
        rule="FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
        choices={day(8).isoformat(): Choice.STAY},
    )

    assert days_of(series) == [day(1), day(15)]
    alone = Event.objects.get(series=None)
    assert (alone.starts_at, alone.series_on) == (at(8, 8), None)


def test_more_dates_are_made_as_far_as_there_were_some(cast: Cast) -> None:
    series = make(cast, rule="FREQ=WEEKLY;INTERVAL=2;BYDAY=TU")
    before = uids(series)

    change(cast, series, rule="FREQ=WEEKLY;BYDAY=TU")

    assert days_of(series) == [day(1), day(8), day(15)]
    assert uids(series)[::2] == before


def test_dates_of_a_month_move_within_the_month(cast: Cast) -> None:
    series = make(cast, rule="FREQ=MONTHLY;BYDAY=1TU", weeks=13)
    before = uids(series)

    change(cast, series, rule="FREQ=MONTHLY;BYDAY=3WE")

    assert days_of(series) == [date(2027, 3, 17), date(2027, 4, 21), date(2027, 5, 19)]
    assert uids(series) == before


def test_dates_left_out_stay_left_out_under_the_new_rule(cast: Cast) -> None:
    series = make(cast, choices={day(8).isoformat(): Choice.OUT})

    change(cast, series, rule="FREQ=WEEKLY;BYDAY=FR")

    series.refresh_from_db()
    assert series.exceptions == [day(11).isoformat()]
    assert days_of(series) == [day(4), day(18), day(25)]


def test_a_count_is_divided_between_both_parts(cast: Cast) -> None:
    series = make(cast, rule="FREQ=WEEKLY;BYDAY=TU;COUNT=5", weeks=10)

    later = change(cast, series, Scope.FOLLOWING, on=day(15), arrives=time(9))

    assert days_of(series) == [day(1), day(8)]
    assert days_of(later) == [day(15), day(22), day(29)]
    assert later.rule == "FREQ=WEEKLY;BYDAY=TU;COUNT=3"


def test_another_vehicle_takes_the_events_along(cast: Cast) -> None:
    series = make(cast, weeks=2)
    other = VehicleFactory.create(library=cast.library)
    shared = make_trip(cast, visit(cast, 13, day=8, venue=cast.second_venue), day=8, vehicle=other)

    change(cast, series, vehicle=other)

    first, second = Event.objects.filter(series=series).order_by("starts_at")
    assert first.trip is not None
    assert first.trip.vehicle == other
    assert second.trip == shared
    assert Trip.objects.count() == 2  # the draft that was left is gone


def test_an_event_leaves_the_trip_it_shares_for_its_new_day(cast: Cast) -> None:
    shared = make_trip(cast, visit(cast, 13, day=1, venue=cast.second_venue), day=1)
    series = make(cast, weeks=1)

    change(cast, series, rule="FREQ=WEEKLY;BYDAY=WE")

    event = Event.objects.get(series=series)
    assert event.trip not in (None, shared)
    assert event.trip is not None
    assert event.trip.duties.count() == 3  # the crew is free on Wednesday
    assert shared.events.count() == 1


def test_a_clash_has_to_be_decided_and_nothing_is_stored_until_then(cast: Cast) -> None:
    series = make(cast, weeks=2)
    make_trip(cast, visit(cast, 13, day=8, venue=cast.second_venue), day=8, departs_at=at(12, 8))
    kept = snapshot()

    with pytest.raises(InvalidInput) as refusal:
        change(cast, series, arrives=time(14), departs=time(16))
    assert refusal.value.kind == "undecided"
    assert refusal.value.params["names"] == [day(8).isoformat()]
    assert snapshot() == kept

    change(
        cast,
        series,
        arrives=time(14),
        departs=time(16),
        choices={day(8).isoformat(): Choice.STAY},
    )
    assert hours_of(series) == [("02.03.", "14:00"), ("09.03.", "08:00")]


@pytest.mark.parametrize("choice", [Choice.STAY, Choice.OUT])
def test_why_a_date_cannot_be_moved_is_still_told_once_that_is_decided(
    cast: Cast, choice: Choice
) -> None:
    series = make(cast, weeks=2)
    make_trip(cast, visit(cast, 13, day=8, venue=cast.second_venue), day=8, departs_at=at(12, 8))
    later = SeriesInput(**_with(SeriesInput.of(series), arrives=time(14), departs=time(16)))
    undecided = preview_change(series, Change(later, Scope.ALL), now=NOW)

    choices = {day(8).isoformat(): choice}
    decided = preview_change(series, Change(later, Scope.ALL, choices=choices), now=NOW)

    assert undecided.lines[1].against is not None
    assert decided.lines[1].against == undecided.lines[1].against
    assert decided.lines[0].against is None


def test_moving_by_a_whole_period_does_not_clash_with_itself(cast: Cast) -> None:
    series = make(cast, weeks=4, rule="FREQ=WEEKLY;BYDAY=MO,TU")

    change(cast, series, rule="FREQ=WEEKLY;BYDAY=TU,WE")

    assert days_of(series) == sorted(day(7 * week + add) for week in range(4) for add in (1, 2))


def test_followers_are_told_that_events_moved(cast: Cast) -> None:
    series = make(cast, weeks=2)
    publish(cast, series.events.all())
    told = Told()

    with following({"told": told}):
        change(cast, series, arrives=time(9), departs=time(11), reason="Theo giờ học")

    assert {one.happening for one in told.changes} == {Happening.MOVED}
    assert [one.previous_starts_at for one in told.changes] == [at(8, 1), at(8, 8)]
    assert {one.reason for one in told.changes} == {"Theo giờ học"}


def test_public_events_are_not_moved_without_a_reason(cast: Cast) -> None:
    series = make(cast, weeks=2)
    publish(cast, series.events.all())

    with pytest.raises(InvalidInput) as refusal:
        change(cast, series, arrives=time(9), reason="")

    assert refusal.value.kind == "reason_missing"


def test_a_rule_against_a_public_trip_takes_a_reason_that_is_kept(cast: Cast) -> None:
    shared = make_trip(cast, visit(cast, 13, day=1, venue=cast.second_venue), day=1)
    series = make(cast, weeks=1)
    publish(cast, series.events.all())
    # On the new day two of the crew are elsewhere: the trip gets too few.
    others = make_trip(
        cast,
        visit(cast, 8, day=2, venue=cast.second_venue),
        day=2,
        vehicle=VehicleFactory.create(library=cast.library),
    )
    assert others.duties.count() == 3

    with pytest.raises(RuleBroken):
        change(cast, series, rule="FREQ=WEEKLY;BYDAY=WE", override_reason="")
    change(cast, series, rule="FREQ=WEEKLY;BYDAY=WE", override_reason="Có cộng tác viên")

    event = Event.objects.get(series=series)
    assert event.trip not in (None, shared)
    assert event.trip is not None
    assert {one.reason for one in event.trip.overrides.all()} == {"Có cộng tác viên"}


def test_title_and_kind_change_where_nobody_gave_them_by_hand(cast: Cast) -> None:
    series = make(cast, weeks=2)
    own = Event.objects.get(series_on=day(8))
    Event.objects.filter(pk=own.pk).update(title="Ngày hội đọc")
    told = Told()

    with following({"told": told}):
        change(cast, series, title="Xe sách đến trường")

    titles = series.events.order_by("starts_at").values_list("title", flat=True)
    assert list(titles) == ["Xe sách đến trường", "Ngày hội đọc"]
    assert [one.happening for one in told.changes] == [Happening.CHANGED]


def test_a_change_prepared_on_an_older_series_is_refused(cast: Cast) -> None:
    series = make(cast)
    seen = audit.version_of(series)
    change(cast, series, title="Khác")

    with pytest.raises(StaleWrite):
        change(cast, series, arrives=time(9), expected_version=seen)


def test_a_change_prepared_on_other_events_is_refused(cast: Cast) -> None:
    series = make(cast)
    wanted = Change(SeriesInput.of(series), Scope.ALL)
    plan = preview_change(series, wanted, now=NOW)
    event = Event.objects.get(series_on=day(8))
    move_event(
        actor=cast.owner, event=event, starts_at=at(9, 8), ends_at=at(11, 8), reason="", now=NOW
    )

    with pytest.raises(Conflict) as refusal:
        change_series(
            actor=cast.owner, series=series, change=wanted, seen=plan.digest, reason="", now=NOW
        )

    assert refusal.value.kind == "changed_meanwhile"


def test_a_preview_changes_nothing_not_even_in_memory(cast: Cast) -> None:
    series = make(cast)
    kept = snapshot()
    said = SeriesInput.of(series)

    plan = preview_change(
        series,
        Change(SeriesInput(**_with(said, arrives=time(9), rule="FREQ=WEEKLY;BYDAY=WE")), Scope.ALL),
        now=NOW,
    )

    assert plan.count(Deed.MOVE) == 4
    assert snapshot() == kept
    assert SeriesInput.of(series) == said


def test_a_follower_that_fails_undoes_everything(cast: Cast) -> None:
    class Broken:
        def follow(self, change: EventChange) -> None:
            if change.event.series_on == day(15):
                raise RuntimeError("cannot follow")

    series = make(cast)
    kept = snapshot()

    with following({"broken": Broken()}), pytest.raises(RuntimeError):
        change(cast, series, arrives=time(9))

    assert snapshot() == kept


def test_only_who_schedules_for_the_library_changes_series(cast: Cast) -> None:
    series = make(cast)
    wanted = Change(SeriesInput.of(series), Scope.ALL)

    for person in (cast.colleague, cast.stranger, cast.officer, cast.host):
        with pytest.raises(NotAllowed):
            change_series(actor=person, series=series, change=wanted, now=NOW)


def test_a_venue_no_longer_visited_is_no_place_to_move_to(cast: Cast) -> None:
    series = make(cast, weeks=1)
    cast.second_venue.is_in_use = False
    cast.second_venue.save()

    plan = preview_change(
        series,
        Change(SeriesInput(**_with(SeriesInput.of(series), venue=cast.second_venue)), Scope.ALL),
        now=NOW,
    )

    assert [line.deed for line in plan.lines] == [Deed.BLOCKED]
    assert plan.lines[0].against is not None
    assert plan.lines[0].against.kind == Obstacle.VENUE_RETIRED


def test_a_change_to_a_bad_day_is_asked_about(cast: Cast) -> None:
    keep_holidays(cast)
    series = make(cast, weeks=8, rule="FREQ=WEEKLY;BYDAY=TH")
    on_fridays = _with(SeriesInput.of(series), rule="FREQ=WEEKLY;BYDAY=FR")
    friday = Change(SeriesInput(**on_fridays), Scope.ALL)

    plan = preview_change(series, friday, now=NOW)

    [blocked] = plan.blocked
    assert blocked.against is not None
    assert blocked.against.kind == Obstacle.HOLIDAY
    assert blocked.on == date(2027, 4, 15)
    change(
        cast,
        series,
        rule="FREQ=WEEKLY;BYDAY=FR",
        choices={line.name: Choice.GO for line in plan.blocked},
    )
    assert date(2027, 4, 16) in days_of(series)


def _with(said: SeriesInput, **changes: Any) -> dict[str, Any]:
    return {name: getattr(said, name) for name in said.__slots__} | changes


def test_the_history_of_a_moved_event_says_who_and_why(cast: Cast) -> None:
    series = make(cast, weeks=1)

    change(cast, series, arrives=time(9), reason="Theo giờ học")

    records: list[Any] = [series, Event.objects.get(), Trip.objects.get()]
    for record in records:
        last = record.history.first()
        assert (last.history_user, last.history_change_reason) == (cast.owner, "Theo giờ học")
    event = Event.objects.get()
    assert [row.starts_at for row in event.history.all()] == [at(9, 1), at(8, 1)]
    assert event.revision == 2


def test_each_date_a_year_ahead_is_moved_in_few_queries(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    series = make(cast, weeks=52)
    assert series.events.count() > 45

    with django_assert_max_num_queries(60):
        plan = preview_change(
            series,
            Change(SeriesInput(**_with(SeriesInput.of(series), arrives=time(9))), Scope.ALL),
            now=NOW,
        )
    assert plan.moved > 45
