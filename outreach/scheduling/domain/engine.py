"""Asking all rules at once."""

from __future__ import annotations

from collections.abc import Iterable

from outreach.scheduling.domain import crew as crew_rules
from outreach.scheduling.domain import driving, places, times
from outreach.scheduling.domain.facts import DEFAULTS, CrewFact, EventFact, LimitsFact, TripFact
from outreach.scheduling.domain.rules import Finding


def findings_for(trip: TripFact) -> list[Finding]:
    """Return every rule the trip breaks, hard ones first, notes last.

    A draft may still be without crew and without a place for the night; that its crew is not
    complete is a note.
    """
    return _in_order(
        [
            *times.of_trip(trip),
            *times.of_past_trip(trip),
            *crew_rules.of_people(trip.crew),
            *crew_rules.of_trip(trip),
            *crew_rules.of_vehicle(trip),
            *driving.of_trip(trip),
            *_of_places(trip),
        ]
    )


def findings_for_event(
    event: EventFact, crew: Iterable[CrewFact] = (), limits: LimitsFact = DEFAULTS
) -> list[Finding]:
    """Return every rule that an event without a vehicle breaks, hard ones first."""
    return _in_order(
        [
            *times.of_event(0, event),
            *times.of_past_event(0, event),
            *crew_rules.of_people(tuple(crew)),
            *places.of_event(0, event, limits),
        ]
    )


def _of_places(trip: TripFact) -> Iterable[Finding]:
    for place, event in enumerate(trip.events):
        yield from places.of_event(place, event, trip.limits)
        yield from places.of_approach(place, event, trip.vehicle, trip.vehicle_length_m)


def _in_order(found: list[Finding]) -> list[Finding]:
    """Say the same of several stops once, and what nobody may override first."""
    once = {(finding.mark, finding.field): finding for finding in reversed(found)}
    found = [finding for finding in found if once[finding.mark, finding.field] is finding]
    return sorted(found, key=lambda finding: (not finding.is_hard, finding.is_note))
