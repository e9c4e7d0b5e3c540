"""How many a school says will come, and when it asked for the visit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from outreach.config.demo import inputs
from outreach.config.demo.journey import Visit
from outreach.places.models import Venue

_SCHOOLS = (Venue.Kind.SCHOOL, Venue.Kind.SCHOOL_POINT)
_SAID_HOW_MANY, _ASKED = 0.45, 0.5
_CLASS_MIN = 20
_LARGEST_CLASS = 34
_NOTICE_DAYS = (15, 42)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is known of a visit beforehand; ``None`` for what is not."""

    people: int | None = None
    classes: int | None = None
    asked_on: date | None = None


def of(visit: Visit, usual_people: int) -> Expectation:
    """Return what a school said before a visit; the others say nothing."""
    day = visit.starts_at.date()
    die = inputs.dice("expected", visit.venue.code, day)
    if visit.venue.kind not in _SCHOOLS or die.random() > _SAID_HOW_MANY:
        return Expectation()
    minutes = int((visit.ends_at - visit.starts_at).total_seconds() // 60)
    people = round(usual_people * die.uniform(0.85, 1.1))
    asked_on = day - timedelta(days=die.randint(*_NOTICE_DAYS)) if die.random() < _ASKED else None
    return fitting(visit.venue, people, minutes, asked_on)


def fitting(venue: Venue, people: int, minutes: int, asked_on: date | None) -> Expectation:
    """Return as many classes as there is time for, and no more people than the room holds."""
    classes = min(-(-people // _LARGEST_CLASS), minutes // _CLASS_MIN)
    most = classes * _LARGEST_CLASS
    room = venue.access.room_people
    return Expectation(min(people, most, room or most), classes, asked_on)
