"""Many changes of the schedule at once: what is to be written, and writing it, all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import CASCADE, SET_NULL
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import Library, User
from outreach.common import audit, bulk
from outreach.common.constraints import violated_constraint
from outreach.common.errors import Conflict
from outreach.places.models import Venue
from outreach.scheduling.followers import EventChange, Happening, tell_all
from outreach.scheduling.models import (
    Activity,
    Duty,
    Event,
    Reason,
    Series,
    State,
    Trip,
    TripPause,
)
from outreach.scheduling.services import trips as trip_services
from outreach.scheduling.services.trips import explain

_CHUNK = 500
EVENT_FIELDS = (
    "trip",
    "venue",
    "commune",
    "starts_at",
    "ends_at",
    "title",
    "series",
    "series_on",
    "shares_venue",
    "revision",
)
TRIP_FIELDS = ("vehicle", "departs_at", "returns_at", "state", "revision")


@dataclass(frozen=True, slots=True)
class Moved:
    """An event at another time or place, with where it was."""

    event: Event
    starts_at: datetime
    ends_at: datetime
    venue: Venue


@dataclass(slots=True)
class Batch:
    """What is to be written. Records are those of one ledger, already as they are to be.

    Attributes:
        series: series to be changed; those that are new are stored first.
        moved: events at another time or place, by uid.
        changed: events that say something else, or are on another trip, by uid.
        rekeyed: events of which only the place in a series changes, by uid.
        trips: stored trips that change, by uid.
        left: trips that events have left, by uid; those without an event go.
    """

    new_series: list[Series] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    new_trips: list[Trip] = field(default_factory=list)
    new_events: list[Event] = field(default_factory=list)
    new_activities: list[Activity] = field(default_factory=list)
    new_duties: list[Duty] = field(default_factory=list)
    new_pauses: list[TripPause] = field(default_factory=list)
    moved: dict[str, Moved] = field(default_factory=dict)
    changed: dict[str, Event] = field(default_factory=dict)
    rekeyed: dict[str, Event] = field(default_factory=dict)
    removed: list[Event] = field(default_factory=list)
    cancelled: list[Event] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    trips: dict[str, Trip] = field(default_factory=dict)
    duties: dict[int, Duty] = field(default_factory=dict)
    pauses: dict[int, TripPause] = field(default_factory=dict)
    removed_trips: list[Trip] = field(default_factory=list)
    released_trips: list[Trip] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        lists = (
            self.new_series,
            self.series,
            self.new_trips,
            self.new_events,
            self.moved,
            self.changed,
            self.rekeyed,
            self.removed,
            self.cancelled,
            self.trips,
        )
        return not any(lists)

    @property
    def stored_events(self) -> list[Event]:
        """The stored events whose rows are to be written."""
        moved = [one.event for one in self.moved.values()]
        return [*moved, *self.changed.values(), *self.rekeyed.values()]

    @property
    def told(self) -> list[Event]:
        """The public events of which people will hear that they have changed."""
        events = [*(one.event for one in self.moved.values()), *self.changed.values()]
        return [event for event in events if event.state == State.PUBLISHED]


def hold(library: Library) -> None:
    """Let the changes of many events of a library be made one after the other.

    For use inside a transaction, before what the changes rest on is read.
    """
    Library.objects.select_for_update(no_key=True).get(pk=library.pk)


def store(
    batch: Batch,
    *,
    actor: User,
    now: datetime,
    reason: str,
    why: Reason | None = None,
    note: str = "",
) -> None:
    """Write a batch, all of it or nothing, and tell the followers.

    Args:
        reason: for the audit trail.
        why: why events are called off; needed if some are.
        note: on calling off, for readers.

    Raises:
        Conflict: if something the batch rests on was changed meanwhile, or is referred to by
            results or bookings and cannot be removed.
    """
    try:
        with transaction.atomic():
            _refuse_changed(batch)
            _Writer(batch, actor, now, reason).write(why, note)
    except IntegrityError as error:
        if violated_constraint(error) is None and not _is_taken(error):
            raise
        raise changed_meanwhile() from error


def changed_meanwhile() -> Conflict:
    """Return the refusal of what was prepared on an older state."""
    return Conflict(
        _("The schedule was changed meanwhile. Please look at the preview again."),
        code="changed_meanwhile",
    )


def _is_taken(error: IntegrityError) -> bool:
    """Tell whether SQLite, which names no such constraint, found a key taken or gone."""
    return str(error).startswith(("UNIQUE constraint", "FOREIGN KEY constraint"))


def _refuse_changed(batch: Batch) -> None:
    """Lock what is to be changed; refuse if somebody changed it since it was read.

    Raises:
        Conflict: if so.
    """
    trips = [*batch.trips.values(), *batch.removed_trips, *batch.released_trips]
    events = [*batch.stored_events, *batch.removed, *batch.cancelled]
    groups: tuple[tuple[Any, Sequence[Trip] | Sequence[Event]], ...] = (
        (Trip, trips),
        (Event, events),
    )
    for model, records in groups:
        known = {record.pk: record.revision for record in records}
        stored: dict[int, int] = {}
        for some in _chunks(sorted(known)):
            rows = model.objects.select_for_update().filter(pk__in=some).order_by("pk")
            stored |= dict(rows.values_list("pk", "revision"))
        if stored != known:
            raise changed_meanwhile()


class _Writer:
    """Writes one batch in the order in which nothing overlaps on the way."""

    def __init__(self, batch: Batch, actor: User, now: datetime, reason: str) -> None:
        self.batch = batch
        self.actor = actor
        self.now = now
        self.reason = reason

    def write(self, why: Reason | None, note: str) -> None:
        batch = self.batch
        for series in [*batch.new_series, *batch.series]:
            audit.save(series, actor=self.actor, reason=self.reason)
        self._remove()
        self._park()
        self._call_off(why, note)
        self._store_trips()
        self._store_events()
        said = explain(why, note) if why is not None else self.reason
        changes = [
            EventChange(Happening.CANCELLED, event, self.actor, said, self.now)
            for event in batch.cancelled
        ]
        changes += [self._change(Happening.SCHEDULED, event) for event in batch.new_events]
        changes += [self._change(Happening.CHANGED, event) for event in batch.changed.values()]
        changes += [
            EventChange(
                Happening.MOVED,
                one.event,
                self.actor,
                self.reason,
                self.now,
                previous_starts_at=one.starts_at,
                previous_ends_at=one.ends_at,
                previous_venue=one.venue,
            )
            for one in batch.moved.values()
        ]
        if changes:
            tell_all(changes)

    def _change(self, happening: Happening, event: Event) -> EventChange:
        return EventChange(happening, event, self.actor, self.reason, self.now)

    def _remove(self) -> None:
        if self.batch.removed:
            tell_all([self._change(Happening.REMOVED, event) for event in self.batch.removed])
        self._erase(Event, self.batch.removed)

    def _call_off(self, why: Reason | None, note: str) -> None:
        cancelled = self.batch.cancelled
        if not cancelled:
            return
        if why is None:
            raise ValueError("Calling off needs a reason.")
        said = explain(why, note)
        for event in cancelled:
            event.state, event.cancel_reason, event.cancel_note = State.CANCELLED, why, note
            event.cancelled_at = self.now
            event.revision += 1
        names = [
            "state",
            "cancel_reason",
            "cancel_note",
            "cancelled_at",
            "series",
            "series_on",
            "revision",
        ]
        self._write(Event, cancelled, names, said)
        duties = list(Duty.objects.filter(event__in=cancelled, is_standing=True))
        for duty in duties:
            duty.is_standing = False
        self._write(Duty, duties, ["is_standing"], said)

    def _park(self) -> None:
        """Let nothing that is to be written be in the way of what is written before it."""
        batch = self.batch
        for keys in _chunks([event.pk for event in batch.stored_events]):
            Event.objects.filter(pk__in=keys).update(trip=None, shares_venue=True, series_on=None)
        for keys in _chunks([event.pk for event in batch.cancelled]):
            Event.objects.filter(pk__in=keys).update(series_on=None)
        for keys in _chunks([trip.pk for trip in batch.trips.values()]):
            Trip.objects.filter(pk__in=keys).update(state=State.CANCELLED)
        for keys in _chunks(list(batch.duties)):
            Duty.objects.filter(pk__in=keys).update(is_standing=False)

    def _store_trips(self) -> None:
        batch = self.batch
        self._release()
        changed = list(batch.trips.values())
        for trip in changed:
            trip.revision += 1
        self._write(Trip, changed, TRIP_FIELDS)
        self._store_new(Trip, batch.new_trips)
        duties = list(batch.duties.values())
        self._write(Duty, duties, ("starts_at", "ends_at", "is_standing"))
        # In the order in which they were put: no two of a trip meet on the way.
        self._write(TripPause, list(batch.pauses.values()), ("starts_at", "ends_at"))

    def _release(self) -> None:
        """Delete drafts that every event has left; call off trips that had been public."""
        self._erase(Trip, self.batch.removed_trips)
        for trip in self.batch.released_trips:
            trip_services.release(trip, actor=self.actor, reason=self.reason)

    def _store_events(self) -> None:
        batch = self.batch
        changed = batch.stored_events
        for event in changed:
            event.revision += 1
        self._write(Event, changed, EVENT_FIELDS)
        self._store_new(Event, batch.new_events)
        self._write(Activity, batch.activities, ("kind", "audience"))
        self._store_new(Activity, batch.new_activities)
        self._store_new(Duty, batch.new_duties)
        self._store_new(TripPause, batch.new_pauses)

    def _store_new(self, model: Any, records: Sequence[Any]) -> None:
        if records:
            bulk.store(model, records, by=self.actor, at=self.now, reason=self.reason)

    def _write(
        self, model: Any, records: Sequence[Any], columns: Sequence[str], reason: str | None = None
    ) -> None:
        """Write some columns of stored records as they are in memory."""
        said = self.reason if reason is None else reason
        for record in records:
            # Keys of what was stored a moment ago are not known to those that refer to it.
            record._prepare_related_fields_for_save(operation_name="bulk_update")
        bulk.change(model, records, columns, by=self.actor, at=self.now, reason=said)

    def _erase(self, model: Any, records: Sequence[Any]) -> None:
        """Delete records with what hangs on them, each with its history.

        Raises:
            django.db.IntegrityError: if something refers to one of them that is not to be lost.
        """
        keys = [record.pk for record in records]
        for relation in _relations(model):
            below, name = relation.related_model, relation.field.name
            for some in _chunks(keys):
                rows = below._default_manager.filter(**{f"{name}__in": some})
                if relation.on_delete is SET_NULL:
                    rows.update(**{name: None})
                elif relation.on_delete is CASCADE and hasattr(below, "history"):
                    found = list(rows)
                    bulk.delete(below, found, by=self.actor, at=self.now, reason=self.reason)
                elif relation.on_delete is CASCADE:
                    rows.delete()
        for part in bulk.in_parts(records):
            bulk.delete(model, part, by=self.actor, at=self.now, reason=self.reason)


def _relations(model: Any) -> list[Any]:
    """Return every foreign key that leads to a model, those that it has no name for too."""
    fields = model._meta.get_fields(include_hidden=True)
    return [one for one in fields if one.auto_created and not one.concrete and one.one_to_many]


def _chunks(keys: Sequence[int]) -> list[Sequence[int]]:
    return [keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK)]
