"""Forgetting people: a contact is erased when its end date has passed (FIELD 1: personal data)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from outreach.common import audit, clock
from outreach.places.models import Venue

ONE_DAY = timedelta(days=1)
PERSONAL = {"contact_name": "", "contact_phone": "", "contact_email": ""}
_NOTHING_PERSONAL = Q(**PERSONAL)


def erase_expired_contacts(*, now: datetime | None = None) -> int:
    """Erase the contacts whose last day is over; return at how many venues.

    What the history of those venues says of people is erased too, and so is any contact there
    whose own end date has passed, though another took its place. Run again, it changes nothing.
    """
    moment = now or clock.now()
    soon = clock.local(moment).date() + ONE_DAY  # in some zone it may be tomorrow already
    due = Venue.objects.filter(contact_until__lte=soon).exclude(_NOTHING_PERSONAL)
    erased = 0
    for venue in due.select_related("library").order_by("pk"):
        today = clock.local(moment, venue.library.zone).date()
        if venue.contact_until is not None and venue.contact_until < today:
            erased += _erase(venue)
    _forget_former(moment)
    return erased


@transaction.atomic
def _erase(venue: Venue) -> bool:
    """Erase one venue's contact; tell whether it was still to be done."""
    rows = Venue.objects.select_for_update(no_key=True).filter(pk=venue.pk)
    stored = rows.filter(contact_until=venue.contact_until).exclude(_NOTHING_PERSONAL).first()
    if stored is None:  # somebody was quicker, or has written a new date
        return False
    for name, nothing in PERSONAL.items():
        setattr(stored, name, nothing)
    stored.contact_until = None
    reason = _("The last day of the contact has passed: it was erased.")
    # Unchecked otherwise: an old point or name that would be refused today keeps nobody's data.
    audit.save(stored, actor=None, reason=reason, clean=False)
    history: Any = Venue.history
    history.filter(id=stored.pk).exclude(_NOTHING_PERSONAL).update(**PERSONAL)
    return True


def _forget_former(now: datetime) -> None:
    """Erase what history keeps of contacts that had ended before, or were replaced since."""
    history: Any = Venue.history
    # A day later than in the venue's own zone at worst, never a day early.
    over = history.filter(contact_until__lt=clock.local(now).date() - ONE_DAY)
    over.exclude(_NOTHING_PERSONAL).update(**PERSONAL)
