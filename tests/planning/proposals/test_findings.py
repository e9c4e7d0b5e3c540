"""What a proposal breaks is said by the rules of scheduling and the planner's judge, each once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from outreach.common import clock
from outreach.planning.models import Proposal, ProposedVisit, ScenarioPin
from outreach.planning.proposals import by_hand
from outreach.planning.proposals.findings import findings_of
from outreach.scheduling import services
from outreach.scheduling.models import ActivityKind
from outreach.scheduling.services import ActivityInput, CrewInput, EventInput
from tests.cast import Cast
from tests.factories import ClosedDatesFactory
from tests.planning.proposals.scene import Scene, make_scene, proposal_of


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return make_scene(cast, stops=5)


@pytest.fixture
def proposal(scene: Scene) -> Proposal:
    return proposal_of(scene)


def first_visit(proposal: Proposal) -> ProposedVisit:
    rows = ProposedVisit.objects.filter(trip__proposal=proposal)
    return rows.select_related("trip__proposal", "stop__venue").order_by("starts_at")[0]


def test_nothing_stands_against_what_the_planner_made(proposal: Proposal) -> None:
    assert findings_of(proposal).every == ()


def test_a_closed_venue_is_said_once_and_of_its_visit(proposal: Proposal) -> None:
    visit = first_visit(proposal)
    ClosedDatesFactory.create(
        venue=visit.stop.venue,
        starts_on=visit.trip.on,
        ends_on=visit.trip.on + timedelta(days=1),
        reason="Hội làng",
    )
    found = findings_of(proposal)
    assert [(one.code, one.visit, one.is_soft) for one in found.every] == [
        ("venue_closed", visit.pk, True)
    ]
    assert found.of_trip(visit.trip_id) == found.of_visit(visit.pk) == list(found.every)


def test_a_vehicle_that_another_trip_takes_is_said_of_the_day(
    scene: Scene, proposal: Proposal
) -> None:
    trip = first_visit(proposal).trip
    kind = ActivityKind.objects.get(pk="exhibition")
    services.schedule_trip(
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
    found = findings_of(proposal)
    busy = [one for one in found.every if one.code == "vehicle_busy"]
    assert [(one.trip, one.is_hard) for one in busy] == [(trip.pk, True)]


def test_a_pin_that_is_not_kept_is_said(scene: Scene, proposal: Proposal) -> None:
    visit = first_visit(proposal)
    ScenarioPin.objects.create(
        scenario=scene.scenario, venue=visit.stop.venue, on=visit.trip.on + timedelta(days=1)
    )
    codes = Counter(one.code for one in findings_of(proposal).every)
    assert codes["pin_missing"] == 1


def test_two_visits_at_once_cannot_be_helped_by_a_reason(scene: Scene, proposal: Proposal) -> None:
    rows = ProposedVisit.objects.filter(trip__proposal=proposal).select_related("trip__proposal")
    one, other = rows.filter(trip=first_visit(proposal).trip).order_by("starts_at")[:2]
    by_hand.pin_visit(actor=scene.cast.owner, visit=one, expected_revision=None)
    found = by_hand.move_visit(
        actor=scene.cast.owner,
        visit=other,
        on=one.trip.on,
        vehicle=scene.vehicles[0],
        starts_at=one.starts_at,
        expected_revision=None,
    )
    assert {"events_of_trip_clash"} == {said.code for said in found.every if said.is_hard}


def test_the_number_of_queries_does_not_rise_with_the_visits(cast: Cast) -> None:
    scene, counts = make_scene(cast, stops=4), []
    for weeks in (4, 1):
        scene.scenario.stops.update(every_weeks=weeks)
        proposal = proposal_of(scene)
        now = clock.now()
        with CaptureQueriesContext(connection) as queries:
            findings_of(proposal, now=now)
        counts.append((len(queries), proposal.figures["visits"]))
    assert [visits for _number, visits in counts] == [4, 16]
    assert counts[0][0] == counts[1][0]
