"""Naming what an occupied vehicle, person or venue is occupied by."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import User
from outreach.common import audit
from outreach.common.constraints import NoOverlap, violated_constraint
from outreach.common.errors import Conflict, StaleWrite
from outreach.scheduling.models import Duty, Event, Trip

MESSAGES = {
    "vehicle_busy": _("%(who)s is already taken %(when)s: %(what)s."),
    "member_busy": _("%(who)s is already on duty %(when)s: %(what)s."),
    "venue_busy": _("%(who)s already has an event %(when)s: %(what)s."),
    "trip_busy": _("Another event of this trip is held %(when)s: %(what)s."),
}
TITLES = {
    "vehicle_busy": _("Vehicle taken"),
    "member_busy": _("Crew member taken"),
    "venue_busy": _("Venue taken"),
    "trip_busy": _("Another stop then"),
}
"""The clash in two or three words."""
FIELDS = {
    "vehicle_busy": "vehicle",
    "member_busy": "crew",
    "venue_busy": "venue",
    "trip_busy": "starts_at",
}


class Clash(Conflict):
    """A vehicle, person or venue is taken at that time.

    Attributes:
        event: the event it clashes with, or ``None`` where a trip has none yet.
        trip: the trip it clashes with, or ``None`` for an event without a vehicle.
        refused: the record that could not be saved.
        title: the kind of clash in two or three words.
    """

    code = "clash"

    def __init__(self, kind: str, taken: Trip | Event | Duty, refused: Any = None) -> None:
        self.event = _event_of(taken)
        self.trip = taken if isinstance(taken, Trip) else taken.trip
        self.refused = refused
        self.title = TITLES[kind]
        starts_at, ends_at = _span_of(taken)
        params = {
            "who": str(_owner_of(kind, taken)),
            "when": _clock(starts_at, ends_at),
            "what": f"“{self.event.title}”" if self.event else _("a trip without events yet"),
            "event": self.event.uid if self.event else None,
        }
        super().__init__(MESSAGES[kind], code=kind, field=FIELDS[kind], params=params)


def save(record: Any, *, actor: User | None, reason: str = "") -> None:
    """Save an audited record; where the database refuses an overlap, say with what.

    Raises:
        Clash: if a vehicle, person, trip or venue is taken at that time.
        ValidationError: if the record is wrong otherwise.
        StaleWrite: if the database refuses an overlap that is already gone again.
    """
    try:
        with transaction.atomic():
            audit.save(record, actor=actor, reason=reason)
    except ValidationError as error:
        _raise_clash(record, {item.code for item in _flat(error)}, error)
        raise
    except IntegrityError as error:
        # Somebody else was quicker between our check and our write: the constraint decides.
        _raise_clash(record, {violated_constraint(error)}, error)
        raise


def _raise_clash(record: Any, marks: set[str | None], cause: Exception) -> None:
    for constraint in type(record)._meta.constraints:
        if not isinstance(constraint, NoOverlap):
            continue
        if constraint.name in marks or constraint.violation_error_code in marks:
            taken = constraint.clashes(type(record), record).first()
            if not isinstance(taken, Trip | Event | Duty):
                raise StaleWrite() from cause
            raise Clash(str(constraint.violation_error_code), taken, record) from cause


def _flat(error: ValidationError) -> list[ValidationError]:
    if hasattr(error, "error_dict"):
        return [item for items in error.error_dict.values() for item in items]
    return list(error.error_list)


def _event_of(taken: Trip | Event | Duty) -> Event | None:
    if isinstance(taken, Event):
        return taken
    if isinstance(taken, Duty):
        return taken.event if taken.event else _event_of(taken.trip) if taken.trip else None
    return taken.events.standing().order_by("starts_at").first()


def _span_of(taken: Trip | Event | Duty) -> tuple[Any, Any]:
    if isinstance(taken, Trip):
        return taken.departs_at, taken.returns_at
    return taken.starts_at, taken.ends_at


def _owner_of(kind: str, taken: Trip | Event | Duty) -> object:
    if isinstance(taken, Trip):
        return taken.vehicle
    if isinstance(taken, Duty):
        return taken.member
    return taken.venue


def _clock(starts_at: Any, ends_at: Any) -> str:
    start, end = timezone.localtime(starts_at), timezone.localtime(ends_at)
    if start.date() == end.date():
        return f"{start:%d/%m/%Y %H:%M}–{end:%H:%M}"
    return f"{start:%d/%m/%Y %H:%M} – {end:%d/%m/%Y %H:%M}"
