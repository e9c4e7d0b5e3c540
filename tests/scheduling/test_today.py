"""What is on the road, what is late, and the marks by which a crew says so."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from outreach.accounts.models import User
from outreach.common.errors import Conflict, InvalidInput, NotAllowed
from outreach.fleet.models import CrewMember
from outreach.scheduling import services
from outreach.scheduling.models import Event, Trip, TripMark
from outreach.scheduling.services.progress import mark_trip, may_mark, unmark_trip
from outreach.scheduling.today import PATIENCE, Progress, today, with_progress
from tests.cast import Cast
from tests.factories import UserFactory, VehicleFactory
from tests.scheduling.desk import NOBODY, at, make_public_trip, make_trip, storm, visit

MINUTE = timedelta(minutes=1)


@pytest.fixture
def trip(cast: Cast) -> Trip:
    """A public day with two stops, from 7 to 17 o'clock."""
    return make_public_trip(cast, visit(cast, 8), visit(cast, 13, venue=cast.second_venue))


@pytest.fixture
def stops(trip: Trip) -> list[Event]:
    return list(trip.events.order_by("starts_at"))


def mark(cast: Cast, trip: Trip, kind: str, when: datetime, event: Event | None = None) -> TripMark:
    return mark_trip(actor=cast.owner, trip=trip, kind=kind, event=event, now=when)


def progress(trip: Trip, now: datetime) -> Progress:
    return with_progress(trip, now)


def where(cast: Cast, now: datetime) -> dict[str, list[str]]:
    """Return under which heading each trip is, by its vehicle."""
    found = today(cast.library, now)
    groups = {
        "late": found.late,
        "awaited": found.awaited,
        "road": found.on_the_road,
        "later": found.to_come,
        "back": found.done,
    }
    return {name: [one.trip.uid for one in group] for name, group in groups.items() if group}


class TestDelay:
    @pytest.mark.parametrize(
        ("late", "minutes"),
        [(timedelta(0), 0), (PATIENCE - MINUTE, 0), (PATIENCE, 15), (PATIENCE + MINUTE, 16)],
    )
    def test_a_missing_mark_is_late_after_a_quarter_of_an_hour(
        self, trip: Trip, late: timedelta, minutes: int
    ) -> None:
        assert progress(trip, at(7) + late).delay_min == minutes

    @pytest.mark.parametrize(
        ("late", "minutes"), [(PATIENCE - MINUTE, 0), (PATIENCE, 15), (timedelta(hours=-1), 0)]
    )
    def test_a_mark_that_comes_late_says_by_how_much(
        self, cast: Cast, trip: Trip, late: timedelta, minutes: int
    ) -> None:
        mark(cast, trip, "left", at(7) + late)
        assert progress(trip, at(7.5)).delay_min == minutes

    def test_a_later_mark_in_time_ends_the_delay(
        self, cast: Cast, trip: Trip, stops: list[Event]
    ) -> None:
        mark(cast, trip, "left", at(7.5))
        mark(cast, trip, "arrived", at(8), stops[0])
        assert not progress(trip, at(8.1)).is_late

    def test_what_was_skipped_is_no_longer_waited_for(
        self, cast: Cast, trip: Trip, stops: list[Event]
    ) -> None:
        mark(cast, trip, "done", at(10), stops[0])
        found = progress(trip, at(11))
        assert found.next is not None
        assert (found.next.kind, found.next.event, found.delay_min) == ("arrived", stops[1], 0)

    def test_a_cancelled_stop_is_not_waited_for(
        self, cast: Cast, trip: Trip, stops: list[Event]
    ) -> None:
        services.cancel_event(actor=cast.owner, event=stops[0], why=storm())
        assert [point.kind for point in progress(trip, at(9)).points] == [
            "left",
            "arrived",
            "done",
            "back",
        ]


