"""Carries every change of an event into its calendar entry."""

from __future__ import annotations

from outreach.calendars import services
from outreach.scheduling.followers import EventChange, Happening


class EntryFollower:
    """Keeps the entry of an event in line; drafts have none."""

    def follow(self, change: EventChange) -> None:
        """Write the entry anew, unless the event is about to be deleted with it."""
        if change.happening is not Happening.REMOVED:
            services.refresh(change.event, change.at)
