"""What became of trips and events, with their crew and activities, for people to read."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from outreach.common.history import Entry, Names, entries
from outreach.fleet.models import CrewMember
from outreach.scheduling.models import Activity, ActivityKind, Duty, Event, Trip, TripPause


def trip_history(trip: Trip) -> list[Entry]:
    """Return what became of a trip, its crew and its stops, newest first."""
    stops = list(Event.history.filter(trip_id=trip.pk))
    return entries(
        [
            *Trip.history.filter(id=trip.pk),
            *Duty.history.filter(trip_id=trip.pk),
            *TripPause.history.filter(trip_id=trip.pk),
            *stops,
            *Activity.history.filter(event_id__in={row.id for row in stops}),
        ],
        _what,
    )


def event_history(event: Event) -> list[Entry]:
    """Return what became of an event, its own crew and its activities, newest first."""
    return entries(
        [
            *Event.history.filter(id=event.pk),
            *Duty.history.filter(event_id=event.pk),
            *Activity.history.filter(event_id=event.pk),
        ],
        _what,
    )


def since(record: Trip | Event, revision: int) -> list[Entry]:
    """Return what became of a trip or event after it had ``revision``, newest first."""
    told = trip_history(record) if isinstance(record, Trip) else event_history(record)
    newer = record.history.filter(revision__gt=revision).order_by("history_date").first()
    return [entry for entry in told if newer is not None and entry.at >= newer.history_date]


def _what(row: Any, names: Names) -> str:
    model = row.instance_type
    if model is Trip:
        return _("Trip")
    if model is Event:
        return _("Event “%(title)s”") % {"title": row.title}
    if model is Duty:
        return _("Crew: %(name)s") % {"name": names.of(CrewMember, row.member_id)}
    if model is TripPause:
        return _("Pause: %(what)s") % {"what": TripPause.Kind(row.kind).label}
    return _("Activity: %(kind)s") % {"kind": names.of(ActivityKind, row.kind_id)}
