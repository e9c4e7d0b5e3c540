"""A plan and its rows are the same thing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from outreach.common import clock
from outreach.planning.models import ProposedDuty, ProposedPause
from outreach.planning.proposals import asking, by_hand, storing
from outreach.routing.plan import UNDERWAY, Break
from outreach.routing.problem import NO_LIMITS
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


def test_the_break_that_is_long_enough_at_midday_is_the_lunch(cast: Cast) -> None:
    scene = make_scene(cast)
    proposal = proposal_of(scene)
    problem = asking.question_of(proposal, now=clock.now())
    plan = greedy(problem)
    lunch = problem.limits.lunch
    assert lunch is not None
    since_s, lasts_s, until_s = lunch.since_s, lunch.lasts_s, lunch.until_s
    spans = [
        (since_s - 1, since_s - 1 + lasts_s),
        (since_s + lasts_s, since_s + 2 * lasts_s - 1),
        (since_s + 2 * lasts_s, since_s + 3 * lasts_s),
        (until_s - lasts_s, until_s),
        (until_s + 60, until_s + 60 + lasts_s),
    ]
    first = replace(plan.routes[0], breaks=tuple(Break(UNDERWAY, *span) for span in spans))
    paused = replace(plan, routes=(first, *plan.routes[1:]))
    storing.store(proposal, problem, paused)
    assert storing.plan_of(proposal) == paused
    row = proposal.trips.order_by("on", "pk")[0]
    kinds = list(row.pauses.values_list("kind", flat=True))
    assert kinds == ["rest", "rest", "lunch", "rest", "rest"]
    storing.store(proposal, replace(problem, limits=NO_LIMITS), paused)
    row = proposal.trips.order_by("on", "pk")[0]
    assert set(row.pauses.values_list("kind", flat=True)) == {"rest"}


def test_a_day_changed_by_hand_gets_its_pauses_anew(cast: Cast) -> None:
    proposal = proposal_of(make_scene(cast))
    row = proposal.trips.order_by("on", "pk")[0]
    old = row.pauses.create(
        kind="rest", starts_at=row.departs_at, ends_at=row.returns_at, venue=row.start
    )
    visit = row.visits.select_related("trip__proposal").order_by("starts_at")[0]
    by_hand.move_visit(
        actor=cast.owner, visit=visit, on=row.on, vehicle=row.vehicle, expected_revision=None
    )
    assert not ProposedPause.objects.filter(pk=old.pk).exists()


def test_a_pause_has_a_known_kind_and_a_length(cast: Cast) -> None:
    row = proposal_of(make_scene(cast, stops=2)).trips.all()[0]
    for kind, ends_at in (("night", row.returns_at), ("rest", row.departs_at)):
        with pytest.raises(IntegrityError), transaction.atomic():
            row.pauses.create(kind=kind, starts_at=row.departs_at, ends_at=ends_at)
