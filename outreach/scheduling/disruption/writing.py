"""Writing many events and trips at once, at times they exchange with each other.

The database refuses an overlap row by row, even in the middle of a statement that ends without one.
So what moves is first taken out of the way (as cancelled) and then put where it belongs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import User
from outreach.common import bulk
from outreach.common.constraints import violated_constraint
from outreach.common.errors import Conflict
from outreach.scheduling.models import Duty, Event, Reason, State, Trip, TripPause

FAR_AWAY = timedelta(days=365 * 400)
"""No pause of a trip is there: what moves waits there until all of it has left its place."""
_EVENT_COLUMNS = [
    "trip",
    "commune",
    "starts_at",
    "ends_at",
    "state",
    "is_indoors",
    "cancel_reason",
    "cancel_note",
    "cancelled_at",
    "revision",
]


@dataclass(slots=True)
class Writing:
    """Records as they are to be. Those without a key are stored anew."""

    events: list[Event] = field(default_factory=list)
    trips: list[Trip] = field(default_factory=list)
    duties: list[Duty] = field(default_factory=list)
    pauses: list[TripPause] = field(default_factory=list)


def write(writing: Writing, *, actor: User, reason: str, why: Reason, now: datetime) -> None:
    """Store everything with its history, inside a transaction.

    Args:
        why: stands for the reason of what is out of the way for a moment.

    Raises:
        Conflict: if somebody took a place at this very moment.
    """
    try:
        _write(writing, actor=actor, reason=reason, why=why, now=now)
    except IntegrityError as error:
        if violated_constraint(error) is None:
            raise
        raise Conflict(
            _("Somebody took one of the places at the same moment. Please look again."),
            code="taken_meanwhile",
        ) from error


def _write(writing: Writing, *, actor: User, reason: str, why: Reason, now: datetime) -> None:
    _lift(writing, why=why, now=now)
    _store(
        Trip, writing.trips, ["departs_at", "returns_at", "state", "revision"], actor, reason, now
    )
    for event in writing.events:
        event.trip = event.trip  # a new one has its key only now
    _store(Event, writing.events, _EVENT_COLUMNS, actor, reason, now)
    _store(Duty, writing.duties, ["starts_at", "ends_at", "is_standing"], actor, reason, now)
    _store(TripPause, writing.pauses, ["starts_at", "ends_at"], actor, reason, now)


def _lift(writing: Writing, *, why: Reason, now: datetime) -> None:
    """Take what is stored already out of the way."""
    Event.objects.filter(pk__in=_keys(writing.events)).update(
        state=State.CANCELLED, cancel_reason=why, cancelled_at=now
    )
    Trip.objects.filter(pk__in=_keys(writing.trips)).update(state=State.CANCELLED)
    Duty.objects.filter(pk__in=_keys(writing.duties)).update(is_standing=False)
    if pauses := _keys(writing.pauses):
        TripPause.objects.filter(pk__in=pauses).update(
            starts_at=F("starts_at") + FAR_AWAY, ends_at=F("ends_at") + FAR_AWAY
        )


def _store(
    model: type[bulk.Record],
    records: Sequence[bulk.Record],
    columns: Sequence[str],
    actor: User,
    reason: str,
    now: datetime,
) -> None:
    stored = [record for record in records if record.pk is not None]
    new = [record for record in records if record.pk is None]
    if stored:
        bulk.change(model, stored, columns, by=actor, at=now, reason=reason)
    if new:
        bulk.store(model, new, by=actor, at=now, reason=reason)


def _keys(records: Iterable[Event | Trip | Duty | TripPause]) -> Collection[int]:
    return [record.pk for record in records if record.pk is not None]
