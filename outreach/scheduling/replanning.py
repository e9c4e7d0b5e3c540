"""Putting whole trips where a plan wants them, all or nothing, and quickly.

A plan says of each trip when it leaves with whom, which visits it makes and where the crew rests.
Trips and events that are there already are changed and keep who they are; what the plan does not
want any more is called off, or removed if nobody was ever told of it. The rules are asked about
everything at once, as they will find it when all of it stands.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import bulk, clock
from outreach.common.errors import RuleBroken
from outreach.fleet.models import Vehicle
from outreach.places.models import AdministrativeUnit, Venue
from outreach.places.selectors import commune_of
from outreach.scheduling.disruption import checks
from outreach.scheduling.domain import Finding
from outreach.scheduling.followers import EventChange, Happening, tell_all
from outreach.scheduling.models import (
    Activity,
    ActivityKind,
    Duty,
    Event,
    Reason,
    RuleOverride,
    State,
    Trip,
    TripPause,
)
from outreach.scheduling.rulebook import Rulebook, TripShape
from outreach.scheduling.series import batch as batches
from outreach.scheduling.services import in_bulk, overrides, rules
from outreach.scheduling.services.inputs import (
    ActivityInput,
    CrewInput,
    EventInput,
    PauseInput,
)
from outreach.scheduling.services.publishing import ManyRefused, publish_many


@dataclass(frozen=True, slots=True)
class WantedVisit:
    """A visit of a trip to be.

    Attributes:
        event: the one that is held then, if there is one; ``None`` for a new one.
    """

    venue: Venue
    starts_at: datetime
    ends_at: datetime
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class WantedTrip:
    """A trip to be.

    Attributes:
        trip: the one that goes then, loaded with everything (:func:`board.with_everything`);
            ``None`` for a new one.
        visits: in order.
    """

    vehicle: Vehicle
    departs_at: datetime
    returns_at: datetime
    crew: CrewInput
    visits: tuple[WantedVisit, ...]
    pauses: tuple[PauseInput, ...] = ()
    trip: Trip | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to stand.

    Attributes:
        trips: of ``library``. Stored events of theirs come with their trips, loaded with
            everything.
        dropped: events that are not wanted any more, likewise.
        is_public: make all of it public; otherwise new trips and events are drafts.
    """

    library: Library
    trips: tuple[WantedTrip, ...]
    dropped: tuple[Event, ...]
    kind: ActivityKind
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class Against:
    """Something that stands against a wish.

    Attributes:
        code: ``rule``; ``in_use`` for an event that bookings or results refer to and that is not
            wanted; ``venue_busy``, ``trip_busy``, ``vehicle_busy`` or ``member_busy``.
        message: in the active language.
        number: which of the wanted trips it is about, if it is one.
        event: which stored event, if it is one.
        findings: for ``rule``, what the rules found that was not overridden before.
    """

    code: str
    message: str
    number: int | None = None
    event: Event | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def can_be_overridden(self) -> bool:
        """Whether a reason helps against it."""
        return bool(self.findings) and all(one.is_soft for one in self.findings)


class WishRefused(RuleBroken):
    """Something stands against a wish, so nothing of it was done.

    Attributes:
        against: all of it.
    """

    def __init__(self, against: Sequence[Against]) -> None:
        self.against = tuple(against)
        super().__init__([finding for one in against for finding in one.findings])

    @property
    def message(self) -> str:
        """What stands against it, each once."""
        return " ".join(dict.fromkeys(one.message for one in self.against))


@dataclass(slots=True)
class _Run:
    """A wanted trip as it will be.

    Attributes:
        before: as it was; ``None`` for a new one.
        is_changed: whether anything of it has to be written.
    """

    wanted: WantedTrip
    trip: Trip
    before: Trip | None
    events: list[Event]
    shape: TripShape
    is_changed: bool


