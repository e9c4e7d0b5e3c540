"""Troubles that come over the cast's schedule, and what is done about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from outreach.accounts.models import User
from outreach.places.models import Venue
from outreach.scheduling.disruption import Choice, Choices, Trouble, What, disrupt
from outreach.scheduling.models import Disruption
from tests.cast import Cast
from tests.scheduling.desk import at, storm

CANCEL = Choice(What.CANCEL)
INDOORS = Choice(What.INDOORS)
NEXT_WEEK = Choice(What.POSTPONE, 7)
NOW = at(8, -5)
"""The Wednesday before the Monday."""
AREA = {
    "type": "Polygon",
    "coordinates": [[[104, 19], [106, 19], [106, 20], [104, 20], [104, 19]]],
}


def trouble(cast: Cast, **changes: Any) -> Trouble:
    """Return a storm over everything from the Monday to the Wednesday after."""
    wanted: dict[str, Any] = {
        "library": cast.library,
        "why": storm(),
        "starts_at": at(0),
        "ends_at": at(0, 3),
        "note": "Chúng tôi sẽ báo ngày mới.",
    }
    return Trouble(**wanted | changes)


def strike(
    cast: Cast,
    otherwise: Choice = CANCEL,
    *,
    by_event: dict[str, Choice] | None = None,
    actor: User | None = None,
    override_reason: str = "",
    expected_state: str = "",
    uid: str = "",
    now: datetime = NOW,
    **changes: Any,
) -> Disruption:
    """Do something about a storm."""
    return disrupt(
        actor=actor or cast.owner,
        trouble=trouble(cast, **changes),
        choices=Choices(otherwise, by_event or {}),
        override_reason=override_reason,
        expected_state=expected_state,
        uid=uid,
        now=now,
    )


def contact(venue: Venue, email: str = "", **fields: Any) -> None:
    """Give a venue somebody to write to or call."""
    venue.contact_email = email
    for name, value in fields.items():
        setattr(venue, name, value)
    venue.save()
