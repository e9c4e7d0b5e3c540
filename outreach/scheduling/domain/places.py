"""Rules about a venue on a day: whether it is open, reached, and large enough."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from outreach.scheduling.domain.facts import EventFact, LimitsFact, VenueFact
from outreach.scheduling.domain.rules import NO_HOURS, Finding, Rule

SUNDAY = 6
A_DAY = timedelta(days=1)


def of_event(place: int, event: EventFact, limits: LimitsFact) -> Iterator[Finding]:
    """Yield what stands against an event at its venue and day, however one gets there."""
    for day in event.days:
        if day in limits.holidays:
            params = {"day": _date(day), "holiday": limits.holidays[day]}
            yield Finding(Rule.PUBLIC_HOLIDAY, params, "starts_at", place)
            break
    if event.venue is not None:
        yield from _closed(place, event, event.venue)
        yield from _hours(place, event, event.venue, limits)
        yield from _room(place, event, event.venue)
    yield from _asked(place, event, limits)


def of_approach(
    place: int, event: EventFact, vehicle: str, length_m: float | None
) -> Iterator[Finding]:
    """Yield what keeps a vehicle from reaching the venue of an event."""
    venue = event.venue
    if venue is None:
        return
    if length_m and venue.largest_vehicle_m and length_m > venue.largest_vehicle_m:
        params = {
            "vehicle": vehicle,
            "venue": venue.name,
            "length": length_m,
            "largest": venue.largest_vehicle_m,
        }
        yield Finding(Rule.VEHICLE_TOO_LONG, params, "venue", place)
    if venue.closed_months:
        params = {"venue": venue.name, "months": venue.closed_months}
        yield Finding(Rule.NOT_PASSABLE, params, "starts_at", place)
    if venue.floods:
        yield Finding(Rule.OFTEN_FLOODED, {"venue": venue.name}, "starts_at", place)


def is_in_term(day: date, limits: LimitsFact) -> bool:
    """Tell whether a day lies in the school year, which may run over the new year."""
    here = (day.month, day.day)
    first, last = limits.term_starts, limits.term_ends
    return first <= here <= last if first <= last else here >= first or here <= last


def _closed(place: int, event: EventFact, venue: VenueFact) -> Iterator[Finding]:
    if venue.closed_because is not None:
        params = {
            "venue": venue.name,
            "day": _date(venue.closed_on or event.starts_at.date()),
            "reason": venue.closed_because or "–",
        }
        yield Finding(Rule.VENUE_CLOSED, params, "starts_at", place)


def _hours(place: int, event: EventFact, venue: VenueFact, limits: LimitsFact) -> Iterator[Finding]:
    """Yield that a venue is not open then; its own windows say more than the rule for schools.

    What lasts a day or longer, such as an exhibition, stays where it is when the doors close.
    """
    params = {"venue": venue.name, "clock": _span(event.starts_at, event.ends_at)}
    if event.ends_at - event.starts_at >= A_DAY:
        pass
    elif venue.windows is not None:
        if not any(_holds(event, opens, closes) for opens, closes in venue.windows):
            hours = ", ".join(f"{a:%H:%M}–{b:%H:%M}" for a, b in venue.windows)
            yield Finding(
                Rule.OUTSIDE_WINDOWS, params | {"hours": hours or NO_HOURS}, "starts_at", place
            )
    elif venue.is_school:
        is_free = event.starts_at.weekday() == SUNDAY
        if is_free or not _holds(event, limits.school_opens, limits.school_closes):
            yield Finding(Rule.OUTSIDE_SCHOOL_HOURS, params, "starts_at", place)
    outside = (day for day in event.days if not is_in_term(day, limits))
    if venue.is_school and (day := next(outside, None)) is not None:
        params = {"venue": venue.name, "day": _date(day)}
        yield Finding(Rule.OUTSIDE_TERM, params, "starts_at", place)


def _holds(event: EventFact, opens: time, closes: time) -> bool:
    """Tell whether an event lies in the hours of its day, both ends included."""
    lasts_into_the_night = event.ends_at.date() != event.starts_at.date()
    return (
        opens <= event.starts_at.time()
        and event.ends_at.time() <= closes
        and not lasts_into_the_night
    )


def _room(place: int, event: EventFact, venue: VenueFact) -> Iterator[Finding]:
    if venue.room_people and event.expected_people and event.expected_people > venue.room_people:
        params = {
            "people": event.expected_people,
            "venue": venue.name,
            "room": venue.room_people,
        }
        yield Finding(Rule.ROOM_TOO_SMALL, params, "expected_people", place)


def _asked(place: int, event: EventFact, limits: LimitsFact) -> Iterator[Finding]:
    minutes = int((event.ends_at - event.starts_at).total_seconds() // 60)
    needed = (event.expected_classes or 0) * limits.class_min
    if needed and needed > minutes:
        params = {
            "classes": event.expected_classes,
            "needed": needed,
            "title": event.title,
            "minutes": minutes,
        }
        yield Finding(Rule.TOO_MANY_CLASSES, params, "expected_classes", place)
    # Who asked afterwards gave no notice at all: that it is past is said by a rule of its own.
    if event.notice_days is not None and 0 <= event.notice_days < limits.notice_days:
        params = {
            "title": event.title,
            "days": event.notice_days,
            "wanted": limits.notice_days,
        }
        yield Finding(Rule.SHORT_NOTICE, params, "starts_at", place)


def _span(starts_at: datetime, ends_at: datetime) -> str:
    if starts_at.date() == ends_at.date():
        return f"{starts_at:%H:%M}–{ends_at:%H:%M}"
    return f"{starts_at:%H:%M} – {ends_at:%d/%m %H:%M}"


def _date(day: date) -> str:
    return f"{day:%d/%m/%Y}"
