"""A proposal becomes the schedule, all of it or nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from outreach.common import clock
from outreach.common.errors import Conflict, NotAllowed, StaleWrite
from outreach.fleet.models import CrewMember, Unavailability
from outreach.planning.models import (
    Proposal,
    ProposedTrip,
    ProposedVisit,
    ScenarioStop,
    SeasonSubmission,
)
from outreach.planning.proposals import publishing, storing
from outreach.planning.proposals.publishing import PublishingRefused, What
from outreach.routing.plan import Plan
from outreach.scheduling import services
from outreach.scheduling.models import (
    ActivityKind,
    Duty,
    Event,
    RuleOverride,
    State,
    Trip,
    TripPause,
)
from outreach.scheduling.services import ActivityInput, CrewInput, EventInput
from tests.cast import Cast
from tests.factories import VenueFactory
from tests.planning.proposals.approved import approve
from tests.planning.proposals.booked import book
from tests.planning.proposals.scene import Scene, make_scene, proposal_of


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return make_scene(cast, stops=5)


@pytest.fixture
def proposal(scene: Scene) -> Proposal:
    return proposal_of(scene)


def publish(scene: Scene, proposal: Proposal, **wanted: Any) -> publishing.Difference:
    """Publish as the owner."""
    return publishing.publish(**{"actor": scene.cast.owner, "proposal": proposal} | wanted)


def visits_of(proposal: Proposal) -> list[ProposedVisit]:
    rows = ProposedVisit.objects.filter(trip__proposal=proposal)
    return list(rows.select_related("stop", "event__trip", "trip").order_by("starts_at"))


def says(proposal: Proposal) -> list[tuple[Any, ...]]:
    """Return what a proposal says of each visit."""
    return [
        (visit.stop.venue_id, visit.trip.vehicle_id, visit.starts_at, visit.ends_at)
        for visit in visits_of(proposal)
    ]


def stands() -> list[tuple[Any, ...]]:
    """Return what the schedule says of each event that stands."""
    rows = Event.objects.standing().select_related("trip").order_by("starts_at")
    return [
        (
            event.venue_id,
            event.trip.vehicle_id if event.trip else None,
            event.starts_at,
            event.ends_at,
        )
        for event in rows
    ]


def test_what_is_published_is_what_was_proposed(scene: Scene, proposal: Proposal) -> None:
    assert publishing.difference(proposal).against == ()
    done = publish(scene, proposal)
    assert stands() == says(proposal)
    assert done.count(What.ADDED) == len(says(proposal))
    for trip in proposal.trips.select_related("trip").prefetch_related("duties"):
        assert trip.trip is not None
        assert (trip.trip.departs_at, trip.trip.returns_at) == (trip.departs_at, trip.returns_at)
        assert trip.trip.state == State.DRAFT
        crew = {(duty.member_id, duty.role == "operator") for duty in trip.trip.duties.all()}
        assert crew == {(duty.member_id, duty.is_operator) for duty in trip.duties.all()}
        pauses = trip.trip.pauses.values_list("kind", "starts_at", "ends_at", "venue")
        wanted = trip.pauses.values_list("kind", "starts_at", "ends_at", "venue")
        assert list(pauses) == list(wanted)


def test_publishing_twice_changes_nothing_more(scene: Scene, proposal: Proposal) -> None:
    publish(scene, proposal)
    before = list(Event.objects.values_list("uid", "revision"))
    again = publish(scene, proposal)
    assert again.is_empty
    assert list(Event.objects.values_list("uid", "revision")) == before


def test_a_visit_that_moved_keeps_its_event(scene: Scene, proposal: Proposal) -> None:
    publish(scene, proposal)
    uids = {event.venue_id: event.uid for event in Event.objects.order_by("-starts_at")}
    visit = visits_of(proposal)[0]
    trip = visit.trip
    shift = timedelta(minutes=10)
    ProposedTrip.objects.filter(pk=trip.pk).update(
        departs_at=trip.departs_at + shift, returns_at=trip.returns_at + shift
    )
    for own in trip.visits.all():
        own.starts_at, own.ends_at = own.starts_at + shift, own.ends_at + shift
        own.save()
    difference = publishing.difference(proposal)
    assert difference.count(What.MOVED) == trip.visits.count()
    assert difference.count(What.ADDED) == 0
    publish(scene, proposal)
    assert stands() == says(proposal)
    assert {event.venue_id: event.uid for event in Event.objects.order_by("-starts_at")} == uids


def test_another_proposal_moves_what_stands_and_calls_off_the_rest(scene: Scene) -> None:
    first = proposal_of(scene)
    publish(scene, first)
    known = set(Event.objects.values_list("uid", flat=True))
    scene.scenario.stops.filter(pk=scene.stops[0].pk).update(is_included=False)
    scene.scenario.stops.filter(pk=scene.stops[1].pk).update(weekday=3, tolerance_days=0)
    second = proposal_of(scene)
    difference = publishing.difference(second)
    assert difference.count(What.ADDED) == 0
    assert difference.count(What.REMOVED) == 2
    assert difference.count(What.MOVED) >= 2
    publish(scene, second)
    assert stands() == says(second)
    assert set(Event.objects.values_list("uid", flat=True)) < known


def test_what_was_public_is_called_off_and_not_removed(scene: Scene, proposal: Proposal) -> None:
    approve(scene.season, scene.cast.owner)
    publish(scene, proposal, as_drafts=False, accept_differences=True)
    assert set(Event.objects.values_list("state", flat=True)) == {State.PUBLISHED}
    assert set(Trip.objects.values_list("state", flat=True)) == {State.PUBLISHED}
    proposal.trips.all().delete()
    difference = publishing.difference(proposal)
    assert difference.count(What.CANCELLED) == Event.objects.count() == len(difference.steps)
    publish(scene, proposal, as_drafts=False, accept_differences=True)
    assert set(Event.objects.values_list("state", flat=True)) == {State.CANCELLED}
    assert set(Trip.objects.values_list("state", flat=True)) == {State.CANCELLED}
    assert not Duty.objects.filter(is_standing=True).exists()


def test_drafts_that_are_dropped_leave_nothing_behind(scene: Scene, proposal: Proposal) -> None:
    publish(scene, proposal)
    proposal.trips.all().delete()
    publish(scene, proposal)
    assert not any(model.objects.exists() for model in (Event, Trip, Duty, TripPause))


def test_a_booked_event_is_not_dropped_silently(scene: Scene, proposal: Proposal) -> None:
    publish(scene, proposal)
    event = Event.objects.order_by("starts_at")[0]
    book(event, scene.cast)
    proposal.trips.all().delete()
    difference = publishing.difference(proposal)
    assert [(one.code, one.event) for one in difference.against] == [("in_use", event)]
    with pytest.raises(PublishingRefused):
        publish(scene, proposal, override_reason="Cần thiết")
    assert Event.objects.standing().filter(pk=event.pk).exists()


def test_a_soft_rule_needs_a_reason_that_is_recorded(scene: Scene, proposal: Proposal) -> None:
    trip = proposal.trips.all()[0]
    Unavailability.objects.create(
        vehicle=trip.vehicle,
        starts_at=trip.departs_at,
        ends_at=trip.returns_at,
        reason="Đăng kiểm",
    )
    difference = publishing.difference(proposal)
    assert difference.needs_reason
    with pytest.raises(PublishingRefused):
        publish(scene, proposal)
    assert not Event.objects.exists()
    publish(scene, proposal, override_reason="Dời được")
    override = RuleOverride.objects.get()
    assert (override.rule, override.reason) == ("vehicle_time_off", "Dời được")
    trip.refresh_from_db()
    assert override.trip_id == trip.trip_id


def test_a_hard_rule_refuses_all_of_it(scene: Scene, proposal: Proposal) -> None:
    CrewMember.objects.update(can_operate=False)
    with pytest.raises(PublishingRefused) as refused:
        publish(scene, proposal, override_reason="Vẫn làm")
    assert refused.value.against
    assert not Trip.objects.exists()


def test_a_vehicle_taken_by_another_trip_is_named(scene: Scene, proposal: Proposal) -> None:
    trip = proposal.trips.all()[0]
    kind = ActivityKind.objects.get(pk="exhibition")
    other = services.schedule_trip(
        actor=scene.cast.owner,
        library=scene.cast.library,
        vehicle=trip.vehicle,
        departs_at=trip.departs_at,
        returns_at=trip.returns_at,
        crew=CrewInput(),
        events=[
            EventInput(
                scene.cast.second_venue,
                trip.departs_at + timedelta(hours=1),
                trip.departs_at + timedelta(hours=2),
                (ActivityInput(kind),),
            )
        ],
        override_reason="Đường mới",
    )
    difference = publishing.difference(proposal)
    assert [one.code for one in difference.against] == ["vehicle_busy"]
    with pytest.raises(PublishingRefused):
        publish(scene, proposal, override_reason="Vẫn làm")
    assert list(Trip.objects.all()) == [other]


def test_who_does_not_plan_publishes_nothing(scene: Scene, proposal: Proposal) -> None:
    for actor in (scene.cast.colleague, scene.cast.stranger, scene.cast.officer, scene.cast.host):
        with pytest.raises(NotAllowed):
            publish(scene, proposal, actor=actor)


def test_a_season_that_waits_for_a_decision_is_left_alone(scene: Scene, proposal: Proposal) -> None:
    SeasonSubmission.objects.create(
        season=scene.season,
        number=1,
        content=[],
        checksum="",
        made_by=scene.cast.owner,
        made_at=clock.now(),
    )
    assert publishing.difference(proposal).waits
    with pytest.raises(Conflict) as refused:
        publish(scene, proposal)
    assert refused.value.kind == "waiting_for_decision"


def test_nothing_is_public_before_it_is_approved(scene: Scene, proposal: Proposal) -> None:
    with pytest.raises(Conflict) as refused:
        publish(scene, proposal, as_drafts=False)
    assert refused.value.kind == "not_approved"
    approve(scene.season, scene.cast.owner, [{"uid": "x", "on": "2027-01-01", "starts": "08:00"}])
    with pytest.raises(Conflict) as refused:
        publish(scene, proposal, as_drafts=False)
    assert refused.value.kind == "not_as_approved"
    publish(scene, proposal, as_drafts=False, accept_differences=True)
    assert Event.objects.filter(state=State.PUBLISHED).count() == len(says(proposal))


def test_what_was_looked_at_is_what_is_done(scene: Scene, proposal: Proposal) -> None:
    digest = publishing.difference(proposal).digest
    publish(scene, proposal, expected_digest=digest)
    with pytest.raises(StaleWrite):
        publish(scene, proposal, expected_digest=digest)
    with pytest.raises(StaleWrite):
        publish(scene, proposal, expected_revision=proposal.revision + 1)


def test_what_others_of_the_schedule_do_is_left_alone(scene: Scene, proposal: Proposal) -> None:
    kind = ActivityKind.objects.get(pk="exhibition")
    alone = services.schedule_event(
        actor=scene.cast.owner,
        library=scene.cast.library,
        event=EventInput(
            scene.stops[0].venue, scene.at(0, 20), scene.at(0, 21), (ActivityInput(kind),)
        ),
    )
    publish(scene, proposal)
    assert Event.objects.get(pk=alone.pk).revision == alone.revision
    assert Event.objects.count() == len(says(proposal)) + 1


def test_days_joined_by_a_night_away_become_one_trip(cast: Cast) -> None:
    scene = make_scene(cast, stops=2, nights=2)
    proposal = proposal_of(scene, plan=Plan(()))
    bed, crew = cast.venue, list(cast.crew)
    places = [(scene.base, bed), (bed, bed), (bed, scene.base)]
    for number, (start, end) in enumerate(places):
        trip = ProposedTrip.objects.create(
            proposal=proposal,
            vehicle=cast.vehicle,
            on=scene.first_on + timedelta(days=number),
            departs_at=scene.at(number, 6 if number == 0 else 8),
            returns_at=scene.at(number, 15),
            start=start,
            end=end,
        )
        trip.pauses.create(
            kind="lunch",
            starts_at=scene.at(number, 12),
            ends_at=scene.at(number, 12, 30),
            venue=scene.stops[number % 2].venue,
        )
        for member, role in crew:
            trip.duties.create(member=member, is_operator=role == "operator")
        trip.visits.create(
            stop=scene.stops[number % 2],
            starts_at=scene.at(number, 11),
            ends_at=scene.at(number, 12),
            occurrence_on=trip.on,
        )
    before = storing.plan_of(proposal)
    publish(scene, proposal, override_reason="Thử")
    made = Trip.objects.get()
    assert (made.departs_at, made.returns_at) == (scene.at(0, 6), scene.at(2, 15))
    nights = made.pauses.filter(kind=TripPause.Kind.NIGHT)
    assert [(one.starts_at, one.ends_at, one.venue) for one in nights] == [
        (scene.at(0, 15), scene.at(1, 8), bed),
        (scene.at(1, 15), scene.at(2, 8), bed),
    ]
    assert made.pauses.filter(kind=TripPause.Kind.LUNCH).count() == 3
    assert publishing.difference(proposal).is_empty
    assert storing.plan_of(proposal) == before


def test_rests_on_the_way_are_published_the_same_in_every_language(
    scene: Scene, proposal: Proposal
) -> None:
    day = proposal.trips.order_by("on")[0]
    quarter = timedelta(minutes=15)
    day.pauses.all().delete()
    day.pauses.create(kind="rest", starts_at=day.departs_at, ends_at=day.departs_at + quarter)
    day.pauses.create(
        kind="rest", starts_at=day.returns_at - quarter, ends_at=day.returns_at, venue=scene.base
    )
    with override("vi"):
        publish(scene, proposal, override_reason="Thử")
    day.refresh_from_db()
    assert day.trip is not None
    on_the_way, at_base = day.trip.pauses.order_by("starts_at")
    assert (on_the_way.kind, on_the_way.venue) == (TripPause.Kind.REST, None)
    assert on_the_way.place
    assert (at_base.kind, at_base.venue, at_base.place) == (TripPause.Kind.REST, scene.base, "")
    for language in ("en", "vi"):
        with override(language):
            assert publishing.difference(proposal).is_empty


def test_a_vehicle_that_is_based_elsewhere_is_named(scene: Scene, proposal: Proposal) -> None:
    vehicle = scene.vehicles[0]
    vehicle.base = scene.cast.venue
    vehicle.save()
    codes = {one.code for one in publishing.difference(proposal).against}
    assert "other_base" in codes


def test_the_number_of_queries_does_not_rise_with_the_visits(cast: Cast) -> None:
    counts = []
    scene = make_scene(cast, stops=3)
    for more in (0, 7):
        if more:
            bigger = make_scene_bigger(scene, more)
            proposal = proposal_of(bigger)
        else:
            proposal = proposal_of(scene)
        with CaptureQueriesContext(connection) as queries:
            publishing.difference(proposal)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def make_scene_bigger(scene: Scene, more: int) -> Scene:
    """Let the scenario have more stops."""
    for number in range(more):
        venue = VenueFactory.create(
            library=scene.cast.library,
            commune=scene.cast.commune,
            lat=19.1 + 0.01 * number,
            lon=105.1,
        )
        ScenarioStop.objects.create(
            scenario=scene.scenario, venue=venue, every_weeks=2, service_min=30, tolerance_days=2
        )
    return scene


def test_visits_of_days_that_are_over_are_not_published(scene: Scene, proposal: Proposal) -> None:
    later = scene.at(7, 12)
    done = publish(scene, proposal, now=later)
    assert done.count(What.PAST) > 0
    assert not Event.objects.filter(starts_at__lt=scene.at(8, 0)).exists()
