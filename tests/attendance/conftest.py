"""An event that was held, and sheets for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from outreach.attendance import followers
from outreach.common import clock
from outreach.scheduling.models import ActivityKind, Event
from outreach.scheduling.services import (
    ActivityInput,
    EventInput,
    publish_event,
    publish_trip,
    schedule_event,
)
from tests.cast import Cast

AFTERWARDS = "Ghi sau"
"""Why an event is stored that has begun already."""


def make_event(
    cast: Cast,
    *kinds: str,
    hours_ago: float = 3,
    with_vehicle: bool = True,
    is_public: bool = True,
) -> Event:
    """Schedule a two-hour event that began so many hours ago, and publish it."""
    starts_at = clock.now().replace(microsecond=0) - timedelta(hours=hours_ago)
    event = schedule_event(
        actor=cast.owner,
        library=cast.library,
        event=EventInput(
            venue=cast.venue,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=2),
            activities=tuple(
                ActivityInput(ActivityKind.objects.get(pk=kind))
                for kind in kinds or ("mobile_service",)
            ),
        ),
        crew=cast.crew,
        vehicle=cast.vehicle if with_vehicle else None,
        override_reason=AFTERWARDS,
    )
    if is_public and event.trip is not None:
        publish_trip(actor=cast.owner, trip=event.trip)
    elif is_public:
        publish_event(actor=cast.owner, event=event)
    event.refresh_from_db()
    return event


@pytest.fixture
def event(cast: Cast) -> Event:
    """Van, exhibition and session in one event, begun three hours ago."""
    return make_event(cast, "mobile_service", "exhibition", "reading_skills")


class Recorder:
    """Keeps what it was told, or raises."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.raises = False

    def follow(self, change: followers.SheetChange) -> None:
        self.told.append((change.happening.value, str(change.sheet.pk)))
        if self.raises:
            raise RuntimeError("the follower cannot follow")


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """The only follower of sheets for the time of a test."""
    recorder = Recorder()
    monkeypatch.setattr(followers.FOLLOWERS, "_by_name", {"recorder": recorder})
    return recorder
