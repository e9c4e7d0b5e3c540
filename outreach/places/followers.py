"""What follows a change of what lies where: a set of units activated or taken back, venues placed.

As in :mod:`outreach.scheduling.followers`, higher apps register at start-up
(``outreach.config.followers`` lists them) and are called in the transaction of the change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from outreach.accounts.models import User
from outreach.common.followers import Follower, Followers


@dataclass(frozen=True, slots=True)
class PlacesChange:
    """Units came into force or went, or venues were given another commune.

    Attributes:
        actor: who did it; ``None`` for the command line.
        reason: why, for the histories of what follows.
        at: when.
    """

    actor: User | None
    reason: str
    at: datetime


PlacesFollower = Follower[PlacesChange]

FOLLOWERS = Followers[PlacesChange]()
register, registered, tell = FOLLOWERS.register, FOLLOWERS.registered, FOLLOWERS.tell
