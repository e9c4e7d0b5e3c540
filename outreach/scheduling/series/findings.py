"""Asking the rules about many trips at once, as they would be."""

from __future__ import annotations

from collections.abc import Iterable

from outreach.scheduling.domain import CrewFact, EventFact, Finding, TripFact, findings_for
from outreach.scheduling.models import Duty, Event, State, Trip
from outreach.scheduling.series.ledger import Ledger


def ask(ledger: Ledger, trips: Iterable[Trip]) -> dict[str, list[Finding]]:
    """Return what the rules find about each trip as it stands on a ledger, by its uid."""
    return {trip.uid: findings_for(_fact(ledger, trip)) for trip in trips}


def _fact(ledger: Ledger, trip: Trip) -> TripFact:
    return TripFact(
        departs_at=trip.departs_at,
        returns_at=trip.returns_at,
        vehicle=trip.vehicle.name,
        crew=tuple(_crew_fact(duty) for duty in ledger.crew(trip)),
        events=tuple(_event_fact(stop) for stop in ledger.stops(trip)),
        is_draft=trip.state == State.DRAFT,
    )


def _event_fact(event: Event) -> EventFact:
    return EventFact(event.title, event.starts_at, event.ends_at, 1)


def _crew_fact(duty: Duty) -> CrewFact:
    member = duty.member
    return CrewFact(
        name=member.full_name,
        is_operator=duty.role == Duty.Role.OPERATOR,
        can_operate=member.can_operate,
        is_professional=member.is_professional,
        key=member.pk,
    )
