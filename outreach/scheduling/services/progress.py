"""Signs of life of a trip: its crew says that it has left, arrived, finished, is back."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import audit, clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed
from outreach.scheduling.models import Event, State, Trip, TripMark
from outreach.scheduling.services import records
from outreach.scheduling.today import EARLY

SOON = timedelta(minutes=5)
"""Clocks of telephones differ: a mark may lie so far ahead."""


@transaction.atomic
def mark_trip(
    *,
    actor: User,
    trip: Trip,
    kind: str,
    event: Event | None = None,
    at: datetime | None = None,
    now: datetime | None = None,
) -> TripMark:
    """Note that a trip has left, arrived at a stop, finished there, or is back.

    Noting the same twice keeps the first time: a second press of a button changes nothing.

    Args:
        kind: one of ``TripMark.Kind``.
        event: at which stop; for ``arrived`` and ``done`` only.
        at: when it happened; now unless told.

    Raises:
        NotAllowed: if ``actor`` is neither on duty there nor schedules for the library.
        InvalidInput: if the stop is not one of the trip, or the time lies ahead or long before.
        Conflict: if the trip or the stop is not public, or is cancelled.
    """
    trip = records.lock_trip(trip)
    if not may_mark(actor, trip):
        raise NotAllowed()
    moment = now or clock.now()
    _refuse_impossible(trip, kind, event, at or moment, moment)
    earlier = TripMark.objects.filter(trip=trip, event=event, kind=kind).first()
    if earlier is not None:
        return earlier
    mark = TripMark(trip=trip, event=event, kind=kind, at=at or moment, made_by=actor)
    audit.save(mark, actor=actor)
    return mark


@transaction.atomic
def unmark_trip(*, actor: User, mark: TripMark, reason: str = "") -> None:
    """Take back a mark that was made by mistake.

    Raises:
        NotAllowed: if ``actor`` is neither on duty there nor schedules for the library.
    """
    trip = records.lock_trip(mark.trip)
    if not may_mark(actor, trip):
        raise NotAllowed()
    audit.delete(mark, actor=actor, reason=reason)


def may_mark(actor: User, trip: Trip) -> bool:
    """Tell whether a person may say how far a trip has come: who goes along, and who schedules."""
    if actor.may(Action.SCHEDULE, trip.library_id):
        return True
    goes_along = trip.duties.filter(member__user=actor, is_standing=True)
    return actor.may(Action.SEE_SCHEDULE, trip.library_id) and goes_along.exists()


def _refuse_impossible(
    trip: Trip, kind: str, event: Event | None, at: datetime, now: datetime
) -> None:
    if trip.state != State.PUBLISHED:
        raise Conflict(_("Only a published trip is on the road."), code="not_published")
    is_of_stop = kind in {TripMark.Kind.ARRIVED, TripMark.Kind.DONE}
    if kind not in TripMark.Kind.values or is_of_stop != (event is not None):
        raise InvalidInput(code="mark_unknown", field="kind")
    if event is not None and event.trip_id != trip.pk:
        raise InvalidInput(_("This is not a stop of the trip."), code="not_of_trip", field="event")
    if event is not None and event.state != State.PUBLISHED:
        raise Conflict(_("This stop is not public, or was cancelled."), code="not_published")
    if at > now + SOON:
        raise InvalidInput(_("This lies ahead."), code="mark_ahead", field="at")
    if at < trip.departs_at - EARLY:
        raise InvalidInput(_("This is long before the departure."), code="mark_early", field="at")
