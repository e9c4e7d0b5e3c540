"""Rules about who goes, and with what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from outreach.scheduling.domain.facts import CrewFact, TripFact
from outreach.scheduling.domain.rules import Finding, Rule

MIN_CREW = 3
"""Circular 05/2022/TT-BVHTTDL: one operator and two professional staff on every trip."""
MIN_PROFESSIONALS = 2


def of_people(crew: tuple[CrewFact, ...]) -> Iterator[Finding]:
    """Yield what stands against single people."""
    named = Counter(person.key for person in crew if person.key is not None)
    for person in crew:
        params = {"member": person.name}
        if person.is_operator and not person.can_operate:
            yield Finding(Rule.CANNOT_OPERATE, params, "crew")
        if not person.is_operator and not person.is_professional:
            yield Finding(Rule.NOT_PROFESSIONAL, params, "crew")
        if person.key is not None and named.pop(person.key, 0) > 1:
            yield Finding(Rule.MEMBER_TWICE, params, "crew")
        if person.time_off:
            yield Finding(Rule.MEMBER_OFF, params | {"reason": person.time_off}, "crew")


def of_trip(trip: TripFact) -> Iterator[Finding]:
    """Yield what the circular misses in a crew; for a draft that may wait."""
    if trip.is_draft and not trip.crew:
        return
    professionals = sum(not person.is_operator for person in trip.crew)
    if len(trip.crew) < MIN_CREW or professionals < MIN_PROFESSIONALS:
        params = {"crew": len(trip.crew), "professionals": professionals}
        yield Finding(Rule.CREW_TOO_SMALL, params, "crew", may_wait=trip.is_draft)
    if not any(person.is_operator for person in trip.crew):
        yield Finding(Rule.NO_OPERATOR, field="crew", may_wait=trip.is_draft)


def of_vehicle(trip: TripFact) -> Iterator[Finding]:
    """Yield what stands against the vehicle."""
    if trip.vehicle_time_off:
        params = {"vehicle": trip.vehicle, "reason": trip.vehicle_time_off}
        yield Finding(Rule.VEHICLE_OFF, params, "vehicle")
