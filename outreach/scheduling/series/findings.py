"""Asking the rules about many trips and events at once, as they would be."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from outreach.scheduling.domain import Finding
from outreach.scheduling.models import Event, State, Trip
from outreach.scheduling.rulebook import Rulebook, TripShape
from outreach.scheduling.series.batch import Batch
from outreach.scheduling.series.ledger import Ledger
from outreach.scheduling.series.plan import Line
from outreach.scheduling.services.inputs import ActivityInput, EventInput


def tell_findings(
    lines: Collection[Line], ledger: Ledger, batch: Batch, trips: Collection[Trip]
) -> None:
    """Add to each line what the rules say about its event and its trip as they would be.

    Args:
        trips: those that are about to change.
    """
    activities: dict[str, list[ActivityInput]] = {}
    for one in batch.new_activities:
        activity = ActivityInput(one.kind, one.title, one.audience)
        activities.setdefault(one.event.uid, []).append(activity)
    stops = {trip.uid: ledger.stops(trip) for trip in trips}
    shapes = {
        trip.uid: TripShape(
            vehicle=trip.vehicle,
            departs_at=trip.departs_at,
            returns_at=trip.returns_at,
            crew=[(duty.member, duty.role) for duty in ledger.crew(trip)],
            events=[_known(stop, activities) for stop in stops[trip.uid]],
            pauses=ledger.pauses(trip),
            is_draft=trip.state == State.DRAFT,
            key=trip.pk,
        )
        for trip in trips
    }
    alone = [
        line.event
        for line in lines
        if line.after is not None and line.event is not None and line.event.trip is None
    ]
    book = Rulebook(
        ledger.library,
        list(shapes.values()),
        events=[_known(event, activities) for event in alone],
        people=[duty.member for event in alone for duty in ledger.crew(event)],
    )
    found = {uid: book.trip_findings(shape) for uid, shape in shapes.items()}
    for line in lines:
        event = line.event
        if line.after is None or event is None:
            continue
        if event.trip is None:
            crew = [(duty.member, duty.role) for duty in ledger.crew(event)]
            line.findings = book.event_findings(_known(event, activities), crew)
        elif event.trip.uid in found:
            line.findings = _about(event, stops[event.trip.uid], found[event.trip.uid])


def _about(event: Event, stops: Sequence[Event], found: Sequence[Finding]) -> list[Finding]:
    """Return what is said of an event or its whole trip, and not of other stops."""
    place = next((place for place, stop in enumerate(stops) if stop is event), None)
    return [finding for finding in found if finding.event in (None, place)]


def _known(event: Event, activities: dict[str, list[ActivityInput]]) -> Any:
    """Return an event for the rules: activities of one that is not stored cannot be asked for."""
    if not event._state.adding:
        return event
    return EventInput(
        venue=event.venue,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        activities=tuple(activities.get(event.uid, ())),
        title=event.title,
        is_indoors=event.is_indoors,
        expected_people=event.expected_people,
        expected_classes=event.expected_classes,
        asked_on=event.asked_on,
    )
