"""Calendar entries follow their events when a reform of units gives these another commune."""

from __future__ import annotations

from outreach.calendars import services
from outreach.scheduling.models import Event
from outreach.scheduling.place_follower import EventsPlaced


class EntriesArePlaced:
    """Writes entries anew that name a commune which is no longer the event's."""

    def follow(self, change: EventsPlaced) -> None:
        """Bring the entries of the events in line with them."""
        services.rebuild(Event.objects.filter(pk__in=change.event_ids), change.at)
