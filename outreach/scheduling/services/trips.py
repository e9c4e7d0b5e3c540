"""Scheduling, changing, moving, publishing and cancelling trips."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import Library, User
from outreach.common import audit, clock
from outreach.common.errors import Conflict, InvalidInput
from outreach.fleet.models import Vehicle
from outreach.scheduling import clashes
from outreach.scheduling.followers import Happening
from outreach.scheduling.models import Activity, Duty, Event, Reason, State, Trip, new_uid
from outreach.scheduling.rulebook import public_beginnings
from outreach.scheduling.services import overrides, records, rules
from outreach.scheduling.services import pauses as pause_rows
from outreach.scheduling.services.inputs import CrewInput, EventInput, PauseInput


@transaction.atomic
def schedule_trip(
    *,
    actor: User,
    library: Library,
    vehicle: Vehicle,
    departs_at: datetime,
    returns_at: datetime,
    crew: CrewInput,
    events: Sequence[EventInput] = (),
    pauses: Sequence[PauseInput] = (),
    note: str = "",
    reason: str = "",
    override_reason: str = "",
    uid: str = "",
    now: datetime | None = None,
) -> Trip:
    """Schedule a draft trip with its crew and events, all or nothing.

    Args:
        actor: who schedules; must schedule for ``library``.
        departs_at: when the vehicle leaves its base.
        returns_at: when it is back; after ``departs_at``.
        crew: who goes; may be empty while the trip is a draft.
        events: the stops, in any order, between departure and return.
        pauses: lunch, rests and nights, between departure and return.
        note: for the crew.
        reason: why, for the audit trail.
        override_reason: why soft rules should not hold here; recorded with each of them.
        uid: names the request: sent again under the same one, it returns what was stored first. It
            becomes the trip's own.
        now: the present instant.

    Raises:
        NotAllowed: if ``actor`` does not schedule for ``library``.
        InvalidInput: if a vehicle, person or venue belongs to another library, or two pauses
            share a moment.
        RuleBroken: if a rule refuses the trip.
        Clash: if the vehicle, a person or a venue is taken at that time.
        Conflict: if another library has taken the ``uid``.
    """
    rules.authorise(actor, library.pk)
    if uid and (made := records.made_before(Trip, uid, library)):
        return made
    venues = [event.venue for event in events]
    records.check_ownership(library, vehicle, *crew.members, *venues)
    moment = now or clock.now()
    findings = rules.trip_findings(
        vehicle=vehicle,
        departs_at=departs_at,
        returns_at=returns_at,
        crew=crew,
        events=events,
        pauses=pauses,
        now=moment,
    )
    rules.refuse_hard(findings)
    trip = Trip(
        uid=uid or new_uid(),
        library=library,
        vehicle=vehicle,
        departs_at=departs_at,
        returns_at=returns_at,
        note=note,
    )
    clashes.save(trip, actor=actor, reason=reason)
    records.set_crew(crew, trip, actor=actor, reason=reason)
    pause_rows.store(trip, pauses, actor=actor, reason=reason)
    stops = [
        records.add_event(library, wanted, trip=trip, actor=actor, reason=reason)
        for wanted in sorted(events, key=lambda event: event.starts_at)
    ]
    overridden = rules.settle(
        findings, actor=actor, library_id=library.pk, override_reason=override_reason
    )
    rules.record_overrides(overridden, actor=actor, reason=override_reason, now=moment, trip=trip)
    for event in stops:
        records.announce(Happening.SCHEDULED, event, actor=actor, reason=reason, now=moment)
    return trip


@transaction.atomic
def change_trip(
    *,
    actor: User,
    trip: Trip,
    vehicle: Vehicle,
    departs_at: datetime,
    returns_at: datetime,
    crew: CrewInput,
    note: str = "",
    pauses: Sequence[PauseInput] | None = None,
    reason: str = "",
    override_reason: str = "",
    stood: frozenset[str] = frozenset(),
    expected_revision: int | None = None,
    now: datetime | None = None,
) -> Trip:
    """Change a trip's vehicle, crew, departure, return and note; its events stay where they are.

    Args:
        pauses: lunch, rests and nights from now on; ``None`` leaves them.
        stood: marks of findings that need no new reason, because they stood before a change that
            is now taken back.

    Raises:
        NotAllowed, InvalidInput, RuleBroken, Clash: as in :func:`schedule_trip`.
        Conflict: if the trip is cancelled.
        StaleWrite: if somebody changed it since ``expected_revision``.
    """
    rules.authorise(actor, trip.library_id)
    trip = records.lock_trip(trip)
    records.check_revision(trip, expected_revision)
    _refuse_cancelled(trip)
    records.check_ownership(trip.library, vehicle, *crew.members)
    moment = now or clock.now()
    already = rules.standing(trip) | stood
    standing = trip.events.standing().select_related("venue").prefetch_related("activities")
    events = list(standing)
    findings = rules.trip_findings(
        vehicle=vehicle,
        departs_at=departs_at,
        returns_at=returns_at,
        crew=crew,
        events=events,
        is_draft=trip.state == State.DRAFT,
        trip=trip,
        pauses=list(trip.pauses.select_related("venue")) if pauses is None else pauses,
        now=moment,
        left=rules.beginnings(trip),
    )
    rules.refuse_hard(findings)
    trip.vehicle, trip.departs_at, trip.returns_at, trip.note = (
        vehicle,
        departs_at,
        returns_at,
        note,
    )
    _save(trip, actor=actor, reason=reason)
    records.set_crew(crew, trip, actor=actor, reason=reason)
    if pauses is not None:
        pause_rows.store(trip, pauses, actor=actor, reason=reason)
    overridden = rules.settle(
        findings,
        actor=actor,
        library_id=trip.library_id,
        override_reason=override_reason,
        already=already,
    )
    rules.record_overrides(overridden, actor=actor, reason=override_reason, now=moment, trip=trip)
    overrides.review(now=moment, trips=[trip.pk], again=stood)
    for event in trip.events.standing():
        records.announce(Happening.CHANGED, event, actor=actor, reason=reason, now=moment)
    return trip


@transaction.atomic
def move_trip(
    *,
    actor: User,
    trip: Trip,
    departs_at: datetime,
    reason: str,
    vehicle: Vehicle | None = None,
    crew: CrewInput | None = None,
    override_reason: str = "",
    stood: frozenset[str] = frozenset(),
    expected_revision: int | None = None,
    now: datetime | None = None,
) -> Trip:
    """Move a whole trip so that it departs at ``departs_at``; its events move by the same time.

    Args:
        vehicle: which one goes from now on; ``None`` for the same.
        crew: who goes from now on; ``None`` for the same.
        stood: marks of findings that need no new reason, because they stood before a change that
            is now taken back.

    Raises:
        NotAllowed, InvalidInput, RuleBroken, Clash: as in :func:`schedule_trip`.
        InvalidInput: if a published trip is moved without a reason.
        Conflict: if the trip is cancelled.
        StaleWrite: if somebody changed it since ``expected_revision``.
    """
    rules.authorise(actor, trip.library_id)
    trip = records.lock_trip(trip)
    records.check_revision(trip, expected_revision)
    _refuse_cancelled(trip)
    require_reason(trip, reason)
    moment = now or clock.now()
    shift = departs_at - trip.departs_at
    if not shift and vehicle is None and crew is None:
        return trip
    already, left = rules.standing(trip) | stood, rules.beginnings(trip)
    if vehicle is not None:
        trip.vehicle = vehicle
    crew = crew or CrewInput.of(list(trip.duties.select_related("member")))
    records.check_ownership(trip.library, trip.vehicle, *crew.members)
    trip.departs_at += shift
    trip.returns_at += shift
    _save(trip, actor=actor, reason=reason)
    # Written in the order that never overlaps: those that move later, last one first.
    order = "-starts_at" if shift.total_seconds() > 0 else "starts_at"
    moved = []
    for event in trip.events.standing().select_related("library", "venue__commune").order_by(order):
        before = (event.starts_at, event.ends_at)
        event.starts_at += shift
        event.ends_at += shift
        event.revision += 1
        event.trip = trip
        records.place(event)
        clashes.save(event, actor=actor, reason=reason)
        moved.append((event, before))
    pause_rows.shift(trip, shift, actor=actor, reason=reason)
    records.set_crew(crew, trip, actor=actor, reason=reason)
    overridden = rules.settle(
        rules.stored_trip_findings(trip, now=moment, left=left),
        actor=actor,
        library_id=trip.library_id,
        override_reason=override_reason,
        already=already,
    )
    rules.record_overrides(overridden, actor=actor, reason=override_reason, now=moment, trip=trip)
    overrides.review(now=moment, trips=[trip.pk], again=stood)
    for event, before in sorted(moved, key=lambda pair: pair[0].starts_at):
        records.announce(
            Happening.MOVED, event, actor=actor, reason=reason, now=moment, before=before
        )
    return trip


@transaction.atomic
def publish_trip(
    *,
    actor: User,
    trip: Trip,
    reason: str = "",
    override_reason: str = "",
    expected_revision: int | None = None,
    now: datetime | None = None,
) -> Trip:
    """Make a trip and its draft events public. Publishing twice changes nothing more.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        RuleBroken: if a rule refuses it, above all a crew that is too small.
        Conflict: if the trip is cancelled.
        InvalidInput: if it has no event.
        StaleWrite: if somebody changed it since ``expected_revision``.
    """
    rules.authorise(actor, trip.library_id)
    trip = records.lock_trip(trip)
    records.check_revision(trip, expected_revision)
    _refuse_cancelled(trip)
    moment = now or clock.now()
    if not trip.events.standing().exists():
        raise InvalidInput(_("A trip without events cannot be published."), code="trip_empty")
    drafts = list(trip.events.filter(state=State.DRAFT).select_related("library", "venue"))
    if trip.state == State.PUBLISHED and not drafts:
        return trip
    overridden = rules.settle(
        rules.stored_trip_findings(
            trip,
            is_draft=False,
            now=moment,
            left=public_beginnings(trip, trip.events.standing()),
        ),
        actor=actor,
        library_id=trip.library_id,
        override_reason=override_reason,
        already=rules.overridden(trip),
    )
    rules.record_overrides(overridden, actor=actor, reason=override_reason, now=moment, trip=trip)
    if trip.state != State.PUBLISHED:
        trip.state = State.PUBLISHED
        _save(trip, actor=actor, reason=reason)
    for event in drafts:
        event.trip = trip
        event.state, event.published_at = State.PUBLISHED, moment
        event.revision += 1
        clashes.save(event, actor=actor, reason=reason)
        records.announce(Happening.PUBLISHED, event, actor=actor, reason=reason, now=moment)
    return trip


@transaction.atomic
def cancel_trip(
    *,
    actor: User,
    trip: Trip,
    why: Reason,
    note: str = "",
    expected_revision: int | None = None,
    now: datetime | None = None,
) -> Trip:
    """Call off a trip with all its events; vehicle and crew are free again.

    Cancelling twice changes nothing more.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        StaleWrite: if somebody changed it since ``expected_revision``.
    """
    rules.authorise(actor, trip.library_id)
    trip = records.lock_trip(trip)
    records.check_revision(trip, expected_revision)
    if trip.state == State.CANCELLED:
        return trip
    moment = now or clock.now()
    for event in trip.events.standing().select_related("library", "venue").order_by("starts_at"):
        call_off(event, actor=actor, why=why, note=note, now=moment)
    release(trip, actor=actor, reason=explain(why, note))
    return trip


@transaction.atomic
def remove_trip(
    *,
    actor: User,
    trip: Trip,
    reason: str = "",
    expected_revision: int | None = None,
    now: datetime | None = None,
) -> None:
    """Delete a trip that was never public, with its events.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        Conflict: if the trip or one of its events has been public: then it is cancelled instead;
            or if results or bookings refer to one of its events.
        StaleWrite: if somebody changed it since ``expected_revision``.
    """
    rules.authorise(actor, trip.library_id)
    trip = records.lock_trip(trip)
    records.check_revision(trip, expected_revision)
    if trip.state == State.PUBLISHED or trip.events.filter(published_at__isnull=False).exists():
        raise Conflict(
            _("This has been public: cancel it, so that people see it."), code="was_public"
        )
    moment = now or clock.now()
    for event in trip.events.select_related("library", "venue"):
        records.announce(Happening.REMOVED, event, actor=actor, reason=reason, now=moment)
        erase_event(event, actor=actor, reason=reason)
    for duty in trip.duties.all():
        records.erase(duty, actor=actor, reason=reason)
    pause_rows.erase(trip, actor=actor, reason=reason)
    records.erase(trip, actor=actor, reason=reason)


def erase_event(event: Event, *, actor: User | None, reason: str) -> None:
    """Delete an event with what hangs on it, each with its history; inside a transaction.

    Raises:
        Conflict: if results or bookings refer to it.
    """
    below: list[Activity | Duty] = [*event.activities.all(), *event.duties.all()]
    for record in below:
        records.erase(record, actor=actor, reason=reason)
    records.erase(event, actor=actor, reason=reason)


def explain(why: Reason, note: str) -> str:
    """Return a coded reason and its note as one text for the audit trail."""
    return f"{why.name_vi}. {note}" if note else why.name_vi


def call_off(event: Event, *, actor: User, why: Reason, note: str, now: datetime) -> None:
    """Cancel one stored event and tell the followers; for use inside a transaction."""
    event.state, event.cancel_reason, event.cancel_note = State.CANCELLED, why, note
    event.cancelled_at = now
    event.revision += 1
    reason = explain(why, note)
    clashes.save(event, actor=actor, reason=reason)
    _stand_down(Duty.objects.filter(event=event), actor=actor, reason=reason)
    records.announce(Happening.CANCELLED, event, actor=actor, reason=reason, now=now)


def release(trip: Trip, *, actor: User, reason: str) -> None:
    """Mark a trip as cancelled and free its crew; for use inside a transaction."""
    trip.state = State.CANCELLED
    _save(trip, actor=actor, reason=reason)
    _stand_down(Duty.objects.filter(trip=trip), actor=actor, reason=reason)


def reinstate(trip: Trip, *, actor: User, reason: str) -> None:
    """Bring a cancelled trip and its crew back; for use inside a transaction.

    Raises:
        Clash: if the vehicle or a person has been taken since.
    """
    was_public = trip.events.filter(published_at__isnull=False).exists()
    trip.state = State.PUBLISHED if was_public else State.DRAFT
    _save(trip, actor=actor, reason=reason)
    for duty in trip.duties.select_related("member"):
        duty.is_standing = True
        clashes.save(duty, actor=actor, reason=reason)


def require_reason(owner: Trip | Event, reason: str) -> None:
    """Refuse a silent change of what people have already read.

    Raises:
        InvalidInput: if ``owner`` is published and ``reason`` is empty.
    """
    if owner.state == State.PUBLISHED and not reason.strip():
        raise InvalidInput(
            _("Please say why: readers and the host have already been told."),
            code="reason_missing",
            field="reason",
        )


def _save(trip: Trip, *, actor: User, reason: str) -> None:
    trip.revision += 1
    clashes.save(trip, actor=actor, reason=reason)


def _refuse_cancelled(trip: Trip) -> None:
    if trip.state == State.CANCELLED:
        raise Conflict(_("This trip is cancelled."), code="cancelled")


def _stand_down(duties: Iterable[Duty], *, actor: User, reason: str) -> None:
    for duty in duties:
        duty.is_standing = False
        audit.save(duty, actor=actor, reason=reason)
