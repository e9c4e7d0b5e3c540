"""Sheets follow their event when it is moved to another place or day."""

from __future__ import annotations

from collections.abc import Sequence

from outreach.attendance.models import ResultSheet
from outreach.common import audit, bulk
from outreach.scheduling.followers import EventChange, Happening


class SheetPlace:
    """Keeps the commune of an event's sheets the one the event lay in on its day.

    A cancelled event's sheets stay as they are: that it does not count is read from the event.
    """

    def follow(self, change: EventChange) -> None:
        """Bring the sheets of a moved event in line with it."""
        self.follow_all([change])

    def follow_all(self, changes: Sequence[EventChange]) -> None:
        """Bring the sheets of the moved events among many in line."""
        moved = {one.event.pk: one for one in changes if one.happening is Happening.MOVED}
        for keys in bulk.in_parts(sorted(moved)):
            for sheet in ResultSheet.objects.filter(event__in=keys).order_by("pk"):
                change = moved[sheet.event_id]
                if sheet.commune_id != change.event.commune_id:
                    sheet.commune = change.event.commune
                    audit.save(sheet, actor=change.actor, reason=change.reason)
