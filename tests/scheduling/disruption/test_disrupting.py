"""What happens to events and trips when a storm comes."""

from __future__ import annotations

import pytest

from outreach.common.errors import InvalidInput, NotAllowed, RuleBroken, StaleWrite
from outreach.fleet.models import Unavailability
from outreach.scheduling import services
from outreach.scheduling.disruption import (
    Choice,
    Choices,
    InTheWay,
    What,
    preview,
)
from outreach.scheduling.models import DisruptedEvent, Disruption, Duty, Event, State, Trip
from outreach.scheduling.services import CrewInput
from tests.cast import Cast
from tests.factories import CommuneFactory, TravelTimeFactory, VehicleFactory, VenueFactory
from tests.scheduling.desk import at, make_event, make_public_trip, make_trip, snapshot, visit
from tests.scheduling.disruption.weather import (
    AREA,
    CANCEL,
    INDOORS,
    NEXT_WEEK,
    NOW,
    strike,
    trouble,
)

pytestmark = pytest.mark.django_db


def titles(cast: Cast, **changes: object) -> list[str]:
    shown = preview(trouble(cast, **changes), Choices(CANCEL), now=NOW)
    return [event.title for event in shown.touched.events]


# --- Which events are touched ------------------------------------------------------------------


def test_without_a_place_every_standing_event_of_the_period_is_touched(cast: Cast) -> None:
    make_trip(cast, visit(cast, 8, title="Monday"))
    make_event(cast, day=2, title="Wednesday")
    make_event(cast, day=3, title="Thursday")
    gone = make_event(cast, hour=14, day=1, title="Cancelled")
    services.cancel_event(actor=cast.owner, event=gone, why=trouble(cast).why)
    services.schedule_event(
        actor=cast.stranger,
        library=cast.other_library,
        event=visit(cast, venue=cast.foreign_venue, title="Of others"),
    )
    assert titles(cast) == ["Monday", "Wednesday"]


def test_an_event_that_ends_when_the_storm_begins_is_not_touched(cast: Cast) -> None:
    make_event(cast, hour=8, hours=2)
    assert titles(cast, starts_at=at(10)) == []
    assert titles(cast, starts_at=at(9.99)) == ["Visit at 8"]


def test_what_is_over_is_not_touched(cast: Cast) -> None:
    make_event(cast, hour=8, hours=2)
    shown = preview(trouble(cast), Choices(CANCEL), now=at(10))
    assert shown.touched.events == []


def test_an_area_touches_the_venues_inside_and_names_those_without_a_point(cast: Cast) -> None:
    inside = VenueFactory.create(library=cast.library, lat=19.5, lon=105)
    outside = VenueFactory.create(library=cast.library, lat=18.5, lon=105)
    nowhere = VenueFactory.create(library=cast.library, lat=None, lon=None)
    for venue, title in ((inside, "In"), (outside, "Out"), (nowhere, "Nowhere")):
        services.schedule_event(
            actor=cast.owner, library=cast.library, event=visit(cast, venue=venue, title=title)
        )
    shown = preview(trouble(cast, area=AREA), Choices(CANCEL), now=NOW)
    assert [event.title for event in shown.touched.events] == ["In"]
    assert [event.title for event in shown.touched.off_the_map] == ["Nowhere"]


def test_units_are_communes_or_whole_provinces(cast: Cast) -> None:
    other = CommuneFactory.create()
    far = VenueFactory.create(library=cast.library, commune=other)
    make_trip(cast, visit(cast, 8, title="Near"), visit(cast, 13, venue=far, title="Far"))
    assert titles(cast, units=(cast.commune,)) == ["Near"]
    assert titles(cast, units=(other.parent,)) == ["Far"]


def test_a_breakdown_touches_the_vehicle_and_an_illness_the_person(cast: Cast) -> None:
    second = VehicleFactory.create(library=cast.library)
    make_trip(cast, visit(cast, 8, title="First van"))
    make_trip(
        cast,
        visit(cast, 8, venue=cast.second_venue, title="Second van"),
        vehicle=second,
        crew=services.CrewInput(),
    )
    assert titles(cast, vehicle=second) == ["Second van"]
    assert titles(cast, member=cast.operator) == ["First van"]
    assert titles(cast, member=cast.operator, vehicle=second) == ["First van", "Second van"]


def test_a_closed_school_closes_its_points_too(cast: Cast) -> None:
    point = VenueFactory.create(
        library=cast.library, kind="school_point", main_venue=cast.venue, commune=cast.commune
    )
    make_trip(cast, visit(cast, 8, title="School"), visit(cast, 13, venue=point, title="Point"))
    make_event(cast, title="Elsewhere")
    assert titles(cast, venue=cast.venue) == ["School", "Point"]


