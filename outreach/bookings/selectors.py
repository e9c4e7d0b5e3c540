"""Reads about requests, shaped for their pages."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.bookings.models import Booking, BookingQuerySet
from outreach.places.models import Venue
from outreach.scheduling.models import Event, EventQuerySet, State


def venues_hosted(user: User) -> QuerySet[Venue]:
    """Return the venues in use that ``user`` asks for visits for."""
    hosted = Venue.objects.in_use().filter(hosts__user=user)
    return hosted.select_related("library", "commune").order_by("name", "pk")


def asked_for(user: User) -> BookingQuerySet:
    """Return the requests of the venues ``user`` is a host of, the newest first."""
    return Booking.objects.filter(venue__hosts__user=user).for_lists()


def to_answer(user: User) -> BookingQuerySet:
    """Return the requests that wait for ``user``, the one that has waited longest first."""
    return _answered_by(user).waiting().for_lists().order_by("asked_at", "pk")


def answered(user: User) -> BookingQuerySet:
    """Return the requests ``user`` may answer that do not wait any more, the newest first."""
    return _answered_by(user).exclude(state=Booking.State.SUBMITTED).for_lists()


def left_standing(user: User, now: datetime) -> BookingQuerySet:
    """Return the withdrawn requests whose visit is still planned after ``now``, the next first."""
    withdrawn = _answered_by(user).filter(state=Booking.State.WITHDRAWN, event__starts_at__gt=now)
    standing = withdrawn.exclude(event__state=State.CANCELLED)
    return standing.for_lists().order_by("event__starts_at", "pk")


def events_to_accept_onto(booking: Booking, now: datetime) -> EventQuerySet:
    """Return the standing events at the booking's venue that are not over, in order."""
    standing = Event.objects.standing().filter(venue=booking.venue_id, ends_at__gt=now)
    return standing.for_lists().order_by("starts_at", "pk")


def _answered_by(user: User) -> BookingQuerySet:
    if user.scope.everything:
        return Booking.objects.all()
    return Booking.objects.filter(library_id__in=user.scope.libraries(Action.ANSWER_BOOKINGS))
