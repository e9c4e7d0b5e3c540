"""Keeping the facts of one event in line with its accepted sheet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from django.db import transaction
from django.db.models import OuterRef, Subquery

from outreach.accounts.models import Library
from outreach.attendance.models import ResultSheet
from outreach.common import bulk
from outreach.common.locking import locked
from outreach.scheduling.models import Event
from outreach.statistics.models import ActivityFact, DirtyCell, EventFact
from outreach.statistics.services.tables import fill_one, fill_some, run, table


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
    event = locked(Event.objects.select_related("library").only("library__time_zone"), event_id)
    if event is None:
        return
    before = _forget(event_id)
    fill_one(event.library.zone, event_id)
    note(before | _keys(event_id))


@transaction.atomic
def refresh_all(event_ids: Collection[int]) -> None:
    """Derive the facts of many events again; for the rest as :func:`refresh`, in the same order."""
    for keys in bulk.in_parts(sorted(event_ids)):
        _refresh_part(keys)


def _refresh_part(keys: Sequence[int]) -> None:
    events = Event.objects.filter(pk__in=keys)
    list(events.order_by("pk").select_for_update(of=("self",)).values_list("pk"))
    held = EventFact.objects.filter(pk__in=keys)
    counted = set(held.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    accepted = ResultSheet.objects.accepted().filter(event__in=keys)
    concerned = sorted(counted.union(accepted.values_list("event", flat=True)))
    if not concerned:
        return
    before = _keys_of(concerned)
    ActivityFact.objects.filter(fact__in=concerned).delete()
    held.delete()
    zones = {one.zone for one in Library.objects.filter(events__in=concerned).distinct()}
    for zone in sorted(zones, key=str):
        fill_some(zone, concerned)
    note(before | _keys_of(concerned))


@transaction.atomic
def forget(event_id: int) -> None:
    """Drop the facts of an event that is about to be deleted."""
    note(_forget(event_id))


@transaction.atomic
def place(event_ids: Collection[int]) -> None:
    """Give the facts of events the commune and province of the sheet they come from, in bulk.

    Must run in the transaction that changed the sheets; the events are locked in it. No cell is
    noted: a cell is of a month, a library and a kind, wherever that was.
    """
    sheet = ResultSheet.objects.filter(pk=OuterRef("sheet"))
    EventFact.objects.filter(event__in=event_ids).update(
        commune=Subquery(sheet.values("commune")[:1]),
        province=Subquery(sheet.values("commune__parent")[:1]),
    )
    fact = EventFact.objects.filter(pk=OuterRef("fact"))
    ActivityFact.objects.filter(fact__in=event_ids).update(
        commune=Subquery(fact.values("commune")[:1]),
        province=Subquery(fact.values("province")[:1]),
    )


def note(keys: set[CellKey]) -> None:
    """Append a note for each cell: only ever appended, so that writers never wait for a cell."""
    DirtyCell.objects.bulk_create(
        DirtyCell(month=key.month, library_id=key.library_id, kind_id=key.kind_id)
        for key in sorted(keys)
    )


def _forget(event_id: int) -> set[CellKey]:
    """Delete the stored facts of an event and return the cells they were summed in."""
    # Locked while read: a rebuild running beside us may be writing this very fact anew.
    list(EventFact.objects.select_for_update().filter(pk=event_id).values_list("pk"))
    keys = _keys(event_id)
    if keys:
        run(f"DELETE FROM {table(ActivityFact)} WHERE fact_id = %s", [event_id])  # noqa: S608
        run(f"DELETE FROM {table(EventFact)} WHERE event_id = %s", [event_id])  # noqa: S608
    return keys


def _keys(event_id: int) -> set[CellKey]:
    """Return the cells that the stored facts of an event are summed in."""
    return _keys_of([event_id])


def _keys_of(event_ids: Sequence[int]) -> set[CellKey]:
    """Return the cells that the stored facts of some events are summed in."""
    facts = EventFact.objects.filter(pk__in=event_ids).values_list(*CellKey._fields)
    activities = ActivityFact.objects.filter(fact__in=event_ids).values_list(*CellKey._fields)
    return {CellKey(*row) for row in facts.union(activities)}
