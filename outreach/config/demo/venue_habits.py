"""When the invented venues can be visited, and what the ways to some of them take in the rain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, cast

from outreach.accounts.models import User
from outreach.common import bulk
from outreach.common.months import Months
from outreach.config.demo import inputs
from outreach.places.models import ClosedDates, OpeningWindow, TravelTime, Venue
from outreach.scheduling import ways as roads

Maker = Callable[[Venue], User]
_Kind = Venue.Kind
_SCHOOLS = (_Kind.SCHOOL, _Kind.SCHOOL_POINT)
_LESSONS = ((time(7), time(11, 30)), (time(13, 30), time(17, 30)))
_DESK = ((time(7, 30), time(11, 30)), (time(13, 30), time(17)))
_SCHOOL_WEEK, _WORKING_WEEK = range(5), range(6)
_RAINS: Months = frozenset({9, 10, 11})
_FAR_MIN = 150
"""Ways longer than this lead into the mountains."""
_TYPED = 0.12
"""Share of the far venues about which somebody has typed a travel time."""
_REPAIRED = 0.05
"""Share of the other venues that are closed for repairs for two weeks."""
_REPAIRS_AFTER = timedelta(weeks=11)


def make(
    venues: Iterable[Venue], headquarters: dict[int, Venue], today: date, now: datetime, by: Maker
) -> None:
    """Store opening windows, closed dates and typed travel times.

    Args:
        headquarters: of each library, by its key.
        by: who kept the venue.
    """
    kept = list(venues)
    windows = [row for venue in kept for row in _windows(venue)]
    closed = [row for venue in kept for row in _closed(venue, today)]
    net = roads.Ways(kept)
    times = [
        row for venue in kept for row in _times(venue, headquarters[venue.library_id], net, today)
    ]
    bulk.store(OpeningWindow, windows, by=lambda row: by(row.venue), at=now)
    bulk.store(ClosedDates, closed, by=lambda row: by(row.venue), at=now)
    bulk.store(TravelTime, times, by=lambda row: by(row.destination), at=now)


def _windows(venue: Venue) -> Iterator[OpeningWindow]:
    """Yield school hours for schools, office hours for libraries; the rest is always open."""
    days, hours = {
        _Kind.LIBRARY: (_WORKING_WEEK, _DESK),
        _Kind.SCHOOL: (_SCHOOL_WEEK, _LESSONS),
        _Kind.SCHOOL_POINT: (_SCHOOL_WEEK, _LESSONS),
    }.get(_Kind(venue.kind), ((), ()))
    for weekday in days:
        for opens, closes in hours:
            yield OpeningWindow(venue=venue, weekday=weekday, opens=opens, closes=closes)


def _closed(venue: Venue, today: date) -> Iterator[ClosedDates]:
    """Yield the next long holiday and the next summer for schools, repairs for a few others."""
    reasons = inputs.read("names")["closed_reasons"]
    if venue.kind in _SCHOOLS:
        for first, end, name in _long_holidays(today)[:1]:
            yield ClosedDates(venue=venue, starts_on=first, ends_on=end, reason=name)
        year = today.year + (today >= date(today.year, 6, 1))
        yield ClosedDates(
            venue=venue,
            starts_on=date(year, 6, 1),
            ends_on=date(year, 9, 5),
            reason=reasons["summer"],
        )
    elif inputs.dice("repairs", venue.code).random() < _REPAIRED:
        starts_on = today + _REPAIRS_AFTER
        yield ClosedDates(
            venue=venue,
            starts_on=starts_on,
            ends_on=starts_on + timedelta(weeks=2),
            reason=reasons["repairs"],
        )


def _long_holidays(today: date) -> list[tuple[date, date, str]]:
    """Return the holidays of a week or more that are to come: from, to, name."""
    rows = [
        (date.fromisoformat(row["from"]), date.fromisoformat(row["to"]), row["name"])
        for row in inputs.read("calendar")["holidays"]
    ]
    return [row for row in rows if row[0] > today and row[1] - row[0] >= timedelta(weeks=1)]


def _times(venue: Venue, headquarters: Venue, net: roads.Ways, today: date) -> Iterator[TravelTime]:
    """Yield what drivers know of some far venues: how long it takes when it rains."""
    die = inputs.dice("travel", venue.code)
    if venue.pk == headquarters.pk or die.random() > _TYPED:
        return
    usual = net.between(headquarters, venue, today)
    if usual is None or usual.minutes < _FAR_MIN or usual.km is None:
        return
    km = round(usual.km * die.uniform(0.9, 1.1), 1)
    note = die.choice(inputs.read("names")["rain_notes"])
    for months, factor, text in ((frozenset[int](), 0.95, ""), (_RAINS, 1.4, note)):
        yield TravelTime(
            library=venue.library,
            origin=headquarters,
            destination=venue,
            months=cast(Any, months),
            minutes=round(usual.minutes * factor / 5) * 5,
            km=km,
            note=text,
        )
