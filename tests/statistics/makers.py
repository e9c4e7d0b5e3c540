"""Events with sheets for tests of statistics: written directly, or through the services."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from outreach.accounts.models import Library, User
from outreach.attendance.inputs import Figure
from outreach.attendance.models import (
    ResultSheet,
    SheetActivity,
    SheetAudience,
)
from outreach.places.models import AdministrativeUnit
from outreach.scheduling.models import Activity, Event, State, Trip
from tests.factories import VenueFactory

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
_places = itertools.count()


def at(day: str, hour: int = 8, minute: int = 0) -> datetime:
    """Return an instant by the clocks of Hanoi."""
    return datetime.fromisoformat(day).replace(hour=hour, minute=minute, tzinfo=HANOI)


def columns(figures: Mapping[str, Figure | int]) -> dict[str, Any]:
    """Return the columns of figures; a bare number was counted."""
    values: dict[str, Any] = {}
    for code, figure in figures.items():
        stored = Figure(figure, "counted") if isinstance(figure, int) else figure
        values |= {code: stored.value, f"{code}_how": stored.how}
    return values


def held(
    library: Library,
    author: User,
    *kinds: str,
    starts_at: datetime | None = None,
    commune: AdministrativeUnit | None = None,
    trip: Trip | None = None,
    outcome: str = "held",
    audiences: Mapping[str, Figure | int] | None = None,
    outputs: Mapping[int, Mapping[str, Figure | int]] | None = None,
    main_audience: str | None = None,
    **figures: Figure | int,
) -> Event:
    """Store a published event with an accepted sheet, as an import would: followers not told.

    Args:
        outputs: figures of an activity by its position.
    """
    begins = starts_at or at("2025-03-10")
    event = Event.objects.create(
        library=library,
        trip=trip,
        venue=VenueFactory.create(library=library, commune=commune, code=f"venue-{next(_places)}"),
        commune=commune,
        starts_at=begins,
        ends_at=begins + timedelta(hours=2),
        title="Xe sách",
        state=State.PUBLISHED,
        published_at=begins - timedelta(days=30),
    )
    activities = Activity.objects.bulk_create(
        Activity(event=event, kind_id=kind, position=position, audience_id=main_audience)
        for position, kind in enumerate(kinds or ("mobile_service",))
    )
    sheet = ResultSheet.objects.create(
        uid=uuid.uuid4(),
        event=event,
        library=library,
        commune=commune,
        state=ResultSheet.State.ACCEPTED,
        outcome=outcome,
        author=author,
        digest="0" * 64,
        **columns(figures),
    )
    for activity in activities:
        SheetActivity.objects.create(
            sheet=sheet,
            activity=activity,
            was_held=outcome != "not_held",
            **columns((outputs or {}).get(activity.position, {})),
        )
    for code, people in (audiences or {}).items():
        SheetAudience.objects.create(sheet=sheet, audience_id=code, **columns({"people": people}))
    return event
