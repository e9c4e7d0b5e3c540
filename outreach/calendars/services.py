"""Keeping the calendar entry of each public event in line with the event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from outreach.calendars import entry_text
from outreach.calendars.models import Entry
from outreach.common import clock
from outreach.scheduling.models import Event, EventQuerySet

CHUNK = 500


def refresh(event: Event, now: datetime | None = None) -> Entry | None:
    """Write an event's entry anew; its SEQUENCE rises only if it says something else than before.

    Args:
        event: the event, stored already.
        now: when it changed.

    Returns:
        The entry, or ``None`` for an event that is not public.
    """
    _rebuild_chunk([event.pk], now or clock.now())
    return Entry.objects.filter(event=event.pk).first()


def rebuild(queryset: EventQuerySet, now: datetime | None = None) -> int:
    """Bring the entries of many events in line, in bulk, and return how many changed.

    An entry that already says what it should is left as it is, so this may be run at any time.
    """
    moment = now or clock.now()
    keys = list(queryset.order_by("pk").values_list("pk", flat=True))
    return sum(
        _rebuild_chunk(keys[start : start + CHUNK], moment) for start in range(0, len(keys), CHUNK)
    )


@transaction.atomic
def _rebuild_chunk(keys: Sequence[int], now: datetime) -> int:
    public = Event.objects.public().filter(pk__in=keys).for_lists()
    events = {event.pk: event for event in public}
    stored = {entry.pk: entry for entry in Entry.objects.filter(event__in=keys)}
    gone = stored.keys() - events.keys()
    if gone:
        Entry.objects.filter(event__in=gone).delete()
    changed = [
        entry
        for pk, event in events.items()
        if (entry := _changed(event, stored.get(pk), now)) is not None
    ]
    Entry.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["event"],
        update_fields=["sequence", "last_modified", "digest", "vevent"],
    )
    return len(changed) + len(gone)


def _changed(event: Event, stored: Entry | None, now: datetime) -> Entry | None:
    """Return the entry to write, or ``None`` where the stored one says the same."""
    content = entry_text.content_of(event)
    digest = entry_text.digest_of(content)
    if stored is not None and stored.digest == digest:
        return None
    sequence = stored.sequence + 1 if stored is not None else 0
    return Entry(
        event=event,
        sequence=sequence,
        last_modified=now,
        digest=digest,
        vevent=entry_text.stamped(content, sequence=sequence, changed_at=now),
    )