@dataclass(slots=True)
class Draft:
    """A wish worked out: what will be written, and what stands against it.

    Attributes:
        events: of each wanted trip, its events as they will be; new ones have no key yet.
    """

    wish: Wish
    now: datetime
    runs: list[_Run]
    batch: batches.Batch
    former_duties: list[Duty]
    former_pauses: list[TripPause]
    against: list[Against] = field(default_factory=list)
    soft: dict[int, list[Finding]] = field(default_factory=dict)

    @property
    def events(self) -> list[list[Event]]:
        """Of each wanted trip, its events."""
        return [run.events for run in self.runs]

    @property
    def trips(self) -> list[Trip]:
        """The wanted trips as they will be."""
        return [run.trip for run in self.runs]

    @property
    def changed_trips(self) -> int:
        """How many stored trips change."""
        return sum(run.is_changed and run.before is not None for run in self.runs)


def work_out(wish: Wish, *, now: datetime | None = None, asks_rules: bool = True) -> Draft:
    """Return what a wish means, and everything that stands against it; nothing is written.

    A fixed number of queries for 500 records each.

    Args:
        asks_rules: otherwise only what is taken, booked or held stands against it; such a draft is
            to be looked at and not to be carried out.
    """
    moment = now or clock.now()
    communes = _Communes()
    runs = [_run(wish, wanted, communes) for wanted in wish.trips]
    draft = _draft(wish, runs, moment)
    draft.against += _in_use(wish)
    draft.against += _taken(draft)
    if asks_rules:
        _ask(draft)
    return draft


@transaction.atomic
def carry_out(
    draft: Draft,
    *,
    actor: User,
    reason: str,
    why: Reason | None = None,
    note: str = "",
    override_reason: str = "",
) -> None:
    """Do what was worked out in the same transaction; the library is held (:func:`hold`).

    Args:
        reason: for the audit trail.
        why: why events are called off; needed if some are.
        note: on calling off, for readers.
        override_reason: why soft rules should not hold; recorded with each trip that breaks one.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        WishRefused: naming everything that stands against it.
        Conflict: if something was changed meanwhile.
    """
    library = draft.wish.library
    rules.authorise(actor, library.pk)
    may_override = bool(override_reason.strip()) and actor.may(Action.OVERRIDE_RULES, library.pk)
    refusing = [one for one in draft.against if not (may_override and one.can_be_overridden)]
    if refusing:
        raise WishRefused(draft.against)
    _write(draft, actor=actor, reason=reason, why=why, note=note)
    _record(draft, actor=actor, reason=override_reason)
    if draft.wish.is_public:
        _publish(draft, actor=actor, reason=reason, override_reason=override_reason)


def hold(library: Library) -> None:
    """Let nobody else change many events of a library until the transaction ends."""
    batches.hold(library)


# --- What it means -----------------------------------------------------------------------------


def _run(wish: Wish, wanted: WantedTrip, communes: _Communes) -> _Run:
    before = wanted.trip
    trip = copy.copy(before) if before is not None else Trip(library=wish.library)
    trip.vehicle = wanted.vehicle
    trip.departs_at, trip.returns_at = wanted.departs_at, wanted.returns_at
    told = any(visit.event is not None and visit.event.is_published for visit in wanted.visits)
    if told and trip.state == State.DRAFT:
        # Readers know of the visit: the trip it joins is no secret.
        trip.state = State.PUBLISHED
    events = [_event(wish, visit, trip, communes) for visit in wanted.visits]
    is_draft = trip.state == State.DRAFT and not wish.is_public
    shape = TripShape(
        vehicle=wanted.vehicle,
        departs_at=wanted.departs_at,
        returns_at=wanted.returns_at,
        crew=list(wanted.crew),
        events=[event if event.pk is not None else _unstored(event, wish.kind) for event in events],
        pauses=list(wanted.pauses),
        is_draft=is_draft,
        left=_left(wanted),
    )
    return _Run(wanted, trip, before, events, shape, is_changed=_differs(wanted, trip))


