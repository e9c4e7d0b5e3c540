"""Sheets follow their event when it is moved to another place or day."""

from __future__ import annotations

from outreach.attendance.models import ResultSheet
from outreach.common import audit
from outreach.scheduling.followers import EventChange, Happening


class SheetPlace:
    """Keeps the commune of an event's sheets the one the event lay in on its day.

    A cancelled event's sheets stay as they are: that it does not count is read from the event.
    """

    def follow(self, change: EventChange) -> None:
        """Bring the sheets of a moved event in line with it."""
        if change.happening is not Happening.MOVED:
            return
        for sheet in ResultSheet.objects.filter(event=change.event):
            if sheet.commune_id != change.event.commune_id:
                sheet.commune = change.event.commune
                audit.save(sheet, actor=change.actor, reason=change.reason)
