"""The question behind a proposal, as it is now: its scenario, and the visits that stay."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from outreach.planning.models import Proposal, ProposedTrip, Scenario, ScenarioVehicle
from outreach.planning.proposals import names, storing
from outreach.planning.scenarios.hours import seconds_of
from outreach.planning.scenarios.problem import problem_of
from outreach.routing.plan import Plan, Route
from outreach.routing.problem import Pin, Problem, Running, Shift

Aim = Proposal.Aim
ASKED = (Aim.SHORTEST, Aim.FAIREST, Aim.STEADIEST)
"""Aims that somebody may order; the others follow from what people do."""


def aim_of(proposal: Proposal) -> Proposal.Aim:
    """Return what a proposal is worked out for: of one that was changed, to change little."""
    aim = Aim(proposal.aim)
    return aim if aim in ASKED else Aim.STEADIEST


def question_of(proposal: Proposal, *, now: datetime) -> Problem:
    """Return what a finished proposal answers, its own pinned visits among the pins."""
    return with_own_pins(bare_question_of(proposal, now=now), proposal)


def bare_question_of(proposal: Proposal, *, now: datetime) -> Problem:
    """Return what a finished proposal answers, with the pins of its scenario only."""
    return problem_of(proposal.scenario, aim_of(proposal), now=now)


def with_own_pins(problem: Problem, proposal: Proposal) -> Problem:
    """Return the question with the visits pinned that a proposal has pinned by now."""
    return pinned(problem, proposal, storing.trips_of(proposal), is_by_hand_too=False)


def question_to_work_on(proposal: Proposal, *, now: datetime) -> tuple[Problem, Plan | None]:
    """Return what is to be answered, and the plan to begin with if there is one.

    One that is worked out again keeps what was pinned or put somewhere by hand, and differs from
    the proposal it came from as little as it can.
    """
    problem = problem_of(proposal.scenario, aim_of(proposal), now=now)
    former = proposal.reworked
    if former is None:
        return problem, None
    trips = storing.trips_of(former)
    problem = pinned(problem, former, trips, is_by_hand_too=True)
    plan = known_part(problem, storing.plan_of(former))
    running = tuple(
        Running(visit.stop, shift.on, shift.vehicle, visit.starts_s)
        for route, visit in plan.visits()
        for shift in [problem.shift[route.shift]]
    )
    return replace(problem, running=running), plan


def pinned(
    problem: Problem, proposal: Proposal, trips: Iterable[ProposedTrip], *, is_by_hand_too: bool
) -> Problem:
    """Return the question with a proposal's pinned visits as pins; its own word goes first.

    Args:
        is_by_hand_too: let visits that were put somewhere by hand stay on their day with their
            vehicle, where it goes out at all.
    """
    zone = proposal.scenario.season.library.zone
    last_on = problem.dates[-1]
    pins = {(pin.stop, pin.on): pin for pin in problem.pins}
    for trip in trips:
        if not problem.first_on <= trip.on <= last_on:
            continue
        goes_out = names.shift_name(trip.vehicle_id, trip.on) in problem.shift
        for visit in trip.visits.all():
            stop = names.stop_name(visit.stop_id)
            if stop not in problem.stop:
                continue
            if visit.is_pinned:
                starts_s = names.seconds_of(visit.starts_at, trip.on, zone)
                pins[stop, trip.on] = Pin(stop, trip.on, str(trip.vehicle_id), starts_s)
            elif is_by_hand_too and visit.is_by_hand and goes_out:
                pins.setdefault((stop, trip.on), Pin(stop, trip.on, str(trip.vehicle_id)))
    return replace(problem, pins=tuple(pins.values()))


def with_all_days(problem: Problem, scenario: Scenario, trips: Iterable[ProposedTrip]) -> Problem:
    """Return the question in which vehicles go out, without a crew, on all days of these trips.

    Otherwise nothing could be said of a day that somebody made by hand.
    """
    rows = {row.vehicle_id: row for row in scenario.vehicles.select_related("vehicle")}
    more = {}
    for trip in trips:
        name = names.shift_name(trip.vehicle_id, trip.on)
        is_planned = problem.first_on <= trip.on <= problem.dates[-1]
        if name not in problem.shift and trip.vehicle_id in rows and is_planned:
            made = shift_without_crew(problem, rows[trip.vehicle_id], trip.on)
            if made is not None:
                more[name] = made
    return replace(problem, shifts=(*problem.shifts, *more.values())) if more else problem


def shift_without_crew(problem: Problem, row: ScenarioVehicle, on: date) -> Shift | None:
    """Return a vehicle's day on which nobody goes with it; ``None`` if its base is not known.

    The ways are those of the nearest day on which somebody goes out.
    """
    base = names.place_name(row.base_id)
    nearest = min(problem.shifts, key=lambda one: (abs((one.on - on).days), one.on), default=None)
    profile = nearest.profile if nearest is not None else next(iter(problem.matrices), "")
    if profile not in problem.matrices or base not in problem.matrices[profile].places:
        return None
    return Shift(
        name=names.shift_name(row.vehicle_id, on),
        vehicle=str(row.vehicle_id),
        crew="",
        on=on,
        starts_s=seconds_of(row.departs),
        ends_s=seconds_of(row.returns),
        start=base,
        end=base,
        profile=profile,
        longest_s=row.longest_min * 60 if row.longest_min else None,
        capacity=row.vehicle.capacity_items,
    )


def known_part(problem: Problem, plan: Plan) -> Plan:
    """Return what of a plan the question knows: shifts and stops may have gone since."""
    routes = []
    for route in plan.routes:
        kept = tuple(visit for visit in route.visits if visit.stop in problem.stop)
        if kept and _is_known(problem, route):
            routes.append(replace(route, visits=kept))
    last_on = problem.dates[-1]
    left_out = tuple(
        one
        for one in plan.left_out
        if one.stop in problem.stop and problem.first_on <= one.occurrence_on <= last_on
    )
    return Plan(tuple(routes), left_out)


def _is_known(problem: Problem, route: Route) -> bool:
    shift = problem.shift.get(route.shift)
    places = set(problem.matrices[shift.profile].places) if shift is not None else set()
    return shift is not None and {route.start, route.end} <= places
