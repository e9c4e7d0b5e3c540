"""What a proposal costs and keeps: kilometres, hours, people, promises and money.

The figures are reckoned from rows, so that a change by hand shows at once; those of the running
season are reckoned in the same way from its trips, over the same ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from math import isfinite
from typing import Any

from django.db.models import Prefetch

from outreach.common import clock
from outreach.fleet.models import CrewMember
from outreach.planning.models import (
    LeftOutVisit,
    Proposal,
    ProposedDuty,
    ProposedVisit,
    Scenario,
)
from outreach.planning.proposals import names, standing
from outreach.routing.costs import Costs
from outreach.routing.problem import Problem
from outreach.scheduling.models import Trip, TripPause

Figures = dict[str, Any]
"""Plain values, as :attr:`Proposal.figures` keeps them:

``km`` (of one decimal), ``driving_min``, ``duty_min``, ``days_out``, ``nights``, ``visits``,
``promised``, ``left_out``, ``kept`` (0 to 1), ``stops``, ``stops_served``, ``communes``,
``communes_served``; ``crew``: key, name, days, duty_min, driving_min of each person, by name;
``crew_least_min``, ``crew_most_min``; ``vehicles``: key, name, days, km, duty_min;
``by_commune``: code, name, promised, placed; ``money``: km, hours, days, nights, total;
``cost``: what the search made small, ``changed``: visits of the running plan that are otherwise,
both ``None`` where nobody worked them out.
"""


@dataclass(frozen=True, slots=True)
class DayOut:
    """What a vehicle does on a day, whoever planned it.

    Attributes:
        crew: keys of those who go.
        communes: of its visits, in order; ``None`` where it is not known.
        venues: of its visits, in order.
        sleeps: whether it stays away overnight.
    """

    vehicle: int
    vehicle_name: str
    on: date
    duty_min: int
    driving_min: int
    metres: float
    crew: tuple[CrewMember, ...]
    venues: tuple[int, ...]
    communes: tuple[tuple[str, str] | None, ...]
    sleeps: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """A visit that was promised and is not made."""

    venue: int
    commune: tuple[str, str] | None


@dataclass(slots=True)
class _Person:
    name: str
    days: int = 0
    duty_min: int = 0
    driving_min: int = 0


@dataclass(slots=True)
class _Van:
    name: str
    days: int = 0
    duty_min: int = 0
    metres: float = 0.0


@dataclass(slots=True)
class _Commune:
    name: str
    promised: int = 0
    placed: int = 0


@dataclass(slots=True)
class _Sum:
    people: dict[int, _Person] = field(default_factory=dict)
    vans: dict[int, _Van] = field(default_factory=dict)
    communes: dict[str, _Commune] = field(default_factory=dict)


def figures_of(proposal: Proposal, costs: Costs | None = None) -> Figures:
    """Return the figures of a proposal as its rows are now; a fixed number of queries.

    Args:
        costs: what the search made small, if it was worked out.
    """
    scenario = proposal.scenario
    bases = dict(scenario.vehicles.values_list("vehicle_id", "base_id"))
    days = list(_days_of(proposal, bases))
    found = reckoned(days, _missing_of(proposal), scenario)
    found["cost"] = round(costs.total) if costs is not None and isfinite(costs.total) else None
    found["changed"] = costs.changed if costs is not None else None
    return found


def figures_of_season(scenario: Scenario, problem: Problem, *, now: datetime) -> Figures:
    """Return the figures of the season as it is scheduled, over the ways of a question.

    Promises are those of the scenario: a visit counts as kept where it stands at a venue of it.

    Args:
        problem: made from the scenario; its ways are taken.
    """
    stood = standing.standing_of(scenario, now=now)
    first_on = problem.first_on
    days = [day for day in days_of_trips(stood.trips, problem) if day.on >= first_on]
    found = reckoned(days, [], scenario)
    found["cost"] = found["changed"] = None
    return found


def reckoned(days: Sequence[DayOut], missing: Sequence[Missing], scenario: Scenario) -> Figures:
    """Return the figures of days out and visits that are missing."""
    whole = _Sum()
    for day in days:
        _add(whole, day)
    for one in missing:
        if one.commune is not None:
            _commune(whole, one.commune).promised += 1
    visits = sum(len(day.venues) for day in days)
    promised = visits + len(missing)
    served = {venue for day in days for venue in day.venues}
    metres = sum(day.metres for day in days)
    duty_min = sum(day.duty_min for day in days)
    nights = sum(day.sleeps for day in days)
    people = [one.duty_min for one in whole.people.values()]
    communes = whole.communes.values()
    return {
        "km": round(metres / 1000, 1),
        "driving_min": sum(day.driving_min for day in days),
        "duty_min": duty_min,
        "days_out": len(days),
        "nights": nights,
        "visits": visits,
        "promised": promised,
        "left_out": len(missing),
        "kept": visits / promised if promised else 1.0,
        "stops": len(served | {one.venue for one in missing}),
        "stops_served": len(served),
        "communes": len(communes),
        "communes_served": sum(one.placed > 0 for one in communes),
        "crew": _crew(whole),
        "crew_least_min": min(people, default=0),
        "crew_most_min": max(people, default=0),
        "vehicles": [
            {
                "key": key,
                "name": van.name,
                "days": van.days,
                "km": round(van.metres / 1000, 1),
                "duty_min": van.duty_min,
            }
            for key, van in sorted(whole.vans.items(), key=lambda pair: (pair[1].name, pair[0]))
        ],
        "by_commune": [
            {"code": code, "name": one.name, "promised": one.promised, "placed": one.placed}
            for code, one in sorted(
                whole.communes.items(), key=lambda pair: (pair[1].name, pair[0])
            )
        ],
        "money": _money(scenario, metres, duty_min, len(days), nights),
    }


def _add(whole: _Sum, day: DayOut) -> None:
    van = whole.vans.setdefault(day.vehicle, _Van(day.vehicle_name))
    van.days += 1
    van.duty_min += day.duty_min
    van.metres += day.metres
    for member in day.crew:
        person = whole.people.setdefault(member.pk, _Person(member.full_name))
        person.days += 1
        person.duty_min += day.duty_min
        person.driving_min += day.driving_min
    for commune in day.communes:
        if commune is not None:
            one = _commune(whole, commune)
            one.promised += 1
            one.placed += 1


def _commune(whole: _Sum, commune: tuple[str, str]) -> _Commune:
    code, name = commune
    return whole.communes.setdefault(code, _Commune(name))


def _crew(whole: _Sum) -> list[dict[str, Any]]:
    ordered = sorted(whole.people.items(), key=lambda pair: (pair[1].name, pair[0]))
    return [
        {
            "key": key,
            "name": one.name,
            "days": one.days,
            "duty_min": one.duty_min,
            "driving_min": one.driving_min,
        }
        for key, one in ordered
    ]


def _money(
    scenario: Scenario, metres: float, duty_min: int, days: int, nights: int
) -> dict[str, int]:
    parts = {
        "km": round(metres / 1000 * scenario.km_cost),
        "hours": round(duty_min / 60 * scenario.hour_cost),
        "days": days * scenario.day_cost,
        "nights": nights * scenario.night_cost,
    }
    return parts | {"total": sum(parts.values())}


# --- From rows ---------------------------------------------------------------------------------


def _days_of(proposal: Proposal, bases: dict[int, int]) -> Iterable[DayOut]:
    visits = ProposedVisit.objects.select_related("stop__venue__commune").order_by("starts_at")
    duties = ProposedDuty.objects.select_related("member").order_by("-is_operator", "member_id")
    trips = proposal.trips.select_related("vehicle").prefetch_related(
        Prefetch("visits", visits), Prefetch("duties", duties)
    )
    for trip in trips:
        base = bases.get(trip.vehicle_id, trip.vehicle.base_id)
        venues = [visit.stop.venue for visit in trip.visits.all()]
        yield DayOut(
            vehicle=trip.vehicle_id,
            vehicle_name=trip.vehicle.name,
            on=trip.on,
            duty_min=_min_between(trip.departs_at, trip.returns_at),
            driving_min=trip.driving_min,
            metres=trip.metres,
            crew=tuple(duty.member for duty in trip.duties.all()),
            venues=tuple(venue.pk for venue in venues),
            communes=tuple(_commune_of(venue.commune) for venue in venues),
            sleeps=trip.end_id != base,
        )


def _missing_of(proposal: Proposal) -> list[Missing]:
    rows = LeftOutVisit.objects.filter(proposal=proposal).select_related("stop__venue__commune")
    return [Missing(row.stop.venue_id, _commune_of(row.stop.venue.commune)) for row in rows]


def days_of_trips(trips: Iterable[Trip], problem: Problem) -> list[DayOut]:
    """Return what trips of the schedule, loaded with everything, do day by day.

    Their ways are those of the question on that day; a place it does not know adds no way.
    """
    found: list[DayOut] = []
    profiles: dict[date, str] = {}
    for shift in problem.shifts:
        profiles.setdefault(shift.on, shift.profile)
    for trip in trips:
        found += _days_of_trip(trip, problem, profiles)
    return found


def _days_of_trip(trip: Trip, problem: Problem, profiles: dict[date, str]) -> Iterable[DayOut]:
    zone = trip.library.zone
    nights = [pause for pause in trip.pauses.all() if pause.kind == TripPause.Kind.NIGHT]
    starts = [trip.departs_at, *(pause.ends_at for pause in nights)]
    ends = [*(pause.starts_at for pause in nights), trip.returns_at]
    base = trip.vehicle.base_id
    beds = [pause.venue_id for pause in nights]
    places = zip([base, *beds], [*beds, base], strict=True)
    standing_ones = [event for event in trip.events.all() if not event.is_cancelled]
    for (start, end), since, until in zip(places, starts, ends, strict=True):
        events = sorted(
            (event for event in standing_ones if since <= event.starts_at < until),
            key=lambda event: event.starts_at,
        )
        on = clock.local(since, zone).date()
        venues = [event.venue for event in events]
        stops = [start, *(venue.pk for venue in venues), end]
        metres, seconds = _way(problem, profiles.get(on), [key for key in stops if key])
        yield DayOut(
            vehicle=trip.vehicle_id,
            vehicle_name=trip.vehicle.name,
            on=on,
            duty_min=_min_between(since, until),
            driving_min=round(seconds / 60),
            metres=metres,
            crew=tuple(duty.member for duty in trip.duties.all()),
            venues=tuple(venue.pk for venue in venues),
            communes=tuple(_commune_of(venue.commune) for venue in venues),
            sleeps=end != base,
        )


def _way(problem: Problem, profile: str | None, venues: Sequence[int]) -> tuple[float, float]:
    name = profile if profile is not None else next(iter(problem.matrices), "")
    if name not in problem.matrices:
        return 0.0, 0.0
    known = set(problem.matrices[name].places)
    places = [place for place in map(names.place_name, venues) if place in known]
    metres = seconds = 0.0
    for here, there in pairwise(places):
        far, long = problem.way(name, here, there)
        if isfinite(long):
            metres, seconds = metres + far, seconds + long
    return metres, seconds


def _commune_of(commune: Any) -> tuple[str, str] | None:
    return (commune.code, commune.full_name) if commune is not None else None


def _min_between(start: datetime, end: datetime) -> int:
    return round((end - start).total_seconds() / 60)
