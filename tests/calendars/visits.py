"""Public visits for tests of feeds, maps and pages, scheduled through the services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from outreach.common import clock
from outreach.places.models import Venue
from outreach.scheduling import services
from outreach.scheduling.models import ActivityKind, Event, Reason
from outreach.scheduling.services import ActivityInput, CrewInput, EventInput
from tests.cast import Cast


def in_days(days: float, *, hour: int = 9) -> datetime:
    """Return that hour of the day so many days from today, in the active zone."""
    day = clock.today() + timedelta(days=days)
    return clock.start_of(day) + timedelta(hours=hour)


def visit(
    cast: Cast,
    starts_at: datetime,
    *,
    venue: Venue | None = None,
    kinds: Sequence[str] = ("mobile_service",),
    hours: float = 2,
    publish: bool = True,
    with_van: bool = False,
    now: datetime | None = None,
    **fields: Any,
) -> Event:
    """Schedule one visit of the cast's library, and publish it unless told otherwise."""
    activities = tuple(ActivityInput(kind=ActivityKind.objects.get(pk=kind)) for kind in kinds)
    event = services.schedule_event(
        actor=cast.owner,
        library=cast.library,
        event=EventInput(
            venue=venue or cast.venue,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=hours),
            activities=activities,
            **fields,
        ),
        vehicle=cast.vehicle if with_van else None,
        crew=cast.crew if with_van else CrewInput(),
        # For those that were held already.
        override_reason="Ghi sau",
        now=now,
    )
    if not publish:
        return event
    if event.trip is not None:
        services.publish_trip(actor=cast.owner, trip=event.trip, now=now)
        return Event.objects.get(pk=event.pk)
    return services.publish_event(actor=cast.owner, event=event, now=now)


def cancel(cast: Cast, event: Event, *, note: str = "", now: datetime | None = None) -> Event:
    """Call an event off because of a flood."""
    why = Reason.objects.get(pk="flood")
    return services.cancel_event(actor=cast.owner, event=event, why=why, note=note, now=now)
