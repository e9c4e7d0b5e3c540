"""What follows a result sheet: the typed protocol through which effects climb (DESIGN.md 1).

Higher apps register a follower at start-up (``outreach.config.followers`` lists them all). They are
called in that order, inside the transaction of the change; one that raises undoes the change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from outreach.accounts.models import User
from outreach.attendance.models import ResultSheet


class Happening(StrEnum):
    """What can happen to a sheet that counts.

    A correction is two changes: the old version is withdrawn, then the new one is accepted.
    """

    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class SheetChange:
    """One change of what counts.

    Attributes:
        happening: what happened.
        sheet: the version it happened to, as it is now.
        actor: who did it.
        reason: why, in the person's words.
        at: when.
    """

    happening: Happening
    sheet: ResultSheet
    actor: User | None
    reason: str
    at: datetime


class SheetFollower(Protocol):
    """Carries one kind of consequence along with every sheet that counts or ceases to."""

    def follow(self, change: SheetChange) -> None:
        """Bring what depends on the sheet in line with it. Raising undoes the whole change."""


_followers: dict[str, SheetFollower] = {}


def register(name: str, follower: SheetFollower) -> None:
    """Add a follower; followers are called in the order they were registered.

    Raises:
        ValueError: if the name is taken.
    """
    if name in _followers:
        raise ValueError(f"A follower called {name} is registered already.")
    _followers[name] = follower


def registered() -> dict[str, SheetFollower]:
    """Return the followers by name, in the order they are called."""
    return dict(_followers)


def tell(change: SheetChange) -> None:
    """Call every follower. Must run inside the transaction of the change."""
    for follower in _followers.values():
        follower.follow(change)
