"""Mails to the host of a visit: iTIP invitations and cancellations (RFC 5546), with plain words.

The calendar part carries the UID and SEQUENCE of the public entry, so that a host who also
subscribes to a feed sees one event, not two. What changes at once for one host goes in one mail,
with a part for each event: an iTIP object speaks of one UID.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from functools import lru_cache
from typing import Any

import icalendar
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, override

from outreach.calendars import entry_text, envelope
from outreach.calendars.models import Entry
from outreach.messaging import services as outbox
from outreach.messaging.models import Message
from outreach.messaging.services import Mail, Part
from outreach.places.models import Venue
from outreach.scheduling.followers import EventChange, Happening
from outreach.scheduling.models import Event

REQUEST, CANCEL = Message.Method.REQUEST, Message.Method.CANCEL

SUBJECTS: dict[Happening, str | Promise] = {
    Happening.PUBLISHED: gettext_lazy("Library visit on %(day)s: %(title)s"),
    Happening.CHANGED: gettext_lazy("Changed: %(title)s, %(day)s"),
    Happening.MOVED: gettext_lazy("Moved to %(day)s: %(title)s"),
    Happening.CANCELLED: gettext_lazy("Cancelled: %(title)s, %(day)s"),
    Happening.RESTORED: gettext_lazy("Takes place after all on %(day)s: %(title)s"),
}
METHODS = {
    Happening.PUBLISHED: REQUEST,
    Happening.CHANGED: REQUEST,
    Happening.MOVED: REQUEST,
    Happening.CANCELLED: CANCEL,
    Happening.RESTORED: REQUEST,
}


@dataclass(frozen=True, slots=True)
class _News:
    """What one host is told about one event.

    Attributes:
        venue: whose contact is written to.
        happening: what it is for them: an event that moves away is cancelled at its former venue.
    """

    change: EventChange
    event: Event
    venue: Venue
    happening: Happening
    moved_away: bool = False

    @property
    def starts_at(self) -> datetime | None:
        """When it is, or was to be."""
        return self.change.previous_starts_at if self.moved_away else self.event.starts_at

    @property
    def because(self) -> str:
        """Why, in the active language."""
        why, note = self.change.why, self.change.note
        if why is None and self.event.is_cancelled:
            why, note = self.event.cancel_reason, self.event.cancel_note
        if why is None:
            return self.change.reason
        return f"{why.name}. {note}" if note else f"{why.name}."

    @property
    def heading(self) -> str:
        """What happened, in a few words of the active language."""
        if self.moved_away:
            return _("Moved to another place")
        if self.happening is Happening.CHANGED:
            return _("Held indoors") if self.event.is_indoors else _("Held as first planned")
        return {
            Happening.PUBLISHED: _("Planned"),
            Happening.MOVED: _("Moved"),
            Happening.CANCELLED: _("Cancelled"),
            Happening.RESTORED: _("Takes place after all"),
        }[self.happening]


class Invitations:
    """Writes to the contact of the venue when a public event is announced, moved or called off."""

    def follow(self, change: EventChange) -> None:
        """Put the mail into the outbox. Drafts, and what is over, send nothing."""
        self.follow_all([change])

    def follow_all(self, changes: Sequence[EventChange]) -> None:
        """Put one mail for each host into the outbox, whatever the number of their events."""
        told = [change for change in changes if _matters(change)]
        hosts = [venue for change in told for venue in _venues(change)]
        if not any(may_write_to(venue, told[0].at) for venue in hosts):
            return
        keys = [change.event.pk for change in told]
        events = Event.objects.for_lists().select_related("venue__library").in_bulk(keys)
        entries = Entry.objects.in_bulk(keys)
        by_host: dict[tuple[int, str], list[_News]] = {}
        for change in told:
            for news in _news(change, events[change.event.pk]):
                address = news.venue.contact_email.casefold()
                by_host.setdefault((news.event.library_id, address), []).append(news)
        outbox.write_all(
            [_mail(news, entries) for news in by_host.values()],
            now=max((change.at for change in told), default=None),
        )


def _matters(change: EventChange) -> bool:
    """Tell whether hosts are written to: not about drafts, nor about what is over."""
    if change.happening not in METHODS or change.event.published_at is None:
        return False
    if change.happening is Happening.CHANGED and not change.tells_hosts:
        return False
    ends = [change.event.ends_at, change.previous_ends_at]
    return not all(moment <= change.at for moment in ends if moment is not None)


def _venues(change: EventChange) -> list[Venue]:
    former = change.previous_venue
    return [change.event.venue] + ([former] if former is not None else [])


def _news(change: EventChange, event: Event) -> Iterator[_News]:
    """Yield what each host is told, if we may still write to them."""
    former = change.previous_venue
    if former is not None and former.pk != event.venue_id and may_write_to(former, change.at):
        # One person at both places gets the new invitation alone: it replaces the old one.
        is_other = former.contact_email.casefold() != event.venue.contact_email.casefold()
        if is_other:
            yield _News(change, event, former, Happening.CANCELLED, moved_away=True)
    if may_write_to(event.venue, change.at):
        yield _News(change, event, event.venue, change.happening)


def _mail(news: Sequence[_News], entries: Mapping[int, Entry]) -> Mail:
    """Return the mail to one host, in the language of the first of their venues."""
    first = news[0]
    library = first.event.library
    with override(first.venue.language), timezone.override(library.zone):
        subject, body = _about_one(first) if len(news) == 1 else _about_many(news)
    parts = tuple(
        Part(
            itip(
                one.event,
                entries[one.event.pk],
                attendee=one.venue.contact_email,
                method=METHODS[one.happening],
            ),
            METHODS[one.happening],
            one.event.uid,
        )
        for one in news
    )
    return Mail(library, first.venue.contact_email, subject, body.strip() + "\n", parts)


def _about_one(news: _News) -> tuple[str, str]:
    day = date_format(timezone.localtime(news.starts_at), "D d/m/Y H:i")
    subject = SUBJECTS[news.happening] % {"day": day, "title": news.event.title}
    context: dict[str, Any] = {
        "event": news.event,
        "venue": news.venue,
        "change": news.change,
        "because": news.because,
        "moved_away": news.moved_away,
        "address": entry_text.address_of(news.event),
    }
    return subject, render_to_string(f"messages/visit_{news.happening}.txt", context)


def _about_many(news: Sequence[_News]) -> tuple[str, str]:
    reasons = {one.because for one in news}
    context = {
        "news": [(one, entry_text.address_of(one.event)) for one in news],
        "venue": news[0].venue,
        "library": news[0].event.library,
        "because": reasons.pop() if len(reasons) == 1 else None,
    }
    return _subject_of(news), render_to_string("messages/visits.txt", context)


def _subject_of(news: Sequence[_News]) -> str:
    happenings = {one.happening for one in news}
    count = {"count": len(news)}
    if happenings == {Happening.PUBLISHED}:
        return ngettext("%(count)d library visit", "%(count)d library visits", len(news)) % count
    if happenings == {Happening.CANCELLED}:
        called_off = ngettext(
            "%(count)d visit is cancelled", "%(count)d visits are cancelled", len(news)
        )
        return called_off % count
    return ngettext("%(count)d visit changes", "%(count)d visits change", len(news)) % count


def may_write_to(venue: Venue, moment: datetime) -> bool:
    """Tell whether the venue has a contact address that is not to be erased yet."""
    if not venue.contact_email or venue.contact_until is None:
        return bool(venue.contact_email)
    return venue.contact_until >= timezone.localdate(moment, timezone=venue.library.zone)


def itip(event: Event, entry: Entry, *, attendee: str, method: Message.Method) -> bytes:
    """Return the public entry of an event as a message from its library to one person."""
    component = icalendar.Event.from_ical(bytes(entry.vevent))
    organizer = icalendar.vCalAddress(f"mailto:{organizer_address(event)}")
    organizer.params["CN"] = entry_text.one_line(event.library.name_vi)
    component.add("organizer", organizer)
    guest = icalendar.vCalAddress(f"mailto:{attendee}")
    guest.params.update({"ROLE": "REQ-PARTICIPANT", "RSVP": "FALSE"})
    component.add("attendee", guest)
    if method == CANCEL:
        component["STATUS"] = icalendar.vText("CANCELLED")
    return _opening(method, event.library.time_zone) + bytes(component.to_ical()) + envelope.CLOSING


@lru_cache(maxsize=64)
def _opening(method: Message.Method, zone: str) -> bytes:
    return envelope.opening(method=method, zones=[zone])


def organizer_address(event: Event) -> str:
    """Return the library's own address, or the one the installation sends from."""
    return event.library.email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
