"""What statistics does when an event or an accepted sheet changes (DESIGN.md 1)."""

from __future__ import annotations

from collections.abc import Sequence

from outreach.attendance.followers import SheetChange
from outreach.scheduling.followers import EventChange, Happening
from outreach.scheduling.place_follower import EventsPlaced
from outreach.statistics.services.facts import forget, place, refresh, refresh_all

_WITHOUT_A_SHEET = frozenset({Happening.SCHEDULED, Happening.PUBLISHED})
"""What can only happen to an event before anybody has logged it."""


class FactsFollowEvents:
    """An event that moves, is called off, restored or changed takes its figures along."""

    def follow(self, change: EventChange) -> None:
        """Bring the event's facts in line, in the transaction of the change."""
        if change.happening is Happening.REMOVED:
            forget(change.event.pk)
        elif change.happening not in _WITHOUT_A_SHEET:
            refresh(change.event.pk)

    def follow_all(self, changes: Sequence[EventChange]) -> None:
        """Bring the facts of many events in line."""
        for change in changes:
            if change.happening is Happening.REMOVED:
                forget(change.event.pk)
        left_alone = _WITHOUT_A_SHEET | {Happening.REMOVED}
        refresh_all({one.event.pk for one in changes if one.happening not in left_alone})


class FactsFollowSheets:
    """A sheet that is accepted counts from then on; one that is withdrawn no longer does."""

    def follow(self, change: SheetChange) -> None:
        """Bring the facts of the sheet's event in line, in the transaction of the change."""
        refresh(change.sheet.event_id)


class FactsArePlaced:
    """Facts lie where their sheets do. Cells know no communes and stay as they are."""

    def follow(self, change: EventsPlaced) -> None:
        """Bring the places of the events' facts in line with their sheets."""
        place(change.event_ids)
