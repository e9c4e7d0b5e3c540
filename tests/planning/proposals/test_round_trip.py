"""Whatever a plan says, its rows say the same, and so does the schedule made from it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.common import clock
from outreach.planning.models import Proposal, ScenarioStop
from outreach.planning.proposals import asking, names, publishing, storing
from outreach.routing.plan import UNDERWAY, Break, LeftOut, Plan, Route, Visit
from outreach.scheduling.models import Trip, TripPause
from tests.cast import Cast
from tests.planning.proposals.approved import approve
from tests.planning.proposals.scene import Scene, greedy, make_scene, proposal_of

EXAMPLES = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return make_scene(cast, stops=6, vehicles=2)


@st.composite
def plans(draw: st.DrawFn, scene: Scene) -> Plan:
    """Draw anything that may be stored: times need not be legal, but must be in order."""
    days = draw(st.lists(st.integers(0, 27), unique=True, max_size=6))
    routes = []
    for day in sorted(days):
        on = scene.first_on + timedelta(days=day)
        for vehicle in scene.vehicles:
            if draw(st.booleans()):
                routes.append(draw(_route(scene, vehicle.pk, on)))
    missed = draw(
        st.lists(
            st.tuples(st.sampled_from(scene.stops), st.integers(0, 27)), unique=True, max_size=4
        )
    )
    left_out = [
        LeftOut(names.stop_name(stop.pk), scene.first_on + timedelta(days=day))
        for stop, day in missed
    ]
    return Plan(tuple(routes), tuple(left_out))


@st.composite
def _route(draw: st.DrawFn, scene: Scene, vehicle: int, on: date) -> Route:
    count = draw(st.integers(1, 4))
    pauses = draw(st.integers(0, 3))
    size = 2 * (count + pauses) + 2
    times = sorted(draw(st.sets(st.integers(0, 100_000), min_size=size, max_size=size)))
    departs_s, *spans, returns_s = times
    rests = spans[2 * count :]
    stops = draw(st.permutations(scene.stops))[:count]
    due = [on + timedelta(days=draw(st.integers(-5, 5))) for _stop in stops]
    visits = tuple(
        Visit(names.stop_name(stop.pk), spans[2 * number], spans[2 * number + 1], due[number])
        for number, stop in enumerate(stops)
    )
    places = [scene.base, scene.cast.venue, *(stop.venue for stop in stops)]
    start, end, *rest_at = (
        names.place_name(draw(st.sampled_from(places)).pk) for _place in range(2 + pauses)
    )
    breaks = tuple(
        Break(draw(st.sampled_from([place, UNDERWAY])), rests[2 * number], rests[2 * number + 1])
        for number, place in enumerate(rest_at)
    )
    shift = names.shift_name(vehicle, on)
    return Route(shift, start, end, departs_s, returns_s, visits, breaks)


@EXAMPLES
@given(data=st.data())
def test_rows_say_what_the_plan_says(scene: Scene, data: st.DataObject) -> None:
    plan = data.draw(plans(scene))
    proposal = empty_proposal(scene)
    storing.store(proposal, asking.question_of(proposal, now=clock.now()), plan)
    assert storing.plan_of(proposal) == plan


def empty_proposal(scene: Scene) -> Proposal:
    return proposal_of(scene, plan=Plan(()))


@settings(EXAMPLES, max_examples=8)
@given(data=st.data())
def test_the_schedule_says_what_the_proposal_says(scene: Scene, data: st.DataObject) -> None:
    """Scenarios are changed at random; each new proposal replaces what the one before left."""
    is_public = data.draw(st.booleans())
    with transaction.atomic():
        if is_public:
            approve(scene.season, scene.cast.owner)
        for _number in range(data.draw(st.integers(1, 3))):
            change(scene, data)
            proposal = proposal_of(scene)
            publishing.publish(
                actor=scene.cast.owner,
                proposal=proposal,
                as_drafts=not is_public,
                accept_differences=True,
            )
            assert from_schedule(scene) == from_plan(storing.plan_of(proposal))
            assert publishing.difference(proposal, as_drafts=not is_public).is_empty
        transaction.set_rollback(True)


def change(scene: Scene, data: st.DataObject) -> None:
    """Let the stops of a scenario be visited otherwise, or not at all."""
    for stop in scene.stops:
        ScenarioStop.objects.filter(pk=stop.pk).update(
            every_weeks=data.draw(st.sampled_from([1, 2, 4])),
            tolerance_days=data.draw(st.integers(0, 2)),
            weekday=data.draw(st.sampled_from([None, 0, 2, 4])),
            is_included=data.draw(st.booleans()),
        )


Said = tuple[str, int, int, tuple[tuple[str, int, int], ...], tuple[tuple[str, int, int], ...]]


def from_plan(plan: Plan) -> list[Said]:
    """Return what each day of a plan says, without what a schedule does not know."""
    return sorted(
        (
            route.shift,
            route.departs_s,
            route.returns_s,
            tuple((visit.stop, visit.starts_s, visit.ends_s) for visit in route.visits),
            tuple((one.place, one.starts_s, one.ends_s) for one in route.breaks),
        )
        for route in plan.routes
    )


def from_schedule(scene: Scene) -> list[Said]:
    """Return what each trip of the schedule says, in the planner's words."""
    return sorted(_trips(scene))


def _trips(scene: Scene) -> Iterator[Said]:
    zone = scene.cast.library.zone
    stops = {stop.venue_id: names.stop_name(stop.pk) for stop in scene.stops}
    for trip in Trip.objects.standing():
        on = clock.local(trip.departs_at, zone).date()

        def seconds(moment: object, on: date = on) -> int:
            return names.seconds_of(moment, on, zone)  # type: ignore[arg-type]

        events = trip.events.standing().order_by("starts_at")
        pauses = trip.pauses.exclude(kind=TripPause.Kind.NIGHT)
        yield (
            names.shift_name(trip.vehicle_id, on),
            seconds(trip.departs_at),
            seconds(trip.returns_at),
            tuple((stops[e.venue_id], seconds(e.starts_at), seconds(e.ends_at)) for e in events),
            tuple(
                (
                    names.place_name(one.venue_id) if one.venue_id else UNDERWAY,
                    seconds(one.starts_at),
                    seconds(one.ends_at),
                )
                for one in pauses
            ),
        )


def test_the_quick_planner_of_these_tests_makes_plans(scene: Scene) -> None:
    problem = asking.question_of(empty_proposal(scene), now=clock.now())
    assert len(list(greedy(problem).visits())) == 12
