"""A plan and its rows are the same thing."""

from __future__ import annotations

from outreach.common import clock
from outreach.planning.models import ProposedDuty
from outreach.planning.proposals import asking, storing
from outreach.routing.validator import violations
from tests.cast import Cast
from tests.planning.proposals.scene import greedy, make_scene, proposal_of


def test_a_plan_that_was_stored_reads_back_as_it_was(cast: Cast) -> None:
    scene = make_scene(cast)
    proposal = proposal_of(scene)
    problem = asking.question_of(proposal, now=clock.now())
    plan = greedy(problem)
    assert sum(len(route.visits) for route in plan.routes) > 8
    assert violations(problem, plan) == []
    storing.store(proposal, problem, plan)
    assert storing.plan_of(proposal) == plan


def test_each_trip_has_one_who_drives_and_two_who_serve(cast: Cast) -> None:
    proposal = proposal_of(make_scene(cast))
    for trip in proposal.trips.all():
        roles = ProposedDuty.objects.filter(trip=trip).values_list("is_operator", flat=True)
        assert sorted(roles) == [False, False, True]
