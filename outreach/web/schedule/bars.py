"""The timeline as the board's script draws it: rows, bars and times off, as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.urls import get_script_prefix, reverse
from django.utils.translation import gettext as _

from outreach.common import clock
from outreach.fleet.models import Unavailability
from outreach.scheduling import board
from outreach.scheduling.domain import Finding
from outreach.scheduling.models import Duty, Event, State, Trip
from outreach.scheduling.placement import Hindrance
from outreach.scheduling.selectors.timeline import Timeline
from outreach.web.labels import look_of_kind, look_of_status

BY_VEHICLE, BY_CREW = "vehicle", "crew"
NOBODY = "none"
"""The row of what has no vehicle, or no crew."""

Json = dict[str, Any]


def bars_of(shown: Timeline, by: str, *, may_schedule: bool) -> Json:
    """Return the board's data.

    Args:
        by: :data:`BY_VEHICLE` or :data:`BY_CREW`.
        may_schedule: whether bars may be moved.
    """
    bars = [
        trip_bar(trip, shown.findings[trip.pk], by, may_schedule=may_schedule)
        for trip in shown.trips
    ]
    bars += [event_bar(event, by, may_schedule=may_schedule) for event in shown.events]
    slugs = {vehicle.pk: vehicle.slug for vehicle in shown.vehicles}
    away = [_away(time, by, slugs) for time in shown.times_off]
    return {
        "from": shown.first_on.isoformat(),
        "days": shown.days,
        "now": stamp(clock.now()),
        "rows": _rows(shown, by),
        "bars": bars,
        "off": [time for time in away if time is not None],
    }


def bar_of(record: Trip | Event, by: str) -> Json:
    """Return the bar of a trip or event as stored, for somebody who may move it."""
    if isinstance(record, Event) and record.trip is not None:
        record = record.trip
    if isinstance(record, Event):
        return event_bar(record, by, may_schedule=True)
    trip = board.with_everything(Trip.objects.filter(pk=record.pk)).get()
    book = board.rulebook_of(trip.library, [trip])
    return trip_bar(trip, board.open_findings(trip, book), by, may_schedule=True)


def stamp(moment: datetime) -> str:
    """Return an instant as clock time of the library, without a zone: ``2027-03-01T07:00``."""
    return clock.local(moment).isoformat()[:16]


def trip_bar(trip: Trip, findings: Iterable[Finding], by: str, *, may_schedule: bool) -> Json:
    """Return the bar of a trip, with its stops, its crew and what is wrong with it."""
    duties = list(trip.duties.all())
    stops = sorted(trip.events.all(), key=lambda event: event.starts_at)
    standing = [stop for stop in stops if not stop.is_cancelled] or stops
    places = ", ".join(stop.venue.name for stop in standing) or _("No stops yet")
    crew = ", ".join(_short(duty.member.full_name) for duty in duties) or _("No crew yet")
    by_crew = by == BY_CREW
    return {
        "id": f"trip:{trip.uid}",
        "kind": "trip",
        "rows": _rows_of(duties) if by_crew else [f"vehicle:{trip.vehicle.slug}"],
        "start": stamp(trip.departs_at),
        "end": stamp(trip.returns_at),
        "title": trip.vehicle.name if by_crew else places,
        "detail": places if by_crew else crew,
        "vehicle": trip.vehicle.name,
        "crew": [f"{duty.member.full_name} ({duty.get_role_display()})" for duty in duties],
        "state": trip.state,
        "status": str(look_of_status(trip.state).label),
        "revision": trip.revision,
        "movable": may_schedule and trip.state != State.CANCELLED,
        "turns": True,
        "stops": [_stop(stop) for stop in stops],
        "open": [{"name": one.name, "message": one.message} for one in findings],
        "overridden": _overridden(trip),
        "url": _address("trip", trip.uid),
        "links": _trip_links(trip) if may_schedule else [],
    }


def event_bar(event: Event, by: str, *, may_schedule: bool) -> Json:
    """Return the bar of an event without a vehicle."""
    duties = list(event.duties.all())
    return {
        "id": f"event:{event.uid}",
        "kind": "event",
        "rows": _rows_of(duties) if by == BY_CREW else [NOBODY],
        "start": stamp(event.starts_at),
        "end": stamp(event.ends_at),
        "title": event.title,
        "detail": event.venue.name,
        "vehicle": "",
        "crew": [f"{duty.member.full_name} ({duty.get_role_display()})" for duty in duties],
        "state": event.state,
        "status": str(look_of_status(event.state).label),
        "revision": event.revision,
        "movable": may_schedule and not event.is_cancelled,
        "turns": False,
        "stops": [],
        "open": [],
        "overridden": _overridden(event),
        "url": _address("schedule_event", event.uid),
        "links": _event_links(event) if may_schedule else [],
    }


def hindrance(found: Hindrance) -> Json:
    """Return one thing that stands against a placement."""
    return {
        "code": found.code,
        "name": found.name,
        "message": found.message,
        "weight": str(found.weight),
    }


def _rows(shown: Timeline, by: str) -> list[Json]:
    if by == BY_CREW:
        rows = [
            {"id": f"member:{one.pk}", "label": one.full_name, "note": _skill(one)}
            for one in shown.members
        ]
        return [*rows, {"id": NOBODY, "label": _("Without a crew"), "note": ""}]
    rows = [
        {"id": f"vehicle:{one.slug}", "label": one.name, "note": one.plate}
        for one in shown.vehicles
    ]
    return [*rows, {"id": NOBODY, "label": _("Without a vehicle"), "note": ""}]


def _skill(member: Any) -> str:
    return _("Operator") if member.can_operate else ""


def _rows_of(duties: Iterable[Duty]) -> list[str]:
    return [f"member:{duty.member_id}" for duty in duties if duty.is_standing] or [NOBODY]


def _stop(stop: Event) -> Json:
    kinds = [activity.kind for activity in stop.activities.all()]
    return {
        "title": stop.title,
        "start": stamp(stop.starts_at),
        "end": stamp(stop.ends_at),
        "state": stop.state,
        "status": str(look_of_status(stop.state).label),
        "tone": look_of_kind(kinds[0] if kinds else "").tone,
        "url": _address("schedule_event", stop.uid),
    }


def _overridden(record: Trip | Event) -> list[Json]:
    standing = (one for one in record.overrides.all() if one.stands)
    return [{"name": one.found.name, "reason": one.reason} for one in standing]


def _away(time: Unavailability, by: str, slugs: dict[int, str]) -> Json | None:
    """Return a time off in its row; nothing for one that belongs to no row of this board."""
    if by == BY_CREW:
        row = f"member:{time.member_id}" if time.member_id else ""
    else:
        row = f"vehicle:{slugs[time.vehicle_id]}" if time.vehicle_id in slugs else ""
    if not row:
        return None
    return {
        "row": row,
        "start": stamp(time.starts_at),
        "end": stamp(time.ends_at),
        "reason": time.reason,
    }


def _trip_links(trip: Trip) -> list[Json]:
    if trip.state == State.CANCELLED:
        return []
    links = [("trip_edit", _("Change"), "pencil"), ("trip_move", _("Move"), "calendar")]
    if trip.state == State.DRAFT:
        links.append(("trip_publish", _("Publish"), "eye"))
    else:
        links.append(("trip_cancel", _("Cancel the trip"), "ban"))
    return [_link(name, trip.uid, label, icon) for name, label, icon in links]


def _event_links(event: Event) -> list[Json]:
    if event.is_cancelled:
        return [_link("event_restore", event.uid, _("Restore"), "undo-2")]
    links = [("event_edit", _("Change"), "pencil"), ("event_move", _("Move"), "calendar")]
    if event.state == State.DRAFT:
        links.append(("event_publish", _("Publish"), "eye"))
    else:
        links.append(("event_cancel", _("Cancel the event"), "ban"))
    return [_link(name, event.uid, label, icon) for name, label, icon in links]


@lru_cache(maxsize=64)
def _pattern(name: str, _prefix: str) -> str:
    return reverse(name, args=["UID"])


def _address(name: str, uid: str) -> str:
    """Return the address of a page about a record; a month asks for thousands of them."""
    return _pattern(name, get_script_prefix()).replace("UID", uid)


def _link(name: str, uid: str, label: str, icon: str) -> Json:
    return {"url": _address(name, uid), "label": label, "icon": icon}


def _short(name: str) -> str:
    """Return the given name, by which colleagues call each other: the last word."""
    return name.split()[-1] if name.split() else name