def _event(wish: Wish, visit: WantedVisit, trip: Trip, communes: _Communes) -> Event:
    day = clock.local(visit.starts_at, wish.library.zone).date()
    if visit.event is None:
        return Event(
            library=wish.library,
            trip=trip,
            venue=visit.venue,
            commune=communes.of(visit.venue, day),
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            title=f"{wish.kind.name_vi} – {visit.venue.name}"[:160],
        )
    event = copy.copy(visit.event)
    event.trip = trip
    if visit.starts_at != event.starts_at:
        event.commune = communes.of(visit.venue, day)
    event.starts_at, event.ends_at = visit.starts_at, visit.ends_at
    return event


def _unstored(event: Event, kind: ActivityKind) -> EventInput:
    return EventInput(
        event.venue, event.starts_at, event.ends_at, (ActivityInput(kind),), event.title
    )


def _left(wanted: WantedTrip) -> frozenset[datetime]:
    """Return the instants that stay where they were: what is left there is not put there."""
    moments = {visit.event.starts_at for visit in wanted.visits if visit.event is not None}
    if wanted.trip is not None:
        moments.add(wanted.trip.departs_at)
    return frozenset(moments)


def _differs(wanted: WantedTrip, trip: Trip) -> bool:
    before = wanted.trip
    if before is None:
        return True
    standing = {event.pk for event in before.events.all() if not event.is_cancelled}
    return (
        before.vehicle_id != wanted.vehicle.pk
        or before.state != trip.state
        or (before.departs_at, before.returns_at) != (wanted.departs_at, wanted.returns_at)
        or standing != {visit.event.pk if visit.event else None for visit in wanted.visits}
        or any(_moves(visit) for visit in wanted.visits)
        or _crew(before) != {member.pk: role for member, role in wanted.crew}
        or _pauses(before) != sorted(wanted.pauses, key=lambda one: one.starts_at)
    )


def _moves(visit: WantedVisit) -> bool:
    event = visit.event
    return event is not None and (
        (event.starts_at, event.ends_at) != (visit.starts_at, visit.ends_at)
    )


def _crew(trip: Trip) -> dict[int, str]:
    return {duty.member_id: duty.role for duty in trip.duties.all()}


def _pauses(trip: Trip) -> list[PauseInput]:
    return [PauseInput.of(pause) for pause in trip.pauses.all()]


def _draft(wish: Wish, runs: list[_Run], now: datetime) -> Draft:
    batch = batches.Batch()
    draft = Draft(wish, now, runs, batch, [], [])
    for run in runs:
        _put_trip(draft, run)
        _put_events(batch, run, wish.kind)
    kept = {event.pk for run in runs for event in run.events if event.pk is not None}
    _drop(batch, wish.dropped)
    _leave(batch, wish, runs, kept)
    return draft


def _put_trip(draft: Draft, run: _Run) -> None:
    """Note what is to be written of a trip: itself, its crew and its pauses."""
    batch, before, trip = draft.batch, run.before, run.trip
    crew = {member.pk: (member, role) for member, role in run.wanted.crew}
    if before is None:
        batch.new_trips.append(trip)
    elif not run.is_changed:
        return
    else:
        batch.trips[trip.uid] = trip
        for duty in before.duties.all():
            if duty.member_id in crew and crew[duty.member_id][1] == duty.role:
                del crew[duty.member_id]
                duty = copy.copy(duty)
                duty.starts_at, duty.ends_at = trip.departs_at, trip.returns_at
                duty.is_standing = True
                batch.duties[duty.pk] = duty
            else:
                draft.former_duties.append(duty)
    batch.new_duties += [
        Duty(
            member=member,
            role=role,
            trip=trip,
            starts_at=trip.departs_at,
            ends_at=trip.returns_at,
        )
        for member, role in crew.values()
    ]
    wanted = sorted(run.wanted.pauses, key=lambda one: one.starts_at)
    if before is not None and _pauses(before) == wanted:
        return
    draft.former_pauses += list(before.pauses.all()) if before is not None else []
    batch.new_pauses += [
        TripPause(
            trip=trip,
            kind=one.kind,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            venue=one.venue,
            place=one.place,
        )
        for one in wanted
    ]


