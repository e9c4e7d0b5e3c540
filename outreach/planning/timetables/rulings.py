"""What the rules of scheduling say about the visits an import would make."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from outreach.accounts.models import Library
from outreach.planning.timetables.notices import Notice, Remark
from outreach.planning.timetables.traffic import Wanted
from outreach.scheduling.domain import Finding, Rule
from outreach.scheduling.models import ActivityKind, Event, State, Trip
from outreach.scheduling.rulebook import Rulebook, TripShape
from outreach.scheduling.services import ActivityInput, EventInput

KIND = "mobile_service"
"""The kind of activity at a stop of a timetable (reference data)."""
_A_VISIT = (ActivityInput(ActivityKind(code=KIND, name_vi=KIND, name_en=KIND)),)


@dataclass(frozen=True, slots=True)
class Ruling:
    """A finding about one visit, or about one that is on the same trip."""

    row: int
    on: date
    finding: Finding


def rulings(visits: Iterable[Wanted], removed: Iterable[Event]) -> Iterator[Ruling]:
    """Yield what each rule finds about the visits, those of a vehicle's day as one trip.

    Nobody is on duty yet: rules about the crew are asked when a trip is published. A few queries
    for each library.

    Args:
        removed: events that give way to the visits.
    """
    gone = {event.pk for event in removed}
    by_library: dict[int, list[Wanted]] = defaultdict(list)
    for visit in visits:
        library = visit.series.library
        by_library[library.pk or id(library)].append(visit)
    for wanted in by_library.values():
        yield from _of_library(wanted[0].series.library, wanted, gone)


def remarks(found: Iterable[Ruling], *, refuse_soft: bool) -> list[Remark]:
    """Return one remark for each row and rule; a row that breaks a hard rule is refused.

    That there is less time on the way than we would estimate is told once for all rows: who has
    driven this timetable knows better than the estimate.

    Args:
        refuse_soft: refuse rows that break a rule which somebody might override, too.
    """
    grouped: dict[tuple[int, str], list[Ruling]] = defaultdict(list)
    tight = set()
    for ruling in found:
        if _is_estimated(ruling.finding) and not refuse_soft:
            tight.add(ruling.row)
            continue
        grouped[ruling.row, ruling.finding.rule].append(ruling)
    told = []
    for (row, rule), same in grouped.items():
        first = min(same, key=lambda ruling: ruling.on)
        finding = first.finding
        is_refused = finding.is_hard or (finding.is_soft and refuse_soft)
        params = {
            "rule": rule,
            "facts": finding.params,
            "count": len({ruling.on for ruling in same}),
            "day": first.on.isoformat(),
        }
        told.append(Remark(row, Notice.RULE_REFUSES if is_refused else Notice.RULE, params))
    if tight:
        told.append(Remark(0, Notice.TIGHT_WAYS, {"count": len(tight), "row": min(tight)}))
    return told


def _is_estimated(finding: Finding) -> bool:
    return finding.rule == Rule.LEG_TOO_SHORT and not finding.params["typed"]


def _of_library(library: Library, wanted: list[Wanted], gone: Collection[int]) -> Iterator[Ruling]:
    trips: dict[tuple[int, date], list[Wanted]] = defaultdict(list)
    alone = []
    for visit in wanted:
        if visit.series.vehicle is None:
            alone.append((visit, _event(visit)))
        else:
            trips[id(visit.series.vehicle), visit.on].append(visit)
    shapes = [_shape(visits, gone) for visits in trips.values()]
    book = Rulebook(library, shapes, events=[event for _visit, event in alone])
    for visit, event in alone:
        for finding in book.event_findings(event, ()):
            yield Ruling(visit.row, visit.on, finding)
    for visits, shape in zip(trips.values(), shapes, strict=True):
        for finding in book.trip_findings(shape):
            place = finding.event
            about = visits[:1] if place is None else visits[place : place + 1]
            for visit in about:
                yield Ruling(visit.row, visit.on, finding)


def _shape(visits: list[Wanted], gone: Collection[int]) -> TripShape:
    """Return a vehicle's day: the new visits first, as findings name them by their place."""
    trip = visits[0].trip
    vehicle = visits[0].series.vehicle
    assert vehicle is not None
    starts = [visit.starts_at for visit in visits]
    ends = [visit.ends_at for visit in visits]
    if trip is not None:
        starts.append(trip.departs_at)
        ends.append(trip.returns_at)
    return TripShape(
        vehicle=vehicle,
        departs_at=min(starts),
        returns_at=max(ends),
        crew=(),
        events=[*(_event(visit) for visit in visits), *_standing(trip, gone)],
        key=trip.pk if trip else None,
    )


def _standing(trip: Trip | None, gone: Collection[int]) -> Iterator[EventInput]:
    if trip is None:
        return
    for event in trip.events.all():
        if event.state != State.CANCELLED and event.pk not in gone:
            yield EventInput(event.venue, event.starts_at, event.ends_at, _A_VISIT, event.title)


def _event(visit: Wanted) -> EventInput:
    venue = visit.series.venue
    return EventInput(venue, visit.starts_at, visit.ends_at, _A_VISIT, venue.name)
