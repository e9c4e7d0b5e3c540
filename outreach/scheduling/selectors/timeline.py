"""The schedule as bars on a line of days: for each vehicle, or for each person who goes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Prefetch, Q

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.fleet.models import CrewMember, Unavailability, Vehicle
from outreach.scheduling import board
from outreach.scheduling.domain import Finding
from outreach.scheduling.models import Duty, Event, RuleOverride, Trip

MOST_DAYS = 31


@dataclass(frozen=True, slots=True)
class Timeline:
    """What a library has planned on some days.

    Attributes:
        first_on: the first day.
        days: how many, at most :data:`MOST_DAYS`.
        vehicles: those in use or on the road on these days.
        members: the people who go out, or are on duty on these days.
        trips: those that share a moment with these days, with everything on them.
        events: those without a vehicle.
        times_off: of vehicles and people, on these days and while these trips last.
        findings: by the key of each trip, the rules it would break if it were published now.
    """

    first_on: date
    days: int
    vehicles: list[Vehicle]
    members: list[CrewMember]
    trips: list[Trip]
    events: list[Event]
    times_off: list[Unavailability]
    findings: dict[int, list[Finding]]


def timeline(library: Library, first_on: date, days: int) -> Timeline:
    """Return what a library has planned on ``days`` days, in a fixed number of queries.

    Args:
        days: from 1 to :data:`MOST_DAYS`.
    """
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"A timeline shows 1 to {MOST_DAYS} days, not {days}.")
    start = clock.start_of(first_on)
    end = clock.start_of(first_on + timedelta(days=days))
    trips = list(board.with_everything(Trip.objects.filter(library=library).meeting(start, end)))
    duties = Duty.objects.select_related("member").order_by("role", "pk")
    events = list(
        Event.objects.filter(library=library, trip=None)
        .meeting(start, end)
        .select_related("venue")
        .prefetch_related(
            Prefetch("duties", duties),
            Prefetch("overrides", RuleOverride.objects.standing().order_by("-made_at")),
        )
    )
    on_duty = {duty.member_id for trip in trips for duty in trip.duties.all()}
    on_duty |= {duty.member_id for event in events for duty in event.duties.all()}
    off = board.times_off(trips, start, end, library)
    book = board.rulebook_of(library, trips)
    return Timeline(
        first_on=first_on,
        days=days,
        vehicles=list(
            Vehicle.objects.filter(library=library).filter(
                Q(is_in_use=True) | Q(pk__in={trip.vehicle_id for trip in trips})
            )
        ),
        members=list(
            CrewMember.objects.filter(library=library).filter(Q(is_in_use=True) | Q(pk__in=on_duty))
        ),
        trips=trips,
        events=events,
        times_off=off,
        findings={trip.pk: board.open_findings(trip, book) for trip in trips},
    )