def _put_events(batch: batches.Batch, run: _Run, kind: ActivityKind) -> None:
    for visit, event in zip(run.wanted.visits, run.events, strict=True):
        was = visit.event
        if was is None:
            batch.new_events.append(event)
            batch.new_activities.append(Activity(event=event, kind=kind, position=0))
        elif _moves(visit):
            batch.moved[event.uid] = batches.Moved(event, was.starts_at, was.ends_at, was.venue)
        elif run.before is None or was.trip_id != run.before.pk:
            batch.changed[event.uid] = event


def _drop(batch: batches.Batch, dropped: Iterable[Event]) -> None:
    for event in dropped:
        if event.published_at is None:
            batch.removed.append(event)
        else:
            batch.cancelled.append(copy.copy(event))


def _leave(batch: batches.Batch, wish: Wish, runs: Sequence[_Run], kept: set[int]) -> None:
    """Let go of the trips that all their events have left."""
    stay = {run.before.pk for run in runs if run.before is not None}
    events = [visit.event for run in runs for visit in run.wanted.visits if visit.event]
    gone = kept | {event.pk for event in wish.dropped}
    sources = {
        event.trip.pk: event.trip for event in [*events, *wish.dropped] if event.trip is not None
    }
    for key, trip in sources.items():
        if key in stay:
            continue
        rest = [event for event in trip.events.all() if event.pk not in gone]
        called_off = [event for event in wish.dropped if event.trip_id == key]
        if any(not event.is_cancelled for event in rest):
            batch.trips[trip.uid] = copy.copy(trip)
        elif rest or trip.state == State.PUBLISHED or any(one.published_at for one in called_off):
            batch.released_trips.append(copy.copy(trip))
        else:
            batch.removed_trips.append(trip)


class _Communes:
    """The communes of venues on days, looked up once for each venue and change of units."""

    def __init__(self) -> None:
        self._changed: dict[tuple[int, date], AdministrativeUnit | None] = {}

    def of(self, venue: Venue, day: date) -> AdministrativeUnit | None:
        commune = venue.commune
        if commune is None:
            return None
        if commune.valid_from <= day and (commune.valid_to is None or day < commune.valid_to):
            return commune
        key = (venue.pk, day)
        if key not in self._changed:
            self._changed[key] = commune_of(venue, day)
        return self._changed[key]


# --- What stands against it --------------------------------------------------------------------


def _in_use(wish: Wish) -> list[Against]:
    used = in_bulk.in_use(wish.dropped)
    return [
        Against(
            "in_use",
            _("“%(what)s” on %(day)s is not in the plan, but bookings or results refer to it.")
            % {
                "what": event.title,
                "day": f"{clock.local(event.starts_at, wish.library.zone):%d/%m/%Y}",
            },
            event=event,
        )
        for event in wish.dropped
        if event.pk in used
    ]


def _taken(draft: Draft) -> list[Against]:
    """Return where vehicles, people and venues are taken by what is none of the plan's."""
    batch = draft.batch
    changed = [run for run in draft.runs if run.is_changed]
    events = [event for run in changed for event in run.events]
    leaving = [*batch.removed, *batch.cancelled, *events]
    trips = [*batch.trips.values(), *batch.removed_trips, *batch.released_trips]
    duties = [
        Duty(
            member=member,
            role=role,
            trip=run.trip,
            starts_at=run.trip.departs_at,
            ends_at=run.trip.returns_at,
        )
        for run in changed
        for member, role in run.wanted.crew
    ]
    staying = {trip.pk for trip in batch.trips.values()} - {run.trip.pk for run in changed}
    wanted = checks.Wanted(
        events=events,
        trips=[run.trip for run in changed],
        duties=duties,
        lifted_events={event.pk for event in leaving if event.pk is not None},
        lifted_trips={trip.pk for trip in trips if trip.pk is not None} - staying,
    )
    number_of = {id(run.trip): number for number, run in enumerate(draft.runs)}
    found = []
    for one in checks.obstacles(wanted):
        trip = one.wanted if isinstance(one.wanted, Trip) else one.wanted.trip
        number = number_of.get(id(trip))
        found.append(Against(one.code, one.message, number=number, event=one.taken_by))
    return found


