"""Scheduling, changing, moving, publishing, cancelling and restoring single events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import Library, User
from outreach.common import clock
from outreach.common.errors import Conflict
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue
from outreach.scheduling import clashes
from outreach.scheduling.domain import Finding
from outreach.scheduling.followers import Happening
from outreach.scheduling.models import Duty, Event, Reason, State, Trip
from outreach.scheduling.rulebook import public_beginnings
from outreach.scheduling.services import overrides, pauses, records, rules, trips
from outreach.scheduling.services.inputs import (
    ActivityInput,
    CrewInput,
    EventInput,
    Expected,
    PauseInput,
)

NOBODY = CrewInput()


@transaction.atomic
def schedule_event(
    *,
    actor: User,
    library: Library,
    event: EventInput,
    crew: CrewInput = NOBODY,
    vehicle: Vehicle | None = None,
    journey: timedelta = timedelta(0),
    reason: str = "",
    override_reason: str = "",
    uid: str = "",
    now: datetime | None = None,
) -> Event:
    """Schedule one draft event; with a vehicle, as a trip of its own.

    Args:
        actor: who schedules; must schedule for ``library``.
        crew: who serves there.
        vehicle: what they come with, if they need one.
        journey: how long the way takes, each way; only with a vehicle.
        uid: names the request: sent again under the same one, it returns what was stored first. It
            becomes the event's (with a vehicle, the trip's) own.

    Raises:
        NotAllowed, InvalidInput, RuleBroken, Clash: as in
            :func:`outreach.scheduling.services.trips.schedule_trip`.
        Conflict: if another library has taken the ``uid``.
    """
    if vehicle is not None:
        trip = trips.schedule_trip(
            actor=actor,
            library=library,
            vehicle=vehicle,
            departs_at=event.starts_at - journey,
            returns_at=event.ends_at + journey,
            crew=crew,
            events=[event],
            reason=reason,
            override_reason=override_reason,
            uid=uid,
            now=now,
        )
        return trip.events.get()
    rules.authorise(actor, library.pk)
    if uid and (made := records.made_before(Event, uid, library)):
        return made
    records.check_ownership(library, event.venue, *crew.members)
    moment = now or clock.now()
    findings = rules.event_findings(event, crew, library, now=moment)
    rules.refuse_hard(findings)
    stored = records.add_event(library, event, trip=None, actor=actor, reason=reason, uid=uid)
    records.set_crew(crew, stored, actor=actor, reason=reason)
    overridden = rules.settle(
        findings, actor=actor, library_id=library.pk, override_reason=override_reason
    )
    rules.record_overrides(
        overridden, actor=actor, reason=override_reason, now=moment, event=stored
    )
    records.announce(Happening.SCHEDULED, stored, actor=actor, reason=reason, now=moment)
    return stored


@transaction.atomic
def add_stop(
    *,
    actor: User,
    trip: Trip,
    event: EventInput,
    reason: str = "",
    override_reason: str = "",
    expected_revision: int | None = None,
    now: datetime | None = None,
) -> Event:
    """Add a draft event to a trip.

    Raises:
        NotAllowed, InvalidInput, RuleBroken, Clash: as for a new trip.
        Conflict: if the trip is cancelled.
        StaleWrite: if somebody changed the trip since ``expected_revision``.
    """
    rules.authorise(actor, trip.library_id)
    trip = records.lock_trip(trip)
    records.check_revision(trip, expected_revision)
    if trip.state == State.CANCELLED:
        raise Conflict(_("This trip is cancelled."), code="cancelled")
    records.check_ownership(trip.library, event.venue)
    moment = now or clock.now()
    standing = trip.events.standing().select_related("venue").prefetch_related("activities")
    already = rules.standing(trip)
    findings = rules.trip_findings(
        vehicle=trip.vehicle,
        departs_at=trip.departs_at,
        returns_at=trip.returns_at,
        crew=CrewInput.of(list(trip.duties.select_related("member"))),
        # The new one last: the rules name events by their place.
        events=[*standing, event],
        is_draft=trip.state == State.DRAFT,
        trip=trip,
        pauses=list(trip.pauses.select_related("venue")),
        now=moment,
        left=rules.beginnings(trip),
    )
    rules.refuse_hard(findings)
    stored = records.add_event(trip.library, event, trip=trip, actor=actor, reason=reason)
    overridden = rules.settle(
        findings,
        actor=actor,
        library_id=trip.library_id,
        override_reason=override_reason,
        already=already,
    )
    rules.record_overrides(overridden, actor=actor, reason=override_reason, now=moment, trip=trip)
    overrides.review(now=moment, trips=[trip.pk])
    records.announce(Happening.SCHEDULED, stored, actor=actor, reason=reason, now=moment)
    return stored


@transaction.atomic
def change_event(
    *,
    actor: User,
    event: Event,
    title: str,
    note: str,
    activities: Sequence[ActivityInput],
    shares_venue: bool = False,
    crew: CrewInput | None = None,
    expected: Expected | None = None,
    reason: str = "",
    override_reason: str = "",
    expected_revision: int | None = None,
    now: datetime | None = None,
) -> Event:
    """Change what is said about an event and what happens in it, not when and where.

    Args:
        crew: for an event without a trip, who serves; ``None`` leaves them.
        expected: how many are expected; ``None`` leaves what was said of it.

    Raises:
        NotAllowed, RuleBroken, Clash: as for a new event.
        Conflict: if the event is cancelled.
        StaleWrite: if somebody changed it since ``expected_revision``.
    """
    rules.authorise(actor, event.library_id)
    event = records.lock_event(event)
    records.check_revision(event, expected_revision)
    _refuse_cancelled(event)
    moment = now or clock.now()
    already = rules.standing(event)
    event.title, event.note, event.shares_venue = title, note, shares_venue
    if expected is not None:
        event.expected_people, event.expected_classes = expected.people, expected.classes
        event.asked_on = expected.asked_on or event.asked_on
    event.revision += 1
    clashes.save(event, actor=actor, reason=reason)
    records.set_activities(event, activities, actor=actor, reason=reason)
    if crew is not None and event.trip is None:
        records.check_ownership(event.library, *crew.members)
        records.set_crew(crew, event, actor=actor, reason=reason)
    # What was read before the rows were replaced must not answer the rules.
    event = records.lock_event(event)
    _settle(event, actor=actor, override_reason=override_reason, now=moment, already=already)
    overrides.review_owner(event, now=moment)
    records.announce(Happening.CHANGED, event, actor=actor, reason=reason, now=moment)
    return event


@transaction.atomic
def move_event(
    *,
    actor: User,
    event: Event,
    starts_at: datetime,
    ends_at: datetime,
    venue: Venue | None = None,
    reason: str,
    override_reason: str = "",
    stood: frozenset[str] = frozenset(),
    expected_revision: int | None = None,
    now: datetime | None = None,
) -> Event:
    """Move an event in time, place, or both.

    The only event of a trip takes the trip along; one of several must stay between the trip's
    departure and return.

    Args:
        stood: marks of findings that need no new reason, because they stood before a change that
            is now taken back.

    Raises:
        NotAllowed, RuleBroken, Clash: as for a new event.
        InvalidInput: if a published event is moved without a reason.
        Conflict: if the event is cancelled.
        StaleWrite: if somebody changed it since ``expected_revision``.
    """
    rules.authorise(actor, event.library_id)
    event = records.lock_event(event)
    records.check_revision(event, expected_revision)
    _refuse_cancelled(event)
    trips.require_reason(event, reason)
    moment = now or clock.now()
    before, previous_venue = (event.starts_at, event.ends_at), event.venue
    if (before, previous_venue) == ((starts_at, ends_at), venue or previous_venue):
        return event
    already, left = rules.standing(event) | stood, rules.beginnings(event)
    if venue is not None:
        records.check_ownership(event.library, venue)
        event.venue = venue
    event.starts_at, event.ends_at = starts_at, ends_at
    event.revision += 1
    records.place(event)
    findings = _take_along(event, before, actor=actor, reason=reason, now=moment, left=left)
    rules.refuse_hard(findings)
    clashes.save(event, actor=actor, reason=reason)
    if event.trip is None:
        crew = CrewInput.of(list(event.duties.select_related("member")))
        records.set_crew(crew, event, actor=actor, reason=reason)
    _settle(
        event,
        findings,
        actor=actor,
        override_reason=override_reason,
        now=moment,
        already=already,
    )
    overrides.review_owner(event, now=moment, again=stood)
    records.announce(
        Happening.MOVED,
        event,
        actor=actor,
        reason=reason,
        now=moment,
        before=before,
        previous_venue=previous_venue,
    )
    return event


@transaction.atomic
def publish_event(
    *,
    actor: User,
    event: Event,
    reason: str = "",
    override_reason: str = "",
    expected_revision: int | None = None,
    now: datetime | None = None,
) -> Event:
    """Make one draft event public; an event of a trip is published with its trip.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        RuleBroken: if a rule refuses it.
        Conflict: if the event or its trip is cancelled, or its trip is still a draft.
        StaleWrite: if somebody changed it since ``expected_revision``.
    """
    rules.authorise(actor, event.library_id)
    event = records.lock_event(event)
    records.check_revision(event, expected_revision)
    _refuse_cancelled(event)
    if event.trip is not None and event.trip.state != State.PUBLISHED:
        raise Conflict(_("Publish the trip: its events go with it."), code="trip_is_draft")
    if event.state == State.PUBLISHED:
        return event
    moment = now or clock.now()
    findings = _findings_of_publishing(event, moment)
    _settle(event, findings, actor=actor, override_reason=override_reason, now=moment)
    event.state, event.published_at = State.PUBLISHED, moment
    event.revision += 1
    clashes.save(event, actor=actor, reason=reason)
    records.announce(Happening.PUBLISHED, event, actor=actor, reason=reason, now=moment)
    return event


@transaction.atomic
def cancel_event(
    *,
    actor: User,
    event: Event,
    why: Reason,
    note: str = "",
    expected_revision: int | None = None,
    now: datetime | None = None,
) -> Event:
    """Call off one event. A trip whose last event is called off is cancelled with it.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        StaleWrite: if somebody changed it since ``expected_revision``.
    """
    rules.authorise(actor, event.library_id)
    event = records.lock_event(event)
    records.check_revision(event, expected_revision)
    if event.state == State.CANCELLED:
        return event
    moment = now or clock.now()
    trips.call_off(event, actor=actor, why=why, note=note, now=moment)
    if event.trip is not None and not event.trip.events.standing().exists():
        trips.release(event.trip, actor=actor, reason=trips.explain(why, note))
    elif event.trip is not None:
        overrides.review_owner(event.trip, now=moment)
    return event


@transaction.atomic
def restore_event(
    *,
    actor: User,
    event: Event,
    reason: str = "",
    override_reason: str = "",
    expected_revision: int | None = None,
    now: datetime | None = None,
) -> Event:
    """Undo a cancellation: the event is as public as it was before.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        RuleBroken: if a rule refuses it now, such as a trip that has moved away since.
        Conflict: if the event is not cancelled.
        Clash: if vehicle, crew or venue have been taken since.
        StaleWrite: if somebody changed it since ``expected_revision``.
    """
    rules.authorise(actor, event.library_id)
    event = records.lock_event(event)
    records.check_revision(event, expected_revision)
    if event.state != State.CANCELLED:
        raise Conflict(_("This event is not cancelled."), code="not_cancelled")
    if event.trip is not None and event.trip.state == State.CANCELLED:
        trips.reinstate(event.trip, actor=actor, reason=reason)
    moment = now or clock.now()
    event.state = State.PUBLISHED if event.published_at else State.DRAFT
    event.cancel_reason, event.cancel_note, event.cancelled_at = None, "", None
    event.revision += 1
    clashes.save(event, actor=actor, reason=reason)
    for duty in Duty.objects.filter(event=event).select_related("member"):
        duty.is_standing = True
        clashes.save(duty, actor=actor, reason=reason)
    already = rules.ever_overridden(event.trip or event)
    _settle(event, actor=actor, override_reason=override_reason, now=moment, already=already)
    overrides.review_owner(event, now=moment, again=already)
    records.announce(Happening.RESTORED, event, actor=actor, reason=reason, now=moment)
    return event


@transaction.atomic
def remove_event(
    *,
    actor: User,
    event: Event,
    reason: str = "",
    expected_revision: int | None = None,
    now: datetime | None = None,
) -> None:
    """Delete an event that was never public.

    A published trip whose last standing event goes is cancelled with it.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        Conflict: if it has been public: then it is cancelled instead; or if results or bookings
            refer to it.
        StaleWrite: if somebody changed it since ``expected_revision``.
    """
    rules.authorise(actor, event.library_id)
    event = records.lock_event(event)
    records.check_revision(event, expected_revision)
    if event.published_at is not None:
        raise Conflict(
            _("This has been public: cancel it, so that people see it."), code="was_public"
        )
    moment = now or clock.now()
    records.announce(Happening.REMOVED, event, actor=actor, reason=reason, now=moment)
    trips.erase_event(event, actor=actor, reason=reason)
    trip = event.trip
    if trip is not None and trip.state == State.PUBLISHED and not trip.events.standing().exists():
        trips.release(trip, actor=actor, reason=reason)
    elif trip is not None:
        overrides.review_owner(trip, now=moment)


def _take_along(
    event: Event,
    before: tuple[datetime, datetime],
    *,
    actor: User,
    reason: str,
    now: datetime,
    left: frozenset[datetime],
) -> list[Finding]:
    """Ask the rules about a moved event; move the trip first if this is its only event."""
    trip = event.trip
    if trip is None:
        crew = CrewInput.of(list(event.duties.select_related("member")))
        return rules.event_findings(event, crew, now=now, left=left)
    standing = trip.events.standing().exclude(pk=event.pk)
    others = list(standing.select_related("venue").prefetch_related("activities"))
    crew = CrewInput.of(list(trip.duties.select_related("member")))
    resting = [PauseInput.of(pause) for pause in trip.pauses.select_related("venue")]
    shift = event.starts_at - before[0]
    if not others:
        trip.departs_at += shift
        trip.returns_at += event.ends_at - before[1]
        resting = [pause.moved(shift) for pause in resting]
    findings = rules.trip_findings(
        vehicle=trip.vehicle,
        departs_at=trip.departs_at,
        returns_at=trip.returns_at,
        crew=crew,
        events=[*others, event],
        is_draft=trip.state == State.DRAFT,
        trip=trip,
        pauses=resting,
        now=now,
        left=left,
    )
    if not others and not any(finding.is_hard for finding in findings):
        trip.revision += 1
        clashes.save(trip, actor=actor, reason=reason)
        records.set_crew(crew, trip, actor=actor, reason=reason)
        pauses.shift(trip, shift, actor=actor, reason=reason)
    return findings


def _findings_of_publishing(event: Event, now: datetime) -> list[Finding]:
    if event.trip is None:
        crew = CrewInput.of(list(event.duties.select_related("member")))
        return rules.event_findings(event, crew, now=now)
    left = public_beginnings(event.trip, event.trip.events.standing())
    return rules.stored_trip_findings(event.trip, now=now, left=left)


def _findings(event: Event) -> list[Finding]:
    if event.trip is not None:
        return rules.stored_trip_findings(event.trip)
    return rules.event_findings(event, CrewInput.of(list(event.duties.select_related("member"))))


def _settle(
    event: Event,
    findings: list[Finding] | None = None,
    *,
    actor: User,
    override_reason: str,
    now: datetime,
    already: frozenset[str] | None = None,
) -> None:
    """Let the rules decide about an event as it stands, or as ``findings`` say; record overrides.

    Args:
        already: what needs no new reason; what was overridden before, unless this says otherwise.

    Raises:
        RuleBroken: if they refuse.
    """
    overridden = rules.settle(
        _findings(event) if findings is None else findings,
        actor=actor,
        library_id=event.library_id,
        override_reason=override_reason,
        already=rules.overridden(event.trip or event) if already is None else already,
    )
    rules.record_overrides(
        overridden,
        actor=actor,
        reason=override_reason,
        now=now,
        trip=event.trip,
        event=None if event.trip else event,
    )


def _refuse_cancelled(event: Event) -> None:
    if event.state == State.CANCELLED:
        raise Conflict(_("This event is cancelled."), code="cancelled")
