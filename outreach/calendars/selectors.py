"""Calendar feeds, joined from the stored entries of the events the timetable lists."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max, Sum
from django.utils.translation import gettext as _
from django.utils.translation import override

from outreach.accounts.models import Library
from outreach.calendars import envelope
from outreach.calendars.models import Entry
from outreach.common import clock
from outreach.fleet.models import Vehicle
from outreach.places.models import AdministrativeUnit, Venue
from outreach.scheduling.models import Event, EventQuerySet
from outreach.scheduling.selectors import Filters, timetable

BACK = timedelta(days=30)
AHEAD = timedelta(days=365)
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Feed:
    """One calendar as it is served.

    Attributes:
        name: what clients call it.
        etag: changes whenever the bytes do, also when an event is deleted or leaves the window.
        last_modified: no later than its last change. Of a feed, when any entry last changed, or
            the start of today if that is later: what moves away to another feed, or leaves the
            window, shows in no entry that is still here.
    """

    name: str
    etag: str
    last_modified: datetime
    _opening: Callable[[], bytes] = field(repr=False)
    _entries: Callable[[], Iterator[bytes]] = field(repr=False)

    def chunks(self) -> Iterator[bytes]:
        """Yield the calendar in parts; the first one needs no entry."""
        yield self._opening()
        yield from self._entries()
        yield envelope.CLOSING

    def content(self) -> bytes:
        """Return the whole calendar."""
        return b"".join(self.chunks())


@dataclass(frozen=True, slots=True)
class _Subject:
    name: str
    filters: Filters


def feed(scope: str, slug: str, today: date) -> Feed | None:
    """Return the calendar of a vehicle, venue, commune, province or library, if there is such one.

    It lists what the timetable does, from :data:`BACK` before today to :data:`AHEAD` after it.

    Args:
        scope: vehicle, venue, commune, province or library.
        slug: the address name; of a unit its code, which means the unit in force today.
        today: the day the window and the codes are counted from.
    """
    find = _SUBJECTS.get(scope)
    subject = find(slug, today) if find and slug.isprintable() else None
    if subject is None:
        return None
    with override(settings.LANGUAGE_CODE):
        name = _("Book van and events: %(where)s") % {"where": subject.name}
    events = timetable(
        opens_on=today - BACK, closes_on=today + AHEAD, today=today, filters=subject.filters
    )
    changed_at = Entry.objects.aggregate(at=Max("last_modified"))["at"]
    begun_at = clock.start_of(today)
    return _feed(
        events,
        name=name,
        url=f"{settings.SITE_URL}/calendar/{scope}/{slug}.ics",
        today=today,
        last_modified=max(changed_at or begun_at, begun_at),
    )


def event_feed(uid: str) -> Feed | None:
    """Return the calendar of one public event, however long ago."""
    if not uid.isprintable():
        return None
    event = Event.objects.public().filter(uid=uid).select_related("entry").first()
    if event is None:
        return None
    changed_at = event.entry.last_modified
    return _feed(Event.objects.filter(pk=event.pk), last_modified=changed_at)


def _feed(
    events: EventQuerySet,
    *,
    last_modified: datetime,
    name: str = "",
    url: str = "",
    today: date | None = None,
) -> Feed:
    listed = events.filter(entry__isnull=False)
    state = listed.order_by().aggregate(
        Count("pk"), Sum("pk"), Sum("entry__sequence"), Max("entry__last_modified")
    )
    facts = [name, url, envelope.PRODUCT, today, *state.values()]
    digest = hashlib.sha256("\n".join(map(str, facts)).encode()).hexdigest()
    return Feed(
        name=name,
        etag=f'"{digest[:32]}"',
        last_modified=last_modified,
        _opening=lambda: envelope.opening(name=name, url=url, zones=_zones(listed)),
        _entries=lambda: _joined(listed),
    )


def _zones(events: EventQuerySet) -> list[str]:
    used = events.order_by().values_list("library__time_zone", flat=True).distinct()
    return list(used) or [settings.TIME_ZONE]


def _joined(events: EventQuerySet) -> Iterator[bytes]:
    """Yield the entries in order of time, many at once: a chunk is a write to the network."""
    rows = events.values_list("entry__vevent", flat=True).iterator(chunk_size=CHUNK)
    while chunk := b"".join(bytes(row) for row in itertools.islice(rows, CHUNK)):
        yield chunk


# --- What an address means ---------------------------------------------------------------------


def _vehicle(slug: str, today: date) -> _Subject | None:
    vehicle = Vehicle.objects.filter(slug=slug).first()
    return _Subject(vehicle.name, Filters(vehicle=vehicle)) if vehicle else None


def _venue(slug: str, today: date) -> _Subject | None:
    venue = Venue.objects.filter(code=slug).first()
    return _Subject(venue.name, Filters(venue=venue)) if venue else None


def _commune(slug: str, today: date) -> _Subject | None:
    units = AdministrativeUnit.objects.in_force_on(today).communes().select_related("parent")
    unit = units.filter(code=slug).first()
    if unit is None:
        return None
    name = f"{unit.full_name}, {unit.parent.full_name}" if unit.parent else unit.full_name
    return _Subject(name, Filters(commune=unit))


def _province(slug: str, today: date) -> _Subject | None:
    unit = AdministrativeUnit.objects.in_force_on(today).provinces().filter(code=slug).first()
    return _Subject(unit.full_name, Filters(province=unit)) if unit else None


def _library(slug: str, today: date) -> _Subject | None:
    library = Library.objects.filter(slug=slug).first()
    return _Subject(library.name_vi, Filters(library=library)) if library else None


_SUBJECTS: dict[str, Callable[[str, date], _Subject | None]] = {
    "vehicle": _vehicle,
    "venue": _venue,
    "commune": _commune,
    "province": _province,
    "library": _library,
}
