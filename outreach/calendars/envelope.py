"""What stands around the entries of a calendar: its name, how often to look again, its zones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache

import icalendar

PRODUCT = "-//Library outreach//Calendar//EN"
LOOK_AGAIN = timedelta(hours=6)
CLOSING = b"END:VCALENDAR\r\n"


def opening(*, name: str = "", url: str = "", zones: Iterable[str] = (), method: str = "") -> bytes:
    """Return everything of a calendar that comes before its first entry.

    Args:
        name: what clients call the calendar.
        url: where it is subscribed to.
        zones: names of the zones its entries use; each VTIMEZONE goes with it.
        method: iTIP method. A feed has none: METHOD:PUBLISH would need an ORGANIZER.
    """
    # Not Calendar.new(): it adds a UID to the calendar itself, which some clients take for that of
    # its entries.
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    if method:
        calendar.add("method", method)
    if name:
        calendar.add("name", name)
        calendar.add("x-wr-calname", icalendar.vText(name))
    if url:
        calendar.add("source", url, parameters={"VALUE": "URI"})
        calendar.add("refresh-interval", LOOK_AGAIN, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", icalendar.vDuration(LOOK_AGAIN))
    head: bytes = calendar.to_ical().removesuffix(CLOSING)
    return head + b"".join(vtimezone(zone) for zone in sorted(set(zones)))


@lru_cache(maxsize=64)
def vtimezone(zone: str) -> bytes:
    """Return the VTIMEZONE of a zone of the time-zone database."""
    return bytes(icalendar.Timezone.from_tzid(zone).to_ical())