@pytest.mark.parametrize(
    "area",
    [
        {"type": "Point", "coordinates": [105, 19]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[104, 19], [105, 19]]]},
        {"type": "Polygon", "coordinates": [[[104, 19], [105, 19], [106, 19], [104, 19]]]},
        {"type": "Polygon", "coordinates": [[[104, 19], [1050, 19], [106, 20], [104, 19]]]},
        {"type": "Polygon", "coordinates": [[["x", 19], [105, 19], [106, 20], ["x", 19]]]},
        {"type": "Polygon", "coordinates": 5},
        {"type": "Polygon"},
    ],
)
def test_what_is_no_area_is_refused(cast: Cast, area: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        titles(cast, area=area)
    assert refusal.value.field == "area"


# --- What is done ------------------------------------------------------------------------------


def test_cancelling_takes_the_trip_along_when_no_stop_is_left(cast: Cast) -> None:
    trip = make_public_trip(cast, visit(cast, 8), visit(cast, 13, venue=cast.second_venue))
    disruption = strike(cast)
    trip.refresh_from_db()
    assert trip.state == State.CANCELLED
    assert not Duty.objects.filter(is_standing=True).exists()
    events = list(Event.objects.all())
    assert {(e.state, e.cancel_reason_id, e.cancel_note) for e in events} == {
        (State.CANCELLED, "storm", "Chúng tôi sẽ báo ngày mới.")
    }
    assert disruption.events.count() == 2
    assert [event.history.first().history_change_reason for event in events] == [
        "Bão, áp thấp nhiệt đới. Chúng tôi sẽ báo ngày mới."
    ] * 2


def test_a_trip_keeps_the_stops_that_are_left_as_they_are(cast: Cast) -> None:
    trip = make_public_trip(cast, visit(cast, 8), visit(cast, 13, venue=cast.second_venue))
    first, _second = trip.events.order_by("starts_at")
    strike(cast, Choice(), by_event={first.uid: CANCEL})
    trip.refresh_from_db()
    assert trip.state == State.PUBLISHED
    assert [event.state for event in trip.events.order_by("starts_at")] == [
        State.CANCELLED,
        State.PUBLISHED,
    ]
    assert DisruptedEvent.objects.get().event == first


def test_a_trip_is_postponed_together_with_its_crew(cast: Cast) -> None:
    trip = make_public_trip(cast, visit(cast, 8), visit(cast, 13, venue=cast.second_venue))
    strike(cast, NEXT_WEEK)
    trip.refresh_from_db()
    assert (trip.departs_at, trip.returns_at) == (at(7, 7), at(17, 7))
    assert [event.starts_at for event in trip.events.order_by("starts_at")] == [
        at(8, 7),
        at(13, 7),
    ]
    assert {(duty.starts_at, duty.is_standing) for duty in trip.duties.all()} == {(at(7, 7), True)}


def test_the_stops_that_leave_others_behind_go_as_a_trip_of_their_own(cast: Cast) -> None:
    trip = make_public_trip(cast, visit(cast, 8), visit(cast, 13, venue=cast.second_venue))
    first, second = trip.events.order_by("starts_at")
    strike(cast, Choice(), by_event={first.uid: NEXT_WEEK})
    first.refresh_from_db()
    new = Trip.objects.exclude(pk=trip.pk).get()
    assert first.trip == new
    assert (new.state, new.vehicle, new.departs_at) == (State.PUBLISHED, trip.vehicle, at(7, 7))
    assert set(new.duties.values_list("member", flat=True)) == set(
        trip.duties.values_list("member", flat=True)
    )
    trip.refresh_from_db()
    assert list(trip.events.all()) == [second]
    assert trip.departs_at == at(7)


def test_a_trip_of_its_own_keeps_what_was_overridden(cast: Cast) -> None:
    two = CrewInput(cast.crew.operator, cast.crew.professionals[:1])
    stops = (visit(cast, 8), visit(cast, 13, venue=cast.second_venue))
    trip = make_public_trip(cast, *stops, crew=two, override_reason="Một người nghỉ ốm")
    first = trip.events.earliest("starts_at")
    strike(cast, Choice(), by_event={first.uid: NEXT_WEEK})
    new = Trip.objects.exclude(pk=trip.pk).get()
    kept = [(one.rule, one.reason) for one in new.overrides.all()]
    assert kept == [("crew_too_small", "Một người nghỉ ốm")]
    assert trip.overrides.count() == 1


def test_two_days_running_change_places_without_meeting(cast: Cast) -> None:
    """Monday's trip goes where Tuesday's was and Tuesday's one further: all at once."""
    monday = make_public_trip(cast)
    tuesday = make_public_trip(cast, day=1)
    strike(cast, Choice(What.POSTPONE, 1))
    monday.refresh_from_db()
    tuesday.refresh_from_db()
    assert (monday.departs_at, tuesday.departs_at) == (at(7, 1), at(7, 2))


def test_what_goes_together_is_driven_on_its_new_days_only(cast: Cast) -> None:
    """Eight hours on two days running: none of them has sixteen while both are put off by one."""
    TravelTimeFactory.create(origin=cast.venue, destination=cast.second_venue, minutes=230)
    ends = (cast.venue, cast.second_venue, cast.venue)
    for day in (0, 1):
        stops = [visit(cast, 5 + 4.5 * n, 0.5, day, venue=end) for n, end in enumerate(ends)]
        make_public_trip(cast, *stops, day=day, departs_at=at(5, day), returns_at=at(15, day))
    strike(cast, Choice(What.POSTPONE, 1))
    assert {trip.departs_at for trip in Trip.objects.all()} == {at(5, 1), at(5, 2)}


def test_moving_indoors_leaves_time_and_place(cast: Cast) -> None:
    event = make_public_trip(cast).events.get()
    strike(cast, INDOORS)
    event.refresh_from_db()
    assert (event.is_indoors, event.starts_at, event.state) == (True, at(8), State.PUBLISHED)


# --- What is refused ---------------------------------------------------------------------------


def test_a_taken_vehicle_is_named_and_nothing_is_done(cast: Cast) -> None:
    make_public_trip(cast)
    make_public_trip(cast, visit(cast, 8, day=7, title="In the way"), day=7)
    before = snapshot()
    with pytest.raises(InTheWay) as refusal:
        strike(cast, NEXT_WEEK)
    assert {one.code for one in refusal.value.obstacles} == {
        "venue_busy",
        "vehicle_busy",
        "member_busy",
    }
    assert "In the way" in refusal.value.message
    assert snapshot() == before


def test_a_soft_rule_needs_one_reason_for_all(cast: Cast) -> None:
    trip = make_public_trip(cast)
    Unavailability.objects.create(
        vehicle=cast.vehicle, starts_at=at(0, 7), ends_at=at(0, 8), reason="Bảo dưỡng"
    )
    with pytest.raises(RuleBroken) as refusal:
        strike(cast, NEXT_WEEK)
    assert [finding.rule for finding in refusal.value.findings] == ["vehicle_time_off"]
    strike(cast, NEXT_WEEK, override_reason="Xưởng đã đồng ý")
    assert [override.reason for override in trip.overrides.all()] == ["Xưởng đã đồng ý"]


def test_cancelling_needs_no_override(cast: Cast) -> None:
    make_public_trip(cast)
    Unavailability.objects.create(
        vehicle=cast.vehicle, starts_at=at(0), ends_at=at(0, 8), reason="Hỏng"
    )
    strike(cast)
    assert Event.objects.get().is_cancelled


def test_what_was_looked_at_is_what_is_done(cast: Cast) -> None:
    trip = make_public_trip(cast)
    seen = preview(trouble(cast), Choices(CANCEL), now=NOW).state
    services.add_stop(actor=cast.owner, trip=trip, event=visit(cast, 13, venue=cast.second_venue))
    with pytest.raises(StaleWrite):
        strike(cast, expected_state=seen)
    strike(cast, expected_state=preview(trouble(cast), Choices(CANCEL), now=NOW).state)


def test_nothing_chosen_is_nothing_done(cast: Cast) -> None:
    make_public_trip(cast)
    with pytest.raises(InvalidInput, match="chọn|Choose"):
        strike(cast, Choice())
    assert not Disruption.objects.exists()


@pytest.mark.parametrize("days", [0, -1, 367])
def test_nobody_postpones_backwards_or_into_another_year(cast: Cast, days: int) -> None:
    make_public_trip(cast)
    with pytest.raises(InvalidInput):
        strike(cast, Choice(What.POSTPONE, days))


def test_a_request_sent_twice_is_done_once(cast: Cast) -> None:
    make_public_trip(cast)
    uid = "4a9f6a42-0000-4000-8000-000000000001"
    assert strike(cast, uid=uid) == strike(cast, uid=uid)
    assert Disruption.objects.count() == 1


@pytest.mark.parametrize("who", ["colleague", "host", "stranger", "officer"])
def test_only_who_schedules_may(cast: Cast, who: str) -> None:
    make_public_trip(cast)
    with pytest.raises(NotAllowed):
        strike(cast, actor=getattr(cast, who))


def test_anothers_vehicle_is_refused(cast: Cast) -> None:
    with pytest.raises(InvalidInput):
        strike(cast, vehicle=cast.foreign_vehicle)
