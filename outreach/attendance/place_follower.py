"""Sheets follow their events when a reform of units gives these another commune."""

from __future__ import annotations

from outreach.attendance.models import ResultSheet
from outreach.common import bulk
from outreach.scheduling.place_follower import EventsPlaced


class SheetsArePlaced:
    """Keeps the commune of sheets the one their event lay in on its day, in bulk."""

    def follow(self, change: EventsPlaced) -> None:
        """Bring the sheets of the events in line with them."""
        sheets = ResultSheet.objects.filter(event__in=change.event_ids).select_related("event")
        moved = [sheet for sheet in sheets if sheet.commune_id != sheet.event.commune_id]
        for sheet in moved:
            sheet.commune_id = sheet.event.commune_id
        ResultSheet.objects.bulk_update(moved, ["commune"], batch_size=500)
        bulk.note(ResultSheet, moved, by=change.actor, at=change.at, reason=change.reason, kind="~")
