"""What a calendar entry says about an event (RFC 5545), without its SEQUENCE and times of change.

Entries are the same for every reader, so their few fixed words are in the installation's language.
They name no person.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import icalendar
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from outreach.scheduling.models import Activity, Event

OPENING = b"BEGIN:VEVENT\r\n"


def content_of(event: Event) -> bytes:
    """Return the VEVENT of an event loaded with ``for_lists``."""
    with override(settings.LANGUAGE_CODE):
        return bytes(_component(event).to_ical())


def digest_of(content: bytes) -> str:
    """Return the hash that tells whether an entry says something else than before."""
    return hashlib.sha256(content).hexdigest()


def stamped(content: bytes, *, sequence: int, changed_at: datetime) -> bytes:
    """Return the VEVENT with its revision: these three lines need no escaping and no folding."""
    moment = changed_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    revision = f"DTSTAMP:{moment}\r\nLAST-MODIFIED:{moment}\r\nSEQUENCE:{sequence}\r\n"
    return OPENING + revision.encode() + content.removeprefix(OPENING)


def _component(event: Event) -> icalendar.Event:
    entry = icalendar.Event()
    zone = event.library.zone
    entry.add("uid", event.uid)
    entry.add("dtstart", event.starts_at.astimezone(zone))
    entry.add("dtend", event.ends_at.astimezone(zone))
    entry.add("summary", one_line(_summary(event)))
    entry.add("status", "CANCELLED" if event.is_cancelled else "CONFIRMED")
    entry.add("location", location_of(event))
    if event.venue.point is not None:
        entry.add("geo", event.venue.point)
    kinds = [activity.kind.name for activity in event.activities.all()]
    if kinds:
        entry.add("categories", list(dict.fromkeys(kinds)))
    description = _description(event)
    if description:
        entry.add("description", description)
    entry.add("url", address_of(event))
    return entry


def address_of(event: Event) -> str:
    """Return the absolute address of an event's page (DESIGN.md 6)."""
    return f"{settings.SITE_URL}/events/{event.uid}/"


def location_of(event: Event) -> str:
    """Return venue, address, commune and province on one line (clients break on a second one)."""
    commune = event.commune
    parts = [event.venue.name, event.venue.address]
    if commune is not None:
        parts += [commune.full_name, commune.parent.full_name if commune.parent else ""]
    # An address may be no more than the commune's name.
    return one_line(", ".join(dict.fromkeys(part for part in parts if part.strip())))


def one_line(text: str) -> str:
    """Return ``text`` without line breaks and control characters."""
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())


def _summary(event: Event) -> str:
    if not event.is_cancelled:
        return event.title
    mark = pgettext("calendar entry", "CANCELLED")
    return f"[{mark}] {event.title}"


def _description(event: Event) -> str:
    lines = []
    if event.is_cancelled and event.cancel_reason is not None:
        lines.append(_("Cancelled: %(reason)s.") % {"reason": event.cancel_reason.name})
        lines.append(event.cancel_note)
    elif event.is_indoors:
        lines.append(_("Held indoors."))
    lines += [_activity_line(activity) for activity in event.activities.all()]
    lines.append(event.note)
    return "\n".join(_without_controls(line) for line in lines if line.strip())


def _activity_line(activity: Activity) -> str:
    name = activity.title or activity.kind.name
    audience = activity.audience
    return f"{name} ({audience.name})" if audience else str(name)


def _without_controls(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(one_line(line) for line in lines)
