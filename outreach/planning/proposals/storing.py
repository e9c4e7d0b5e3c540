"""A plan as rows of a proposal, and rows as a plan: the one is exactly the other.

A handful of queries, however many visits. What lies in an hour that a clock put forward leaves out
is the only thing a row cannot hold; nobody serves then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Prefetch

from outreach.fleet.models import CrewMember
from outreach.planning.models import (
    LeftOutVisit,
    Proposal,
    ProposedDuty,
    ProposedPause,
    ProposedTrip,
    ProposedVisit,
)
from outreach.planning.proposals import names
from outreach.routing.plan import UNDERWAY, Break, LeftOut, Plan, Route, Visit
from outreach.routing.problem import Lunch, Problem

_BATCH = 500

Why = tuple[list[dict[str, Any]], dict[str, Any]]
"""Reasons and the smallest change of a visit left out, as they are stored."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What of a proposal's visits no plan says.

    Attributes:
        by_hand: stops and days of visits that somebody put where they are.
        pinned: those that stay where they are, beside the pins of the question.
    """

    by_hand: frozenset[tuple[str, date]] = field(default_factory=frozenset)
    pinned: frozenset[tuple[str, date]] = field(default_factory=frozenset)


NOTHING_KEPT = Kept()


@transaction.atomic
def store(
    proposal: Proposal,
    problem: Problem,
    plan: Plan,
    *,
    why: Mapping[LeftOut, Why] | None = None,
    kept: Kept = NOTHING_KEPT,
) -> None:
    """Let a proposal say this plan and nothing else.

    Args:
        problem: the question the plan answers.
        why: what is told of visits left out.
    """
    _clear(proposal)
    zone = proposal.scenario.season.library.zone
    pinned = {(pin.stop, pin.on) for pin in problem.pins} | kept.pinned
    trips = [trip_row(proposal, problem, route, zone) for route in plan.routes]
    ProposedTrip.objects.bulk_create(trips, batch_size=_BATCH)
    visits: list[ProposedVisit] = []
    pauses: list[ProposedPause] = []
    for trip, route in zip(trips, plan.routes, strict=True):
        pauses += pause_rows(trip, problem, route, zone)
        for visit in route.visits:
            row = visit_row(trip, visit, zone)
            row.is_pinned = (visit.stop, trip.on) in pinned
            row.is_by_hand = (visit.stop, trip.on) in kept.by_hand
            visits.append(row)
    ProposedVisit.objects.bulk_create(visits, batch_size=_BATCH)
    ProposedPause.objects.bulk_create(pauses, batch_size=_BATCH)
    ProposedDuty.objects.bulk_create(duty_rows(trips, problem), batch_size=_BATCH)
    told = why or {}
    LeftOutVisit.objects.bulk_create(
        [_left_out_row(proposal, one, told.get(one)) for one in plan.left_out], batch_size=_BATCH
    )


def plan_of(proposal: Proposal) -> Plan:
    """Return what a proposal says, as a plan; four queries."""
    zone = proposal.scenario.season.library.zone
    routes = tuple(route_of(trip, zone) for trip in trips_of(proposal))
    rows = proposal.left_out.order_by("pk").values_list("stop_id", "occurrence_on")
    return Plan(routes, tuple(LeftOut(names.stop_name(stop), on) for stop, on in rows))


def trips_of(proposal: Proposal) -> list[ProposedTrip]:
    """Return a proposal's trips in order of their days, with visits and pauses; three queries."""
    visits = ProposedVisit.objects.order_by("starts_at", "pk")
    pauses = ProposedPause.objects.order_by("starts_at", "pk")
    rows = proposal.trips.order_by("on", "pk")
    return list(rows.prefetch_related(Prefetch("visits", visits), Prefetch("pauses", pauses)))


def kept_of(trips: Iterable[ProposedTrip]) -> Kept:
    """Return what of loaded trips no plan says."""
    visits = [(names.stop_name(one.stop_id), trip.on, one) for trip in trips for one in _of(trip)]
    return Kept(
        by_hand=frozenset((stop, on) for stop, on, one in visits if one.is_by_hand),
        pinned=frozenset((stop, on) for stop, on, one in visits if one.is_pinned),
    )


def route_of(trip: ProposedTrip, zone: ZoneInfo) -> Route:
    """Return a loaded trip as a route; visits and pauses are read if they are not loaded."""

    def seconds(moment: datetime) -> int:
        return names.seconds_of(moment, trip.on, zone)

    return Route(
        shift=names.shift_name(trip.vehicle_id, trip.on),
        start=names.place_name(trip.start_id),
        end=names.place_name(trip.end_id),
        departs_s=seconds(trip.departs_at),
        returns_s=seconds(trip.returns_at),
        visits=tuple(
            Visit(
                names.stop_name(one.stop_id),
                seconds(one.starts_at),
                seconds(one.ends_at),
                one.occurrence_on,
            )
            for one in _of(trip)
        ),
        breaks=tuple(
            Break(
                names.place_name(one.venue_id) if one.venue_id is not None else UNDERWAY,
                seconds(one.starts_at),
                seconds(one.ends_at),
            )
            for one in trip.pauses.all()
        ),
    )


