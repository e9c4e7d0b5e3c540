"""Mails to the host of a visit: iTIP invitations and cancellations (RFC 5546), with plain words.

The calendar part carries the UID and SEQUENCE of the public entry, so that a host who also
subscribes to a feed sees one event, not two.
"""

from __future__ import annotations

from datetime import datetime
from email.utils import parseaddr

import icalendar
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from outreach.calendars import entry_text, envelope
from outreach.calendars.models import Entry
from outreach.messaging import services as outbox
from outreach.messaging.models import Message
from outreach.places.models import Venue
from outreach.scheduling.followers import EventChange, Happening
from outreach.scheduling.models import Event

REQUEST, CANCEL = Message.Method.REQUEST, Message.Method.CANCEL

SUBJECTS: dict[Happening, str | Promise] = {
    Happening.PUBLISHED: _("Library visit on %(day)s: %(title)s"),
    Happening.MOVED: _("Moved to %(day)s: %(title)s"),
    Happening.CANCELLED: _("Cancelled: %(title)s, %(day)s"),
    Happening.RESTORED: _("Takes place after all on %(day)s: %(title)s"),
}
METHODS = {
    Happening.PUBLISHED: REQUEST,
    Happening.MOVED: REQUEST,
    Happening.CANCELLED: CANCEL,
    Happening.RESTORED: REQUEST,
}


class Invitations:
    """Writes to the contact of the venue when a public event is announced, moved or called off."""

    def follow(self, change: EventChange) -> None:
        """Put the mail into the outbox. Drafts, and what is over, send nothing."""
        method = METHODS.get(change.happening)
        if method is None or change.event.published_at is None or _is_over(change):
            return
        former = change.previous_venue
        hosts = [venue for venue in (change.event.venue, former) if venue is not None]
        if not any(may_write_to(venue, change.at) for venue in hosts):
            return
        event = Event.objects.for_lists().get(pk=change.event.pk)
        if former is not None and former.pk != event.venue_id:
            _write(change, event, former, CANCEL, Happening.CANCELLED, moved_away=True)
        _write(change, event, event.venue, method, change.happening)


def _is_over(change: EventChange) -> bool:
    ends = [change.event.ends_at, change.previous_ends_at]
    return all(moment <= change.at for moment in ends if moment is not None)


def _write(
    change: EventChange,
    event: Event,
    venue: Venue,
    method: Message.Method,
    happening: Happening,
    *,
    moved_away: bool = False,
) -> None:
    """Write one mail, if the venue has a contact whom we may still write to."""
    zone = event.library.zone
    if not may_write_to(venue, change.at):
        return
    starts_at = change.previous_starts_at if moved_away else event.starts_at
    with override(venue.language), timezone.override(zone):
        day = date_format(timezone.localtime(starts_at), "D d/m/Y H:i")
        context = {
            "event": event,
            "venue": venue,
            "change": change,
            "moved_away": moved_away,
            "address": entry_text.address_of(event),
        }
        subject = SUBJECTS[happening] % {"day": day, "title": event.title}
        body = render_to_string(f"messages/visit_{happening}.txt", context)
    outbox.write(
        library=event.library,
        to=venue.contact_email,
        subject=subject,
        body=body.strip() + "\n",
        calendar=itip(event, attendee=venue.contact_email, method=method),
        method=method,
        about=event.uid,
        now=change.at,
    )


def may_write_to(venue: Venue, moment: datetime) -> bool:
    """Tell whether the venue has a contact address that is not to be erased yet."""
    if not venue.contact_email:
        return False
    today = timezone.localdate(moment, timezone=venue.library.zone)
    return venue.contact_until is None or venue.contact_until >= today


def itip(event: Event, *, attendee: str, method: Message.Method) -> bytes:
    """Return the public entry of an event as a message from its library to one person."""
    entry = Entry.objects.get(event=event)
    component = icalendar.Event.from_ical(bytes(entry.vevent))
    organizer = icalendar.vCalAddress(f"mailto:{organizer_address(event)}")
    organizer.params["CN"] = entry_text.one_line(event.library.name_vi)
    component.add("organizer", organizer)
    guest = icalendar.vCalAddress(f"mailto:{attendee}")
    guest.params.update({"ROLE": "REQ-PARTICIPANT", "RSVP": "FALSE"})
    component.add("attendee", guest)
    if method == CANCEL:
        component["STATUS"] = icalendar.vText("CANCELLED")
    opening = envelope.opening(method=method, zones=[event.library.time_zone])
    return opening + bytes(component.to_ical()) + envelope.CLOSING


def organizer_address(event: Event) -> str:
    """Return the library's own address, or the one the installation sends from."""
    return event.library.email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
