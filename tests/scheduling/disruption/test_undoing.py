"""Taking a disruption back: all of it as it was, or a list of what has been changed since."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from outreach.common.errors import Conflict, NotAllowed
from outreach.scheduling import services
from outreach.scheduling.disruption import ChangedSince, Choice, What, undo_disruption
from outreach.scheduling.models import Disruption, Duty, Event, State, Trip, TripPause
from outreach.scheduling.services import EventInput
from tests.cast import Cast
from tests.scheduling.desk import (
    activity,
    at,
    make_event,
    make_public_trip,
    snapshot,
    visit,
)
from tests.scheduling.disruption.weather import CANCEL, INDOORS, NEXT_WEEK, NOW, strike

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=3)
EVENT = ("starts_at", "ends_at", "state", "trip_id", "is_indoors", "commune_id", "cancel_reason_id")
TRIP = ("departs_at", "returns_at", "state")
DUTY = ("trip_id", "event_id", "member_id", "starts_at", "ends_at", "is_standing")


def stands() -> list[Any]:
    """Return what the schedule says, without revisions."""
    return [
        list(Event.objects.order_by("pk").values_list("pk", *EVENT)),
        list(Trip.objects.order_by("pk").values_list("pk", *TRIP)),
        list(Duty.objects.order_by("pk").values_list("pk", *DUTY)),
        list(TripPause.objects.order_by("pk").values_list("pk", "starts_at", "ends_at")),
    ]


def undo(cast: Cast, disruption: Disruption, **changes: Any) -> Disruption:
    wanted: dict[str, Any] = {"actor": cast.owner, "disruption": disruption, "now": LATER}
    return undo_disruption(**wanted | changes)


def busy_days(cast: Cast) -> Trip:
    """Store a trip with a lunch and two stops, another one the day after, and a lone event."""
    trip = make_public_trip(cast, visit(cast, 8), visit(cast, 13, venue=cast.second_venue))
    TripPause.objects.create(trip=trip, kind="lunch", starts_at=at(11), ends_at=at(12))
    make_public_trip(cast, day=1)
    lone = make_event(cast, hour=8, day=2)
    Duty.objects.create(
        member=cast.operator,
        role="operator",
        event=lone,
        starts_at=lone.starts_at,
        ends_at=lone.ends_at,
    )
    return trip


@pytest.mark.parametrize(
    "choice",
    [CANCEL, INDOORS, NEXT_WEEK, Choice(What.POSTPONE, 1)],
    ids=["cancel", "indoors", "a week later", "a day later"],
)
def test_undoing_brings_everything_back(cast: Cast, choice: Choice) -> None:
    busy_days(cast)
    before = stands()
    disruption = strike(cast, choice)
    assert stands() != before
    undone = undo(cast, disruption)
    assert stands() == before
    assert (undone.undone_by, undone.undone_at) == (cast.owner, LATER)


def test_undoing_a_bit_of_everything_brings_everything_back(cast: Cast) -> None:
    trip = busy_days(cast)
    first, second = trip.events.order_by("starts_at")
    before = stands()
    disruption = strike(cast, CANCEL, by_event={first.uid: NEXT_WEEK, second.uid: INDOORS})
    assert Trip.objects.count() == 3
    undo(cast, disruption)
    assert stands() == before


def test_every_event_has_an_audit_entry_of_both(cast: Cast) -> None:
    busy_days(cast)
    undo(cast, strike(cast), reason="Bão đổi hướng")
    for event in Event.objects.all():
        newest, older = event.history.order_by("-history_id")[:2]
        assert "Bão đổi hướng" in newest.history_change_reason
        assert older.history_change_reason.startswith("Bão, áp thấp")
        assert (newest.history_user, older.history_user) == (cast.owner, cast.owner)
        assert newest.revision == event.revision


def test_undoing_twice_changes_nothing_more(cast: Cast) -> None:
    busy_days(cast)
    disruption = strike(cast)
    undo(cast, disruption)
    before = snapshot()
    undo(cast, disruption)
    assert snapshot() == before


def test_the_day_after_it_is_too_late(cast: Cast) -> None:
    busy_days(cast)
    disruption = strike(cast)
    midnight = at(0, -4)  # by the library's clock
    with pytest.raises(Conflict) as refusal:
        undo(cast, disruption, now=midnight)
    assert refusal.value.kind == "undo_too_late"
    undo(cast, disruption, now=midnight - timedelta(seconds=1))


def refused(cast: Cast, disruption: Disruption) -> ChangedSince:
    before = snapshot()
    with pytest.raises(ChangedSince) as refusal:
        undo(cast, disruption)
    assert snapshot() == before
    return refusal.value


def test_what_somebody_changed_since_is_listed_and_nothing_is_undone(cast: Cast) -> None:
    trip = busy_days(cast)
    disruption = strike(cast, INDOORS)
    event = trip.events.order_by("starts_at").first()
    assert event is not None
    services.change_event(
        actor=cast.owner, event=event, title="Tên mới", note="", activities=(activity(),)
    )
    assert [one.title for one in refused(cast, disruption).events] == ["Tên mới"]


def test_a_trip_that_was_moved_since_is_listed(cast: Cast) -> None:
    trip = make_public_trip(cast)
    disruption = strike(cast, NEXT_WEEK)
    services.move_trip(actor=cast.owner, trip=trip, departs_at=at(8, 7), reason="Muộn hơn")
    assert len(refused(cast, disruption).events) == 1


def test_a_vehicle_that_was_taken_since_is_listed(cast: Cast) -> None:
    make_public_trip(cast)
    disruption = strike(cast)
    wanted = visit(cast, 9, venue=cast.second_venue, title="In the way")
    services.schedule_event(
        actor=cast.owner, library=cast.library, event=wanted, vehicle=cast.vehicle
    )
    (obstacle,) = refused(cast, disruption).obstacles
    assert obstacle.code == "vehicle_busy"
    assert "In the way" in obstacle.message


def test_a_stop_that_was_put_in_between_is_listed(cast: Cast) -> None:
    trip = make_public_trip(cast, visit(cast, 8), visit(cast, 13, venue=cast.second_venue))
    first = trip.events.order_by("starts_at")[0]
    disruption = strike(cast, Choice(), by_event={first.uid: CANCEL})
    services.add_stop(
        actor=cast.owner, trip=trip, event=visit(cast, 8.5, 1, venue=cast.second_venue)
    )
    assert {one.code for one in refused(cast, disruption).obstacles} == {"trip_busy"}


def test_a_stop_that_joined_the_new_trip_is_listed(cast: Cast) -> None:
    trip = make_public_trip(cast, visit(cast, 8), visit(cast, 13, venue=cast.second_venue))
    first = trip.events.order_by("starts_at")[0]
    disruption = strike(cast, Choice(), by_event={first.uid: NEXT_WEEK})
    first.refresh_from_db()
    assert first.trip is not None
    services.add_stop(
        actor=cast.owner, trip=first.trip, event=visit(cast, 14, day=7, title="Joined")
    )
    assert [one.title for one in refused(cast, disruption).events] == ["Joined"]


def test_a_make_up_visit_that_is_planned_already_is_listed(cast: Cast) -> None:
    event = make_public_trip(cast).events.get()
    disruption = strike(cast)
    event.refresh_from_db()
    make_up = EventInput(
        cast.venue, at(8, 9), at(10, 9), (activity(),), title="Bù", makes_up_for=event
    )
    services.schedule_event(actor=cast.owner, library=cast.library, event=make_up)
    assert [one.title for one in refused(cast, disruption).made_up] == ["Bù"]


def test_a_person_on_duty_elsewhere_since_is_listed(cast: Cast) -> None:
    make_public_trip(cast)
    disruption = strike(cast)
    event = make_event(cast, hour=9)
    Duty.objects.create(
        member=cast.operator,
        role="operator",
        event=event,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
    )
    assert {one.code for one in refused(cast, disruption).obstacles} == {"member_busy"}


@pytest.mark.parametrize("who", ["colleague", "host", "stranger", "officer"])
def test_only_who_schedules_may_undo(cast: Cast, who: str) -> None:
    make_public_trip(cast)
    disruption = strike(cast)
    with pytest.raises(NotAllowed):
        undo(cast, disruption, actor=getattr(cast, who))


def test_cancelled_drafts_come_back_as_drafts(cast: Cast) -> None:
    event = make_event(cast)
    disruption = strike(cast)
    undo(cast, disruption)
    event.refresh_from_db()
    assert event.state == State.DRAFT
