"""What follows a result sheet: the typed protocol through which effects climb (DESIGN.md 1).

Higher apps register a follower at start-up (``outreach.config.followers`` lists them all). They are
called in that order, inside the transaction of the change; one that raises undoes the change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from outreach.accounts.models import User
from outreach.attendance.models import ResultSheet
from outreach.common.followers import Follower, Followers


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


SheetFollower = Follower[SheetChange]

FOLLOWERS = Followers[SheetChange]()
register, registered, tell = FOLLOWERS.register, FOLLOWERS.registered, FOLLOWERS.tell
