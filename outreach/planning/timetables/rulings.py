"""What the rules of scheduling say about the visits an import would make."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.planning.timetables.notices import Notice, Remark
from outreach.planning.timetables.plan import Plan
from outreach.planning.timetables.traffic import Wanted
from outreach.scheduling.domain import Finding, Rule
from outreach.scheduling.models import ActivityKind, Event, RuleOverride, State, Trip
from outreach.scheduling.rulebook import Rulebook, TripShape
from outreach.scheduling.services import ActivityInput, EventInput, rules

KIND = "mobile_service"
"""The kind of activity at a stop of a timetable (reference data)."""
_A_VISIT = (ActivityInput(ActivityKind(code=KIND, name_vi=KIND, name_en=KIND)),)


@dataclass(frozen=True, slots=True)
class Ruling:
    """A finding about one visit, or about one that is on the same trip."""

    row: int
    on: date
    finding: Finding


def of_plan(plan: Plan) -> Iterator[Ruling]:
    """Yield what each rule finds about the visits of a plan, those of a vehicle's day as one trip.

    New ones are asked about and drafts that stay: what was found against a draft still is, however
    often its file is read. What somebody overrode with a reason is not found again. Nobody is on
    duty yet: rules about the crew are asked when a trip is published. A few queries for each
    library.
    """
    gone = {event.pk for event in plan.removed}
    by_library: dict[int, list[Wanted]] = defaultdict(list)
    # New visits come first: what is found against a whole trip is about them.
    for visit in (*plan.visits, *plan.drafts):
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
    trips: dict[tuple[object, ...], list[Wanted]] = defaultdict(list)
    alone = []
    for visit in wanted:
        key = _trip_of(visit)
        if key is None:
            alone.append((visit, _input(visit)))
        else:
            trips[key].append(visit)
    shapes = [_shape(visits, gone) for visits in trips.values()]
    book = Rulebook(library, shapes, events=[event for _visit, event in alone])
    overridden = _overridden([visit for visit, _event in alone])
    for visit, event in alone:
        for finding in book.event_findings(event, ()):
            if visit.event is None or finding.mark not in overridden[visit.event.pk]:
                yield Ruling(visit.row, _day(visit, library), finding)
    for visits, shape in zip(trips.values(), shapes, strict=True):
        trip = visits[0].trip
        marks = rules.overridden(trip) if trip else frozenset()
        for finding in book.trip_findings(shape):
            if finding.mark in marks:
                continue
            place = finding.event
            about = visits[:1] if place is None else visits[place : place + 1]
            for visit in about:
                yield Ruling(visit.row, _day(visit, library), finding)


def _trip_of(visit: Wanted) -> tuple[object, ...] | None:
    """Return what the visits of one trip have in common; ``None`` for a visit without one."""
    vehicle = visit.series.vehicle
    if visit.trip is not None:
        return (visit.trip.pk,)
    if vehicle is None or visit.event is not None:
        return None
    return (vehicle.pk or id(vehicle), visit.on)


def _overridden(visits: Iterable[Wanted]) -> dict[int, set[str]]:
    """Return the marks that were overridden of stored drafts without a trip, by their key."""
    marks: dict[int, set[str]] = defaultdict(set)
    keys = [visit.event.pk for visit in visits if visit.event is not None]
    for start in range(0, len(keys), 500):
        stored = RuleOverride.objects.filter(event__in=keys[start : start + 500])
        for one in stored.standing():
            marks[one.event_id or 0].add(one.found.mark)
    return marks


def _day(visit: Wanted, library: Library) -> date:
    """Return the day of a visit: somebody may have moved a draft."""
    return clock.local(visit.starts_at, library.zone).date() if visit.event else visit.on


def _shape(visits: list[Wanted], gone: Collection[int]) -> TripShape:
    """Return a vehicle's day: the asked visits first, as findings name them by their place."""
    trip = visits[0].trip
    vehicle = trip.vehicle if trip is not None else visits[0].series.vehicle
    assert vehicle is not None
    starts = [visit.starts_at for visit in visits]
    ends = [visit.ends_at for visit in visits]
    if trip is not None:
        starts.append(trip.departs_at)
        ends.append(trip.returns_at)
    asked = {visit.event.pk for visit in visits if visit.event is not None}
    return TripShape(
        vehicle=vehicle,
        departs_at=min(starts),
        returns_at=max(ends),
        crew=(),
        events=[*(_input(visit) for visit in visits), *_standing(trip, {*gone, *asked})],
        pauses=list(trip.pauses.all()) if trip is not None else (),
        key=trip.pk if trip else None,
    )


def _standing(trip: Trip | None, left_out: Collection[int]) -> Iterator[EventInput]:
    if trip is None:
        return
    for event in trip.events.all():
        if event.state != State.CANCELLED and event.pk not in left_out:
            yield _stored(event)


def _input(visit: Wanted) -> EventInput:
    if visit.event is not None:
        return _stored(visit.event)
    venue = visit.series.venue
    return EventInput(venue, visit.starts_at, visit.ends_at, _A_VISIT, venue.name)


def _stored(event: Event) -> EventInput:
    """Return a stored event as the rules are to see it, whatever a timetable says of it."""
    return EventInput(
        event.venue,
        event.starts_at,
        event.ends_at,
        _A_VISIT,
        event.title,
        is_indoors=event.is_indoors,
        expected_people=event.expected_people,
        expected_classes=event.expected_classes,
        asked_on=event.asked_on,
    )
