"""What follows an event: the one typed protocol through which effects climb (DESIGN.md 1).

Higher apps register a follower at start-up (``outreach.config.followers`` lists them all). They are
called in that order, inside the transaction of the change; one that raises undoes the change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from outreach.accounts.models import User
from outreach.common.followers import Follower, Followers
from outreach.places.models import Venue
from outreach.scheduling.models import Event, Reason


class Happening(StrEnum):
    """What can happen to an event."""

    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    CHANGED = "changed"
    MOVED = "moved"
    CANCELLED = "cancelled"
    RESTORED = "restored"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class EventChange:
    """One change of one event.

    Attributes:
        happening: what happened.
        event: the event as it is now (for ``REMOVED``: as it was, still with its key).
        actor: who did it.
        reason: why, in the person's words.
        at: when.
        previous_starts_at: for ``MOVED``, the start before.
        previous_ends_at: for ``MOVED``, the end before.
        previous_venue: for an event moved by itself, the venue before, which may be the same one.
        why: the coded reason, where there is one; people read it in their own language.
        note: what hosts and readers are told beside it.
        tells_hosts: for ``CHANGED``, whether the host must know, as of a move indoors.
    """

    happening: Happening
    event: Event
    actor: User | None
    reason: str
    at: datetime
    previous_starts_at: datetime | None = None
    previous_ends_at: datetime | None = None
    previous_venue: Venue | None = None
    why: Reason | None = None
    note: str = ""
    tells_hosts: bool = False


EventFollower = Follower[EventChange]

FOLLOWERS = Followers[EventChange]()
register, registered = FOLLOWERS.register, FOLLOWERS.registered
tell, tell_all = FOLLOWERS.tell, FOLLOWERS.tell_all
