"""Public visits that were postponed: what readers find where they used to be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from outreach.scheduling.models import DisruptedEvent, Event, Reason
from outreach.scheduling.selectors.timetable import EVERYTHING, Filters

MOST = 200
"""A page of a timetable does not get longer than this by them."""


@dataclass(frozen=True, slots=True)
class Postponement:
    """Where a visit used to be, and why it is no longer there.

    Attributes:
        event: as it is now, loaded with ``for_lists``.
        starts_at: when it was to begin first.
    """

    event: Event
    starts_at: datetime
    ends_at: datetime
    why: Reason
    note: str


def postponed_from(
    start: datetime, end: datetime, *, filters: Filters = EVERYTHING
) -> list[Postponement]:
    """Return the public visits that were to begin in ``[start, end)`` and are held another day."""
    rows = list(_rows().filter(disruption__starts_at__lt=end, disruption__ends_at__gt=start)[:MOST])
    # Asked only where something was postponed: a filter may have to look places up.
    if not rows:
        return []
    keys = {row.event_id for row in rows}
    shown = filters.narrow(Event.objects.public().filter(pk__in=keys))
    kept = set(shown.values_list("pk", flat=True))
    found = _postponements(row for row in rows if row.event_id in kept)
    return [one for one in found if start <= one.starts_at < end]


def postponement_of(event: Event) -> Postponement | None:
    """Return from when a visit was postponed last; ``None`` if it was not, or is back there."""
    return next(iter(_postponements(_rows().filter(event=event)[:1])), None)


def _rows() -> QuerySet[DisruptedEvent]:
    rows = DisruptedEvent.objects.filter(
        what=DisruptedEvent.What.POSTPONE, disruption__undone_at__isnull=True
    )
    return rows.select_related("disruption__why").order_by("-disruption__made_at", "event")


def _postponements(rows: Iterable[DisruptedEvent]) -> list[Postponement]:
    kept = list(rows)
    if not kept:
        return []
    events = Event.objects.for_lists().in_bulk({row.event_id for row in kept})
    found = []
    for row in kept:
        event = events[row.event_id]
        starts_at = datetime.fromisoformat(row.before["starts_at"])
        ends_at = datetime.fromisoformat(row.before["ends_at"])
        if event.starts_at != starts_at:
            why, note = row.disruption.why, row.disruption.note
            found.append(Postponement(event, starts_at, ends_at, why, note))
    return found
