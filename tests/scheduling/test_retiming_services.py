"""Keeping other times for a trip, and its pauses: one change, with everything that hangs on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from outreach.common.errors import Conflict, InvalidInput, NotAllowed, RuleBroken, StaleWrite
from outreach.scheduling import services
from outreach.scheduling.clashes import Clash
from outreach.scheduling.followers import EventChange, Happening
from outreach.scheduling.models import Duty, Event, Trip, TripPause
from outreach.scheduling.placement import Weight
from outreach.scheduling.retiming import Follow, Timeline, put, reorder
from outreach.scheduling.retiming_preview import preview_retiming
from outreach.scheduling.services import PauseInput
from outreach.scheduling.services.retiming import timed
from tests.cast import Cast
from tests.factories import TravelTimeFactory
from tests.scheduling.desk import at, following, make_public_trip, make_trip, storm, visit

HOUR = timedelta(hours=1)
LUNCH = PauseInput("lunch", at(11.5), at(12.5), place="Quán cơm Mường Xén")
NIGHT = PauseInput("night", at(17), at(30.5), place="Nhà nghỉ Tương Dương")


@pytest.fixture
def day(cast: Cast) -> Trip:
    """A public day with three stops and a lunch."""
    return make_public_trip(
        cast,
        visit(cast, 8),
        visit(cast, 10.5, 1, venue=cast.second_venue),
        visit(cast, 13.5),
        pauses=[LUNCH],
    )


@pytest.fixture
def two_days(cast: Cast) -> Trip:
    """A draft of two days with a night between them."""
    return make_trip(
        cast,
        visit(cast, 8),
        visit(cast, 13.5, venue=cast.second_venue),
        visit(cast, 8, day=1),
        pauses=[LUNCH, NIGHT],
        returns_at=at(16, 1),
    )


def later(
    trip: Trip, place: int = 0, by: timedelta = HOUR, follow: Follow = Follow.ALONG
) -> Timeline:
    """Return the times of a trip with one slot, and those that follow, moved."""
    stored = timed(trip)
    slot = stored.timeline.slots[place].moved(by)
    return put(stored.timeline, slot.key, slot.starts_at, slot.ends_at, stored.road, follow)


def starts(trip: Trip) -> list[float]:
    """Return at which hours of the first day the stops of a trip begin."""
    return [
        (event.starts_at - at(0)) / HOUR for event in trip.events.standing().order_by("starts_at")
    ]


class TestPauses:
    def test_a_trip_is_stored_with_its_pauses(self, two_days: Trip) -> None:
        assert [str(pause) for pause in two_days.pauses.all()] == [
            "Quán cơm Mường Xén",
            "Nhà nghỉ Tương Dương",
        ]

    def test_setting_pauses_replaces_them_and_keeps_a_history(
        self, cast: Cast, two_days: Trip
    ) -> None:
        rest = PauseInput("rest", at(9, 1), at(9.5, 1))
        # The lunch takes the time of the night and the other way round: none is in the way.
        wanted = [replace(NIGHT, starts_at=at(18)), replace(rest, starts_at=at(10.25, 1))]
        wanted[1] = replace(wanted[1], ends_at=at(10.75, 1))
        services.set_pauses(actor=cast.owner, trip=two_days, pauses=wanted, reason="Đổi chỗ nghỉ")
        assert [PauseInput.of(pause) for pause in two_days.pauses.all()] == wanted
        written = TripPause.history.filter(history_change_reason="Đổi chỗ nghỉ")
        assert {row.history_type for row in written} == {"~"}
        two_days.refresh_from_db()
        assert two_days.revision == 2

    def test_setting_the_same_changes_nothing(self, cast: Cast, two_days: Trip) -> None:
        services.set_pauses(actor=cast.owner, trip=two_days, pauses=[NIGHT, LUNCH])
        two_days.refresh_from_db()
        assert two_days.revision == 1

    @pytest.mark.parametrize(
        ("pauses", "code"),
        [
            ([replace(LUNCH, ends_at=LUNCH.starts_at)], "period_reversed"),
            ([LUNCH, replace(LUNCH, starts_at=at(12.4), ends_at=at(13))], "pause_busy"),
        ],
    )
    def test_what_cannot_be_is_refused(
        self, cast: Cast, two_days: Trip, pauses: list[PauseInput], code: str
    ) -> None:
        with pytest.raises(InvalidInput) as refusal:
            services.set_pauses(actor=cast.owner, trip=two_days, pauses=pauses)
        assert (refusal.value.kind, refusal.value.field) == (code, "pauses")

    def test_pauses_may_touch(self, cast: Cast, two_days: Trip) -> None:
        rest = PauseInput("rest", LUNCH.ends_at, at(13))
        services.set_pauses(actor=cast.owner, trip=two_days, pauses=[LUNCH, rest, NIGHT])
        assert two_days.pauses.count() == 3

    @pytest.mark.parametrize(
        "span", [(at(6.5), at(7.5)), (at(9), at(9.5)), (at(15.5, 1), at(16.5, 1))]
    )
    def test_the_rules_refuse_a_pause_during_a_stop_or_outside_the_trip(
        self, cast: Cast, two_days: Trip, span: tuple[object, object]
    ) -> None:
        rest = PauseInput("rest", *span)  # type: ignore[arg-type]
        with pytest.raises(RuleBroken):
            services.set_pauses(actor=cast.owner, trip=two_days, pauses=[rest])

    def test_a_place_of_another_library_is_refused(self, cast: Cast, two_days: Trip) -> None:
        foreign = replace(NIGHT, venue=cast.foreign_venue)
        with pytest.raises(InvalidInput) as refusal:
            services.set_pauses(actor=cast.owner, trip=two_days, pauses=[foreign])
        assert refusal.value.kind == "of_another_library"

    def test_pauses_move_with_the_trip(self, cast: Cast, two_days: Trip) -> None:
        services.move_trip(actor=cast.owner, trip=two_days, departs_at=at(7, 1), reason="")
        assert [pause.starts_at for pause in two_days.pauses.all()] == [at(11.5, 1), at(17, 1)]

    def test_pauses_move_with_the_only_stop(self, cast: Cast) -> None:
        trip = make_trip(cast, visit(cast, 8), pauses=[LUNCH])
        event = trip.events.get()
        services.move_event(
            actor=cast.owner, event=event, starts_at=at(8, 2), ends_at=at(10, 2), reason=""
        )
        assert [pause.starts_at for pause in trip.pauses.all()] == [at(11.5, 2)]

    def test_changing_a_trip_leaves_the_pauses_unless_told(
        self, cast: Cast, two_days: Trip
    ) -> None:
        same = {
            "actor": cast.owner,
            "trip": two_days,
            "vehicle": cast.vehicle,
            "departs_at": at(7),
            "returns_at": at(16, 1),
            "crew": cast.crew,
        }
        services.change_trip(**same)  # type: ignore[arg-type]
        assert two_days.pauses.count() == 2
        services.change_trip(**same, pauses=[NIGHT])  # type: ignore[arg-type]
        assert [pause.kind for pause in two_days.pauses.all()] == ["night"]

    def test_they_go_with_a_removed_trip_and_leave_a_history(
        self, cast: Cast, two_days: Trip
    ) -> None:
        services.remove_trip(actor=cast.owner, trip=two_days, reason="Nhầm")
        assert not TripPause.objects.exists()
        gone = TripPause.history.filter(history_type="-", history_change_reason="Nhầm")
        assert gone.count() == 2


class TestKeeping:
    def test_stops_pauses_return_and_duties_move_in_one_change(self, cast: Cast, day: Trip) -> None:
        trip = services.retime_trip(
            actor=cast.owner, trip=day, timeline=later(day), reason="Đường trơn"
        )
        assert starts(trip) == [9, 11.5, 14.5]
        assert [pause.starts_at for pause in trip.pauses.all()] == [at(12.5)]
        assert (trip.departs_at, trip.returns_at, trip.revision) == (at(7), at(18), 3)
        assert set(Duty.objects.filter(trip=trip).values_list("starts_at", "ends_at")) == {
            (at(7), at(18))
        }
        written = Event.history.filter(history_change_reason="Đường trơn")
        assert written.count() == 3

    def test_what_is_stored_is_as_before_but_for_the_times(self, cast: Cast, day: Trip) -> None:
        kept = ("trip_id", "venue_id", "shares_venue", "state", "commune_id", "title")
        before = list(Event.objects.order_by("pk").values_list(*kept))
        services.retime_trip(actor=cast.owner, trip=day, timeline=later(day), reason="Đường trơn")
        assert list(Event.objects.order_by("pk").values_list(*kept)) == before

    def test_followers_are_told_when_each_event_was_before(self, cast: Cast, day: Trip) -> None:
        told: list[EventChange] = []

        class Listening:
            def follow(self, change: EventChange) -> None:
                told.append(change)

        with following({"listening": Listening()}):
            services.retime_trip(
                actor=cast.owner, trip=day, timeline=later(day, 1), reason="Đường trơn"
            )
        assert [(change.happening, change.previous_starts_at) for change in told] == [
            (Happening.CHANGED, None),
            (Happening.MOVED, at(10.5)),
            (Happening.MOVED, at(13.5)),
        ]

    def test_two_stops_change_places(self, cast: Cast, day: Trip) -> None:
        stored = timed(day)
        one, other, *rest = stored.timeline.keys
        swapped = reorder(stored.timeline, [other, one, *rest], stored.road)
        trip = services.retime_trip(
            actor=cast.owner, trip=day, timeline=swapped, reason="Trường đổi giờ"
        )
        first, second = trip.events.order_by("starts_at")[:2]
        assert (first.venue, second.venue) == (cast.second_venue, cast.venue)
        assert second.ends_at - second.starts_at == 2 * HOUR

    def test_two_stops_at_one_venue_change_places(self, cast: Cast) -> None:
        trip = make_trip(cast, visit(cast, 8, title="A"), visit(cast, 13, 1, title="B"))
        stored = timed(trip)
        swapped = reorder(stored.timeline, stored.timeline.keys[::-1], stored.road)
        services.retime_trip(actor=cast.owner, trip=trip, timeline=swapped)
        assert [event.title for event in trip.events.order_by("starts_at")] == ["B", "A"]

    def test_the_same_times_change_nothing(self, cast: Cast, day: Trip) -> None:
        services.retime_trip(actor=cast.owner, trip=day, timeline=timed(day).timeline)
        day.refresh_from_db()
        assert day.revision == 2

    def test_cancelled_stops_stay_where_they_were(self, cast: Cast, day: Trip) -> None:
        gone = day.events.order_by("starts_at")[1]
        services.cancel_event(actor=cast.owner, event=gone, why=storm())
        services.retime_trip(actor=cast.owner, trip=day, timeline=later(day), reason="Đường trơn")
        gone.refresh_from_db()
        assert gone.starts_at == at(10.5)
        assert starts(day) == [9, 14.5]


class TestRefusing:
    def test_nothing_is_stored_of_what_a_rule_refuses(self, cast: Cast, day: Trip) -> None:
        wanted = later(day, 0, 2 * HOUR, Follow.STAY)
        with pytest.raises(RuleBroken):
            services.retime_trip(actor=cast.owner, trip=day, timeline=wanted, reason="x")
        assert starts(day) == [8, 10.5, 13.5]

    def test_what_is_public_asks_for_a_reason(self, cast: Cast, day: Trip) -> None:
        with pytest.raises(InvalidInput) as refusal:
            services.retime_trip(actor=cast.owner, trip=day, timeline=later(day))
        assert refusal.value.kind == "reason_missing"

    def test_a_venue_that_is_taken_then_is_named(self, cast: Cast, day: Trip) -> None:
        services.schedule_event(
            actor=cast.owner, library=cast.library, event=visit(cast, 16, 1, title="Họp")
        )
        with pytest.raises(Clash) as clash:
            services.retime_trip(
                actor=cast.owner, trip=day, timeline=later(day, -1, 2 * HOUR), reason="x"
            )
        assert clash.value.kind == "venue_busy"
        assert starts(day) == [8, 10.5, 13.5]

    def test_slots_of_another_trip_are_refused(self, cast: Cast, day: Trip) -> None:
        wanted = later(day)
        for slots in (wanted.slots[:-1], (*wanted.slots, replace(wanted.slots[0], key="x"))):
            with pytest.raises(InvalidInput) as refusal:
                services.retime_trip(
                    actor=cast.owner, trip=day, timeline=replace(wanted, slots=slots), reason="x"
                )
            assert refusal.value.kind == "stops_differ"

    def test_strangers_stale_pages_and_cancelled_trips_are_refused(
        self, cast: Cast, day: Trip
    ) -> None:
        wanted = later(day)
        with pytest.raises(NotAllowed):
            services.retime_trip(actor=cast.stranger, trip=day, timeline=wanted, reason="x")
        with pytest.raises(StaleWrite):
            services.retime_trip(
                actor=cast.owner, trip=day, timeline=wanted, reason="x", expected_revision=1
            )
        services.cancel_trip(actor=cast.owner, trip=day, why=storm())
        with pytest.raises(Conflict):
            services.retime_trip(actor=cast.owner, trip=day, timeline=wanted, reason="x")


class TestPreview:
    def test_it_shows_each_time_before_and_after_and_stores_nothing(
        self, cast: Cast, day: Trip
    ) -> None:
        preview = preview_retiming(timed(day), later(day, 1), actor=cast.owner)
        assert [(row.key in {"departure", "return"}, row.moved_min) for row in preview.rows] == [
            (True, 0),
            (False, 0),
            (False, 60),
            (False, 60),
            (False, 60),
            (True, 60),
        ]
        assert starts(day) == [8, 10.5, 13.5]
        assert preview.changes
        assert not preview.is_refused

    def test_it_names_what_the_rules_and_others_have_against_it(
        self, cast: Cast, day: Trip
    ) -> None:
        make_trip(
            cast, visit(cast, 18.5, venue=cast.second_venue), departs_at=at(18), returns_at=at(21)
        )
        preview = preview_retiming(timed(day), later(day, 0, 3 * HOUR), actor=cast.owner)
        assert preview.is_refused
        hard = {one.code for one in preview.hindrances if one.weight == Weight.HARD}
        assert {"vehicle_busy", "member_busy"} <= hard

    def test_a_way_that_takes_longer_than_there_is_time_is_marked(
        self, cast: Cast, day: Trip
    ) -> None:
        TravelTimeFactory.create(origin=cast.venue, destination=cast.second_venue, minutes=20)
        rows = preview_retiming(timed(day), timed(day).timeline, actor=cast.owner).rows
        assert (rows[2].way and rows[2].way.minutes, rows[2].gap_min) == (20, 30)
        assert not rows[2].is_tight  # 20 minutes and 10 to spare
        closer = later(day, 0, timedelta(minutes=1), Follow.STAY)
        assert preview_retiming(timed(day), closer, actor=cast.owner).rows[2].is_tight

    def test_it_asks_as_often_however_many_stops_there_are(
        self, cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        few = make_trip(cast, visit(cast, 8), visit(cast, 13.5))
        many = make_trip(cast, *(visit(cast, 8 + n, 0.5, day=7) for n in range(8)), day=7)
        with django_assert_max_num_queries(200) as asked:
            preview_retiming(timed(few), later(few), actor=cast.owner)
        few_queries = len(asked)
        with django_assert_max_num_queries(few_queries):
            preview_retiming(timed(many), later(many), actor=cast.owner)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(-90, 90), st.sampled_from(Follow), st.booleans()),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_is_kept_runs_forward_and_overlaps_nothing(
    two_days: Trip, cast: Cast, changes: list[tuple[int, int, Follow, bool]]
) -> None:
    with transaction.atomic():
        change_and_look(cast, Trip.objects.get(pk=two_days.pk), changes)
        transaction.set_rollback(True)


def change_and_look(cast: Cast, trip: Trip, changes: list[tuple[int, int, Follow, bool]]) -> None:
    """Do one change after the other; what is refused must leave everything as it was."""
    for place, minutes, follow, swaps in changes:
        stored = timed(trip)
        slots = stored.timeline.slots
        slot = slots[place % len(slots)]
        try:
            if swaps:
                keys = list(stored.timeline.keys)
                number = keys.index(slot.key)
                keys[number], keys[number - 1] = keys[number - 1], keys[number]
                wanted = reorder(stored.timeline, keys, stored.road, follow)
            else:
                new = slot.moved(timedelta(minutes=minutes))
                wanted = put(
                    stored.timeline, new.key, new.starts_at, new.ends_at, stored.road, follow
                )
            services.retime_trip(actor=cast.owner, trip=trip, timeline=wanted)
        except (ValueError, RuleBroken, Conflict, InvalidInput):
            assert timed(trip).timeline == stored.timeline
            continue
        trip.refresh_from_db()
        now = timed(trip).timeline
        assert now == replace(wanted, slots=tuple(sorted(wanted.slots, key=lambda s: s.starts_at)))
        assert now.departs_at <= now.slots[0].starts_at
        assert now.slots[-1].ends_at <= now.returns_at
        assert all(one.ends_at <= other.starts_at for one, other in pairwise(now.slots))
        assert sorted(one.length for one in now.slots) == sorted(one.length for one in slots)
