"""A season of the cast's library in March 2027, with what a scenario of it is made from."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from outreach.common import clock
from outreach.fleet.models import CrewMember
from outreach.places.models import Venue
from outreach.planning.models import Proposal, Scenario, ScenarioStop, Season
from outreach.planning.scenarios import problem as problems
from outreach.planning.scenarios import services
from outreach.planning.scenarios.problem import Question
from outreach.planning.services import make_season
from outreach.routing.placing import place
from outreach.routing.plan import LeftOut, Plan
from outreach.routing.problem import Problem, Stop
from tests.cast import Cast
from tests.factories import CommuneFactory, VenueFactory
from tests.planning.promises import promise
from tests.scheduling.desk import MONDAY

WEEKS = 4
NOW = clock.start_of(MONDAY - timedelta(days=30))
AS_SET = Proposal.Aim.BY_HAND


def day(number: int) -> date:
    """Return a day by its number, the first Monday being 0."""
    return MONDAY + timedelta(days=number)


def season(cast: Cast, **changes: Any) -> Season:
    """Store a season of four weeks from the Monday on."""
    wanted: dict[str, Any] = {
        "actor": cast.owner,
        "library": cast.library,
        "name": "Mùa xuân",
        "starts_on": MONDAY,
        "ends_on": day(7 * WEEKS),
    }
    return make_season(**wanted | changes)


def scenario(cast: Cast, **changes: Any) -> Scenario:
    """Store a scenario of a season, with a promise to the first venue and a vehicle with a base."""
    if cast.vehicle.base_id is None:
        cast.vehicle.base = base(cast)
        cast.vehicle.save()
    promise(cast, starts_on=date(2026, 9, 1))
    wanted: dict[str, Any] = {"actor": cast.owner, "now": NOW}
    return services.make_scenario(**wanted | {"season": season(cast)} | changes)


def base(cast: Cast) -> Venue:
    """Store the place that vehicles set out from."""
    return VenueFactory.create(
        library=cast.library, commune=cast.commune, name="Thư viện", lat=19.2, lon=104.9
    )


def venues(cast: Cast, count: int) -> list[Venue]:
    """Store venues some kilometres apart."""
    commune = CommuneFactory.create()
    return [
        VenueFactory.create(
            library=cast.library,
            commune=commune,
            lat=19.2 + 0.02 * (number % 9),
            lon=104.9 + 0.015 * (number // 9),
        )
        for number in range(count)
    ]


def question(made: Scenario, aim: str = AS_SET, **changes: Any) -> Question:
    """Return what a scenario comes to."""
    fresh = Scenario.objects.select_related("season__library").get(pk=made.pk)
    return problems.question_of(fresh, aim, **{"now": NOW} | changes)


def problem(made: Scenario, aim: str = AS_SET, **changes: Any) -> Problem:
    """Return a scenario as the planner's question."""
    return question(made, aim, **changes).problem


def row(made: Scenario, venue: Venue) -> ScenarioStop:
    """Return the stop of a venue."""
    return ScenarioStop.objects.get(scenario=made, venue=venue)


def stop_at(made: Scenario, venue: Venue, **changes: Any) -> Stop:
    """Return the stop of a venue as the planner sees it."""
    return problem(made, **changes).stop[str(row(made, venue).pk)]


def greedy(found: Problem) -> Plan:
    """Return a plan that makes each visit where it fits, on days spread over the week."""
    left = []
    for number, stop in enumerate(found.stops):
        patterns = stop.rhythm.patterns(found.first_on, found.days)
        left += [LeftOut(stop.name, on) for on in patterns[number * 3 % 5 % len(patterns)]]
    plan = Plan((), tuple(left))
    for one in left:
        plan = place(found, plan, one) or plan
    return plan


def crew_of(made: Scenario) -> list[CrewMember]:
    """Return who may go out."""
    return list(CrewMember.objects.filter(pk__in=made.members.values("member")).order_by("pk"))
