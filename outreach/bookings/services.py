"""Asking for visits and answering; pages, and later the API, all call these.

Locks are taken in one order, trip, event, booking: the schedule, whose followers come to the
bookings from the event, takes them in the same one.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.bookings.inputs import VisitInput
from outreach.bookings.models import Booking, RefusalReason
from outreach.common import audit, clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed, NotFound
from outreach.common.locking import locked
from outreach.places.models import Venue
from outreach.scheduling import services as schedule
from outreach.scheduling.models import ActivityKind, Event, State, Trip
from outreach.scheduling.services import ActivityInput, EventInput, Expected

AHEAD = timedelta(days=366)
"""Nobody plans further: a later day is a slip of the hand."""


@transaction.atomic
def request_visit(
    *,
    actor: User,
    venue: Venue,
    kind: ActivityKind,
    wanted_on: date,
    classes: int,
    pupils: int,
    note: str = "",
    now: datetime | None = None,
) -> Booking:
    """Ask for a visit at a venue ``actor`` is a host of.

    Args:
        wanted_on: from tomorrow to a year ahead, by the library's clock.
        classes: 1 to 60.
        pupils: 1 to 5,000.

    Raises:
        NotAllowed: if ``actor`` is no host of the venue.
        InvalidInput: if the venue is no longer visited, or the day is past or too far.
        Conflict: if the venue waits for an answer to the same wish already.
        ValidationError: if a number is out of range.
    """
    if not (actor.may(Action.ASK_FOR_VISITS, venue.library_id) and is_host(actor, venue.pk)):
        raise NotAllowed()
    moment = now or clock.now()
    # The venue is locked so that two taps on a slow phone do not ask twice.
    stored = locked(Venue.objects.select_related("library"), venue.pk)
    if stored is None:
        raise NotFound()
    venue = stored
    if not venue.is_in_use:
        raise InvalidInput(
            _("This venue is no longer visited."), code="venue_retired", field="venue"
        )
    _check_day(wanted_on, clock.local(moment, venue.library.zone).date())
    if Booking.objects.waiting().filter(venue=venue, kind=kind, wanted_on=wanted_on).exists():
        raise Conflict(
            _("Your school has asked for this day already: the library will answer."),
            code="asked_already",
            field="wanted_on",
        )
    booking = Booking(
        library=venue.library,
        venue=venue,
        kind=kind,
        wanted_on=wanted_on,
        classes=classes,
        pupils=pupils,
        note=note,
        asked_by=actor,
        asked_at=moment,
    )
    audit.save(booking, actor=actor)
    return booking


@transaction.atomic
def accept(
    *,
    actor: User,
    booking: Booking,
    event: Event | None = None,
    visit: VisitInput | None = None,
    answer: str = "",
    override_reason: str = "",
    now: datetime | None = None,
) -> Booking:
    """Accept a request, onto an event that is planned or with a new draft event, all or nothing.

    Args:
        event: a standing event of the same venue that is not over.
        visit: a new event; exactly one of the two.
        answer: what the host is told.
        override_reason: why soft rules should not hold for the new event.

    Raises:
        NotAllowed: if ``actor`` does not answer for the library.
        InvalidInput: if neither or both are given, or the event is elsewhere or over.
        Conflict: if somebody answered or withdrew in the meantime, or the event is cancelled.
        RuleBroken, Clash: as for any new event; the request then still waits.
    """
    _authorise(actor, booking)
    moment = now or clock.now()
    if (event is None) == (visit is None):
        raise InvalidInput(
            _("Choose a planned event, or say when the new one is."), code="event_or_visit"
        )
    if event is not None:
        event = _usable(event, booking, moment)
        event = _expect(actor, booking, event, override_reason=override_reason, now=moment)
    booking = _lock(booking)
    if booking.state not in {Booking.State.SUBMITTED, Booking.State.CALLED_OFF}:
        raise _answered_already()
    if visit is not None:
        event = _schedule(actor, booking, visit, override_reason=override_reason, now=moment)
    booking.state, booking.event = Booking.State.ACCEPTED, event
    booking.answer, booking.answered_at = answer, moment
    audit.save(booking, actor=actor, reason=answer)
    return booking


@transaction.atomic
def refuse(
    *,
    actor: User,
    booking: Booking,
    why: RefusalReason,
    answer: str = "",
    now: datetime | None = None,
) -> Booking:
    """Refuse a request that waits, with a coded reason and what the host is told.

    Raises:
        NotAllowed: if ``actor`` does not answer for the library.
        Conflict: if somebody answered or withdrew in the meantime.
    """
    _authorise(actor, booking)
    booking = _lock(booking)
    if booking.state != Booking.State.SUBMITTED:
        raise _answered_already()
    booking.state, booking.refusal = Booking.State.REFUSED, why
    booking.answer, booking.answered_at = answer, now or clock.now()
    audit.save(booking, actor=actor, reason=f"{why.name_vi}. {answer}" if answer else why.name_vi)
    return booking


@transaction.atomic
def withdraw(
    *, actor: User, booking: Booking, reason: str = "", now: datetime | None = None
) -> Booking:
    """Take a request back. An event made for it stays: the coordinator decides about it.

    Withdrawing twice changes nothing more.

    Raises:
        NotAllowed: if ``actor`` is no host of the venue.
        Conflict: if it was refused or called off, or the visit has begun.
    """
    if not is_host(actor, booking.venue_id):
        raise NotAllowed()
    booking = _lock(booking)
    if booking.state == Booking.State.WITHDRAWN:
        return booking
    if booking.state not in {Booking.State.SUBMITTED, Booking.State.ACCEPTED}:
        raise Conflict(_("There is nothing left to withdraw."), code="not_open")
    if booking.event is not None and booking.event.starts_at <= (now or clock.now()):
        raise Conflict(_("This visit has begun already."), code="begun")
    booking.state = Booking.State.WITHDRAWN
    audit.save(booking, actor=actor, reason=reason)
    return booking


def is_host(user: User, venue_id: int) -> bool:
    """Tell whether ``user`` asks on behalf of this venue."""
    return user.hosted_venues.filter(venue_id=venue_id).exists()


def _authorise(actor: User, booking: Booking) -> None:
    if not actor.may(Action.ANSWER_BOOKINGS, booking.library_id):
        raise NotAllowed()


def _check_day(wanted_on: date, today: date) -> None:
    if wanted_on <= today:
        raise InvalidInput(
            _("This day is over or has begun: choose one to come."),
            code="day_past",
            field="wanted_on",
        )
    if wanted_on > today + AHEAD:
        raise InvalidInput(
            _("Choose a day within the coming year."), code="day_too_far", field="wanted_on"
        )


def _lock(booking: Booking) -> Booking:
    """Return the request as stored, locked until the transaction ends."""
    rows = Booking.objects.select_related("library", "venue", "kind", "event")
    stored = locked(rows, booking.pk)
    if stored is None:
        raise NotFound()
    return stored


def _usable(event: Event, booking: Booking, now: datetime) -> Event:
    """Return the event as stored and locked, if the request can be answered with it."""
    if event.trip_id is not None:
        locked(Trip.objects.all(), event.trip_id)
    stored = locked(Event.objects.all(), event.pk)
    if stored is None:
        raise NotFound()
    if stored.venue_id != booking.venue_id:
        raise InvalidInput(
            _("This event is held elsewhere."), code="of_another_venue", field="event"
        )
    if stored.state == State.CANCELLED:
        raise Conflict(_("This event is cancelled."), code="cancelled", field="event")
    if stored.ends_at <= now:
        raise InvalidInput(_("This event is over."), code="event_over", field="event")
    return stored


def _expect(
    actor: User, booking: Booking, event: Event, *, override_reason: str, now: datetime
) -> Event:
    """Let a planned event expect who comes with a request, beside those that were accepted before.

    Raises:
        RuleBroken: if they are too many, or asked too late.
    """
    others = Booking.objects.filter(event=event, state=Booking.State.ACCEPTED).aggregate(
        people=Sum("pupils", default=0), classes=Sum("classes", default=0)
    )
    return schedule.change_event(
        actor=actor,
        event=event,
        title=event.title,
        note=event.note,
        activities=[
            ActivityInput(activity.kind, activity.title, activity.audience)
            for activity in event.activities.select_related("kind", "audience")
        ],
        shares_venue=event.shares_venue,
        expected=Expected(
            people=others["people"] + booking.pupils,
            classes=others["classes"] + booking.classes,
            asked_on=_asked_on(booking),
        ),
        override_reason=override_reason,
        now=now,
    )


def _asked_on(booking: Booking) -> date:
    return clock.local(booking.asked_at, booking.library.zone).date()


def _schedule(
    actor: User, booking: Booking, visit: VisitInput, *, override_reason: str, now: datetime
) -> Event:
    if visit.starts_at <= now:
        raise InvalidInput(
            _("The visit must begin in the future."), code="visit_past", field="starts_at"
        )
    return schedule.schedule_event(
        actor=actor,
        library=booking.library,
        event=EventInput(
            venue=booking.venue,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            activities=(ActivityInput(booking.kind),),
            expected_people=booking.pupils,
            expected_classes=booking.classes,
            asked_on=_asked_on(booking),
        ),
        crew=visit.crew,
        vehicle=visit.vehicle,
        journey=visit.journey,
        override_reason=override_reason,
        now=now,
    )


def _answered_already() -> Conflict:
    return Conflict(
        _("This request was answered or withdrawn in the meantime."), code="answered_already"
    )
