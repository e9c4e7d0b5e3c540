"""What follows an event: the one typed protocol through which effects climb (DESIGN.md 1).

Higher apps register a follower at start-up (``outreach.config.followers`` lists them all). They are
called in that order, inside the transaction of the change; one that raises undoes the change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from outreach.accounts.models import User
from outreach.places.models import Venue
from outreach.scheduling.models import Event


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
    """

    happening: Happening
    event: Event
    actor: User | None
    reason: str
    at: datetime
    previous_starts_at: datetime | None = None
    previous_ends_at: datetime | None = None
    previous_venue: Venue | None = None


class EventFollower(Protocol):
    """Carries one kind of consequence along with every change of an event."""

    def follow(self, change: EventChange) -> None:
        """Bring what depends on the event in line with it. Raising undoes the whole change."""


_followers: dict[str, EventFollower] = {}


def register(name: str, follower: EventFollower) -> None:
    """Add a follower; followers are called in the order they were registered.

    Raises:
        ValueError: if the name is taken.
    """
    if name in _followers:
        raise ValueError(f"A follower called {name} is registered already.")
    _followers[name] = follower


def registered() -> dict[str, EventFollower]:
    """Return the followers by name, in the order they are called."""
    return dict(_followers)


def tell(change: EventChange) -> None:
    """Call every follower. Must run inside the transaction of the change."""
    for follower in _followers.values():
        follower.follow(change)
