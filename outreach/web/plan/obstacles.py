"""What a scenario comes to before it is planned, and what in it cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from outreach.common import clock
from outreach.common.errors import Conflict
from outreach.planning.models import Proposal, Scenario
from outreach.planning.scenarios.impossible import Obstacle, impossible_in
from outreach.planning.scenarios.problem import question_of
from outreach.routing.feasibility import Cannot
from outreach.routing.problem import BadProblem, Problem

FEWEST_IN_A_GROUP = 4


@dataclass(frozen=True, slots=True)
class ShownObstacle:
    """An obstacle as the page shows it, with the address of the row it is about."""

    message: str
    is_whole: bool
    is_note: bool
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """Obstacles of one kind; one alone stands for itself.

    Attributes:
        title: what they have in common; empty for a single one.
        hint: what helps, with the address where it is done.
    """

    obstacles: Sequence[ShownObstacle]
    title: str = ""
    hint: str = ""
    hint_url: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether no plan is possible with one of them."""
        return any(one.is_whole for one in self.obstacles)


@dataclass(frozen=True, slots=True)
class Outlook:
    """A scenario in figures, and what is impossible in it.

    Attributes:
        trouble: why it is no question for the planner at all; empty if it is one.
        promised: visits that are to be made.
        shift_hours: of all vehicle-days together.
    """

    groups: Sequence[Group] = ()
    notes: Sequence[ShownObstacle] = ()
    trouble: str = ""
    promised: int | None = None
    service_hours: int | None = None
    vehicle_days: int | None = None
    shift_hours: int | None = None

    @property
    def is_impossible(self) -> bool:
        """Whether no plan is possible."""
        return any(one.is_whole for one in self.groups)

    @property
    def number(self) -> int:
        """How many obstacles there are."""
        return sum(len(one.obstacles) for one in self.groups)


def outlook_of(scenario: Scenario) -> Outlook:
    """Return what a scenario comes to; a fixed number of queries."""
    try:
        question = question_of(scenario, Proposal.Aim.SHORTEST, now=clock.now(), running=False)
    except Conflict as refusal:
        return Outlook(trouble=refusal.message)
    except BadProblem:
        return Outlook(trouble=_("The scenario contradicts itself."))
    problem = question.problem
    found = impossible_in(scenario, problem, question)
    visits = _promised(problem)
    return Outlook(
        groups=_grouped(scenario, [one for one in found if not one.is_note]),
        notes=[_shown(scenario, one) for one in found if one.is_note],
        promised=sum(visits.values()),
        service_hours=round(
            sum(stop.service_s * visits[stop.name] for stop in problem.stops) / 3600
        ),
        vehicle_days=len(problem.shifts),
        shift_hours=round(
            sum(
                min(shift.ends_s - shift.starts_s, shift.longest_s or shift.ends_s)
                for shift in problem.shifts
            )
            / 3600
        ),
    )


def _promised(problem: Problem) -> dict[str, int]:
    """Return how many visits each stop is promised at the least."""
    return {
        stop.name: min(
            (len(one) for one in stop.rhythm.patterns(problem.first_on, problem.days)), default=0
        )
        for stop in problem.stops
    }


def _grouped(scenario: Scenario, obstacles: Sequence[Obstacle]) -> list[Group]:
    """Return obstacles, those that are alike as one: sixty sentences are read by nobody."""
    alike: dict[tuple[str, str], list[Obstacle]] = {}
    for one in obstacles:
        alike.setdefault((one.code, str(one.facts.get("why") or "")), []).append(one)
    return [_group(scenario, code, why, several) for (code, why), several in alike.items()]


def _group(scenario: Scenario, code: str, why: str, several: Sequence[Obstacle]) -> Group:
    shown = [_shown(scenario, one) for one in several]
    if len(several) < FEWEST_IN_A_GROUP or code != Cannot.NO_DAY:
        return Group(shown)
    visits = sum(int(one.facts.get("visits") or 0) for one in several)
    title = _(
        "%(venues)s venues have no day for %(visits)s of their visits, mostly because %(why)s."
    ) % {"venues": len(several), "visits": visits, "why": why}
    hint = _(
        "If they are far away: let a vehicle sleep on the way, leave earlier or set out from"
        " nearer. If their hours are short: change those of the stop."
    )
    return Group(shown, title, hint, reverse("scenario_fleet", args=[scenario.uid]))


def _shown(scenario: Scenario, one: Obstacle) -> ShownObstacle:
    return ShownObstacle(one.message, one.is_whole, one.is_note, _url(scenario, one))


def _url(scenario: Scenario, one: Obstacle) -> str:
    if one.stop is not None:
        return reverse("scenario_stop", args=[scenario.uid, one.stop.pk])
    if one.vehicle is not None:
        return reverse("scenario_vehicle", args=[scenario.uid, one.vehicle.pk])
    if one.pin is not None:
        return f"{reverse('scenario_pins', args=[scenario.uid])}#pin-{one.pin.pk}"
    if len(one.stops) == 1:
        return reverse("scenario_stop", args=[scenario.uid, one.stops[0].pk])
    if one.stops:
        query = urlencode({"text": one.stops[0].venue.name})
        return f"{reverse('scenario_stops', args=[scenario.uid])}?{query}"
    return ""
