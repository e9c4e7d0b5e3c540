"""What coordinators of the cast plan on some days of March 2027, a Monday first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any

from django.apps import apps

from outreach.common import clock
from outreach.scheduling import followers, services
from outreach.scheduling.followers import EventChange, EventFollower
from outreach.scheduling.models import ActivityKind, Event, Reason, Trip
from outreach.scheduling.services import ActivityInput, CrewInput, EventInput
from tests.cast import Cast

MONDAY = date(2027, 3, 1)
NOBODY = CrewInput()


def at(hour: float, day: int = 0) -> datetime:
    """Return clock time ``hour`` on the day that lies ``day`` days after the Monday."""
    return clock.at(MONDAY + timedelta(days=day), time.min) + timedelta(hours=hour)


def activity(kind: str = "mobile_service") -> ActivityInput:
    """Return an activity of a kind."""
    return ActivityInput(ActivityKind.objects.get(pk=kind))


def visit(
    cast: Cast, hour: float = 8, hours: float = 2, day: int = 0, **changes: Any
) -> EventInput:
    """Return an event to be, by default a van visit at the first venue."""
    wanted: dict[str, Any] = {
        "venue": cast.venue,
        "starts_at": at(hour, day),
        "ends_at": at(hour + hours, day),
        "activities": (activity(),),
        "title": f"Visit at {hour}",
    }
    return EventInput(**wanted | changes)


def make_trip(cast: Cast, *events: EventInput, day: int = 0, **changes: Any) -> Trip:
    """Store a draft trip from 7 to 17 o'clock; with one visit unless others are given."""
    wanted: dict[str, Any] = {
        "actor": cast.owner,
        "library": cast.library,
        "vehicle": cast.vehicle,
        "departs_at": at(7, day),
        "returns_at": at(17, day),
        "crew": cast.crew,
        "events": events or [visit(cast, day=day)],
    }
    return services.schedule_trip(**wanted | changes)


def make_public_trip(cast: Cast, *events: EventInput, **changes: Any) -> Trip:
    """Store a trip and publish it, with one reason for both."""
    trip, why = make_trip(cast, *events, **changes), changes.get("override_reason", "")
    return services.publish_trip(actor=cast.owner, trip=trip, override_reason=why)


def make_event(cast: Cast, uid: str = "", **changes: Any) -> Event:
    """Store a draft exhibition at the second venue, without a vehicle."""
    wanted = visit(cast, venue=cast.second_venue, activities=(activity("exhibition"),), **changes)
    return services.schedule_event(actor=cast.owner, library=cast.library, event=wanted, uid=uid)


def storm() -> Reason:
    """Return a reason for cancelling."""
    return Reason.objects.get(pk="storm")


def snapshot() -> dict[str, list[Any]]:
    """Return every row of every table."""
    return {
        model._meta.label: sorted(model._base_manager.values_list(), key=str)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }


class Broken:
    """A follower that cannot do its work."""

    def follow(self, change: EventChange) -> None:
        raise RuntimeError("cannot follow")


@contextmanager
def following(extra: dict[str, EventFollower]) -> Iterator[None]:
    """Let ``extra`` follow too, after or in place of the registered ones, for a while."""
    kept = followers.registered()
    followers.FOLLOWERS._by_name.update(extra)
    try:
        yield
    finally:
        followers.FOLLOWERS._by_name.clear()
        followers.FOLLOWERS._by_name.update(kept)
