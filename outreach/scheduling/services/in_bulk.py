"""Storing the visits of many series at once: what an import of a timetable needs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import PROTECT

from outreach.accounts.models import User
from outreach.common import audit, bulk
from outreach.common.errors import InvalidInput, RuleBroken
from outreach.fleet.models import Vehicle
from outreach.places.models import AdministrativeUnit
from outreach.places.selectors import commune_of
from outreach.scheduling import board
from outreach.scheduling.followers import EventChange, Happening, tell, tell_all
from outreach.scheduling.models import (
    Activity,
    ActivityKind,
    Duty,
    Event,
    RuleOverride,
    Series,
    State,
    Trip,
)
from outreach.scheduling.rulebook import Rulebook, TripShape
from outreach.scheduling.services import overrides, rules
from outreach.scheduling.services import trips as trip_services
from outreach.scheduling.services.inputs import ActivityInput, EventInput

_VISIT = ActivityKind(code="visit")


@dataclass(frozen=True, slots=True)
class Visit:
    """One date of a series that is to become an event.

    Attributes:
        series: stored already, with its vehicle, venue and library.
        on: the date in the series.
        trip: the vehicle's trip of that day, if it has one to join.
        shares_venue: whether another event may take place there at the same time.
    """

    series: Series
    on: date
    starts_at: datetime
    ends_at: datetime
    trip: Trip | None = None
    shares_venue: bool = False


@transaction.atomic
def schedule_visits(
    visits: Sequence[Visit],
    *,
    kind: ActivityKind,
    actor: User | None,
    now: datetime,
    reason: str,
    publish: bool = False,
    override_reason: str = "",
) -> list[Event]:
    """Store visits as events, those of one vehicle and day as one trip without a crew.

    The caller has authorised ``actor`` for the libraries, and looked that nothing is in the way.

    Args:
        actor: who answers for it; ``None`` for the installation's administrator at the machine.
        publish: make them public at once. The rules that a trip without a crew breaks are then
            overridden, and recorded with ``override_reason``.

    Raises:
        InvalidInput: if they are to be public and nobody answers for it, or no reason is given.
        RuleBroken: if a visit breaks a hard rule.
        django.db.IntegrityError: if a vehicle or venue was taken meanwhile.
    """
    if publish and (actor is None or not override_reason.strip()):
        raise InvalidInput(code="publishing_needs_reason")
    trips = _trips(visits, actor=actor, now=now, reason=reason, publish=publish)
    events = _events(visits, trips, kind=kind, publish=publish, now=now)
    bulk.store(Event, events, by=actor, at=now, reason=reason)
    activities = [Activity(event=event, kind=kind, position=0) for event in events]
    bulk.store(Activity, activities, by=actor, at=now, reason=reason)
    joined = {visit.trip.pk for visit in visits if visit.trip is not None}
    _refuse_broken(events, is_draft=not publish)
    if publish and actor is not None:
        _override(events, joined, actor=actor, now=now, reason=override_reason)
    overrides.review(now=now, trips=joined)
    happenings = [Happening.SCHEDULED] + ([Happening.PUBLISHED] if publish else [])
    for happening in happenings:
        tell_all([EventChange(happening, event, actor, reason, now) for event in events])
    return events


@transaction.atomic
def remove_drafts(
    events: Iterable[Event],
    *,
    actor: User | None,
    now: datetime,
    reason: str,
    keep: Collection[int] = (),
) -> None:
    """Delete draft events that were never public, and the draft trips they leave empty.

    Args:
        events: with their trips; none was ever public.
        keep: keys of trips that others are about to join, with the crew they have.

    Raises:
        Conflict: if results or bookings refer to one of them.
    """
    trips: dict[int, Trip] = {}
    for event in events:
        if event.published_at is not None:
            raise InvalidInput(code="was_public")
        if event.trip is not None:
            trips[event.trip.pk] = event.trip
        tell(EventChange(Happening.REMOVED, event, actor, reason, now))
        trip_services.erase_event(event, actor=actor, reason=reason)
    for trip in trips.values():
        if trip.pk in keep:
            continue
        if trip.state == State.DRAFT and not Event.objects.filter(trip=trip).exists():
            audit.delete(trip, actor=actor, reason=reason)
    overrides.review(now=now, trips=trips)


def in_use(events: Iterable[Event]) -> set[int]:
    """Return the keys of the events that results or bookings refer to: they cannot be removed."""
    keys = [event.pk for event in events]
    found: set[int] = set()
    for relation in Event._meta.related_objects:
        referring: Any = relation.related_model
        if relation.on_delete is not PROTECT or referring in (Activity, Duty):
            continue
        name = relation.field.name
        for start in range(0, len(keys), 500):
            rows = referring._default_manager.filter(**{f"{name}__in": keys[start : start + 500]})
            found.update(rows.values_list(name, flat=True))
    return found


def _trips(
    visits: Sequence[Visit], *, actor: User | None, now: datetime, reason: str, publish: bool
) -> list[Trip | None]:
    """Return the trip of each visit: joined and stretched, or new; none without a vehicle."""
    new: dict[tuple[int, date], Trip] = {}
    joined: dict[int, Trip] = {}
    found: list[Trip | None] = []
    for visit in visits:
        vehicle = visit.series.vehicle
        if vehicle is None:
            found.append(None)
            continue
        if visit.trip is not None:
            trip = joined.setdefault(visit.trip.pk, visit.trip)
        else:
            trip = new.setdefault((vehicle.pk, visit.on), _new_trip(visit, vehicle, publish))
        trip.departs_at = min(trip.departs_at, visit.starts_at)
        trip.returns_at = max(trip.returns_at, visit.ends_at)
        found.append(trip)
    for trip in joined.values():
        trip.revision += 1
    rows = list(joined.values())
    Trip.objects.bulk_update(rows, ["departs_at", "returns_at", "revision"], batch_size=200)
    bulk.note(Trip, rows, by=actor, at=now, reason=reason, kind="~")
    _keep_on_duty(joined, actor=actor, now=now, reason=reason)
    bulk.store(Trip, list(new.values()), by=actor, at=now, reason=reason)
    return found


def _keep_on_duty(
    trips: Mapping[int, Trip], *, actor: User | None, now: datetime, reason: str
) -> None:
    """Let the crews of trips be on duty for as long as the trips now last."""
    changed = []
    for duty in Duty.objects.filter(trip__in=trips, is_standing=True):
        trip = trips[duty.trip_id or 0]
        times = (trip.departs_at, trip.returns_at)
        if (duty.starts_at, duty.ends_at) != times:
            duty.starts_at, duty.ends_at = times
            changed.append(duty)
    Duty.objects.bulk_update(changed, ["starts_at", "ends_at"], batch_size=200)
    bulk.note(Duty, changed, by=actor, at=now, reason=reason, kind="~")


def _new_trip(visit: Visit, vehicle: Vehicle, publish: bool) -> Trip:
    return Trip(
        library=visit.series.library,
        vehicle=vehicle,
        departs_at=visit.starts_at,
        returns_at=visit.ends_at,
        state=State.PUBLISHED if publish else State.DRAFT,
    )


def _events(
    visits: Sequence[Visit],
    trips: Sequence[Trip | None],
    *,
    kind: ActivityKind,
    publish: bool,
    now: datetime,
) -> list[Event]:
    communes = _Communes()
    events = []
    for visit, trip in zip(visits, trips, strict=True):
        series = visit.series
        # A draft trip keeps its new stops to itself until it is published.
        is_public = publish and (trip is None or trip.state == State.PUBLISHED)
        events.append(
            Event(
                library=series.library,
                trip=trip,
                venue=series.venue,
                commune=communes.of(series, visit.on),
                starts_at=visit.starts_at,
                ends_at=visit.ends_at,
                title=f"{kind.name_vi} – {series.venue.name}"[:160],
                shares_venue=visit.shares_venue,
                series=series,
                series_on=visit.on,
                state=State.PUBLISHED if is_public else State.DRAFT,
                published_at=now if is_public else None,
            )
        )
    return events


class _Communes:
    """The communes of venues on days, looked up once for each commune and change of units."""

    def __init__(self) -> None:
        self._changed: dict[tuple[int, date], AdministrativeUnit | None] = {}

    def of(self, series: Series, day: date) -> AdministrativeUnit | None:
        commune = series.venue.commune
        if commune is None:
            return None
        if commune.valid_from <= day and (commune.valid_to is None or day < commune.valid_to):
            return commune
        key = (series.venue.pk, day)
        if key not in self._changed:
            self._changed[key] = commune_of(series.venue, day)
        return self._changed[key]


def _refuse_broken(events: Sequence[Event], *, is_draft: bool) -> None:
    """Refuse visits that break a hard rule.

    Raises:
        RuleBroken: saying which of the first trip that does.
    """
    shapes = [_shape(trip, stops, is_draft) for trip, stops in _by_trip(events)]
    if not shapes:
        return
    book = Rulebook(events[0].library, shapes)
    for shape in shapes:
        hard = [finding for finding in book.trip_findings(shape) if finding.is_hard]
        if hard:
            raise RuleBroken(hard, field=hard[0].field)


def _override(
    events: Sequence[Event], joined: Collection[int], *, actor: User, now: datetime, reason: str
) -> None:
    """Record the soft rules that public trips break, each with all it has, as overridden."""
    known: dict[int, frozenset[str]] = {}
    shapes: list[tuple[Trip, TripShape]] = []
    for trip, stops in _by_trip(events):
        if trip.pk not in joined:
            shapes.append((trip, _shape(trip, stops, is_draft=False)))
    for some in bulk.in_parts(sorted(joined)):
        public = Trip.objects.filter(pk__in=some, state=State.PUBLISHED)
        for trip in board.with_everything(public):
            known[trip.pk] = rules.overridden(trip)
            shapes.append((trip, TripShape.of(trip, is_draft=False)))
    if not shapes:
        return
    book = Rulebook(events[0].library, [shape for _trip, shape in shapes], now=now)
    rows = [
        RuleOverride(
            trip=trip,
            rule=finding.rule,
            params=finding.params,
            finding=finding.message,
            reason=reason.strip(),
            actor=actor,
            made_at=now,
        )
        for trip, shape in shapes
        for finding in book.trip_findings(shape)
        if finding.is_soft and finding.mark not in known.get(trip.pk, ())
    ]
    RuleOverride.objects.bulk_create(rows, batch_size=1000)


def _by_trip(events: Sequence[Event]) -> list[tuple[Trip, list[Event]]]:
    found: dict[int, tuple[Trip, list[Event]]] = {}
    for event in events:
        if event.trip is not None:
            found.setdefault(event.trip.pk, (event.trip, []))[1].append(event)
    return list(found.values())


def _shape(trip: Trip, stops: Sequence[Event], is_draft: bool) -> TripShape:
    return TripShape(
        vehicle=trip.vehicle,
        departs_at=trip.departs_at,
        returns_at=trip.returns_at,
        crew=(),
        events=[_stop(stop) for stop in stops],
        is_draft=is_draft,
        key=trip.pk,
    )


def _stop(event: Event) -> EventInput:
    """Return a visit that was just stored, without asking for its activities again."""
    span = (event.starts_at, event.ends_at)
    return EventInput(event.venue, *span, (ActivityInput(_VISIT),), event.title)
