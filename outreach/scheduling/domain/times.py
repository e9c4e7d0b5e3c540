"""Rules about the order of things within a trip."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from outreach.scheduling.domain.facts import EventFact, TripFact
from outreach.scheduling.domain.rules import Finding, Rule

MAX_DAYS = 3
"""Trips in the field last up to three days."""
LUNCH_MIN = 25
"""A break of 25 minutes or more is usual on nine days of ten."""
IN_TURNS = timedelta(hours=3)
"""At an event of that length the crew eats in turns."""
MIDDAY = (time(10, 30), time(14, 0))
LUNCH_IS_DUE = (time(11, 0), time(13, 30))
"""Who is out for all of this should eat meanwhile."""
NIGHT = (time(22, 0), time(5, 0))
"""Who is out for all of this needs a bed."""
DAY = timedelta(days=1)


def of_event(place: int, event: EventFact) -> Iterator[Finding]:
    """Yield what is wrong with one event by itself."""
    if event.ends_at <= event.starts_at:
        yield Finding(Rule.REVERSED, field="ends_at", event=place)
    if event.activities == 0:
        yield Finding(Rule.NO_ACTIVITY, {"title": event.title}, "activities", place)


def of_past_event(place: int, event: EventFact) -> Iterator[Finding]:
    """Yield that an event is about to be put into the past."""
    if event.now is not None and event.starts_at < event.now:
        yield in_the_past(event.starts_at, "starts_at", place)


def of_past_trip(trip: TripFact) -> Iterator[Finding]:
    """Yield that a trip, or else what stops of it, are about to be put into the past."""
    if trip.now is not None and trip.departs_at < trip.now:
        yield in_the_past(trip.departs_at, "departs_at")
        return
    for place, event in enumerate(trip.events):
        yield from of_past_event(place, event)


def in_the_past(moment: datetime, field: str, place: int | None = None) -> Finding:
    """Return the finding that something begins in the past."""
    params = {"day": _date(moment.date()), "clock": f"{moment:%H:%M}"}
    return Finding(Rule.IN_THE_PAST, params, field, place)


def of_trip(trip: TripFact) -> Iterator[Finding]:
    """Yield what is out of order in a trip."""
    if trip.returns_at <= trip.departs_at:
        yield Finding(Rule.REVERSED, field="returns_at")
    for place, event in enumerate(trip.events):
        yield from of_event(place, event)
        if event.starts_at < trip.departs_at or event.ends_at > trip.returns_at:
            yield Finding(Rule.EVENT_OUTSIDE_TRIP, {"title": event.title}, "starts_at", place)
    ordered = sorted(enumerate(trip.events), key=lambda pair: pair[1].starts_at)
    for (_place, one), (place, other) in itertools.pairwise(ordered):
        if other.starts_at < one.ends_at:
            params = {"title": one.title, "other": other.title}
            yield Finding(Rule.EVENTS_CLASH, params, "starts_at", place)
    yield from _pauses(trip)
    yield from _days(trip)


def _pauses(trip: TripFact) -> Iterator[Finding]:
    for pause in trip.pauses:
        if pause.ends_at <= pause.starts_at:
            yield Finding(Rule.REVERSED, field="pauses")
        if pause.starts_at < trip.departs_at or pause.ends_at > trip.returns_at:
            params = {"clock": f"{pause.starts_at:%H:%M}–{pause.ends_at:%H:%M}"}
            yield Finding(Rule.PAUSE_OUTSIDE_TRIP, params, "pauses")
        for place, event in enumerate(trip.events):
            if event.starts_at < pause.ends_at and pause.starts_at < event.ends_at:
                params = {"clock": f"{pause.starts_at:%H:%M}", "title": event.title}
                yield Finding(Rule.PAUSE_CLASHES, params, "pauses", place)


def _days(trip: TripFact) -> Iterator[Finding]:
    if trip.returns_at <= trip.departs_at:
        return
    first = trip.departs_at.date()
    # A return at midnight belongs to the day that ends there.
    last = (trip.returns_at - timedelta(microseconds=1)).date()
    days = (last - first).days + 1
    if days > MAX_DAYS:
        yield Finding(Rule.TRIP_TOO_LONG, {"days": days}, "returns_at")
    for number in range(min(days, MAX_DAYS)):
        day = first + number * DAY
        if _night_is_due(trip, day) and not trip.is_draft and not _sleeps(trip, day):
            yield Finding(Rule.NIGHT_MISSING, {"day": _date(day)}, "pauses")
        if _lunch_is_due(trip, day) and not _can_eat(trip, day):
            yield Finding(Rule.LUNCH_MISSING, {"day": _date(day)}, "pauses")


def _night_is_due(trip: TripFact, day: date) -> bool:
    zone = trip.departs_at.tzinfo
    falls, breaks = (
        datetime.combine(day, NIGHT[0], zone),
        datetime.combine(day + DAY, NIGHT[1], zone),
    )
    return trip.departs_at <= falls and trip.returns_at >= breaks


def _sleeps(trip: TripFact, day: date) -> bool:
    """Tell whether a night is planned between ``day`` and the next."""
    return any(
        pause.is_night and pause.starts_at.date() <= day + DAY and pause.ends_at.date() > day
        for pause in trip.pauses
    )


def _lunch_is_due(trip: TripFact, day: date) -> bool:
    opens, closes = (datetime.combine(day, at, trip.departs_at.tzinfo) for at in LUNCH_IS_DUE)
    return trip.departs_at <= opens and trip.returns_at >= closes


def _can_eat(trip: TripFact, day: date) -> bool:
    """Tell whether a pause, or time left between driving and serving, is long enough."""
    opens, closes = (datetime.combine(day, at, trip.departs_at.tzinfo) for at in MIDDAY)
    wanted = timedelta(minutes=LUNCH_MIN)
    for pause in trip.pauses:
        if min(pause.ends_at, closes) - max(pause.starts_at, opens) >= wanted:
            return True
    busy = [
        (event.starts_at, event.ends_at)
        for event in trip.events
        if event.ends_at - event.starts_at < IN_TURNS
    ]
    busy += [(leg.until - timedelta(minutes=leg.minutes), leg.until) for leg in trip.legs]
    free_since = max(opens, trip.departs_at)
    for starts_at, ends_at in sorted(busy):
        if min(starts_at, closes) - free_since >= wanted:
            return True
        free_since = max(free_since, ends_at)
    return min(closes, trip.returns_at) - free_since >= wanted


def _date(day: date) -> str:
    return f"{day:%d/%m/%Y}"
