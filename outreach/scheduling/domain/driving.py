"""Rules about the time on the road.

Limits for who drives: Law on road traffic order and safety 2024, article 64: at most 4 hours
without a break, 10 hours a day and 48 hours a week. The ways are estimates unless somebody typed
them, so all of these are soft.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from outreach.scheduling.domain.facts import LegFact, PauseFact, TripFact
from outreach.scheduling.domain.rules import Finding, Rule

MAX_UNBROKEN_MIN = 4 * 60
MAX_DAY_MIN = 10 * 60
MAX_WEEK_MIN = 48 * 60
BREAK_MIN = 15
"""Standing still for so long is a break from driving; serving readers is one too."""


def of_trip(trip: TripFact) -> Iterator[Finding]:
    """Yield what is wrong with the ways of a trip."""
    yield from _short_legs(trip)
    yield from _unbroken(trip)
    yield from _long_days(trip)


def _short_legs(trip: TripFact) -> Iterator[Finding]:
    for leg in trip.legs:
        gap = _minutes(leg.until - leg.since) - sum(
            _minutes(end - start) for start, end in _pauses_in(leg, trip.pauses)
        )
        # Who drives nowhere needs nothing to spare.
        if leg.minutes and gap < leg.minutes + trip.limits.leg_buffer_min:
            params = {
                "origin": leg.origin,
                "destination": leg.destination,
                "minutes": leg.minutes,
                "buffer": trip.limits.leg_buffer_min,
                "gap": max(gap, 0),
                "typed": leg.is_typed,
            }
            field = "returns_at" if leg.event is None else "starts_at"
            yield Finding(Rule.LEG_TOO_SHORT, params, field, leg.event)


def _unbroken(trip: TripFact) -> Iterator[Finding]:
    """Yield each stretch of driving that is too long, once."""
    driven, began, told = 0, None, False
    for start, minutes, rest_min in _stretches(trip):
        if driven == 0:
            began, told = start, False
        driven += minutes
        if driven > MAX_UNBROKEN_MIN and not told and began is not None:
            told = True
            params = {"day": _date(began.date()), "clock": f"{began:%H:%M}", "minutes": driven}
            yield Finding(Rule.DRIVING_UNBROKEN, params, "pauses")
        if rest_min >= BREAK_MIN:
            driven = 0


def _stretches(trip: TripFact) -> Iterator[tuple[datetime, int, int]]:
    """Yield the parts of driving: when each begins, its minutes, and the rest that follows it.

    One drives as soon as one may: before a pause on the way as far as it lets one, then the rest.
    """
    for number, leg in enumerate(trip.legs):
        at, left = leg.since, leg.minutes
        for start, end in _pauses_in(leg, trip.pauses):
            before = min(left, _minutes(start - at))
            if before > 0:
                yield at, before, _minutes(end - start) + _minutes(start - at) - before
            left, at = left - max(before, 0), end
        following = trip.legs[number + 1] if number + 1 < len(trip.legs) else None
        until = following.since if following else trip.returns_at
        if left:
            yield at, left, _minutes(until - at) - left


def _long_days(trip: TripFact) -> Iterator[Finding]:
    driven = by_day(trip)
    operators = [person for person in trip.crew if person.is_operator]
    elsewhere = operators[0].elsewhere if operators else {}
    for day, minutes in sorted(driven.items()):
        whole = minutes + elsewhere.get(day, 0)
        if whole > MAX_DAY_MIN:
            yield Finding(Rule.DRIVING_DAY, {"day": _date(day), "minutes": whole}, "crew")
    for monday in sorted({day - timedelta(days=day.weekday()) for day in driven}):
        week = [monday + timedelta(days=number) for number in range(7)]
        whole = sum(driven.get(day, 0) + elsewhere.get(day, 0) for day in week)
        if operators and whole > MAX_WEEK_MIN:
            params = {"day": _date(monday), "member": operators[0].name, "minutes": whole}
            yield Finding(Rule.DRIVING_WEEK, params, "crew")


def by_day(trip: TripFact) -> dict[date, int]:
    """Return the minutes of driving on each day of a trip."""
    found: dict[date, int] = defaultdict(int)
    for start, minutes, _rest in _stretches(trip):
        found[start.date()] += minutes
    return dict(found)


def _pauses_in(leg: LegFact, pauses: tuple[PauseFact, ...]) -> list[tuple[datetime, datetime]]:
    """Return the parts of pauses that fall into the time of a leg, in order."""
    parts = [
        (max(pause.starts_at, leg.since), min(pause.ends_at, leg.until))
        for pause in sorted(pauses, key=lambda pause: pause.starts_at)
    ]
    return [(start, end) for start, end in parts if end > start]


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)


def _date(day: date) -> str:
    return f"{day:%d/%m/%Y}"
