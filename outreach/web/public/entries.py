"""Events as the components of a page show them, in the clock time of their library."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.templatetags.tz import do_timezone
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from outreach.fleet.models import Vehicle
from outreach.maps.points import area_of
from outreach.scheduling.models import Event
from outreach.scheduling.selectors.postponed import Postponement
from outreach.web.components import TimetableDay, TimetableEntry


def in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant so that templates show it in ``zone`` and not in the active one."""
    shown: datetime = do_timezone(moment, zone)
    return shown


def days_of(
    events: Iterable[Event],
    *,
    not_before: date | None = None,
    away: Iterable[Postponement] = (),
) -> list[TimetableDay]:
    """Return events loaded with ``for_lists`` by day, in their order.

    Args:
        events: ordered by start.
        not_before: what began earlier and still lasts is listed under this day.
        away: what was to be held on these days and is postponed; listed where it used to be.
    """
    days: dict[date, list[TimetableEntry]] = {}
    for event in events:
        entry = entry_of(event)
        on = entry.starts_at.date()
        days.setdefault(max(on, not_before) if not_before else on, []).append(entry)
    for one in away:
        entry = _left_behind(one)
        days.setdefault(entry.starts_at.date(), []).append(entry)
        days[entry.starts_at.date()].sort(key=lambda entry: entry.starts_at)
    return [TimetableDay(on, days[on]) for on in sorted(days)]


def entry_of(event: Event) -> TimetableEntry:
    """Return one event for the day list."""
    zone = event.library.zone
    starts_at, ends_at = in_zone(event.starts_at, zone), in_zone(event.ends_at, zone)
    return TimetableEntry(
        starts_at=starts_at,
        ends_at=ends_at,
        title=heading_of(event),
        url=reverse("event", args=[event.uid]),
        place="" if event.venue.name in event.title else event.venue.name,
        area=area_of(event.commune),
        vehicle=event.trip.vehicle.name if event.trip else "",
        is_boat=bool(event.trip and event.trip.vehicle.kind == Vehicle.Kind.BOAT),
        kinds=list(dict.fromkeys(activity.kind for activity in event.activities.all())),
        status="cancelled" if event.is_cancelled else "",
        note=_note(event, starts_at, ends_at),
    )


def _left_behind(one: Postponement) -> TimetableEntry:
    """Return a visit where it used to be, with the day it is held on instead."""
    zone = one.event.library.zone
    day = date_format(in_zone(one.event.starts_at, zone), "l, d/m/Y, H:i")
    return replace(
        entry_of(one.event),
        starts_at=in_zone(one.starts_at, zone),
        ends_at=in_zone(one.ends_at, zone),
        status="moved",
        note=_("Postponed to %(day)s: %(reason)s") % {"day": day, "reason": one.why.name},
    )


def heading_of(event: Event) -> str:
    """Return what to call an event in a list: its title, or its venue where nobody gave it one.

    A list says the kind of activity beside it, in the reader's language.
    """
    made = {f"{activity.kind.name_vi} – {event.venue.name}" for activity in event.activities.all()}
    return event.venue.name if event.title in made else event.title


def _note(event: Event, starts_at: datetime, ends_at: datetime) -> str:
    """Say why it is cancelled, or until which day it lasts where that is another one."""
    if event.is_cancelled:
        return event.cancel_reason.name if event.cancel_reason else ""
    if event.is_indoors:
        return _("Held indoors")
    if starts_at.date() == ends_at.date():
        return ""
    return _("Until %(day)s") % {"day": date_format(ends_at, "l, d/m/Y")}