class TestDay:
    def test_a_trip_goes_from_later_over_the_road_to_back(
        self, cast: Cast, trip: Trip, stops: list[Event]
    ) -> None:
        assert where(cast, at(6)) == {"later": [trip.uid]}
        assert where(cast, at(7.1)) == {"awaited": [trip.uid]}
        assert where(cast, at(7.25)) == {"late": [trip.uid]}
        mark(cast, trip, "left", at(7))
        assert where(cast, at(7.5)) == {"road": [trip.uid]}
        assert where(cast, at(8.25)) == {"late": [trip.uid]}
        mark(cast, trip, "done", at(15), stops[1])
        assert where(cast, at(17.2)) == {"road": [trip.uid]}
        assert where(cast, at(17.25)) == {"late": [trip.uid]}
        mark(cast, trip, "back", at(17))
        assert where(cast, at(18)) == {"back": [trip.uid]}

    def test_who_left_early_is_on_the_road(self, cast: Cast, trip: Trip) -> None:
        mark(cast, trip, "left", at(6.5))
        assert where(cast, at(6.75)) == {"road": [trip.uid]}

    def test_who_left_and_never_came_back_is_looked_for_two_days(
        self, cast: Cast, trip: Trip
    ) -> None:
        assert where(cast, at(9, 1)) == {}
        mark(cast, trip, "left", at(7))
        assert where(cast, at(9, 1)) == {"late": [trip.uid]}
        assert where(cast, at(9, 2)) == {"late": [trip.uid]}
        assert where(cast, at(9, 3)) == {}

    def test_drafts_cancelled_trips_and_those_of_others_are_not_there(
        self, cast: Cast, trip: Trip
    ) -> None:
        make_trip(
            cast,
            visit(cast, 8, venue=cast.second_venue),
            vehicle=VehicleFactory.create(library=cast.library),
            crew=NOBODY,
        )
        assert where(cast, at(7.1)) == {"awaited": [trip.uid]}
        assert today(cast.other_library, at(7.1)).awaited == ()
        services.cancel_trip(actor=cast.owner, trip=trip, why=storm())
        assert where(cast, at(7.1)) == {}

    def test_the_longest_delay_comes_first(self, cast: Cast, trip: Trip) -> None:
        other = make_trip(
            cast,
            visit(cast, 13, venue=cast.second_venue, hours=1, day=0, shares_venue=True),
            vehicle=VehicleFactory.create(library=cast.library),
            crew=NOBODY,
            departs_at=at(6),
            returns_at=at(16),
        )
        services.publish_trip(actor=cast.owner, trip=other, override_reason="Một mình")
        assert where(cast, at(7.5)) == {"late": [other.uid, trip.uid]}

    def test_it_asks_as_often_however_many_trips_there_are(
        self, cast: Cast, trip: Trip, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(4):
            today(cast.library, at(9))
        for hour in (18, 20, 22):
            make_public_trip(
                cast,
                visit(cast, hour, 1),
                departs_at=at(hour - 0.5),
                returns_at=at(hour + 1.5),
                override_reason="Tối",
            )
        with django_assert_num_queries(4):
            today(cast.library, at(9))


class TestMarks:
    def test_saying_it_twice_keeps_the_first_time(self, cast: Cast, trip: Trip) -> None:
        mark(cast, trip, "left", at(7))
        assert mark(cast, trip, "left", at(8)).at == at(7)
        assert TripMark.objects.count() == 1

    def test_a_mark_can_be_taken_back_and_leaves_a_history(self, cast: Cast, trip: Trip) -> None:
        unmark_trip(actor=cast.owner, mark=mark(cast, trip, "left", at(7)))
        assert not TripMark.objects.exists()
        assert [row.history_type for row in TripMark.history.order_by("history_id")] == ["+", "-"]

    def test_who_goes_along_may_say_so_and_nobody_else(self, cast: Cast, trip: Trip) -> None:
        assert not may_mark(cast.colleague, trip)
        for user in (cast.colleague, cast.stranger, cast.host, cast.officer):
            with pytest.raises(NotAllowed):
                mark_trip(actor=user, trip=trip, kind="left", now=at(7))
        operator = CrewMember.objects.get(pk=cast.operator.pk)
        operator.user = cast.colleague
        operator.save()
        assert mark_trip(actor=cast.colleague, trip=trip, kind="left", now=at(7)).pk

    def test_the_crew_of_another_trip_may_not(self, cast: Cast, trip: Trip) -> None:
        user: User = UserFactory.create(role="crew", library=cast.library)
        CrewMember.objects.create(library=cast.library, full_name="Người khác", user=user)
        assert not may_mark(user, trip)

    @pytest.mark.parametrize(
        ("kind", "has_event"),
        [
            ("left", True),
            ("back", True),
            ("arrived", False),
            ("done", False),
            ("flew", False),
            ("", False),
        ],
    )
    def test_what_makes_no_sense_is_refused(
        self, cast: Cast, trip: Trip, stops: list[Event], kind: str, has_event: bool
    ) -> None:
        with pytest.raises(InvalidInput):
            mark(cast, trip, kind, at(8), stops[0] if has_event else None)

    def test_a_stop_of_another_trip_is_refused(self, cast: Cast, trip: Trip) -> None:
        other = make_public_trip(cast, visit(cast, 8, day=1), day=1).events.get()
        with pytest.raises(InvalidInput) as refusal:
            mark(cast, trip, "arrived", at(8), other)
        assert refusal.value.kind == "not_of_trip"

    def test_a_time_ahead_or_long_before_is_refused(self, cast: Cast, trip: Trip) -> None:
        for when, now in ((at(7.1), at(7)), (at(-5.1), at(-5))):
            with pytest.raises(InvalidInput):
                mark_trip(actor=cast.owner, trip=trip, kind="left", at=when, now=now)
        assert mark_trip(actor=cast.owner, trip=trip, kind="left", at=at(-5), now=at(-5)).pk

    def test_drafts_and_cancelled_trips_have_no_marks(
        self, cast: Cast, trip: Trip, stops: list[Event]
    ) -> None:
        draft = make_trip(cast, visit(cast, 8, day=1), day=1)
        with pytest.raises(Conflict):
            mark(cast, draft, "left", at(7, 1))
        services.cancel_event(actor=cast.owner, event=stops[0], why=storm())
        stops[0].refresh_from_db()
        with pytest.raises(Conflict):
            mark(cast, trip, "arrived", at(8), stops[0])
        services.cancel_trip(actor=cast.owner, trip=trip, why=storm())
        with pytest.raises(Conflict):
            mark(cast, trip, "left", at(7))
