"""Scheduling, changing, moving, publishing, cancelling and removing trips."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from outreach.common.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    RuleBroken,
    StaleWrite,
)
from outreach.fleet.models import CrewMember, Unavailability
from outreach.places.models import ClosedDates, VenueAccess
from outreach.scheduling import services
from outreach.scheduling.clashes import Clash
from outreach.scheduling.domain import Rule
from outreach.scheduling.models import Activity, Duty, Event, RuleOverride, State, Trip
from outreach.scheduling.services import CrewInput
from tests.cast import Cast
from tests.factories import CrewMemberFactory
from tests.scheduling.desk import (
    NOBODY,
    at,
    make_event,
    make_public_trip,
    make_trip,
    snapshot,
    storm,
    visit,
)

HOUR = timedelta(hours=1)


def two_of(cast: Cast) -> CrewInput:
    """Return a crew that is one person short."""
    return CrewInput(cast.crew.operator, cast.crew.professionals[:1])


def change(cast: Cast, trip: Trip, **changes: Any) -> Trip:
    wanted: dict[str, Any] = {
        "actor": cast.owner,
        "trip": trip,
        "vehicle": trip.vehicle,
        "departs_at": trip.departs_at,
        "returns_at": trip.returns_at,
        "crew": CrewInput.of(list(trip.duties.select_related("member"))),
    }
    return services.change_trip(**wanted | changes)


def broken(refusal: pytest.ExceptionInfo[RuleBroken]) -> list[Rule]:
    return [finding.rule for finding in refusal.value.findings]


def test_a_trip_is_stored_with_its_crew_and_stops_in_order(cast: Cast) -> None:
    trip = make_trip(cast, visit(cast, 13), visit(cast, 8, venue=cast.second_venue))

    assert [event.starts_at for event in trip.events.all()] == [at(8), at(13)]
    assert {event.state for event in trip.events.all()} == {State.DRAFT}
    assert {event.commune for event in trip.events.all()} == {cast.commune}
    assert sorted(trip.duties.values_list("role", flat=True)) == [
        Duty.Role.OPERATOR,
        Duty.Role.PROFESSIONAL,
        Duty.Role.PROFESSIONAL,
    ]
    assert {(duty.starts_at, duty.ends_at) for duty in trip.duties.all()} == {(at(7), at(17))}


def test_a_stop_without_a_title_is_named_after_its_activity_and_venue(cast: Cast) -> None:
    trip = make_trip(cast, visit(cast, title=""))
    assert trip.events.get().title == f"Phục vụ lưu động – {cast.venue.name}"


@pytest.mark.parametrize("role", ["colleague", "stranger", "officer", "host"])
def test_nobody_else_schedules_for_the_library(cast: Cast, role: str) -> None:
    before = snapshot()
    with pytest.raises(NotAllowed):
        make_trip(cast, actor=getattr(cast, role))
    assert snapshot() == before


@pytest.mark.parametrize("what", ["vehicle", "crew", "venue"])
def test_what_belongs_to_another_library_is_refused(cast: Cast, what: str) -> None:
    stranger = CrewMemberFactory.create(library=cast.other_library)
    foreign: dict[str, Any] = {
        "vehicle": {"vehicle": cast.foreign_vehicle},
        "crew": {"crew": CrewInput(stranger, cast.crew.professionals)},
        "venue": {"events": [visit(cast, venue=cast.foreign_venue)]},
    }
    before = snapshot()
    with pytest.raises(InvalidInput) as refusal:
        make_trip(cast, **foreign[what])
    assert refusal.value.kind == "of_another_library"
    assert snapshot() == before


def test_why_a_stranger_is_away_is_not_told(cast: Cast) -> None:
    stranger = CrewMemberFactory.create(library=cast.other_library)
    Unavailability.objects.create(member=stranger, starts_at=at(0), ends_at=at(24), reason="secret")
    with pytest.raises(InvalidInput) as refusal:
        make_trip(cast, crew=CrewInput(stranger, cast.crew.professionals))
    assert "secret" not in refusal.value.message


def test_a_crew_of_two_needs_a_reason_and_then_shows_it(cast: Cast) -> None:
    trip = make_trip(cast, crew=two_of(cast))
    with pytest.raises(RuleBroken) as refusal:
        services.publish_trip(actor=cast.owner, trip=trip)
    assert broken(refusal) == [Rule.CREW_TOO_SMALL]

    services.publish_trip(actor=cast.owner, trip=trip, override_reason="  Một người ốm  ")

    override = trip.overrides.get()
    assert (override.rule, override.reason) == (Rule.CREW_TOO_SMALL, "Một người ốm")
    assert override.params == {"crew": 2, "professionals": 1}
    assert override.actor == cast.owner


def test_a_reason_of_spaces_is_no_reason(cast: Cast) -> None:
    with pytest.raises(RuleBroken):
        make_public_trip(cast, crew=two_of(cast), override_reason="   ")


def test_no_reason_overrides_a_hard_rule(cast: Cast) -> None:
    with pytest.raises(RuleBroken) as refusal:
        make_trip(cast, visit(cast, 6), override_reason="Xin phép")
    assert broken(refusal) == [Rule.EVENT_OUTSIDE_TRIP]
    assert not RuleOverride.objects.exists()


def test_an_override_holds_for_the_same_crew_and_not_for_a_smaller_one(cast: Cast) -> None:
    trip = make_public_trip(cast, crew=two_of(cast), override_reason="Một người ốm")

    change(cast, trip, note="Mang thêm ghế")
    with pytest.raises(RuleBroken):
        change(cast, trip, crew=CrewInput(cast.crew.operator))

    assert trip.overrides.count() == 1


@pytest.mark.parametrize(
    ("starts", "ends", "is_off"),
    [(0, 7, False), (17, 24, False), (0, 7.02, True), (16.98, 24, True), (10, 11, True)],
)
@pytest.mark.parametrize("whose", ["vehicle", "member"])
def test_time_off_may_touch_a_trip_but_not_meet_it(
    cast: Cast, whose: str, starts: float, ends: float, is_off: bool
) -> None:
    of_member = {"member": cast.operator}
    owner: dict[str, Any] = {"vehicle": cast.vehicle} if whose == "vehicle" else of_member
    Unavailability.objects.create(
        starts_at=at(starts), ends_at=at(ends), reason="bảo dưỡng", **owner
    )
    if not is_off:
        assert make_trip(cast).pk
        return
    with pytest.raises(RuleBroken) as refusal:
        make_trip(cast)
    assert broken(refusal) == [Rule.VEHICLE_OFF if whose == "vehicle" else Rule.MEMBER_OFF]
    assert make_trip(cast, override_reason="Đã xong sớm").overrides.count() == 1


def test_events_touch_the_ends_of_the_trip_and_each_other(cast: Cast) -> None:
    trip = make_trip(cast, visit(cast, 7, 5), visit(cast, 12, 5, venue=cast.second_venue))
    assert trip.events.count() == 2


def test_the_operator_cannot_serve_as_professional_too(cast: Cast) -> None:
    crew = CrewInput(cast.operator, (cast.operator, *cast.crew.professionals[:1]))
    with pytest.raises(RuleBroken) as refusal:
        make_trip(cast, crew=crew, override_reason="Thiếu người")
    assert broken(refusal) == [Rule.MEMBER_TWICE]


def test_trips_of_a_vehicle_may_touch(cast: Cast) -> None:
    make_trip(cast)
    after = make_trip(cast, visit(cast, 18), departs_at=at(17), returns_at=at(21), crew=cast.crew)
    assert after.pk


# --- Changing ----------------------------------------------------------------------------------


def test_changing_a_trip_replaces_its_crew_and_keeps_its_events(cast: Cast) -> None:
    trip = make_trip(cast)
    other = CrewMemberFactory.create(library=cast.library)
    kept = set(trip.duties.filter(member__in=cast.crew.professionals).values_list("pk", flat=True))

    changed = change(
        cast, trip, crew=CrewInput(other, cast.crew.professionals), note="Mang thêm ghế"
    )

    assert changed.note == "Mang thêm ghế"
    assert changed.duties.filter(role=Duty.Role.OPERATOR).get().member == other
    assert kept <= set(changed.duties.values_list("pk", flat=True))
    assert changed.events.get().starts_at == at(8)


def test_a_trip_cannot_shrink_until_its_events_stick_out(cast: Cast) -> None:
    trip = make_trip(cast)
    change(cast, trip, departs_at=at(8), returns_at=at(10))
    with pytest.raises(RuleBroken) as refusal:
        change(cast, trip, departs_at=at(8.5))
    assert broken(refusal) == [Rule.EVENT_OUTSIDE_TRIP]


def test_the_crew_of_a_public_trip_cannot_be_emptied_silently(cast: Cast) -> None:
    trip = make_public_trip(cast)
    with pytest.raises(RuleBroken):
        change(cast, trip, crew=NOBODY)


def test_what_was_prepared_on_an_older_state_is_refused(cast: Cast) -> None:
    trip = make_trip(cast)
    change(cast, trip, note="first")
    before = snapshot()
    with pytest.raises(StaleWrite):
        change(cast, trip, note="later", expected_revision=trip.revision)
    assert snapshot() == before


# --- Moving ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shift", [0.5, -0.5, 24])
def test_a_trip_moves_with_its_events_and_crew(cast: Cast, shift: float) -> None:
    trip = make_trip(cast, visit(cast, 8, 2), visit(cast, 10, 2), visit(cast, 12, 2))

    moved = services.move_trip(
        actor=cast.owner, trip=trip, departs_at=at(7 + shift), reason="Đường ngập"
    )

    assert (moved.departs_at, moved.returns_at) == (at(7 + shift), at(17 + shift))
    assert [event.starts_at for event in moved.events.all()] == [
        at(hour + shift) for hour in (8, 10, 12)
    ]
    assert {duty.starts_at for duty in moved.duties.all()} == {at(7 + shift)}


def test_a_cancelled_stop_stays_where_it_was_when_the_trip_moves(cast: Cast) -> None:
    trip = make_trip(cast, visit(cast, 8), visit(cast, 13))
    first = trip.events.earliest("starts_at")
    services.cancel_event(actor=cast.owner, event=first, why=storm())

    services.move_trip(actor=cast.owner, trip=trip, departs_at=at(7, day=2), reason="")

    first.refresh_from_db()
    assert first.starts_at == at(8)


def test_moving_by_nothing_changes_nothing(cast: Cast) -> None:
    trip = make_trip(cast)
    before = snapshot()
    services.move_trip(actor=cast.owner, trip=trip, departs_at=trip.departs_at, reason="")
    assert snapshot() == before


def test_a_public_trip_does_not_move_without_a_reason(cast: Cast) -> None:
    trip = make_public_trip(cast)
    with pytest.raises(InvalidInput) as refusal:
        services.move_trip(actor=cast.owner, trip=trip, departs_at=at(7, day=1), reason=" ")
    assert refusal.value.field == "reason"


def test_a_trip_cannot_move_onto_another_of_its_vehicle(cast: Cast) -> None:
    make_trip(cast, visit(cast, day=1, venue=cast.second_venue), day=1, crew=NOBODY)
    trip = make_trip(cast)
    before = snapshot()
    with pytest.raises(Clash):
        services.move_trip(actor=cast.owner, trip=trip, departs_at=at(7, day=1), reason="")
    assert snapshot() == before


def test_a_trip_cannot_move_into_its_vehicles_time_off(cast: Cast) -> None:
    Unavailability.objects.create(
        vehicle=cast.vehicle, starts_at=at(0, 1), ends_at=at(24, 1), reason="đăng kiểm"
    )
    trip = make_trip(cast)
    with pytest.raises(RuleBroken) as refusal:
        services.move_trip(actor=cast.owner, trip=trip, departs_at=at(7, day=1), reason="")
    assert broken(refusal) == [Rule.VEHICLE_OFF]


# --- Publishing --------------------------------------------------------------------------------


def test_publishing_makes_the_trip_and_its_stops_public(cast: Cast) -> None:
    trip = make_public_trip(cast, visit(cast, 8), visit(cast, 13))
    assert trip.state == State.PUBLISHED
    assert {(event.state, event.published_at is None) for event in trip.events.all()} == {
        (State.PUBLISHED, False)
    }


def test_publishing_twice_changes_nothing_more(cast: Cast) -> None:
    trip = make_public_trip(cast)
    before = snapshot()
    services.publish_trip(actor=cast.owner, trip=trip)
    assert snapshot() == before


def test_a_trip_without_crew_is_not_published_without_a_reason(cast: Cast) -> None:
    trip = make_trip(cast, crew=NOBODY)
    with pytest.raises(RuleBroken) as refusal:
        services.publish_trip(actor=cast.owner, trip=trip)
    assert broken(refusal) == [Rule.CREW_TOO_SMALL, Rule.NO_OPERATOR]

    services.publish_trip(actor=cast.owner, trip=trip, override_reason="Đội huyện đi thay")
    assert trip.overrides.count() == 2


def test_an_empty_trip_is_not_published(cast: Cast) -> None:
    trip = make_trip(cast)
    services.remove_event(actor=cast.owner, event=trip.events.get())
    with pytest.raises(InvalidInput):
        services.publish_trip(actor=cast.owner, trip=trip)


def test_new_stops_of_a_public_trip_are_published_with_it_again(cast: Cast) -> None:
    trip = make_public_trip(cast)
    stop = services.add_stop(actor=cast.owner, trip=trip, event=visit(cast, 13))
    assert stop.state == State.DRAFT

    services.publish_trip(actor=cast.owner, trip=trip)

    stop.refresh_from_db()
    assert stop.state == State.PUBLISHED


# --- Cancelling and removing -------------------------------------------------------------------


def test_cancelling_calls_off_every_stop_and_frees_vehicle_and_crew(cast: Cast) -> None:
    trip = make_public_trip(cast, visit(cast, 8), visit(cast, 13))

    services.cancel_trip(actor=cast.owner, trip=trip, why=storm(), note="Bão số 3")

    assert {event.state for event in trip.events.all()} == {State.CANCELLED}
    assert {event.cancel_note for event in trip.events.all()} == {"Bão số 3"}
    assert make_trip(cast).pk


def test_cancelling_twice_changes_nothing_more(cast: Cast) -> None:
    trip = make_public_trip(cast)
    services.cancel_trip(actor=cast.owner, trip=trip, why=storm())
    before = snapshot()
    services.cancel_trip(actor=cast.owner, trip=trip, why=storm())
    assert snapshot() == before


@pytest.mark.parametrize("deed", ["change", "move", "publish", "add_stop"])
def test_a_cancelled_trip_is_left_alone(cast: Cast, deed: str) -> None:
    trip = make_public_trip(cast)
    services.cancel_trip(actor=cast.owner, trip=trip, why=storm())
    deeds: dict[str, Any] = {
        "change": lambda: change(cast, trip),
        "move": lambda: services.move_trip(
            actor=cast.owner, trip=trip, departs_at=at(9), reason="x"
        ),
        "publish": lambda: services.publish_trip(actor=cast.owner, trip=trip),
        "add_stop": lambda: services.add_stop(actor=cast.owner, trip=trip, event=visit(cast, 13)),
    }
    with pytest.raises(Conflict) as refusal:
        deeds[deed]()
    assert refusal.value.kind == "cancelled"


def test_removing_a_draft_leaves_nothing_but_its_history(cast: Cast) -> None:
    trip = make_trip(cast)
    services.remove_trip(actor=cast.owner, trip=trip, reason="Nhầm ngày")
    assert not Trip.objects.exists()
    assert not Event.objects.exists()
    assert not Activity.objects.exists()
    assert not Duty.objects.exists()
    assert Trip.history.filter(history_type="-").get().history_change_reason == "Nhầm ngày"


def test_what_was_public_is_not_removed_even_when_it_is_cancelled(cast: Cast) -> None:
    trip = make_public_trip(cast)
    services.cancel_trip(actor=cast.owner, trip=trip, why=storm())
    with pytest.raises(Conflict) as refusal:
        services.remove_trip(actor=cast.owner, trip=trip)
    assert refusal.value.kind == "was_public"


def test_a_cancelled_draft_may_be_removed(cast: Cast) -> None:
    trip = make_trip(cast)
    services.cancel_trip(actor=cast.owner, trip=trip, why=storm())
    services.remove_trip(actor=cast.owner, trip=trip)
    assert not Trip.objects.exists()


def test_what_somebody_else_removed_is_not_found(cast: Cast) -> None:
    trip = make_trip(cast)
    event = trip.events.get()
    services.remove_trip(actor=cast.owner, trip=Trip.objects.get(pk=trip.pk))
    with pytest.raises(NotFound):
        services.publish_trip(actor=cast.owner, trip=trip)
    with pytest.raises(NotFound):
        services.cancel_event(actor=cast.owner, event=event, why=storm())


def test_all_stops_are_stored_or_none(cast: Cast) -> None:
    make_event(cast, hour=13)
    before = snapshot()
    with pytest.raises(Clash):
        make_trip(cast, visit(cast, 8), visit(cast, 13, venue=cast.second_venue))
    assert snapshot() == before


def test_a_title_too_long_is_an_error_of_the_input(cast: Cast) -> None:
    with pytest.raises(ValidationError):
        make_trip(cast, replace(visit(cast), title="x" * 161))


def test_people_who_no_longer_go_out_keep_what_they_did(cast: Cast) -> None:
    trip = make_trip(cast)
    CrewMember.objects.update(is_in_use=False)
    assert change(cast, trip, note="y").duties.count() == 3


@pytest.mark.parametrize("what", ["month", "closed"])
def test_a_venue_is_asked_about_every_day_of_a_stop(cast: Cast, what: str) -> None:
    """The road is cut, or the school shut, on the second day only."""
    if what == "month":
        april: Any = frozenset({4})
        VenueAccess.objects.create(venue=cast.venue, closed_months=april)
    else:
        ClosedDates.objects.create(
            venue=cast.venue, starts_on=date(2027, 4, 1), ends_on=date(2027, 4, 2), reason="Sửa mái"
        )
    stop = visit(cast, 8, day=30, ends_at=at(9, 31))
    with pytest.raises(RuleBroken) as refusal:
        make_trip(cast, stop, day=30, returns_at=at(17, 31))
    broken = {finding.rule for finding in refusal.value.findings}
    assert ("venue_not_passable" if what == "month" else "venue_closed") in broken
