"""Vehicles, the teams that go with them, and who is left for events without a vehicle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from outreach.common import bulk, clock
from outreach.common.periods import monday_of
from outreach.config.demo import inputs
from outreach.config.demo.people import Staff, full_name
from outreach.config.demo.venues import Sites
from outreach.fleet.models import CrewMember, Unavailability, Vehicle

OFF_WEEK = 3
"""The week after this one in which each library has a vehicle in the workshop."""


@dataclass(frozen=True, slots=True)
class Team:
    """A vehicle and those who always go with it."""

    vehicle: Vehicle
    operator: CrewMember
    professionals: tuple[CrewMember, CrewMember]


@dataclass(frozen=True, slots=True)
class Fleet:
    """What a library goes out with."""

    teams: list[Team]
    others: list[CrewMember]
    """They hold the events that need no vehicle."""


def make(staff: Staff, sites: Sites, today: date, now: datetime) -> Fleet:
    """Store a library's vehicles and crew, and when some of them are not to be had."""
    vehicles = [
        Vehicle(library=staff.library, base=sites.headquarters, **row)
        for row in staff.facts["vehicles"]
    ]
    bulk.store(Vehicle, vehicles, by=staff.coordinator, at=now)
    crew = list(_crew(staff, len(vehicles)))
    bulk.store(CrewMember, crew, by=staff.coordinator, at=now)
    teams = [
        Team(vehicle, *_team(crew[3 * number : 3 * number + 3]))
        for number, vehicle in enumerate(vehicles)
    ]
    fleet = Fleet(teams, crew[3 * len(vehicles) :])
    bulk.store(Unavailability, list(_times_off(staff, fleet, today)), by=staff.coordinator, at=now)
    return fleet


def _team(crew: list[CrewMember]) -> tuple[CrewMember, tuple[CrewMember, CrewMember]]:
    operator, first, second = crew
    return operator, (first, second)


def _crew(staff: Staff, vehicles: int) -> Iterator[CrewMember]:
    """Yield an operator and two professionals for each vehicle, then the others.

    The second one is the person who signs in as crew: a professional of the first team.
    """
    for number in range(staff.facts["crew"]):
        in_team = number < 3 * vehicles
        is_operator = number % 3 == 0 if in_team else number % 2 == 1
        user = staff.crew if number == 1 else None
        yield CrewMember(
            library=staff.library,
            user=user,
            full_name=user.full_name if user else full_name("crew", staff.slug, number),
            can_operate=is_operator,
            is_professional=not (is_operator and in_team),
            is_invented=True,
        )


def _times_off(staff: Staff, fleet: Fleet, today: date) -> Iterator[Unavailability]:
    """Yield a vehicle's days in the workshop and leave of somebody outside the teams."""
    reasons = inputs.read("themes")["time_off"]
    monday = monday_of(today) + timedelta(weeks=OFF_WEEK)
    zone = staff.library.zone
    yield Unavailability(
        vehicle=fleet.teams[-1].vehicle,
        starts_at=clock.at(monday, time(7), zone),
        ends_at=clock.at(monday + timedelta(days=5), time(17), zone),
        reason=reasons["vehicle"],
    )
    leave = monday_of(today) - timedelta(weeks=2)
    yield Unavailability(
        member=fleet.others[-1],
        starts_at=clock.at(leave, time(0), zone),
        ends_at=clock.at(leave + timedelta(days=5), time(0), zone),
        reason=reasons["member"],
    )
