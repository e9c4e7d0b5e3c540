"""Two plans side by side: what was added, moved, given to another vehicle, dropped."""

from __future__ import annotations

from datetime import timedelta

import pytest

from outreach.common import clock
from outreach.planning.models import Proposal, ProposedVisit
from outreach.planning.proposals import asking, comparing, figures, publishing
from outreach.planning.proposals.comparing import What
from tests.cast import Cast
from tests.planning.proposals.scene import Scene, make_scene, proposal_of


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return make_scene(cast, stops=4, vehicles=2)


def visits_of(proposal: Proposal) -> list[ProposedVisit]:
    rows = ProposedVisit.objects.filter(trip__proposal=proposal)
    return list(rows.select_related("trip", "stop").order_by("starts_at"))


def test_a_plan_is_the_same_as_itself(scene: Scene) -> None:
    one, other = proposal_of(scene), proposal_of(scene)
    found = comparing.compare(one, other)
    assert found.differences == ()
    assert found.same == len(visits_of(one)) == 8


def test_each_difference_is_told_for_what_it_is(scene: Scene) -> None:
    one, other = proposal_of(scene), proposal_of(scene)
    moved, retimed, given, dropped, *_rest = visits_of(other)
    moved.starts_at += timedelta(days=1)
    moved.ends_at += timedelta(days=1)
    moved.save()
    retimed.starts_at += timedelta(minutes=31)
    retimed.ends_at += timedelta(minutes=31)
    retimed.save()
    given.trip = other.trips.create(
        vehicle=scene.vehicles[1],
        on=given.trip.on,
        departs_at=given.trip.departs_at,
        returns_at=given.trip.returns_at,
        start=scene.base,
        end=scene.base,
    )
    given.save()
    dropped.delete()
    found = comparing.compare(one, other)
    assert found.counts == {
        What.MOVED: 1,
        What.OTHER_TIME: 1,
        What.OTHER_VEHICLE: 1,
        What.DROPPED: 1,
    }
    assert comparing.compare(other, one).counts[What.ADDED] == 1
    told = {one.what: one.seen.venue for one in found.differences}
    assert told[What.OTHER_VEHICLE] == given.stop.venue_id


def test_half_an_hour_within_a_day_is_no_difference(scene: Scene) -> None:
    one, other = proposal_of(scene), proposal_of(scene)
    visit = visits_of(other)[0]
    visit.starts_at += timedelta(minutes=30)
    visit.ends_at += timedelta(minutes=30)
    visit.save()
    assert comparing.compare(one, other).differences == ()


def test_a_proposal_that_was_published_is_the_season(scene: Scene) -> None:
    proposal = proposal_of(scene)
    assert comparing.compare_with_season(proposal).counts == {What.ADDED: 8}
    publishing.publish(actor=scene.cast.owner, proposal=proposal)
    assert comparing.compare_with_season(proposal).differences == ()
    now = clock.now()
    problem = asking.question_of(proposal, now=now)
    season = figures.figures_of_season(scene.scenario, problem, now=now)
    own = figures.figures_of(proposal)
    told = ("km", "driving_min", "duty_min", "days_out", "visits", "crew", "money", "nights")
    assert {name: season[name] for name in told} == {name: own[name] for name in told}


def test_figures_say_what_a_plan_costs(scene: Scene) -> None:
    proposal = proposal_of(scene)
    found = figures.figures_of(proposal)
    trips = list(proposal.trips.all())
    duty = sum((trip.returns_at - trip.departs_at for trip in trips), timedelta())
    assert found["duty_min"] == duty / timedelta(minutes=1)
    assert found["km"] == round(sum(trip.metres for trip in trips) / 1000, 1)
    assert (found["visits"], found["promised"], found["kept"]) == (8, 8, 1.0)
    assert sum(one["days"] for one in found["crew"]) == 3 * len(trips)
    (commune,) = found["by_commune"]
    assert (commune["name"], commune["promised"], commune["placed"]) == (
        scene.cast.commune.full_name,
        8,
        8,
    )
    money = found["money"]
    assert money["days"] == len(trips) * scene.scenario.day_cost
    assert money["total"] == sum(money[name] for name in ("km", "hours", "days", "nights"))
    assert proposal.figures["cost"] is not None
