"""What somebody changes by hand is timed exactly and says what it breaks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from outreach.common import clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed, NotFound, StaleWrite
from outreach.planning.models import LeftOutVisit, Proposal, ProposedTrip, ProposedVisit
from outreach.planning.proposals import asking, by_hand, storing
from outreach.planning.proposals.findings import findings_of
from outreach.routing.validator import Code, violations
from tests.cast import Cast
from tests.factories import VehicleFactory
from tests.planning.proposals.scene import Scene, make_scene, proposal_of


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return make_scene(cast, stops=6)


@pytest.fixture
def proposal(scene: Scene) -> Proposal:
    return proposal_of(scene)


def first_visit(proposal: Proposal) -> ProposedVisit:
    rows = ProposedVisit.objects.filter(trip__proposal=proposal)
    return rows.select_related("trip__proposal", "stop").order_by("starts_at")[0]


def broken(proposal: Proposal) -> set[str]:
    """Return what the judge says of a proposal as it is stored."""
    problem = asking.question_of(proposal, now=clock.now())
    return {str(one.code) for one in violations(problem, storing.plan_of(proposal))}


def test_a_visit_goes_to_another_day_and_both_days_are_legal(
    scene: Scene, proposal: Proposal
) -> None:
    visit = first_visit(proposal)
    on = visit.trip.on + timedelta(days=1)
    found = by_hand.move_visit(
        actor=scene.cast.owner,
        visit=visit,
        on=on,
        vehicle=scene.vehicles[0],
        expected_revision=proposal.revision,
    )
    moved = ProposedVisit.objects.select_related("trip").get(pk=visit.pk)
    assert moved.trip.on == on == clock.local(moved.starts_at, scene.cast.library.zone).date()
    assert moved.is_by_hand
    assert found.is_empty
    assert broken(proposal) == set()
    assert Proposal.objects.get(pk=proposal.pk).revision == proposal.revision + 1


def test_a_time_that_was_asked_for_is_kept(scene: Scene, proposal: Proposal) -> None:
    visit = first_visit(proposal)
    wanted = scene.at(1, 14, 30)
    by_hand.move_visit(
        actor=scene.cast.owner,
        visit=visit,
        on=scene.first_on + timedelta(days=1),
        vehicle=scene.vehicles[0],
        starts_at=wanted,
        expected_revision=None,
    )
    assert ProposedVisit.objects.get(pk=visit.pk).starts_at == wanted
    assert broken(proposal) == set()


def test_what_breaks_a_rule_is_stored_and_told(scene: Scene, proposal: Proposal) -> None:
    visit = first_visit(proposal)
    sunday = scene.first_on + timedelta(days=6)
    found = by_hand.move_visit(
        actor=scene.cast.owner,
        visit=visit,
        on=sunday,
        vehicle=scene.vehicles[0],
        starts_at=scene.at(6, 20),
        expected_revision=None,
    )
    codes = {one.code for one in found.every}
    assert {"crew_too_small", str(Code.BESIDE_RHYTHM)} <= codes
    assert ProposedVisit.objects.get(pk=visit.pk).starts_at == scene.at(6, 20)
    assert {one.code for one in findings_of(proposal).every} >= codes


def test_a_visit_taken_out_can_be_put_in_again(scene: Scene, proposal: Proposal) -> None:
    visit = first_visit(proposal)
    on, stop, due = visit.trip.on, visit.stop_id, visit.occurrence_on
    by_hand.take_out(actor=scene.cast.owner, visit=visit, expected_revision=None)
    left_out = LeftOutVisit.objects.get()
    assert (left_out.stop_id, left_out.occurrence_on) == (stop, due)
    assert not ProposedVisit.objects.filter(pk=visit.pk).exists()
    figures = Proposal.objects.get(pk=proposal.pk).figures
    assert (figures["left_out"], figures["promised"]) == (1, proposal.figures["promised"])
    found = by_hand.put_in(
        actor=scene.cast.owner,
        left_out=left_out,
        on=on,
        vehicle=scene.vehicles[0],
        expected_revision=None,
    )
    assert found.is_empty
    assert not LeftOutVisit.objects.exists()
    assert broken(proposal) == set()
    with pytest.raises(NotFound):
        by_hand.put_in(
            actor=scene.cast.owner,
            left_out=left_out,
            on=on,
            vehicle=scene.vehicles[0],
            expected_revision=None,
        )


def test_a_day_that_everybody_left_is_gone(scene: Scene, proposal: Proposal) -> None:
    trip = proposal.trips.order_by("on")[0]
    for visit in list(trip.visits.select_related("trip__proposal")):
        by_hand.take_out(actor=scene.cast.owner, visit=visit, expected_revision=None)
    assert not ProposedTrip.objects.filter(pk=trip.pk).exists()


def test_a_pinned_visit_keeps_its_minute_when_another_joins(
    scene: Scene, proposal: Proposal
) -> None:
    visit = first_visit(proposal)
    by_hand.pin_visit(actor=scene.cast.owner, visit=visit, expected_revision=None)
    rows = ProposedVisit.objects.filter(trip__proposal=proposal).select_related("trip__proposal")
    other = rows.exclude(trip=visit.trip).exclude(stop=visit.stop).order_by("starts_at")[0]
    by_hand.move_visit(
        actor=scene.cast.owner,
        visit=other,
        on=visit.trip.on,
        vehicle=scene.vehicles[0],
        expected_revision=None,
    )
    stored = ProposedVisit.objects.get(pk=visit.pk)
    assert (stored.starts_at, stored.is_pinned) == (visit.starts_at, True)
    by_hand.unpin_visit(actor=scene.cast.owner, visit=visit, expected_revision=None)
    assert not ProposedVisit.objects.get(pk=visit.pk).is_pinned


def test_who_looked_at_an_older_state_changes_nothing(scene: Scene, proposal: Proposal) -> None:
    visit = first_visit(proposal)
    by_hand.pin_visit(actor=scene.cast.owner, visit=visit, expected_revision=proposal.revision)
    with pytest.raises(StaleWrite):
        by_hand.take_out(actor=scene.cast.owner, visit=visit, expected_revision=1)
    assert ProposedVisit.objects.filter(pk=visit.pk).exists()


def test_only_who_plans_changes_a_proposal(scene: Scene, proposal: Proposal) -> None:
    visit = first_visit(proposal)
    cast = scene.cast
    for actor in (cast.colleague, cast.stranger, cast.officer, cast.host):
        with pytest.raises(NotAllowed):
            by_hand.take_out(actor=actor, visit=visit, expected_revision=None)


def test_a_day_or_vehicle_of_another_plan_is_refused(scene: Scene, proposal: Proposal) -> None:
    visit = first_visit(proposal)
    foreign = VehicleFactory.create(library=scene.cast.library)
    for on, vehicle in (
        (scene.season.ends_on, scene.vehicles[0]),
        (scene.first_on - timedelta(days=1), scene.vehicles[0]),
        (scene.first_on, foreign),
    ):
        with pytest.raises(InvalidInput):
            by_hand.move_visit(
                actor=scene.cast.owner,
                visit=visit,
                on=on,
                vehicle=vehicle,
                expected_revision=None,
            )


def test_a_proposal_that_is_being_worked_out_is_left_alone(
    scene: Scene, proposal: Proposal
) -> None:
    visit = first_visit(proposal)
    Proposal.objects.update(state=Proposal.State.SOLVING)
    with pytest.raises(Conflict):
        by_hand.take_out(actor=scene.cast.owner, visit=visit, expected_revision=None)
