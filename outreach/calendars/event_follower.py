"""Carries every change of an event into its calendar entry."""

from __future__ import annotations

from collections.abc import Sequence

from outreach.calendars import services
from outreach.scheduling.followers import EventChange, Happening
from outreach.scheduling.models import Event


class EntryFollower:
    """Keeps the entry of an event in line; drafts have none."""

    def follow(self, change: EventChange) -> None:
        """Write the entry anew, unless the event is about to be deleted with it."""
        if change.happening is not Happening.REMOVED:
            services.refresh(change.event, change.at)

    def follow_all(self, changes: Sequence[EventChange]) -> None:
        """Write the entries of many events anew."""
        kept = [change for change in changes if change.happening is not Happening.REMOVED]
        if kept:
            events = Event.objects.filter(pk__in=[change.event.pk for change in kept])
            services.rebuild(events, max(change.at for change in kept))
