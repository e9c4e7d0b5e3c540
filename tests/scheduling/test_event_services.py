"""Scheduling, changing, moving, publishing, cancelling, restoring and removing single events."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from outreach.attendance.inputs import ActivityResult, SheetInput, counted
from outreach.attendance.services import log_sheet
from outreach.common.errors import Conflict, InvalidInput, NotAllowed, RuleBroken, StaleWrite
from outreach.fleet.models import Unavailability
from outreach.scheduling import services
from outreach.scheduling.clashes import Clash
from outreach.scheduling.domain import Rule
from outreach.scheduling.models import Activity, Event, State, new_uid
from outreach.scheduling.services import CrewInput
from tests.cast import Cast
from tests.factories import CommuneFactory, VenueFactory
from tests.scheduling.desk import (
    activity,
    at,
    make_event,
    make_public_trip,
    make_trip,
    snapshot,
    storm,
    visit,
)


def move(cast: Cast, event: Event, hour: float, hours: float = 2, **changes: Any) -> Event:
    wanted: dict[str, Any] = {
        "starts_at": at(hour),
        "ends_at": at(hour + hours),
        "reason": "Trường bận",
    }
    return services.move_event(actor=cast.owner, event=event, **wanted | changes)


def change(cast: Cast, event: Event, **changes: Any) -> Event:
    wanted: dict[str, Any] = {
        "title": event.title,
        "note": event.note,
        "activities": (activity(),),
    }
    return services.change_event(actor=cast.owner, event=event, **wanted | changes)


def cancel(cast: Cast, event: Event) -> Event:
    return services.cancel_event(actor=cast.owner, event=event, why=storm(), note="Bão số 3")


def test_an_event_without_a_vehicle_has_its_own_crew(cast: Cast) -> None:
    event = services.schedule_event(
        actor=cast.owner,
        library=cast.library,
        event=visit(cast),
        crew=CrewInput(professionals=cast.crew.professionals),
    )
    assert event.trip is None
    assert event.duties.count() == 2


def test_an_event_with_a_vehicle_makes_a_trip_with_its_journey(cast: Cast) -> None:
    event = services.schedule_event(
        actor=cast.owner,
        library=cast.library,
        event=visit(cast, 8, 2),
        crew=cast.crew,
        vehicle=cast.vehicle,
        journey=timedelta(minutes=45),
    )
    assert event.trip is not None
    assert (event.trip.departs_at, event.trip.returns_at) == (at(7.25), at(10.75))


@pytest.mark.parametrize("role", ["colleague", "stranger", "officer", "host"])
@pytest.mark.parametrize("deed", ["move", "change", "cancel", "publish", "restore", "remove"])
def test_nobody_else_changes_an_event(cast: Cast, role: str, deed: str) -> None:
    event, actor = make_event(cast), getattr(cast, role)
    deeds: dict[str, Any] = {
        "move": lambda: services.move_event(
            actor=actor, event=event, starts_at=at(9), ends_at=at(10), reason="x"
        ),
        "change": lambda: services.change_event(
            actor=actor, event=event, title="x", note="", activities=(activity(),)
        ),
        "cancel": lambda: services.cancel_event(actor=actor, event=event, why=storm()),
        "publish": lambda: services.publish_event(actor=actor, event=event),
        "restore": lambda: services.restore_event(actor=actor, event=event),
        "remove": lambda: services.remove_event(actor=actor, event=event),
    }
    before = snapshot()
    with pytest.raises(NotAllowed):
        deeds[deed]()
    assert snapshot() == before


# --- Changing ----------------------------------------------------------------------------------


def test_changing_keeps_the_activities_that_stay_in_place(cast: Cast) -> None:
    event = make_event(cast)
    first = event.activities.get()

    changed = change(cast, event, activities=(activity("exhibition"), activity("talk")))

    assert [part.kind_id for part in changed.activities.all()] == ["exhibition", "talk"]
    assert changed.activities.first() == first


def test_an_event_cannot_lose_all_its_activities(cast: Cast) -> None:
    event = make_event(cast)
    before = snapshot()
    with pytest.raises(RuleBroken) as refusal:
        change(cast, event, activities=())
    assert [finding.rule for finding in refusal.value.findings] == [Rule.NO_ACTIVITY]
    assert snapshot() == before


def test_an_activity_with_results_does_not_go(cast: Cast) -> None:
    both = (activity(), activity("talk"))
    event = make_public_trip(cast, visit(cast, activities=both)).events.get()
    held = tuple(ActivityResult(part.pk) for part in event.activities.all())
    log_sheet(
        actor=cast.owner,
        event=event,
        sheet=SheetInput(figures={"people_served": counted(10)}, activities=held),
        uid=uuid4(),
        now=at(20),
        confirm_warnings=True,
    )
    with pytest.raises(Conflict) as refusal:
        change(cast, event, activities=(activity(),))
    assert refusal.value.kind == "in_use"
    assert Activity.objects.count() == 2


def test_closing_a_venue_to_others_is_refused_while_another_event_is_there(cast: Cast) -> None:
    event = make_event(cast, shares_venue=True)
    services.schedule_event(
        actor=cast.owner,
        library=cast.library,
        event=visit(cast, 9, venue=cast.second_venue),
    )
    with pytest.raises(Clash):
        change(cast, event, shares_venue=False)


# --- Moving ------------------------------------------------------------------------------------


def test_the_only_stop_takes_its_trip_along(cast: Cast) -> None:
    event = make_trip(cast).events.get()

    moved = move(cast, event, 9.5, 3)

    assert moved.trip is not None
    moved.trip.refresh_from_db()
    assert (moved.trip.departs_at, moved.trip.returns_at) == (at(8.5), at(19.5))
    assert {duty.starts_at for duty in moved.trip.duties.all()} == {at(8.5)}


def test_one_of_several_stops_stays_between_departure_and_return(cast: Cast) -> None:
    trip = make_trip(cast, visit(cast, 8), visit(cast, 13))
    first = trip.events.earliest("starts_at")

    assert move(cast, first, 15).starts_at == at(15)
    with pytest.raises(RuleBroken) as refusal:
        move(cast, first, 15.5)
    assert [finding.rule for finding in refusal.value.findings] == [Rule.EVENT_OUTSIDE_TRIP]


def test_a_stop_moved_onto_another_is_refused(cast: Cast) -> None:
    trip = make_trip(cast, visit(cast, 8), visit(cast, 13, venue=cast.second_venue))
    with pytest.raises(RuleBroken) as refusal:
        move(cast, trip.events.earliest("starts_at"), 12)
    assert [finding.rule for finding in refusal.value.findings] == [Rule.EVENTS_CLASH]


def test_a_move_to_another_venue_changes_the_commune(cast: Cast) -> None:
    commune = CommuneFactory.create(parent=cast.commune.parent)
    venue = VenueFactory.create(library=cast.library, commune=commune)
    moved = move(cast, make_event(cast), 8, venue=venue)
    assert (moved.venue, moved.commune) == (venue, commune)


def test_moving_to_where_it_is_changes_nothing(cast: Cast) -> None:
    event = make_event(cast)
    before = snapshot()
    services.move_event(
        actor=cast.owner,
        event=event,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        venue=event.venue,
        reason="",
    )
    assert snapshot() == before


def test_a_public_event_does_not_move_without_a_reason(cast: Cast) -> None:
    event = make_public_trip(cast).events.get()
    with pytest.raises(InvalidInput) as refusal:
        move(cast, event, 9, reason="")
    assert refusal.value.kind == "reason_missing"


def test_an_event_does_not_move_to_another_librarys_venue(cast: Cast) -> None:
    with pytest.raises(InvalidInput):
        move(cast, make_event(cast), 9, venue=cast.foreign_venue)


# --- Publishing --------------------------------------------------------------------------------


def test_a_stop_is_published_with_its_trip_only(cast: Cast) -> None:
    event = make_trip(cast).events.get()
    with pytest.raises(Conflict) as refusal:
        services.publish_event(actor=cast.owner, event=event)
    assert refusal.value.kind == "trip_is_draft"


def test_an_event_without_a_trip_is_published_alone(cast: Cast) -> None:
    event = services.publish_event(actor=cast.owner, event=make_event(cast), now=at(1))
    assert (event.state, event.published_at) == (State.PUBLISHED, at(1))


def test_somebody_who_fell_ill_is_noticed_when_a_new_stop_is_published(cast: Cast) -> None:
    trip = make_public_trip(cast)
    stop = services.add_stop(actor=cast.owner, trip=trip, event=visit(cast, 13))
    Unavailability.objects.create(
        member=cast.operator, starts_at=at(0), ends_at=at(24), reason="ốm"
    )
    with pytest.raises(RuleBroken):
        services.publish_event(actor=cast.owner, event=stop)
    services.publish_event(actor=cast.owner, event=stop, override_reason="Đã khỏi")
    assert trip.overrides.get().reason == "Đã khỏi"


# --- Cancelling and restoring ------------------------------------------------------------------


def test_the_last_stop_called_off_takes_the_trip_with_it(cast: Cast) -> None:
    trip = make_public_trip(cast, visit(cast, 8), visit(cast, 13))
    first, second = trip.events.all()

    cancel(cast, first)
    trip.refresh_from_db()
    assert trip.state == State.PUBLISHED
    cancel(cast, second)
    trip.refresh_from_db()

    assert trip.state == State.CANCELLED
    assert not trip.duties.filter(is_standing=True).exists()


@pytest.mark.parametrize("was_public", [True, False])
def test_a_restored_event_is_as_public_as_before_and_brings_its_trip_back(
    cast: Cast, was_public: bool
) -> None:
    trip = make_public_trip(cast) if was_public else make_trip(cast)
    event = cancel(cast, trip.events.get())

    restored = services.restore_event(actor=cast.owner, event=event)

    trip.refresh_from_db()
    assert restored.state == trip.state == (State.PUBLISHED if was_public else State.DRAFT)
    assert (restored.cancel_reason, restored.cancel_note) == (None, "")
    assert trip.duties.filter(is_standing=True).count() == 3


@pytest.mark.parametrize("taken", ["vehicle", "member", "venue"])
def test_what_was_taken_since_stops_the_restoring(cast: Cast, taken: str) -> None:
    event = cancel(cast, make_public_trip(cast).events.get())
    if taken == "vehicle":
        make_trip(cast, visit(cast, 9, venue=cast.second_venue), crew=CrewInput())
    elif taken == "member":
        services.schedule_event(
            actor=cast.owner,
            library=cast.library,
            event=visit(cast, venue=cast.second_venue),
            crew=cast.crew,
        )
    else:
        services.schedule_event(actor=cast.owner, library=cast.library, event=visit(cast))
    before = snapshot()
    with pytest.raises(Clash) as refusal:
        services.restore_event(actor=cast.owner, event=event)
    assert refusal.value.kind == f"{taken}_busy"
    assert snapshot() == before


def test_a_stop_is_not_restored_into_a_trip_that_moved_away(cast: Cast) -> None:
    trip = make_public_trip(cast, visit(cast, 8), visit(cast, 13))
    event = cancel(cast, trip.events.earliest("starts_at"))
    services.move_trip(actor=cast.owner, trip=trip, departs_at=at(7, 2), reason="Bão")
    with pytest.raises(RuleBroken) as refusal:
        services.restore_event(actor=cast.owner, event=event, override_reason="x")
    assert [finding.rule for finding in refusal.value.findings] == [Rule.EVENT_OUTSIDE_TRIP]


def test_only_a_cancelled_event_is_restored(cast: Cast) -> None:
    with pytest.raises(Conflict) as refusal:
        services.restore_event(actor=cast.owner, event=make_event(cast))
    assert refusal.value.kind == "not_cancelled"


# --- Removing ----------------------------------------------------------------------------------


def test_a_public_event_is_not_removed(cast: Cast) -> None:
    event = services.publish_event(actor=cast.owner, event=make_event(cast))
    with pytest.raises(Conflict) as refusal:
        services.remove_event(actor=cast.owner, event=event)
    assert refusal.value.kind == "was_public"


def test_a_public_trip_that_loses_its_last_standing_stop_is_cancelled(cast: Cast) -> None:
    trip = make_public_trip(cast)
    stop = services.add_stop(actor=cast.owner, trip=trip, event=visit(cast, 13))
    cancel(cast, trip.events.earliest("starts_at"))

    services.remove_event(actor=cast.owner, event=stop)

    trip.refresh_from_db()
    assert trip.state == State.CANCELLED


@pytest.mark.parametrize("deed", ["move", "change", "publish", "cancel", "remove"])
def test_every_change_refuses_an_older_state(cast: Cast, deed: str) -> None:
    event = make_event(cast)
    stale = event.revision
    change(cast, event, title="Mới")
    seen: dict[str, Any] = {
        "actor": cast.owner,
        "event": event,
        "expected_revision": stale,
    }
    deeds: dict[str, Any] = {
        "move": lambda: services.move_event(starts_at=at(9), ends_at=at(10), reason="x", **seen),
        "change": lambda: services.change_event(
            title="x", note="", activities=(activity(),), **seen
        ),
        "publish": lambda: services.publish_event(**seen),
        "cancel": lambda: services.cancel_event(why=storm(), **seen),
        "remove": lambda: services.remove_event(**seen),
    }
    with pytest.raises(StaleWrite):
        deeds[deed]()


# --- Twice -------------------------------------------------------------------------------------


def test_an_event_sent_twice_under_one_uid_is_stored_once(cast: Cast) -> None:
    uid = new_uid()
    first = make_event(cast, shares_venue=True, uid=uid)
    assert make_event(cast, shares_venue=True, uid=uid) == first
    assert Event.objects.get() == first
    assert make_event(cast, shares_venue=True, uid=new_uid()) != first


def test_a_uid_that_another_library_has_taken_is_refused(cast: Cast) -> None:
    uid = make_event(cast).uid
    Event.objects.update(library=cast.other_library)
    with pytest.raises(Conflict) as refusal:
        make_event(cast, uid=uid)
    assert refusal.value.kind == "uid_taken"
