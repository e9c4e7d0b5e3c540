"""What staff want to know of a venue: who comes next, and who was there last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from outreach.accounts.models import User
from outreach.places.models import Venue
from outreach.scheduling.models import Event

SHOWN = 5


@dataclass(frozen=True, slots=True)
class VenueDiary:
    """The next events at a venue, drafts included, and the last ones that stood."""

    coming: tuple[Event, ...]
    past: tuple[Event, ...]


def venue_diary(venue: Venue, *, user: User, now: datetime) -> VenueDiary:
    """Return what is planned at a venue and what was, as far as ``user`` may see it."""
    events = Event.objects.visible_to(user).filter(venue=venue).standing().for_lists()
    coming = events.filter(ends_at__gt=now).order_by("starts_at", "pk")[:SHOWN]
    past = events.filter(ends_at__lte=now).order_by("-starts_at", "-pk")[:SHOWN]
    return VenueDiary(tuple(coming), tuple(past))