def trip_row(proposal: Proposal, problem: Problem, route: Route, zone: ZoneInfo) -> ProposedTrip:
    """Return a route as a row that is not stored yet."""
    vehicle, on = names.vehicle_day(route.shift)
    row = ProposedTrip(proposal=proposal, vehicle_id=vehicle, on=on)
    set_trip(row, problem, route, zone)
    return row


def set_trip(row: ProposedTrip, problem: Problem, route: Route, zone: ZoneInfo) -> None:
    """Let a row say what a route of its vehicle and day says, beside its visits and pauses."""
    row.departs_at = names.instant(row.on, route.departs_s, zone)
    row.returns_at = names.instant(row.on, route.returns_s, zone)
    row.start_id, row.end_id = names.venue_of(route.start), names.venue_of(route.end)
    metres, seconds = way_of(problem, route)
    row.metres, row.driving_min = round(metres), round(seconds / 60)


def pause_rows(
    trip: ProposedTrip, problem: Problem, route: Route, zone: ZoneInfo
) -> list[ProposedPause]:
    """Return the breaks of a route as rows that are not stored yet.

    The first that is long enough at midday is the lunch; the others are rests from driving.
    """
    lunch = next((one for one in route.breaks if _is_lunch(one, problem.limits.lunch)), None)
    return [
        ProposedPause(
            trip=trip,
            kind=ProposedPause.Kind.LUNCH if one is lunch else ProposedPause.Kind.REST,
            starts_at=names.instant(trip.on, one.starts_s, zone),
            ends_at=names.instant(trip.on, one.ends_s, zone),
            venue_id=names.venue_if_any(one.place),
        )
        for one in route.breaks
    ]


def _is_lunch(one: Break, lunch: Lunch | None) -> bool:
    if lunch is None:
        return False
    is_long_enough = one.ends_s - one.starts_s >= lunch.lasts_s
    return is_long_enough and lunch.since_s <= one.starts_s and one.ends_s <= lunch.until_s


def visit_row(trip: ProposedTrip, visit: Visit, zone: ZoneInfo) -> ProposedVisit:
    """Return a visit as a row that is not stored yet."""
    row = ProposedVisit(trip=trip, stop_id=int(visit.stop))
    set_visit(row, visit, zone)
    return row


def set_visit(row: ProposedVisit, visit: Visit, zone: ZoneInfo) -> None:
    """Let a row say what a visit of its trip's day says."""
    row.starts_at = names.instant(row.trip.on, visit.starts_s, zone)
    row.ends_at = names.instant(row.trip.on, visit.ends_s, zone)
    row.occurrence_on = visit.occurrence_on


def duty_rows(trips: Sequence[ProposedTrip], problem: Problem) -> list[ProposedDuty]:
    """Return who goes with these trips, as rows that are not stored yet; one query."""
    crews = {}
    for trip in trips:
        shift = problem.shift.get(names.shift_name(trip.vehicle_id, trip.on))
        crews[trip.vehicle_id, trip.on] = names.crew_of(shift.crew) if shift else []
    people = CrewMember.objects.in_bulk({key for crew in crews.values() for key in crew})
    rows = []
    for trip in trips:
        members = [people[key] for key in crews[trip.vehicle_id, trip.on] if key in people]
        driver = operator_of(members)
        rows += [
            ProposedDuty(trip=trip, member=member, is_operator=member is driver)
            for member in members
        ]
    return rows


def operator_of(crew: Iterable[CrewMember]) -> CrewMember | None:
    """Return who drives: somebody who may, best of all one who is not professional staff.

    Two professionals are needed beside the operator (Circular 05/2022).
    """
    able = [member for member in crew if member.can_operate]
    return min(able, key=lambda one: (one.is_professional, one.pk), default=None)


def way_of(problem: Problem, route: Route) -> tuple[float, float]:
    """Return the metres and seconds of a route on the road.

    A way that is not known, or that there is none, counts nothing: rows made by hand may have one.
    """
    shift = problem.shift.get(route.shift)
    profile = shift.profile if shift is not None else next(iter(problem.matrices))
    known = set(problem.matrices[profile].places)
    places = [route.start, *(problem.stop[one.stop].place for one in route.visits), route.end]
    metres = seconds = 0.0
    for here, there in pairwise([place for place in places if place in known]):
        far, long = problem.way(profile, here, there)
        if long != float("inf"):
            metres, seconds = metres + far, seconds + long
    return metres, seconds


def _clear(proposal: Proposal) -> None:
    """Delete the rows of a proposal: nothing else refers to them."""
    for rows in (
        ProposedVisit.objects.filter(trip__proposal=proposal),
        ProposedPause.objects.filter(trip__proposal=proposal),
        ProposedDuty.objects.filter(trip__proposal=proposal),
        ProposedTrip.objects.filter(proposal=proposal),
        LeftOutVisit.objects.filter(proposal=proposal),
    ):
        _delete(rows)


def _delete(rows: Any) -> None:
    rows._raw_delete(rows.db)


def _of(trip: ProposedTrip) -> list[ProposedVisit]:
    return list(trip.visits.all())


def _left_out_row(proposal: Proposal, one: LeftOut, why: Why | None) -> LeftOutVisit:
    reasons, change = why or ([], {})
    return LeftOutVisit(
        proposal=proposal,
        stop_id=int(one.stop),
        occurrence_on=one.occurrence_on,
        reasons=reasons,
        change=change,
    )
