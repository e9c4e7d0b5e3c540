"""Keeping the facts of one event in line with its accepted sheet."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from django.db import transaction

from outreach.scheduling.models import Event
from outreach.statistics.derivation import activity_rows, event_rows, plain
from outreach.statistics.models import ActivityFact, DirtyCell, EventFact


class CellKey(NamedTuple):
    """Which cell a fact is summed in."""

    month: date
    library_id: int
    kind_id: str


@transaction.atomic
def refresh(event_id: int) -> None:
    """Derive an event's facts again, and note the cells they left and the cells they came to.

    Must run in the transaction of the change that made it necessary. The event is locked before
    anything about it is read, so that two changes of one event (a move and a correction of its
    sheet) are derived one after the other, the second from what both of them wrote.
    """
    event = (
        Event.objects.select_for_update(of=("self",))
        .select_related("library")
        .filter(pk=event_id)
        .first()
    )
    if event is None:
        return
    zone = event.library.zone
    fact = event_rows(zone).filter(event=event_id).first()
    activities = [row for rows in activity_rows(zone) for row in rows.filter(d_fact_id=event_id)]
    before = _forget(event_id)
    if fact is not None:
        EventFact.objects.bulk_create([EventFact(**plain(fact))])
        ActivityFact.objects.bulk_create(ActivityFact(**plain(row)) for row in activities)
    after = [*([plain(fact)] if fact else []), *map(plain, activities if fact else [])]
    note(before | {_key(row) for row in after})


@transaction.atomic
def forget(event_id: int) -> None:
    """Drop the facts of an event that is about to be deleted."""
    note(_forget(event_id))


def note(keys: set[CellKey]) -> None:
    """Append a note for each cell: only ever appended, so that writers never wait for a cell."""
    DirtyCell.objects.bulk_create(
        DirtyCell(month=key.month, library_id=key.library_id, kind_id=key.kind_id)
        for key in sorted(keys)
    )


def _forget(event_id: int) -> set[CellKey]:
    """Delete the stored facts of an event and return the cells they were summed in."""
    # Locked while read: a rebuild running beside us may be writing this very fact anew.
    stored = EventFact.objects.select_for_update().filter(pk=event_id)
    keys = {CellKey(*row) for row in stored.values_list(*CellKey._fields)}
    activities = ActivityFact.objects.filter(fact=event_id)
    keys |= {CellKey(*row) for row in activities.values_list(*CellKey._fields)}
    activities.delete()
    EventFact.objects.filter(pk=event_id).delete()
    return keys


def _key(row: dict[str, Any]) -> CellKey:
    return CellKey(row["month"], row["library_id"], row["kind_id"])
