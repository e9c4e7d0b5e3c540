"""A small season to be planned, and a planner that is quick rather than good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from outreach.common import clock
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue
from outreach.planning.models import (
    Proposal,
    Scenario,
    ScenarioMember,
    ScenarioStop,
    ScenarioVehicle,
    Season,
)
from outreach.planning.proposals import asking, figures, storing
from outreach.routing.costs import cost_of
from outreach.routing.effort import Ask, Cancelled, Effort, Progress
from outreach.routing.placing import Roster, days_near, placed, placed_pattern, with_occurrences
from outreach.routing.plan import LeftOut, Plan
from outreach.routing.problem import Problem, Stop
from tests.cast import Cast
from tests.factories import CrewMemberFactory, VehicleFactory, VenueFactory

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Scene:
    """A season of a library with a scenario."""

    cast: Cast
    season: Season
    scenario: Scenario
    base: Venue
    vehicles: tuple[Vehicle, ...]
    stops: tuple[ScenarioStop, ...]

    @property
    def first_on(self) -> date:
        """The season's first day, a Monday some weeks from now."""
        return self.season.starts_on

    def at(self, day: int, hour: int, minute: int = 0) -> datetime:
        """Return an instant of the season, on its day of this number from 0."""
        moment = datetime.combine(self.first_on + timedelta(days=day), datetime.min.time())
        return moment.replace(hour=hour, minute=minute, tzinfo=self.cast.library.zone)


def make_scene(
    cast: Cast, *, stops: int = 8, weeks: int = 4, vehicles: int = 1, nights: int = 0
) -> Scene:
    """Store a season with so many stops round a base, each to be visited every two weeks."""
    library = cast.library
    monday = clock.today() + timedelta(days=21 - clock.today().weekday())
    season = Season.objects.create(
        library=library, name="Mùa", starts_on=monday, ends_on=monday + weeks * WEEK
    )
    base = VenueFactory.create(library=library, commune=cast.commune, lat=19.0, lon=105.0)
    fleet = [cast.vehicle, *VehicleFactory.create_batch(vehicles - 1, library=library)]
    scenario = Scenario.objects.create(
        season=season,
        name="Mùa",
        made_by=cast.owner,
        made_at=clock.now(),
        changed_at=clock.now(),
    )
    for vehicle in fleet:
        vehicle.base = base
        vehicle.save()
        row = ScenarioVehicle.objects.create(
            scenario=scenario, vehicle=vehicle, base=base, nights=nights
        )
        if nights:
            row.sleeps_at.add(cast.venue)
    people = [
        *cast.crew.members,
        *CrewMemberFactory.create_batch(3 * vehicles - 3, library=library),
    ]
    for member in people:
        ScenarioMember.objects.create(scenario=scenario, member=member)
    rows = []
    for number in range(stops):
        venue = VenueFactory.create(
            library=library,
            commune=cast.commune,
            lat=19.0 + 0.03 * (number % 5 + 1),
            lon=105.0 + 0.03 * (number // 5),
        )
        rows.append(
            ScenarioStop.objects.create(
                scenario=scenario, venue=venue, every_weeks=2, service_min=45, tolerance_days=2
            )
        )
    return Scene(cast, season, scenario, base, tuple(fleet), tuple(rows))


def greedy(
    problem: Problem,
    effort: Effort | None = None,
    *,
    start: Plan | None = None,
    watch: Callable[[Progress], Ask] | None = None,
) -> Plan:
    """Return a legal plan: every stop on the first of its patterns that fits, else in part."""
    roster = Roster(problem, Plan(()))
    for pin in sorted(problem.pins, key=lambda one: (one.on, one.starts_s or 0)):
        done = placed(roster, problem.stop[pin.stop], pin.on, [pin.on])
        roster = done or roster
    left_out: list[LeftOut] = []
    for number, stop in enumerate(problem.stops):
        roster, missing = _with_stop(roster, stop)
        left_out += missing
        told = Progress(
            seconds=float(number),
            share=number / len(problem.stops),
            cost=1.0,
            metres=1.0,
            duty_s=1.0,
            placed=number,
            promised=len(problem.stops),
        )
        ask = watch(told) if watch is not None else Ask.GO_ON
        if ask == Ask.CANCEL:
            raise Cancelled
    return replace(roster.plan, left_out=tuple(left_out))


def _with_stop(roster: Roster, stop: Stop) -> tuple[Roster, list[LeftOut]]:
    problem = roster.problem
    patterns = stop.rhythm.patterns(problem.first_on, problem.days)
    for pattern in patterns:
        done = placed_pattern(roster, stop, pattern)
        if done is not None:
            return done, []
    pinned = sorted(roster.visited.get(stop.name, ()))
    pattern = patterns[0] if patterns else ()
    near = {on: min(pattern, key=lambda day: abs((day - on).days)) for on in pinned}
    if near:
        roster = with_occurrences(roster, stop.name, near)
    missing = []
    for on in sorted(set(pattern) - set(near.values())):
        tried = placed(roster, stop, on, days_near(problem, stop, on))
        if tried is None:
            missing.append(LeftOut(stop.name, on))
        else:
            roster = tried
    return roster, missing


def proposal_of(
    scene: Scene, aim: str = Proposal.Aim.SHORTEST, plan: Plan | None = None
) -> Proposal:
    """Store a proposal that is ready: the quick planner's, or this plan."""
    now = clock.now()
    proposal = Proposal.objects.create(
        scenario=scene.scenario,
        aim=aim,
        state=Proposal.State.DONE,
        made_by=scene.cast.owner,
        made_at=now,
        beat_at=now,
    )
    problem = asking.question_of(proposal, now=now)
    made = plan if plan is not None else greedy(problem)
    storing.store(proposal, problem, made)
    proposal.figures = figures.figures_of(proposal, cost_of(problem, made))
    proposal.save()
    return proposal