def _ask(draft: Draft) -> None:
    """Ask the rules about every trip that changes, as all of it will stand."""
    changed = [(number, run) for number, run in enumerate(draft.runs) if run.is_changed]
    shapes = {
        number: TripShape(
            vehicle=run.shape.vehicle,
            departs_at=run.shape.departs_at,
            returns_at=run.shape.returns_at,
            crew=run.shape.crew,
            events=run.shape.events,
            pauses=run.shape.pauses,
            is_draft=run.shape.is_draft,
            key=run.before.pk if run.before is not None else -1 - number,
            left=run.shape.left,
        )
        for number, run in changed
    }
    former = {
        number: TripShape.of(run.before, is_draft=True)
        for number, run in changed
        if run.before is not None and run.before.state == State.DRAFT
    }
    if not shapes:
        return
    gone = [*draft.batch.removed_trips, *draft.batch.released_trips]
    book = Rulebook(
        draft.wish.library,
        [*shapes.values(), *former.values()],
        now=draft.now,
        moving=list(shapes.values()),
        called_off=[trip.pk for trip in gone],
    )
    for number, run in changed:
        already = rules.overridden(run.before) if run.before is not None else frozenset()
        if number in former:
            already |= {one.mark for one in book.trip_findings(former[number])}
        findings = book.trip_findings(shapes[number])
        hard = [one for one in findings if one.is_hard]
        soft = [one for one in findings if one.is_soft and one.mark not in already]
        draft.soft[number] = soft
        if hard or soft:
            message = " ".join(one.message for one in [*hard, *soft])
            draft.against.append(Against("rule", message, number=number, findings=(*hard, *soft)))


# --- Writing it --------------------------------------------------------------------------------


def _write(draft: Draft, *, actor: User, reason: str, why: Reason | None, note: str) -> None:
    batch, now = draft.batch, draft.now
    if batch.is_empty:
        return
    for duties in bulk.in_parts(draft.former_duties):
        bulk.delete(Duty, duties, by=actor, at=now, reason=reason)
    for pauses in bulk.in_parts(draft.former_pauses):
        bulk.delete(TripPause, pauses, by=actor, at=now, reason=reason)
    batches.store(batch, actor=actor, now=now, reason=reason, why=why, note=note)
    told = {*batch.moved, *batch.changed}
    others = [
        EventChange(Happening.CHANGED, event, actor, reason, now)
        for run in draft.runs
        if run.is_changed and run.before is not None
        for event, visit in zip(run.events, run.wanted.visits, strict=True)
        if visit.event is not None and event.uid not in told
    ]
    if others:
        tell_all(others)


def _record(draft: Draft, *, actor: User, reason: str) -> None:
    """Keep which rules were overridden, and let lapse what is no longer so."""
    RuleOverride.objects.bulk_create(
        [
            RuleOverride(
                trip=draft.runs[number].trip,
                rule=finding.rule,
                params=finding.params,
                finding=finding.message,
                reason=reason.strip(),
                actor=actor,
                made_at=draft.now,
            )
            for number, findings in draft.soft.items()
            for finding in findings
        ],
        batch_size=1000,
    )
    overrides.review(now=draft.now, trips=[trip.pk for trip in draft.batch.trips.values()])


def _publish(draft: Draft, *, actor: User, reason: str, override_reason: str) -> None:
    keys = [trip.pk for trip in draft.trips]
    try:
        publish_many(
            actor=actor,
            library=draft.wish.library,
            trips=Trip.objects.filter(pk__in=keys),
            events=Event.objects.none(),
            reason=reason,
            override_reason=override_reason,
            now=draft.now,
        )
    except ManyRefused as refused:
        raise WishRefused(
            [
                Against(
                    "rule",
                    " ".join(finding.message for finding in one.findings),
                    number=keys.index(one.trip.pk) if one.trip is not None else None,
                    findings=one.findings,
                )
                for one in refused.obstacles
            ]
        ) from refused
